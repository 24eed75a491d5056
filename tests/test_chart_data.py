"""The figures of charts are what Python makes of the rows, on both databases, from one SELECT for each chart."""

from __future__ import annotations

import json
import math
import statistics as means
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from inspect import isawaitable
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLError, execute, parse, print_ast
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from db.access import READ, Viewer
from db.data_rows import (
    CAST,
    NAIVE,
    OPERATIONAL,
    PLAIN,
    DataColumn,
    DataTable,
    create_table,
    insert_rows,
    register,
    sql_name_of,
    stored_table,
)
from db.database import Database
from db.ids import id_of
from errors import InvalidInputError
from operations.chart_specs import ChartFilter, chart_spec
from resolvers.chart_answers import ChartData, ChartPoint
from resolvers.chart_data import data_of_charts, data_of_spec
from resolvers.data_tables import tables_of_workspaces
from rest.tables import imported_table
from tests.conftest import ORGANIZATION_ID, Graph, Importer, exchange

EXAMPLES = Path(__file__).parent.parent / "examples"
NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)  # a Wednesday
WORKSPACE = "0a6a5bd2-0000-4000-8000-000000000001"
PATH = f"/api/v1/workspaces/{WORKSPACE}"
TYPES = {
    "name": "text",
    "kind": "text",
    "at": "timestamp",
    "day": "date",
    "units": "integer",
    "amount": "decimal",
    "weight": "float",
    "late": "boolean",
}
COLUMNS = tuple(DataColumn(name, f"c_{place}", of) for place, (name, of) in enumerate(TYPES.items(), start=1))
Row = Mapping[str, Any]


def workspace_id() -> str:
    return id_of("WORKSPACE", ORGANIZATION_ID, "VAI", WORKSPACE)


def row(name: Any = None, **values: Any) -> Row:
    return dict.fromkeys(TYPES) | {"name": name} | values


class Shop:
    """One workspace with a table of every type, and the figures of charts over it."""

    def __init__(self, graph: Graph, importer: Importer) -> None:
        self.graph, self.importer = graph, importer
        self.loads = 0

    async def put(self, rows: Sequence[Row], columns: Sequence[DataColumn] = COLUMNS) -> None:
        """Make these the rows of the table."""
        if not self.loads:
            body = {"workspace": {"id": WORKSPACE, "title": "Shop"}, "boundTasks": []}
            await self.importer.lines(exchange("vai", f"GET {PATH}", body))
        self.loads += 1
        at = NOW + timedelta(seconds=self.loads)
        sql_name = sql_name_of(ORGANIZATION_ID, workspace_id(), "sales", at)
        declared = DataTable(ORGANIZATION_ID, workspace_id(), "sales", sql_name, tuple(columns), ())
        names = {column.name: column.sql_name for column in columns}
        async with self.graph.database.writing() as connection:
            table = stored_table(declared)
            await create_table(connection, table)
            values = [{names[name]: value for name, value in one.items()} for one in rows]
            if values:
                await insert_rows(connection, table, 1, values)
            await register(connection, declared, len(rows), at)

    async def charts(self, *specs: Any) -> list[str]:
        """The ids of charts with these specifications, which are put into the workspace."""
        items = [
            {
                "id": f"chart-{place}",
                "workspaceId": WORKSPACE,
                "title": f"Chart {place}",
                "position": place,
                "spec": spec,
            }
            for place, spec in enumerate(specs)
        ]
        await self.importer.lines(exchange("vai", f"GET {PATH}/charts", {"items": items}))
        return [id_of("CHART", ORGANIZATION_ID, "VAI", item["id"]) for item in items]

    async def data(self, document: Mapping[str, Any], *, limit: int | None = None, **filters: Any) -> ChartData:
        """The figures of a specification."""
        ctx = self.graph.context()
        tables = await tables_of_workspaces([workspace_id()], ctx=ctx)
        return await data_of_spec(
            chart_spec(document),
            tables[workspace_id()],
            ctx=ctx,
            chart_id="chart",
            filters=[ChartFilter(**one) for one in filters.get("filters", ())],
            limit=limit,
            now=NOW,
        )

    async def points(self, document: Mapping[str, Any], **options: Any) -> list[tuple[Any, Any, Any]]:
        """x, y and group of each point."""
        return [(one.x, plain(one.y), one.group) for one in (await self.data(document, **options)).rows]

    async def problems(self, document: Mapping[str, Any], **options: Any) -> dict[str, str]:
        """What is wrong with a specification, by place."""
        with pytest.raises(InvalidInputError) as caught:
            await self.data(document, **options)
        return {one["path"]: one["message"] for one in caught.value.details["fields"]}


def plain(y: Any) -> Any:
    return float(y) if isinstance(y, Decimal) else y


@pytest.fixture
def shop(graph: Graph, importer: Importer) -> Shop:
    return Shop(graph, importer)


