"""Section 6.4.2: what a field's resolver is called with, and what it may answer with."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLSchema, execute, parse

from tests.execution.agreement import agreed, both, path_of, schema_of, told, watched

SDL = """
type Query { it: It, its: [It], number: Int, text: String }
type It { number: Int, text: String, it: It, its: [It], sum(of: Int!): Int }
"""
SCHEMA = schema_of(SDL)


class Thing:
    """An object whose fields are attributes, methods and properties."""

    def __init__(self, number: int) -> None:
        self.number = number

    @property
    def text(self) -> str:
        return f"text of {self.number}"

    def it(self, _info: Any) -> Thing:
        return Thing(self.number + 1)

    async def its(self, _info: Any) -> list[Thing]:
        return [Thing(self.number + 2), Thing(self.number + 3)]

    def sum(self, _info: Any, of: int) -> int:
        return self.number + of


class Awaited:
    """An awaitable that is no coroutine."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __await__(self) -> Generator[Any, None, Any]:
        yield from asyncio.sleep(0).__await__()
        return self.value


async def later(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


def task_of(value: Any) -> asyncio.Task[Any]:
    return asyncio.ensure_future(later(value))


def future_of(value: Any) -> asyncio.Future[Any]:
    future = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future


@pytest.mark.parametrize(
    ("query", "data"),
    [
        pytest.param("{ it { number } }", {"it": {"number": 1}}, id="attribute"),
        pytest.param("{ it { text } }", {"it": {"text": "text of 1"}}, id="property"),
        pytest.param("{ it { it { it { number } } } }", {"it": {"it": {"it": {"number": 3}}}}, id="method"),
        pytest.param("{ it { its { number } } }", {"it": {"its": [{"number": 3}, {"number": 4}]}}, id="async method"),
        pytest.param("{ it { sum(of: 4) } }", {"it": {"sum": 5}}, id="method with an argument"),
        pytest.param("{ number }", {"number": None}, id="absent key"),
    ],
)
async def test_a_field_without_a_resolver_is_read_from_its_parent(query: str, data: dict[str, Any]) -> None:
    assert await both(SCHEMA, query, root_value={"it": Thing(1)}) == (data, [])


async def test_an_attribute_that_raises_is_an_error_of_its_field() -> None:
    class Raising:
        number = 1

        @property
        def text(self) -> str:
            raise ValueError("no text")

    assert await both(SCHEMA, "{ it { text number } }", root_value={"it": Raising()}) == (
        {"it": {"text": None, "number": 1}},
        ["it.text: no text"],
    )


async def test_a_field_resolver_may_be_given_for_the_whole_request() -> None:
    def resolver(source: Any, info: Any, **arguments: Any) -> Any:
        return source if info.field_name in {"it", "its"} else (source, info.field_name, arguments)[1]

    schema = schema_of(SDL, {"It.number": lambda _source, _info: 7})
    assert await both(schema, "{ it { text number } }", root_value="root", field_resolver=resolver) == (
        {"it": {"text": "text", "number": 7}},
        [],
    )


@pytest.mark.parametrize("made", [later, task_of, future_of, Awaited], ids=["coroutine", "task", "future", "awaitable"])
async def test_a_value_may_be_awaited(made: Any) -> None:
    schema = schema_of(
        SDL,
        {
            "Query.it": lambda _root, _info: made({"number": 1, "its": [{"number": 2}, {"number": 3}]}),
            "It.text": lambda it, _info: made(f"text of {it['number']}"),
            "It.its": lambda it, _info: made(it.get("its")),
        },
    )
    assert await both(schema, "{ it { number text its { text its { text } } } }") == (
        {
            "it": {
                "number": 1,
                "text": "text of 1",
                "its": [{"text": "text of 2", "its": None}, {"text": "text of 3", "its": None}],
            }
        },
        [],
    )


async def test_a_value_that_is_awaited_may_be_awaitable_no_second_time() -> None:
    schema = schema_of(SDL, {"Query.number": lambda _root, _info: later(Awaited(3))})
    result = await agreed(schema, "{ number }")
    assert result.data == {"number": None}
    assert path_of(result.errors[0]) == "number"


async def test_the_resolver_knows_where_it_is() -> None:
    seen: dict[str, Any] = {}

    def note(source: Any, info: Any, **arguments: Any) -> Any:
        path = ".".join(map(str, info.path.as_list()))
        seen[path] = (
            info.field_name, str(info.parent_type), str(info.return_type), source, info.context, arguments,
            [node.alias.value if node.alias else None for node in info.field_nodes], info.path.typename,
        )  # fmt: skip
        return 5

    schema = schema_of(SDL, {"It.number": note, "It.sum": note})
    root = {"its": [{"k": 0, "it": {"k": 1}}, {"k": 2}]}
    query = (
        "query Q($of: Int!) { its { n: number it { number } } ...F } fragment F on Query { its { s: sum(of: $of) } }"
    )
    answer = await both(schema, query, root_value=root, context_value="the context", variable_values={"of": 3})
    assert answer == (
        {"its": [{"n": 5, "it": {"number": 5}, "s": 5}, {"n": 5, "it": None, "s": 5}]},
        [],
    )
    first, second = root["its"]
    of = {"of": 3}
    assert seen == {
        "its.0.n": ("number", "It", "Int", first, "the context", {}, ["n"], "It"),
        "its.0.it.number": ("number", "It", "Int", first["it"], "the context", {}, [None], "It"),
        "its.0.s": ("sum", "It", "Int", first, "the context", of, ["s"], "It"),
        "its.1.n": ("number", "It", "Int", second, "the context", {}, ["n"], "It"),
        "its.1.s": ("sum", "It", "Int", second, "the context", of, ["s"], "It"),
    }


async def test_the_resolver_knows_the_operation() -> None:
    seen: list[Any] = []

    def note(_source: Any, info: Any) -> int:
        seen.append(
            (
                info.operation.name.value,
                sorted(info.fragments),
                info.root_value,
                info.variable_values,
                info.schema is schema,
                info.is_awaitable(later) or info.is_awaitable(3),
            )
        )
        return 1

    schema = schema_of(SDL, {"Query.number": note})
    query = "query Q($a: Int = 3, $b: Int) { number ...F } fragment F on Query { text }"
    await agreed(schema, query, root_value={"text": "t"})
    assert seen == [("Q", ["F"], {"text": "t"}, {"a": 3}, True, False)] * 3


async def test_the_resolvers_of_one_parent_are_called_in_the_order_of_the_document() -> None:
    calls: list[str] = []

    def note(_source: Any, info: Any, **_arguments: Any) -> int:
        calls.append(info.path.key)
        return 1

    async def note_later(_source: Any, info: Any) -> str:
        calls.append(info.path.key)
        return "t"

    schema = schema_of(SDL, {"Query.number": note, "Query.text": note_later})
    executor, _reasons = watched()
    result = await execute(schema, parse("{ c: number b: text a: number d: text }"), executor_class=executor)
    assert told(result) == ({"c": 1, "b": "t", "a": 1, "d": "t"}, [])
    assert [name for name in calls if name in "ca"] == ["c", "a"]
    assert [name for name in calls if name in "bd"] == ["b", "d"]


def awaiting(names: str) -> GraphQLSchema:
    """A schema in which the named fields are to be awaited, all others not."""
    return schema_of(
        "type Query { a: It, b: It, c: [It] } type It { x: Int, y: Int, deep: It }",
        {
            f"{owner}.{name}": (
                (lambda source, info: later(source[info.field_name]))
                if name in names
                else (lambda source, info: source[info.field_name])
            )
            for owner, name in [
                ("Query", "a"),
                ("Query", "b"),
                ("Query", "c"),
                ("It", "x"),
                ("It", "y"),
                ("It", "deep"),
            ]
        },
    )


@pytest.mark.parametrize("names", ["", "a", "c", "x", "deep", "ax", "by", "cx", "xy", "acdeep", "abcxydeep"])
async def test_any_mixture_of_fields_may_be_awaited(names: str) -> None:
    leaf = {"x": 1, "y": 2, "deep": None}
    below = {"x": 3, "y": None, "deep": leaf}
    root = {"a": below, "b": leaf, "c": [leaf, None, below]}
    fields = "{ x deep { y x deep { x } } y }"
    answer = await both(awaiting(names), f"{{ b {fields} c {fields} a {fields} }}", root_value=root)
    leaf_answer = {"x": 1, "deep": None, "y": 2}
    below_answer = {"x": 3, "deep": {"y": 2, "x": 1, "deep": None}, "y": None}
    assert answer == ({"b": leaf_answer, "c": [leaf_answer, None, below_answer], "a": below_answer}, [])


def test_what_needs_no_waiting_needs_no_event_loop() -> None:
    result = execute(SCHEMA, parse("{ it { number text } }"), {"it": Thing(1)}, executor_class=watched()[0])
    assert isinstance(result, ExecutionResult)
    assert told(result) == ({"it": {"number": 1, "text": "text of 1"}}, [])
