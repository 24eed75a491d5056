"""Column types that behave alike on SQLite and PostgreSQL, and moments as text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import ARRAY, DateTime, Text, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine


def written(moment: datetime) -> str:
    """A moment as text: UTC with `Z`, microseconds only where there are any; one without a zone is in UTC."""
    in_utc = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return f"{in_utc.isoformat()}Z"


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, aware and in UTC in Python; `timestamptz` on PostgreSQL, naive UTC text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Json(TypeDecorator[Any]):
    r"""JSON kept as the text it is: order, numbers and `\u0000` survive, which PostgreSQL's jsonb would not keep."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)


class Keys(TypeDecorator[list[str]]):
    """A list of keys as ONE parameter: a text array on PostgreSQL, a JSON array on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Text()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return orjson.dumps(value).decode()