def spec(x: str = "name", y: Any = "count", *, kind: str = "bar", **members: Any) -> dict[str, Any]:
    """A specification; `y` is an aggregate, an aggregate and its column, or a list of these."""
    measures = [y] if isinstance(y, (str, tuple)) else y
    told = [{"agg": one} if isinstance(one, str) else {"agg": one[0], "column": one[1]} for one in measures]
    axis = {"column": x, "truncate": members.pop("truncate", None)}
    group = members.pop("group", None)
    return {"kind": kind, "x": axis, "y": told, "group": group and {"column": group}, **members}


def having(column: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"column": column, "op": op, "value": value}


# What Python makes of the rows


def as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.replace(tzinfo=None).isoformat()}Z"
    return value.isoformat() if isinstance(value, date) else plain(value)


def cut(value: Any, unit: str | None) -> Any:
    if unit is None or value is None:
        return value
    day = value.date() if isinstance(value, datetime) else value
    return {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": date(day.year, (day.month + 2) // 3 * 3 - 2, 1),
        "year": date(day.year, 1, 1),
    }[unit]


def summed(aggregate: str, values: Sequence[Any]) -> Any:
    known = [value for value in values if value is not None]
    if aggregate == "count":
        return len(known)
    if aggregate == "count_distinct":
        return len(set(known))
    makers: dict[str, Callable[[Any], Any]] = {
        "sum": sum, "avg": means.mean, "min": min, "max": max, "median": means.median
    }  # fmt: skip
    return float(makers[aggregate](known)) if known else None


def holds(condition: Mapping[str, Any], one: Row) -> bool:
    value, operand, op = one[condition["column"]], condition["value"], condition["op"]
    if isinstance(value, (datetime, date)):
        value = as_json(value)
    if op in ("isNull", "isNotNull"):
        return (value is None) == (op == "isNull")
    if op in ("ne", "notIn"):
        return value != operand if op == "ne" else value not in operand
    if value is None:
        return False
    return {
        "eq": lambda: value == operand,
        "in": lambda: value in operand,
        "lt": lambda: value < operand,
        "lte": lambda: value <= operand,
        "gt": lambda: value > operand,
        "gte": lambda: value >= operand,
        "between": lambda: operand[0] <= value <= operand[1],
        "contains": lambda: operand.lower() in value.lower(),
        "startsWith": lambda: value.lower().startswith(operand.lower()),
    }[op]()


def in_order(points: Iterable[Any], by: Callable[[Any], Any], *, descending: bool) -> list[Any]:
    """Nulls last either way."""
    listed = list(points)
    known = sorted((one for one in listed if by(one) is not None), key=by, reverse=descending)
    return known + [one for one in listed if by(one) is None]


def expected(document: Mapping[str, Any], rows: Sequence[Row]) -> list[list[Any]]:
    """x, group and the figures of each row of the aggregate, in order, uncut."""
    kept = [one for one in rows if all(holds(condition, one) for condition in document.get("filters", ()))]
    group, measures = document["group"], document["y"]

    def figures(members: Sequence[Row]) -> list[Any]:
        return [
            summed(one["agg"], [member[one["column"]] for member in members]) if "column" in one else len(members)
            for one in measures
        ]

    if document["kind"] == "value":
        return [[None, None, *figures(kept)]]
    places: dict[tuple[Any, Any], list[Row]] = {}
    for one in kept:
        x = cut(one[document["x"]["column"]], document["x"]["truncate"])
        places.setdefault((x, one[group["column"]] if group else None), []).append(one)
    points = [[x, g, *figures(members)] for (x, g), members in places.items()]
    is_sliced = document["kind"] in ("pie", "donut")
    default = {"by": "y", "order": "desc"} if is_sliced else {"by": "x", "order": "asc"}
    sort = document.get("sort") or default
    points = in_order(points, lambda one: one[1], descending=False)
    points = in_order(points, lambda one: one[0], descending=sort["by"] == "x" and sort["order"] == "desc")
    if sort["by"] == "y":
        points = in_order(points, lambda one: one[2], descending=sort["order"] == "desc")
    return [[as_json(one[0]), as_json(one[1]), *one[2:]] for one in points]


def gathered(data: ChartData) -> list[list[Any]]:
    """The points of one x and group together."""
    width = len(data.series)
    assert [one.series for one in data.rows] == list(data.series) * (len(data.rows) // width)
    heads = data.rows[::width]
    return [
        [head.x, head.group, *(plain(one.y) for one in data.rows[place * width : (place + 1) * width])]
        for place, head in enumerate(heads)
    ]


def close(points: Sequence[Sequence[Any]]) -> list[Any]:
    """Points to be compared: figures up to what adding doubles in another order makes of them."""
    return [
        [*one[:2], *(value if value is None else pytest.approx(value, rel=1e-9, abs=1e-9) for value in one[2:])]
        for one in points
    ]


names = st.sampled_from(["a", "B", "b", "ä", "", "50%", "5_0", "a/b", "Nordics", "north", "'; DROP TABLE x; --"])
moments = st.datetimes(datetime(2024, 12, 20), datetime(2026, 12, 31)).map(lambda one: one.replace(tzinfo=UTC))
rows_drawn = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.none() | names,
            "kind": st.none() | st.sampled_from(["p", "q", "R"]),
            "at": st.none() | moments,
            "day": st.none() | moments.map(lambda one: one.date()),
            "units": st.none() | st.integers(-5, 5) | st.sampled_from([-(2**63), 2**63 - 1, 10**15]),
            "amount": st.none() | st.integers(-10_000, 10_000).map(lambda cents: Decimal(cents) / 100),
            "weight": st.none() | st.integers(-40, 40).map(lambda quarters: quarters / 4),
            "late": st.none() | st.booleans(),
        }
    ),
    max_size=30,
)
OF_EACH = {
    "name": names,
    "units": st.integers(-6, 6),
    "amount": st.integers(-100, 100),
    "weight": st.integers(-40, 40).map(lambda quarters: quarters / 4),
    "late": st.booleans(),
    "day": moments.map(lambda one: one.date().isoformat()),
    "at": moments.map(as_json),
}


