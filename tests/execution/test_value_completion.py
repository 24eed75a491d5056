"""Section 6.4.3: a resolved value becomes the answer of a leaf, an object, or null."""

from __future__ import annotations

import enum
import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    Undefined,
)

from tests.execution.agreement import agreed, both, schema_of, told

SDL = """
scalar Anything
enum Rank { LOW HIGH }
type Query { it: It, must: It!, its: [It!] }
type It {
  int: Int, float: Float, string: String, boolean: Boolean, id: ID, rank: Rank, anything: Anything, it: It
  intMust: Int!, stringMust: String!, rankMust: Rank!, itMust: It!
}
"""
SCHEMA = schema_of(SDL)


class Text(str):
    """Text that is a class of its own."""

    __slots__ = ()


class Spoken:
    """An object that says what it is."""

    def __str__(self) -> str:
        return "spoken"

    def __repr__(self) -> str:
        return "<Spoken>"


class Color(enum.IntEnum):
    RED = 1


NOT_INT = "Int cannot represent non-integer value: "


@pytest.mark.parametrize(
    ("field", "value", "answered"),
    [
        pytest.param("int", 3, 3, id="int"),
        pytest.param("int", -(2**31), -(2**31), id="least int"),
        pytest.param("int", 2**31 - 1, 2**31 - 1, id="largest int"),
        pytest.param("int", 3.0, 3, id="whole float as int"),
        pytest.param("int", "3", 3, id="text as int"),
        pytest.param("int", True, 1, id="true as int"),
        pytest.param("int", Color.RED, 1, id="int enum as int"),
        pytest.param("int", Decimal(4), 4, id="decimal as int"),
        pytest.param("float", 2.5, 2.5, id="float"),
        pytest.param("float", 3, 3.0, id="int as float"),
        pytest.param("float", "2.5", 2.5, id="text as float"),
        pytest.param("float", False, 0.0, id="false as float"),
        pytest.param("string", "a ö", "a ö", id="text"),
        pytest.param("string", "", "", id="empty text"),
        pytest.param("string", Text("t"), "t", id="class of text"),
        pytest.param("string", 3, "3", id="int as text"),
        pytest.param("string", 2.0, "2.0", id="float as text"),
        pytest.param("string", True, "true", id="true as text"),
        pytest.param("boolean", False, False, id="false"),
        pytest.param("boolean", 0, False, id="zero as boolean"),
        pytest.param("boolean", 7, True, id="int as boolean"),
        pytest.param("boolean", 0.5, True, id="float as boolean"),
        pytest.param("id", "x", "x", id="id"),
        pytest.param("id", 7, "7", id="int as id"),
        pytest.param("id", 7.0, "7", id="whole float as id"),
        pytest.param("rank", "HIGH", "HIGH", id="enum value"),
        pytest.param("anything", {"a": [1, None]}, {"a": [1, None]}, id="any scalar"),
        pytest.param("anything", 0, 0, id="zero of any scalar"),
    ],
)
@pytest.mark.parametrize("where", ["object", "key"])
async def test_leaves_are_coerced(field: str, value: Any, answered: Any, where: str) -> None:
    it = {field: value} if where == "key" else type("It", (), {field: value})()
    assert await both(SCHEMA, f"{{ it {{ {field} }} }}", root_value={"it": it}) == ({"it": {field: answered}}, [])


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        pytest.param("int", 2**31, "Int cannot represent non 32-bit signed integer value: 2147483648", id="int too large"),
        pytest.param("int", -(2**31) - 1, "Int cannot represent non 32-bit signed integer value: -2147483649", id="int too small"),
        pytest.param("int", 1.5, f"{NOT_INT}1.5", id="fraction as int"),
        pytest.param("int", "x", f"{NOT_INT}'x'", id="text as int"),
        pytest.param("int", "", f"{NOT_INT}''", id="empty text as int"),
        pytest.param("int", [3], f"{NOT_INT}[3]", id="list as int"),
        pytest.param("int", {}, f"{NOT_INT}{{}}", id="mapping as int"),
        pytest.param("int", math.nan, f"{NOT_INT}nan", id="nan as int"),
        pytest.param("int", math.inf, f"{NOT_INT}inf", id="infinity as int"),
        pytest.param("float", math.nan, "Float cannot represent non numeric value: nan", id="nan"),
        pytest.param("float", math.inf, "Float cannot represent non numeric value: inf", id="infinity"),
        pytest.param("float", "x", "Float cannot represent non numeric value: 'x'", id="text as float"),
        pytest.param("string", [1], "String cannot represent value: [1]", id="list as text"),
        pytest.param("string", {"a": 1}, "String cannot represent value: {'a': 1}", id="mapping as text"),
        pytest.param("boolean", "true", "Boolean cannot represent a non boolean value: 'true'", id="text as boolean"),
        pytest.param("boolean", math.nan, "Boolean cannot represent a non boolean value: nan", id="nan as boolean"),
        pytest.param("id", 1.5, "ID cannot represent value: 1.5", id="fraction as id"),
        pytest.param("id", True, "ID cannot represent value: True", id="true as id"),
        pytest.param("rank", "MIDDLE", "Enum 'Rank' cannot represent value: 'MIDDLE'", id="no such enum value"),
        pytest.param("rank", 1, "Enum 'Rank' cannot represent value: 1", id="int as enum"),
        pytest.param("rank", ["LOW"], "Enum 'Rank' cannot represent value: ['LOW']", id="list as enum"),
    ],
)  # fmt: skip
async def test_a_leaf_that_cannot_be_coerced_is_null(field: str, value: Any, message: str) -> None:
    root = {"it": {field: value, "it": {field: value}}}
    assert await both(SCHEMA, f"{{ it {{ it {{ {field} }} {field} }} }}", root_value=root) == (
        {"it": {"it": {field: None}, field: None}},
        sorted([f"it.it.{field}: {message}", f"it.{field}: {message}"]),
    )


