"""The scalars of the graph."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NewType

from graphql import ValueNode, value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition, scalar

from db.types import written
from errors import BadArgumentError

JSON = NewType("JSON", object)
INT64 = 2**63
BigInt = NewType("BigInt", int)


def json_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    """The value of a literal, as the same text would be read in variables: a number beyond 64 bits is a double."""
    return _as_in_variables(value_from_ast_untyped(node, variables))


def _as_in_variables(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_in_variables(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_in_variables(item) for item in value]
    is_too_long = isinstance(value, int) and not -INT64 <= value < 2 * INT64
    return float(str(value)) if is_too_long else value


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
        parse_literal=json_literal,
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
