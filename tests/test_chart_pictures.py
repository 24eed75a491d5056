"""The pictures of charts in the graph: ECharts' option and SVG of the same figures, read once, over a real table."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from conftest import ORGANIZATION_ID, Graph, Importer, exchange
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from db.database import Database
from db.ids import id_of
from execution.engine import BreadthFirstExecutor
from resolvers.chart_figures import figures_of, label_of, number_of, written
from resolvers.echarts import option_of
from resolvers.svg import svg_of
from resolvers.svg.elements import element, number, text
from resolvers.svg.scales import ticks
from rest.tables import imported_table
from tests.chart_samples import SAMPLES, sample

ORDERS = Path(__file__).parent.parent / "examples" / "tables" / "orders.csv"
WORKSPACE = "0a6a5bd2-0000-4000-8000-000000000001"
SPECS: dict[str, dict[str, Any]] = {
    "bar": {"x": {"column": "region"}},
    "line": {"x": {"column": "order_date", "truncate": "month"}, "group": {"column": "channel"}},
    "area": {"x": {"column": "order_date", "truncate": "week"}, "group": {"column": "channel"}},
    "pie": {"x": {"column": "carrier"}},
    "donut": {"x": {"column": "carrier"}},
    "scatter": {"x": {"column": "units"}, "y": [{"column": "delivery_hours", "agg": "avg"}]},
    "heatmap": {"x": {"column": "region"}, "group": {"column": "carrier"}},
    "histogram": {"x": {"column": "delivery_hours"}, "y": [{"agg": "count"}]},
    "table": {"x": {"column": "product_line"}},
    "value": {"x": {"column": "region"}},
}


def spec_of(kind: str) -> dict[str, Any]:
    revenue = [{"column": "total_amount", "agg": "sum", "label": "Revenue"}]
    return {"v": 1, "kind": kind, "title": f"{kind} chart", "y": revenue, **SPECS[kind]}


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  (which we drew ourselves)


def chart_id(name: str) -> str:
    return id_of("CHART", ORGANIZATION_ID, "VAI", name)


@pytest.fixture
async def charts(database: Database, importer: Importer) -> dict[str, str]:
    """A chart of each kind over the orders, and one that names no column of theirs: ids by kind."""
    base = f"/api/v1/workspaces/{WORKSPACE}"
    specs = {kind: spec_of(kind) for kind in SPECS} | {"broken": spec_of("bar") | {"x": {"column": "nowhere"}}}
    documents = [{"id": f"c-{kind}", "workspaceId": WORKSPACE, "title": kind, "position": place, "spec": spec}
                 for place, (kind, spec) in enumerate(specs.items())]  # fmt: skip
    await importer.lines(
        exchange("vai", f"GET {base}", {"workspace": {"id": WORKSPACE, "title": "Orders"}}),
        exchange("vai", f"GET {base}/charts", {"items": documents}),
    )
    await imported_table(database, ORGANIZATION_ID, ORDERS, workspace=WORKSPACE)
    return {kind: chart_id(f"c-{kind}") for kind in specs}


async def test_every_kind_has_an_option_and_a_picture(graph: Graph, charts: dict[str, str]) -> None:
    for kind in SPECS:
        answer = await graph.data("query ($id: ID!) { chart(id: $id) { echartsOption svg } }", id=charts[kind])
        assert answer["chart"]["echartsOption"]["title"][0]["text"] == f"{kind} chart"
        assert f"{kind} chart" in "".join(parsed(answer["chart"]["svg"]).itertext())


@pytest.mark.parametrize(
    "executor", [StrawberryGraphQLCoreExecutionContext, BreadthFirstExecutor], ids=["graphql-core", "breadth-first"]
)
async def test_both_pictures_in_two_themes_read_the_table_once(
    graph: Graph, charts: dict[str, str], statements: list[str], executor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph.schema, "execution_context_class", executor)
    statements.clear()

    ids = [charts["bar"], charts["pie"]]
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Chart {
        echartsOption dark: echartsOption(theme: DARK) svg again: svg light: svg(theme: LIGHT) } } }"""
    answer = await graph.data(query, ids=ids)

    assert [one["svg"] == one["again"] != one["light"] for one in answer["nodes"]] == [True, True]
    assert [one["dark"]["darkMode"] for one in answer["nodes"]] == [True, True]
    assert len([told for told in statements if "GROUP BY" in told.upper()]) == 2, statements


