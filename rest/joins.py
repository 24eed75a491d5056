"""Which parts make one workspace: joining, and the rows that follow from it.

`workspaces` and `workspace_agents` are made anew, set by set, for every workspace that was touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

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

# Every table that carries `workspace_id` beside `workspace_parts`, and its column that tells the part it came with.
TABLES_OF_PARTS: tuple[tuple[Table, str], ...] = (
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
    by_workspace: dict[str, list[Row[Any]]] = {}
    for part in parts:
        by_workspace.setdefault(part.workspace_id, []).append(part)
    rows = []
    for workspace_id, own in sorted(by_workspace.items()):
        if own:
            forked_from = next((part.parent_part_id for part in own if part.parent_part_id), None)
            rows.append(unified_workspace(own, names.get(workspace_id), parents.get(forked_from or "")))
    gone = set(wanted) - {row["id"] for row in rows}
    await remove(connection, workspaces, organization_id, "id", sorted(gone))
    await upsert(connection, workspaces, rows)
    await _refresh_agents(connection, organization_id, wanted, parts)


async def _parts_of(
    connection: AsyncConnection, organization_id: str, workspace_ids: list[str], *, with_deleted: bool = False
) -> Sequence[Row[Any]]:
    owned = workspace_parts.c.organization_id == organization_id
    statement = select(workspace_parts).where(owned, among(workspace_parts.c.workspace_id, workspace_ids))
    if not with_deleted:
        statement = statement.where(workspace_parts.c.is_deleted.is_(False))
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


class Member(NamedTuple):
    """A part that a link names."""

    id: str
    system: str
    external_id: str


@dataclass
class Plan:
    """What links come to: for each whether it changes anything, or why it is refused; and where parts go."""

    verdicts: list[bool | JoinError]
    targets: dict[str, str]  # part id -> id of the workspace that it becomes a part of


async def planned_joins(connection: AsyncConnection, organization_id: str, links: Sequence[Sequence[Member]]) -> Plan:
    """What joining by these links, one after another, comes to; nothing is changed yet.

    A) every part starts in its workspace.  B) a link makes one set of the sets its members stand in, unless two
    parts of one system would stand in it.  C) the set goes by the id of the part whose system ranks first.
    """
    named = {member.id for members in links for member in members}
    unified = await _unified_ids(connection, organization_id, named)
    known = await _parts_of(connection, organization_id, sorted(set(unified.values())), with_deleted=True)
    sets: dict[str, list[_Part]] = {}
    for row in known:  # A
        sets.setdefault(row.workspace_id, []).append(_Part(row.id, row.system, row.is_deleted))
    where = {part.id: workspace_id for workspace_id, parts in sets.items() for part in parts}
    verdicts: list[bool | JoinError] = []
    for members in links:
        for member in members:
            if member.id not in where:
                sets[member.id], where[member.id] = [_Part(member.id, member.system, is_deleted=False)], member.id
        verdicts.append(_joined(sets, where, {where[member.id] for member in members}))  # B, C
    before = {row.id: row.workspace_id for row in known}
    return Plan(verdicts, {id_: target for id_, target in where.items() if before.get(id_, id_) != target})


class _Part(NamedTuple):
    id: str
    system: str
    is_deleted: bool


def _joined(sets: dict[str, list[_Part]], where: dict[str, str], meant: set[str]) -> bool | JoinError:
    if len(meant) == 1:
        return False
    parts = [part for workspace_id in sorted(meant) for part in sets[workspace_id]]
    living = [part.system for part in parts if not part.is_deleted]
    twice = sorted({system.lower() for system in living if living.count(system) > 1})
    if twice:
        return JoinError(f"both stand in {' and '.join(twice)}; a workspace has at most one part of a system")
    kept = [part for part in parts if not part.is_deleted or part.system not in living]
    target = joined_id([(part.system, part.id) for part in kept])
    for workspace_id in meant:
        del sets[workspace_id]
    sets[target] = kept
    for part in parts:  # a part that is gone makes room for the living one of its system
        where[part.id] = target if part in kept else part.id
    return True


async def join_parts(connection: AsyncConnection, organization_id: str, targets: Mapping[str, str]) -> None:
    """Put parts, with all that came with them, into the workspaces that they are parts of from now on."""
    if not targets:
        return
    before = await _unified_ids(connection, organization_id, set(targets))
    moves = [{"part": part_id, "target": target} for part_id, target in sorted(targets.items())]
    owned = workspace_parts.c.organization_id == organization_id
    one = update(workspace_parts).where(owned, workspace_parts.c.id == bindparam("part"))
    await connection.execute(one.values(workspace_id=bindparam("target")), moves)
    for table, column in TABLES_OF_PARTS:
        theirs = and_(table.c.organization_id == organization_id, among(table.c[column], targets))
        place = select(workspace_parts.c.workspace_id).where(owned, workspace_parts.c.id == table.c[column])
        await connection.execute(update(table).where(theirs).values(workspace_id=place.scalar_subquery()))
    for target in sorted(set(targets.values())):
        left = [before[part_id] for part_id, its in targets.items() if its == target and part_id in before]
        await _carry_given_name(connection, organization_id, target, [target, *left])
    await place_computers_by_name(connection, organization_id)
    forks = await _forks_of(connection, organization_id, sorted(targets))
    await refresh_workspaces(connection, organization_id, {*targets.values(), *before.values(), *forks})


async def parted(connection: AsyncConnection, organization_id: str, workspace_id: str, part_id: str) -> str:
    """Take one part out of a workspace, with all that came with it; the id that the others go by from now on.

    A name given through the graph stays with the others.
    """
    parts = await _parts_of(connection, organization_id, [workspace_id], with_deleted=True)
    others = [part for part in parts if part.id != part_id]
    living = [part for part in others if not part.is_deleted]
    remaining = joined_id([(part.system, part.id) for part in living])
    names = await _given_names(connection, organization_id, [workspace_id])
    targets = {part_id: part_id, **{part.id: remaining for part in others}}
    await join_parts(connection, organization_id, targets)
    for target, name in ((part_id, None), (remaining, names.get(workspace_id))):
        meant = and_(workspaces.c.organization_id == organization_id, workspaces.c.id == target)
        await connection.execute(update(workspaces).where(meant).values(given_name=name))
    await refresh_workspaces(connection, organization_id, (part_id, remaining))
    return remaining


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
