"""Section 6.2: queries, mutations whose fields run one after another, and what is left to graphql-core."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import (
    GraphQLDeferDirective,
    GraphQLSchema,
    GraphQLStreamDirective,
    execute,
    experimental_execute_incrementally,
    parse,
    subscribe,
)

from tests.execution.agreement import agreed, both, schema_of, told, watched

SDL = """
type Query { name: String, number: Counter, names: [String] }
type Mutation {
  add(by: Int!, turns: Int = 0): Counter
  addAlways(by: Int!): Counter!
  fail(turns: Int = 0): Int
  failAlways: Int!
  total: Int
}
type Counter { total: Int!, later: Int, broken: Int! }
type Subscription { ticks: Int, broken: Int }
"""


class Account:
    """What the mutations work upon, and what was done in which order."""

    def __init__(self) -> None:
        self.total = 0
        self.log: list[str] = []


async def add(account: Account, _info: Any, by: int, turns: int = 0) -> dict[str, Any]:
    account.log.append(f"+{by} begins")
    for _ in range(turns):
        await asyncio.sleep(0)
    account.total += by
    account.log.append(f"+{by} ends")
    return {"total": account.total, "account": account}


async def later(counter: dict[str, Any], _info: Any) -> int:
    account = counter["account"]
    account.log.append(f"later of {counter['total']} begins")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    account.log.append(f"later of {counter['total']} ends")
    return account.total


async def fail(account: Account, _info: Any, turns: int = 0) -> int:
    account.log.append("fail")
    for _ in range(turns):
        await asyncio.sleep(0)
    raise ValueError("no")


def broken(counter: dict[str, Any], _info: Any) -> int:
    raise ValueError("broken")


async def ticks(_root: Any, _info: Any) -> AsyncIterator[dict[str, int]]:
    for tick in range(3):
        yield {"ticks": tick}


def built() -> GraphQLSchema:
    schema = schema_of(
        SDL,
        {
            "Mutation.add": add,
            "Mutation.addAlways": add,
            "Mutation.fail": fail,
            "Mutation.failAlways": fail,
            "Counter.later": later,
            "Counter.broken": broken,
        },
    )
    schema.subscription_type.fields["ticks"].subscribe = ticks
    return schema


SCHEMA = built()


@pytest.mark.parametrize(
    ("query", "data"),
    [
        pytest.param("{ name }", {"name": "Ada"}, id="short form"),
        pytest.param("query { name }", {"name": "Ada"}, id="query"),
        pytest.param("query Named { name }", {"name": "Ada"}, id="named query"),
        pytest.param("{ __typename }", {"__typename": "Query"}, id="the root's typename"),
        pytest.param("{ kind: __typename name }", {"kind": "Query", "name": "Ada"}, id="the typename by another name"),
        pytest.param(
            "{ number { __typename total } }", {"number": {"__typename": "Counter", "total": 3}}, id="typename below"
        ),
        pytest.param("mutation { __typename }", {"__typename": "Mutation"}, id="a mutation's typename"),
    ],
)
async def test_an_operation_starts_at_its_root_type_and_root_value(query: str, data: dict[str, Any]) -> None:
    root = {"name": "Ada", "number": {"total": 3}}
    assert await both(SCHEMA, query, root_value=root) == (data, [])


async def test_without_a_root_value_default_resolvers_find_nothing() -> None:
    assert await both(SCHEMA, "{ name number { total } }") == ({"name": None, "number": None}, [])


@pytest.mark.parametrize("kind", ["mutation", "subscription"])
async def test_an_operation_for_which_the_schema_has_no_root_type_is_an_error(kind: str) -> None:
    schema = schema_of("type Query { a: Int }")
    result = execute(schema, parse(f"{kind} {{ a }}"), executor_class=watched()[0])
    assert told(result) == (None, [f": Schema is not configured to execute {kind} operation."])


async def test_mutations_run_one_after_another_with_all_that_is_below_them() -> None:
    account = Account()
    query = "mutation { a: add(by: 1, turns: 3) { total later } b: add(by: 10) { later } c: add(by: 100) { total } }"
    result = execute(SCHEMA, parse(query), root_value=account, executor_class=watched()[0])
    assert told(await result) == (
        {"a": {"total": 1, "later": 1}, "b": {"later": 11}, "c": {"total": 111}},
        [],
    )
    assert account.log == [
        "+1 begins", "+1 ends", "later of 1 begins", "later of 1 ends",
        "+10 begins", "+10 ends", "later of 11 begins", "later of 11 ends",
        "+100 begins", "+100 ends",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "data", "errors"),
    [
        pytest.param(
            "mutation { a: add(by: 1) { total } fail b: add(by: 10) { total } }",
            {"a": {"total": 1}, "fail": None, "b": {"total": 11}},
            ["fail: no"],
            id="the next runs after one that may be null",
        ),
        pytest.param(
            "mutation { a: add(by: 1) { total } fail(turns: 3) total b: add(by: 10) { total } }",
            {"a": {"total": 1}, "fail": None, "total": 1, "b": {"total": 11}},
            ["fail: no"],
            id="and after one that fails late",
        ),
        pytest.param(
            "mutation { a: add(by: 1) { total } b: add(by: 10) { broken } c: add(by: 100) { total } }",
            {"a": {"total": 1}, "b": None, "c": {"total": 111}},
            ["b.broken: broken"],
            id="and after one nulled from below",
        ),
        pytest.param(
            "mutation { a: add(by: 1) { total } failAlways b: add(by: 10) { total } }",
            None,
            ["failAlways: no"],
            id="all is null after one that may not be null",
        ),
        pytest.param(
            "mutation { a: add(by: 1) { total } b: addAlways(by: 10) { broken } c: add(by: 100) { total } }",
            None,
            ["b.broken: broken"],
            id="all is null after one nulled from below that may not be",
        ),
    ],
)
async def test_a_mutation_that_fails(query: str, data: Any, errors: list[str]) -> None:
    assert await both(SCHEMA, query, root_value=Account) == (data, errors)


@pytest.mark.parametrize(
    ("failing", "total"),
    [
        pytest.param("fail", 101, id="may be null"),
        pytest.param("failAlways", 1, id="may not be null"),
        pytest.param("b: addAlways(by: 10) { broken }", 11, id="nulled from below"),
    ],
)
async def test_no_mutation_runs_after_one_that_nulls_the_whole_answer(failing: str, total: int) -> None:
    account = Account()
    query = f"mutation {{ a: add(by: 1) {{ total }} {failing} c: add(by: 100) {{ total }} }}"
    await execute(SCHEMA, parse(query), root_value=account, executor_class=watched()[0])
    assert account.total == total


async def test_mutations_in_fragments_run_in_the_order_of_the_document() -> None:
    account = Account()
    query = """
    mutation { ...Second  ... on Mutation { b: add(by: 10) { total } }  a: add(by: 1) { later } }
    fragment Second on Mutation { a: add(by: 1) { total } c: add(by: 100, turns: 2) { total } }
    """
    result = await execute(SCHEMA, parse(query), root_value=account, executor_class=watched()[0])
    assert told(result) == ({"a": {"total": 1, "later": 1}, "c": {"total": 101}, "b": {"total": 111}}, [])
    assert [line for line in account.log if "begins" in line] == [
        "+1 begins", "later of 1 begins", "+100 begins", "+10 begins",
    ]  # fmt: skip


async def test_mutations_that_need_no_waiting_run_in_order_too() -> None:
    log: list[int] = []

    def note(_root: Any, _info: Any, number: int) -> int:
        log.append(number)
        return number

    schema = schema_of("type Query { a: Int } type Mutation { note(number: Int!): Int! }", {"Mutation.note": note})
    query = "mutation { c: note(number: 3) a: note(number: 1) b: note(number: 2) }"
    assert await both(schema, query) == ({"c": 3, "a": 1, "b": 2}, [])
    assert log == [3, 1, 2] * 3


LEFT = [
    pytest.param("{ __schema { queryType { name } } }", {"__schema": {"queryType": {"name": "Query"}}}, id="__schema"),
    pytest.param('{ __type(name: "Query") { name } }', {"__type": {"name": "Query"}}, id="__type"),
    pytest.param(
        '{ name ...F } fragment F on Query { t: __type(name: "No") { name } }',
        {"name": None, "t": None},
        id="in a fragment",
    ),
    pytest.param("subscription { ticks }", {"ticks": 5}, id="a subscription's event"),
]


@pytest.mark.parametrize(("query", "data"), LEFT)
async def test_what_is_left_to_graphql_core_is_answered_all_the_same(query: str, data: dict[str, Any]) -> None:
    result = await agreed(SCHEMA, query, root_value={"ticks": 5}, falls_back=True)
    assert told(result) == (data, [])


async def test_a_subscription_gives_one_answer_for_each_event() -> None:
    events = subscribe(SCHEMA, parse("subscription { ticks }"), executor_class=watched()[0])
    assert [told(event) async for event in events] == [({"ticks": tick}, []) for tick in range(3)]


async def test_a_subscription_whose_source_is_none_is_an_error() -> None:
    result = subscribe(SCHEMA, parse("subscription { broken }"), executor_class=watched()[0])
    assert told(result) == (None, ["broken: Subscription field must return AsyncIterable. Received: None."])


async def test_deferred_fields_are_delivered_by_graphql_core() -> None:
    schema = schema_of(
        f"directive @defer(if: Boolean! = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT {SDL}"
    )
    assert schema.get_directive(GraphQLDeferDirective.name)
    executor, _reasons = watched()
    document = parse("{ name ... @defer { number { total } } }")
    root = {"name": "Ada", "number": {"total": 3}}
    result = experimental_execute_incrementally(schema, document, root, executor_class=executor)
    assert result.initial_result.data == {"name": "Ada"}
    assert [part.incremental[0].data async for part in result.subsequent_results] == [{"number": {"total": 3}}]


async def test_streamed_lists_are_delivered_by_graphql_core() -> None:
    schema = schema_of(f"directive @stream(if: Boolean! = true, label: String, initialCount: Int = 0) on FIELD {SDL}")
    assert schema.get_directive(GraphQLStreamDirective.name)
    document = parse("{ names @stream(initialCount: 1) }")
    root = {"names": ["Ada", "Grace", "Mary"]}
    result = experimental_execute_incrementally(schema, document, root, executor_class=watched()[0])
    assert result.initial_result.data == {"names": ["Ada"]}
    parts = [part async for part in result.subsequent_results]
    assert [item for part in parts for one in part.incremental for item in one.items] == ["Grace", "Mary"]


async def test_middleware_is_called_around_every_field() -> None:
    called: list[str] = []

    def middleware(resolve: Any, source: Any, info: Any, **arguments: Any) -> Any:
        called.append(info.field_name)
        return resolve(source, info, **arguments)

    root = {"name": "Ada", "number": {"total": 3}}
    query = "{ name number { total } }"
    executor, reasons = watched()
    result = execute(SCHEMA, parse(query), root, middleware=[middleware], executor_class=executor)
    assert told(result) == ({"name": "Ada", "number": {"total": 3}}, [])
    assert called == ["name", "number", "total"]
    assert reasons


async def test_where_propagation_is_disabled_a_null_stays_in_its_place() -> None:
    query = "mutation @experimental_disableErrorPropagation { a: addAlways(by: 1) { total broken } failAlways }"
    executor, _reasons = watched()
    result = await execute(SCHEMA, parse(query), Account(), executor_class=executor)
    assert told(result) == (
        {"a": {"total": 1, "broken": None}, "failAlways": None},
        ["a.broken: broken", "failAlways: no"],
    )