@st.composite
def filters_drawn(draw: Any) -> dict[str, Any]:
    column = draw(st.sampled_from(list(OF_EACH)))
    value = OF_EACH[column]
    operators = ["eq", "ne", "in", "notIn", "isNull", "isNotNull"]
    operators += [] if column == "late" else ["lt", "lte", "gt", "gte", "between"]
    operators += ["contains", "startsWith"] * 2 if column == "name" else []
    op = draw(st.sampled_from(operators))
    if op in ("isNull", "isNotNull"):
        return having(column, op)
    if op in ("in", "notIn"):
        return having(column, op, draw(st.lists(value, min_size=1, max_size=4)))
    if op in ("contains", "startsWith"):
        return having(column, op, draw(st.sampled_from(["", "a", "B", "0", "%", "_", "/", "or", "NOR", "' OR 1=1"])))
    return having(column, op, [draw(value), draw(value)] if op == "between" else draw(value))


@st.composite
def specs_drawn(draw: Any) -> dict[str, Any]:
    kind = draw(st.sampled_from(["bar", "line", "area", "pie", "donut", "table", "value", "heatmap", "scatter"]))
    x = draw(st.sampled_from(["units", "amount", "weight"] if kind == "scatter" else list(TYPES)))
    unit = draw(st.sampled_from([None, "day", "week", "month", "quarter", "year"])) if x in ("at", "day") else None
    group = draw(
        st.sampled_from(["kind", "late", "name", "units"])
        if kind == "heatmap"
        else st.sampled_from([None, "kind", "day"])
    )
    numbers = st.tuples(
        st.sampled_from(["sum", "avg", "min", "max", "median"]), st.sampled_from(["units", "amount", "weight"])
    )
    counts = st.tuples(st.sampled_from(["count", "count_distinct"]), st.sampled_from(list(TYPES)))
    measures = draw(st.lists(st.just("count") | numbers | counts, min_size=1, max_size=3))
    sort = draw(
        st.none() | st.fixed_dictionaries({"by": st.sampled_from("xy"), "order": st.sampled_from(["asc", "desc"])})
    )
    conditions = draw(st.lists(filters_drawn(), max_size=2))
    return spec(x, measures, kind=kind, truncate=unit, group=group, sort=sort, filters=conditions)


DRAWN = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.generate],  # to shrink would make tables for minutes
)


@DRAWN
@given(rows_drawn, st.lists(specs_drawn(), min_size=6, max_size=6))
async def test_any_chart_over_any_rows_is_what_python_makes_of_them(
    shop: Shop, rows: list[Row], documents: list[dict[str, Any]]
) -> None:
    await shop.put(rows)
    for document in documents:
        data = await shop.data(document)
        got, wanted = gathered(data), expected(document, rows)
        if (document["sort"] or {}).get("by") == "y" or document["kind"] in ("pie", "donut"):  # ties fall by a last bit
            ys = [one[2] for one in got]
            assert ys == [one[2] for one in close(wanted)]
            got, wanted = sorted(got, key=str), sorted(wanted, key=str)
            heads = {(one[0], one[1]): one for one in wanted}
            wanted = [heads[one[0], one[1]] for one in got]
        assert got == close(wanted), document
        assert data.truncated is False


# Kinds


SALES = [
    row("north", kind="p", day=date(2026, 11, 1), units=3, amount=Decimal("1.10")),
    row("north", kind="q", day=date(2026, 11, 2), units=4, amount=Decimal("2.20")),
    row("south", kind="p", day=date(2026, 12, 1), units=None, amount=Decimal("0.05")),
    row("west", kind="p", day=None, units=9, amount=None),
    row(None, kind=None, day=date(2026, 11, 1), units=1, amount=Decimal(7)),
]


