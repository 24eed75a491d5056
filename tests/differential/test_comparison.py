"""The comparison sees what it is there for: executors that err in one way each are found out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLError, parse
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from tests.differential.comparison import Requests, compared
from tests.differential.operations import Operation
from tests.differential.shrinking import shrunk
from tests.differential.synthetic import synthetic_schema
from tests.differential.synthetic_world import World

BROKEN = 0.3
QUERY = """query ($first: Int = 3) {
    cats(first: $first) { key ... on Being { named: name } lives ...Facts }
    person { key }
    ...Rest
}
fragment Rest on Query { must { key } }
fragment Facts on Cat { label grid }"""

Spoil = Callable[[ExecutionResult], ExecutionResult]


def executor_that(spoil: Spoil) -> Any:
    """graphql-core's executor, whose answers are spoiled."""

    class Spoiled(StrawberryGraphQLCoreExecutionContext):
        def execute_operation(self, serially: bool | None = None) -> Any:
            async def answer() -> ExecutionResult:
                result: Any = super(Spoiled, self).execute_operation(serially)
                return spoil(result if isinstance(result, ExecutionResult) else await result)

            return answer()

    return Spoiled


def _errors(result: ExecutionResult) -> list[GraphQLError]:
    return list(result.errors or ())


SPOILT: dict[str, tuple[Spoil, str]] = {
    "another value": (lambda one: ExecutionResult({**(one.data or {}), "person": {"key": "q"}}, one.errors), "the data differs"),
    "another order of keys": (
        lambda one: ExecutionResult(dict(reversed((one.data or {}).items())), one.errors),
        "the data differs",
    ),
    "no errors": (lambda one: ExecutionResult(one.data, None), "no error for the propagated null"),
    "an error too many": (
        lambda one: ExecutionResult(one.data, [*_errors(one), GraphQLError("no reason", path=["person"])]),
        "an error that graphql-core does not give",
    ),
    "an error twice": (lambda one: ExecutionResult(one.data, _errors(one) * 2), "an error twice"),
    "another message": (
        lambda one: ExecutionResult(one.data, [GraphQLError("other", path=of.path) for of in _errors(one)]),
        "an error that graphql-core does not give",
    ),
}  # fmt: skip


async def disagreements(spoil: Spoil, operation: Operation, seed: int) -> list[str]:
    requests = Requests(synthetic_schema(executor_that(spoil)), lambda: World(seed, BROKEN))
    return (await compared(requests, operation, parse(operation.text))).disagreements


async def seed_with_errors_beside_data() -> int:
    """A world in which the query has data as well as errors."""
    for seed in range(1_000):
        requests = Requests(synthetic_schema(), lambda seed=seed: World(seed, BROKEN))
        expected = (await compared(requests, ASKED, parse(QUERY))).expected
        if expected.errors and expected.data and expected.data["person"]:
            return seed
    raise AssertionError("there is one")


ASKED = Operation(QUERY, {"first": 2}, None, "query", frozenset())


@pytest.mark.parametrize(("spoil", "found"), SPOILT.values(), ids=SPOILT)
async def test_an_executor_that_errs_is_found_out(spoil: Spoil, found: str) -> None:
    seed = await seed_with_errors_beside_data()

    assert await disagreements(lambda one: one, ASKED, seed) == []
    assert any(one.startswith(found) for one in await disagreements(spoil, ASKED, seed))


async def test_a_propagated_null_needs_one_error_and_not_all() -> None:
    asked = Operation("{ things { ... on Cat { label } ... on Dog { name } } }", {}, None, "query", frozenset())
    for seed in range(200):
        if len(await disagreements(lambda one: ExecutionResult(one.data, None), asked, seed)) == 1:
            break
    assert await disagreements(lambda one: ExecutionResult(one.data, _errors(one)[:1]), asked, seed) == []


async def test_what_disagrees_is_made_small() -> None:
    async def fails(candidate: Operation) -> bool:
        return "lives" in candidate.text

    smallest = await shrunk(ASKED, synthetic_schema()._schema, fails)

    assert "".join(smallest.text.split()) == "{cats{lives}}"
    assert smallest.variables == {}
