"""Tables: pages of the rows that a workspace stands on, and the tables that an operator offers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import strawberry

from resolvers.data_tables import pages_of_workspaces
from resolvers.table_pages import TableArguments, Wanted
from schema.enums import SortDirection, WorkspaceMode
from schema.fields import Call, argument, fed_field
from schema.nodes import object_type
from schema.prices import TABLE, priced, size
from schema.scalars import JSON
from schema.selection import Selection


def _is(description: str) -> Any:
    return strawberry.field(description=description)


@object_type
class TableColumn:
    """A column of a table."""

    name: str = _is("Its name, by which rows hold its values and arguments mean it.")
    display_name: str = _is("How it is called for people; its name where nothing else is known.")
    data_type: str = _is(
        "`boolean`, `date`, `timestamp`, `integer`, `decimal`, `float` or `text`; of recorded pages VAI's own word."
    )


@object_type
class TablePage:
    """A page of the rows that a workspace stands on."""

    name: str | None = _is("Name of the table.")
    columns: list[TableColumn] = _is("The columns, in the table's order; in front a generated `_row_id`, if there is.")
    rows: list[JSON] = _is(
        "The rows, as objects by name of the column. Moments end with `Z`; a decimal is a number where a double holds "
        "all its digits, else text."
    )
    row_identity_columns: list[str] = _is("The columns whose values together name a row; none where nothing does.")
    total: int = strawberry.field(
        description="How many rows the table has.",
        directives=priced(TABLE).directives,
    )
    has_next: bool = _is("Whether there are rows behind the page.")
    limit: int = _is("How many rows were asked for.")
    offset: int = _is("How many rows stand before the page.")
    mode: WorkspaceMode = _is("Whether the table is a frozen copy or the live one.")
    is_live: bool = _is("Whether these are the live table's rows, as they are now.")
    stale: bool = _is("Whether the rows were recorded longer ago than the freshness declared for their system.")
    reason: str | None = _is("Why these rows are only what was recorded of the live table, and when; null otherwise.")
    can_edit: bool = _is("Whether the viewer can change its cells.")
    read_only_reason: str | None = _is("Why the viewer cannot; null for one who can.")
    backing_table_name: str | None = _is("Name of the table that the workspace stands on or was copied from.")
    backing_table_scope: str | None = _is("Scope of that table, such as `organization`.")


@object_type
class TableCandidate:
    """A table that an operator has registered for workspaces to stand on."""

    table_name: str = _is("Name that workspaces mean it by.")
    logical_table_name: str = _is("Name for people.")
    scope: str = _is("Who it is meant for, such as `organization`.")
    source_type: str = _is("What it is, such as `table`.")
    owner_task_slug: str | None = _is("Task that owns it; null for none.")
    owner_workspace_key: str | None = _is("Key of the workspace that owns it; null for none.")
    columns: list[TableColumn] = _is("Its columns, as they were when it was registered.")
    primary_key_columns: list[str] = _is("The columns that identify a row; none where nothing does.")
    row_count: int | None = strawberry.field(
        description="How many rows it has now; null where it cannot be read.",
        directives=priced(TABLE).directives,
    )
    can_open_workspace: bool = _is("Whether a workspace can stand on it.")
    can_write: bool = _is("Whether its cells can be changed.")
    read_only_reason: str | None = _is("Why they cannot; null where they can.")
    last_write_at: datetime | None = _is("When a cell of it was last changed through Workgraph; null for never.")


@dataclass(frozen=True)
class TableFeed:
    """The page of a workspace's table; all parents at one place of the document ask for the same window."""

    key: str = "id"

    def reads(self, _selection: Selection) -> Iterable[str]:
        """The workspace's id."""
        return (self.key,)

    def call(self, selection: Selection, arguments: Mapping[str, Any], /) -> Call:
        """The window, and which parts of the page are selected."""
        wanted = Wanted(*(selection.selects(name) for name in ("rows", "total", "hasNext")))
        return Call(partial(pages_of_workspaces, _asked(arguments), wanted), frozenset(), place=selection.place)


def _asked(arguments: Mapping[str, Any]) -> TableArguments:
    """The arguments; null stands for what is taken where nothing is given."""
    given = {name: arguments[name] for name in ("limit", "offset", "order_by") if arguments.get(name) is not None}
    direction = arguments.get("direction")
    return TableArguments(**given, descending=direction is not None and direction.value == "DESC")


def table_page(description: str) -> Any:
    """A field that is a page of the workspace's table."""
    return fed_field(
        TableFeed(),
        description,
        argument("limit", int | None, "So many rows; 1 to the ceiling.", TableArguments.limit),
        argument("offset", int | None, "Leave out so many rows from the start.", TableArguments.offset),
        argument("order_by", str | None, "Name of the column to order by; the table's own order by default."),
        argument("direction", SortDirection | None, "Which way the column's order goes.", SortDirection.ASC),
        price=priced(TABLE, size(TableArguments.limit, ("limit",), ("rows",)), each=True),
    )
