"""Section 6.4.1: the values of a field's arguments, from the document, from variables and from defaults."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
)

from tests.execution.agreement import both, schema_of

SCHEMA = schema_of(
    """
    enum Rank { LOW HIGH }
    scalar Anything
    input Window { first: Int! = 10, after: String, ranks: [Rank!], inner: Window }
    input Choice @oneOf { id: ID, name: String, ranks: [Rank!] }
    type Query {
      said(int: Int, text: String, rank: Rank, window: Window, choice: Choice, ints: [Int], anything: Anything): String
      preset(int: Int = 5, text: String = "x", rank: Rank! = LOW, window: Window = {after: "z"}, ints: [Int] = [1, null]): String
      required(int: Int!): String
      nested: Nested
    }
    type Nested { required(int: Int!): String, said(int: Int): String }
    """,
    {
        "Query.said": lambda _root, _info, **arguments: repr(arguments),
        "Query.preset": lambda _root, _info, **arguments: repr(arguments),
        "Query.required": lambda _root, _info, **arguments: repr(arguments),
        "Query.nested": lambda _root, _info: {},
        "Nested.said": lambda _root, _info, **arguments: repr(arguments),
        "Nested.required": lambda _root, _info, **arguments: repr(arguments),
    },
)
PRESET = {"int": 5, "text": "x", "rank": "LOW", "window": {"first": 10, "after": "z"}, "ints": [1, None]}
DECLARED = "$int: Int, $text: String, $rank: Rank, $window: Window, $ints: [Int], $choice: Choice, $id: ID"


@pytest.mark.parametrize(
    ("arguments", "variables", "expected"),
    [
        pytest.param("", {}, {}, id="none"),
        pytest.param("(int: 3)", {}, {"int": 3}, id="int"),
        pytest.param("(int: null)", {}, {"int": None}, id="null"),
        pytest.param('(text: "a\\n\\u00f6")', {}, {"text": "a\nö"}, id="text"),
        pytest.param('(text: """\n  block\n    text\n""")', {}, {"text": "block\n  text"}, id="block text"),
        pytest.param("(rank: HIGH)", {}, {"rank": "HIGH"}, id="enum"),
        pytest.param("(ints: [1, null, 2])", {}, {"ints": [1, None, 2]}, id="list"),
        pytest.param("(ints: 1)", {}, {"ints": [1]}, id="one item becomes a list"),
        pytest.param("(ints: null)", {}, {"ints": None}, id="null does not become a list"),
        pytest.param("(ints: [1, $int])", {"int": 2}, {"ints": [1, 2]}, id="a variable in a list"),
        pytest.param("(ints: [1, $int])", {}, {"ints": [1, None]}, id="an absent variable in a list is null"),
        pytest.param("(text: $text, int: $int)", {"int": 1, "text": "t"}, {"int": 1, "text": "t"}, id="in the schema's order"),
        pytest.param("(int: $int)", {}, {}, id="an absent variable is no argument"),
        pytest.param("(int: $int)", {"int": None}, {"int": None}, id="a null variable is null"),
        pytest.param("(window: {})", {}, {"window": {"first": 10}}, id="defaults of an input"),
        pytest.param(
            '(window: {after: "a", first: 2, inner: {ranks: HIGH}})', {},
            {"window": {"first": 2, "after": "a", "inner": {"first": 10, "ranks": ["HIGH"]}}}, id="an input in an input",
        ),
        pytest.param("(window: {after: $text})", {"text": "v"}, {"window": {"first": 10, "after": "v"}}, id="a variable in an input"),
        pytest.param("(window: {after: $text})", {}, {"window": {"first": 10}}, id="an absent variable in an input"),
        pytest.param("(window: {first: $int})", {}, {"window": {"first": 10}}, id="an absent variable leaves the default"),
        pytest.param("(window: $window)", {"window": {"inner": None}}, {"window": {"first": 10, "inner": None}}, id="an input from a variable"),
        pytest.param('(choice: {id: "1"})', {}, {"choice": {"id": "1"}}, id="one of"),
        pytest.param("(choice: {id: $id})", {"id": 1}, {"choice": {"id": "1"}}, id="one of, from a variable"),
        pytest.param("(choice: {ranks: HIGH})", {}, {"choice": {"ranks": ["HIGH"]}}, id="one of, a list"),
        pytest.param('(anything: {a: [1, 2.5, "x", true, null, E]})', {}, {"anything": {"a": [1, 2.5, "x", True, None, "E"]}}, id="any scalar"),
        pytest.param("(anything: {a: $int})", {"int": 1}, {"anything": {"a": 1}}, id="a variable in any scalar"),
    ],
)  # fmt: skip
async def test_arguments_are_coerced(arguments: str, variables: dict[str, Any], expected: dict[str, Any]) -> None:
    query = f"query ({DECLARED}) {{ said{arguments} }}"
    assert await both(SCHEMA, query, variable_values=variables) == ({"said": repr(expected)}, [])


@pytest.mark.parametrize(
    ("arguments", "variables", "changed"),
    [
        pytest.param("", {}, {}, id="none"),
        pytest.param("(int: 6)", {}, {"int": 6}, id="given"),
        pytest.param("(int: null)", {}, {"int": None}, id="null beats the default"),
        pytest.param("(int: $int)", {}, {}, id="absent variable"),
        pytest.param("(int: $int)", {"int": None}, {"int": None}, id="null variable"),
        pytest.param("(rank: $rank)", {}, {}, id="absent variable for what must not be null"),
        pytest.param("(window: null, ints: [])", {}, {"window": None, "ints": []}, id="null and empty"),
    ],
)
async def test_defaults_stand_in_for_what_is_absent(arguments: str, variables: Any, changed: dict[str, Any]) -> None:
    query = f"query ({DECLARED}) {{ preset{arguments} }}"
    assert await both(SCHEMA, query, variable_values=variables) == ({"preset": repr(PRESET | changed)}, [])


ONE_OF = (
    "Within OneOf Input Object type 'Choice', exactly one field must be specified,"
    " and the value for that field must be non-null."
)


@pytest.mark.parametrize(
    ("field", "variables", "message"),
    [
        pytest.param("required", {}, "Argument 'int' of required type 'Int!' was not provided.", id="required, absent"),
        pytest.param(
            "required(int: null)", {},
            "Argument 'int' has invalid value: Expected value of non-null type 'Int!' not to be None.", id="required, null",
        ),
        pytest.param(
            "required(int: $int)", {},
            "Argument 'int' has invalid value: Expected variable '$int' provided to type 'Int!' to provide a runtime value.", id="required, absent variable",
        ),
        pytest.param(
            "required(int: $int)", {"int": None},
            "Argument 'int' has invalid value: Expected variable '$int' provided to non-null type 'Int!' not to be None.", id="required, null variable",
        ),
        pytest.param('said(int: "3")', {}, "Argument 'int' has invalid value: Int cannot represent non-integer value: \"3\"", id="wrong kind"),
        pytest.param("said(rank: MIDDLE)", {}, "Argument 'rank' has invalid value: Value 'MIDDLE' does not exist in 'Rank' enum.", id="no such enum value"),
        pytest.param("said(choice: {})", {}, f"Argument 'choice' has invalid value: {ONE_OF}", id="none of one-of"),
        pytest.param('said(choice: {id: 1, name: "x"})', {}, f"Argument 'choice' has invalid value: {ONE_OF}", id="two of one-of"),
        pytest.param("said(choice: {id: null})", {}, f"Argument 'choice' has invalid value at .id: {ONE_OF}", id="null of one-of"),
        pytest.param(
            "said(choice: {id: $id})", {},
            "Argument 'choice' has invalid value: Expected variable '$id' provided to field 'id' for OneOf Input Object type 'Choice' to provide a runtime value.",
            id="absent variable of one-of",
        ),
        pytest.param(
            "said(choice: {id: $id})", {"id": None},
            "Argument 'choice' has invalid value: Expected variable '$id' provided to field 'id' for OneOf Input Object type 'Choice' not to be None.",
            id="null variable of one-of",
        ),
    ],
)  # fmt: skip
async def test_a_wrong_argument_nulls_its_field_only(field: str, variables: Any, message: str) -> None:
    query = f"query ({DECLARED}) {{ before: said it: {field} after: said }}"
    assert await both(SCHEMA, query, variable_values=variables) == (
        {"before": "{}", "it": None, "after": "{}"},
        [f"it: {message}"],
    )


async def test_a_wrong_argument_below_is_told_at_its_path() -> None:
    assert await both(SCHEMA, "{ nested { required said(int: 1) } }") == (
        {"nested": {"required": None, "said": "{'int': 1}"}},
        ["nested.required: Argument 'int' of required type 'Int!' was not provided."],
    )


async def test_a_wrong_argument_in_a_list_is_told_once_for_each_item() -> None:
    schema = schema_of(
        "type Query { items: [Item] } type Item { required(int: Int!): Int!, name: String }",
        {"Query.items": lambda _root, _info: [{"name": "a"}, None, {"name": "b"}]},
    )
    message = "Argument 'int' of required type 'Int!' was not provided."
    assert await both(schema, "{ items { name required } }") == (
        {"items": [None, None, None]},
        [f"items.0.required: {message}", f"items.2.required: {message}"],
    )


async def test_an_argument_is_given_to_every_parent() -> None:
    given: list[dict[str, Any]] = []

    def scaled(item: int, _info: Any, **arguments: Any) -> int:
        given.append(arguments)
        arguments["by"] += 1  # a resolver may change what it is given, and changes nothing for others
        return item * arguments["by"]

    schema = schema_of(
        "type Query { items: [Item] } type Item { scaled(by: Int!): Int }",
        {"Query.items": lambda _root, _info: [1, 2, 3], "Item.scaled": scaled},
    )
    assert await both(schema, "query ($by: Int = 9) { items { scaled(by: $by) } }") == (
        {"items": [{"scaled": 10}, {"scaled": 20}, {"scaled": 30}]},
        [],
    )
    assert len({id(arguments) for arguments in given}) == len(given)


async def test_a_default_that_is_mutable_is_not_shared_in_a_way_that_differs_from_graphql_core() -> None:
    schema = schema_of(
        "type Query { it(ids: [Int] = [1]): [Int] }", {"Query.it": lambda _root, _info, ids: [*ids, len(ids)]}
    )
    assert await both(schema, "{ a: it b: it(ids: [3, 4]) c: it }") == (
        {"a": [1, 1], "b": [3, 4, 2], "c": [1, 1]},
        [],
    )


def _even(value: Any) -> int:
    if value % 2:
        raise GraphQLError(f"{value} is odd", extensions={"code": "ODD"})
    return value


async def test_names_and_values_within_python_may_differ_from_those_of_the_graph() -> None:
    even = GraphQLScalarType("Even", coerce_input_value=_even)
    rank = GraphQLEnumType("Rank", {"LOW": 1, "HIGH": 2})
    window = GraphQLInputObjectType(
        "Window",
        {"firstOf": GraphQLInputField(GraphQLInt, out_name="first_of"), "rank": GraphQLInputField(rank)},
        out_type=lambda fields: sorted(fields.items()),
    )
    said = GraphQLField(
        GraphQLString,
        args={
            "theWindow": GraphQLArgument(window, out_name="the_window"),
            "theEven": GraphQLArgument(even, out_name="the_even"),
        },
        resolve=lambda _root, _info, **arguments: repr(arguments),
    )
    schema = GraphQLSchema(GraphQLObjectType("Query", {"said": said}))
    query = """query ($even: Even) {
      said(theWindow: {rank: HIGH, firstOf: 3}, theEven: 4)
      variable: said(theEven: $even)
      odd: said(theEven: 5)
    }"""
    assert await both(schema, query, variable_values={"even": 6}) == (
        {
            "said": repr({"the_window": [("first_of", 3), ("rank", 2)], "the_even": 4}),
            "variable": repr({"the_even": 6}),
            "odd": None,
        },
        ["odd: Argument 'theEven' has invalid value: 5 is odd"],
    )


@pytest.mark.parametrize("is_hidden", [False, True], ids=["told", "hidden"])
async def test_suggestions_are_hidden_where_asked(is_hidden: bool) -> None:
    query = "{ enum: said(rank: LOWW) field: said(window: {firs: 1}) }"
    _data, errors = await both(SCHEMA, query, hide_suggestions=is_hidden)
    assert len(errors) == 2
    assert ["Did you mean" in error for error in errors] == [not is_hidden] * 2
