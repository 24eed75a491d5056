"""Section 6.4.4: what an error says, and how far up the null goes that it leaves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLSchema, execute, parse
from graphql.language import Source

from tests.execution.agreement import StrawberryExecutor, agreed, both, path_of, ran, schema_of, told, watched

SDL = """
type Query { it: It, must: It!, its: [It], musts: [It!]!, name: String, fail: Int, failMust: Int! }
type It { it: It, must: It!, its: [It], musts: [It!]!, name: String, fail: Int, failMust: Int!, null: Int! }
"""
IT = {"name": "a"}


def trouble(*_arguments: Any) -> int:
    raise ValueError("trouble")


async def trouble_later(*_arguments: Any) -> int:
    await asyncio.sleep(0)
    raise ValueError("trouble")


def built(kind: str) -> GraphQLSchema:
    fail = trouble if kind == "at once" else trouble_later
    resolvers = {f"{name}.{field}": fail for name in ("Query", "It") for field in ("fail", "failMust")}
    one, many = {"name": "a"}, [{"name": "a"}, {"name": "a"}]
    for name in ("Query", "It"):
        for field, value in {"it": one, "must": one, "its": many, "musts": many}.items():
            resolvers[f"{name}.{field}"] = (
                (lambda _source, _info, value=value: value)
                if kind != "all awaited"
                else (lambda _source, _info, value=value: asyncio.sleep(0, value))
            )
    return schema_of(SDL, resolvers)


SCHEMAS = {kind: built(kind) for kind in ("at once", "awaited", "all awaited")}
NULLED = [
    pytest.param("{ name fail }", {"name": None, "fail": None}, ["fail"], id="may be null"),
    pytest.param("{ name failMust }", None, ["failMust"], id="must not, at the root"),
    pytest.param("{ it { name failMust } name }", {"it": None, "name": None}, ["it.failMust"], id="up one"),
    pytest.param("{ must { name fail } }", {"must": {"name": "a", "fail": None}}, ["must.fail"], id="not up"),
    pytest.param("{ must { failMust } name }", None, ["must.failMust"], id="up two, to all"),
    pytest.param("{ it { must { must { failMust } } } name }", {"it": None, "name": None}, ["it.must.must.failMust"], id="up three"),
    pytest.param("{ it { it { must { failMust } } name } }", {"it": {"it": None, "name": "a"}}, ["it.it.must.failMust"], id="up to the nearest"),
    pytest.param("{ its { name failMust } }", {"its": [None, None]}, ["its.0.failMust", "its.1.failMust"], id="of each item"),
    pytest.param("{ its { its { failMust } name } }", {"its": [{"its": [None, None], "name": "a"}] * 2},
        ["its.0.its.0.failMust", "its.0.its.1.failMust", "its.1.its.0.failMust", "its.1.its.1.failMust"], id="of items of items"),
    pytest.param("{ its { must { failMust } } name }", {"its": [None, None], "name": None}, ["its.0.must.failMust", "its.1.must.failMust"], id="of each item, from below"),
    pytest.param("{ a: fail b: fail name }", {"a": None, "b": None, "name": None}, ["a", "b"], id="several"),
    pytest.param("{ it { a: fail } fail must { b: fail } }", {"it": {"a": None}, "fail": None, "must": {"b": None}}, ["fail", "it.a", "must.b"], id="on several levels"),
    pytest.param("{ it { null name } }", {"it": None}, ["it.null"], id="null where there must be something"),
]  # fmt: skip


@pytest.mark.parametrize("kind", SCHEMAS)
@pytest.mark.parametrize(("query", "data", "paths"), NULLED)
async def test_a_null_goes_up_to_where_one_may_be(query: str, data: Any, paths: list[str], kind: str) -> None:
    messages = {"null": "Cannot return null for non-nullable field It.null."}
    assert await both(SCHEMAS[kind], query) == (
        data,
        [f"{path}: {messages.get(path.rpartition('.')[2], 'trouble')}" for path in paths],
    )


MANY = [
    pytest.param("{ a: failMust b: failMust }", None, ["a", "b"], id="at the root"),
    pytest.param("{ it { a: failMust b: failMust } name }", {"it": None, "name": None}, ["it.a", "it.b"], id="of one object"),
    pytest.param("{ it { a: failMust must { b: failMust } } }", {"it": None}, ["it.a", "it.must.b"], id="on two levels"),
    pytest.param("{ it { musts { failMust } name } }", {"it": None}, ["it.musts.0.failMust", "it.musts.1.failMust"], id="of items that must not be null"),
    pytest.param("{ musts { failMust } name }", None, ["musts.0.failMust", "musts.1.failMust"], id="of items, up to all"),
    pytest.param("{ it { it { fail } failMust } }", {"it": None}, ["it.failMust", "it.it.fail"], id="one that would have stayed"),
]  # fmt: skip


@pytest.mark.parametrize("kind", SCHEMAS)
@pytest.mark.parametrize(("query", "data", "possible"), MANY)
async def test_of_several_errors_under_one_null_at_least_one_is_told(
    query: str, data: Any, possible: list[str], kind: str
) -> None:
    answered, errors = await both(SCHEMAS[kind], query)
    assert answered == data
    assert errors
    assert set(errors) <= {f"{path}: trouble" for path in possible}


async def test_an_error_has_the_path_and_all_locations_of_its_field() -> None:
    query = "{\n  its {\n    wrong: fail\n  }\n  ...F\n}\nfragment F on Query { its { wrong: fail } }"
    result = await agreed(SCHEMAS["at once"], query)
    assert [error.formatted for error in result.errors] == [
        {
            "message": "trouble",
            "locations": [{"line": 3, "column": 5}, {"line": 7, "column": 29}],
            "path": ["its", place, "wrong"],
        }
        for place in (0, 1)
    ]


async def test_an_error_knows_the_exception_it_came_of() -> None:
    for kind, schema in SCHEMAS.items():
        result = await agreed(schema, "{ fail }")
        [error] = result.errors
        assert isinstance(error.original_error, ValueError), kind
        assert error.__cause__ is error.original_error or error.original_error.__traceback__ is not None
        assert [node.name.value for node in error.nodes] == ["fail"]
        assert isinstance(error.source, Source)


class DeniedError(Exception):
    """An exception with extensions of its own."""

    extensions = {"code": "DENIED"}


PLACE = {"locations": [{"line": 1, "column": 13}], "path": ["it", "fail"]}


@pytest.mark.parametrize("is_awaited", [False, True], ids=["at once", "awaited"])
@pytest.mark.parametrize(
    ("error", "formatted"),
    [
        pytest.param(GraphQLError("plain"), {"message": "plain"}, id="GraphQLError"),
        pytest.param(
            GraphQLError("coded", extensions={"code": "X", "more": [1]}),
            {"message": "coded", "extensions": {"code": "X", "more": [1]}},
            id="with extensions",
        ),
        pytest.param(
            GraphQLError("placed", path=["else", 3]),
            {"message": "placed", "path": ["else", 3]},
            id="with a path of its own",
        ),
        pytest.param(
            GraphQLError("wrapped", original_error=KeyError("k")), {"message": "wrapped"}, id="with an original error"
        ),
        pytest.param(
            DeniedError("denied"), {"message": "denied", "extensions": {"code": "DENIED"}}, id="own extensions"
        ),
        pytest.param(ValueError(), {"message": "An unknown error occurred."}, id="no message"),
        pytest.param(ValueError("a", 1), {"message": "('a', 1)"}, id="several arguments"),
        pytest.param(KeyError("k"), {"message": "'k'"}, id="KeyError"),
        pytest.param(StopIteration("over"), {"message": "over"}, id="StopIteration"),
        pytest.param(TimeoutError("late"), {"message": "late"}, id="TimeoutError"),
        pytest.param(RecursionError("deep"), {"message": "deep"}, id="RecursionError"),
    ],
)
async def test_an_error_of_a_resolver_is_told_as_it_is(
    error: Exception, formatted: dict[str, Any], is_awaited: bool
) -> None:
    def fail(_source: Any, _info: Any) -> int:
        raise error

    async def fail_later(_source: Any, _info: Any) -> int:
        await asyncio.sleep(0)
        raise error

    if is_awaited and isinstance(error, StopIteration):
        formatted = {"message": "coroutine raised StopIteration"}  # which Python sees to
    schema = schema_of(
        "type Query { it: It } type It { fail: Int, name: String }",
        {"Query.it": lambda _root, _info: {"name": "a"}, "It.fail": fail_later if is_awaited else fail},
    )
    plain = await ran(schema, "{ it { name fail } }", StrawberryExecutor)
    ours = await ran(schema, "{ it { name fail } }", watched()[0])
    assert ours.data == {"it": {"name": "a", "fail": None}}
    assert [one.formatted for one in ours.errors] == [PLACE | formatted if "path" not in formatted else formatted]
    assert [one.formatted for one in plain.errors] == [one.formatted for one in ours.errors]
    assert repr(ours.errors[0].original_error) == repr(plain.errors[0].original_error)


async def test_one_exception_raised_at_many_places_is_told_at_each() -> None:
    shared = ValueError("shared")

    def fail(_source: Any, _info: Any) -> int:
        raise shared

    schema = schema_of(
        "type Query { its: [It] } type It { fail: Int }",
        {"Query.its": lambda _root, _info: [{}, {}, {}], "It.fail": fail},
    )
    assert await both(schema, "{ its { fail other: fail } }") == (
        {"its": [{"fail": None, "other": None}] * 3},
        [f"its.{place}.{name}: shared" for place in range(3) for name in ("fail", "other")],
    )


async def test_one_bad_item_spoils_one_position() -> None:
    schema = schema_of(
        "type Query { its: [It!] , name: String} type It { id: Int!, odd: Int }",
        {
            "Query.its": lambda _root, _info: list(range(5)),
            "It.id": lambda item, _info: item,
            "It.odd": lambda item, _info: item if item % 2 else trouble(),
        },
    )
    assert await both(schema, "{ its { id odd } name }") == (
        {"its": [{"id": n, "odd": n if n % 2 else None} for n in range(5)], "name": None},
        [f"its.{n}.odd: trouble" for n in (0, 2, 4)],
    )


async def test_siblings_of_a_nulled_field_are_answered() -> None:
    query = "{ first: it { failMust } its { name } last: it { name } }"
    for schema in SCHEMAS.values():
        assert await both(schema, query) == (
            {"first": None, "its": [{"name": "a"}, {"name": "a"}], "last": {"name": "a"}},
            ["first.failMust: trouble"],
        )


class Stop(BaseException):
    """Neither an error nor a cancellation."""


@pytest.mark.parametrize("kind", [asyncio.CancelledError, KeyboardInterrupt, SystemExit, Stop])
@pytest.mark.parametrize("is_below", [False, True], ids=["root", "below"])
def test_what_is_no_error_is_not_made_one(kind: type[BaseException], is_below: bool) -> None:
    def stop(_source: Any, _info: Any) -> int:
        raise kind

    schema = schema_of("type Query { it: Query, stop: Int }", {"Query.stop": stop, "Query.it": lambda _root, _info: {}})
    query = "{ it { stop } }" if is_below else "{ stop }"
    with pytest.raises(kind):
        execute(schema, parse(query), executor_class=watched()[0])


@pytest.mark.parametrize("kind", [asyncio.CancelledError, Stop])
@pytest.mark.parametrize("query", ["{ stop }", "{ it { stop } }", "{ its { stop } }", "{ it { late stop } late }"])
async def test_what_is_no_error_is_not_made_one_where_it_is_awaited(kind: type[BaseException], query: str) -> None:
    async def stop(_source: Any, _info: Any) -> int:
        await asyncio.sleep(0)
        raise kind

    async def late(_source: Any, _info: Any) -> int:
        await asyncio.sleep(60)
        return 1

    schema = schema_of(
        "type Query { it: Query, its: [Query], stop: Int, late: Int }",
        {
            "Query.stop": stop,
            "Query.late": late,
            "Query.it": lambda _root, _info: {},
            "Query.its": lambda _root, _info: [{}, {}],
        },
    )
    before = asyncio.all_tasks()
    with pytest.raises(kind):
        async with asyncio.timeout(5):
            await execute(schema, parse(query), executor_class=watched()[0])
    assert asyncio.all_tasks() == before


async def test_errors_stand_with_what_they_null_whichever_comes_first() -> None:
    """One field fails at once, the other after it, under the same null; then the other way round."""
    for turns in ((0, 3), (3, 0), (1, 1)):

        async def fail(_source: Any, info: Any, turns: tuple[int, int] = turns) -> int:
            for _ in range(turns[0] if info.path.key == "a" else turns[1]):
                await asyncio.sleep(0)
            raise ValueError(info.path.key)

        schema = schema_of(
            "type Query { it: It, name: String } type It { fail: Int! }",
            {"Query.it": lambda _root, _info: {}, "It.fail": fail},
        )
        data, errors = await both(schema, "{ it { a: fail b: fail } name }")
        assert data == {"it": None, "name": None}
        assert set(errors) <= {"it.a: a", "it.b: b"}


async def test_a_wide_and_deep_answer_tells_each_of_many_errors() -> None:
    schema = schema_of(
        "type Query { its(n: Int!): [It] } type It { its(n: Int!): [It], odd: Int!, number: Int }",
        {
            "Query.its": lambda _root, _info, n: list(range(n)),
            "It.its": lambda _item, _info, n: list(range(n)),
            "It.odd": lambda item, _info: item if item % 2 else trouble(),
            "It.number": lambda item, _info: item,
        },
    )
    result = await agreed(schema, "{ its(n: 10) { number its(n: 20) { odd } } }")
    inner = [{"odd": n} if n % 2 else None for n in range(20)]
    assert result.data == {"its": [{"number": n, "its": inner} for n in range(10)]}
    expected = [f"its.{n}.its.{m}.odd" for n in range(10) for m in range(0, 20, 2)]
    assert sorted(map(path_of, result.errors)) == sorted(expected)
    assert {error.message for error in result.errors} == {"trouble"}


async def test_an_error_of_the_operation_itself_has_no_path() -> None:
    result = execute(schema_of("type Query { a: Int }"), parse("mutation { a }"), executor_class=watched()[0])
    result = await result if asyncio.iscoroutine(result) else result
    assert told(result) == (None, [": Schema is not configured to execute mutation operation."])
    assert result.errors[0].locations == [(1, 1)]
