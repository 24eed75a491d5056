"""Both executors agree on what hypothesis-graphql asks: an independent generator, which draws deeper and odder literals.

Always the same examples; `DIFFERENTIAL_EXAMPLES=5000` draws so many, at random.
"""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Iterator
from functools import cache, partial

import pytest
from graphql import GraphQLSchema, parse, validate
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import mutations, nodes, queries

from db.database import Database
from execution.engine import BreadthFirstExecutor
from gateway import GraphExecutor
from schema.build import build_schema
from tests.differential.comparison import Requests, compared
from tests.differential.graph_world import ORGANIZATIONS, RECORDS, context_of, fill, viewers
from tests.differential.operations import Operation
from tests.differential.running import SEED
from tests.differential.synthetic import synthetic_schema
from tests.differential.synthetic_world import World

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")

EXAMPLES = int(os.environ.get("DIFFERENTIAL_EXAMPLES", "0"))
IN_CI = 100  # examples; drawing one takes longer than running it
ORGANIZATION = ORGANIZATIONS[1]
graph_schema = cache(partial(build_schema, GraphExecutor))
other_schema = cache(partial(synthetic_schema, BreadthFirstExecutor))
drawing = settings(
    max_examples=EXAMPLES or IN_CI,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def _representation(kind: str, number: int) -> nodes.ObjectValueNode:
    members = {"__typename": kind.capitalize(), "id": ORGANIZATION.record_id(kind, number)}
    return nodes.Object(
        [nodes.graphql.ObjectFieldNode(name=_name(key), value=nodes.String(of)) for key, of in members.items()]
    )


def _name(text: str) -> nodes.graphql.NameNode:
    return nodes.graphql.NameNode(value=text)


KINDS = st.sampled_from(sorted({kind for kind, _count in RECORDS.values()}))
SCALARS = {
    "DateTime": st.sampled_from(("2026-01-02T03:04:05Z", "2026-01-03", "2026-01-01T02:00:00+02:00")).map(nodes.String),
    "JSON": st.text(max_size=3).map(nodes.String),
    "_Any": st.builds(_representation, KINDS, st.integers(0, 6)),
    "ID": st.builds(lambda kind, number: nodes.String(ORGANIZATION.record_id(kind, number)), KINDS, st.integers(0, 6)),
    "Even": st.integers(-9, 9).map(lambda number: nodes.Int(2 * number)),
    "Decimal": st.decimals(allow_nan=False, allow_infinity=False, places=2).map(lambda one: nodes.String(str(one))),
}


def _drawn(schema: GraphQLSchema, *, mutates: bool = True) -> st.SearchStrategy[tuple[str, str]]:
    """Documents of one root field each, which are quicker to draw than those of all; and what kind they are."""
    scalars = {name: of for name, of in SCALARS.items() if name in schema.type_map}
    made = []
    mutation_type = schema.mutation_type if mutates else None  # the rows of the graph are shared by all examples
    for kind, make, root in (("query", queries, schema.query_type), ("mutation", mutations, mutation_type)):
        for name in root.fields if root else ():
            documents = make(schema, fields=[name], custom_scalars=scalars, allow_x00=False)
            made.append(documents.map(lambda text, kind=kind: (text, kind)))
    return st.one_of(made)


async def _compared(requests: Requests, drawn: tuple[str, str], seen: Counter[str]) -> None:
    text, kind = drawn
    document = parse(text)
    if validate(requests.schema._schema, document):
        seen["invalid"] += 1
        return
    found = await compared(requests, Operation(text, {}, None, kind, frozenset()), document)
    seen["ran"] += 1
    seen["data"] += found.expected.data is not None
    seen["errors"] += bool(found.expected.errors)
    assert not found.disagreements, f"{found.disagreements}\n{text}\nours: {found.ours}\nexpected: {found.expected}"


@pytest.fixture
def seen() -> Iterator[Counter[str]]:
    """What the examples were answered; at the end it must have been enough."""
    counted: Counter[str] = Counter()
    yield counted
    gc.collect()  # while the test still knows which warnings of graphql-core to expect
    assert counted["invalid"] < counted["ran"] * 0.1, counted
    assert counted["data"] > counted["ran"] * 0.4, counted
    assert counted["errors"], counted


@pytest.fixture
async def filled(database: Database) -> Database:
    """A database with both organisations in it."""
    await fill(database, SEED)
    return database


@drawing
@given(st.deferred(lambda: _drawn(graph_schema()._schema, mutates=False)))
async def test_both_executors_agree_on_drawn_operations_over_the_graph(
    filled: Database, seen: Counter[str], drawn: tuple[str, str]
) -> None:
    requests = Requests(graph_schema(), lambda: context_of(filled, viewers(ORGANIZATION)[1]))
    await _compared(requests, drawn, seen)


@drawing
@given(st.deferred(lambda: _drawn(other_schema()._schema)), st.sampled_from(((1, 0.0), (2, 0.03), (3, 0.3))))
async def test_both_executors_agree_on_drawn_operations_over_a_synthetic_schema(
    seen: Counter[str], drawn: tuple[str, str], world: tuple[int, float]
) -> None:
    requests = Requests(other_schema(), lambda: World(*world), lambda context: context.effects)
    await _compared(requests, drawn, seen)