KINDS: list[tuple[dict[str, Any], list[Any]]] = [
        (spec("name", ("sum", "units")), [("north", 7, None), ("south", None, None), ("west", 9, None), (None, 1, None)]),
        (spec("name", ("sum", "amount"), kind="pie"),
         [(None, 7.0, None), ("north", 3.3, None), ("south", 0.05, None), ("west", None, None)]),
        (spec("day", "count", kind="line", truncate="month"),
         [("2026-11-01", 3, None), ("2026-12-01", 1, None), (None, 1, None)]),
        (spec("name", "count", kind="area", group="kind", sort={"by": "x", "order": "desc"}),
         [("west", 1, "p"), ("south", 1, "p"), ("north", 1, "p"), ("north", 1, "q"), (None, 1, None)]),
        (spec("name", ("max", "units"), kind="heatmap", group="kind"),
         [("north", 3, "p"), ("north", 4, "q"), ("south", None, "p"), ("west", 9, "p"), (None, 1, None)]),
        (spec("units", ("sum", "amount"), kind="scatter"),
         [(1, 7.0, None), (3, 1.1, None), (4, 2.2, None), (9, None, None), (None, 0.05, None)]),
        (spec("name", ("sum", "amount"), kind="value", filters=[having("name", "ne", "north")]), [(None, 7.05, None)]),
        (spec("name", ("sum", "amount"), kind="value", filters=[having("name", "eq", "east")]), [(None, None, None)]),
        (spec("name", "count", kind="value", group="kind"), [(None, 5, None)]),
        (spec("kind", ["count", ("median", "units")], kind="table"),
         [("p", 3, None), ("p", 6.0, None), ("q", 1, None), ("q", 4.0, None), (None, 1, None), (None, 1.0, None)]),
        (spec("units", "count", kind="histogram"),
         [(n, int(n in (1, 3, 4, 9)), None) for n in range(1, 10)]),
        (spec("day", "count", kind="histogram", filters=[having("day", "lt", "2026-11-05")]),
         [("2026-11-01", 2, None), ("2026-11-02", 1, None)]),
        (spec("amount", "count", kind="histogram", filters=[having("amount", "lt", 5)]),
         [(0.0, 1, None), (0.2, 0, None), (0.4, 0, None), (0.6, 0, None), (0.8, 0, None), (1.0, 1, None), (1.2, 0, None),
          (1.4, 0, None), (1.6, 0, None), (1.8, 0, None), (2.0, 0, None), (2.2, 1, None)]),
        (spec("units", "count", kind="histogram", group="kind", filters=[having("units", "lt", 5)]),
         [(1, 0, "p"), (1, 0, "q"), (1, 1, None), (2, 0, "p"), (2, 0, "q"), (2, 0, None), (3, 1, "p"), (3, 0, "q"),
          (3, 0, None), (4, 0, "p"), (4, 1, "q"), (4, 0, None)]),
    ]  # fmt: skip


async def test_each_kind_has_its_figures(shop: Shop) -> None:
    await shop.put(SALES)

    for document, points in KINDS:
        assert await shop.points(document) == points, document


async def test_the_answer_says_what_it_shows(shop: Shop) -> None:
    await shop.put(SALES)
    document = spec("day", [("sum", "units"), "count", ("sum", "units")], truncate="year", group="kind", limit=1)

    data = await shop.data(document)

    assert data == ChartData(
        chart_id="chart",
        x_column="day",
        x_type="date",
        group_column="kind",
        y_label="sum of units, count, sum of units (2)",
        series=("sum of units", "count", "sum of units (2)"),
        rows=[
            ChartPoint("2026-01-01", 3, "p", "sum of units"),
            ChartPoint("2026-01-01", 2, "p", "count"),
            ChartPoint("2026-01-01", 3, "p", "sum of units (2)"),
        ],
        truncated=True,
        is_live=False,
        stale=False,
        reason=None,
        bin_width=None,
    )


async def test_a_limit_counts_points_and_goes_before_that_of_the_specification(shop: Shop) -> None:
    await shop.put(SALES)

    for limit, count, truncated in [(1, 1, True), (3, 3, True), (4, 4, False), (10_000, 4, False)]:
        for data in (await shop.data(spec(limit=limit)), await shop.data(spec(limit=2), limit=limit)):
            assert (len(data.rows), data.truncated) == (count, truncated)


async def test_an_empty_table_has_no_points_and_one_single_value(shop: Shop) -> None:
    await shop.put([])

    assert await shop.points(spec("name", ("sum", "units"))) == []
    assert await shop.points(spec("units", "count", kind="histogram")) == []
    assert await shop.points(spec("name", ["count", ("median", "units")], kind="value")) == [
        (None, 0, None),
        (None, None, None),
    ]


async def test_sums_are_exact_where_the_database_has_exact_numbers(shop: Shop, database: Database) -> None:
    large = 2**63 - 1
    await shop.put([row("a", units=large, amount=Decimal("0.1")), row("a", units=large, amount=Decimal("0.2"))])

    data = await shop.data(spec("name", [("sum", "units"), ("sum", "amount"), ("max", "units")]))

    units, amount, greatest = (point.y for point in data.rows)
    assert amount == Decimal("0.3")
    assert greatest == large
    assert units == (2 * large if not database.is_sqlite else pytest.approx(2 * large, rel=1e-15))


async def test_what_is_no_number_is_null(shop: Shop, database: Database) -> None:
    infinite = math.inf if database.is_sqlite else math.nan  # SQLite has no NaN
    await shop.put([row("a", weight=infinite), row("b", weight=1.5)])

    assert await shop.points(spec("name", ("sum", "weight"))) == [("a", None, None), ("b", 1.5, None)]


# Histograms


