"""Relations: declared once, and from the declaration a batch function. Rows of a table, found by a key of the parent.

A relation is itself the batch function, so that the schema, the loaders and the executor all call the same thing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, Select, Table, and_, select

from db.access import visible
from db.keys import among, key_to_come, keys_to_come
from db.pages import Term, ordered
from resolvers.context import Context

Match = Column[Any]


@dataclass(frozen=True, eq=False)
class ToOne:
    """The row whose `match` is the key: one or None per key.

    `match` is a column of the table, or of a table of pairs, whose column `pair` then holds the id of the row.
    Statements: 1. An unknown and a hidden row are both None.
    """

    match: Match
    table: Table
    pair: Match | None = None

    async def __call__(self, keys: Sequence[str], *, ctx: Context, columns: Collection[str]) -> list[Any]:
        chosen = frozenset(columns)
        if len(keys) == 1:  # for which the database has a simpler plan
            ready = partial(self._one, chosen, ctx)
            return by_key(await ctx.rows_of((self, chosen, "one"), ready, one_key=keys[0]), keys)
        ready = partial(self._many, chosen, ctx)
        return by_key(await ctx.rows_of((self, chosen), ready, keys=list(dict.fromkeys(keys))), keys)

    def _one(self, columns: Collection[str], ctx: Context) -> Select[Any]:
        return self._statement(columns, ctx, self.match == key_to_come())

    def _many(self, columns: Collection[str], ctx: Context) -> Select[Any]:
        return self._statement(columns, ctx, among(self.match, keys_to_come()))

    def _statement(self, columns: Collection[str], ctx: Context, is_meant: ColumnElement[bool]) -> Select[Any]:
        source = source_of(self.table, self.pair)
        statement = select(self.match.label("parent_key"), *named(self.table, columns)).select_from(source)
        return visible(statement, ctx.viewer).where(is_meant)


@dataclass(frozen=True, eq=False)
class ToMany:
    """All rows whose `match` is the key: one list per key, in the order given, which `id` closes. Statements: 1."""

    match: Match
    table: Table
    order: tuple[Term, ...]
    pair: Match | None = None
    only: ColumnElement[bool] | None = None

    async def __call__(self, keys: Sequence[str], *, ctx: Context, columns: Collection[str]) -> list[list[Any]]:
        chosen = frozenset(columns)
        ready = partial(self._statement, chosen, ctx)
        return grouped(await ctx.rows_of((self, chosen), ready, keys=list(dict.fromkeys(keys))), keys)

    def _statement(self, columns: Collection[str], ctx: Context) -> Select[Any]:
        source = source_of(self.table, self.pair)
        statement = select(self.match.label("parent_key"), *named(self.table, columns)).select_from(source)
        statement = visible(statement, ctx.viewer).where(among(self.match, keys_to_come()))
        if self.only is not None:
            statement = statement.where(self.only)
        by = self.match.table if self.pair is not None and self.order[0].column in self.match.table.c else self.table
        return ordered(statement, by, self.order, by_sorting=ctx.db.is_sqlite)


def one(match: Match, *, table: Table | None = None, pair: Match | None = None) -> ToOne:
    """A to-one relation; the table is that of `match` unless a table of pairs stands between."""
    return ToOne(match, table if table is not None else _table_of(match), pair)


def many(match: Match, *order: Term, table: Table | None = None, pair: Match | None = None) -> ToMany:
    """A to-many relation that is read whole; for what grows without bound there are connections."""
    target = table if table is not None else _table_of(match)
    return ToMany(match, target, total(order, target if pair is None else _table_of(match)), pair)


def total(order: Sequence[Term], table: FromClause) -> tuple[Term, ...]:
    """The order, made total by the id, in the direction of the last term, so that one index serves them."""
    terms = tuple(dict.fromkeys(order))
    has_id = any(term.column == "id" for term in terms)
    return terms if has_id or "id" not in table.c else (*terms, Term("id", terms[-1].descending if terms else False))


def source_of(table: Table, pair: Match | None) -> FromClause:
    """The table, joined with the table of pairs where there is one."""
    if pair is None:
        return table
    pairs = _table_of(pair)
    return table.join(pairs, and_(pairs.c.organization_id == table.c.organization_id, pair == table.c.id))


def named(table: FromClause, columns: Collection[str]) -> list[ColumnElement[Any]]:
    """The columns of these names, in the table's order, and always the id where the table has one."""
    return [column for column in table.c if column.name in columns or column.name == "id"]


def by_key(rows: Sequence[Any], keys: Sequence[str]) -> list[Any]:
    """One row per key or None, by the first column, which is `parent_key`."""
    found = {row[0]: row for row in rows}
    return list(map(found.get, keys))


def grouped(rows: Sequence[Any], keys: Sequence[str]) -> list[list[Any]]:
    """One list of rows per key, by the first column, which is `parent_key`, in the order of the rows."""
    found: dict[str, list[Any]] = {key: [] for key in keys}
    for row in rows:
        found[row[0]].append(row)
    return [found[key] for key in keys]


def _table_of(column: Match) -> Table:
    table = column.table
    if not isinstance(table, Table):
        raise TypeError(f"{column} is no column of a table")
    return table
