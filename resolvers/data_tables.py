"""The tables that workspaces stand on: which they are, and rows out of them, in whichever database they live."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Select, and_, select

from db.access import visible
from db.data_rows import OPERATIONAL, DataTable, declared_in, is_change_of_table
from db.data_tables import MAIN, data_tables
from db.database import Database
from db.keys import among, keys_to_come
from db.statements import Prepared, Reading
from db.workspaces import workspace_parts
from errors import InvalidStateError, UnavailableError
from resolvers.context import Context

NO_SECOND_DATABASE = "the table {name} stands in a second database, and WORKGRAPH_TABLES_URL names none"
CHANGED = (
    "the table {name} has changed since it was registered, or may not be read any more; "
    "`workgraph table register {name}` reads its columns anew"
)
REPLACED = "the table {name} is being replaced; try again"


async def tables_of_workspaces(workspace_ids: Sequence[str], *, ctx: Context) -> dict[str, DataTable]:
    """The table that each unified workspace's VAI part stands on, by workspace.

    A workspace without one, unknown or hidden, is absent. Statements: 1.
    """
    ready = partial(_declared, ctx)
    rows = await ctx.rows_of(("tables of workspaces",), ready, keys=list(dict.fromkeys(workspace_ids)))
    return {row.workspace_id: declared_in(row) for row in rows}


def _declared(ctx: Context) -> Select[Any]:
    parts = workspace_parts.c
    of_part = and_(data_tables.c.organization_id == parts.organization_id, data_tables.c.part_id == parts.id)
    statement = select(parts.workspace_id, *data_tables.c).select_from(workspace_parts.join(data_tables, of_part))
    is_meant = among(parts.workspace_id, keys_to_come())
    return visible(statement, ctx.viewer).where(parts.is_deleted.is_(False), is_meant)


async def rows_of_table(
    declared: DataTable, statement: Reading | Prepared, *, ctx: Context, **values: Any
) -> Sequence[Any]:
    """All rows of a statement over `sql_table(declared)`, run where that table lives. Statements: 1.

    Whoever has `declared` from `tables_of_workspaces` may see its rows. Raises UnavailableError where its database
    is not set or does not answer, and InvalidStateError where a live table is not as it was registered.
    """
    try:
        return await database_of(declared, ctx).rows(statement, values)
    except Exception as error:
        if not is_change_of_table(error):
            raise
        if declared.mode == OPERATIONAL:
            raise InvalidStateError(CHANGED.format(name=declared.name)) from error
        raise UnavailableError(REPLACED.format(name=declared.name)) from error


def database_of(declared: DataTable, ctx: Context) -> Database:
    """The database in which a table lives. Raises UnavailableError where it is not set."""
    if declared.database == MAIN:
        return ctx.db
    if ctx.tables is None:
        raise UnavailableError(NO_SECOND_DATABASE.format(name=declared.name))
    return ctx.tables
