"""Both executors agree on whatever the schema lets one ask, over random data; and the run has seen enough to say so.

`DIFFERENTIAL_OPERATIONS=50000 DIFFERENTIAL_SEED=7 pytest tests/differential` runs longer, on other operations and rows.
"""

from __future__ import annotations

import re
from random import Random

import pytest
from strawberry.schema import Schema

from db.database import Database
from execution.engine import BreadthFirstExecutor
from gateway import GraphExecutor
from schema.build import build_schema
from tests.differential.comparison import Requests
from tests.differential.graph_values import GraphValues
from tests.differential.graph_world import ORGANIZATIONS, context_of, fill, viewers
from tests.differential.running import FALLBACKS, SEED, Case, Cases, Report, run
from tests.differential.synthetic import SyntheticValues, synthetic_schema
from tests.differential.synthetic_world import World

# graphql-core leaves coroutines behind when an error ends what they were for. Whatever ours leaves is a disagreement.
pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")

ENOUGH = 1_000  # operations from which on chance has no say in what was seen
FEATURES = {
    "__typename", "__typename aliased", "alias", "cursor of an earlier answer", "field merged", "fragment",
    "fragment in a fragment", "fragment spread twice", "inline fragment", "inline fragment without a type",
    "introspection", "non-null variable in a nullable place", "nullable variable with a default in a non-null place",
    "one key for different fields of different types", "other truth values", "several operations", "shorthand",
    "variable", "variable inside a value", "variable null", "variable of the wrong type", "variable omitted",
    "variable used twice", "variable with a default", "variable with a default omitted",
    *(f"@{name} on {where}{how}" for name in ("skip", "include") for how in ("", " by a variable")
      for where in ("field", "inline_fragment", "fragment_spread")),
}  # fmt: skip
SYNTHETIC_FEATURES = (FEATURES - {"cursor of an earlier answer", "shorthand"}) | {
    "directive on a query", "directive on a mutation", "@note on query", "@note on mutation",
    "@note on fragment_definition", "@note on field", "@experimental_disableErrorPropagation on query",
}  # fmt: skip
ANSWERS = {
    "with data", "with errors", "with data and errors", "with propagated nulls", "with propagated nulls inside",
    "with several errors", "refused for its variables",
}  # fmt: skip


def watched(executor: type[BreadthFirstExecutor]) -> tuple[type[BreadthFirstExecutor], list[str]]:
    """The executor, and a list in which it notes why it leaves operations to graphql-core."""
    reasons: list[str] = []
    return type("Watched", (executor,), {"on_fallback": staticmethod(reasons.append)}), reasons


async def test_both_executors_agree_on_operations_over_the_graph(database: Database) -> None:
    executor, fallbacks = watched(GraphExecutor)
    schema = build_schema(executor)
    await fill(database, SEED)
    values = GraphValues(Random(SEED))
    askers = [(organization, viewer) for organization in ORGANIZATIONS for viewer in viewers(organization)]
    requests = [Requests(schema, lambda viewer=viewer: context_of(database, viewer)) for _of, viewer in askers]

    def asker(random: Random) -> int:
        number = random.choice((0, 0, 1, 1, 1, 3, 3, 4, 4)) if random.random() < 0.97 else random.choice((2, 5))
        values.organization = askers[number][0]
        return number

    leaks: list[str] = []

    def note(case: Case, answer: bytes) -> None:
        stranger = next(one for one in ORGANIZATIONS if one != askers[case.asker][0])
        if stranger.marker.encode() in answer:
            leaks.append(case.operation.text)

    cases = Cases(schema._schema, values, asker)
    report = await run(cases, requests, fallbacks, Random(SEED), note)

    _agree(report)
    assert not leaks
    _has_seen(report, cases, schema, FEATURES, ANSWERS)


async def test_both_executors_agree_on_operations_over_a_synthetic_schema() -> None:
    executor, fallbacks = watched(BreadthFirstExecutor)
    schema = synthetic_schema(executor)
    worlds = [(SEED * 10 + number, broken) for number, broken in enumerate((0, 0.01, 0.03, 0.1, 0.3))]
    requests = [
        Requests(schema, lambda seed=seed, broken=broken: World(seed, broken), lambda world: world.effects)
        for seed, broken in worlds
    ]
    cases = Cases(schema._schema, SyntheticValues(Random(SEED)), lambda random: random.randrange(len(worlds)))

    report = await run(cases, requests, fallbacks, Random(SEED))

    _agree(report)
    _has_seen(report, cases, schema, SYNTHETIC_FEATURES, ANSWERS | {"of mutations"})


def _agree(report: Report) -> None:
    if report.failures:
        pytest.fail(report.told(), pytrace=False)


def _has_seen(report: Report, cases: Cases, schema: Schema, features: set[str], answers: set[str]) -> None:
    """What makes agreement worth something."""
    assert len(cases.dropped) < cases.validated * 0.1, cases.dropped[:3]
    assert set(report.fallbacks) <= FALLBACKS
    assert sum(report.fallbacks.values()) < report.ran * 0.1, report.fallbacks
    assert not report.details, report.details[:10]
    if report.ran < ENOUGH:
        return
    assert features <= set(report.features), features - set(report.features)
    assert all(report.answers[kind] >= 5 for kind in answers), report.answers
    assert report.answers["with data"] >= report.ran * 0.5, report.answers
    roots = {re.sub(r"_\d+$", "", key) for key in report.roots}
    mutation_type = schema._schema.mutation_type if cases.values.mutates else None
    root_types = filter(None, (schema._schema.query_type, mutation_type))
    assert {name for of in root_types for name in of.fields} <= roots
