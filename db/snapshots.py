"""Snapshots: frozen copies of tables, which no later change of the source touches; and workspaces put on live tables.

A) which columns identify a row of the copy: those of the source, or the one that was asked for if a query shows that
it does;  B) a table of a new name;  C) the rows, numbered in the source's order: in one statement where source and
copy share a database, else by batches;  D) the copy is registered for its workspace. All in the caller's transaction.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, MetaData, Table, Text, case, delete, func, insert, literal, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import DropTable

from db.data_rows import (
    NAIVE,
    OPERATIONAL,
    OWN_NAME,
    ROW_ID,
    SNAPSHOT,
    DataColumn,
    DataTable,
    change_of_table,
    create_table,
    driver_error,
    readable,
    register,
    sql_name_of,
    stored_table,
)
from db.data_tables import data_tables
from db.table_rows import closing_order, generated_name
from errors import InvalidStateError

BATCH_CELLS = 20_000  # as many as a load of a file inserts at once
MAX_KEY_BYTES = 2_000  # of a text in a key; an index entry of PostgreSQL ends at 2,704

Warnings = list[dict[str, Any]]


async def snapshot(
    connection: AsyncConnection,
    source: DataTable,
    live: AsyncConnection | None = None,
    *,
    organization_id: str,
    part_id: str,
    name: str | None = None,
    row_id_column: str | None = None,
    at: datetime,
) -> tuple[DataTable, Warnings]:
    """A frozen copy of a table, registered for a workspace's part, and VAI's warnings.

    `connection` is the caller's transaction on the main database; `live` one on the database of the source, None where
    that is the main one. A `row_id_column` that identifies no row is replaced by a generated one, with a warning.
    Raises InvalidStateError where the source cannot be read as it was registered, or a value of it does not fit.
    """
    reading = live or connection
    called = name or source.name
    sql_name = sql_name_of(organization_id, part_id, called, at)
    columns = tuple(
        DataColumn(column.name, f"c_{number}", column.type, is_nullable=column.is_nullable)
        for number, column in enumerate(source.columns, start=1)
    )
    try:
        key, warnings = await _key(reading, source, row_id_column)  # A
        copy = DataTable(organization_id, part_id, called, sql_name, columns, key, SNAPSHOT, source.scope)
        await create_table(connection, stored_table(copy))  # B
        same = reading is connection
        row_count = await (_copied(connection, source, copy) if same else _carried(connection, source, copy, reading))
    except DBAPIError as error:
        told = change_of_table(source, driver_error(error))
        if told is None:
            raise
        raise told from error
    await register(connection, copy, row_count, at)  # D
    return copy, warnings


# A) what identifies a row


async def _key(
    reading: AsyncConnection, source: DataTable, row_id_column: str | None
) -> tuple[tuple[str, ...], Warnings]:
    if row_id_column is None:
        return source.key, []
    why = await _why_not(reading, source, row_id_column)
    if why is None:
        return (row_id_column,), []
    effective = generated_name(replace(source, key=(), mode=SNAPSHOT))
    message = f"The column {row_id_column} {why}; rows are identified by {effective} instead."
    return (), [row_id_column_replaced(message, row_id_column, effective)]


def row_id_column_replaced(message: str, asked: str, effective: str | None) -> dict[str, Any]:
    """VAI's warning that rows are identified by another column than was asked for."""
    return {
        "code": "row_id_column_replaced",
        "message": message,
        "requestedRowIdColumn": asked,
        "effectiveRowIdColumn": effective,
    }


async def _why_not(reading: AsyncConnection, source: DataTable, name: str) -> str | None:
    """Why a column does not identify the rows of a table; None where it does."""
    column = next((one for one in source.columns if one.name == name), None)
    if column is None:
        return "is not there"
    table = stored_table(source)
    value = readable(table.c[column.sql_name], column)
    if (await reading.execute(select(func.count()).select_from(table).where(value.is_(None)))).scalar_one():
        return "is null in some rows"
    repeated = select(value).select_from(table).group_by(value).having(func.count() > 1).limit(1)
    if (await reading.execute(repeated)).first() is not None:
        return "has the same value in several rows"
    if column.type != "text" or reading.dialect.name == "sqlite":
        return None
    longest = (await reading.execute(select(func.max(func.octet_length(value))).select_from(table))).scalar()
    return f"has texts of more than {MAX_KEY_BYTES:,} bytes" if (longest or 0) > MAX_KEY_BYTES else None


