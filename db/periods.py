"""Periods in UTC that moments fall into: days, weeks from Monday, months, quarters, years; as text of the first day."""

from __future__ import annotations

from collections.abc import Mapping
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


class quarter(FunctionElement[str]):  # noqa: N801
    """The first day of its quarter."""

    type = Text()
    name = "quarter"
    inherit_cache = True


class year(FunctionElement[str]):  # noqa: N801
    """The first day of its year."""

    type = Text()
    name = "year"
    inherit_cache = True


PERIODS: Mapping[str, type[FunctionElement[str]]] = {
    "DAY": day,
    "WEEK": week,
    "MONTH": month,
    "QUARTER": quarter,
    "YEAR": year,
}
ON_SQLITE = {  # where a date, and a moment in UTC, is text that begins with the day
    "day": "substr({0}, 1, 10)",
    "week": "date(substr({0}, 1, 10), 'weekday 0', '-6 days')",
    "month": "substr({0}, 1, 7) || '-01'",
    "quarter": "substr({0}, 1, 5) || CASE WHEN substr({0}, 6, 2) <= '03' THEN '01-01' "
    "WHEN substr({0}, 6, 2) <= '06' THEN '04-01' WHEN substr({0}, 6, 2) <= '09' THEN '07-01' ELSE '10-01' END",
    "year": "substr({0}, 1, 4) || '-01-01'",
}


@compiles(day, "sqlite")
@compiles(week, "sqlite")
@compiles(month, "sqlite")
@compiles(quarter, "sqlite")
@compiles(year, "sqlite")
def _on_sqlite(element: FunctionElement[str], compiler: SQLCompiler, **kw: Any) -> str:
    return ON_SQLITE[element.name].format(_moment(element, compiler, **kw))


@compiles(day)
@compiles(week)
@compiles(month)
@compiles(quarter)
@compiles(year)
def _on_postgresql(element: FunctionElement[str], compiler: SQLCompiler, **kw: Any) -> str:
    moment = _moment(element, compiler, **kw)
    return f"to_char(date_trunc('{element.name}', {moment} AT TIME ZONE 'UTC'), 'YYYY-MM-DD')"


def _moment(element: FunctionElement[str], compiler: SQLCompiler, **kw: Any) -> str:
    clauses: list[Any] = list(element.clauses)
    return compiler.process(clauses[0], **kw)
