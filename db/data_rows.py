"""Rows of data tables: typed tables made at run time, each with its own metadata, filled and put in place.

A load gets a table under a name of its own, so that readers keep the former one until the commit, and a statement
that was prepared for the former never meets other columns under the same text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    TypeDecorator,
    delete,
    select,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable
from sqlalchemy.types import TypeEngine

from db.data_tables import MAIN, data_tables
from db.types import UtcDateTime
from db.writes import insert_missing, upsert

ROW_ID = "row_id"  # the primary key of every data table: 1 to n in the order of the file
EXACT_DIGITS = 15  # as many digits of any decimal number come back from a double as they went in
_OWN_NAME = re.compile(r"t_[0-9a-f]{24}")


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
    """A column of a data table: its name in the file, its name in SQL, and one of SQL_TYPES."""

    name: str
    sql_name: str
    type: str


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
    mode: str = "SNAPSHOT"
    scope: str | None = None
    database: str = MAIN
    schema_name: str | None = None
    can_write: bool = True
    read_only_reason: str | None = None


def sql_name_of(organization_id: str, part_id: str, name: str, imported_at: datetime) -> str:
    """The name in SQL of one load of a data table."""
    load = orjson.dumps((organization_id, part_id, name, imported_at))
    return f"t_{blake2b(load, digest_size=12).hexdigest()}"


@lru_cache(maxsize=256)
def sql_table(declared: DataTable) -> Table:
    """The table to read from and write to: `row_id` and the columns under their names in SQL."""
    table = Table(
        declared.sql_name,
        MetaData(),
        # A rowid on SQLite: 64 bit there too.
        Column(ROW_ID, BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
        *(Column(column.sql_name, SQL_TYPES[column.type]) for column in declared.columns),
    )
    if declared.key:
        sql_names = {column.name: column.sql_name for column in declared.columns}
        Index(f"{declared.sql_name}_key", *(table.c[sql_names[name]] for name in declared.key), unique=True)
    return table


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
    if former and former != declared.sql_name and _OWN_NAME.fullmatch(former):
        await connection.execute(DropTable(Table(former, MetaData()), if_exists=True))
