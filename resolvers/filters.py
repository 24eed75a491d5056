"""Filters: an input object becomes a SQL condition; related records become EXISTS, through `visible()` as well.

Each field of a filter input says in its metadata, under FILTER, what it means: one of the classes below.
Comparisons see NULL as a value: `ne` and `notIn` keep the rows that have none, and `not` is a real complement.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    false,
    literal,
    not_,
    or_,
    select,
    true,
)

from db.access import Viewer, visible
from db.comparisons import MOST_VALUES, MOST_VALUES_IN_ALL, OPERATORS, complement
from db.own import shared_workspaces
from db.texts import is_storable
from errors import BadArgumentError

FILTER = "filter"
MOST_COMPARISONS = 500  # SQLite takes expressions that are 1,000 deep, and a chain of OR is as deep as it is long
MOST_RELATED = 50  # each is an EXISTS: PostgreSQL plans 50 of them in a third of a second, 200 in minutes
OF_LIMITED = 3  # times a related record counts for who sees but their own, whose reach is several EXISTS each time
MOST_MEMBERS = 500  # those that say nothing are left out, but have to be read
MOST_LEVELS = 10  # SQLite's parser has a stack of 100 places; an EXISTS, which counts two levels, takes 14

COMPARISONS, MEMBERS, VALUES = "comparisons", "members of `and`, `or` and `not`", "values in its lists"
RELATED = "conditions on related records and tags"
LEVELS = "levels, of which a related record takes two"
MOST = {
    COMPARISONS: MOST_COMPARISONS,
    MEMBERS: MOST_MEMBERS,
    VALUES: MOST_VALUES_IN_ALL,
    RELATED: MOST_RELATED,
    LEVELS: MOST_LEVELS,
}


class Meaning(Protocol):
    """What a field of a filter means."""

    def condition(self, value: Any, table: FromClause, viewer: Viewer) -> ColumnElement[bool]:
        """The condition on the rows of `table`."""


def condition_of(given: Any, table: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """The condition that a filter input states on the rows of `table`; an empty one holds for every row.

    Raises BadArgumentError.
    """
    conditions: list[ColumnElement[bool]] = []
    for name, value, field in _given(given):
        if name == "and_":
            conditions += [condition_of(one, table, viewer) for one in value]
        elif name == "or_":
            conditions.append(_one_of([condition_of(one, table, viewer) for one in value]))
        elif name == "not_":
            conditions.append(_opposite(condition_of(value, table, viewer)))
        else:
            conditions.append(field.metadata[FILTER].condition(value, table, viewer))
    return _all_of(conditions)


def _all_of(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """All hold; those that always do are left out, as SQLite's expressions are as deep as there are terms."""
    kept = [one for one in conditions if one is not true()]
    return false() if any(one is false() for one in kept) else and_(true(), *kept) if kept else true()


