"""Section 6.1 of the GraphQL specification: choosing the operation and coercing the values of its variables."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLError, execute, parse
from graphql.execution import ExecutionHooks
from graphql.pyutils import AbortController

from tests.execution.agreement import both, schema_of, told, watched

SCHEMA = schema_of(
    """
    enum Rank { LOW HIGH }
    input Window { first: Int = 10, after: String, ranks: [Rank!] }
    input Choice @oneOf { id: ID, name: String }
    type Query {
      said(int: Int, float: Float, text: String, truth: Boolean, id: ID, rank: Rank, window: Window, choice: Choice,
           ints: [Int!], grid: [[Int]]): String
      required(int: Int!): Int
      name: String
    }
    type Mutation { name: String }
    """,
    {
        "Query.said": lambda _root, _info, **arguments: repr(arguments),
        "Query.required": lambda _root, _info, int: int,  # noqa: A006
        "Query.name": lambda _root, _info: "of the query",
        "Mutation.name": lambda _root, _info: "of the mutation",
    },
)
THREE = "query One { one: name } query Two { two: name } mutation Three { three: name }"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("One", {"one": "of the query"}, id="the first"),
        pytest.param("Two", {"two": "of the query"}, id="a later one"),
        pytest.param("Three", {"three": "of the mutation"}, id="a mutation among queries"),
    ],
)
async def test_the_named_operation_runs(name: str, expected: dict[str, Any]) -> None:
    assert await both(SCHEMA, THREE, operation_name=name) == (expected, [])


@pytest.mark.parametrize(
    ("query", "name", "message"),
    [
        pytest.param(THREE, None, "Must provide operation name if query contains multiple operations.", id="no name"),
        pytest.param(THREE, "Four", "Unknown operation named 'Four'.", id="unknown name"),
        pytest.param("{ name }", "One", "Unknown operation named 'One'.", id="name of an anonymous operation"),
        pytest.param("fragment F on Query { name }", None, "Must provide an operation.", id="no operation"),
        pytest.param(THREE, "", "Unknown operation named ''.", id="empty name"),
    ],
)
async def test_an_operation_that_cannot_be_chosen_has_an_error_and_no_data(
    query: str, name: str | None, message: str
) -> None:
    assert await both(SCHEMA, query, operation_name=name) == (None, [f": {message}"])


@pytest.mark.parametrize(
    ("declared", "argument", "given", "expected"),
    [
        pytest.param("Int", "int", {"v": 3}, {"int": 3}, id="int"),
        pytest.param("Int", "int", {"v": 3.0}, {"int": 3}, id="whole float as int"),
        pytest.param("Float", "float", {"v": 3}, {"float": 3.0}, id="int as float"),
        pytest.param("String", "text", {"v": "a\u2028ö"}, {"text": "a\u2028ö"}, id="text"),
        pytest.param("Boolean", "truth", {"v": False}, {"truth": False}, id="false"),
        pytest.param("ID", "id", {"v": 7}, {"id": "7"}, id="number as id"),
        pytest.param("Rank", "rank", {"v": "HIGH"}, {"rank": "HIGH"}, id="enum"),
        pytest.param("Int", "int", {"v": None}, {"int": None}, id="null is not absence"),
        pytest.param("Int", "int", {}, {}, id="absent"),
        pytest.param("Int = 5", "int", {}, {"int": 5}, id="default"),
        pytest.param("Int = 5", "int", {"v": None}, {"int": None}, id="null beats the default"),
        pytest.param("Int! = 5", "int", {}, {"int": 5}, id="default of a required variable"),
        pytest.param("[Int!]", "ints", {"v": [1, 2]}, {"ints": [1, 2]}, id="list"),
        pytest.param("[Int!]", "ints", {"v": 1}, {"ints": [1]}, id="one item becomes a list"),
        pytest.param("[[Int]]", "grid", {"v": [[1, None], None]}, {"grid": [[1, None], None]}, id="list of lists"),
        pytest.param("[[Int]]", "grid", {"v": 1}, {"grid": [[1]]}, id="one item becomes a list of lists"),
        pytest.param("Window", "window", {"v": {}}, {"window": {"first": 10}}, id="default within an input"),
        pytest.param(
            "Window",
            "window",
            {"v": {"after": None, "first": 2, "ranks": "LOW"}},
            {"window": {"first": 2, "after": None, "ranks": ["LOW"]}},
            id="input in the order of its fields",
        ),
        pytest.param("Choice", "choice", {"v": {"name": "x"}}, {"choice": {"name": "x"}}, id="one of"),
    ],
)
async def test_variables_are_coerced(declared: str, argument: str, given: dict[str, Any], expected: Any) -> None:
    query = f"query ($v: {declared}) {{ said({argument}: $v) }}"
    assert await both(SCHEMA, query, variable_values=given) == ({"said": repr(expected)}, [])


@pytest.mark.parametrize(
    ("declared", "argument", "given", "message"),
    [
        pytest.param(
            "Int!", "int", {}, "Variable '$v' has invalid value: Expected a value of non-null type 'Int!' to be provided.",
            id="required and absent",
        ),
        pytest.param(
            "Int!", "int", {"v": None}, "Variable '$v' has invalid value: Expected value of non-null type 'Int!' not to be None.",
            id="required and null",
        ),
        pytest.param(
            "Int", "int", {"v": "3"}, "Variable '$v' has invalid value: Int cannot represent non-integer value: '3'",
            id="text as int",
        ),
        pytest.param(
            "Int", "int", {"v": 2**31}, "Variable '$v' has invalid value: Int cannot represent non 32-bit signed integer value: 2147483648",
            id="int too large",
        ),
        pytest.param(
            "[Int!]", "ints", {"v": [1, None]}, "Variable '$v' has invalid value at [1]: Expected value of non-null type 'Int!' not to be None.",
            id="null in a list",
        ),
        pytest.param(
            "Window", "window", {"v": {"firsts": 1}}, "Variable '$v' has invalid value: Expected value of type 'Window' not to include unknown field 'firsts'. Did you mean 'first'? Found: {'firsts': 1}.",
            id="unknown field",
        ),
        pytest.param(
            "Choice", "choice", {"v": {"id": "1", "name": "x"}}, "Variable '$v' has invalid value: Within OneOf Input Object type 'Choice', exactly one field must be specified, and the value for that field must be non-null.",
            id="two of one-of",
        ),
        pytest.param(
            "Choice", "choice", {"v": {}}, "Variable '$v' has invalid value: Within OneOf Input Object type 'Choice', exactly one field must be specified, and the value for that field must be non-null.",
            id="none of one-of",
        ),
        pytest.param(
            "Choice", "choice", {"v": {"id": None}}, "Variable '$v' has invalid value at .id: Within OneOf Input Object type 'Choice', exactly one field must be specified, and the value for that field must be non-null.",
            id="null of one-of",
        ),
        pytest.param(
            "Query", "int", {"v": 1}, "Variable '$v' expected value of type 'Query' which cannot be used as an input type.",
            id="no input type",
        ),
    ],
)  # fmt: skip
async def test_a_variable_that_cannot_be_coerced_stops_the_request(
    declared: str, argument: str, given: dict[str, Any], message: str
) -> None:
    query = f"query ($v: {declared}) {{ name said({argument}: $v) }}"
    assert await both(SCHEMA, query, variable_values=given) == (None, [f": {message}"])


async def test_errors_of_variables_stop_at_their_limit() -> None:
    query = "query ($a: Int!, $b: Int!, $c: Int!) { name }"
    _data, errors = await both(SCHEMA, query, max_coercion_errors=1)
    assert errors == [
        ": Too many errors processing variables, error limit reached. Execution aborted.",
        ": Variable '$a' has invalid value: Expected a value of non-null type 'Int!' to be provided.",
    ]


async def test_suggestions_are_hidden_where_asked() -> None:
    query = "query ($v: Window) { said(window: $v) }"
    _data, errors = await both(SCHEMA, query, variable_values={"v": {"firsts": 1}}, hide_suggestions=True)
    assert errors == [
        ": Variable '$v' has invalid value: Expected value of type 'Window' not to include unknown field 'firsts',"
        " found: {'firsts': 1}."
    ]


def test_an_operation_without_anything_to_await_is_answered_at_once() -> None:
    executor, _reasons = watched()
    result = execute(SCHEMA, parse("{ name required(int: 3) }"), executor_class=executor)
    assert isinstance(result, ExecutionResult)
    assert told(result) == ({"name": "of the query", "required": 3}, [])


async def test_in_an_event_loop_too_it_is_answered_at_once() -> None:
    result = execute(SCHEMA, parse("{ name }"), executor_class=watched()[0])
    is_answered = isinstance(result, ExecutionResult)
    assert told(result if is_answered else await result) == ({"name": "of the query"}, [])
    assert is_answered


async def test_an_aborted_request_raises_as_graphql_core_does() -> None:
    executor, _reasons = watched()
    controller = AbortController()
    controller.abort(RuntimeError("enough"))
    with pytest.raises(RuntimeError, match="enough"):
        execute(SCHEMA, parse("{ name }"), executor_class=executor, abort_signal=controller.signal)


def test_the_hook_at_the_end_of_all_work_runs_once() -> None:
    executor, _reasons = watched()
    ended: list[Any] = []
    hooks = ExecutionHooks(async_work_finished=ended.append)
    result = execute(SCHEMA, parse("{ name }"), executor_class=executor, hooks=hooks)
    assert told(result) == ({"name": "of the query"}, [])
    assert len(ended) == 1


def test_a_schema_that_is_not_valid_raises() -> None:
    executor, _reasons = watched()
    with pytest.raises(TypeError, match="Query root type must be provided"):
        execute(schema_of("type Other { a: Int }"), parse("{ a }"), executor_class=executor)


def test_a_document_may_be_run_again_with_other_values() -> None:
    executor, _reasons = watched()
    document = parse("query ($v: Int!) { required(int: $v) }")
    answers = [
        execute(SCHEMA, document, variable_values={"v": value}, executor_class=executor).data for value in (1, 2, 3)
    ]
    assert answers == [{"required": 1}, {"required": 2}, {"required": 3}]


def test_errors_of_a_request_have_a_location_and_no_path() -> None:
    executor, _reasons = watched()
    result = execute(SCHEMA, parse("query ($v: Int!) { name }"), executor_class=executor)
    [error] = result.errors
    assert isinstance(error, GraphQLError)
    assert (error.path, error.locations) == (None, [(1, 8)])
