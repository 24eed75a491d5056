"""The figures of charts: each from ONE aggregate SELECT over its workspace's table, all charts of a level in one round.

Where Workgraph holds no table, the newest recorded answer of VAI's own serves, which says so.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select

from db.access import visible
from db.cell_values import shown_by
from db.chart_statements import ChartQuery, Figure, chart_select
from db.data_rows import EXACT_DIGITS, OPERATIONAL, DataColumn, DataTable
from db.documents import answers
from db.keys import among, keys_to_come
from db.types import written
from errors import InvalidInputError, NotFoundError
from operations.chart_queries import chart_query, limit_problems
from operations.chart_specs import ChartFilter, ChartSpec, chart_spec
from resolvers.chart_answers import ChartData, ChartPoint
from resolvers.charts import charts_by_id
from resolvers.context import Context
from resolvers.data_tables import database_of, rows_of_table, tables_of_workspaces
from resolvers.sources import is_too_old

ENDPOINT = "POST /api/v1/workspaces/{workspace_id}/charts/{chart_id}/data"
SYSTEM = "VAI"
EPOCH = date(1970, 1, 1)
MEAN_DIGITS = 12  # of a mean, or a sum of doubles, so that the order of adding does not show
NO_CHART = "there is no such chart; it may have been deleted"
NO_DATA = (
    "no table is held for the chart's workspace, and no answer of VAI's for the chart was recorded; import the "
    "table with `workgraph import-table FILE --workspace ID`, or a recorded answer; see docs/importing.md"
)
NO_FILTERS = "no table is held for the chart's workspace; the recorded figures of VAI cannot be filtered"
RECORDED = "no table is held for the chart's workspace; these are the figures that VAI answered at {at}"


async def data_of_charts(
    keys: Sequence[str],
    *,
    ctx: Context,
    columns: Collection[str] = (),
    filters: Sequence[ChartFilter] = (),
    limit: int | None = None,
) -> list[ChartData | BaseException]:
    """The figures of each chart, of the rows that `filters` let through besides its own; an error in its place.

    `limit` goes before that of the specification. Statements: 2, one more for each chart, and one more where a
    workspace has no table. Source: VAI `POST /api/v1/workspaces/{workspace_id}/charts/{chart_id}/data`.
    """
    charts = await charts_by_id(keys, ctx=ctx, columns={"workspace_id", "spec"})
    tables = await tables_of_workspaces([chart.workspace_id for chart in charts if chart], ctx=ctx)
    without = [chart.id for chart in charts if chart and chart.workspace_id not in tables]
    recorded = await recorded_by_chart(without, ctx=ctx) if without else {}

    async def data_of(chart: Any) -> ChartData:
        if chart is None:
            raise NotFoundError(NO_CHART)
        declared = tables.get(chart.workspace_id)
        if declared is None:
            return data_as_recorded(chart.id, recorded.get(chart.id), filters, limit, ctx=ctx)
        spec = chart_spec(chart.spec)
        return await data_of_spec(spec, declared, ctx=ctx, chart_id=chart.id, filters=filters, limit=limit)

    return list(await asyncio.gather(*map(data_of, charts), return_exceptions=True))


async def data_of_spec(
    spec: ChartSpec,
    declared: DataTable,
    *,
    ctx: Context,
    chart_id: str,
    filters: Sequence[ChartFilter] = (),
    limit: int | None = None,
    now: datetime | None = None,
) -> ChartData:
    """The figures of a specification over a table. Statements: 1. Raises InvalidInputError."""
    query = chart_query(spec, declared, filters=filters, limit=limit, now=now)
    is_sqlite = database_of(declared, ctx).is_sqlite
    rows = await rows_of_table(declared, chart_select(query, is_sqlite=is_sqlite), ctx=ctx)
    kept, truncated = rows[: query.limit], len(rows) > query.limit
    series = _series(spec)
    reading = _Reading(query, series, is_sqlite)
    points = reading.bins(kept, is_whole=not truncated) if query.is_binned else reading.points(kept)
    return ChartData(
        chart_id,
        spec.x.column,
        _x_type(spec, declared),
        spec.group.column if query.group and spec.group else None,
        ", ".join(series),
        series,
        list(points),
        truncated,
        is_live=declared.mode == OPERATIONAL,
        stale=False,
        reason=None,
        bin_width=_width(rows[0]) if query.is_binned and rows else None,
    )


def _series(spec: ChartSpec) -> tuple[str, ...]:
    """The names of the measures; one that is there already gets a number."""
    names: list[str] = []
    for measure in spec.y:
        name, number = measure.name, 1
        while name in names:
            number += 1
            name = f"{measure.name} ({number})"
        names.append(name)
    return tuple(names)


def _x_type(spec: ChartSpec, declared: DataTable) -> str:
    if spec.x.truncate:
        return "date"
    return next(column.type for column in declared.columns if column.name == spec.x.column)


@dataclass(frozen=True)
class _Reading:
    """How rows of a chart's statement are read."""

    query: ChartQuery
    series: tuple[str, ...]
    is_sqlite: bool

    def x(self, row: Any) -> Any:
        """The value of x, as JSON has it."""
        if self.query.x is None:
            return None
        of = replace(self.query.x, type="date", live_type=None) if self.query.unit else self.query.x
        return _shown(row.x, of, self.is_sqlite)

    def group(self, row: Any) -> Any:
        """The value of the group, as JSON has it."""
        return _shown(row.g, self.query.group, self.is_sqlite) if self.query.group else None

    def points(self, rows: Sequence[Any]) -> Iterator[ChartPoint]:
        """A point for each row and figure."""
        for row in rows:
            yield from self._figures(row, self.x(row), self.group(row))

    def bins(self, rows: Sequence[Any], *, is_whole: bool) -> Iterator[ChartPoint]:
        """The points of bins. Where no row was cut off, the empty bins in between are there as well."""
        found = {(int(row.x), self.group(row)): row for row in rows}
        groups = sorted({group for _place, group in found}, key=_nulls_last)
        places = list(dict.fromkeys(place for place, _group in found))
        if is_whole and places:
            between = range(min(places), max(places) + 1)
            places = list(reversed(between) if self.query.order.is_descending else between)
        for place in places:
            x = _lower_bound(place, rows[0], self.query)
            for group in groups:
                row = found.get((place, group))
                if row is not None or is_whole:
                    yield from self._figures(row, x, group)

    def _figures(self, row: Any, x: Any, group: Any) -> Iterator[ChartPoint]:
        for place, figure in enumerate(self.query.figures):
            empty = 0 if figure.aggregate.startswith("COUNT") else None
            y = empty if row is None else _figure(getattr(row, f"y{place}"), figure)
            yield ChartPoint(x, y, group, self.series[place])


