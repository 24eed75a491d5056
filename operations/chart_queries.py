"""From a chart's specification to what it asks of a table: each column is looked up, each value read as its type.

All that is wrong is told at once, by its place in the specification.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, literal

from db.cell_values import MAX_DIGITS
from db.chart_statements import ChartQuery, Figure, Order
from db.comparisons import MOST_VALUES_IN_ALL, OPERATORS
from db.data_rows import DataColumn, DataTable, DecimalNumber, listed, sql_table
from db.texts import is_storable
from errors import InvalidInputError
from operations.chart_specs import (
    MOST_FILTERS,
    MOST_POINTS,
    ChartFilter,
    ChartMeasure,
    ChartSpec,
    operator_word,
    upper_word,
)

NUMBERS = ("integer", "decimal", "float")
MOMENTS = ("date", "timestamp")
INT64 = 2**63
ORDERED = {"LT", "LTE", "GT", "GTE", "BETWEEN"}
OF_TEXT = {"CONTAINS", "STARTS_WITH"}
OF_TIME = {"LAST", "THIS_UNIT"}
MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def chart_query(
    spec: ChartSpec,
    declared: DataTable,
    *,
    filters: Sequence[ChartFilter] = (),
    limit: int | None = None,
    now: datetime | None = None,
) -> ChartQuery:
    """What the chart asks of the table, restricted further by `filters`; relative dates count from `now`.

    Raises InvalidInputError with every problem, at `spec.y[0].column`, `filters[1].value` and the like.
    """
    check = _Check(declared, sql_table(declared), now or datetime.now(UTC))
    x = check.column(spec.x.column, "spec.x.column")
    group = check.column(spec.group.column, "spec.group.column") if spec.group else None
    check.x(spec, x)
    figures = tuple(check.figure(one, f"spec.y[{place}]") for place, one in enumerate(spec.y))
    conditions = check.conditions(spec.filters, "spec.filters") + check.conditions(filters, "filters")
    check.bound(filters, limit)
    if check.problems:
        raise InvalidInputError(check.problems)
    is_value = spec.kind == "VALUE"
    return ChartQuery(
        check.source,
        None if is_value else x,
        None if is_value else group,
        figures,
        tuple(conditions),
        _order(spec),
        min(limit or spec.limit, MOST_POINTS // len(spec.y)),  # each of a row's figures is a point
        spec.x.truncate,
        spec.kind == "HISTOGRAM" and spec.x.truncate is None,
    )


def _order(spec: ChartSpec) -> Order:
    """The order of the points; bins stand by x, and slices by default the greatest first."""
    if spec.sort is None:
        is_sliced = spec.kind in ("PIE", "DONUT")
        return Order(by_figure=is_sliced, is_descending=is_sliced)
    by_figure = spec.sort.by == "Y" and spec.kind != "HISTOGRAM"
    return Order(by_figure, is_descending=spec.sort.order == "DESC" and (by_figure or spec.sort.by == "X"))


def limit_problems(limit: int | None) -> dict[str, str]:
    """What is wrong with an argument `limit`."""
    is_fit = limit is None or 1 <= limit <= MOST_POINTS
    return {} if is_fit else {"limit": f"must be 1 to {MOST_POINTS}, got {limit}"}


class _MisfitError(ValueError):
    """A value that does not fit its column; the message says what does."""


@dataclass
class _Check:
    """What was found wrong so far."""

    declared: DataTable
    source: FromClause
    now: datetime
    problems: dict[str, str] = field(default_factory=dict)
    compared: int = 0

    def column(self, name: str | None, at: str) -> DataColumn | None:
        """The column of this name."""
        found = next((one for one in self.declared.columns if one.name == name), None)
        if found is None and name is not None:
            names = listed([one.name for one in self.declared.columns])
            self.problems[at] = f"the table {self.declared.name} has no column `{name}`; it has {names}"
        return found

    def x(self, spec: ChartSpec, x: DataColumn | None) -> None:
        """Whether the kind of chart can show x, and whether it can be cut."""
        if x is None:
            return
        if spec.x.truncate and x.type not in MOMENTS:
            self.problems["spec.x.truncate"] = f"only dates and moments can be cut; {_told(x)}"
        if spec.kind == "SCATTER" and x.type not in NUMBERS:
            self.problems["spec.x.column"] = f"a scatter takes a number as x; {_told(x)}"
        if spec.kind == "HISTOGRAM" and x.type not in NUMBERS + MOMENTS:
            self.problems["spec.x.column"] = f"a histogram takes a number, date or moment as x; {_told(x)}"

    def figure(self, measure: ChartMeasure, at: str) -> Figure:
        """A measure, whose column must be one that can be summed up so."""
        column = self.column(measure.column, f"{at}.column")
        if column and column.type not in NUMBERS and measure.agg not in ("COUNT", "COUNT_DISTINCT"):
            self.problems[f"{at}.column"] = f"{measure.agg} takes a number; {_told(column)}"
        return Figure(measure.agg, column)

    def bound(self, filters: Sequence[ChartFilter], limit: int | None) -> None:
        """Whether it is not more than the databases can take."""
        self.problems |= limit_problems(limit)
        if len(filters) > MOST_FILTERS:
            self.problems["filters"] = f"at most {MOST_FILTERS}, got {len(filters)}"
        if self.compared > MOST_VALUES_IN_ALL:
            at = "filters" if filters else "spec.filters"
            self.problems[at] = (
                f"all filters together compare with at most {MOST_VALUES_IN_ALL} values, got {self.compared}"
            )

    def conditions(self, filters: Sequence[ChartFilter], at: str) -> list[ColumnElement[bool]]:
        """The conditions of the filters that fit."""
        found = (self._condition(one, f"{at}[{place}]") for place, one in enumerate(filters))
        return [condition for condition in found if condition is not None]

    def _condition(self, given: ChartFilter, at: str) -> ColumnElement[bool] | None:
        column = self.column(given.column, f"{at}.column")
        if column is None:
            return None
        if not _takes(column.type, given.op):
            self.problems[f"{at}.op"] = f"`{operator_word(given.op)}` does not go with {_told(column)}"
            return None
        self.compared += len(given.value) if isinstance(given.value, list) else 1
        try:
            return _compared(self.source.c[column.sql_name], column.type, given, self.now)
        except _MisfitError as misfit:
            self.problems[f"{at}.value"] = f"{misfit}; {_told(column)}"
            return None


def _told(column: DataColumn) -> str:
    return f"`{column.name}` is of type {column.type}"


def _takes(of: str, operator: str) -> bool:
    if operator in ORDERED:
        return of != "boolean"
    if operator in OF_TEXT:
        return of == "text"
    return operator not in OF_TIME or of in MOMENTS


def _compared(column: ColumnElement[Any], of: str, given: ChartFilter, now: datetime) -> ColumnElement[bool]:
    """The condition. Raises _MisfitError."""
    match given.op:
        case "IS_NULL":
            return column.is_(None)
        case "IS_NOT_NULL":
            return column.is_not(None)
        case "LAST":
            return _within(column, of, now, given.value["n"], upper_word(given.value["unit"]))
        case "THIS_UNIT":
            return _within(column, of, now, 1, upper_word(given.value))
        case "BETWEEN":
            least, greatest = (_bound(value, column, of) for value in given.value)
            return and_(column >= least, column <= greatest)
        case "IN" | "NOT_IN":
            return OPERATORS[_name(given.op)](column, [_bound(value, column, of) for value in given.value])
        case "CONTAINS" | "STARTS_WITH":
            return OPERATORS[_name(given.op)](column, _text(given.value))
    return OPERATORS[_name(given.op)](column, _bound(given.value, column, of))


def _name(operator: str) -> str:
    """The name under which filters of the graph know the operator."""
    return "in_" if operator == "IN" else operator.lower()


def _bound(value: Any, column: ColumnElement[Any], of: str) -> ColumnElement[Any]:
    """The value as a parameter of the column's type; of whole numbers' columns any number. Raises _MisfitError."""
    read = READERS[of](value)
    if of == "integer" and not isinstance(read, int):
        return literal(read, DecimalNumber())
    return literal(read, column.type)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _MisfitError(f"takes a text, got {_short(value)}")
    if not is_storable(value):
        raise _MisfitError("takes no NUL character and no half of a surrogate pair")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _MisfitError(f"takes true or false, got {_short(value)}")
    return value


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise _MisfitError(f"takes a number, got {_short(value)}")
    if not abs(value) < 10**MAX_DIGITS:  # nor is NaN
        raise _MisfitError(f"takes a finite number of at most {MAX_DIGITS:,} digits")
    return Decimal(str(value))


def _whole(value: Any) -> int | Decimal:
    number = _number(value)
    is_whole = -INT64 <= number < INT64 and number == number.to_integral_value()
    return int(number) if is_whole else number


def _double(value: Any) -> float:
    number = _number(value)
    if not math.isfinite(float(number)):
        raise _MisfitError("takes a number that a double can hold")
    return float(number)


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(_text(value))
    except ValueError:
        raise _MisfitError(f"takes a date such as 2026-11-01, got {_short(value)}") from None


def _moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _MisfitError(f"takes a moment such as 2026-11-01T10:00:00Z, got {_short(value)}") from None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 50 else f"{text[:47]}..."


READERS: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "boolean": _truth,
    "integer": _whole,
    "decimal": _number,
    "float": _double,
    "date": _date,
    "timestamp": _moment,
}


def _within(column: ColumnElement[Any], of: str, now: datetime, count: int, unit: str) -> ColumnElement[bool]:
    """In the last `count` units, the current one included."""
    first = first_day(now.astimezone(UTC).date(), unit)
    bounds: Sequence[Any] = (moved(first, 1 - count, unit), moved(first, 1, unit))
    if of == "timestamp":
        bounds = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in bounds]
    since, until = (literal(bound, column.type) for bound in bounds)
    return and_(column >= since, column < until)


def first_day(day: date, unit: str) -> date:
    """The first day of the unit that a day falls in; weeks begin on Monday."""
    if unit == "DAY":
        return day
    if unit == "WEEK":
        return day - timedelta(days=day.weekday())
    months = MONTHS[unit]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def moved(first: date, count: int, unit: str) -> date:
    """The first day so many units later; the first or last day that there is, where that is beyond."""
    try:
        if unit in ("DAY", "WEEK"):
            return first + timedelta(days=count * (7 if unit == "WEEK" else 1))
        years, month = divmod(first.month - 1 + count * MONTHS[unit], 12)
        return date(first.year + years, month + 1, 1)
    except (ValueError, OverflowError):
        return date.min if count < 0 else date.max
