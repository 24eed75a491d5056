"""What can be changed: every mutation is an operation (operations/) and a payload, and takes one input.

A mutation reads its input through the operation's model, performs it, and answers rows that the payload reads anew.
"""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from operations import agents, cells, charts, computers, sessions, shares, tasks, workspaces
from operations.operation import Operation
from schema import payloads
from schema.guards import requires, writing
from schema.inputs import checked, input_type
from schema.nodes import text_of
from schema.prices import CHANGE, priced


def mutation(operation: type[Operation]) -> Any:
    """The field of an operation: `CreateChart` takes a CreateChartInput and answers a CreateChartPayload."""

    async def resolve(self: Any, info: strawberry.Info, input: Any) -> Any:
        return await info.context.perform(checked(operation, input))

    given = strawberry.argument(description="What is to be done.")
    payload = getattr(payloads, f"{operation.__name__}Payload")
    resolve.__annotations__ = {
        "info": strawberry.Info,
        "input": Annotated[input_type(operation), given],
        "return": payload,
    }
    description = f"{text_of(operation)} Needs the scope `{operation.scope}`."
    return strawberry.field(
        resolver=resolve,
        description=description,
        directives=[requires(writing(operation)), *priced(CHANGE).directives],
    )


@strawberry.type(description="What can be changed. Each mutation is one transaction: all of it is done, or nothing.")
class Mutation:
    """The write side."""

    create_workspace = mutation(workspaces.CreateWorkspace)
    update_workspace = mutation(workspaces.UpdateWorkspace)
    delete_workspace = mutation(workspaces.DeleteWorkspace)
    archive_workspace = mutation(workspaces.ArchiveWorkspace)
    restore_workspace = mutation(workspaces.RestoreWorkspace)
    link_workspaces = mutation(workspaces.LinkWorkspaces)
    unlink_workspace = mutation(workspaces.UnlinkWorkspace)
    fork_workspace = mutation(workspaces.ForkWorkspace)
    stop_workspace = mutation(workspaces.StopWorkspace)
    resume_workspace = mutation(workspaces.ResumeWorkspace)
    pause_agent = mutation(agents.PauseAgent)
    resume_agent = mutation(agents.ResumeAgent)
    create_chart = mutation(charts.CreateChart)
    update_chart = mutation(charts.UpdateChart)
    move_chart = mutation(charts.MoveChart)
    delete_chart = mutation(charts.DeleteChart)
    update_cell = mutation(cells.UpdateCell)
    create_session = mutation(sessions.CreateSession)
    set_share = mutation(shares.SetShare)
    revoke_share = mutation(shares.RevokeShare)
    clear_share = mutation(shares.ClearShare)
    set_tags = mutation(workspaces.SetTags)
    attach_task = mutation(tasks.AttachTask)
    update_task_binding = mutation(tasks.UpdateTaskBinding)
    detach_task = mutation(tasks.DetachTask)
    create_computer = mutation(computers.CreateComputer)
    start_computer = mutation(computers.StartComputer)
    stop_computer = mutation(computers.StopComputer)
    restart_computer = mutation(computers.RestartComputer)
    delete_computer = mutation(computers.DeleteComputer)