async def test_a_chart_that_cannot_be_drawn_says_why_and_spoils_no_other(graph: Graph, charts: dict[str, str]) -> None:
    ids = [charts["broken"], charts["value"]]
    answer = await graph.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Chart { title svg } } }", ids=ids)

    assert answer.data is not None and answer.errors is not None
    assert [(one["title"], bool(one["svg"])) for one in answer.data["nodes"]] == [("broken", False), ("value", True)]
    (error,) = answer.errors
    assert error.path == ["nodes", 0, "svg"]
    assert "spec.x.column" in json.dumps(error.original_error.details)  # type: ignore[union-attr]


async def test_a_hidden_chart_has_no_picture(graph: Graph, charts: dict[str, str]) -> None:
    graph.viewer = type(graph.viewer)("another organisation", "N-tester", "x@y.example", graph.viewer.scopes)
    assert await graph.data("query ($id: ID!) { chart(id: $id) { svg echartsOption } }", id=charts["bar"]) == {
        "chart": None
    }


async def test_other_requests_are_answered_while_large_pictures_are_drawn() -> None:
    from resolvers.chart_pictures import Pictures

    big = sample("bar", [(f"x{n}", n, f"g{n % 50}") for n in range(10_000)], group="g")
    drawing = asyncio.create_task(asyncio.to_thread(Pictures(svg_of)._drawn, [big] * 5))
    turns = 0
    while not drawing.done():
        await asyncio.sleep(0.005)
        turns += 1
    assert turns > 5
    assert all(len(one) < 1_500_000 for one in await drawing)


HOSTILE = '<script>alert("1")</script>&\'{b} $& ]]> \n\r\t\0\ud800 javascript:x 😀' + "long " * 3_000
SPOKEN = HOSTILE.replace("\0", "").replace("\ud800", "")  # which a specification may hold


@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.parametrize("theme", ["AUTO", "LIGHT", "DARK"])
def test_a_picture_is_safe_whatever_its_labels_are(kind: str, theme: str) -> None:
    spec, data = sample(
        kind.lower(),
        [(HOSTILE, 3, HOSTILE + "1"), (HOSTILE + "2", 5, HOSTILE + "1"), (None, -1, None), ("", 2, HOSTILE + "1")],
        group=SPOKEN[:200],
        measures=(SPOKEN[:900],),
    )
    spec = spec.model_copy(update={"title": SPOKEN[:900], "subtitle": SPOKEN[:900]})
    drawn = svg_of(spec, data, theme)

    root = parsed(drawn)
    names = {one.tag.rpartition("}")[2] for one in root.iter()}
    attributes = {name for one in root.iter() for name in one.attrib}
    assert names <= {"svg", "title", "rect", "text", "line", "path", "circle"}
    assert not {name for name in attributes if name.startswith("on") or "href" in name or name == "style"}
    assert not re.search(r"url\(|<!|<\?", drawn)
    assert len(drawn) < 20_000
    assert drawn == svg_of(spec, data, theme)
    json.dumps(option_of(spec, data, theme), allow_nan=False).encode()


def marks(svg: str, name: str, *, told: bool = True) -> int:
    """How many marks there are of an element; those that tell of themselves."""
    found = parsed(svg).iter(f"{{http://www.w3.org/2000/svg}}{name}")
    return len([one for one in found if (len(one) > 0) == told])


