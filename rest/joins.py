"""Which parts make one workspace: joining, and the rows that follow from it.

`workspaces` and `workspace_agents` are made anew, set by set, for every workspace that was touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Table, and_, bindparam, func, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from db.activity import activity_items
from db.charts import charts
from db.computers import computers
from db.keys import among
from db.runs import runs, task_bindings
from db.sessions import sessions
from db.tags import workspace_tags
from db.users import recipients, shares
from db.workspaces import (
    aitasker_workspaces,
    evershell_workspaces,
    integrations,
    orgo_workspaces,
    vai_workspaces,
    workspace_agents,
    workspace_parts,
    workspaces,
)
from db.writes import insert_missing, remove, upsert
from rest.unify import joined_id, unified_workspace

# Every table that carries `workspace_id`, and its column that tells the part it came with.
TABLES_OF_PARTS: tuple[tuple[Table, str], ...] = (
    (workspace_parts, "id"),
    (aitasker_workspaces, "id"),
    (orgo_workspaces, "id"),
    (vai_workspaces, "id"),
    (evershell_workspaces, "id"),
    (computers, "part_id"),
    (charts, "part_id"),
    (sessions, "part_id"),
    (runs, "part_id"),
    (activity_items, "part_id"),
    (task_bindings, "record_id"),
    (workspace_tags, "record_id"),
    (recipients, "record_id"),
    (shares, "record_id"),
    (integrations, "record_id"),
)


class JoinError(ValueError):
    """Workspaces that cannot be one: two of them stand in the same system."""


async def refresh_workspaces(connection: AsyncConnection, organization_id: str, workspace_ids: Iterable[str]) -> None:
    """Make the unified rows of these workspaces anew from their parts; without parts there is none."""
    wanted = sorted(workspace_ids)
    if not wanted:
        return
    parts = await _parts_of(connection, organization_id, wanted)
    names = await _given_names(connection, organization_id, wanted)
    parents = await _unified_ids(
        connection, organization_id, {part.parent_part_id for part in parts if part.parent_part_id}
    )
    rows = []
    for workspace_id in wanted:
        own = [part for part in parts if part.workspace_id == workspace_id]
        if own:
            forked_from = next((part.parent_part_id for part in own if part.parent_part_id), None)
            rows.append(unified_workspace(own, names.get(workspace_id), parents.get(forked_from or "")))
    gone = set(wanted) - {row["id"] for row in rows}
    await remove(connection, workspaces, organization_id, "id", sorted(gone))
    await upsert(connection, workspaces, rows)
    await _refresh_agents(connection, organization_id, wanted, parts)


async def _parts_of(connection: AsyncConnection, organization_id: str, workspace_ids: list[str]) -> Sequence[Row[Any]]:
    owned = workspace_parts.c.organization_id == organization_id
    statement = select(workspace_parts).where(owned, among(workspace_parts.c.workspace_id, workspace_ids))
    return (await connection.execute(statement)).all()


async def _given_names(connection: AsyncConnection, organization_id: str, workspace_ids: list[str]) -> dict[str, Any]:
    owned = and_(workspaces.c.organization_id == organization_id, workspaces.c.given_name.is_not(None))
    statement = select(workspaces.c.id, workspaces.c.given_name).where(owned, among(workspaces.c.id, workspace_ids))
    return {row.id: row.given_name for row in await connection.execute(statement)}


async def _unified_ids(connection: AsyncConnection, organization_id: str, part_ids: set[str]) -> dict[str, str]:
    if not part_ids:
        return {}
    owned = workspace_parts.c.organization_id == organization_id
    statement = select(workspace_parts.c.id, workspace_parts.c.workspace_id)
    rows = await connection.execute(statement.where(owned, among(workspace_parts.c.id, part_ids)))
    return {row.id: row.workspace_id for row in rows}


async def _refresh_agents(
    connection: AsyncConnection, organization_id: str, workspace_ids: list[str], parts: Sequence[Row[Any]]
) -> None:
    """A workspace's agents: its hired agent, its role, and the agent specifications of its sessions."""
    statement = select(sessions.c.workspace_id, sessions.c.agent_id).distinct()
    talking = statement.where(
        sessions.c.organization_id == organization_id,
        among(sessions.c.workspace_id, workspace_ids),
        sessions.c.agent_id.is_not(None),
    )
    pairs = {(row.workspace_id, row.agent_id) for row in await connection.execute(talking)}
    pairs |= {(part.workspace_id, part.agent_id) for part in parts if part.agent_id}
    await remove(connection, workspace_agents, organization_id, "workspace_id", workspace_ids)
    rows = [
        {"organization_id": organization_id, "workspace_id": workspace_id, "agent_id": agent_id}
        for workspace_id, agent_id in sorted(pairs)
    ]
    await insert_missing(connection, workspace_agents, rows)


