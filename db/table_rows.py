"""Pages of a table's rows: the columns as they are shown, the statement of a page, and rows as JSON has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, func, select, type_coerce
from sqlalchemy.types import NullType

from db.cell_values import shown_by
from db.data_rows import OPERATIONAL, ROW_ID, DataColumn, DataTable, readable, stored_table
from db.statements import to_come

GENERATED = "_row_id"  # under which name a snapshot without a key shows its row id
LIMIT, OFFSET = "page_rows", "rows_before"  # parameters of a page


def generated_name(declared: DataTable) -> str:
    """The name of the generated row id: `_row_id`, or the first of `_row_id_2` and so on that no column has."""
    names = {column.name for column in declared.columns}
    number, name = 1, GENERATED
    while name in names:
        number += 1
        name = f"{GENERATED}_{number}"
    return name


def identity_of(declared: DataTable) -> tuple[str, ...]:
    """The names of the columns that identify a row: the key, else a snapshot's generated one; none without either."""
    if declared.key or declared.mode == OPERATIONAL:
        return declared.key
    return (generated_name(declared),)


def shown_columns(declared: DataTable) -> tuple[DataColumn, ...]:
    """The columns of a page: the generated row id, where that identifies a row, and all of the table."""
    if declared.key or declared.mode == OPERATIONAL:
        return declared.columns
    generated = DataColumn(generated_name(declared), ROW_ID, "integer", is_nullable=False, can_write=False)
    return (generated, *declared.columns)


def selected(declared: DataTable) -> list[ColumnElement[Any]]:
    """What to select for rows of the table: as the driver has it, under names that no column can clash with."""
    return [
        type_coerce(_read(declared, column), NullType()).label(f"v_{number}")
        for number, column in enumerate(shown_columns(declared))
    ]


def _read(declared: DataTable, column: DataColumn) -> ColumnElement[Any]:
    return readable(stored_table(declared).c[column.sql_name], column)


def page_of_rows(declared: DataTable, order_by: DataColumn | None, descending: bool) -> Select[Any]:
    """The statement of a page, for the values LIMIT and OFFSET. Its order is total: what identifies a row closes it.

    A live table without a key has nothing that does; all its columns together do instead.
    """
    statement = select(*selected(declared)).order_by(*_order(declared, order_by, descending))
    return statement.limit(to_come(LIMIT, BigInteger())).offset(to_come(OFFSET, BigInteger()))


def _order(declared: DataTable, order_by: DataColumn | None, descending: bool) -> list[ColumnElement[Any]]:
    closing = [column for column in closing_order(declared) if column != order_by]
    if order_by is None:
        return [_read(declared, column) for column in closing]
    chosen = _read(declared, order_by)
    way = chosen.desc() if descending else chosen.asc()
    is_null_free = order_by.name in identity_of(declared)  # an index then serves the order on SQLite, too
    ways = (_read(declared, column) for column in closing)
    return [way if is_null_free else way.nulls_last(), *((one.desc() if descending else one) for one in ways)]


def closing_order(declared: DataTable) -> list[DataColumn]:
    """The columns that make an order total."""
    if declared.mode != OPERATIONAL:
        return [DataColumn(ROW_ID, ROW_ID, "integer")]
    return [column for column in declared.columns if not declared.key or column.name in declared.key]


def count_of_rows(declared: DataTable) -> Select[Any]:
    """The statement that counts the rows."""
    return select(func.count().label("rows")).select_from(stored_table(declared))


def rows_as_json(declared: DataTable, rows: Sequence[Any], is_sqlite: bool) -> list[dict[str, Any]]:
    """Rows of `selected` as JSON objects by the names of the columns."""
    columns = shown_columns(declared)
    names = [column.name for column in columns]
    values = [  # column by column, which is half the work of row by row
        [None if value is None else maker(value) for value in listed]
        if (maker := shown_by(column, is_sqlite))
        else listed
        for column, listed in zip(columns, zip(*rows, strict=True), strict=bool(rows))
    ]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]
