"""Cells: one value of one row, changed inside the caller's transaction.

A) everything that is wrong with the request is found at once;  B) the row is locked and read;  C) the cell is compared
with what the writer expects;  D) it is changed, and the row read back with the same statement.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import asyncpg
from sqlalchemy import ColumnElement, String, cast, select, update
from sqlalchemy import bindparam as bound
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from db.cell_values import shown, taken
from db.data_rows import (
    CAST,
    HEX,
    OPERATIONAL,
    DataColumn,
    DataTable,
    change_of_table,
    driver_error,
    listed,
    readable,
    stored_table,
)
from db.data_tables import table_candidates
from db.table_rows import identity_of, rows_as_json, selected, shown_columns
from errors import ConflictError, InvalidInputError, InvalidStateError, NotFoundError, ReadOnlyError

UUID_TYPE = "UUID"


class Unset(Enum):
    """The one value that stands for none."""

    UNSET = "UNSET"


UNSET: Final = Unset.UNSET


@dataclass(frozen=True)
class CellChange:
    """A cell that was changed, and its whole row since, as JSON has them."""

    old_value: Any
    new_value: Any
    row: dict[str, Any]


async def change_cell(
    connection: AsyncConnection,
    declared: DataTable,
    column: str,
    row_identity: Mapping[str, Any],
    new_value: Any,
    expected: Any = UNSET,
) -> CellChange:
    """The change of a cell, made; `connection` is a transaction on the database where the table lives.

    Raises ReadOnlyError, InvalidInputError with all problems by path, NotFoundError for no such row, ConflictError
    where the cell does not hold what is `expected`, and InvalidStateError where a live table has changed.
    Statements: 2, and 1 more for a live table of PostgreSQL.
    """
    if not declared.can_write or not identity_of(declared):
        raise ReadOnlyError(declared.read_only_reason or "no column identifies the table's rows")
    is_sqlite = connection.dialect.name == "sqlite"
    asked = _Asked(declared, column, row_identity, new_value, expected, is_sqlite)  # A
    try:
        return await _changed(connection, asked)
    except DBAPIError as error:
        cause = driver_error(error)
        told = change_of_table(declared, cause)
        if told is not None:
            raise told from error
        if isinstance(error, IntegrityError | DataError) or isinstance(cause, asyncpg.RaiseError | asyncpg.DataError):
            raise InvalidInputError({"newValue": f"is refused by the table: {cause}"}) from error
        raise


class _Asked:
    """A change that was asked for, with all its values as SQL takes them. Raises InvalidInputError."""

    def __init__(
        self,
        declared: DataTable,
        column: str,
        row_identity: Mapping[str, Any],
        new_value: Any,
        expected: Any,
        is_sqlite: bool,
    ) -> None:
        self.declared, self.is_sqlite = declared, is_sqlite
        self._problems: dict[str, str] = {}
        known = {one.name: one for one in shown_columns(declared)}
        self.column = self._writable(column, known)
        self.identity = {name: self._part(name, row_identity, known[name]) for name in identity_of(declared)}
        for name in row_identity:
            if name not in self.identity:
                named = ", ".join(self.identity)
                self._problems[f"rowIdentity.{name}"] = f"does not identify a row; rows are named by {named}"
        self.new_value = self._value("newValue", self.column, new_value)
        self.expected = (
            UNSET if expected is UNSET else self._value("expectedValue", self.column, expected, is_new=False)
        )
        if self._problems or self.column is None:
            raise InvalidInputError(self._problems)

    def _writable(self, name: str, known: Mapping[str, DataColumn]) -> DataColumn | None:
        column = known.get(name)
        if column is None:
            self._problems["column"] = f"there is no column {name[:100]!r}; there are {listed(known)}"
        elif name in identity_of(self.declared):
            self._problems["column"] = f"{name} identifies the row and cannot be changed"
        elif not column.can_write:
            self._problems["column"] = f"{name} is of the type {column.live_type}, which can only be read"
        else:
            return column
        return None

    def _part(self, name: str, row_identity: Mapping[str, Any], column: DataColumn) -> Any:
        path = f"rowIdentity.{name}"
        value = row_identity.get(name)
        if value is None:
            self._problems[path] = "is missing"
        elif column.form in (CAST, HEX):
            if isinstance(value, str) and (column.live_type != UUID_TYPE or _is_uuid(value)):
                return value
            self._problems[path] = f"must be the text of a value of the type {column.live_type}"
        else:
            return self._value(path, column, value)
        return None

    def _value(self, path: str, column: DataColumn | None, value: Any, is_new: bool = True) -> Any:
        if column is None or (value is None and not is_new):
            return None
        try:
            return taken(column, value, self.is_sqlite)
        except ValueError as error:
            self._problems[path] = str(error)
            return None

    def is_meant(self) -> list[ColumnElement[bool]]:
        """The conditions that name the row."""
        by_name = {column.name: column for column in shown_columns(self.declared)}
        return [self._is(by_name[name], value) for name, value in self.identity.items()]

    def _is(self, column: DataColumn, value: Any) -> ColumnElement[bool]:
        live: ColumnElement[Any] = stored_table(self.declared).c[column.sql_name]
        if column.live_type == UUID_TYPE and not self.is_sqlite:  # so that its index is used
            value = cast(bound(None, value, type_=String()), UUID(as_uuid=False))
        else:
            live = readable(live, column)
        is_it: ColumnElement[bool] = live == value
        return is_it


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


async def _changed(connection: AsyncConnection, asked: _Asked) -> CellChange:
    declared, column = asked.declared, asked.column
    if column is None:
        raise TypeError("a change without a column is not to be made")
    statement = select(*selected(declared)).where(*asked.is_meant()).limit(2).with_for_update()  # not on SQLite
    rows = rows_as_json(declared, (await connection.execute(statement)).all(), asked.is_sqlite)  # B
    if not rows:
        raise NotFoundError("the table has no such row")
    if len(rows) > 1:
        named = ", ".join(identity_of(declared))
        raise InvalidStateError(f"several rows of the table {declared.name} have the same {named}")
    old = rows[0][column.name]
    if asked.expected is not UNSET and not _is_same(column, old, shown(asked.expected)):  # C
        message = f"{column.name} holds {old!r} and not what was expected"
        raise ConflictError(message, current={"value": old, "row": rows[0]})
    table = stored_table(declared)
    change = update(table).where(*asked.is_meant()).values({table.c[column.sql_name]: asked.new_value})  # D
    changed = await connection.execute(change.returning(*selected(declared)))
    rows = rows_as_json(declared, changed.all(), asked.is_sqlite)
    if declared.mode == OPERATIONAL and not asked.is_sqlite:  # else a deferred constraint speaks at the commit only
        await connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    if len(rows) != 1:  # a trigger may leave the row alone
        raise InvalidInputError({"newValue": "is refused by the table, which left the row as it was"})
    row = rows[0]
    return CellChange(old, row[column.name], row)


def _is_same(column: DataColumn, one: Any, other: Any) -> bool:
    """Whether two values are the same as JSON; `true` is not 1, and decimals are compared as numbers."""
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    if column.type == "decimal" and isinstance(one, str) and isinstance(other, str):
        return Decimal(one) == Decimal(other)
    return bool(one == other)


async def note_write(connection: AsyncConnection, declared: DataTable, at: datetime) -> None:
    """Note at its registration that a live table was written; `connection` is on the main database. Statements: 1."""
    known = table_candidates.c
    is_it = (known.organization_id == declared.organization_id, known.scope == declared.scope)
    await connection.execute(
        update(table_candidates).where(*is_it, known.name == declared.name).values(last_write_at=at)
    )
