"""How a table of Workgraph is declared: the organisation first in every key and index."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Index, MetaData, Table, Text

from db.types import UtcDateTime

NEWEST = "newest_"  # how indexes in the order of lists that show the newest first begin; only PostgreSQL has them
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def text(name: str, **options: Any) -> Column[str]:
    """A text column."""
    return Column(name, Text, **options)


def moment(name: str, **options: Any) -> Column[Any]:
    """A column that holds a moment in UTC."""
    return Column(name, UtcDateTime, **options)


def record_table(name: str, *columns: Column[Any], indexes: tuple[tuple[str, ...], ...] = ()) -> Table:
    """A table whose rows are records of a system: one row per (organisation, system, external id).

    `id` is the graph's id of the record, made of that key (db/ids.py). Each tuple of `indexes`
    names the columns of an index, which the organisation precedes and the id closes.
    """
    return _table(
        name,
        Column("organization_id", Text, primary_key=True),
        Column("id", Text, primary_key=True),
        text("system", nullable=False),
        text("external_id", nullable=False),
        *columns,
        indexes=indexes,
    )


def owned_table(name: str, *columns: Column[Any], indexes: tuple[tuple[str, ...], ...] = ()) -> Table:
    """A table whose rows belong to one record and are replaced with it: `record_id` and their place in it."""
    return _table(
        name,
        Column("organization_id", Text, primary_key=True),
        Column("record_id", Text, primary_key=True),
        Column("id", Text, primary_key=True),
        *columns,
        indexes=indexes,
    )


def _table(name: str, *columns: Column[Any], indexes: tuple[tuple[str, ...], ...]) -> Table:
    table = Table(name, metadata, *columns)
    for names in indexes:
        index(table, *names, "id")
    return table


def index(table: Table, *names: str) -> None:
    """An index on these columns, behind the organisation."""
    Index(None, *(table.c[name] for name in ("organization_id", *names)))
