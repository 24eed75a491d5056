"""What can be done with charts."""

from typing import Annotated, ClassVar

from pydantic import Field

from db.access import WORKSPACE_WRITE
from operations.chart_specs import ChartSpec
from operations.operation import Editing, FreeObject, IdOf, Operation, WorkspaceId
from operations.workspaces import Title

ChartId = Annotated[str, IdOf("CHART"), Field(description="The chart's id.")]


class CreateChart(Operation):
    """Makes a chart at the end of a workspace (VAI). Where Workgraph holds the table, the columns are checked."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    workspace_id: WorkspaceId
    spec: ChartSpec = Field(description="What it shows.")
    title: Title | None = Field(None, description="Its title; that of the specification if none is given.")


class UpdateChart(Editing):
    """Changes what is given of a chart and leaves the rest (VAI)."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    id: ChartId
    spec: ChartSpec | None = Field(None, description="What it shows from now on, as a whole.")
    title: Title | None = Field(None, description="Its title; null for none.")
    collapsed: bool | None = Field(None, description="Whether it is shown folded.")
    renderer_config: FreeObject | None = Field(
        None, description="Settings of the renderer, free in form; null for none."
    )


class MoveChart(Operation):
    """Puts a chart at another place of its workspace; the others make room (VAI)."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    id: ChartId
    position: int = Field(
        ge=0, le=2**31 - 1, description="The place it shall have, from 0; the last one where there are fewer."
    )


class DeleteChart(Editing):
    """Deletes a chart; those behind it move up (VAI)."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    id: ChartId
