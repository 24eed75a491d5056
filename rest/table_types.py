"""Types of table columns: what kind a cell is, which type a column of such cells has, and the value of a cell.

The kinds are finer than the types:
- boolean: `true`, `false`, also `True`, `TRUE` and so on; JSON's own.
- date: `2026-11-20`. timestamp: the same and a time, `2026-11-20T08:30:00.5+01:00`; `T` may be a space, seconds and
  offset may lack, and what has no offset is read as UTC. More than six digits of a second are no timestamp.
- integer: digits without a leading zero or a plus, within 64 bit. `007`, `+49` and longer ones are no number but
  text. Of more than 15 digits (`long`) they do not go together with decimals or floats.
- decimal: a point and no exponent, at most 15 digits in all, because SQLite holds decimals as doubles and those
  return 15 digits for sure. A longer number is a float if a double holds every digit of it, else text: no digit
  is ever lost, at the price that amounts beyond 15 digits cannot be added up.
- float: an exponent, read as the nearest double.
- JSON's strings are dates, timestamps or text, whatever digits they hold. Its numbers are read as a double wherever
  they are no integer of 64 bit, as JSON parsers do. Objects and arrays are text.

A column has the type that holds most of its values, the narrowest of several. If a few values do not fit, they are
strays, left out with their rows, as long as 99 of 100 fit, at least 20, and no stray is a number in a column of
numbers: a number that a type cannot hold is a sign that the type is wrong, not the number. Else it is text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

from db.data_rows import EXACT_DIGITS
from rest.models.types import utc_moment
from rest.rows import plain_text

MIN_FITTING = 20  # fewer values are no evidence of what a column means to be
MIN_FITTING_SHARE = 0.99
CACHED_CELLS = 16_384  # most cells of most columns were seen before: days, prices, counts
CACHED_CHARACTERS = 40  # so that the cache stays small
SHOWN_CHARACTERS = 40  # of a cell, in a message

TEXT = "text"
_NUMBERS = frozenset(("integer", "long", "decimal", "float", "number"))  # kinds; "number" fits no type

# The kinds that each type holds, narrow types first.
FITTING: Mapping[str, frozenset[str]] = {
    "boolean": frozenset(("boolean",)),
    "date": frozenset(("date",)),
    "timestamp": frozenset(("timestamp",)),
    "integer": frozenset(("integer", "long")),
    "decimal": frozenset(("integer", "decimal")),
    "float": frozenset(("integer", "decimal", "float")),
}

VALUES: Mapping[str, Callable[[str], Any]] = {
    "boolean": lambda text: text[0] in "tT",
    "date": date.fromisoformat,
    "timestamp": utc_moment,
    "integer": int,
    "decimal": Decimal,
    "float": float,
    TEXT: plain_text,
}

_ARTICLES = {"integer": "an"}
_FIRST_CHARACTERS = frozenset("0123456789-+.tTfF")  # of whatever is not text
_BOOLEANS = frozenset(("true", "True", "TRUE", "false", "False", "FALSE"))
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}"
    r"(?::[0-9]{2}(?:\.[0-9]{1,6}0*)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*|(?=\.))(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LIKE_A_NUMBER = re.compile(r"[+-]?[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?")


def kind_of_text(text: str) -> str:
    """The kind of a cell that is not empty."""
    if text[0] not in _FIRST_CHARACTERS:
        return TEXT
    return _cached_kind(text) if len(text) <= CACHED_CHARACTERS else _kind_of_figure(text)


def _kind_of_figure(text: str) -> str:
    if text in _BOOLEANS:
        return "boolean"
    number = _NUMBER.fullmatch(text)
    if number:
        return _kind_of_number(text, *number.groups())
    return "number" if _LIKE_A_NUMBER.fullmatch(text) else _kind_of_moment(text)


_cached_kind = lru_cache(maxsize=CACHED_CELLS)(_kind_of_figure)


def kind_of_json(value: Any) -> str:
    """The kind of a JSON value that is not null."""
    if isinstance(value, str):
        return _kind_of_moment(value)
    return TEXT if isinstance(value, dict | list) else kind_of_text(text_of_json(value))


def text_of_json(value: Any) -> str:
    """A JSON value as the text of a cell: a string as it is, another value as JSON writes it."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _kind_of_number(text: str, whole: str, fraction: str | None, exponent: str | None) -> str:
    if exponent:
        return "float" if math.isfinite(float(text)) else "number"
    if fraction is None:
        if len(whole) <= EXACT_DIGITS:
            return "integer"
        return "long" if len(whole) <= 19 and -(2**63) <= int(text) < 2**63 else "number"
    if len(whole.lstrip("0")) + len(fraction) - 1 <= EXACT_DIGITS:
        return "decimal"
    nearest = float(text)
    return "float" if math.isfinite(nearest) and Decimal(repr(nearest)) == Decimal(text) else "number"


def _kind_of_moment(text: str) -> str:
    if text[4:5] != "-":
        return TEXT
    try:
        if _DATE.fullmatch(text):
            date.fromisoformat(text)
            return "date"
        if _TIMESTAMP.fullmatch(text):
            utc_moment(text)
            return "timestamp"
    except ValueError:  # such as 30 February
        return TEXT
    return TEXT


def column_type(count_by_kind: Mapping[str, int]) -> str:
    """The type of a column with so many cells of each kind; one without any is text."""
    total = sum(count_by_kind.values())
    count_by_type = {name: sum(count_by_kind.get(kind, 0) for kind in kinds) for name, kinds in FITTING.items()}
    best = max(FITTING, key=lambda name: count_by_type[name])
    fitting = count_by_type[best]
    if fitting == total:
        return best if total else TEXT
    kinds = FITTING[best]
    if kinds & _NUMBERS and any(count_by_kind.get(kind) for kind in _NUMBERS - kinds):
        return TEXT
    return best if fitting >= max(MIN_FITTING, MIN_FITTING_SHARE * total) else TEXT


def misfit(type_name: str, text: str) -> str:
    """What to say of a stray."""
    shown = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."
    return f"must be {_ARTICLES.get(type_name, 'a')} {type_name}, got {shown!r}"
