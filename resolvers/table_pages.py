"""What a page of a table is asked for by, and what it is made of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from db.data_rows import listed


@dataclass(frozen=True)
class TableArguments:
    """Which rows are asked for."""

    limit: int = 100
    offset: int = 0
    order_by: str | None = None
    descending: bool = False


@dataclass(frozen=True)
class Wanted:
    """Which parts of a page are asked for."""

    rows: bool = True
    total: bool = True
    has_next: bool = True


@dataclass(frozen=True)
class TableColumn:
    """A column of a page."""

    name: str
    display_name: str
    data_type: str


@dataclass
class TablePage:
    """A page of a table's rows; `reason` says why the rows are not the live table's."""

    name: str | None
    columns: Sequence[TableColumn]
    rows: list[Any]
    row_identity_columns: Sequence[str]
    total: int
    has_next: bool
    limit: int
    offset: int
    mode: str
    is_live: bool
    can_edit: bool
    read_only_reason: str | None
    backing_table_name: str | None
    backing_table_scope: str | None
    stale: bool = False
    reason: str | None = None


def no_such_column(name: str, known: Collection[str]) -> str:
    """What to say of a column that a table has not."""
    return f"the table has no column {name[:100]!r}; there are {listed(known)}"
