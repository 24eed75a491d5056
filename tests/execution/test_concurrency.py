"""What runs at the same time, what waits for what, and that nothing is left running."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from graphql import GraphQLSchema, execute, parse
from strawberry.dataloader import DataLoader

from tests.execution.agreement import both, ran, schema_of, told, watched

SDL = """
type Query { its(n: Int!): [It], slow: It, quick: It, x: Int, y: Int, z: Int, must: Int! }
type It { number: Int, meet: Int, x: Int, y: Int, slow: It, quick: It, must: Int!, its(n: Int!): [It] }
"""
WAIT_S = 2  # longer than any of these tests takes, so that what waits in vain fails instead of hanging


class Meeting:
    """Lets its visitors go when all have come, and knows how many were there at most."""

    def __init__(self, expected: int) -> None:
        self.expected, self.came = expected, 0
        self.all_came = asyncio.Event()

    async def visit(self, *_arguments: Any) -> int:
        self.came += 1
        if self.came == self.expected:
            self.all_came.set()
        await self.all_came.wait()
        return self.came


def schema_with(resolvers: dict[str, Callable[..., Any]]) -> GraphQLSchema:
    """The schema; its objects are numbers."""
    known = {
        "Query.its": lambda _root, _info, n: list(range(n)),
        "It.its": lambda _it, _info, n: list(range(n)),
        "It.number": lambda it, _info: it,
    }
    return schema_of(SDL, known | resolvers)


async def answered(schema: GraphQLSchema, query: str) -> Any:
    """Data and errors of our executor alone, within the time."""
    executor, reasons = watched()
    async with asyncio.timeout(WAIT_S):
        result = await ran(schema, query, executor)
    assert reasons == []
    return told(result)


async def test_the_resolvers_of_all_parents_of_a_field_run_at_once() -> None:
    meeting = Meeting(50)
    data, errors = await answered(schema_with({"It.meet": meeting.visit}), "{ its(n: 50) { meet number } }")
    assert errors == []
    assert data == {"its": [{"meet": 50, "number": number} for number in range(50)]}


async def test_the_resolvers_of_all_fields_of_an_object_run_at_once() -> None:
    meeting = Meeting(3)
    fields = {f"Query.{name}": meeting.visit for name in "xyz"}
    assert await answered(schema_with(fields), "{ x y z }") == ({"x": 3, "y": 3, "z": 3}, [])


async def test_resolvers_of_several_fields_and_parents_run_at_once() -> None:
    meeting = Meeting(21)
    schema = schema_with({"It.x": meeting.visit, "It.y": meeting.visit, "Query.z": meeting.visit})
    assert await answered(schema, "{ its(n: 10) { x y } z }") == ({"its": [{"x": 21, "y": 21}] * 10, "z": 21}, [])


async def test_resolvers_at_different_depths_run_at_once_where_nothing_between_them_waits() -> None:
    meeting = Meeting(3)
    schema = schema_with(
        {"It.meet": meeting.visit, "Query.x": meeting.visit, "Query.quick": lambda *_: 1, "It.quick": lambda *_: 2}
    )
    assert await answered(schema, "{ x quick { meet quick { meet } } }") == (
        {"x": 3, "quick": {"meet": 3, "quick": {"meet": 3}}},
        [],
    )


async def test_a_slow_resolver_does_not_hold_up_what_is_below_its_sibling() -> None:
    """`slow` is answered only when a resolver below `quick` has run: waiting for the level would never end."""
    below_ran = asyncio.Event()

    async def slow(*_arguments: Any) -> int:
        await below_ran.wait()
        return 1

    async def quick(*_arguments: Any) -> int:
        await asyncio.sleep(0)
        return 2

    async def below(number: int, _info: Any) -> int:
        below_ran.set()
        return number

    schema = schema_with({"Query.slow": slow, "Query.quick": quick, "It.quick": quick, "It.x": below})
    assert await answered(schema, "{ slow { number } quick { quick { x } } }") == (
        {"slow": {"number": 1}, "quick": {"quick": {"x": 2}}},
        [],
    )


async def test_a_slow_parent_does_not_hold_up_what_is_below_a_sibling_that_is_there() -> None:
    """The same, where the sibling needs no waiting at all."""
    below_ran = asyncio.Event()

    async def slow(*_arguments: Any) -> int:
        await below_ran.wait()
        return 1

    async def below(number: int, _info: Any) -> int:
        below_ran.set()
        return number

    schema = schema_with({"Query.slow": slow, "Query.quick": lambda *_: 2, "It.x": below})
    assert await answered(schema, "{ slow { number } quick { x } }") == ({"slow": {"number": 1}, "quick": {"x": 2}}, [])


async def test_a_resolver_that_blocks_nobody_but_itself_is_waited_for() -> None:
    async def late(*_arguments: Any) -> int:
        await asyncio.sleep(0.05)
        return 7

    schema = schema_with({"It.x": late, "Query.slow": lambda *_: 1, "It.slow": late})
    assert await answered(schema, "{ slow { x slow { x slow { x } } } }") == (
        {"slow": {"x": 7, "slow": {"x": 7, "slow": {"x": 7}}}},
        [],
    )


def loading(log: list[list[int]]) -> Callable[[], DataLoader[int, int]]:
    async def load(keys: list[int]) -> list[int]:
        log.append(list(keys))
        await asyncio.sleep(0)
        return [key * 10 for key in keys]

    return lambda: DataLoader(load_fn=load)


async def test_a_data_loader_loads_what_all_parents_ask_for_in_one_batch() -> None:
    log: list[list[int]] = []
    schema = schema_with({"It.x": lambda it, info: info.context.load(it)})
    answer = await both(schema, "{ its(n: 6) { x } }", context_value=loading(log))
    assert answer == ({"its": [{"x": number * 10} for number in range(6)]}, [])
    assert log == [list(range(6))] * 3


async def test_a_data_loader_loads_what_several_fields_ask_for_in_one_batch() -> None:
    log: list[list[int]] = []

    async def x(it: int, info: Any) -> int:
        return await info.context.load(it)

    async def y(it: int, info: Any) -> int:
        return await info.context.load(it + 100)

    schema = schema_with({"It.x": x, "It.y": y})
    answer = await both(schema, "{ its(n: 2) { x y again: x } }", context_value=loading(log))
    assert answer == ({"its": [{"x": n * 10, "y": n * 10 + 1000, "again": n * 10} for n in range(2)]}, [])
    assert [sorted(batch) for batch in log] == [[0, 1, 100, 101]] * 3


async def test_a_data_loader_batches_on_each_level() -> None:
    log: list[list[int]] = []

    async def next_of(it: int, info: Any) -> int:
        return await info.context.load(it + 1)

    schema = schema_with({"It.quick": next_of, "It.x": next_of})
    answer = await both(schema, "{ its(n: 3) { quick { quick { x } } } }", context_value=loading(log))
    assert answer == (
        {"its": [{"quick": {"quick": {"x": (((n + 1) * 10 + 1) * 10 + 1) * 10}}} for n in range(3)]},
        [],
    )
    assert [len(batch) for batch in log] == [3, 3, 3] * 3


async def test_resolvers_see_the_context_variables_of_their_request() -> None:
    request = contextvars.ContextVar("request", default="none")

    async def late(*_arguments: Any) -> int:
        await asyncio.sleep(0)
        return int(request.get())

    schema = schema_with({"It.x": late, "Query.x": lambda *_: int(request.get())})

    async def one(number: int) -> Any:
        request.set(str(number))
        return await ran(schema, "{ x its(n: 2) { x } }", watched()[0])

    results = await asyncio.gather(*map(one, range(5)))
    assert [told(result) for result in results] == [({"x": n, "its": [{"x": n}, {"x": n}]}, []) for n in range(5)]


async def test_requests_at_the_same_time_do_not_mix() -> None:
    schema = schema_with({"It.x": lambda it, info: asyncio.sleep(0, it + info.context)})
    document = parse("query ($n: Int!) { its(n: $n) { x } }")

    async def one(number: int) -> Any:
        result = execute(
            schema, document, context_value=number, variable_values={"n": number % 4}, executor_class=watched()[0]
        )
        return told(await result if asyncio.iscoroutine(result) else result)

    answers = await asyncio.gather(*map(one, range(40)))
    assert answers == [({"its": [{"x": item + n} for item in range(n % 4)]}, []) for n in range(40)]


FAILING = [
    pytest.param("{ must slow { number } }", None, ["must: no"], id="at the root"),
    pytest.param("{ quick { must slow { number } } }", {"quick": None}, ["quick.must: no"], id="below"),
    pytest.param("{ its(n: 3) { must slow { number } } }", {"its": [None] * 3}, [f"its.{n}.must: no" for n in range(3)], id="in a list"),
]  # fmt: skip


@pytest.mark.parametrize("is_awaited", [False, True], ids=["at once", "awaited"])
@pytest.mark.parametrize(("query", "data", "errors"), FAILING)
async def test_nothing_is_left_running_after_an_error(
    query: str, data: Any, errors: list[str], is_awaited: bool
) -> None:
    ended: list[str] = []

    def fail(*_arguments: Any) -> int:
        raise ValueError("no")

    async def fail_later(*_arguments: Any) -> int:
        await asyncio.sleep(0)
        raise ValueError("no")

    async def slow(*_arguments: Any) -> int:
        try:
            await asyncio.sleep(0.05)
            return 1
        finally:
            ended.append("slow")

    must = fail_later if is_awaited else fail
    schema = schema_with(
        {"Query.must": must, "It.must": must, "Query.slow": slow, "It.slow": slow, "Query.quick": lambda *_: 1}
    )
    before = asyncio.all_tasks()
    assert await answered(schema, query) == (data, errors)
    assert asyncio.all_tasks() == before
    assert len(ended) in {0, len(errors)}  # either not begun or ended, but not left alone


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("{ slow { number } }", id="at the root"),
        pytest.param("{ its(n: 3) { slow { number } x } }", id="in a list"),
        pytest.param("{ slow { slow { number } } quick { slow { number } } x }", id="at several places"),
        pytest.param("mutation { first second }", id="in a mutation"),
    ],
)
async def test_cancelling_a_request_cancels_all_that_runs_for_it(query: str) -> None:
    state = {"begun": 0, "ended": 0}

    async def slow(*_arguments: Any) -> int:
        state["begun"] += 1
        try:
            await asyncio.sleep(60)
            return 1
        finally:
            state["ended"] += 1

    schema = schema_of(
        f"{SDL} type Mutation {{ first: Int, second: Int }}",
        {
            "Query.its": lambda _root, _info, n: list(range(n)),
            "Query.quick": lambda *_: 1,
            "Mutation.second": slow,
            "Mutation.first": slow,
            **{f"{of}.{name}": slow for of, name in [("Query", "slow"), ("It", "slow"), ("It", "x"), ("Query", "x")]},
        },
    )
    before = asyncio.all_tasks()
    task = asyncio.ensure_future(ran(schema, query, watched()[0]))
    for _ in range(10):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert state["begun"] == state["ended"] >= 1
    assert asyncio.all_tasks() == before


async def test_a_request_that_takes_too_long_can_be_timed_out() -> None:
    async def slow(*_arguments: Any) -> int:
        await asyncio.sleep(60)
        return 1

    before = asyncio.all_tasks()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await ran(schema_with({"It.x": slow}), "{ its(n: 9) { x } }", watched()[0])
    assert asyncio.all_tasks() == before


async def test_a_resolver_may_catch_its_own_cancellation() -> None:
    async def brief(*_arguments: Any) -> int:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.sleep(60)
        except TimeoutError:
            return 3
        return 4

    assert await answered(schema_with({"It.x": brief}), "{ its(n: 2) { x } }") == ({"its": [{"x": 3}, {"x": 3}]}, [])


async def test_asynchronous_lists_of_several_parents_are_gone_through_at_once() -> None:
    meeting = Meeting(4)

    async def items(*_arguments: Any, n: int) -> AsyncIterator[int]:
        await meeting.visit()
        for number in range(n):
            yield number

    schema = schema_with({"It.its": items})
    assert await answered(schema, "{ its(n: 4) { its(n: 2) { number } } }") == (
        {"its": [{"its": [{"number": 0}, {"number": 1}]}] * 4},
        [],
    )


async def test_items_that_are_awaited_are_awaited_at_once() -> None:
    meeting = Meeting(8)
    schema = schema_with({"It.its": lambda _it, _info, n: [meeting.visit() for _ in range(n)]})
    assert await answered(schema, "{ its(n: 4) { its(n: 2) { number } } }") == (
        {"its": [{"its": [{"number": 8}, {"number": 8}]}] * 4},
        [],
    )


def waiting(kind: str, opened: asyncio.Event) -> GraphQLSchema:
    """A schema whose field `first` is done only when the resolver of a field after it has run."""

    async def wait(value: Any) -> Any:
        await opened.wait()
        return value

    async def items() -> AsyncIterator[Any]:
        yield await wait({"number": 1})

    def opens(*_arguments: Any) -> int:
        opened.set()
        return 7

    of = (
        "[Thing]"
        if kind in {"awaitable items", "asynchronous generator"}
        else "Thing"
        if kind == "is_type_of"
        else "Named"
    )
    schema = schema_of(
        f"""
        interface Named {{ number: Int }}
        type Thing implements Named {{ number: Int }}
        type Query {{ first: {of}, second: Second }}
        type Second {{ opens: Int }}
        """,
        {"Second.opens": opens, "Query.second": lambda *_: {}},
    )
    made = {
        "awaitable items": lambda: [{"number": 0}, wait({"number": 1})],
        "asynchronous generator": items,
    }.get(kind, lambda: {"number": 1})
    schema.query_type.fields["first"].resolve = lambda *_: made()
    if kind == "is_type_of":
        schema.type_map["Thing"].is_type_of = lambda *_: wait(True)
    if kind == "resolve_type":
        schema.type_map["Named"].resolve_type = lambda *_: wait("Thing")
    return schema


@pytest.mark.parametrize("kind", ["awaitable items", "asynchronous generator", "is_type_of", "resolve_type"])
async def test_what_is_slow_to_complete_does_not_hold_up_the_fields_after_it(kind: str) -> None:
    is_list = kind in {"awaitable items", "asynchronous generator"}
    first = {"awaitable items": [{"number": 0}, {"number": 1}], "asynchronous generator": [{"number": 1}]}
    assert await answered(waiting(kind, asyncio.Event()), "{ first { number } second { opens } }") == (
        {"first": first[kind] if is_list else {"number": 1}, "second": {"opens": 7}},
        [],
    )
