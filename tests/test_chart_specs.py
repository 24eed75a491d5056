"""Chart specifications are read as VAI writes them, given back equal, and refused with every problem by its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from errors import InvalidInputError
from operations.chart_specs import (
    ChartAxis,
    ChartFilter,
    ChartGroup,
    ChartMeasure,
    ChartSort,
    ChartSpec,
    chart_spec,
    upper_word,
)

EXAMPLES = Path(__file__).parent.parent / "examples"
BAR = {"kind": "bar", "x": {"column": "region"}, "y": [{"agg": "count"}]}


def specs_in(value: Any) -> list[dict[str, Any]]:
    """Every member `spec` of a chart, wherever in a document."""
    if isinstance(value, list):
        return [spec for one in value for spec in specs_in(one)]
    if not isinstance(value, dict):
        return []
    own = [value["spec"]] if isinstance(value.get("spec"), dict) else []
    return own + [spec for one in value.values() for spec in specs_in(one)]


def problems_of(document: Any) -> dict[str, str]:
    with pytest.raises(InvalidInputError) as caught:
        chart_spec(document)
    return {one["path"]: one["message"] for one in caught.value.details["fields"]}


def test_the_specifications_of_the_examples_are_given_back_as_they_came() -> None:
    lines = (EXAMPLES / "vai.jsonl").read_text().splitlines()
    found = [spec for line in lines for spec in specs_in(json.loads(line))]

    assert len(found) == 12
    assert [chart_spec(spec).to_document() for spec in found] == found


def test_what_a_document_leaves_out_or_gives_as_null_has_its_default() -> None:
    nulls = dict.fromkeys(("v", "title", "theme", "group", "filters", "sort", "limit"))

    assert chart_spec(BAR | nulls) == chart_spec(BAR)
    assert chart_spec(BAR).to_document() == {
        "v": 1,
        "kind": "bar",
        "title": None,
        "subtitle": None,
        "theme": "auto",
        "x": {"column": "region"},
        "y": [{"column": None, "agg": "count", "label": None}],
        "group": None,
        "filters": [],
        "sort": None,
        "limit": 1000,
    }


def test_words_are_read_in_either_case_and_written_as_vai_has_them() -> None:
    given = {
        "kind": "Donut",
        "theme": "DARK",
        "x": {"column": "day", "truncate": "Quarter"},
        "y": [{"agg": "countDistinct", "column": "id"}],
        "filters": [{"column": "region", "op": "NOT_IN", "value": ["a"]}, {"column": "n", "op": ">=", "value": 2}],
        "sort": {"by": "Y", "order": "DESC"},
        "nobody": "knows this",
    }

    written = chart_spec(given).to_document()

    assert written == {
        "v": 1,
        "kind": "donut",
        "title": None,
        "subtitle": None,
        "theme": "dark",
        "x": {"column": "day", "truncate": "quarter"},
        "y": [{"column": "id", "agg": "count_distinct", "label": None}],
        "group": None,
        "filters": [{"column": "region", "op": "notIn", "value": ["a"]}, {"column": "n", "op": "gte", "value": 2}],
        "sort": {"by": "y", "order": "desc"},
        "limit": 1000,
    }
    assert chart_spec(written) == chart_spec(given)


@pytest.mark.parametrize(
    ("word", "read"),
    [("notIn", "NOT_IN"), ("not_in", "NOT_IN"), ("not-in", "NOT_IN"), ("isNull", "IS_NULL"), ("==", "EQ"), (3, 3)],
)
def test_a_word_is_read_however_it_is_written(word: Any, read: Any) -> None:
    assert upper_word(word) == read


def test_all_problems_are_told_at_once_each_at_its_place() -> None:
    told = problems_of(
        {
            "v": 2,
            "kind": "radar",
            "theme": "pink",
            "x": {"column": ""},
            "y": [{"agg": "mode", "column": "a"}, {"agg": "sum"}, 7],
            "group": {},
            "filters": [{"column": "a", "op": "like", "value": 1}, {"column": "a\0", "op": "eq", "value": 1}],
            "sort": {"by": "z", "order": "up"},
            "limit": 10_001,
        }
    )

    assert set(told) == {
        "spec.v",
        "spec.kind",
        "spec.theme",
        "spec.x.column",
        "spec.y[0].agg",
        "spec.y[1].column",
        "spec.y[2]",
        "spec.group.column",
        "spec.filters[0].op",
        "spec.filters[1].column",
        "spec.sort.by",
        "spec.sort.order",
        "spec.limit",
    }
    assert told["spec.y[1].column"] == "SUM takes a column; only COUNT counts rows without one"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"y": []}, "spec.y"),
        ({"y": [{"agg": "count"}] * 21}, "spec.y"),
        ({"y": "sum"}, "spec.y"),
        ({"filters": [{"column": "a", "op": "isNull"}] * 51}, "spec.filters"),
        ({"limit": 0}, "spec.limit"),
        ({"kind": "heatmap"}, "spec.group"),
        ({"x": None}, "spec.x"),
        ({"x": "region"}, "spec.x"),
        ({"x": {"column": "day", "truncate": "hour"}}, "spec.x.truncate"),
        ({"x": {"column": "x" * 256}}, "spec.x.column"),
        ({"x": {"column": "half \ud800 a pair"}}, "spec.x.column"),
    ],
)
def test_what_does_not_hold_together_is_refused(change: dict[str, Any], path: str) -> None:
    assert set(problems_of(BAR | change)) == {path}


@pytest.mark.parametrize("document", [None, [], "bar", 3])
def test_what_is_no_object_is_no_specification(document: Any) -> None:
    assert set(problems_of(document)) == {"spec"}


@pytest.mark.parametrize(
    ("operator", "fit", "misfit"),
    [
        ("eq", ["a", 1, 1.5, True], [None, [], {}, ["a"]]),
        ("in", [["a"], [1, 2]], [None, "a", [], [None], [["a"]], list(range(1001))]),
        ("notIn", [["a"]], [[]]),
        ("between", [[1, 2]], [[1], [1, 2, 3], "a", [None, 1]]),
        ("contains", ["a", ""], [None, 1, ["a"]]),
        ("startsWith", ["a"], [True]),
        ("isNull", [None, True], [False, 1, "a"]),
        ("isNotNull", [None], [0]),
        ("last", [{"n": 30, "unit": "day"}, {"n": 1, "unit": "YEAR"}],
         [None, 30, {"n": 0, "unit": "day"}, {"n": 1}, {"n": True, "unit": "day"}, {"n": 1.5, "unit": "day"},
          {"n": 10_001, "unit": "day"}, {"n": 1, "unit": "hour"}, {"n": 1, "unit": ["day"]}]),
        ("thisUnit", ["month", "QUARTER"], [None, "hour", 1, ["day"]]),
    ],
)  # fmt: skip
def test_an_operator_takes_values_of_its_own_form(operator: str, fit: list[Any], misfit: list[Any]) -> None:
    for value in fit:
        chart_spec(BAR | {"filters": [{"column": "a", "op": operator, "value": value}]})
    for value in misfit:
        told = problems_of(BAR | {"filters": [{"column": "a", "op": operator, "value": value}]})
        assert set(told) == {"spec.filters[0].value"}, value
        assert told["spec.filters[0].value"].startswith(f"`{operator}` takes ")


@pytest.mark.parametrize(
    "model", [ChartSpec, ChartAxis, ChartMeasure, ChartGroup, ChartFilter, ChartSort], ids=lambda model: model.__name__
)
def test_every_field_is_described_by_a_sentence(model: Any) -> None:
    for name, field in model.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
        assert field.description[0].isupper(), name
