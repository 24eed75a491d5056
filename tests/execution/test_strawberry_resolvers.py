"""Strawberry's resolvers: what they are given, what `info` knows, data loaders, mutations, and running without a loop."""

from __future__ import annotations

from typing import Any

import pytest
from strawberry.dataloader import DataLoader

from tests.execution.agreement import agreed, both, never_awaited, on, ran, told, watched
from tests.execution.strawberry_items import (
    SCHEMA,
)


@pytest.mark.parametrize(
    ("query", "data"),
    [
        pytest.param("{ item { number name } }", {"item": {"number": 1, "name": "item"}}, id="attributes"),
        pytest.param("{ item(number: 4) { plus(by: 2) plusLater } }", {"item": {"plus": 6, "plusLater": 5}}, id="resolvers"),
        pytest.param("{ items(count: 3) { plus plusLater(by: 5) } }", {"items": [{"plus": n + 1, "plusLater": n + 5} for n in range(3)]}, id="of each item"),
        pytest.param("{ maybe(count: 3) { number } }", {"maybe": [None, {"number": 1}, None]}, id="some null"),
        pytest.param("{ item { child { child { plusLater } } } }", {"item": {"child": {"child": {"plusLater": 4}}}}, id="below each other"),
        pytest.param(
            "{ items(count: 2) { children { number children(count: 1) { number } } } }",
            {"items": [{"children": [{"number": n * 10 + k, "children": [{"number": n * 100 + k * 10}]} for k in range(2)]} for n in range(2)]},
            id="lists below lists",
        ),
        pytest.param("{ items(count: 0) { children { number } } }", {"items": []}, id="no item"),
        pytest.param("{ generated }", {"generated": [0, 1, 2]}, id="a generator"),
        pytest.param("{ yielded { number plusLater } }", {"yielded": [{"number": 0, "plusLater": 1}, {"number": 1, "plusLater": 2}]}, id="an asynchronous generator"),
        pytest.param('{ richer { described(text: "t") fromParent(suffix: "!") ofClass ofNobody renamed } }',
            {"richer": {"described": "described of 7: t", "fromParent": "7!", "ofClass": "Richer", "ofNobody": "nobody", "renamed": 3}}, id="other kinds of resolvers"),
        pytest.param("{ richer { renamed(argumentOfMine: 9) number } }", {"richer": {"renamed": 9, "number": 7}}, id="names in camel case"),
        pytest.param("{ richer { __typename child { __typename } } __typename }", {"richer": {"__typename": "Richer", "child": {"__typename": "Item"}}, "__typename": "Query"}, id="type names"),
        pytest.param("{ item { doubled doubledLater quadrupled wider(by: 1) instead extended } }",
            {"item": {"doubled": 2, "doubledLater": 2, "quadrupled": 4, "wider": 102, "instead": -1, "extended": 8}}, id="extensions"),
    ],
)  # fmt: skip
async def test_resolvers_answer(query: str, data: dict[str, Any]) -> None:
    assert await both(SCHEMA, query) == (data, [])


@pytest.mark.parametrize(
    ("query", "data", "errors"),
    [
        pytest.param("{ item { name oddFailsLater } }", {"item": {"name": "item", "oddFailsLater": None}}, ["item.oddFailsLater: 1 is odd"], id="may be null"),
        pytest.param("{ item { oddFails } }", None, ["item.oddFails: 1 is odd"], id="must not be null"),
        pytest.param("{ maybe(count: 4) { oddFails } }", {"maybe": [None] * 4}, ["maybe.1.oddFails: 1 is odd", "maybe.3.oddFails: 3 is odd"], id="of each item"),
        pytest.param("{ items(count: 3) { number oddFailsLater } }",
            {"items": [{"number": 0, "oddFailsLater": 0}, {"number": 1, "oddFailsLater": None}, {"number": 2, "oddFailsLater": 2}]},
            ["items.1.oddFailsLater: 1 is odd"], id="of one item"),
        pytest.param("{ item { givenError number } }", {"item": {"givenError": None, "number": 1}}, ["item.givenError: given"], id="given as a value"),
    ],
)  # fmt: skip
async def test_resolvers_that_fail(query: str, data: Any, errors: list[str]) -> None:
    assert await both(SCHEMA, query) == (data, errors)


async def test_a_data_loader_makes_one_batch_of_all_parents() -> None:
    batches: list[list[int]] = []

    async def load(keys: list[int]) -> list[int]:
        batches.append(keys)
        return [key + 1000 for key in keys]

    query = "{ items(count: 5) { loaded again: loaded number } }"
    answer = await both(SCHEMA, query, context_value=lambda: {"loader": DataLoader(load_fn=load)})
    assert answer == (
        {"items": [{"loaded": n + 1000, "again": n + 1000, "number": n} for n in range(5)]},
        [],
    )
    assert batches == [list(range(5))] * 3


