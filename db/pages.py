"""Keyset pages: order, boundary and LIMIT, for one list or for the lists of many parents in one statement.

A keyset page starts behind the values of its boundary row and not after a count of rows, so that rows
inserted meanwhile neither repeat nor hide others. NULL stands last in either direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, false, or_, select, true

from db.access import Viewer, visible
from db.keys import key_rows


@dataclass(frozen=True)
class Term:
    """One column of an order."""

    column: str
    descending: bool = False


@dataclass(frozen=True)
class Window:
    """Which rows of an ordered list: at most `limit`, behind the boundaries (values of the order's columns).

    `backward` takes them from the end of the list.
    """

    limit: int
    backward: bool = False
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None


def ordered(statement: Select[Any], source: FromClause, order: Sequence[Term], backward: bool = False) -> Select[Any]:
    """The statement in the given order, or in its reverse."""
    for term in order:
        column = source.c[term.column]
        directed = column.desc() if term.descending != backward else column.asc()
        if column.nullable:
            directed = directed.nulls_first() if backward else directed.nulls_last()
        statement = statement.order_by(directed)
    return statement


def windowed(statement: Select[Any], source: FromClause, order: Sequence[Term], window: Window) -> Select[Any]:
    """The statement cut to a window, with one row more than asked for, which tells whether there are others."""
    if window.after is not None:
        statement = statement.where(_behind(source, order, window.after, backward=False))
    if window.before is not None:
        statement = statement.where(_behind(source, order, window.before, backward=True))
    return ordered(statement, source, order, window.backward).limit(window.limit + 1)


def _behind(
    source: FromClause, order: Sequence[Term], values: Sequence[Any], *, backward: bool
) -> ColumnElement[bool]:
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

    table: FromClause
    source: FromClause
    parent: ColumnElement[Any]
    columns: Sequence[str]
    conditions: Sequence[ColumnElement[bool]]
    order: Sequence[Term]


def pages_of_parents(
    listing: Listing, keys: Sequence[str], window: Window, viewer: Viewer, *, lateral: bool
) -> Select[Any]:
    """One statement for a page of each parent; its first column `parent_key` is the parent's key.

    On PostgreSQL a LATERAL join; SQLite, which has none, looks up the ids of a correlated LIMIT, and an outer
    join keeps its planner from scanning the table first: there a parent without rows gives one row of NULLs.
    """
    keyed, table = key_rows(keys), listing.table
    matching = listing.parent == keyed.c.value
    if lateral:
        names = dict.fromkeys((*listing.columns, *(term.column for term in listing.order)))
        inner = visible(select(*(table.c[name] for name in names)).select_from(listing.source), viewer)
        inner = inner.where(matching, *listing.conditions)
        page = windowed(inner, table, listing.order, window).lateral("page")
        outer = select(keyed.c.value.label("parent_key"), *(page.c[name] for name in listing.columns))
        return _sorted(outer.select_from(keyed.join(page, true())), page, listing, window)
    inner = visible(select(table.c.id).select_from(listing.source), viewer)
    inner = windowed(inner.where(matching, *listing.conditions), table, listing.order, window).correlate(keyed)
    found = table.original.alias("page") if hasattr(table, "original") else table.alias("page")
    chosen = and_(found.c.organization_id == viewer.organization_id, found.c.id.in_(inner))
    outer = select(keyed.c.value.label("parent_key"), *(found.c[name] for name in listing.columns))
    return _sorted(outer.select_from(keyed.outerjoin(found, chosen)), found, listing, window)


def _sorted(statement: Select[Any], source: FromClause, listing: Listing, window: Window) -> Select[Any]:
    return ordered(statement, source, listing.order, window.backward)