def _one_of(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """One at least holds; those that never do are left out."""
    kept = [one for one in conditions if one is not false()]
    return true() if any(one is true() for one in kept) else or_(false(), *kept) if kept else false()


def _opposite(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """True exactly where the condition is not."""
    if condition is true():
        return false()
    return true() if condition is false() else complement(condition)


@dataclass
class _Size:
    """How much a filter holds, counted until it is too much."""

    of_related: int = 1  # how many a condition on related records counts for
    counted: Counter[str] = dataclasses.field(default_factory=Counter)

    def add(self, what: str, number: int = 1) -> None:
        """Counts on. Raises BadArgumentError."""
        self.counted[what] += number
        self.check(what, self.counted[what])

    def check(self, what: str, got: int) -> None:
        """Raises BadArgumentError where a filter holds more than the databases can take."""
        if got > MOST[what]:
            raise BadArgumentError(f"a filter holds at most {MOST[what]} {what}, got {got}")


def bounded(given: Any, viewer: Viewer) -> Any:
    """The filter input itself. Raises BadArgumentError where it is more than the databases can take."""
    _measure(given, 1, _Size(OF_LIMITED if viewer.is_limited else 1))
    return given


def _measure(given: Any, level: int, size: _Size) -> None:
    size.check(LEVELS, level)
    for name, value, field in _given(given):
        meaning = field.metadata.get(FILTER)
        if name in ("and_", "or_", "not_"):
            for one in [value] if name == "not_" else value:
                _measure(one, level + 1, size)
                size.add(MEMBERS)
        elif isinstance(meaning, ToOneFilter):
            size.add(RELATED, size.of_related)
            _measure(value, level + 2, size)
        elif isinstance(meaning, ToManyFilter):
            for _name, inner, _field in _given(value):
                size.add(RELATED, size.of_related)
                _measure(inner, level + 2, size)
        elif isinstance(meaning, TagSet):
            size.add(RELATED, sum(len(words) for _name, words, _field in _given(value)))
        elif isinstance(meaning, SharedWithMe):
            size.add(COMPARISONS)
        else:
            operands = [operand for _name, operand, _field in _given(value)]
            size.add(COMPARISONS, len(operands))
            size.add(VALUES, sum(len(operand) for operand in operands if isinstance(operand, list)))


def _given(given: Any) -> Iterator[tuple[str, Any, dataclasses.Field[Any]]]:
    """The fields of an input object that were given a value; null says nothing."""
    for field in dataclasses.fields(given):
        value = getattr(given, field.name)
        if value is not None and not _is_unset(value):
            yield field.name, value, field


def _is_unset(value: Any) -> bool:
    return type(value).__name__ == "UnsetType"


@dataclass(frozen=True)
class Compare:
    """A column compared by operators."""

    column: str

    def condition(self, value: Any, table: FromClause, viewer: Viewer) -> ColumnElement[bool]:
        """All operators given hold at once."""
        column = table.c[self.column]
        operators = [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
        return _all_of([_operator(name, column, operand) for name, operand in operators if not _is_unset(operand)])


def _operator(name: str, column: ColumnElement[Any], operand: Any) -> ColumnElement[bool]:
    if operand is None:
        raise BadArgumentError(
            f"`{_written(name)}` takes a value; use `isNull`, where the filter has it, for rows that have none"
        )
    return OPERATORS[name](column, plain(operand))


def _written(name: str) -> str:
    """The name of an operator as the graph has it."""
    first, *others = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in others)


def plain(operand: Any) -> Any:
    """A value as the database takes it. Raises BadArgumentError for what no column can hold."""
    if isinstance(operand, list):
        if len(operand) > MOST_VALUES:
            raise BadArgumentError(f"a list of a filter holds at most {MOST_VALUES} values, got {len(operand)}")
        return [plain(item) for item in operand]
    if isinstance(operand, str) and not isinstance(operand, Enum) and not is_storable(operand):
        raise BadArgumentError("a text holds a NUL character or half a surrogate pair, which no column does")
    return operand.value if isinstance(operand, Enum) else operand


@dataclass(frozen=True)
class Bits:
    """A set kept as bits of an integer column, asked by `hasAny` and `hasAll`."""

    column: str
    bits: dict[str, int]

    def condition(self, value: Any, table: FromClause, viewer: Viewer) -> ColumnElement[bool]:
        """All operators given hold at once."""
        conditions: list[ColumnElement[bool]] = []
        column = table.c[self.column]
        for name, wanted, _field in _given(value):
            mask = sum({self.bits[one.value] for one in wanted})
            shared = column.bitwise_and(mask)
            conditions.append(shared != 0 if name == "has_any" else shared == mask)
        return _all_of(conditions)


@dataclass(frozen=True)
class Related:
    """Rows of another table that belong to a row: `foreign` equals the row's `local`, by way of pairs if need be.

    `pair` is the column of the table of pairs that holds the related row's id; `foreign` is then its other one.
    """

    table: Table
    foreign: Column[Any]
    local: str = "id"
    pair: Column[Any] | None = None

    def matching(self, outer: FromClause, viewer: Viewer) -> tuple[Select[Any], FromClause]:
        """The rows related to the current row of `outer`, to be restricted further; and their table."""
        related = self.table.alias()
        if self.pair is None:
            statement = visible(select(literal(1)).select_from(related), viewer)
            return statement.where(related.c[self.foreign.name] == outer.c[self.local]).correlate(outer), related
        pairs = self.pair.table.alias()
        joined = related.join(
            pairs, and_(pairs.c.organization_id == related.c.organization_id, pairs.c[self.pair.name] == related.c.id)
        )
        statement = visible(select(literal(1)).select_from(joined), viewer)
        return statement.where(pairs.c[self.foreign.name] == outer.c[self.local]).correlate(outer), related


@dataclass(frozen=True)
class ToOneFilter:
    """A related record that there is at most one of; the value is a filter on it."""

    related: Related

    def condition(self, value: Any, table: FromClause, viewer: Viewer) -> ColumnElement[bool]:
        """The related record is there and the filter holds for it."""
        statement, related = self.related.matching(table, viewer)
        return statement.where(condition_of(value, related, viewer)).exists()


@dataclass(frozen=True)
class ToManyFilter:
    """Related records, asked by `some`, `every` and `none`."""

    related: Related

    def condition(self, value: Any, table: FromClause, viewer: Viewer) -> ColumnElement[bool]:
        """All given hold at once; `every` holds where there are none."""
        conditions: list[ColumnElement[bool]] = []
        for name, inner, _field in _given(value):
            statement, related = self.related.matching(table, viewer)
            wanted = condition_of(inner, related, viewer)
            if name == "every":
                conditions.append(not_(statement.where(_opposite(wanted)).exists()))
            else:
                found = statement.where(wanted).exists()
                conditions.append(not_(found) if name == "none" else found)
        return _all_of(conditions)


@dataclass(frozen=True)
class TagSet:
    """The names or slugs of related tags, asked by `any` and `all`."""

    related: Related

    def condition(self, value: Any, table: FromClause, viewer: Viewer) -> ColumnElement[bool]:
        """`any`: one of the tags at least; `all`: each of them."""
        conditions: list[ColumnElement[bool]] = []
        for name, words, _field in _given(value):
            found = [self._has(word, table, viewer) for word in plain(words)]
            conditions.append(_one_of(found) if name == "any" else _all_of(found))
        return _all_of(conditions)

    def _has(self, word: str, table: FromClause, viewer: Viewer) -> ColumnElement[bool]:
        statement, tags = self.related.matching(table, viewer)
        return statement.where(or_(tags.c.name == word, tags.c.slug == word)).exists()


@dataclass(frozen=True)
class SharedWithMe:
    """Whether the workspace is shared with one of the viewer's users."""

    def condition(self, value: Any, table: FromClause, viewer: Viewer) -> ColumnElement[bool]:
        """Shared, or not shared, as asked."""
        found = table.c.id.in_(shared_workspaces())
        return found if value else not_(found)