def bins(values: Sequence[Decimal], *, is_whole: bool) -> dict[Fraction, int]:
    """The bins that hold something, by the exact arithmetic of fractions."""
    exact = [Fraction(value) for value in values]
    powers = range(0 if is_whole else -9, 19)
    nice = [Fraction(step) * Fraction(10) ** power for power in powers for step in (1, 2, 5)]
    span = max(exact) - min(exact)
    width = Fraction(1) if span == 0 else next(one for one in sorted(nice) if one * 20 >= span)
    found: dict[Fraction, int] = {}
    for value in exact:
        lower = value // width * width
        found[lower] = found.get(lower, 0) + 1
    return found


cents = st.integers(-(10**9), 10**9).map(lambda cents: Decimal(cents) / 100)


@DRAWN
@given(
    st.lists(st.integers(-30, 30).map(lambda one: Decimal(one) / 10) | cents, min_size=1, max_size=30), st.booleans()
)
async def test_histograms_have_nice_bins_that_hold_each_value_once(
    shop: Shop, values: list[Decimal], is_whole: bool
) -> None:
    values = [value.to_integral_value() for value in values] if is_whole else values
    name = "units" if is_whole else "amount"
    await shop.put([row("a", **{name: int(value) if is_whole else value}) for value in values])

    data = await shop.data(spec(name, "count", kind="histogram"))

    got = {Fraction(str(point.x)): point.y for point in data.rows if point.y}
    assert got == bins(values, is_whole=is_whole)
    assert len(data.rows) <= 21
    steps = {Fraction(str(b.x)) - Fraction(str(a.x)) for a, b in zip(data.rows, data.rows[1:], strict=False)}
    assert all(float(step) == pytest.approx(data.bin_width) for step in steps)


# Filters


DAYS = [row(str(offset), day=(NOW + timedelta(days=offset)).date(), at=NOW + timedelta(days=offset)) for offset in
        (-800, -400, -330, -120, -60, -31, -30, -29, -20, -18, -17, -8, -7, -3, -2, -1, 0, 1, 4, 5, 12, 13, 44, 45)]  # fmt: skip


SPANS = [
    ("last", {"n": 1, "unit": "day"}, 0, 0),
    ("last", {"n": 30, "unit": "day"}, -29, 0),
    ("thisUnit", "week", -2, 4),  # Monday the 16th to Sunday the 22nd
    ("last", {"n": 2, "unit": "week"}, -9, 4),
    ("thisUnit", "month", -17, 12),
    ("last", {"n": 2, "unit": "month"}, -48, 12),
    ("thisUnit", "quarter", -48, 43),
    ("thisUnit", "year", -321, 43),
    ("last", {"n": 2, "unit": "YEAR"}, -686, 43),
    ("last", {"n": 10_000, "unit": "year"}, -800, 43),
]


async def test_relative_dates_are_whole_units_up_to_the_current_one(shop: Shop) -> None:
    await shop.put(DAYS)

    for op, value, first, last in SPANS:
        wanted = {one["name"] for one in DAYS if first <= int(one["name"]) <= last}
        for column in ("day", "at"):
            points = await shop.points(spec("name", filters=[having(column, op, value)]))
            assert {x for x, _y, _group in points} == wanted, (op, value, column)


async def test_moments_are_compared_in_utc(shop: Shop) -> None:
    await shop.put(
        [
            row("a", at=datetime(2026, 11, 1, 10, 0, 0, 5, tzinfo=UTC)),
            row("b", at=datetime(2026, 11, 1, 22, tzinfo=UTC)),
        ]
    )

    async def names_of(op: str, value: Any) -> str:
        return "".join(x for x, _y, _group in await shop.points(spec(filters=[having("at", op, value)])))

    assert await names_of("eq", "2026-11-01T12:00:00.000005+02:00") == "a"
    assert await names_of("gt", "2026-11-01T10:00:00.000005Z") == "b"
    assert await names_of("gte", "2026-11-01") == "ab"
    assert await names_of("between", ["2026-11-01T10:00:00", "2026-11-01T21:59:59Z"]) == "a"
    assert await shop.points(spec("at", truncate="day")) == [("2026-11-01", 2, None)]


async def test_filters_of_the_argument_hold_besides_those_of_the_specification(shop: Shop) -> None:
    await shop.put(SALES)
    document = spec("kind", filters=[having("units", "gte", 3)])

    assert await shop.points(document, filters=[having("name", "in", ["north", "south"])]) == [
        ("p", 1, None),
        ("q", 1, None),
    ]
    assert await shop.points(document, filters=[having("units", "lt", 3.5)]) == [("p", 1, None)]


# What is wrong


