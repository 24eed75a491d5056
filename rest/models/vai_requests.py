"""The bodies that VAI's calls take; all keys camelCase."""

from typing import Annotated

from pydantic import Field

from rest.models.types import Count, Free, Id, Json, Reference, Text
from rest.models.vai import ChartColumn, ChartMeasure, ChartOptions, ShortText, VaiDocument


class CreateWorkspaceRequest(VaiDocument):
    """Source: VAI POST /api/v1/workspaces, body."""

    title: ShortText
    mode: Text | None = "snapshot"
    description: Text | None = None
    artifact_id: Reference | None = None
    backing_table_name: Text | None = None
    backing_table_scope: Text | None = None
    row_id_column: Text | None = None
    task_bindings: list[Json] | None = None
    version: Json = None


class UpdateWorkspaceRequest(VaiDocument):
    """Source: VAI PATCH /api/v1/workspaces/{workspace_id}, body; its field names are not published."""


class ChartColumnRequest(ChartColumn):
    """Source: VAI POST /api/v1/workspaces/{workspace_id}/charts, body, field `spec.x`."""

    column: Text


class ChartMeasureRequest(ChartMeasure):
    """Source: VAI POST /api/v1/workspaces/{workspace_id}/charts, body, field `spec.y`."""

    agg: Text
    column: Text


class ChartSpecRequest(ChartOptions):
    """Source: VAI POST /api/v1/workspaces/{workspace_id}/charts, body, field `spec`."""

    kind: Text
    x: ChartColumnRequest
    y: list[ChartMeasureRequest]


class CreateChartRequest(VaiDocument):
    """Source: VAI POST /api/v1/workspaces/{workspace_id}/charts, body."""

    spec: ChartSpecRequest


class UpdateChartRequest(VaiDocument):
    """Source: VAI PATCH /api/v1/workspaces/{workspace_id}/charts/{chart_id}, body; field names not published."""


class ChartDataRequest(VaiDocument):
    """Source: VAI POST /api/v1/workspaces/{workspace_id}/charts/{chart_id}/data, body; field names not published."""


class ChartPositionRequest(VaiDocument):
    """Source: VAI PATCH /api/v1/workspaces/{workspace_id}/charts/{chart_id}/position, body."""

    position: Count


class UpdateCellRequest(VaiDocument):
    """Source: VAI PATCH /api/v1/workspaces/{workspace_id}/data/cells, body; the key that names the row is unknown."""

    column: ShortText
    new_value: Json


class UpsertShareRequest(VaiDocument):
    """Source: VAI PUT /api/v1/workspaces/{workspace_id}/share, body; its field names are not published."""


class SetTagsRequest(VaiDocument):
    """Source: VAI PUT /api/v1/workspaces/{workspace_id}/tags, body; its field names are not published."""


class AttachTaskRequest(VaiDocument):
    """Source: VAI POST /api/v1/workspaces/{workspace_id}/tasks, body."""

    task_id: Id
    mutates_workspace: bool | None = False


class UpdateTaskBindingRequest(VaiDocument):
    """Source: VAI PATCH /api/v1/workspaces/{workspace_id}/tasks/{binding_id}, body."""

    mutates_workspace: bool


class CreateThreadRequest(VaiDocument):
    """Source: VAI POST /api/v1/chat/threads, body."""

    agent_spec_id: Id
    title: Text | None = None


class CreateTagRequest(VaiDocument):
    """Source: VAI POST /api/v1/tags, body."""

    name: Annotated[Text, Field(min_length=1, max_length=64)]
    namespace: Text | None = None
    color: Text | None = None
    description: Text | None = None
    attributes: Json = None


class CreateRunRequest(VaiDocument):
    """Source: VAI POST /api/v1/data-products/runs, body."""

    context: Free
    task_name: Text | None = None
    triggered_by: Text | None = "api"
    workflow_document_id: Reference | None = None
    workspace_id: Reference | None = None
