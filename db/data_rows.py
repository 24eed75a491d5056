"""Rows of data tables: typed tables of our own, made at run time, and live ones that an operator registered.

A load gets a table under a name of its own, so that readers keep the former one until the commit, and a statement
that was prepared for the former never meets other columns under the same text. A live table has no `row_id` of ours;
its columns stand under their live names.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import asyncpg
import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Double,
    FromClause,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    TypeDecorator,
    cast,
    delete,
    func,
    select,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable
from sqlalchemy.types import TypeEngine

from db.data_tables import MAIN, data_tables
from db.types import UtcDateTime
from db.writes import insert_missing, upsert
from errors import GatewayError, InvalidStateError, UnavailableError

ROW_ID = "row_id"  # the primary key of every data table: 1 to n in the order of the file
EXACT_DIGITS = 15  # as many digits of any decimal number come back from a double as they went in
LISTED_COLUMNS = 50  # in a message
OPERATIONAL, SNAPSHOT = "OPERATIONAL", "SNAPSHOT"
PLAIN, NAIVE, CAST, HEX = "plain", "naive", "cast", "hex"  # forms of a column, see DataColumn
OWN_NAME = re.compile(r"t_[0-9a-f]{24}")
_CHANGES = (  # what PostgreSQL says of a live table that is not as it was registered
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,  # a column has another type now
    asyncpg.DatatypeMismatchError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.WrongObjectTypeError,
    asyncpg.InsufficientPrivilegeError,
)
CHANGED = (
    "the table {name} has changed since it was registered, or may not be read any more; "
    "`workgraph table register {name}` reads its columns anew"
)
REPLACED = "the table {name} is being replaced; try again"
_CHANGES_ON_SQLITE = ("no such table", "no such column", "could not decode")


class DecimalNumber(TypeDecorator[Decimal]):
    """A decimal number of at most EXACT_DIGITS digits: exact `numeric` on PostgreSQL, a double on SQLite.

    SQLite has no decimals. As a double each number keeps all its digits, and it compares, sorts and adds as a
    number; what is read is rounded to EXACT_DIGITS, so that a sum shows no binary dust. A sum of more digits
    than that is exact on PostgreSQL only.
    """

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """A double on SQLite."""
        return dialect.type_descriptor(Double() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """A number of any type, to be written or compared with."""
        if value is None:
            return None
        return float(value) if dialect.name == "sqlite" else Decimal(str(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """A decimal, on SQLite without the dust of binary sums."""
        if value is None or isinstance(value, Decimal):
            return value
        return Decimal(format(value, f".{EXACT_DIGITS}g"))


class NaiveMoment(TypeDecorator[datetime]):
    """A moment in a live column without a time zone: there in UTC, aware in Python."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """A moment of any zone, to be written or compared with."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment, aware."""
        return None if value is None else value.replace(tzinfo=UTC)


SQL_TYPES: Mapping[str, TypeEngine[Any]] = {
    "boolean": Boolean(),
    "date": Date(),
    "timestamp": UtcDateTime(),
    "integer": BigInteger(),
    "decimal": DecimalNumber(),
    "float": Double(),
    "text": Text(),
}


@dataclass(frozen=True)
class DataColumn:
    """A column of a data table: its name in the file, its name in SQL, and one of SQL_TYPES.

    `form` is PLAIN where it lies as its type says; NAIVE for a moment without a zone; CAST and HEX for a live column of
    a type that has none of ours and is shown as text. `live_type` is its type in the live table's own words.
    """

    name: str
    sql_name: str
    type: str
    form: str = PLAIN
    is_nullable: bool = True
    can_write: bool = True
    live_type: str | None = None


@dataclass(frozen=True)
class DataTable:
    """A data table as the registry holds it. `key` are the names, in the file, of what identifies a row.

    `mode` is SNAPSHOT for a copy of our own and OPERATIONAL for a live table; `database` is MAIN or TABLES.
    """

    organization_id: str
    part_id: str
    name: str
    sql_name: str
    columns: tuple[DataColumn, ...]
    key: tuple[str, ...]
    mode: str = SNAPSHOT
    scope: str | None = None
    database: str = MAIN
    schema_name: str | None = None
    can_write: bool = True
    read_only_reason: str | None = None


def sql_name_of(organization_id: str, part_id: str, name: str, imported_at: datetime) -> str:
    """The name in SQL of one load of a data table."""
    load = orjson.dumps((organization_id, part_id, name, imported_at))
    return f"t_{blake2b(load, digest_size=12).hexdigest()}"


def declared_in(row: Any) -> DataTable:
    """The table that a row of the registry, `data_tables`, declares."""
    columns = tuple(DataColumn(**column) for column in row.columns)
    return DataTable(
        row.organization_id,
        row.part_id,
        row.name,
        row.sql_name,
        columns,
        tuple(row.key),
        row.mode,
        row.scope,
        row.database,
        row.schema_name,
        row.can_write,
        row.read_only_reason,
    )


