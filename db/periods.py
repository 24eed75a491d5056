"""Periods of time in UTC that moments fall into: days, weeks from Monday, months; each by the text of its first day."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class day(FunctionElement[str]):  # noqa: N801  it stands in statements like func.max
    """The day of a column of moments, such as `2026-11-01`."""

    type = Text()
    name = "day"
    inherit_cache = True


class week(FunctionElement[str]):  # noqa: N801
    """The Monday of its week."""

    type = Text()
    name = "week"
    inherit_cache = True


class month(FunctionElement[str]):  # noqa: N801
    """The first day of its month."""

    type = Text()
    name = "month"
    inherit_cache = True


ON_SQLITE = {  # where a moment is text in UTC
    "day": "substr({0}, 1, 10)",
    "week": "date(substr({0}, 1, 10), 'weekday 0', '-6 days')",
    "month": "substr({0}, 1, 7) || '-01'",
}


@compiles(day, "sqlite")
@compiles(week, "sqlite")
@compiles(month, "sqlite")
def _on_sqlite(element: FunctionElement[str], compiler: SQLCompiler, **kw: Any) -> str:
    return ON_SQLITE[element.name].format(_moment(element, compiler, **kw))


@compiles(day)
@compiles(week)
@compiles(month)
def _on_postgresql(element: FunctionElement[str], compiler: SQLCompiler, **kw: Any) -> str:
    moment = _moment(element, compiler, **kw)
    return f"to_char(date_trunc('{element.name}', {moment} AT TIME ZONE 'UTC'), 'YYYY-MM-DD')"


def _moment(element: FunctionElement[str], compiler: SQLCompiler, **kw: Any) -> str:
    clauses: list[Any] = list(element.clauses)
    return compiler.process(clauses[0], **kw)
