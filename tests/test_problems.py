"""Problems of inputs: each by its path, in the words of the graph."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from operations.charts import CreateChart, UpdateChart
from operations.problems import problems_of


def test_problems_are_told_by_the_names_of_the_graph() -> None:
    with pytest.raises(ValidationError) as caught:
        UpdateChart.model_validate({"id": "chart", "renderer_config": 3, "title": " "})

    assert problems_of(caught.value) == {
        "rendererConfig": "input should be a valid dictionary",
        "title": "string should have at least 1 character",
    }


def test_a_problem_far_below_has_the_whole_path_and_keeps_words_of_capitals() -> None:
    spec = {"kind": "bar", "x": {"column": "day"}, "y": [{"agg": "count"}, {"agg": "sum"}]}
    with pytest.raises(ValidationError) as caught:
        CreateChart.model_validate({"workspace_id": "workspace", "spec": spec})

    told = "SUM takes a column; only COUNT counts rows without one"
    assert problems_of(caught.value) == {"spec.y[1].column": told}
    assert problems_of(caught.value, "charts[0]") == {"charts[0].spec.y[1].column": told}