@lru_cache(maxsize=256)
def stored_table(declared: DataTable) -> Table:
    """The table to make and to write to: the columns under their names in SQL, and `row_id` where it is our own."""
    is_own = declared.mode != OPERATIONAL
    table = Table(
        declared.sql_name,
        MetaData(),
        *([_row_id()] if is_own else []),
        *(Column(column.sql_name, _stored_type(column)) for column in declared.columns),
        schema=declared.schema_name,
    )
    if declared.key and is_own:
        sql_names = {column.name: column.sql_name for column in declared.columns}
        Index(f"{declared.sql_name}_key", *(table.c[sql_names[name]] for name in declared.key), unique=True)
    return table


def _row_id() -> Column[int]:
    # A rowid on SQLite: 64 bit there too.
    return Column(ROW_ID, BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False)


def _stored_type(column: DataColumn) -> TypeEngine[Any]:
    return NaiveMoment() if column.form == NAIVE else SQL_TYPES[column.type]


@lru_cache(maxsize=256)
def sql_table(declared: DataTable) -> FromClause:
    """The table to read from: each column under its name in SQL has its type of SQL_TYPES.

    It is the stored table itself, or, where live columns have types that are none of ours, a subquery that shows
    these as text; databases see through it.
    """
    table = stored_table(declared)
    if all(column.form in (PLAIN, NAIVE) for column in declared.columns):
        return table
    shown = (readable(table.c[column.sql_name], column).label(column.sql_name) for column in declared.columns)
    return select(*shown).subquery("shown")


def readable(live: ColumnElement[Any], column: DataColumn) -> ColumnElement[Any]:
    """The column of the stored table as it is read: as text, where its type is none of ours."""
    if column.form == CAST:
        return cast(live, Text)
    return func.hex(live, type_=Text) if column.form == HEX else live


def driver_error(error: DBAPIError) -> BaseException | None:
    """The driver's own error behind one of SQLAlchemy's."""
    cause: BaseException | None = getattr(error.orig, "__cause__", None) or error.orig
    return cause


def listed(columns: Collection[str]) -> str:
    """The names of columns for a message: the first LISTED_COLUMNS, and how many more there are."""
    more = f" and {len(columns) - LISTED_COLUMNS} more" if len(columns) > LISTED_COLUMNS else ""
    return f"{', '.join(list(columns)[:LISTED_COLUMNS])}{more}"


def change_of_table(declared: DataTable, error: BaseException | None) -> GatewayError | None:
    """What to tell of a driver's error which says that a table is not, or not any more, as declared; else None."""
    if isinstance(error, sqlite3.OperationalError):
        is_change = any(word in str(error).lower() for word in _CHANGES_ON_SQLITE)
    else:
        is_change = isinstance(error, _CHANGES)
    if not is_change:
        return None
    if declared.mode == OPERATIONAL:
        return InvalidStateError(CHANGED.format(name=declared.name))
    return UnavailableError(REPLACED.format(name=declared.name))


def unreadable(declared: DataTable, error: BaseException) -> GatewayError | None:
    """What to tell of an error which says that a table's value is beyond what Python or a figure can hold; else None.

    Such as a date of the year 20000, which PostgreSQL keeps, or the median of a number of 400 digits.
    """
    if not isinstance(error, ValueError | OverflowError | asyncpg.DataError):
        return None
    return InvalidStateError(f"the table {declared.name} holds a value that is beyond what can be read: {error}")


async def create_table(connection: AsyncConnection, table: Table) -> None:
    """Make the table and its unique index. Statements: 1 or 2."""
    await connection.execute(CreateTable(table))
    for index in table.indexes:
        await connection.execute(CreateIndex(index))


async def insert_rows(
    connection: AsyncConnection, table: Table, first_id: int, rows: Sequence[Mapping[str, Any]]
) -> set[int]:
    """Insert rows under the ids from `first_id` on, save those whose key is there; the positions of these.

    The ids stay without a gap. Statements: 1, one more where the table has a key, two more where a key repeats.
    """
    await _insert(connection, table, first_id, rows)
    if not table.indexes or not rows:
        return set()
    row_id = table.c[ROW_ID]
    found = await connection.execute(select(row_id).where(row_id >= first_id))
    repeated = set(range(len(rows))) - {row.row_id - first_id for row in found}
    if repeated:
        await connection.execute(delete(table).where(row_id >= first_id))
        kept = [row for position, row in enumerate(rows) if position not in repeated]
        await _insert(connection, table, first_id, kept)
    return repeated


async def _insert(connection: AsyncConnection, table: Table, first_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    await insert_missing(connection, table, [{ROW_ID: row_id, **row} for row_id, row in enumerate(rows, first_id)])


async def register(connection: AsyncConnection, declared: DataTable, row_count: int, imported_at: datetime) -> None:
    """Make this the table of its part, and drop the one that an earlier load made. Statements: 2 or 3."""
    of_part = (
        data_tables.c.organization_id == declared.organization_id,
        data_tables.c.part_id == declared.part_id,
    )
    former = (await connection.execute(select(data_tables.c.sql_name).where(*of_part))).scalar()
    values = asdict(declared) | {"row_count": row_count, "imported_at": imported_at}
    await upsert(connection, data_tables, [values])
    if former and former != declared.sql_name and OWN_NAME.fullmatch(former):
        await connection.execute(DropTable(Table(former, MetaData()), if_exists=True))