async def test_a_data_loader_that_fails_for_one_key_fails_for_one_parent() -> None:
    async def load(keys: list[int]) -> list[Any]:
        return [ValueError(f"no {key}") if key == 2 else key for key in keys]

    context = lambda: {"loader": DataLoader(load_fn=load)}  # noqa: E731
    assert await both(SCHEMA, "{ maybe(count: 4) { loaded } }", context_value=context) == (
        {"maybe": [None, {"loaded": 1}, None, {"loaded": 3}]},
        [],
    )
    answer = await both(SCHEMA, "{ item(number: 2) { loaded } }", context_value=context)
    assert answer == (None, ["item.loaded: no 2"])


async def test_info_knows_the_field_and_the_request() -> None:
    query = "query Q($a: Int! = 2, $b: Int!) { here: toldOf(x: $a) there: item { plus(by: $b) } }"
    assert await both(SCHEMA, query, variable_values={"b": 3}, context_value="ctx") == (
        {"here": "toldOf told_of here {'a': 2, 'b': 3} ctx query", "there": {"plus": 4}},
        [],
    )


async def test_info_knows_what_is_selected_below() -> None:
    context: dict[str, Any] = {"selected": []}
    query = """query ($no: Boolean = false) {
      selected(x: 2) { n: number ...F ... on Item { child { name } } plus @include(if: $no) }
    } fragment F on Item { name }"""
    await agreed(SCHEMA, query, context_value=context)
    first, *others = context["selected"]
    assert others == [first, first]
    assert first == [
        (
            "SelectedField", "selected", None,
            [
                ("SelectedField", "number", "n", []),
                ("FragmentSpread", "F", None, [("SelectedField", "name", None, [])]),
                ("InlineFragment", None, None, [("SelectedField", "child", None, [("SelectedField", "name", None, [])])]),
                ("SelectedField", "plus", None, []),
            ],
        )
    ]  # fmt: skip


async def test_the_root_value_is_the_first_parent() -> None:
    assert await both(SCHEMA, "{ rooted }", root_value="the root") == ({"rooted": "the root the root"}, [])


async def test_mutations_run_in_series() -> None:
    query = "mutation { a: push(number: 1) b: push(number: 2) fail c: push(number: 3) }"
    assert await both(SCHEMA, query, context_value=list) == (
        {"a": [1], "b": [1, 2], "fail": None, "c": [1, 2, 3]},
        ["fail: no"],
    )


async def test_no_mutation_runs_after_one_that_nulls_all() -> None:
    context: list[int] = []
    query = "mutation { a: push(number: 1) failMust c: push(number: 3) }"
    result = await ran(SCHEMA, query, watched()[0], context_value=context)
    assert told(result) == (None, ["failMust: no"])
    assert context == [1, -1]


async def test_a_subscription_is_left_to_graphql_core() -> None:
    executor, _reasons = watched()
    events = await on(SCHEMA, executor).subscribe("subscription { count(to: 3) { number plusLater } }")
    answers = [told(event) async for event in events]
    assert answers == [({"count": {"number": n, "plusLater": n + 1}}, []) for n in range(3)]


def test_what_waits_for_nothing_can_be_executed_without_a_loop() -> None:
    executor, reasons = watched()
    result = on(SCHEMA, executor).execute_sync(
        "{ item { plus child { number } doubled } maybe(count: 2) { oddFails } }"
    )
    assert told(result) == (
        {"item": {"plus": 2, "child": {"number": 2}, "doubled": 2}, "maybe": [None, None]},
        ["maybe.1.oddFails: 1 is odd"],
    )
    assert reasons == []


async def test_what_waits_for_nothing_can_be_executed_at_once_within_a_loop() -> None:
    with never_awaited() as left:
        result = on(SCHEMA, watched()[0]).execute_sync("{ item { plus child { number } } }")
    assert told(result) == ({"item": {"plus": 2, "child": {"number": 2}}}, [])
    assert left == []


@pytest.mark.parametrize(
    "query", ["{ item { plusLater } }", "{ items(count: 1) { number } }", "{ item { loaded plus } }"]
)
def test_what_has_to_wait_says_so_where_there_is_no_loop(query: str) -> None:
    with never_awaited():  # graphql-core leaves coroutines behind here too
        result = on(SCHEMA, watched()[0]).execute_sync(query, context_value={})
        answer = told(result)
        kinds = [type(error.original_error) for error in result.errors]
        del result
    assert answer[0] is None
    assert kinds == [RuntimeError]
    assert "has to wait" in answer[1][0]  # it says what to do, not where asyncio broke
