"""Bound tasks, applied here.

Source: VAI `POST`, `PATCH`, `DELETE /api/v1/workspaces/{workspace_id}/tasks` and below.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from db.runs import runs, task_bindings
from errors import InvalidStateError
from operations.operation import Outcome
from operations.tasks import AttachTask, DetachTask, UpdateTaskBinding
from rest.local.desk import Desk, Part, new_id
from rest.local.workspaces import touched

Bound = list[dict[str, Any]]


async def attach_task(desk: Desk, given: AttachTask) -> Outcome:
    """One more bound task, named as it is elsewhere in the organisation, or by its id where nothing is known of it."""
    place = await desk.workspace(given.workspace_id)
    part = place.part("VAI", "bound tasks")
    bound = await _bound(desk, part)
    if any(one["taskId"] == given.task_id for one in bound):
        raise InvalidStateError("the task is bound to the workspace already; change it by updateTaskBinding")
    binding = {
        "bindingId": new_id(),
        "taskId": given.task_id,
        **await _known(desk, given.task_id),
        "mutatesWorkspace": given.mutates_workspace,
    }
    _say(desk, part, [*bound, binding], f"The task {binding['name']} was bound to it", "attached")
    binding_id = desk.id_of("VAI", "TASK_BINDING", binding["bindingId"])
    desk.note(place.id)
    return Outcome(workspace_id=place.id, binding_id=binding_id)


async def update_task_binding(desk: Desk, given: UpdateTaskBinding) -> Outcome:
    """The binding with what is given."""
    row, part, bound = await _of_binding(desk, given.id)
    changed = [
        {**one, "mutatesWorkspace": given.mutates_workspace} if one["bindingId"] == row.binding_id else one
        for one in bound
    ]
    if changed != bound:
        _say(desk, part, changed, f"The task {row.name} was changed", "changed")
        desk.note(row.workspace_id)
    return Outcome(workspace_id=row.workspace_id, binding_id=given.id)


async def detach_task(desk: Desk, given: DetachTask) -> Outcome:
    """The tasks without that one."""
    row, part, bound = await _of_binding(desk, given.id)
    left = [one for one in bound if one["bindingId"] != row.binding_id]
    _say(desk, part, left, f"The task {row.name} was taken off it", "detached")
    desk.note(row.workspace_id)
    return Outcome(workspace_id=row.workspace_id, deleted_id=given.id)


async def _of_binding(desk: Desk, binding_id: str) -> tuple[Any, Part, Bound]:
    row = await desk.target(task_bindings, binding_id, "TASK_BINDING")
    part = await desk.record(row.record_id)
    return row, part, await _bound(desk, part)


def _say(desk: Desk, part: Part, bound: Bound, title: str, verb: str) -> None:
    touched(desk, part, {"$boundTasks": bound})
    desk.tell(part, f"task.{verb}", title)


async def _bound(desk: Desk, part: Part) -> Bound:
    """The tasks that are bound now, as VAI's documents have them."""
    columns = task_bindings.c
    statement = select(task_bindings).where(columns.record_id == part.id).order_by(columns.name, columns.id)
    return [
        {
            "bindingId": row.binding_id,
            "taskId": row.task_id,
            "name": row.name,
            "displayName": row.display_name,
            "description": row.description,
            "lifecycle": row.lifecycle,
            "mutatesWorkspace": row.mutates_workspace,
        }
        for row in await desk.rows(statement)
    ]


async def _known(desk: Desk, task_id: str) -> dict[str, Any]:
    """What is known of a task from where it is bound, or from its runs."""
    columns = task_bindings.c
    elsewhere = select(columns.name, columns.display_name, columns.description, columns.lifecycle)
    found = await desk.rows(elsewhere.where(columns.task_id == task_id).order_by(columns.id).limit(1))
    if found:
        row = found[0]
        shown = {"displayName": row.display_name, "description": row.description, "lifecycle": row.lifecycle}
        return {"name": row.name, **shown}
    ran = select(runs.c.task_display_name).where(runs.c.task_id == task_id, runs.c.task_display_name.is_not(None))
    names = await desk.rows(ran.order_by(runs.c.id).limit(1))
    name = names[0].task_display_name if names else None
    return {"name": name or task_id, "displayName": name, "description": None, "lifecycle": "active"}