async def place_computers_by_name(connection: AsyncConnection, organization_id: str) -> None:
    """Put the computers without a workspace's id into that of the name they give.

    The newer generation of Orgo names a computer's workspace instead of giving its id.

    Names are unique per Orgo account; where the organisation has several of that name, the computer stays without.
    """
    owned = and_(computers.c.organization_id == organization_id, computers.c.part_id.is_(None))
    statement = select(computers.c.id, computers.c.project_name, computers.c.workspace_id)
    homeless = (await connection.execute(statement.where(owned, computers.c.project_name.is_not(None)))).all()
    if not homeless:
        return
    places = await _workspaces_by_name(connection, organization_id, {row.project_name for row in homeless})
    moved = [
        {"computer_id": row.id, "place": places.get(row.project_name)}
        for row in homeless
        if row.workspace_id != places.get(row.project_name)
    ]
    if moved:
        one = update(computers).where(owned, computers.c.id == bindparam("computer_id"))
        await connection.execute(one.values(workspace_id=bindparam("place")), moved)


async def _workspaces_by_name(
    connection: AsyncConnection, organization_id: str, names: Iterable[str]
) -> dict[str, str]:
    """The Orgo workspaces that alone have one of these names."""
    owned = orgo_workspaces.c.organization_id == organization_id
    statement = select(orgo_workspaces.c.name, func.min(orgo_workspaces.c.workspace_id).label("workspace_id"))
    alone = statement.group_by(orgo_workspaces.c.name).having(func.count() == 1)
    rows = await connection.execute(alone.where(owned, among(orgo_workspaces.c.name, names)))
    return {row.name: row.workspace_id for row in rows}


async def join_workspaces(connection: AsyncConnection, organization_id: str, part_ids: Sequence[str]) -> bool:
    """Make one workspace of those that these parts belong to; whether that changed anything.

    Every part must be there. Raises JoinError where two of the workspaces stand in the same system.
    """
    unified = await _unified_ids(connection, organization_id, set(part_ids))
    parts = await _parts_of(connection, organization_id, sorted(set(unified.values())))
    systems = [part.system for part in parts]
    twice = sorted({system.lower() for system in systems if systems.count(system) > 1})
    if twice:
        raise JoinError(f"both stand in {' and '.join(twice)}; a workspace has at most one part of a system")
    target = joined_id([(part.system, part.id) for part in parts])
    moved = [part.id for part in parts if part.workspace_id != target]
    if not moved:
        return False
    for table, column in TABLES_OF_PARTS:
        owned = and_(table.c.organization_id == organization_id, among(table.c[column], moved))
        await connection.execute(update(table).where(owned).values(workspace_id=target))
    await _carry_given_name(connection, organization_id, target, [part.workspace_id for part in parts])
    await place_computers_by_name(connection, organization_id)
    forks = await _forks_of(connection, organization_id, [part.id for part in parts])
    await refresh_workspaces(connection, organization_id, {target, *(part.workspace_id for part in parts), *forks})
    return True


async def _carry_given_name(
    connection: AsyncConnection, organization_id: str, target: str, workspace_ids: list[str]
) -> None:
    names = await _given_names(connection, organization_id, sorted(set(workspace_ids)))
    if names and target not in names:
        owned = and_(workspaces.c.organization_id == organization_id, workspaces.c.id == target)
        name = names[min(names)]
        await connection.execute(update(workspaces).where(owned).values(given_name=name))


async def _forks_of(connection: AsyncConnection, organization_id: str, part_ids: list[str]) -> set[str]:
    owned = workspace_parts.c.organization_id == organization_id
    statement = select(workspace_parts.c.workspace_id)
    rows = await connection.execute(statement.where(owned, among(workspace_parts.c.parent_part_id, part_ids)))
    return {row.workspace_id for row in rows}
