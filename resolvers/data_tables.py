"""The tables that workspaces stand on: which they are, and pages of their rows, in whichever database they live.

A) what each workspace stands on, in one statement;  B) the page of each table, all at once, a statement each, and
another for the count where it is asked for;  C) for workspaces without a table, what was recorded of the live system
(recorded_pages.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Select, and_, select, true

from db.access import TABLE_WRITE, visible
from db.data_rows import OPERATIONAL, DataColumn, DataTable, change_of_table, declared_in, unreadable
from db.data_tables import MAIN, data_tables
from db.database import Database
from db.keys import among, keys_to_come
from db.own import within
from db.statements import Prepared, Reading
from db.table_rows import LIMIT, OFFSET, count_of_rows, identity_of, page_of_rows, rows_as_json, shown_columns
from db.workspaces import workspace_parts, workspaces
from errors import BadArgumentError, TooLargeError, UnavailableError
from operations.cells import UpdateCell
from operations.permissions import access_needed, missing_scope
from resolvers.context import Context
from resolvers.recorded_pages import pages_recorded
from resolvers.table_pages import TableArguments, TableColumn, TablePage, Wanted, no_such_column

MAX_OFFSET = 2**31 - 1
MAX_ROWS = 100_000  # of all pages that one request asks for
NO_SECOND_DATABASE = "the table {name} stands in a second database, and WORKGRAPH_TABLES_URL names none"
NO_SCOPE = f"The token lacks the scope `{TABLE_WRITE}`."
NO_ACCESS = "The workspace is shared for reading only."
ARCHIVED = "The workspace is archived."
NO_IDENTITY = "No column identifies its rows."


@dataclass(frozen=True)
class Standing:
    """What a workspace stands on, whether it is archived, and whether the viewer has access enough to change it."""

    declared: DataTable
    is_archived: bool
    may_change: bool


# A) the tables


async def tables_of_workspaces(workspace_ids: Sequence[str], *, ctx: Context) -> dict[str, DataTable]:
    """The table that each unified workspace's VAI part stands on, by workspace.

    A workspace without one, unknown or hidden, is absent. Statements: 1.
    """
    found = await standing_of_workspaces(workspace_ids, ctx=ctx)
    return {workspace_id: standing.declared for workspace_id, standing in found.items()}


async def standing_of_workspaces(workspace_ids: Sequence[str], *, ctx: Context) -> dict[str, Standing]:
    """What each unified workspace stands on; one without a table, unknown or hidden, is absent. Statements: 1."""
    needed = access_needed(UpdateCell, ctx.viewer)
    ready = partial(_standing, needed, ctx)
    rows = await ctx.rows_of(("tables of workspaces", needed), ready, keys=list(dict.fromkeys(workspace_ids)))
    return {row.workspace_id: Standing(declared_in(row), row.is_archived, row.may_change) for row in rows}


def _standing(needed: str | None, ctx: Context) -> Select[Any]:
    parts = workspace_parts.c
    of_part = and_(data_tables.c.organization_id == parts.organization_id, data_tables.c.part_id == parts.id)
    unified = and_(workspaces.c.organization_id == parts.organization_id, workspaces.c.id == parts.workspace_id)
    joined = workspace_parts.join(data_tables, of_part).join(workspaces, unified)
    may_change = (true() if needed is None else within(workspaces, needed)).label("may_change")
    told = (parts.workspace_id, workspaces.c.is_archived, may_change)
    statement = select(*told, *data_tables.c).select_from(joined)
    is_meant = among(parts.workspace_id, keys_to_come())
    return visible(statement, ctx.viewer).where(parts.is_deleted.is_(False), is_meant)


async def rows_of_table(
    declared: DataTable, statement: Reading | Prepared, *, ctx: Context, **values: Any
) -> Sequence[Any]:
    """All rows of a statement over `sql_table(declared)`, run where that table lives. Statements: 1.

    Whoever has `declared` from `tables_of_workspaces` may see its rows. Raises UnavailableError where its database
    is not set or does not answer, and InvalidStateError where a live table is not as it was registered or holds what
    cannot be read.
    """
    try:
        return await database_of(declared, ctx).rows(statement, values)
    except Exception as error:
        told = change_of_table(declared, error) or unreadable(declared, error)
        if told is None:
            raise
        raise told from error


def database_of(declared: DataTable, ctx: Context) -> Database:
    """The database in which a table lives. Raises UnavailableError where it is not set."""
    if declared.database == MAIN:
        return ctx.db
    if ctx.tables is None:
        raise UnavailableError(NO_SECOND_DATABASE.format(name=declared.name))
    return ctx.tables


# B) their pages


async def pages_of_workspaces(
    arguments: TableArguments, wanted: Wanted, keys: Sequence[str], *, ctx: Context, columns: Collection[str]
) -> list[Any]:
    """A page of the table of each workspace; None for one with neither a table nor recorded pages.

    A table that cannot be read, or has no such column, has the error in its place. Statements: 1, and for each table
    one for the rows and one for the count, where they are wanted; 2 more where a workspace has no table. Raises
    BadArgumentError and TooLargeError.
    """
    _check(arguments, len(keys) if wanted.rows else 0, ctx)
    standing = await standing_of_workspaces(keys, ctx=ctx)  # A
    pages = (_page(one, arguments, wanted, ctx) for one in standing.values())
    found: dict[str, Any] = dict(zip(standing, await asyncio.gather(*pages, return_exceptions=True), strict=True))
    missing = [key for key in dict.fromkeys(keys) if key not in found]
    if missing:  # C
        found |= await pages_recorded(missing, arguments, ctx=ctx)
    return [found.get(key) for key in keys]


def _check(arguments: TableArguments, pages: int, ctx: Context) -> None:
    most = ctx.limits.table_rows_ceiling
    if not 1 <= arguments.limit <= most:
        raise BadArgumentError(f"limit must be 1 to {most:,}, got {arguments.limit}")
    if not 0 <= arguments.offset <= MAX_OFFSET:
        raise BadArgumentError(f"offset must be 0 to {MAX_OFFSET:,}, got {arguments.offset}")
    asked = ctx.remembered[_check] = ctx.remembered.get(_check, 0) + pages * arguments.limit
    if asked > MAX_ROWS:
        raise TooLargeError(f"a request reads at most {MAX_ROWS:,} rows of tables, got {asked:,}; ask for fewer")


async def _page(standing: Standing, arguments: TableArguments, wanted: Wanted, ctx: Context) -> TablePage:
    declared = standing.declared
    order_by = _chosen(declared, arguments.order_by)
    read, total = await asyncio.gather(
        _rows(declared, arguments, order_by, ctx) if _needs_rows(wanted) else _nothing(),
        _total(declared, ctx) if wanted.total else _nothing(),
    )
    rows = [] if read is None else read
    kept = rows_as_json(declared, rows[: arguments.limit], _lives_on_sqlite(declared, ctx)) if wanted.rows else []
    end = arguments.offset + arguments.limit
    reason = _why_read_only(standing, ctx)
    return TablePage(
        name=declared.name,
        columns=[TableColumn(one.name, one.name, one.type) for one in shown_columns(declared)],
        rows=kept,
        row_identity_columns=identity_of(declared),
        total=total or 0,
        has_next=len(rows) > arguments.limit if read is not None else (total or 0) > end,
        limit=arguments.limit,
        offset=arguments.offset,
        mode=declared.mode,
        is_live=declared.mode == OPERATIONAL,
        can_edit=reason is None,
        read_only_reason=reason,
        backing_table_name=declared.name,
        backing_table_scope=declared.scope,
    )


def _needs_rows(wanted: Wanted) -> bool:
    return wanted.rows or (wanted.has_next and not wanted.total)


async def _nothing() -> None:
    return None


def _lives_on_sqlite(declared: DataTable, ctx: Context) -> bool:
    return database_of(declared, ctx).is_sqlite


def _chosen(declared: DataTable, name: str | None) -> DataColumn | None:
    if name is None:
        return None
    known = {column.name: column for column in shown_columns(declared)}
    if name not in known:
        raise BadArgumentError(no_such_column(name, known))
    return known[name]


async def _rows(
    declared: DataTable, arguments: TableArguments, order_by: DataColumn | None, ctx: Context
) -> Sequence[Any]:
    """One row more than asked for, which tells whether there is more."""
    key = ("page of rows", declared, order_by, arguments.descending)
    statement = partial(page_of_rows, declared, order_by, arguments.descending)
    ready = database_of(declared, ctx).prepared(key, statement)
    values = {LIMIT: arguments.limit + 1, OFFSET: arguments.offset}
    return await rows_of_table(declared, ready, ctx=ctx, **values)


async def _total(declared: DataTable, ctx: Context) -> int:
    rows = await rows_of_table(declared, count_of_rows(declared), ctx=ctx)
    return int(rows[0].rows)


def _why_read_only(standing: Standing, ctx: Context) -> str | None:
    """Why the viewer cannot change cells of the table; None where that is possible."""
    if not standing.declared.can_write:
        return standing.declared.read_only_reason or "The table can only be read."
    if not identity_of(standing.declared):
        return NO_IDENTITY
    if standing.is_archived:
        return ARCHIVED
    if missing_scope(UpdateCell, ctx.viewer) is not None:
        return NO_SCOPE
    return None if standing.may_change else NO_ACCESS