def _nulls_last(value: Any) -> tuple[bool, bool, Any]:
    """Sorts values of one column; live tables of SQLite may hold texts among numbers."""
    return value is None, isinstance(value, str), value


def _shown(value: Any, of: DataColumn, is_sqlite: bool) -> Any:
    if value is None or (of.type == "integer" and isinstance(value, int)):  # a number however long: it is drawn
        return value
    maker = shown_by(of, is_sqlite)
    return value if maker is None else maker(value)


def _width(row: Any) -> float:
    return _rounded(float(row.d) / float(row.m))


def _lower_bound(place: int, row: Any, query: ChartQuery) -> Any:
    """The x of a bin, in the type of its column."""
    bound = _rounded(place * float(row.d) / float(row.m))
    if query.x and query.x.type in ("date", "timestamp"):
        return _day(bound).isoformat()
    return int(bound) if query.x and query.x.type == "integer" else bound


def _day(number: float) -> date:
    """The day of this number since 1970; the first or the last that there is where it lies beyond."""
    try:
        return EPOCH + timedelta(days=number)
    except OverflowError:
        return date.max if number > 0 else date.min


def _rounded(value: float, digits: int = EXACT_DIGITS) -> float:
    return float(format(value, f".{digits}g"))


def _figure(value: Any, figure: Figure) -> float | int | Decimal | None:
    """A figure as it left the database: sums exact where it has exact ones, means to MEAN_DIGITS."""
    if not isinstance(value, (int, float, Decimal)) or not math.isfinite(value):  # SQLite's columns may hold texts
        return None
    if figure.aggregate.startswith("COUNT"):
        return int(value)
    of = figure.column.type if figure.column else "integer"
    if figure.aggregate in ("AVG", "MEDIAN") or (of == "float" and figure.aggregate == "SUM"):
        return _rounded(float(value), MEAN_DIGITS)
    if of == "integer":
        return int(value)
    if of == "decimal" and isinstance(value, float):  # on SQLite
        return Decimal(format(value, f".{EXACT_DIGITS}g"))
    plain: float | Decimal = value
    return plain


