"""Queries that are very deep, very wide, or both."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from graphql import execute, parse

from tests.execution.agreement import agreed, both, path_of, ran, schema_of, told, watched

SDL = "type Query { it: It, its(n: Int!): [It!]! } type It { it: It, its(n: Int!): [It!]!, number: Int!, late: It, fail: Int! }"


async def late(it: int, _info: Any) -> int:
    await asyncio.sleep(0)
    return it + 1


def fail(_it: int, _info: Any) -> int:
    raise ValueError("deep down")


SCHEMA = schema_of(
    SDL,
    {
        "Query.it": lambda _root, _info: 1,
        "Query.its": lambda _root, _info, n: range(n),
        "It.it": lambda it, _info: it + 1,
        "It.its": lambda it, _info, n: [it * 10 + number for number in range(n)],
        "It.number": lambda it, _info: it,
        "It.late": late,
        "It.fail": fail,
    },
)


def depth_of(data: Any, *names: str) -> int:
    depth = 0
    while isinstance(data, dict) and (name := next((name for name in names if name in data), None)):
        data, depth = data[name], depth + 1
    return depth


@pytest.mark.parametrize("name", ["it", "late"])
@pytest.mark.parametrize("depth", [10, 40])
async def test_a_deep_query_is_answered_to_its_end(name: str, depth: int) -> None:
    query = "{ it " + f"{{ {name} " * depth + "{ number }" + " }" * depth + " }"
    data, errors = await both(SCHEMA, query)
    assert errors == []
    assert depth_of(data, "it", name) == depth + 1
    for _ in range(depth + 1):
        [data] = data.values()
    assert data == {"number": depth + 1}


@pytest.mark.parametrize("name", ["it", "late"])
async def test_a_query_as_deep_as_the_parser_takes_is_answered(name: str) -> None:
    depth = 150
    result = await ran(SCHEMA, "{ it " + f"{{ {name} " * depth + "{ number }" + " }" * depth + " }", watched()[0])
    assert result.errors is None
    data = result.data["it"]
    for _ in range(depth):
        data = data[name]
    assert data == {"number": depth + 1}


async def test_a_null_far_down_goes_up_to_where_one_may_be() -> None:
    depth = 30
    query = "{ it " + "{ it " * depth + "{ number fail }" + " }" * depth + " }"
    data, errors = await both(SCHEMA, query)
    assert depth_of(data, "it") == depth + 1
    for _ in range(depth):
        data = data["it"]
    assert data == {"it": None}
    assert errors == [f"{'it.' * (depth + 1)}fail: deep down"]


async def test_a_null_far_down_goes_up_through_all_that_must_not_be_null() -> None:
    query = "{ it { " + "its(n: 2) { " * 6 + "fail" + " }" * 8
    result = await agreed(SCHEMA, query)
    assert result.data == {"it": None}
    assert {error.message for error in result.errors} == {"deep down"}


async def test_a_wide_query_answers_each_of_its_fields() -> None:
    query = "{ it { " + " ".join(f"k{number}: number" for number in range(3_000)) + " } }"
    assert await both(SCHEMA, query) == ({"it": {f"k{number}": 1 for number in range(3_000)}}, [])


async def test_many_objects_at_the_root_are_each_answered() -> None:
    query = "{ " + " ".join(f"k{number}: it {{ late {{ number }} it {{ number }} }}" for number in range(300)) + " }"
    one = {"late": {"number": 2}, "it": {"number": 2}}
    assert await both(SCHEMA, query) == ({f"k{number}": one for number in range(300)}, [])


async def test_lists_within_lists_multiply() -> None:
    data, errors = await both(SCHEMA, "{ its(n: 5) { its(n: 4) { its(n: 3) { its(n: 2) { number } } } } }")
    assert errors == []
    numbers = [
        leaf["number"] for a in data["its"] for b in a["its"] for c in b["its"] for leaf in c["its"]
    ]  # fmt: skip
    assert numbers == [
        a * 1000 + b * 100 + c * 10 + d for a in range(5) for b in range(4) for c in range(3) for d in range(2)
    ]


async def test_an_empty_list_ends_there() -> None:
    assert await both(SCHEMA, "{ its(n: 0) { its(n: 4) { late { number } } } it { its(n: 0) { fail } } }") == (
        {"its": [], "it": {"its": []}},
        [],
    )


async def test_one_document_serves_many_requests() -> None:
    document = parse("query ($n: Int!, $yes: Boolean!) { its(n: $n) { number it @include(if: $yes) { number } } }")
    executor, reasons = watched()
    for n in (0, 1, 3, 1, 0):
        for yes in (True, False, True):
            result = execute(SCHEMA, document, variable_values={"n": n, "yes": yes}, executor_class=executor)
            result = await result if asyncio.iscoroutine(result) else result
            items = [{"number": item} | ({"it": {"number": item + 1}} if yes else {}) for item in range(n)]
            assert told(result) == ({"its": items}, [])
    assert reasons == []


async def test_one_document_serves_several_schemas() -> None:
    document = parse("{ its(n: 1) { number } }")
    other = schema_of(SDL, {"Query.its": lambda _root, _info, n: range(n - 1), "It.number": lambda it, _info: it})
    third = schema_of("type Query { its(n: Int!): [Int] }", {"Query.its": lambda _root, _info, n: [n]})
    answers = []
    for schema in (SCHEMA, other, third, SCHEMA, third, other):
        result = execute(schema, document, executor_class=watched()[0])
        answers.append(told(result if not asyncio.iscoroutine(result) else await result))
    numbers, empty, ints = ({"its": [{"number": 0}]}, []), ({"its": []}, []), ({"its": [1]}, [])
    assert answers == [numbers, empty, ints, numbers, ints, empty]


@pytest.mark.parametrize("depth", [60, 120, 170])
@pytest.mark.parametrize("field", ["it", "late", "its(n: 1)"])
async def test_an_error_as_deep_as_the_parser_takes_is_told(field: str, depth: int) -> None:
    depth = min(depth, 150) if "its" in field else depth
    query = "{ it " + f"{{ {field} " * depth + "{ fail }" + " }" * depth + " }"
    result = await ran(SCHEMA, query, watched()[0])
    key, *more = field.split("(")
    assert [error.message for error in result.errors] == ["deep down"]
    assert path_of(result.errors[0]) == f"it.{f'{key}.0.' * depth if more else f'{key}.' * depth}fail"
    assert result.data == {"it": None} if more else depth_of(result.data, "it", key) == depth + 1


async def test_every_combination_of_conditions_has_its_own_answer() -> None:
    names = "abcdefg"
    head = ", ".join(f"${name}: Boolean!" for name in names)
    body = " ".join(f"{name}: number @include(if: ${name})" for name in names)
    document = parse(f"query ({head}) {{ it {{ {body} }} }}")
    executor, reasons = watched()
    for turn in range(2 ** len(names)):
        given = {name: bool(turn >> place & 1) for place, name in enumerate(names)}
        result = execute(SCHEMA, document, variable_values=given, executor_class=executor)
        result = await result if asyncio.iscoroutine(result) else result
        assert told(result) == ({"it": {name: 1 for name in names if given[name]}}, [])
    assert reasons == []