async def test_all_that_does_not_fit_the_table_is_told_at_once(shop: Shop) -> None:
    await shop.put(SALES)
    document = spec(
        "nme",
        [("sum", "name"), ("avg", "late"), ("median", "day"), ("min", "at"), ("sum", "nothing"), ("count", "name")],
        group="knd",
        filters=[
            having("units", "eq", "3"),
            having("late", "lt", True),
            having("units", "contains", "3"),
            having("day", "gte", "1.11.2026"),
            having("nothing", "eq", 1),
            having("name", "last", {"n": 1, "unit": "day"}),
            having("at", "between", ["2026-11-01", "soon"]),
            having("late", "in", [True, 1]),
            having("name", "eq", "\0"),
        ],
    )

    told = await shop.problems(document, filters=[having("weight", "eq", "heavy")], limit=0)

    columns = ", ".join(TYPES)
    assert told == {
        "spec.x.column": f"the table sales has no column `nme`; it has {columns}",
        "spec.group.column": f"the table sales has no column `knd`; it has {columns}",
        "spec.y[0].column": "SUM takes a number; `name` is of type text",
        "spec.y[1].column": "AVG takes a number; `late` is of type boolean",
        "spec.y[2].column": "MEDIAN takes a number; `day` is of type date",
        "spec.y[3].column": "MIN takes a number; `at` is of type timestamp",
        "spec.y[4].column": f"the table sales has no column `nothing`; it has {columns}",
        "spec.filters[0].value": "takes a number, got '3'; `units` is of type integer",
        "spec.filters[1].op": "`lt` does not go with `late` is of type boolean",
        "spec.filters[2].op": "`contains` does not go with `units` is of type integer",
        "spec.filters[3].value": "takes a date such as 2026-11-01, got '1.11.2026'; `day` is of type date",
        "spec.filters[4].column": f"the table sales has no column `nothing`; it has {columns}",
        "spec.filters[5].op": "`last` does not go with `name` is of type text",
        "spec.filters[6].value": "takes a moment such as 2026-11-01T10:00:00Z, got 'soon'; `at` is of type timestamp",
        "spec.filters[7].value": "takes true or false, got 1; `late` is of type boolean",
        "spec.filters[8].value": "takes no NUL character and no half of a surrogate pair; `name` is of type text",
        "filters[0].value": "takes a number, got 'heavy'; `weight` is of type float",
        "limit": "must be 1 to 10000, got 0",
    }


async def test_a_kind_takes_x_of_its_types(shop: Shop) -> None:
    await shop.put(SALES)

    for document, path, message in [
        (spec("name", truncate="day"), "spec.x.truncate", "only dates and moments can be cut; `name` is of type text"),
        (spec("name", kind="scatter"), "spec.x.column", "a scatter takes a number as x; `name` is of type text"),
        (
            spec("late", kind="histogram"),
            "spec.x.column",
            "a histogram takes a number, date or moment as x; `late` is of type boolean",
        ),
    ]:
        assert await shop.problems(document) == {path: message}


async def test_numbers_beyond_a_column_compare_as_numbers(shop: Shop) -> None:
    await shop.put(SALES)

    assert await shop.points(spec("name", kind="value", filters=[having("units", "lt", 2.0**70)])) == [(None, 4, None)]
    assert await shop.points(spec("name", kind="value", filters=[having("units", "gt", -1e300)])) == [(None, 4, None)]
    assert await shop.points(spec("name", kind="value", filters=[having("amount", "gt", 1e30)])) == [(None, 0, None)]


async def test_filters_together_compare_with_a_bounded_number_of_values(shop: Shop) -> None:
    await shop.put(SALES)
    many = having("units", "in", list(range(1000)))

    assert await shop.points(spec(kind="value", filters=[many] * 10)) == [(None, 4, None)]
    assert set(await shop.problems(spec(kind="value", filters=[many] * 11))) == {"spec.filters"}


HOSTILE = [
    'a"b',
    "a'b",
    "100%",
    ":name",
    "a;b--",
    "$1",
    "%(x)s",
    "ünï",
    "select",
    "y0",
    "x",
    "g",
    "?",
    "a\\b",
    "row_id",
    " ",
]


async def test_hostile_names_and_values_are_names_and_values(shop: Shop, statements: list[str]) -> None:
    columns = [DataColumn(name, f"c_{place}", "text") for place, name in enumerate(HOSTILE, start=1)]
    await shop.put([dict.fromkeys(HOSTILE, "1"), dict.fromkeys(HOSTILE, "' OR '1'='1")], columns)

    for name in HOSTILE:
        statements.clear()
        document = spec(name, ("count", name), group=name, filters=[having(name, "eq", "' OR '1'='1")])
        assert await shop.points(document) == [("' OR '1'='1", 1, "' OR '1'='1")]
        assert "1'='1" not in "".join(statements)
    injected = 'c_1"; DROP TABLE charts; --'
    assert set(await shop.problems(spec(injected, ("sum", injected), group=injected))) == {
        "spec.x.column",
        "spec.y[0].column",
        "spec.group.column",
    }


# The graph


def paths_of(error: GraphQLError) -> list[str]:
    """Where in the input the problems are."""
    assert isinstance(error.original_error, InvalidInputError)
    return [one["path"] for one in error.original_error.details["fields"]]


DATA = """
  data { chartId xColumn xType groupColumn yLabel series rows { x y group series } truncated binWidth isLive stale reason }
"""