@pytest.mark.parametrize(
    ("kind", "name", "count"),
    [("BAR", "rect", 5), ("LINE", "circle", 8), ("AREA", "circle", 8), ("PIE", "path", 5), ("DONUT", "path", 5),
     ("SCATTER", "circle", 24), ("HEATMAP", "rect", 7), ("HISTOGRAM", "rect", 6), ("TABLE", "rect", 0),
     ("VALUE", "rect", 0)],
)  # fmt: skip
def test_a_picture_has_a_mark_for_each_figure_and_all_labels(kind: str, name: str, count: int) -> None:
    drawn = svg_of(*SAMPLES[kind], "LIGHT")
    words = "".join(f"|{word}|" for word in parsed(drawn).itertext())

    assert marks(drawn, name) == count
    figures = figures_of(*SAMPLES[kind])
    shown = {"SCATTER": ["0", "25"], "LINE": ["2026-06", "2026-09"], "AREA": ["2026-06", "2026-09"],
             "VALUE": ["1,234,567.89"]}.get(kind, figures.xs)  # fmt: skip
    series = [one.name for one in figures.series] if len(figures.series) > 1 else []
    assert [word for word in (figures.title, "A second line", *shown, *series) if f"|{word}" not in words] == []


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_chart_without_figures_says_so(kind: str) -> None:
    spec, data = sample(kind.lower(), [], group="channel")
    assert "No figures" in svg_of(spec, data)
    assert option_of(spec, data)["title"][-1]["text"] == "No figures"


@pytest.mark.parametrize("kind", SAMPLES)
def test_single_null_negative_and_extreme_figures_are_drawn(kind: str) -> None:
    points = [("a", None), (None, -5), ("b", 1e300), ("c", 0.1 + 0.2), ("d", float("nan")), ("e", float("inf"))]
    for some in (points, points[:1], points[1:2], [("a", 0)], [("a", 7)], [("a", -1e-12)]):
        spec, data = sample(kind.lower(), some, group=None if kind != "HEATMAP" else "g")
        assert "nan" not in svg_of(spec, data).lower().replace("finance", "")
        json.dumps(option_of(spec, data), allow_nan=False)


def test_only_so_much_is_drawn_and_the_picture_says_so() -> None:
    drawn = svg_of(*sample("bar", [(f"x{n}", n) for n in range(10_000)], truncated=True))
    assert marks(drawn, "rect") == 4_000
    assert "first 10,000 points only, 4,000 of 10,000 drawn" in drawn


@pytest.mark.parametrize("kind", SAMPLES)
def test_ten_thousand_groups_of_ten_thousand_places_are_cut_before_they_multiply(kind: str) -> None:
    spec, data = sample(kind.lower(), [(f"x{n}", n, f"g{n}") for n in range(10_000)], group="g")
    figures = figures_of(spec, data)
    assert (len(figures.xs), len(figures.series)) == (10_000, 10)
    assert figures.heading == "A second line · 10 of 10,000 series"
    assert len(json.dumps(option_of(spec, data))) < 5_000_000
    assert len(svg_of(spec, data)) < 1_000_000


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1234567, "1,234,567"), (0.1 + 0.2, "0.3"), (12.345, "12.35"), (1e-9, "1e-09"), (-0.5, "-0.5"), (100.0, "100")],
)
def test_numbers_are_written_for_people(value: float, shown: str) -> None:
    found = number_of(value)
    assert found is not None and written(found) == shown


@pytest.mark.parametrize(
    ("low", "high", "steps"),
    [(0, 10, [0, 2, 4, 6, 8, 10]), (-3, 4, [-4, -2, 0, 2, 4]), (0, 0, [0, 0.2, 0.4, 0.6, 0.8, 1]), (5, 5, [4, 4.5, 5, 5.5, 6])],
)  # fmt: skip
def test_steps_of_an_axis_are_round(low: float, high: float, steps: list[float]) -> None:
    assert ticks(low, high) == steps


def test_names_are_told_apart_and_null_and_empty_are_named() -> None:
    spec, data = sample(
        "bar", [("a", 1), (None, 2), ("(none)", 3), ("", 4), (True, 5), (1, 6), ("x" * 99, 7), ("x" * 98, 8)]
    )
    long = "x" * 59 + "…"
    assert figures_of(spec, data).xs == ["a", "(none)", "(none) (2)", "(empty)", "true", "1", long, f"{long} (2)"]
    assert label_of("two\nlines\u202e") == "two lines"


def test_elements_escape_what_they_are_given() -> None:
    assert text("<&>", 1, 2) == '<text x="1" y="2" font-size="11">&lt;&amp;&gt;</text>'
    assert element("a", b='"<') == "<a b='\"&lt;'/>"
    assert [number(value) for value in (0.04, -0.04, 1.25, 3, -2.5)] == ["0", "0", "1.2", "3", "-2.5"]
