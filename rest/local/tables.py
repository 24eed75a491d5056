"""Workspaces made over tables, applied here. Source: VAI `POST /api/v1/workspaces`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from db.data_rows import DataTable, declared_in
from db.data_tables import data_tables
from db.reflection import candidate_named
from db.snapshots import operational, row_id_column_replaced, snapshot
from errors import InvalidInputError
from operations.chart_queries import chart_query
from operations.chart_specs import ChartSpec
from operations.operation import Outcome
from operations.workspaces import CreateWorkspace
from rest.local.desk import Desk, Part, new_id

Made = tuple[DataTable, list[dict[str, Any]]]


async def create_workspace(desk: Desk, given: CreateWorkspace) -> Outcome:
    """A workspace of the viewer's, over a copy of the table named, or over the table itself, or over none."""
    _check(given)
    external_id = new_id()
    me, part_id = await desk.me("VAI"), desk.id_of("VAI", "WORKSPACE", external_id)
    made = await _table(desk, given, part_id)
    declared, warnings = made or (None, [])
    fields = {
        "id": external_id,
        "title": given.title,
        "description": given.description,
        "status": "active",
        "mode": given.mode.lower(),
        "ownerUserId": me,
        "viewerAccess": "owner",
        "isShared": False,
        "shareRecipients": [],
        "seedArtifactVersionId": given.seed_artifact_version_id,
        "rendererConfig": None,
        "createdAt": desk.stamp,
        "updatedAt": desk.stamp,
        "$boundTasks": [],
        "$warnings": warnings,
        **_backing(given, declared),
    }
    workspace_id = desk.say("VAI", "WORKSPACE", external_id, fields)
    desk.tell(external_id, "workspace.created", f"{given.title} was made", {"mode": given.mode})
    desk.note(workspace_id)
    return Outcome(workspace_id=workspace_id, warnings=warnings)


def _check(given: CreateWorkspace) -> None:
    """What one field alone does not tell. Raises InvalidInputError."""
    problems = {}
    if given.mode == "OPERATIONAL" and given.backing_table_name is None:
        problems["backingTableName"] = "an operational workspace stands on a table; `tableCandidates` lists them"
    for name, value in (("backingTableScope", given.backing_table_scope), ("rowIdColumn", given.row_id_column)):
        if value is not None and given.backing_table_name is None:
            problems[name] = "belongs to `backingTableName`, which is not given"
    if given.backing_table_name is not None and given.seed_artifact_version_id is not None:
        problems["seedArtifactVersionId"] = "a workspace is made from a table or from an artifact, not from both"
    if problems:
        raise InvalidInputError(problems)


async def _table(desk: Desk, given: CreateWorkspace, part_id: str) -> Made | None:
    if given.backing_table_name is None:
        return None
    name, scope = given.backing_table_name, given.backing_table_scope
    candidate = await candidate_named(desk.connection, desk.organization_id, name, scope)
    if candidate is None or desk.viewer.is_limited:  # who may not look at all tables must not open one either
        message = "no such table is registered; `tableCandidates` lists those that are"
        raise InvalidInputError({"backingTableName": message})
    live = await desk.connection_to(candidate)
    if given.mode == "OPERATIONAL":
        return await operational(desk.connection, candidate, part_id=part_id, at=desk.now), _key_kept(given, candidate)
    return await snapshot(
        desk.connection,
        candidate,
        None if live is desk.connection else live,
        organization_id=desk.organization_id,
        part_id=part_id,
        row_id_column=given.row_id_column,
        at=desk.now,
    )


def _key_kept(given: CreateWorkspace, candidate: DataTable) -> list[dict[str, Any]]:
    """A live table's rows are identified as it was registered, whatever is asked for."""
    asked, effective = given.row_id_column, ", ".join(candidate.key) or None
    if asked is None or asked == effective:
        return []
    message = f"The table is registered with {effective or 'no column'} to identify a row, which stays so."
    return [row_id_column_replaced(message, asked, effective)]


def _backing(given: CreateWorkspace, declared: DataTable | None) -> dict[str, Any]:
    """What VAI says of a workspace's table."""
    if declared is None:
        return {"rowIdColumn": None}
    return {
        "backingTableName": declared.name,
        "backingTableScope": declared.scope,
        "backingSourceType": "table",
        "backingRowIdentityColumns": list(declared.key),
        "rowIdColumn": declared.key[0] if len(declared.key) == 1 else None,
    }


async def table_of(desk: Desk, part: Part) -> DataTable | None:
    """The table that a workspace's part stands on."""
    rows = await desk.rows(select(data_tables).where(data_tables.c.part_id == part.id))
    return declared_in(rows[0]) if rows else None


async def check_spec(desk: Desk, part: Part, spec: ChartSpec) -> None:
    """Check a specification against the table, where Workgraph holds it. Raises InvalidInputError."""
    declared = await table_of(desk, part)
    if declared is not None:
        chart_query(spec, declared, now=desk.now)
