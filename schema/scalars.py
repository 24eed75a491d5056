"""The scalars of the graph."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NewType

from strawberry.types.scalar import ScalarDefinition, scalar

from db.types import written
from errors import BadArgumentError

JSON = NewType("JSON", object)
BigInt = NewType("BigInt", int)


def read(text: Any) -> datetime:
    """A moment from text; without an offset it is UTC."""
    if not isinstance(text, str):
        raise BadArgumentError(f"a DateTime is a text such as 2026-11-01T10:00:00Z, got {text!r}")
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadArgumentError(f"a DateTime is ISO 8601 such as 2026-11-01T10:00:00Z, got {text[:50]!r}") from None


SCALARS: dict[object, ScalarDefinition] = {
    JSON: scalar(
        name="JSON",
        description="Any JSON value: object, list, text, number, truth value or null.",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    ),
    BigInt: scalar(
        name="BigInt",
        description="A whole number, as a JSON number, that may be larger than the 32 bits of an Int.",
        serialize=int,
        parse_value=int,
    ),
    datetime: scalar(
        name="DateTime",
        description="A moment in UTC as ISO 8601 text, such as `2026-11-01T10:00:00Z`; microseconds are kept.",
        serialize=written,  # as the encoder writes what rows hold
        parse_value=read,
    ),
}
