"""Charts as SQL: what a chart asks of a table becomes ONE aggregate SELECT, for SQLite or for PostgreSQL.

A) `shown`: a subquery of the rows that the conditions let through, with x (cut to its unit, or as a number), the
group and the values of the figures; databases see through it;  B) the figures over it, grouped by x and group;
C) a total order and a LIMIT of one row more than asked for, which tells whether there are others.
Texts are ordered by their code points on both databases, whatever the collation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Double,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    case,
    cast,
    collate,
    column,
    distinct,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    type_coerce,
    values,
)
from sqlalchemy.types import NullType

from db.data_rows import NAIVE, DataColumn
from db.periods import PERIODS, day

MOST_BINS = 20  # and one more where the least value stands in the middle of a bin
EPOCH_AS_JULIAN_DAY = 2440587.5
# Of a bin: what a bound may miss by, so that 0.3 does not fall below 0.3.
BIN_SLACK: ColumnElement[float] = literal_column("1e-9")


@dataclass(frozen=True)
class Figure:
    """A measure: an aggregate of a column, or of rows where there is none."""

    aggregate: str
    column: DataColumn | None


@dataclass(frozen=True)
class Order:
    """By `x`, or by the first figure."""

    by_figure: bool
    is_descending: bool


@dataclass(frozen=True)
class ChartQuery:
    """What a chart asks of a table, checked against its columns.

    Without `x` there is one row for all. `is_binned` counts x by ranges; `unit` cuts dates and moments, in UTC.
    """

    source: FromClause
    x: DataColumn | None
    group: DataColumn | None
    figures: tuple[Figure, ...]
    conditions: tuple[ColumnElement[bool], ...]
    order: Order
    limit: int
    unit: str | None = None
    is_binned: bool = False


def chart_select(query: ChartQuery, *, is_sqlite: bool) -> Select[Any]:
    """The statement: columns `x` and `g` where the chart has them, `y0` and on, and of bins `m` and `d`.

    Values are as the driver has them. A bin's lower bound is its x times d / m, which is the width of all bins.
    """
    if query.x is None:
        shown = _shown(query, [], is_sqlite=is_sqlite)
        return select(*_figures(query, shown, is_sqlite=is_sqlite)).select_from(shown)
    if query.is_binned:
        return _binned(query, query.x, is_sqlite=is_sqlite)
    point = _truncated(query.source.c[query.x.sql_name], query.x, query.unit, is_sqlite=is_sqlite)
    shown = _shown(query, [point.label("x")], is_sqlite=is_sqlite)
    return _points(query, shown, [shown.c.x], [], is_sqlite=is_sqlite)


def _points(
    query: ChartQuery,
    source: FromClause,
    keys: list[ColumnElement[Any]],
    constants: Sequence[ColumnElement[Any]],
    *,
    is_sqlite: bool,
) -> Select[Any]:
    """B and C."""
    keys = [*keys, *([source.c.g] if query.group else [])]
    figures = _figures(query, source, is_sqlite=is_sqlite)
    raw: list[ColumnElement[Any]] = [
        type_coerce(key, NullType()).label(name) for key, name in zip(keys, "xg", strict=False)
    ]
    statement: Select[Any] = select(*raw, *figures, *constants).select_from(source).group_by(*keys, *constants)
    order = [_sortable(key, is_sqlite=is_sqlite) for key in keys]
    if query.order.by_figure:
        terms = [_directed(figures[0], is_descending=query.order.is_descending), *(_directed(key) for key in order)]
    else:
        terms = [_directed(order[0], is_descending=query.order.is_descending), *(_directed(key) for key in order[1:])]
    return statement.order_by(*terms).limit(query.limit + 1)


def _directed(term: ColumnElement[Any], *, is_descending: bool = False) -> ColumnElement[Any]:
    return (term.desc() if is_descending else term.asc()).nulls_last()


def _sortable(key: ColumnElement[Any], *, is_sqlite: bool) -> ColumnElement[Any]:
    return key if is_sqlite or not isinstance(key.type, Text) else collate(key, "C")


def _shown(query: ChartQuery, keys: list[ColumnElement[Any]], *, is_sqlite: bool) -> FromClause:
    """A: the rows."""
    columns = query.source.c
    if query.group:
        keys = [*keys, columns[query.group.sql_name].label("g")]
    taken = [
        columns[figure.column.sql_name].label(f"v{place}")
        for place, figure in enumerate(query.figures)
        if figure.column
    ]
    ranks = list(_ranks(query, keys)) if is_sqlite else []
    selected = [*keys, *taken, *ranks] or [null().label("v")]
    return select(*selected).select_from(query.source).where(*query.conditions).subquery("shown")


def _ranks(query: ChartQuery, keys: list[ColumnElement[Any]]) -> Iterator[ColumnElement[Any]]:
    """For medians on SQLite, which has none: the rank of each value in its group, and how many there are."""
    within = [key.element for key in keys]
    for place, figure in enumerate(query.figures):
        if figure.aggregate == "MEDIAN" and figure.column:
            value = query.source.c[figure.column.sql_name]
            ranked = func.row_number().over(partition_by=within or None, order_by=value.asc().nulls_last())
            yield ranked.label(f"r{place}")
            yield func.count(value).over(partition_by=within or None).label(f"n{place}")


def _figures(query: ChartQuery, source: FromClause, *, is_sqlite: bool) -> list[ColumnElement[Any]]:
    return [
        _figure(figure, place, source, is_sqlite=is_sqlite).label(f"y{place}")
        for place, figure in enumerate(query.figures)
    ]


def _figure(figure: Figure, place: int, source: FromClause, *, is_sqlite: bool) -> ColumnElement[Any]:
    if figure.column is None:
        return func.count(type_=Integer())
    value = source.c[f"v{place}"]
    match figure.aggregate:
        case "COUNT":
            return func.count(value)
        case "COUNT_DISTINCT":
            return func.count(distinct(value))
        case "MEDIAN" if is_sqlite:
            return _median_by_rank(value, source.c[f"r{place}"], source.c[f"n{place}"])
        case "MEDIAN":
            return func.percentile_cont(literal_column("0.5"), type_=NullType()).within_group(value)
        case "SUM" if is_sqlite and figure.column.type == "integer":
            return func.sum(cast(value, Double), type_=NullType())  # as integers, SQLite fails beyond 64 bit
        case "SUM":
            return func.sum(value, type_=NullType())
        case "AVG":
            return func.avg(value, type_=NullType())
        case "MIN":
            return func.min(value, type_=NullType())
        case "MAX":
            return func.max(value, type_=NullType())
    raise ValueError(figure.aggregate)


def _median_by_rank(
    value: ColumnElement[Any], rank: ColumnElement[Any], count: ColumnElement[Any]
) -> ColumnElement[Any]:
    """The mean of the middle two, which are one where the count is odd."""
    is_middle = or_(rank == (count + 1) // 2, rank == (count + 2) // 2)
    return func.avg(case((is_middle, value)), type_=NullType())


def _truncated(value: ColumnElement[Any], of: DataColumn, unit: str | None, *, is_sqlite: bool) -> ColumnElement[Any]:
    """The first day of the unit that a date or moment falls in, in UTC; the value itself without a unit."""
    if unit is None:
        return value
    period = PERIODS[unit]  # ends here for any other unit, which must not become part of the text
    if is_sqlite:
        return type_coerce(period(value), Date())
    return cast(func.date_trunc(literal_column(f"'{unit.lower()}'"), _in_utc(value, of)), Date)


def _in_utc(value: ColumnElement[Any], of: DataColumn) -> ColumnElement[Any]:
    """A date or moment as PostgreSQL's timestamp without a zone."""
    if of.type == "date":
        return cast(value, DateTime())
    return value if of.form == NAIVE else func.timezone(literal_column("'UTC'"), value, type_=DateTime())


