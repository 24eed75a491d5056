"""Workspaces made over tables, applied here. Source: VAI `POST /api/v1/workspaces`."""

from __future__ import annotations

from typing import Any

from operations.operation import Outcome
from operations.workspaces import CreateWorkspace
from rest.local.desk import Desk, Part, new_id


async def check_spec(desk: Desk, part: Part, spec: object) -> None:
    """TODO."""


async def drop_table(desk: Desk, part: Part) -> None:
    """TODO."""


async def create_workspace(desk: Desk, given: CreateWorkspace) -> Outcome:
    """A workspace."""
    external_id = new_id()
    me = await desk.me("VAI")
    fields: dict[str, Any] = {
        "id": external_id,
        "title": given.title,
        "description": given.description,
        "status": "active",
        "mode": given.mode.lower(),
        "ownerUserId": me,
        "rowIdColumn": given.row_id_column,
        "seedArtifactVersionId": given.seed_artifact_version_id,
        "isShared": False,
        "shareRecipients": [],
        "createdAt": desk.stamp,
        "updatedAt": desk.stamp,
    }
    workspace_id = desk.say("VAI", "WORKSPACE", external_id, fields)
    desk.tell(external_id, "workspace.created", f"{given.title} was made")
    desk.note(workspace_id)
    return Outcome(workspace_id=workspace_id, warnings=[])
