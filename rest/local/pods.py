"""Pods, applied here. What takes a pod a while is over at once, as there is none that could be waited for.

Source: Evershell `POST /workspaces/{id}/fork`, `/resume`, `/stop`, `/archive`.
"""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import func, select

from db.runs import runs
from errors import InvalidInputError, InvalidStateError
from operations.operation import Outcome
from operations.workspaces import ForkWorkspace, ResumeWorkspace, StopWorkspace
from rest.local.desk import Desk, Part
from rest.local.workspaces import pod_state, touched

ID_BYTES = 13  # 26 characters, as many as a ULID has, which Evershell's ids are made of
FINISHED = ("completed", "failed", "cancelled")  # tasks behind which there is a snapshot


def _new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(ID_BYTES).upper()}"


async def fork_workspace(desk: Desk, given: ForkWorkspace) -> Outcome:
    """A pod of its own, idle, from the parent's snapshot after so many of its finished tasks."""
    place = await desk.workspace(given.id)
    parent = place.part("EVERSHELL", "forks")
    finished = await _finished_tasks(desk, parent)
    if given.task_count > finished:
        raise InvalidInputError({"taskCount": f"must be 0 to {finished}, as many tasks as are finished"})
    snapshot = parent.document.get("snapshot_ref")
    if not snapshot:
        raise InvalidStateError("the workspace has no snapshot to fork from; stop it, which saves one")
    external_id = _new_id("ws")
    fields = {
        "id": external_id,
        **{name: parent.document.get(name) for name in ("org_id", "role_id", "environment")},
        "status": "idle",
        "created_by_user_id": await desk.me("EVERSHELL"),
        "snapshot_ref": snapshot,
        "last_snapshot_error": None,
        "parent_workspace_id": parent.external_id,
        "fork_source_snapshot_ref": snapshot,
        "fork_point_task_count": given.task_count,
        "pack_status": parent.document.get("pack_status"),
        "created_at": desk.stamp,
        "updated_at": desk.stamp,
        "archived_at": None,
    }
    child_id = desk.say("EVERSHELL", "WORKSPACE", external_id, fields)
    desk.tell(parent, "workspace.forked", f"It was forked after {given.task_count} tasks", {"workspaceId": child_id})
    desk.note(child_id)
    return Outcome(workspace_id=child_id, parent_id=place.id)


async def _finished_tasks(desk: Desk, pod: Part) -> int:
    ended = select(func.count().label("tasks")).select_from(runs)
    (row,) = await desk.rows(ended.where(runs.c.part_id == pod.id, runs.c.source_status.in_(FINISHED)))
    return int(row.tasks)


async def stop_workspace(desk: Desk, given: StopWorkspace) -> Outcome:
    """Stopped, with a new snapshot, from idle or busy; what is stopped or stopping stays as it is."""
    place = await desk.workspace(given.id)
    pod = place.part("EVERSHELL", "pods")
    state = pod_state(pod)
    if state not in ("stopped", "stopping"):
        if state not in ("idle", "busy"):
            raise InvalidStateError(f"a pod can be stopped when it is idle or busy, and this one is {state}")
        fields = {"status": "stopped", "snapshot_ref": _new_id("snap"), "last_snapshot_error": None}
        _changed(desk, pod, fields, "stopped", place.id)
    return Outcome(workspace_id=place.id)


async def resume_workspace(desk: Desk, given: ResumeWorkspace) -> Outcome:
    """Idle from stopped; what is up or on its way stays as it is. An archived or failed one is refused."""
    place = await desk.workspace(given.id)
    pod = place.part("EVERSHELL", "pods")
    state = pod_state(pod)
    if pod.document.get("archived_at") is not None:
        raise InvalidStateError("an archived pod cannot be resumed; restore the workspace first")
    if state not in ("idle", "busy", "provisioning"):
        if state != "stopped":
            raise InvalidStateError(f"a pod can be resumed when it is stopped, and this one is {state}")
        _changed(desk, pod, {"status": "idle"}, "resumed", place.id)
    return Outcome(workspace_id=place.id)


def _changed(desk: Desk, pod: Part, fields: dict[str, Any], verb: str, workspace_id: str) -> None:
    touched(desk, pod, fields)
    desk.tell(pod, f"workspace.{verb}", f"Its pod was {verb}")
    desk.note(workspace_id)
