"""Rows in: insert or update by primary key, and replace what a record owns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import Executable

from db.keys import among

RowValues = Mapping[str, Any]


async def upsert(connection: AsyncConnection, table: Table, rows: Sequence[RowValues]) -> None:
    """Insert the rows, or update those whose primary key is there. All rows name every column."""
    if rows:
        await connection.execute(_upsert(table, connection.dialect.name), list(rows))


async def insert_missing(connection: AsyncConnection, table: Table, rows: Sequence[RowValues]) -> None:
    """Insert the rows whose primary key is not there."""
    if rows:
        insert = _insert(table, connection.dialect.name)
        await connection.execute(insert.on_conflict_do_nothing(), list(rows))


async def remove(connection: AsyncConnection, table: Table, organization_id: str, column: str, keys: list[str]) -> None:
    """Delete the rows of an organisation whose `column` is one of `keys`."""
    if keys:
        owned = delete(table).where(table.c.organization_id == organization_id, among(table.c[column], keys))
        await connection.execute(owned)


def _insert(table: Table, dialect: str) -> Any:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@lru_cache(maxsize=128)
def _upsert(table: Table, dialect: str) -> Executable:
    insert = _insert(table, dialect)
    changed = {column.name: insert.excluded[column.name] for column in table.c if not column.primary_key}
    statement: Executable = insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)
    return statement