def _binned(query: ChartQuery, of: DataColumn, *, is_sqlite: bool) -> Select[Any]:
    """The figures by ranges of x, of the least nice width that leaves at most MOST_BINS of them.

    B.1) the least and the greatest x;  B.2) the width, m and d;  B.3) x by its number of widths, rounded down.
    """
    number = _number(query.source.c[of.sql_name], of, is_sqlite=is_sqlite)
    of_x = (*query.conditions, number.is_not(None))
    bounds = select(func.min(number).label("low"), func.max(number).label("high"))  # B.1
    within = bounds.select_from(query.source).where(*of_x).subquery("bounds")
    width = _width(within, is_whole=of.type not in ("decimal", "float"))  # B.2
    shown = _shown(replace(query, conditions=of_x), [number.label("x")], is_sqlite=is_sqlite)
    place = shown.c.x * width.c.m / width.c.d + BIN_SLACK  # B.3
    numbered = select(_floor(place, is_sqlite=is_sqlite).label("x"), *list(shown.c)[1:], width.c.m, width.c.d)
    bins = numbered.select_from(shown.join(width, true())).subquery("bins")
    return _points(query, bins, [bins.c.x], [bins.c.m, bins.c.d], is_sqlite=is_sqlite)


def _number(value: ColumnElement[Any], of: DataColumn, *, is_sqlite: bool) -> ColumnElement[Any]:
    """A number as a double; of a date or moment the days since 1970."""
    if of.type not in ("date", "timestamp"):
        return cast(value, Double)
    if is_sqlite:
        return func.julianday(day(value), type_=Double()) - EPOCH_AS_JULIAN_DAY
    return cast(cast(_in_utc(value, of), Date) - literal_column("DATE '1970-01-01'"), Double)


def _floor(value: ColumnElement[Any], *, is_sqlite: bool) -> ColumnElement[Any]:
    if not is_sqlite:
        return func.floor(value, type_=NullType())
    whole = cast(value, BigInteger)  # towards zero
    return type_coerce(whole - case((value < whole, 1), else_=0), NullType())


def _width(bounds: FromClause, *, is_whole: bool) -> FromClause:
    """One row: the width d / m, of which m and d are whole numbers, as fractions are no exact doubles."""
    widths = _nice_widths(is_whole=is_whole)
    m, d, low, high = widths.c.m, widths.c.d, bounds.c.low, bounds.c.high
    most: ColumnElement[float] = literal_column(str(float(MOST_BINS)))
    is_wide_enough = high / most - low / most <= d / m  # divided first: doubles overflow
    is_one_value = and_(high == low, m == d)
    fitting = select(m, d).select_from(widths.join(bounds, true())).where(or_(is_one_value, is_wide_enough))
    fitting = fitting.where(or_(high > low, is_one_value))
    return fitting.order_by(d / m).limit(literal_column("1")).subquery("width")


def _nice_widths(*, is_whole: bool) -> CTE:
    """1, 2 and 5 times the powers of ten that data have; beyond, some powers of ten."""
    small = [] if is_whole else [(10.0**power / step, 1.0) for power in range(1, 10) for step in (1, 2, 5)]
    great = [(1.0, step * 10.0**power) for power in range(19) for step in (1, 2, 5)]
    beyond = [] if is_whole else [(1.0, 10.0**power) for power in (21, 24, 30, 40, 60, 100, 200, 307)]
    known = values(column("m", Double), column("d", Double), name="nice", literal_binds=True)
    return known.data([*small, *great, *beyond]).cte("widths")
