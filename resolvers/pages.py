"""Connections: a page of a list per parent, in one statement, and its count in another, only when selected.

A) check the arguments and read the cursors.  B) the rows of all parents' pages, one more each than asked for.
C) cut, turn round what was read backward, and say whether there is more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, func, select

from db.access import visible
from db.keys import among, keys_to_come
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
class Parts:
    """Which parts of the pages are needed."""

    rows: bool = True
    count: bool = False
    cursors: bool = True


ALL_ROWS = Parts()


@dataclass(frozen=True)
class Edge:
    """A row and its place in the list."""

    page: Page
    node: Any

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


@dataclass(frozen=True, eq=False)
class Listed:
    """What the pages of one answer have in common: the list, its filter and order, and how its cursors are signed."""

    connection: Connection
    filter: Any
    order: tuple[Term, ...]
    scope: str
    key: CursorKey


class Page:
    """The page of one parent, which has the key `parent`. Cursors are made only when they are read."""

    __slots__ = ("has_next", "has_previous", "listed", "nodes", "parent", "total_count")

    def __init__(self, parent: str, nodes: Sequence[Any], has_next: bool, has_previous: bool, listed: Listed) -> None:
        self.parent = parent
        self.nodes = nodes
        self.has_next = has_next
        self.has_previous = has_previous
        self.listed = listed
        self.total_count = 0

    @property
    def whole(self) -> tuple[Listed, str]:
        """The whole list that the page is cut of."""
        return self.listed, self.parent

    @property
    def edges(self) -> list[Edge]:
        """The rows with their cursors."""
        return [Edge(self, node) for node in self.nodes]

    @property
    def page_info(self) -> PageInfo:
        """Where the page stands in its list."""
        start, end = (self.cursor_of(self.nodes[0]), self.cursor_of(self.nodes[-1])) if self.nodes else (None, None)
        return PageInfo(self.has_next, self.has_previous, start, end)

    def cursor_of(self, node: Any) -> str:
        """The cursor of a row of the page."""
        listed = self.listed
        return listed.key.write(listed.scope, [getattr(node, term.column) for term in listed.order])


@dataclass(frozen=True)
class Cut:
    """How pages are cut of their lists: of the rows for which this holds, in this order, this window."""

    conditions: Sequence[ColumnElement[bool]]
    order: tuple[Term, ...]
    window: Window


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
        parts: Parts = ALL_ROWS,
    ) -> list[Page]:
        """One page per key, in order. Statements: 1, and 1 more if the count is wanted."""
        order = total(arguments.order_by or self.order, self.table)
        scope = f"{ctx.viewer.organization_id} {ctx.viewer.account_id} {self.name} {order}"
        window = window_of(arguments, ctx.limits, ctx.cursors, scope)  # A
        cut = Cut(self.conditions(arguments.filter, ctx), order, window)
        unique = list(dict.fromkeys(keys))
        rows: dict[str, list[Any]] = {}
        if parts.rows:
            wanted = columns | {term.column for term in order} if parts.cursors else columns
            rows = await self._rows(unique, ctx, wanted, cut)  # B
        listed = Listed(self, arguments.filter, order, scope, ctx.cursors)
        pages = {key: _cut(key, rows.get(key, []), arguments, window, listed) for key in unique}  # C
        if parts.count:
            for key, count in (await self._counts(unique, ctx, cut.conditions)).items():
                pages[key].total_count = count
        return [pages[key] for key in keys]

    def conditions(self, given: Any, ctx: Context) -> list[ColumnElement[bool]]:
        """What a filter input asks of the rows. Raises BadArgumentError."""
        return [] if given is None else [condition_of(bounded(given, ctx.viewer), self.table, ctx.viewer)]

    async def _rows(self, keys: list[str], ctx: Context, columns: frozenset[str], cut: Cut) -> dict[str, list[Any]]:
        statement, window = partial(self._page, ctx, columns, cut), cut.window
        if cut.conditions:
            found = await ctx.rows(statement(), keys=keys, **window.values)
        else:
            ready = (self, columns, cut.order, window.shape)
            found = await ctx.rows_of(ready, statement, keys=keys, **window.values)
        if self.match is None:
            return {ROOT: list(found)}
        lists: dict[str, list[Any]] = {key: [] for key in keys}
        for row in found:
            if row[1] is not None:  # what SQLite's outer join gives for a parent without rows
                lists[row[0]].append(row)
        return lists

    def _page(self, ctx: Context, columns: frozenset[str], cut: Cut) -> Select[Any]:
        if self.match is None:
            statement = visible(select(*named(self.table, columns)), ctx.viewer).where(*cut.conditions)
            return windowed(statement, self.table, cut.order, cut.window)
        source = source_of(self.table, self.pair)
        chosen = ["id", *(column.name for column in self.table.c if column.name in columns and column.name != "id")]
        listing = Listing(self.table, source, self.match, chosen, cut.conditions, cut.order)
        return pages_of_parents(listing, cut.window, ctx.viewer, is_sqlite=ctx.db.is_sqlite)

    async def _counts(self, keys: list[str], ctx: Context, conditions: Sequence[ColumnElement[bool]]) -> dict[str, int]:
        statement = partial(self._count, ctx, conditions)
        if conditions:
            found = await ctx.rows(statement(), keys=keys)
        else:
            found = await ctx.rows_of((self, "count"), statement, keys=keys)
        return {ROOT: found[0][0]} if self.match is None else {row[0]: row[1] for row in found}

    def _count(self, ctx: Context, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
        if self.match is None:
            return visible(select(func.count()).select_from(self.table), ctx.viewer).where(*conditions)
        counted = select(self.match.label("parent_key"), func.count().label("rows")).select_from(
            source_of(self.table, self.pair)
        )
        statement = visible(counted, ctx.viewer).where(among(self.match, keys_to_come()), *conditions)
        return statement.group_by(self.match)


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


def _cut(parent: str, rows: list[Any], arguments: PageArguments, window: Window, listed: Listed) -> Page:
    has_more = len(rows) > window.limit
    if has_more:
        del rows[window.limit :]
    if window.backward:
        rows.reverse()
        return Page(parent, rows, arguments.before is not None, has_more, listed)
    return Page(parent, rows, has_more, arguments.after is not None, listed)