@pytest.mark.parametrize("nothing", [None, Undefined], ids=["None", "Undefined"])
@pytest.mark.parametrize("field", ["int", "string", "boolean", "rank", "anything", "it { int }"])
async def test_nothing_is_null(field: str, nothing: Any) -> None:
    name, *_below = field.split()
    assert await both(SCHEMA, f"{{ it {{ {field} }} }}", root_value={"it": {name: nothing}}) == (
        {"it": {name: None}},
        [],
    )


@pytest.mark.parametrize("nothing", [None, Undefined], ids=["None", "Undefined"])
@pytest.mark.parametrize("field", ["intMust", "stringMust", "rankMust", "itMust { int }"])
async def test_nothing_where_there_must_be_something_nulls_the_parent(field: str, nothing: Any) -> None:
    name, *_below = field.split()
    assert await both(SCHEMA, f"{{ it {{ int {field} }} }}", root_value={"it": {name: nothing}}) == (
        {"it": None},
        [f"it.{name}: Cannot return null for non-nullable field It.{name}."],
    )


@pytest.mark.parametrize("where", ["leaf", "object", "item"])
async def test_an_exception_given_as_a_value_is_raised(where: str) -> None:
    trouble = ValueError("trouble")
    root, query, data, path = {
        "leaf": ({"it": {"int": trouble, "string": "s"}}, "{ it { int string } }", {"it": {"int": None, "string": "s"}}, "it.int"),
        "object": ({"it": trouble}, "{ it { int } }", {"it": None}, "it"),
        "item": ({"its": [{"int": 1}, trouble]}, "{ its { int } }", {"its": None}, "its.1"),
    }[where]  # fmt: skip
    result = await agreed(SCHEMA, query, root_value=root)
    assert told(result) == (data, [f"{path}: trouble"])
    assert result.errors[0].original_error is trouble


async def test_an_enum_answers_the_name_of_its_value() -> None:
    values = {"NONE": None, "ONE": 1, "LIST": [1, 2], "TEXT": "text", "COLOR": Color.RED}
    rank = GraphQLEnumType("Rank", values)
    given = {"a": 1, "b": "text", "c": [1, 2], "d": 2, "e": "ONE"}
    fields = {name: GraphQLField(rank, resolve=lambda _root, info: given[info.field_name]) for name in given}
    schema = GraphQLSchema(GraphQLObjectType("Query", fields))
    data, errors = await both(schema, "{ a b c d e }")
    assert data == {"a": data["a"], "b": "TEXT", "c": "LIST", "d": None, "e": None}
    assert data["a"] in {"ONE", "COLOR"}  # both stand for 1
    assert errors == ["d: Enum 'Rank' cannot represent value: 2", "e: Enum 'Rank' cannot represent value: 'ONE'"]


def _upper(value: Any) -> Any:
    if value == "bad":
        raise ValueError("bad text")
    if value == "worse":
        raise GraphQLError("worse text", extensions={"code": "WORSE"})
    return None if value == "nothing" else Undefined if value == "undefined" else value.upper()


@pytest.mark.parametrize(
    ("value", "answered", "message"),
    [
        pytest.param("a", "A", None, id="coerced"),
        pytest.param("bad", None, "bad text", id="raises"),
        pytest.param("worse", None, "worse text", id="raises a GraphQLError"),
        pytest.param(
            "nothing", None,
            "Expected `Upper.coerce_output_value('nothing')` to return non-nullable value, returned: None", id="gives null",
        ),
        pytest.param(
            "undefined", None,
            "Expected `Upper.coerce_output_value('undefined')` to return non-nullable value, returned: Undefined", id="gives Undefined",
        ),
        pytest.param(3, None, "'int' object has no attribute 'upper'", id="breaks"),
    ],
)  # fmt: skip
async def test_a_scalar_of_ones_own_is_coerced(value: Any, answered: Any, message: str | None) -> None:
    upper = GraphQLScalarType("Upper", coerce_output_value=_upper)
    it = GraphQLObjectType("It", {"upper": GraphQLField(upper)})
    schema = GraphQLSchema(GraphQLObjectType("Query", {"it": GraphQLField(it), "upper": GraphQLField(upper)}))
    assert await both(schema, "{ upper it { upper } }", root_value={"upper": value, "it": {"upper": value}}) == (
        {"upper": answered, "it": {"upper": answered}},
        [f"{path}: {message}" for path in ("it.upper", "upper") if message],
    )


