"""Section 6.4.3, lists: what counts as one, of what its items may consist, and where their nulls go."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from graphql import execute, parse

from tests.execution.agreement import agreed, both, schema_of, told, watched

SCHEMA = schema_of(
    """
    type Query { ints: [Int], texts: [String], its: [It], grid: [[Int]], itGrid: [[It]] }
    type It { int: Int, must: Int!, ints: [Int], its: [It] }
    """
)


class Items:
    """An iterable that is no collection."""

    def __init__(self, *items: Any) -> None:
        self.items = items

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    @staticmethod
    def itself(item: Any) -> Any:
        """The item."""
        return item


class Later:
    """An asynchronous iterable that is no generator."""

    def __init__(self, *items: Any) -> None:
        self.waiting = deque(items)

    def __aiter__(self) -> Later:
        return self

    async def __anext__(self) -> Any:
        await asyncio.sleep(0)
        if not self.waiting:
            raise StopAsyncIteration
        return self.waiting.popleft()


async def awaited(value: Any) -> Any:
    await asyncio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


async def each_later(*items: Any) -> AsyncIterator[Any]:
    for item in items:
        await asyncio.sleep(0)
        if isinstance(item, Exception):
            raise item
        yield item


MADE = [
    pytest.param(lambda *items: list(items), id="list"),
    pytest.param(lambda *items: tuple(items), id="tuple"),
    pytest.param(lambda *items: deque(items), id="deque"),
    pytest.param(lambda *items: dict(enumerate(items)).values(), id="view of values"),
    pytest.param(lambda *items: (item for item in items), id="generator"),
    pytest.param(lambda *items: iter(items), id="iterator"),
    pytest.param(lambda *items: map(Items.itself, items), id="map"),
    pytest.param(Items, id="iterable"),
    pytest.param(each_later, id="asynchronous generator"),
    pytest.param(Later, id="asynchronous iterable"),
    pytest.param(lambda *items: awaited(list(items)), id="awaited list"),
    pytest.param(lambda *items: awaited(each_later(*items)), id="awaited asynchronous generator"),
    pytest.param(lambda *items: [awaited(item) for item in items], id="list of awaitables"),
    pytest.param(lambda *items: awaited([awaited(item) for item in items]), id="awaited list of awaitables"),
    pytest.param(lambda *items: (awaited(item) for item in items), id="generator of awaitables"),
    pytest.param(lambda *items: each_later(*[awaited(item) for item in items]), id="asynchronous generator of awaitables"),
    pytest.param(lambda *items: [awaited(item) if number else item for number, item in enumerate(items)], id="some awaitables"),
]  # fmt: skip


@pytest.mark.parametrize("made", MADE)
async def test_a_list_may_be_made_of(made: Any) -> None:
    query = "{ ints its { int ints its { int } } texts }"

    def root() -> dict[str, Any]:
        deep = {"int": 2, "ints": made(4), "its": made({"int": 3}, {"int": 5})}
        return {"ints": made(1, None, 3), "its": made({"int": 1}, None, deep), "texts": made()}

    assert await both(SCHEMA, query, root_value=root) == (
        {
            "ints": [1, None, 3],
            "its": [
                {"int": 1, "ints": None, "its": None},
                None,
                {"int": 2, "ints": [4], "its": [{"int": 3}, {"int": 5}]},
            ],
            "texts": [],
        },
        [],
    )


@pytest.mark.parametrize(
    "value", [{3}, frozenset({3}), {3: 4}.keys(), range(3, 4)], ids=["set", "frozenset", "keys", "range"]
)
async def test_a_list_may_be_made_of_hashable_items(value: Any) -> None:
    assert await both(SCHEMA, "{ ints }", root_value={"ints": value}) == ({"ints": [3]}, [])


@pytest.mark.parametrize(
    "value", ["ab", b"ab", bytearray(b"ab"), {"a": 1}, 3, True, object],
    ids=["text", "bytes", "bytearray", "mapping", "int", "true", "class"],
)  # fmt: skip
@pytest.mark.parametrize("field", ["ints", "texts", "its { int }"])
async def test_no_list_is_made_of(value: Any, field: str) -> None:
    name, *_below = field.split()
    schema = schema_of(
        "type Query { ints: [Int], texts: [String], its: [It] } type It { int: Int }",
        {f"Query.{name}": lambda _root, _info: value},
    )
    assert await both(schema, f"{{ {field} }}") == (
        {name: None},
        [f"{name}: Expected Iterable, but did not find one for field 'Query.{name}'."],
    )


async def test_no_list_is_made_within_a_list() -> None:
    root = {"grid": [[1], 2, "ab", [3]]}
    message = "Expected Iterable, but did not find one for field 'Query.grid'."
    assert await both(SCHEMA, "{ grid }", root_value=root) == (
        {"grid": [[1], None, None, [3]]},
        [f"grid.1: {message}", f"grid.2: {message}"],
    )


async def test_an_item_that_is_a_list_is_no_leaf() -> None:
    assert await both(SCHEMA, "{ ints }", root_value={"ints": [1, [2]]}) == (
        {"ints": [1, None]},
        ["ints.1: Int cannot represent non-integer value: [2]"],
    )


NULLS = [
    pytest.param("[Int]", None, None, [], id="[Int], null"),
    pytest.param("[Int]", [1, None], [1, None], [], id="[Int], item null"),
    pytest.param("[Int]", [], [], [], id="[Int], empty"),
    pytest.param("[Int]!", None, ..., ["f"], id="[Int]!, null"),
    pytest.param("[Int]!", [1, None], [1, None], [], id="[Int]!, item null"),
    pytest.param("[Int!]", None, None, [], id="[Int!], null"),
    pytest.param("[Int!]", [1, None], None, ["f.1"], id="[Int!], item null"),
    pytest.param("[Int!]!", None, ..., ["f"], id="[Int!]!, null"),
    pytest.param("[Int!]!", [None, 1], ..., ["f.0"], id="[Int!]!, item null"),
    pytest.param("[Int!]!", [], [], [], id="[Int!]!, empty"),
    pytest.param("[[Int]]", [[1, None], None, []], [[1, None], None, []], [], id="[[Int]], nulls"),
    pytest.param("[[Int!]]", [[1, None], None, [2]], [None, None, [2]], ["f.0.1"], id="[[Int!]], nulls"),
    pytest.param("[[Int]!]", [[1, None], [2]], [[1, None], [2]], [], id="[[Int]!], item null"),
    pytest.param("[[Int]!]", [[1, None], None], None, ["f.1"], id="[[Int]!], list null"),
    pytest.param("[[Int!]!]", [[2], [1, None]], None, ["f.1.1"], id="[[Int!]!], item null"),
    pytest.param("[[Int]]!", [None, [None]], [None, [None]], [], id="[[Int]]!, nulls"),
    pytest.param("[[Int]!]!", [[None], None], ..., ["f.1"], id="[[Int]!]!, list null"),
    pytest.param("[[Int!]!]!", [[1], [2, None]], ..., ["f.1.1"], id="[[Int!]!]!, item null"),
    pytest.param("[[Int!]!]!", [[1], [2, 3], []], [[1], [2, 3], []], [], id="[[Int!]!]!, whole"),
    pytest.param("[[[Int!]]!]", [[[1], [None]], [None]], [[[1], None], [None]], ["f.0.1.0"], id="[[[Int!]]!], item null"),
    pytest.param("[[[Int!]!]]", [[[1], [None]], [[2]]], [None, [[2]]], ["f.0.1.0"], id="[[[Int!]!]], item null"),
]  # fmt: skip


def _each_awaited(value: Any) -> Any:
    return [awaited(_each_awaited(item)) for item in value] if isinstance(value, list) else value


def _each_streamed(value: Any) -> Any:
    return each_later(*map(_each_streamed, value)) if isinstance(value, list) else value


@pytest.mark.parametrize("items", ["plain", "awaited", "awaited each", "streamed"])
@pytest.mark.parametrize(("of", "value", "answered", "paths"), NULLS)
async def test_a_null_goes_up_to_where_one_may_be(
    of: str, value: Any, answered: Any, paths: list[str], items: str
) -> None:
    made = {"plain": lambda one: one, "awaited": awaited, "awaited each": _each_awaited, "streamed": _each_streamed}
    schema = schema_of(
        f"type Query {{ up: Up }} type Up {{ f: {of}, g: Int }}",
        {"Query.up": lambda _root, _info: {"g": 1}, "Up.f": lambda _root, _info: made[items](value)},
    )
    assert await both(schema, "{ up { g f } }") == (
        {"up": None if answered is ... else {"g": 1, "f": answered}},
        [f"up.{path}: Cannot return null for non-nullable field Up.f." for path in paths],
    )


OBJECTS = [
    pytest.param(
        "[It]", [{"must": 1}, {}, None, {"must": 2}], [{"must": 1}, None, None, {"must": 2}], ["f.1.must"], id="[It]"
    ),
    pytest.param("[It!]", [{"must": 1}, {}, {"must": 2}], None, ["f.1.must"], id="[It!]"),
    pytest.param("[It!]!", [{"must": 1}, {}], ..., ["f.1.must"], id="[It!]!"),
    pytest.param("[It]!", [{}, {"must": 1}], [None, {"must": 1}], ["f.0.must"], id="[It]!"),
    pytest.param("[[It]]", [[{"must": 1}, {}], [], None], [[{"must": 1}, None], [], None], ["f.0.1.must"], id="[[It]]"),
    pytest.param("[[It!]]", [[{"must": 1}, {}], [{"must": 2}]], [None, [{"must": 2}]], ["f.0.1.must"], id="[[It!]]"),
    pytest.param("[[It!]!]", [[{"must": 1}], [{}]], None, ["f.1.0.must"], id="[[It!]!]"),
]


@pytest.mark.parametrize("items", ["plain", "awaited", "awaited each", "streamed"])
@pytest.mark.parametrize(("of", "value", "answered", "paths"), OBJECTS)
async def test_a_null_within_an_object_goes_up_through_lists(
    of: str, value: Any, answered: Any, paths: list[str], items: str
) -> None:
    made = {"plain": lambda one: one, "awaited": awaited, "awaited each": _each_awaited, "streamed": _each_streamed}
    schema = schema_of(
        f"type Query {{ up: Up }} type Up {{ f: {of}, g: Int }} type It {{ must: Int! }}",
        {"Query.up": lambda _root, _info: {"g": 1}, "Up.f": lambda _root, _info: made[items](value)},
    )
    assert await both(schema, "{ up { f { must } g } }") == (
        {"up": None if answered is ... else {"f": answered, "g": 1}},
        [f"up.{path}: Cannot return null for non-nullable field It.must." for path in paths],
    )


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: [1, ValueError("no"), 3], id="given as an item"),
        pytest.param(lambda: [1, awaited(ValueError("no")), 3], id="raised by an awaited item"),
        pytest.param(lambda: awaited([awaited(1), awaited(ValueError("no")), 3]), id="raised by one of many"),
        pytest.param(lambda: each_later(1, awaited(ValueError("no")), 3), id="raised by an item that came later"),
    ],
)
async def test_an_error_of_an_item_nulls_the_item(made: Any) -> None:
    root = {"ints": made}
    schema = schema_of("type Query { ints: [Int] }", {"Query.ints": lambda root, _info: root["ints"]()})
    assert await both(schema, "{ ints }", root_value=root) == ({"ints": [1, None, 3]}, ["ints.1: no"])


def _broken() -> Iterator[int]:
    yield 1
    raise ValueError("no more")


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(_broken, id="generator"),
        pytest.param(lambda: each_later(1, ValueError("no more")), id="asynchronous generator"),
        pytest.param(lambda: awaited(ValueError("no more")), id="awaited"),
    ],
)
async def test_a_list_that_breaks_off_is_null(made: Any) -> None:
    schema = schema_of(
        "type Query { it: It } type It { ints: [Int], its: [It], int: Int }",
        {
            "Query.it": lambda _root, _info: {"int": 1},
            "It.ints": lambda _root, _info: made(),
            "It.its": lambda _root, _info: made(),
        },
    )
    assert await both(schema, "{ it { ints int its { int } } }") == (
        {"it": {"ints": None, "int": 1, "its": None}},
        ["it.ints: no more", "it.its: no more"],
    )


async def test_lists_of_lists_of_objects_keep_their_shape() -> None:
    shared = {"int": 1, "its": [{"int": 2}]}
    root = {"itGrid": [[shared, None], None, [], [shared, {"its": [None, shared]}]]}
    whole = {"int": 1, "its": [{"int": 2}]}
    assert await both(SCHEMA, "{ itGrid { int its { int } } }", root_value=root) == (
        {"itGrid": [[whole, None], None, [], [whole, {"int": None, "its": [None, {"int": 1}]}]]},
        [],
    )


async def test_one_generator_is_gone_through_once() -> None:
    items = [{"int": number} for number in range(3)]
    result = await agreed(SCHEMA, "{ its { int } }", root_value=lambda: {"its": (item for item in items)})
    assert told(result) == ({"its": items}, [])


async def test_an_asynchronous_generator_is_closed_when_its_list_breaks() -> None:
    closed: list[bool] = []

    async def items() -> AsyncIterator[Any]:
        try:
            for number in range(100):
                yield number if number < 2 else None
        finally:
            closed.append(True)

    schema = schema_of("type Query { ints: [Int!] }", {"Query.ints": lambda _root, _info: items()})
    assert await both(schema, "{ ints }") == (
        {"ints": None},
        ["ints.2: Cannot return null for non-nullable field Query.ints."],
    )
    assert closed == [True] * 3


async def test_a_long_list_is_answered_in_order() -> None:
    root = {"its": [{"int": number, "ints": [number] * (number % 4)} for number in range(5_000)]}
    assert await both(SCHEMA, "{ its { ints int } }", root_value=root) == (
        {"its": [{"ints": one["ints"], "int": one["int"]} for one in root["its"]]},
        [],
    )


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([{"int": 1}], id="list"),
        pytest.param(({"int": 1},), id="tuple"),
        pytest.param({"a": {"int": 1}}.values(), id="view of values"),
        pytest.param(deque([{"int": 1}]), id="deque"),
        pytest.param(Items({"int": 1}), id="iterable"),
        pytest.param(map(dict, [{"int": 1}]), id="map"),
    ],
)
def test_a_list_that_needs_no_waiting_needs_no_loop(value: Any) -> None:
    result = execute(SCHEMA, parse("{ its { int } }"), {"its": value}, executor_class=watched()[0])
    assert told(result) == ({"its": [{"int": 1}]}, [])


def test_what_is_no_list_needs_no_loop_either() -> None:
    result = execute(SCHEMA, parse("{ ints its { int } }"), {"ints": "12", "its": []}, executor_class=watched()[0])
    assert told(result) == (
        {"ints": None, "its": []},
        ["ints: Expected Iterable, but did not find one for field 'Query.ints'."],
    )


async def test_an_exception_that_was_awaited_is_an_error_of_its_item() -> None:
    async def given() -> Any:
        return ValueError("given")

    schema = schema_of(
        "type Query { ints: [Int], int: Int, its: [It] } type It { int: Int }",
        {
            "Query.ints": lambda _root, _info: [1, given()],
            "Query.int": lambda _root, _info: given(),
            "Query.its": lambda _root, _info: each_later({"int": 1}, given()),
        },
    )
    assert await both(schema, "{ ints int its { int } }") == (
        {"ints": [1, None], "int": None, "its": [{"int": 1}, None]},
        ["int: given", "ints.1: given", "its.1: given"],
    )