async def test_fifty_charts_of_a_page_are_one_round_of_one_statement_each(shop: Shop, statements: list[str]) -> None:
    await shop.put(SALES)
    units = ("day", "week", "month", "quarter", "year")
    ids = await shop.charts(
        *[spec("day", ("sum", "units"), truncate=units[place % 5], limit=place + 1) for place in range(50)]
    )
    statements.clear()

    answer = await shop.graph.data("{ charts(first: 50) { nodes { id data { rows { y } } } } }")

    assert {node["id"] for node in answer["charts"]["nodes"]} == set(ids)
    assert all(node["data"]["rows"] for node in answer["charts"]["nodes"])
    assert len([text for text in statements if "t_" in text and "sum(" in text]) == 50
    assert len(statements) == 50 + 3  # the page, the charts' specifications, the workspaces' tables


async def test_a_bad_specification_spoils_only_its_own_chart(shop: Shop) -> None:
    await shop.put(SALES)
    good, unknown, messy = await shop.charts(spec(), spec("nothing"), {"kind": "radar"})

    answer = await shop.graph.ask(
        "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Chart { id data { rows { x y } } } } }",
        ids=[good, unknown, messy],
    )

    rows = [{"x": "north", "y": 2.0}, {"x": "south", "y": 1.0}, {"x": "west", "y": 1.0}, {"x": None, "y": 1.0}]
    assert answer.data == {"nodes": [{"id": good, "data": {"rows": rows}}, None, None]}
    told = {tuple(error.path or ()): error for error in answer.errors or ()}
    fields = {path: paths_of(error) for path, error in told.items()}
    assert fields == {("nodes", 1, "data"): ["spec.x.column"], ("nodes", 2, "data"): ["spec.kind", "spec.x", "spec.y"]}


async def test_the_arguments_of_data_restrict_it_further(shop: Shop) -> None:
    await shop.put(SALES)
    (chart_id,) = await shop.charts(spec("name", ("sum", "amount"), kind="donut"))
    query = """query($id: ID!, $filters: [ChartFilterInput!], $limit: Int) {
        chart(id: $id) { data(filters: $filters, limit: $limit) { rows { x y } truncated } } }"""

    filters = [{"column": "amount", "op": "IS_NOT_NULL"}, {"column": "name", "op": "NE", "value": "north"}]
    answer = await shop.graph.data(query, id=chart_id, filters=filters, limit=1)
    assert answer["chart"]["data"] == {"rows": [{"x": None, "y": 7.0}], "truncated": True}

    bad = [{"column": "amount", "op": "GT", "value": "7"}, {"column": "name", "op": "IN", "value": "north"}]
    refused = await shop.graph.ask(query, id=chart_id, filters=bad, limit=0)
    assert [paths_of(error) for error in refused.errors or ()] == [["filters[1].value"]]

    unfit = await shop.graph.ask(query, id=chart_id, filters=bad[:1], limit=0)
    assert [paths_of(error) for error in unfit.errors or ()] == [["filters[0].value", "limit"]]


async def test_a_chart_of_another_organisation_has_no_figures(shop: Shop) -> None:
    await shop.put(SALES)
    ids = await shop.charts(spec())
    stranger = Graph(
        shop.graph.database, shop.graph.schema, Viewer("other", "N", "n@contoso.example", frozenset((READ,)))
    )

    found = await data_of_charts(ids, ctx=stranger.context())

    assert [str(one) for one in found] == ["there is no such chart; it may have been deleted"]


async def test_a_live_table_answers_as_it_is_now_whatever_the_types_of_its_columns(
    shop: Shop, database: Database
) -> None:
    await shop.put([])
    form = PLAIN if database.is_sqlite else NAIVE
    columns = (
        DataColumn("Sold at", "Sold at", "timestamp", form),
        DataColumn("tags", "tags", "text", PLAIN if database.is_sqlite else CAST),
        DataColumn("units", "units", "integer"),
    )
    live = DataTable(ORGANIZATION_ID, workspace_id(), "live", "live sales", columns, (), mode=OPERATIONAL)
    tags = "text" if database.is_sqlite else "jsonb"
    insert = "INSERT INTO \"live sales\" VALUES ('{at}', '[1]', {units})"
    async with database.writing() as connection:
        made = f'CREATE TABLE "live sales" ("Sold at" timestamp, tags {tags}, units smallint)'
        await connection.exec_driver_sql(made)
        await connection.exec_driver_sql(insert.format(at="2026-11-01 23:30:00.000000", units=2))
        await register(connection, live, 1, NOW)
    document = spec("Sold at", ("sum", "units"), truncate="month", group="tags", filters=[having("tags", "eq", "[1]")])

    before = await shop.data(document)
    async with database.writing() as connection:
        await connection.exec_driver_sql(insert.format(at="2026-12-01 00:00:00.000000", units=5))
    after = await shop.data(document | {"filters": [having("Sold at", "gte", "2026-12-01")]})

    assert (before.is_live, before.reason, before.stale) == (True, None, False)
    assert [(one.x, one.y, one.group) for one in before.rows] == [("2026-11-01", 2, "[1]")]
    assert [(one.x, one.y, one.group) for one in after.rows] == [("2026-12-01", 5, "[1]")]
    assert await shop.points(spec("Sold at")) == [("2026-11-01T23:30:00Z", 1, None), ("2026-12-01T00:00:00Z", 1, None)]


# Recorded answers