# C) the rows


async def _copied(connection: AsyncConnection, source: DataTable, copy: DataTable) -> int:
    """The number of rows, copied inside one database. Statements: 1."""
    is_sqlite = connection.dialect.name == "sqlite"
    origin, target = stored_table(source), stored_table(copy)
    order = [readable(origin.c[column.sql_name], column) for column in closing_order(source)]
    values = [_copyable(origin.c[column.sql_name], column, source, is_sqlite) for column in source.columns]
    number = func.row_number().over(order_by=order).label(ROW_ID)
    rows = select(number, *values).select_from(origin)
    names = [ROW_ID, *(column.sql_name for column in copy.columns)]
    return (await connection.execute(insert(target).from_select(names, rows))).rowcount


def _copyable(live: ColumnElement[Any], column: DataColumn, source: DataTable, is_sqlite: bool) -> ColumnElement[Any]:
    value = readable(live, column)
    if is_sqlite:  # where a live column of any type may hold bytes, which are no value of ours
        is_own = source.mode != OPERATIONAL
        return value if is_own else case((func.typeof(value) == "blob", func.hex(value, type_=Text)), else_=value)
    return func.timezone(literal("UTC"), value) if column.form == NAIVE else value


async def _carried(connection: AsyncConnection, source: DataTable, copy: DataTable, reading: AsyncConnection) -> int:
    """The number of rows, carried from one database to the other. Statements: 1, and 1 for each batch."""
    origin, target = stored_table(source), stored_table(copy)
    values = [readable(origin.c[column.sql_name], column) for column in source.columns]
    order = [readable(origin.c[column.sql_name], column) for column in closing_order(source)]
    names = [column.sql_name for column in copy.columns]
    count = 0
    try:
        async with reading.stream(select(*values).select_from(origin).order_by(*order)) as rows:
            async for batch in rows.partitions(max(1, BATCH_CELLS // len(names))):
                numbered = [
                    {ROW_ID: number, **dict(zip(names, map(_fitting, row), strict=True))}
                    for number, row in enumerate(batch, start=count + 1)
                ]
                await connection.execute(insert(target), numbered)
                count += len(numbered)
    except (ValueError, TypeError) as error:
        raise InvalidStateError(f"the table {source.name} holds a value that is not of its column's type") from error
    return count


def _fitting(value: Any) -> Any:
    """A text without NUL, which PostgreSQL's do not hold; another value as it is."""
    if isinstance(value, bytes):
        return value.hex()
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) and "\0" in value else value


# Without a copy


async def operational(connection: AsyncConnection, candidate: DataTable, *, part_id: str, at: datetime) -> DataTable:
    """The live table, registered for a workspace's part. Statements: 2, or 3 where the part had a table."""
    declared = replace(candidate, part_id=part_id)
    await register(connection, declared, 0, at)  # a live table's rows are counted when they are asked for
    return declared


async def drop_table_of(connection: AsyncConnection, organization_id: str, part_id: str) -> None:
    """Forget the table of a part, and drop it where it is a copy of our own; a live table stays. Statements: 1 to 3."""
    is_its = (data_tables.c.organization_id == organization_id, data_tables.c.part_id == part_id)
    row = (await connection.execute(select(data_tables.c.sql_name, data_tables.c.mode).where(*is_its))).first()
    if row is None:
        return
    await connection.execute(delete(data_tables).where(*is_its))
    if row.mode == SNAPSHOT and OWN_NAME.fullmatch(row.sql_name):
        await connection.execute(DropTable(Table(row.sql_name, MetaData()), if_exists=True))