async def recorded_by_chart(chart_ids: Sequence[str], *, ctx: Context) -> dict[str, Any]:
    """The newest recorded answer of each chart's figures; charts without one are absent. Statements: 1."""
    rows = await ctx.rows_of(("recorded chart data",), lambda: _recorded(ctx), keys=list(dict.fromkeys(chart_ids)))
    return {row.subject_id: row for row in rows}


def _recorded(ctx: Context) -> Select[Any]:
    """Oldest first, so that the newest stays."""
    statement = select(answers.c.subject_id, answers.c.fetched_at, answers.c.document)
    return (
        visible(statement, ctx.viewer)
        .where(among(answers.c.subject_id, keys_to_come()), answers.c.endpoint == ENDPOINT, answers.c.status == 200)
        .order_by(answers.c.as_of, answers.c.id)
    )


def data_as_recorded(
    chart_id: str, answer: Any, filters: Sequence[ChartFilter], limit: int | None, *, ctx: Context
) -> ChartData:
    """The figures that VAI answered. Raises NotFoundError and InvalidInputError."""
    if answer is None or not isinstance(answer.document, Mapping):
        raise NotFoundError(NO_DATA)
    problems = limit_problems(limit) | ({"filters": NO_FILTERS} if filters else {})
    if problems:
        raise InvalidInputError(problems)
    document = answer.document
    points = [_point(row) for row in _dicts(document.get("rows"))]
    label = _text(document.get("yLabel"))
    kept = points[:limit]
    return ChartData(
        chart_id,
        _text(document.get("xColumn")) or "",
        _type_of([point.x for point in kept]),
        _text(document.get("groupColumn")),
        label,
        tuple(dict.fromkeys(point.series for point in kept if point.series)) or ((label,) if label else ()),
        kept,
        document.get("truncated") is True or len(points) > len(kept),
        is_live=False,
        stale=is_too_old(SYSTEM, answer.fetched_at, ctx=ctx),
        reason=RECORDED.format(at=written(answer.fetched_at)),
    )


def _point(row: Mapping[str, Any]) -> ChartPoint:
    y = row.get("y")
    is_number = isinstance(y, (int, float)) and not isinstance(y, bool)
    return ChartPoint(row.get("x"), y if is_number else None, row.get("group"), _text(row.get("series")))


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _type_of(values: Sequence[Any]) -> str:
    """The type that recorded values of x have, as far as can be told."""
    known = [value for value in values if value is not None]
    for name, fits in (
        ("boolean", lambda value: isinstance(value, bool)),
        ("integer", lambda value: isinstance(value, int) and not isinstance(value, bool)),
        ("float", lambda value: isinstance(value, (int, float)) and not isinstance(value, bool)),
        ("date", lambda value: isinstance(value, str) and len(value) == 10 and _is_moment(value)),
        ("timestamp", lambda value: isinstance(value, str) and len(value) > 10 and _is_moment(value)),
    ):
        if known and all(map(fits, known)):
            return name
    return "text"


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
