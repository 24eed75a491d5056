"""Keyset pages: order, boundary and LIMIT, for one list or for the lists of many parents in one statement.

A keyset page starts behind the values of its boundary row and not after a count of rows, so that rows
inserted meanwhile neither repeat nor hide others. NULL stands last in either direction.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Table,
    UnaryExpression,
    and_,
    false,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.sql.operators import custom_op

from db.access import Viewer, visible
from db.keys import key_rows, keys_to_come
from db.statements import to_come


@dataclass(frozen=True)
class Term:
    """One column of an order."""

    column: str
    descending: bool = False


@dataclass(frozen=True)
class Window:
    """Which rows of an ordered list: at most `limit`, behind the boundaries (values of the order's columns).

    Statements are made for a shape, with parameters `to_come`, and run with `values`.

    `backward` takes them from the end of the list.
    """

    limit: Any
    backward: bool = False
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None

    @property
    def shape(self) -> Hashable:
        """Windows of one shape are cut by the same statement; they differ in the parameters' values only."""
        return self.backward, _nulls(self.after), _nulls(self.before)

    @property
    def values(self) -> dict[str, Any]:
        """The values of the parameters that stand in the statement for this window."""
        bounds = {
            f"{name}_{place}": value
            for name, values in (("after", self.after), ("before", self.before))
            for place, value in enumerate(values or ())
            if value is not None
        }
        return {"page_rows": self.limit + 1, **bounds}

    def to_come(self, source: FromClause, order: Sequence[Term]) -> Window:
        """The window with parameters in place of its values."""

        def bound(name: str, values: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
            return values and tuple(
                None if value is None else to_come(f"{name}_{place}", source.c[term.column].type)
                for place, (term, value) in enumerate(zip(order, values, strict=True))
            )

        rows = to_come("page_rows", Integer())
        return Window(rows, self.backward, bound("after", self.after), bound("before", self.before))


def _nulls(values: tuple[Any, ...] | None) -> Hashable:
    return values and tuple(value is None for value in values)


def ordered(
    statement: Select[Any],
    source: FromClause,
    order: Sequence[Term],
    backward: bool = False,
    *,
    by_sorting: bool = False,
) -> Select[Any]:
    """The statement in the given order, or in its reverse.

    `by_sorting` keeps SQLite from walking an index in that order through rows that the keys do not ask for.
    """
    for term in order:
        column = source.c[term.column]
        by = UnaryExpression(column, operator=custom_op("+")) if by_sorting else column
        directed = by.desc() if term.descending != backward else by.asc()
        if column.nullable:
            directed = directed.nulls_first() if backward else directed.nulls_last()
        statement = statement.order_by(directed)
    return statement


def windowed(
    statement: Select[Any], source: FromClause, order: Sequence[Term], window: Window, *, by_sorting: bool = False
) -> Select[Any]:
    """The statement cut to a window, with one row more than asked for, which tells whether there are others.

    It gets the window's `values` when it runs.
    """
    window = window.to_come(source, order)
    if window.after is not None:
        statement = statement.where(_behind(source, order, window.after, backward=False))
    if window.before is not None:
        statement = statement.where(_behind(source, order, window.before, backward=True))
    return ordered(statement, source, order, window.backward, by_sorting=by_sorting).limit(window.limit)


def _behind(source: FromClause, order: Sequence[Term], values: Sequence[Any], *, backward: bool) -> ColumnElement[bool]:
    """The condition that a row stands behind (or, backward, in front of) the row with these values."""
    choices: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for term, value in zip(order, values, strict=True):
        column = source.c[term.column]
        choices.append(and_(*equal, _past(column, value, term.descending != backward, backward)))
        equal.append(column.is_(None) if value is None else column == value)
    return or_(*choices)


def _past(column: ColumnElement[Any], value: Any, downward: bool, backward: bool) -> ColumnElement[bool]:
    if value is None:  # NULL is last: nothing is behind it, everything in front of it
        return column.is_not(None) if backward else false()
    beyond = column < value if downward else column > value
    nullable = bool(getattr(column, "nullable", True))
    return or_(beyond, column.is_(None)) if nullable and not backward else beyond


@dataclass(frozen=True)
class Listing:
    """A list to be read: rows of `table`, found for a parent by `parent`.

    `parent` is a column of `source`, which is the table itself or its join with a table of pairs.
    `conditions` and `order` name columns of `table`.
    """

    table: Table
    source: FromClause
    parent: ColumnElement[Any]
    columns: Sequence[str]
    conditions: Sequence[ColumnElement[bool]]
    order: Sequence[Term]


def pages_of_parents(listing: Listing, window: Window, viewer: Viewer, *, is_sqlite: bool) -> Select[Any]:
    """One statement for a page of each parent; its first column `parent_key` is the parent's key.

    It gets the keys as the parameter `keys` when it runs.
    """
    build = _by_row_ids if is_sqlite else _by_lateral_join
    return build(listing, window, viewer)


def _by_lateral_join(listing: Listing, window: Window, viewer: Viewer) -> Select[Any]:
    """PostgreSQL: a correlated LIMIT per key, joined LATERAL."""
    keyed, table = key_rows(keys_to_come()), listing.table
    names = dict.fromkeys((*listing.columns, *(term.column for term in listing.order)))
    inner = visible(select(*(table.c[name] for name in names)).select_from(listing.source), viewer)
    inner = inner.where(listing.parent == keyed.c.value, *listing.conditions)
    page = windowed(inner, table, listing.order, window).lateral("page")
    outer = select(keyed.c.value.label("parent_key"), *(page.c[name] for name in listing.columns))
    return ordered(outer.select_from(keyed.join(page, true())), page, listing.order, window.backward)


def _by_row_ids(listing: Listing, window: Window, viewer: Viewer) -> Select[Any]:
    """SQLite, which has no LATERAL: the row ids of a correlated LIMIT per key, then their rows.

    The inner statement finds row ids in an index alone. `page.id IN (correlated LIMIT)` was 300 times slower: SQLite
    3.40 then walks the whole organisation for each key. The outer join keeps its planner to the order of the tables.
    """
    keyed, table = key_rows(keys_to_come()), listing.table
    inner = visible(select(literal_column(f"{table.name}.rowid").label("rowid")).select_from(listing.source), viewer)
    inner = inner.where(listing.parent == literal_column("keys.value"), *listing.conditions)
    # In a FROM of its own, so that the depth of a filter, of which SQLite takes 1,000, counts for itself.
    chosen = windowed(inner, table, listing.order, window, by_sorting=True).subquery("chosen")
    page = table.alias("page")
    joined = keyed.outerjoin(page, literal_column("page.rowid").in_(select(chosen.c.rowid)))
    outer = select(keyed.c.value.label("parent_key"), *(page.c[name] for name in listing.columns))
    return ordered(outer.select_from(joined).order_by(keyed.c.key), page, listing.order, window.backward)
