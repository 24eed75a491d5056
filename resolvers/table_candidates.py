"""The tables that an operator has registered for workspaces to stand on, and how many rows each has now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Select, literal, select, union_all

from db.access import visible
from db.data_rows import DataTable, change_of_table
from db.data_tables import MAIN, TABLES, table_candidates
from db.reflection import candidate_of
from db.table_rows import count_of_rows
from errors import GatewayError
from resolvers.context import Context
from resolvers.data_tables import database_of, rows_of_table
from resolvers.table_pages import TableColumn

OUT_OF_REACH = "The table stands in a second database, and WORKGRAPH_TABLES_URL names none."
COUNTED_AT_ONCE = 100  # SQLite ends at 500 parts of one UNION


@dataclass
class TableCandidate:
    """A registered table."""

    table_name: str
    logical_table_name: str
    scope: str
    source_type: str
    owner_task_slug: str | None
    owner_workspace_key: str | None
    columns: Sequence[TableColumn]
    primary_key_columns: Sequence[str]
    row_count: int | None
    can_open_workspace: bool
    can_write: bool
    read_only_reason: str | None
    last_write_at: datetime | None


async def table_candidates_of_viewer(*, ctx: Context, with_counts: bool) -> list[TableCandidate]:
    """The tables registered in the viewer's organisation, by name and scope.

    A table that cannot be counted now has no count. Statements: 1, and with counts 1 for each database and hundred
    tables; where a table of these has changed, 1 for each table.
    """
    known = table_candidates.c
    statement = visible(select(table_candidates), ctx.viewer).order_by(known.name, known.scope)
    rows = await ctx.rows(statement)
    declared = [candidate_of(row) for row in rows]
    counts = await _counts(declared, ctx) if with_counts else {}
    return [_candidate(row, one, counts.get(one), ctx) for row, one in zip(rows, declared, strict=True)]


def _candidate(row: Any, declared: DataTable, row_count: int | None, ctx: Context) -> TableCandidate:
    is_in_reach = declared.database == MAIN or ctx.tables is not None
    return TableCandidate(
        table_name=row.name,
        logical_table_name=row.name.replace("_", " "),
        scope=row.scope,
        source_type=row.source_type,
        owner_task_slug=row.owner_task_slug,
        owner_workspace_key=row.owner_workspace_key,
        columns=[TableColumn(column.name, column.name, column.type) for column in declared.columns],
        primary_key_columns=declared.key,
        row_count=row_count,
        can_open_workspace=is_in_reach,
        can_write=is_in_reach and row.can_write,
        read_only_reason=row.read_only_reason if is_in_reach else OUT_OF_REACH,
        last_write_at=row.last_write_at,
    )


async def _counts(declared: Sequence[DataTable], ctx: Context) -> Mapping[DataTable, int]:
    reached = [one for one in declared if one.database == MAIN or ctx.tables is not None]
    groups = [[one for one in reached if one.database == place] for place in (MAIN, TABLES)]
    pieces = [
        group[begin : begin + COUNTED_AT_ONCE] for group in groups for begin in range(0, len(group), COUNTED_AT_ONCE)
    ]
    found = await asyncio.gather(*(_counted(piece, ctx) for piece in pieces))
    return {one: count for counts in found for one, count in counts.items()}


async def _counted(tables: Sequence[DataTable], ctx: Context) -> dict[DataTable, int]:
    """The counts of tables of one database; if one of them has changed, those of the others."""
    counts: list[Select[Any]] = [
        count_of_rows(one).add_columns(literal(place, Integer()).label("place")) for place, one in enumerate(tables)
    ]
    statement: Any = counts[0] if len(counts) == 1 else union_all(*counts)
    try:
        rows = await database_of(tables[0], ctx).rows(statement)
    except Exception as error:
        if change_of_table(tables[0], error) is None:
            raise
        return await _counted_alone(tables, ctx)
    return {tables[row.place]: row.rows for row in rows}


async def _counted_alone(tables: Sequence[DataTable], ctx: Context) -> dict[DataTable, int]:
    found = {}
    for one in tables:
        try:
            rows = await rows_of_table(one, count_of_rows(one), ctx=ctx)
            found[one] = rows[0].rows
        except GatewayError:  # its count stays unknown
            continue
    return found
