"""What mutations answer: the records that they changed, read anew, so that a client's cache is up to date."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers.agents import agents_by_id
from resolvers.charts import charts_by_id
from resolvers.computers import computers_by_id
from resolvers.runs import tasks_by_id
from resolvers.sessions import sessions_by_id
from resolvers.workspaces import workspaces_by_any_id
from schema.agents import Agent
from schema.charts import Chart
from schema.computers import Computer
from schema.fields import batch_field, column
from schema.nodes import object_type
from schema.runs import TaskBinding
from schema.scalars import JSON
from schema.sessions import Session
from schema.workspaces import Workspace, WorkspaceWarning

LATER = "null where the same key came again and it is gone by now."


def _workspace(what: str = "The workspace") -> Any:
    return batch_field(workspaces_by_any_id, f"{what}; {LATER}", key="workspace_id")


def _chart() -> Any:
    return batch_field(charts_by_id, f"The chart; {LATER}", key="chart_id")


def _computer() -> Any:
    return batch_field(computers_by_id, f"The computer; {LATER}", key="computer_id")


def _agent() -> Any:
    return batch_field(agents_by_id, f"The agent; {LATER}", key="agent_id")


def _binding() -> Any:
    return batch_field(tasks_by_id, f"The binding; {LATER}", key="binding_id")


def _deleted() -> Any:
    return column("The id of what was deleted, for a cache to forget it.", name="deleted_id")


@object_type
class CreateWorkspacePayload:
    """The workspace that was made."""

    workspace: Workspace | None = _workspace()
    warnings: list[WorkspaceWarning] = column("What was done otherwise than asked for; VAI's codes.")


@object_type
class UpdateWorkspacePayload:
    """The workspace as it is now."""

    workspace: Workspace | None = _workspace()


@object_type
class ArchiveWorkspacePayload:
    """The workspace as it is now."""

    workspace: Workspace | None = _workspace()


@object_type
class RestoreWorkspacePayload:
    """The workspace as it is now."""

    workspace: Workspace | None = _workspace()


@object_type
class DeleteWorkspacePayload:
    """What is left of a deleted workspace."""

    deleted_id: strawberry.ID = _deleted()


@object_type
class LinkWorkspacesPayload:
    """The workspace that the two are now."""

    workspace: Workspace | None = _workspace()


@object_type
class UnlinkWorkspacePayload:
    """What the workspace fell into."""

    workspace: Workspace | None = _workspace("What remains of the workspace")
    unlinked: Workspace | None = batch_field(
        workspaces_by_any_id, f"The part that goes its own way; {LATER}", key="unlinked_id"
    )


@object_type
class ForkWorkspacePayload:
    """The fork and what it was made from."""

    workspace: Workspace | None = _workspace("The fork")
    parent: Workspace | None = batch_field(
        workspaces_by_any_id, f"The workspace it was forked from; {LATER}", key="parent_id"
    )


@object_type
class StopWorkspacePayload:
    """The workspace as it is now."""

    workspace: Workspace | None = _workspace()


@object_type
class ResumeWorkspacePayload:
    """The workspace as it is now."""

    workspace: Workspace | None = _workspace()


@object_type
class SetTagsPayload:
    """The workspace with its tags."""

    workspace: Workspace | None = _workspace()


@object_type
class PauseAgentPayload:
    """The agent as it is now."""

    agent: Agent | None = _agent()


@object_type
class ResumeAgentPayload:
    """The agent as it is now."""

    agent: Agent | None = _agent()


@object_type
class CreateChartPayload:
    """The chart that was made."""

    chart: Chart | None = _chart()
    workspace: Workspace | None = _workspace("The workspace it stands in")


@object_type
class UpdateChartPayload:
    """The chart as it is now."""

    chart: Chart | None = _chart()
    workspace: Workspace | None = _workspace("The workspace it stands in")


@object_type
class MoveChartPayload:
    """The chart at its new place; the workspace's charts have moved as well."""

    chart: Chart | None = _chart()
    workspace: Workspace | None = _workspace("The workspace it stands in")


@object_type
class DeleteChartPayload:
    """What is left of a deleted chart."""

    deleted_id: strawberry.ID = _deleted()
    workspace: Workspace | None = _workspace("The workspace it stood in")


@object_type
class UpdateCellPayload:
    """The changed row."""

    mutation_id: strawberry.ID = column("The id under which the change was noted.")
    row: JSON = column("The whole row as it is now, in the form of `data.rows`.")
    workspace: Workspace | None = _workspace()


@object_type
class CreateSessionPayload:
    """The session that was opened."""

    session: Session | None = batch_field(sessions_by_id, f"The session; {LATER}", key="session_id")
    workspace: Workspace | None = _workspace("The workspace it stands in")


@object_type
class SetSharePayload:
    """The workspace with its share."""

    workspace: Workspace | None = _workspace()


@object_type
class RevokeSharePayload:
    """The workspace with its share."""

    workspace: Workspace | None = _workspace()


@object_type
class ClearSharePayload:
    """The workspace with its share."""

    workspace: Workspace | None = _workspace()


@object_type
class AttachTaskPayload:
    """The binding that was made."""

    binding: TaskBinding | None = _binding()
    workspace: Workspace | None = _workspace()


@object_type
class UpdateTaskBindingPayload:
    """The binding as it is now."""

    binding: TaskBinding | None = _binding()
    workspace: Workspace | None = _workspace()


@object_type
class DetachTaskPayload:
    """What is left of a binding that was undone."""

    deleted_id: strawberry.ID = _deleted()
    workspace: Workspace | None = _workspace()


@object_type
class CreateComputerPayload:
    """The computer that was made."""

    computer: Computer | None = _computer()
    workspace: Workspace | None = _workspace("The workspace it stands in")


@object_type
class StartComputerPayload:
    """The computer as it is now."""

    computer: Computer | None = _computer()


@object_type
class StopComputerPayload:
    """The computer as it is now."""

    computer: Computer | None = _computer()


@object_type
class RestartComputerPayload:
    """The computer as it is now."""

    computer: Computer | None = _computer()


@object_type
class DeleteComputerPayload:
    """What is left of a deleted computer."""

    deleted_id: strawberry.ID = _deleted()
    workspace: Workspace | None = _workspace("The workspace it stood in; null where Orgo did not say which")
