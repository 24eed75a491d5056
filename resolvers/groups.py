"""Groups: how many rows of a list there are of each kind, counted by one GROUP BY for the lists of all parents.

A) the keys and the count of each group.  B) of each list the most frequent ones, by their place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Subquery, func, literal, select, union_all

from db.access import visible
from db.keys import among, keys_to_come
from db.statements import to_come
from db.workspaces import SYSTEM_BITS, workspaces
from errors import BadArgumentError
from resolvers.context import Context
from resolvers.pages import ROOT, Connection, Listed
from resolvers.relations import source_of

MOST_GROUPS = 1_000  # of one list
MOST = "most_groups"  # the parameter that holds how many were asked for
Whole = tuple[Listed, str]  # a whole list: what pages of one answer have in common, and the key of the parent


@dataclass(frozen=True)
class GroupKey:
    """A key of groups: its name in the answer, and the column."""

    name: str
    column: str


@dataclass(frozen=True)
class Grouping:
    """What groups are asked for."""

    by: tuple[GroupKey, ...]
    first: int


@dataclass(frozen=True)
class Group:
    """Rows that have these keys in common."""

    keys: dict[str, Any]
    count: int


def grouping_of(by: Sequence[GroupKey], first: int) -> Grouping:
    """What to ask for. Raises BadArgumentError."""
    if not by:
        raise BadArgumentError("by must name at least one key")
    if not 1 <= first <= MOST_GROUPS:
        raise BadArgumentError(f"first must be 1 to {MOST_GROUPS}, got {first}")
    return Grouping(tuple(dict.fromkeys(by)), first)


async def groups_of_lists(
    grouping: Grouping, lists: Sequence[Whole], *, ctx: Context, columns: Collection[str]
) -> list[list[Group]]:
    """The groups of each list, in order. Statements: 1 for the lists of one connection with one filter."""
    kinds: dict[tuple[Connection, int], list[Whole]] = {}
    for listed, parent in lists:
        kinds.setdefault((listed.connection, id(listed.filter)), []).append((listed, parent))
    counted = await asyncio.gather(*(_of_parents(grouping, alike, ctx) for alike in kinds.values()))
    found = {whole: groups for of_kind in counted for whole, groups in of_kind.items()}
    return [found[whole] for whole in lists]


async def _of_parents(grouping: Grouping, lists: Sequence[Whole], ctx: Context) -> dict[Whole, list[Group]]:
    listed = lists[0][0]
    conditions = listed.connection.conditions(listed.filter, ctx)
    statement = partial(_statement, listed.connection, grouping.by, conditions, ctx)
    values = {"keys": list(dict.fromkeys(parent for _listed, parent in lists)), MOST: grouping.first}
    if conditions:
        rows = await ctx.rows(statement(), **values)
    else:
        rows = await ctx.rows_of((listed.connection, grouping.by), statement, **values)
    groups: dict[str, list[Group]] = {}
    for row in rows:
        parent = ROOT if listed.connection.match is None else row.parent_key
        keys = {key.name: getattr(row, _label(place)) for place, key in enumerate(grouping.by)}
        groups.setdefault(parent, []).append(Group(keys, row.row_count))
    return {whole: groups.get(whole[1], []) for whole in lists}


def _label(place: int) -> str:
    return f"key_{place}"


def _statement(
    connection: Connection, by: Sequence[GroupKey], conditions: Sequence[ColumnElement[bool]], ctx: Context
) -> Select[Any]:
    counted = _counted(connection, by, conditions, ctx).subquery("counted")
    order = [counted.c.row_count.desc(), *(counted.c[_label(place)].asc().nulls_last() for place in range(len(by)))]
    most = to_come(MOST, Integer())
    if connection.match is None:
        return select(*counted.c).order_by(*order).limit(most)
    place = func.row_number().over(partition_by=counted.c.parent_key, order_by=order).label("place")
    ranked = select(*counted.c, place).subquery("ranked")
    return select(*ranked.c).where(ranked.c.place <= most).order_by(ranked.c.parent_key, ranked.c.place)  # B


def _counted(
    connection: Connection, by: Sequence[GroupKey], conditions: Sequence[ColumnElement[bool]], ctx: Context
) -> Select[Any]:  # A
    statement = select(func.count().label("row_count")).select_from(source_of(connection.table, connection.pair))
    statement = visible(statement, ctx.viewer).where(*conditions)
    keys: dict[str, ColumnElement[Any]] = {
        _label(place): connection.table.c[key.column] for place, key in enumerate(by)
    }
    if connection.match is not None:
        statement = statement.where(among(connection.match, keys_to_come()))
        keys["parent_key"] = connection.match
    for label, key in keys.items():
        by_system = _systems(label) if key is workspaces.c.systems else None
        if by_system is not None:
            statement = statement.where(key.bitwise_and(by_system.c.bit) != 0)
        column = key if by_system is None else by_system.c.system
        statement = statement.add_columns(column.label(label)).group_by(column)
    return statement


def _systems(name: str) -> Subquery:
    """The systems with their bits: a workspace of several systems counts for each."""
    rows = [select(literal(system).label("system"), literal(bit).label("bit")) for system, bit in SYSTEM_BITS.items()]
    return union_all(*rows).subquery(f"systems_{name}")
