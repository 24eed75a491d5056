"""Operators of filters as SQL. They see NULL as a value: `ne` and `not_in` keep the rows that have none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, false, func, literal, not_

from errors import BadArgumentError

MOST_VALUES = 1_000  # of `in` and its like: more are a mistake, and drivers have limits of their own
MOST_VALUES_IN_ALL = 10_000  # of all filters together; PostgreSQL's driver takes 32,767 parameters a statement
MOST_CHARACTERS = 10_000  # of a text to be found; SQLite takes patterns of 50,000 bytes, escapes counted
ESCAPE = "/"  # makes plain letters of `%` and `_` in a LIKE pattern


def complement(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """True exactly where the condition is not: unknown counts as false."""
    return not_(func.coalesce(condition, false()))


def _like(column: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    """Whichever the case: both sides are lowered by the database, whose idea of capital letters may not be Python's."""
    return func.lower(column).like(func.lower(literal(pattern)), escape=ESCAPE)


def _escaped(part: str) -> str:
    """The part as a pattern for itself. Raises BadArgumentError where it is too long."""
    if len(part) > MOST_CHARACTERS:
        raise BadArgumentError(f"a text to be found in another has at most {MOST_CHARACTERS:,} characters")
    for special in (ESCAPE, "%", "_"):
        part = part.replace(special, ESCAPE + special)
    return part


def _within(column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    return column.in_(values)


OPERATORS: dict[str, Callable[[ColumnElement[Any], Any], ColumnElement[bool]]] = {
    "eq": lambda column, value: column == value,
    "ne": lambda column, value: column.is_distinct_from(value),
    "in_": _within,
    "not_in": lambda column, values: complement(_within(column, values)),
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "is_null": lambda column, wanted: column.is_(None) if wanted else column.is_not(None),
    "contains": lambda column, part: _like(column, f"%{_escaped(part)}%"),
    "starts_with": lambda column, part: _like(column, f"{_escaped(part)}%"),
}
