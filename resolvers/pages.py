"""Connections: a page of a list per parent, in one statement, and its count in another, only when selected.

A) check the arguments and read the cursors.  B) the rows of all parents' pages, one more each than asked for.
C) cut, turn round what was read backward, and say whether there is more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, func, select
from sqlalchemy.engine import Row

from db.access import visible
from db.keys import among
from db.pages import Listing, Term, Window, pages_of_parents, windowed
from errors import BadArgumentError
from resolvers.context import Context, Limits
from resolvers.cursors import CursorKey
from resolvers.filters import bounded, condition_of
from resolvers.relations import named, source_of, total

ROOT = ""  # the key of a list that hangs on no parent


@dataclass(frozen=True)
class PageArguments:
    """What a connection was asked for."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    filter: Any = None
    order_by: tuple[Term, ...] = ()


@dataclass(frozen=True)
class Edge:
    """A row and its place in the list."""

    page: Page
    node: Row[Any]

    @property
    def cursor(self) -> str:
        """The signed cursor."""
        return self.page.cursor_of(self.node)


@dataclass(frozen=True)
class PageInfo:
    """Whether there are rows before and behind the page, and where it begins and ends."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True)
class Page:
    """The page of one parent. Cursors are made only when they are read."""

    nodes: Sequence[Row[Any]]
    has_next: bool
    has_previous: bool
    order: tuple[Term, ...]
    scope: str
    key: CursorKey
    total_count: int | None

    @cached_property
    def edges(self) -> list[Edge]:
        """The rows with their cursors."""
        return [Edge(self, node) for node in self.nodes]

    @cached_property
    def page_info(self) -> PageInfo:
        """Where the page stands in its list."""
        start, end = (self.cursor_of(self.nodes[0]), self.cursor_of(self.nodes[-1])) if self.nodes else (None, None)
        return PageInfo(self.has_next, self.has_previous, start, end)

    def cursor_of(self, node: Row[Any]) -> str:
        """The cursor of a row of the page."""
        return self.key.write(self.scope, [getattr(node, term.column) for term in self.order])


@dataclass(frozen=True, eq=False)
class Connection:
    """A list to be read in pages: the rows whose `match` is the parent's key, or all rows where there is none.

    `pair` as in ToOne. `name` stands in the cursors.
    """

    name: str
    table: Table
    order: tuple[Term, ...]
    match: Column[Any] | None = None
    pair: Column[Any] | None = None

    async def pages(
        self,
        keys: Sequence[str],
        *,
        ctx: Context,
        columns: frozenset[str],
        arguments: PageArguments,
        wants_rows: bool = True,
        wants_count: bool = False,
    ) -> list[Page]:
        """One page per key, in order. Statements: 1, and 1 more if the count is wanted."""
        order = total(arguments.order_by or self.order, self.table)
        scope = f"{ctx.viewer.organization_id} {self.name} {order}"
        window = window_of(arguments, ctx.limits, ctx.cursors, scope)  # A
        given = arguments.filter
        conditions = [] if given is None else [condition_of(bounded(given), self.table, ctx.viewer)]
        wanted = columns | {term.column for term in order}
        rows: dict[str, list[Row[Any]]] = {}
        if wants_rows:
            rows = await self._rows(keys, ctx, wanted, conditions, order, window)  # B
        counts = await self._counts(keys, ctx, conditions) if wants_count else {}
        return [
            _cut(rows.get(key, []), arguments, window, order, scope, ctx.cursors, counts.get(key, 0))  # C
            for key in keys
        ]

    async def _rows(
        self,
        keys: Sequence[str],
        ctx: Context,
        columns: frozenset[str],
        conditions: Sequence[ColumnElement[bool]],
        order: tuple[Term, ...],
        window: Window,
    ) -> dict[str, list[Row[Any]]]:
        if self.match is None:
            statement = visible(select(*named(self.table, columns)), ctx.viewer).where(*conditions)
            return {ROOT: list(await ctx.db.rows(windowed(statement, self.table, order, window)))}
        source = source_of(self.table, self.pair)
        chosen = [column.name for column in self.table.c if column.name in columns or column.name == "id"]
        listing = Listing(self.table, source, self.match, chosen, conditions, order)
        statement = pages_of_parents(listing, list(dict.fromkeys(keys)), window, ctx.viewer, is_sqlite=ctx.db.is_sqlite)
        found: dict[str, list[Row[Any]]] = {}
        for row in await ctx.db.rows(statement):
            if row.id is not None:
                found.setdefault(row.parent_key, []).append(row)
        return found

    async def _counts(
        self, keys: Sequence[str], ctx: Context, conditions: Sequence[ColumnElement[bool]]
    ) -> dict[str, int]:
        if self.match is None:
            statement = visible(select(func.count()).select_from(self.table), ctx.viewer).where(*conditions)
            return {ROOT: (await ctx.db.rows(statement))[0][0]}
        counted = select(self.match.label("parent_key"), func.count().label("rows")).select_from(
            source_of(self.table, self.pair)
        )
        statement = visible(counted, ctx.viewer).where(among(self.match, set(keys)), *conditions)
        return {row.parent_key: row.rows for row in await ctx.db.rows(statement.group_by(self.match))}


def window_of(arguments: PageArguments, limits: Limits, cursors: CursorKey, scope: str) -> Window:
    """The window that the arguments ask for. Raises BadArgumentError and BadCursorError."""
    first, last = arguments.first, arguments.last
    if first is not None and last is not None:
        raise BadArgumentError("give `first` (from the start) or `last` (from the end), not both")
    for name, value in (("first", first), ("last", last)):
        if value is not None and not 1 <= value <= limits.page_ceiling:
            raise BadArgumentError(f"{name} must be 1 to {limits.page_ceiling}, got {value}")
    size = first if first is not None else last
    return Window(
        limit=limits.page_default if size is None else size,
        backward=last is not None,
        after=None if arguments.after is None else cursors.read(scope, arguments.after),
        before=None if arguments.before is None else cursors.read(scope, arguments.before),
    )


def _cut(
    rows: list[Row[Any]],
    arguments: PageArguments,
    window: Window,
    order: tuple[Term, ...],
    scope: str,
    key: CursorKey,
    count: int,
) -> Page:
    has_more, nodes = len(rows) > window.limit, rows[: window.limit]
    if window.backward:
        nodes.reverse()
        return Page(nodes, arguments.before is not None, has_more, order, scope, key, count)
    return Page(nodes, has_more, arguments.after is not None, order, scope, key, count)
