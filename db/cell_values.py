"""Values of cells between JSON and SQL: how a value out of a table is shown, and which values a column takes.

Dates are shown as `2026-11-20`, moments as `2026-11-20T08:30:00Z`, in UTC. A decimal is a JSON number where a double
holds all its digits, else text, so that no digit is lost; what JSON has no number for (NaN, infinity) is text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from db.data_rows import CAST, EXACT_DIGITS, HEX, DataColumn
from db.types import written

MAX_DIGITS = 1_000  # of a decimal on PostgreSQL, which ends far behind
SHOWN_CHARACTERS = 40  # of a value, in a message
STORED_CHARACTERS = 26  # of a moment as Workgraph keeps it on SQLite, `2026-11-20 08:30:00.000000`
DOUBLE_WHOLE = 2**53  # up to which a double holds every whole number
INTEGER_BITS = {"SMALLINT": 16, "INTEGER": 32}  # of PostgreSQL's smaller integers
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_WHOLE = re.compile(r"-?[0-9]{16,20}")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_SIZES = re.compile(r"\((\d+)(?:, ?(\d+))?\)")
_EXAMPLES = {
    "boolean": "true or false",
    "date": "a date such as 2026-11-20",
    "timestamp": "a moment such as 2026-11-20T08:30:00Z",
    "integer": "a whole number",
    "decimal": "a number",
    "float": "a number",
    "text": "a text",
}


# Out of the table


def shown(value: Any) -> Any:
    """A value as JSON has it, by its class."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return _shown_whole(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return _shown_decimal(value)
    if isinstance(value, datetime):
        return written(value)
    if isinstance(value, date):
        return value.isoformat()
    return bytes(value).hex() if isinstance(value, (bytes, bytearray, memoryview)) else str(value)


def _shown_whole(value: Any) -> Any:
    """A whole number, beyond those that a double keeps as text: JavaScript reads every number as a double."""
    return str(value) if isinstance(value, int) and abs(value) > DOUBLE_WHOLE else value


def _shown_decimal(value: Decimal) -> Any:
    nearest = float(value)
    return nearest if math.isfinite(nearest) and Decimal(repr(nearest)) == value else str(value)


def shown_by(column: DataColumn, is_sqlite: bool) -> Callable[[Any], Any] | None:
    """Makes JSON of what the driver gives for a column's values; None where it lies there as JSON has it.

    A live table of SQLite may hold values that are not of the column's type; they are shown as they are.
    """
    if column.type == "integer" and (not is_sqlite or column.live_type is None):
        return _shown_whole
    if not is_sqlite:
        return None if column.type in ("text", "boolean") else shown
    if column.live_type is None and column.type in ("text", "date"):
        return None
    maker: Callable[[Any], Any] = _SHOWN_BY_SQLITE.get(column.type, shown)
    return maker


def _shown_boolean(value: Any) -> Any:
    return bool(value) if value in (0, 1) else shown(value)


def _shown_timestamp(value: Any) -> Any:
    """The moment that SQLite has as text, in UTC."""
    if isinstance(value, str) and len(value) == STORED_CHARACTERS and value[10] == " " and value[19] == ".":
        return f"{value[:10]}T{value[11:19]}Z" if value.endswith(".000000") else f"{value[:10]}T{value[11:]}Z"
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        return shown(value)
    try:
        return written(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        return value


def _shown_number(value: Any) -> Any:
    """A double, which shows the 15 digits that it was made of."""
    if isinstance(value, float) and math.isfinite(value):
        return value
    return float(value) if isinstance(value, int) and abs(value) < DOUBLE_WHOLE else shown(value)


_SHOWN_BY_SQLITE: dict[str, Callable[[Any], Any]] = {
    "boolean": _shown_boolean,
    "timestamp": _shown_timestamp,
    "decimal": _shown_number,
}


# Into the table


def taken(column: DataColumn, value: Any, is_sqlite: bool) -> Any:
    """The value as SQL takes it. Raises ValueError, which says what the column takes."""
    if value is None:
        if not column.is_nullable:
            raise ValueError("must not be null")
        return None
    if column.form in (CAST, HEX):
        raise ValueError(f"is of the type {column.live_type}, which can only be read")
    try:
        found = _TAKEN[column.type](value)
    except (ValueError, OverflowError):
        raise ValueError(f"must be {_EXAMPLES[column.type]}, got {_quoted(value)}") from None
    _check_size(column, found, is_sqlite)
    return found


def _quoted(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError  # noqa: TRY004  `taken` says it in words
    return value


def _date(value: Any) -> date:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError
    return date.fromisoformat(value)


def _timestamp(value: Any) -> datetime:
    """A moment; one without an offset is in UTC."""
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        raise ValueError
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _integer(value: Any) -> int:
    """A whole number, or the text of one that a double does not keep, as it is shown."""
    if isinstance(value, str) and _WHOLE.fullmatch(value) and abs(int(value)) > DOUBLE_WHOLE:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError  # noqa: TRY004
    return value


def _decimal(value: Any) -> Decimal:
    """A number, or the text of one, which may have more digits than a number of JSON keeps."""
    if isinstance(value, str) and len(value) <= 2 * MAX_DIGITS and _DECIMAL.fullmatch(value):
        return Decimal(value)
    return Decimal(repr(_float(value))) if isinstance(value, float) else Decimal(_integer(value))


def _float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004
    return value


_TAKEN: dict[str, Callable[[Any], Any]] = {
    "boolean": _boolean,
    "date": _date,
    "timestamp": _timestamp,
    "integer": _integer,
    "decimal": _decimal,
    "float": _float,
    "text": _text,
}


def _check_size(column: DataColumn, value: Any, is_sqlite: bool) -> None:
    if isinstance(value, Decimal):
        _check_digits(column, value, is_sqlite)
    elif isinstance(value, str):
        _check_text(column, value)
    elif isinstance(value, int) and not isinstance(value, bool):
        bits = 64 if is_sqlite else INTEGER_BITS.get(column.live_type or "", 64)
        if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
            raise ValueError(f"must fit into {bits} bits, got {_quoted(value)}")


def _check_digits(column: DataColumn, value: Decimal, is_sqlite: bool) -> None:
    normal = value.normalize() if value else Decimal(0)
    digits, exponent = len(normal.as_tuple().digits), int(normal.as_tuple().exponent)
    most = EXACT_DIGITS if is_sqlite else MAX_DIGITS
    if max(digits, digits + exponent, -exponent) > most:
        raise ValueError(f"must have at most {most} digits, got {_quoted(value)}")
    sizes = _SIZES.search(column.live_type or "")
    if sizes and not is_sqlite:
        places = int(sizes[2] or 0)
        if -exponent > places or digits + exponent > int(sizes[1]) - places:
            raise ValueError(f"must fit into {column.live_type}, got {_quoted(value)}")


def _check_text(column: DataColumn, value: str) -> None:
    if "\0" in value:
        raise ValueError("must not hold the character NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must be a text of Unicode; it holds half of a character") from None
    sizes = _SIZES.search(column.live_type or "")
    if sizes and len(value) > int(sizes[1]):
        raise ValueError(f"must have at most {sizes[1]} characters, got {len(value)}")