async def test_a_scalar_may_answer_what_json_cannot_hold() -> None:
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    result = await agreed(SCHEMA, "{ it { anything } }", root_value={"it": {"anything": moment}})
    assert result.data == {"it": {"anything": moment}}


async def test_an_object_that_says_what_it_is_may_stand_for_text() -> None:
    root = {"it": {"string": Spoken(), "id": Spoken(), "int": Spoken()}}
    assert await both(SCHEMA, "{ it { string id int } }", root_value=root) == (
        {"it": {"string": "spoken", "id": "spoken", "int": None}},
        ["it.int: Int cannot represent non-integer value: <Spoken instance>"],
    )


@pytest.mark.parametrize("value", [0, False, "", 3, "text", 2.5, (), frozenset()], ids=repr)
async def test_any_value_may_stand_for_an_object(value: Any) -> None:
    schema = schema_of(SDL, {"It.string": lambda it, _info: repr(it)})
    assert await both(schema, "{ it { __typename string } }", root_value={"it": value}) == (
        {"it": {"__typename": "It", "string": repr(value)}},
        [],
    )


async def test_the_same_object_may_stand_at_many_places() -> None:
    shared: dict[str, Any] = {"int": 1}
    shared["it"] = shared
    root = {"it": shared, "must": shared, "its": [shared, shared]}
    leaf = {"int": 1}
    assert await both(SCHEMA, "{ it { it { int } } must { int } its { int it { int } } }", root_value=root) == (
        {"it": {"it": leaf}, "must": leaf, "its": [{"int": 1, "it": leaf}, {"int": 1, "it": leaf}]},
        [],
    )


async def test_the_same_faulty_object_has_one_error_at_each_place() -> None:
    shared: dict[str, Any] = {"int": "x", "string": "s"}
    shared["it"] = shared
    root = {"it": shared, "must": shared, "its": [shared, shared]}
    faulty = {"int": None}
    message = f"{NOT_INT}'x'"
    assert await both(SCHEMA, "{ it { it { int } } must { int } its { int it { int } } }", root_value=root) == (
        {"it": {"it": faulty}, "must": faulty, "its": [{"int": None, "it": faulty}, {"int": None, "it": faulty}]},
        [f"{path}: {message}" for path in ("it.it.int", "its.0.int", "its.0.it.int", "its.1.int", "its.1.it.int", "must.int")],
    )  # fmt: skip


async def test_the_same_object_without_what_it_must_have_is_null_at_each_place() -> None:
    shared: dict[str, Any] = {"int": 1}
    root = {"it": {"it": shared}, "its": [{"it": shared}, {"int": 2}, {"it": shared}]}
    missing = "Cannot return null for non-nullable field It.intMust."
    assert await both(SCHEMA, "{ it { it { intMust } } its { int it { intMust } } }", root_value=root) == (
        {"it": {"it": None}, "its": [{"int": None, "it": None}, {"int": 2, "it": None}, {"int": None, "it": None}]},
        [f"it.it.intMust: {missing}", f"its.0.it.intMust: {missing}", f"its.2.it.intMust: {missing}"],
    )


async def test_is_type_of_is_asked_of_objects() -> None:
    async def later(value: Any, _info: Any) -> bool:
        return "async" in value

    sync = GraphQLObjectType(
        "Sync", {"a": GraphQLField(SCHEMA.type_map["Int"])}, is_type_of=lambda value, _info: "sync" in value
    )
    awaited = GraphQLObjectType("Awaited", {"a": GraphQLField(SCHEMA.type_map["Int"])}, is_type_of=later)
    query = GraphQLObjectType(
        "Query", {name: GraphQLField(of) for name, of in [("s", sync), ("x", sync), ("t", awaited), ("y", awaited)]}
    )
    root = {"s": {"sync": 1, "a": 1}, "x": {"a": 2}, "t": {"async": 1, "a": 3}, "y": {"a": 4}}
    assert await both(GraphQLSchema(query), "{ s { a } x { a } t { a } y { a } }", root_value=root) == (
        {"s": {"a": 1}, "x": None, "t": {"a": 3}, "y": None},
        [
            "x: Expected value of type 'Sync' but got: {'a': 2}.",
            "y: Expected value of type 'Awaited' but got: {'a': 4}.",
        ],
    )