def recorded(chart: str, rows: Any, **members: Any) -> dict[str, Any]:
    body = {
        "chartId": chart,
        "xColumn": "name",
        "groupColumn": None,
        "yLabel": "Units",
        "truncated": False,
        "rows": rows,
    }
    return exchange(
        "vai", f"POST {PATH}/charts/{chart}/data", {**body, **members}, at=members.pop("at", "2026-11-01T10:00:00Z")
    )


async def test_without_a_table_the_newest_recorded_answer_serves_and_says_so(shop: Shop) -> None:
    (chart_id,) = await shop.charts(spec())
    await shop.importer.lines(
        recorded("chart-0", [{"x": "a", "y": 1.5, "group": None}, {"x": "b", "y": None, "group": "g"}])
    )

    answer = await shop.graph.data(f'{{ chart(id: "{chart_id}") {{ {DATA} }} }}')

    assert answer["chart"]["data"] == {
        "chartId": chart_id,
        "xColumn": "name",
        "xType": "text",
        "groupColumn": None,
        "yLabel": "Units",
        "series": ["Units"],
        "rows": [
            {"x": "a", "y": 1.5, "group": None, "series": None},
            {"x": "b", "y": None, "group": "g", "series": None},
        ],
        "truncated": False,
        "binWidth": None,
        "isLive": False,
        "stale": False,
        "reason": "no table is held for the chart's workspace; these are the figures that VAI answered at "
        "2026-11-01T10:00:00Z",
    }


async def test_a_recorded_answer_is_cut_is_stale_in_time_and_cannot_be_filtered(shop: Shop) -> None:
    ids = await shop.charts(spec())
    await shop.importer.lines(recorded("chart-0", [{"x": day, "y": 1} for day in ("2026-11-01", "2026-11-02")]))
    ctx = shop.graph.context()
    ctx.stale_after_seconds = {"VAI": 60}

    (cut_off,) = await data_of_charts(ids, ctx=ctx, limit=1)
    assert isinstance(cut_off, ChartData)
    assert (len(cut_off.rows), cut_off.truncated, cut_off.stale, cut_off.x_type) == (1, True, True, "date")

    (refused,) = await data_of_charts(ids, ctx=ctx, limit=-1, filters=[ChartFilter(column="a", op="EQ", value=1)])
    assert isinstance(refused, InvalidInputError)
    assert [one["path"] for one in refused.details["fields"]] == ["limit", "filters"]


async def test_a_chart_with_neither_table_nor_record_says_what_to_do(shop: Shop) -> None:
    (chart_id,) = await shop.charts(spec())

    answer = await shop.graph.ask(f'{{ chart(id: "{chart_id}") {{ data {{ truncated }} }} }}')

    (error,) = answer.errors or ()
    assert answer.data == {"chart": None}
    assert "import-table" in error.message


async def test_the_examples_charts_answer_what_vai_answered(
    graph: Graph, importer: Importer, database: Database
) -> None:
    await importer.files(EXAMPLES / "vai.jsonl")
    listed = (await graph.data("{ charts(first: 50) { nodes { id } } }"))["charts"]["nodes"]
    query = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Chart {{ title {DATA} }} }} }}"
    ids = [node["id"] for node in listed]
    before = await graph.ask(query, ids=ids)
    for entry in json.loads((EXAMPLES / "tables.json").read_text()):
        options = {"workspace": entry["workspace"], "name": entry["name"], "key": entry["key"]}
        await imported_table(database, ORGANIZATION_ID, EXAMPLES / entry["file"], **options)

    after = {node["title"]: node["data"] for node in (await graph.data(query, ids=ids))["nodes"]}

    assert before.data is not None
    said = {node["title"]: node["data"] for node in before.data["nodes"] if node}
    assert set(said) == {"Revenue by region", "Tickets by topic"}
    for title, data in said.items():
        series = data["yLabel"]
        assert after[title]["rows"] == [one | {"series": series} for one in data["rows"]]
        assert {name: after[title][name] for name in ("xColumn", "yLabel", "truncated")} == {
            name: data[name] for name in ("xColumn", "yLabel", "truncated")
        }
    assert len(after) == 10
    assert all(data["rows"] and data["reason"] is None for data in after.values())


async def test_graphql_core_answers_the_same_by_the_same_batch_function(shop: Shop, statements: list[str]) -> None:
    await shop.put(SALES)
    await shop.charts(
        spec(), spec("day", "count", kind="line", truncate="week"), spec("units", "count", kind="histogram")
    )
    query = parse(
        "query($filters: [ChartFilterInput!]) { charts { nodes { id data { rows { x y } binWidth } "
        "some: data(filters: $filters, limit: 2) { rows { x y } truncated } } } }"
    )
    variables = {"filters": [{"column": "kind", "op": "EQ", "value": "p"}]}
    fast = await shop.graph.data(print_ast(query), **variables)
    statements.clear()

    slow = execute(shop.graph.schema._schema, query, None, shop.graph.context(), variables)

    result = await slow if isawaitable(slow) else slow
    assert (result.errors, result.data) == (None, fast)
    assert len([text for text in statements if "GROUP BY" in text]) == 2 * 3
