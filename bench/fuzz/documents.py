"""Documents to ask with: drawn by hypothesis-graphql from the schema, written by hand, and broken on purpose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import GraphQLSchema
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis_graphql import mutations, nodes, queries

from schema.build import build_schema

ID = "id-of-a-record"  # in a drawn document: one that is there takes its place, or none
SCALARS = {
    "ID": st.just(nodes.String(ID)),
    "_Any": st.just(nodes.Object([])),
    "JSON": st.text(max_size=5).map(nodes.String),
    "DateTime": st.sampled_from(("2026-01-02T03:04:05Z", "2026-13-03", "0001-01-01T00:00:00+23:59")).map(nodes.String),
    "Decimal": st.sampled_from(("1.5", "NaN", "1e999999")).map(nodes.String),
}
TOKEN = re.compile(r'"""(?:[^"\\]|\\.)*"""|"(?:[^"\\\n]|\\.)*"|\.\.\.|[A-Za-z_]\w*|-?\d[\d.eE+-]*|\S|\s+')
ODD_TOKENS = (
    "{", "}", "(", ")", "[", "]", ":", "$", "@", "!", "|", "&", "=", "...", '"', '"""', "#", ",", "\\", "\ufeff",
    "\u2028",
    "on", "fragment", "query", "mutation", "subscription", "true", "null", "__typename", "__schema", "-0", "1e400",
    "9" * 400, "0x1", ".5", "é", "\ud800", "\x00", "\x7f", "🙂", '"\\u{110000}"', '"\\ud83d"', "@skip(if: true)",
    "@include(if: $x)", "@defer", "@stream(initialCount: 0)", "... on Workspace", "...F", "extend", "{ id }",
)  # fmt: skip
BY_HAND = (
    "query($id: ID!) { node(id: $id) { __typename id ... on Workspace { name status } } }",
    "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }",
    "query($first: Int, $after: String, $last: Int, $before: String) { workspaces(first: $first, after: $after, last: "
    "$last, before: $before) { totalCount nodes { id name } pageInfo { endCursor hasNextPage } } }",
    "query($filter: WorkspaceFilter, $order: [WorkspaceOrder!]) { workspaces(filter: $filter, orderBy: $order) { "
    "totalCount nodes { id } } }",
    "query($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Workspace { id name } } }",
    "query($x: String!) { lookup(system: VAI, type: WORKSPACE, externalId: $x) { __typename } }",
    "query($first: Int) { sessions(first: $first) { nodes { title messages(first: $first) { nodes { content } } } } }",
    "query($limit: Int) { workspaces { nodes { data(limit: $limit) { rows } charts { nodes { data { rows } svg } } } "
    "} }",
    "query($yes: Boolean!) { viewer { email @skip(if: $yes) scopes @include(if: $yes) } }",
    "mutation($id: ID!, $n: Int!) { moveChart(input: {id: $id, position: $n}) { chart { id position } } }",
    "mutation($id: ID!, $x: String!) { updateWorkspace(input: {id: $id, title: $x}) { workspace { id name } } }",
    "mutation($id: ID!, $x: ChartSpecInput!) { createChart(input: {workspaceId: $id, spec: $x}) { chart { id } } }",
    "{ __schema { types { name fields { name } } } }",
    "query A { sources { system recordCount } } query B { viewer { email } }",
)
NAMES = ("id", "ids", "first", "after", "last", "before", "filter", "order", "r", "x", "limit", "yes", "n")


@dataclass(frozen=True)
class Corpus:
    """The documents of one process, and the ids that it knows."""

    queries: Sequence[str]
    mutations: Sequence[str]
    ids: Sequence[str]

    def query(self, random: Random) -> str:
        """A document that reads, with ids."""
        return self._with_ids(random.choice(self.queries), random)

    def mutation(self, random: Random) -> str:
        """A document that writes, with ids."""
        return self._with_ids(random.choice(self.mutations), random)

    def id(self, random: Random) -> str:
        """An id that is there, one that was changed, or none."""
        known = random.choice(self.ids)
        if random.random() < 0.7:
            return known
        place = random.randrange(len(known))
        return random.choice((known[:place] + "x" + known[place + 1 :], known[:place], "", known * 30, f"{known}\n"))

    def _with_ids(self, text: str, random: Random) -> str:
        return re.sub(ID, lambda _found: self.id(random).replace("\n", " "), text)


def corpus(ids: Sequence[str], number: int, count: int) -> Corpus:
    """A corpus of so many documents; the same for the same number."""
    schema = build_schema()._schema
    return Corpus(_drawn(schema, queries, number, count), _drawn(schema, mutations, number, count // 4), ids)


def _drawn(schema: GraphQLSchema, make: Any, number: int, count: int) -> list[str]:
    found: list[str] = []
    scalars = {name: of for name, of in SCALARS.items() if name in schema.type_map}
    root = schema.query_type if make is queries else schema.mutation_type
    assert root is not None  # noqa: S101
    one_of_each = st.one_of([make(schema, fields=[name], custom_scalars=scalars) for name in root.fields])

    @seed(number)
    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(one_of_each)
    def draw(text: str) -> None:
        found.append(text)

    draw()
    return found


def broken(text: str, random: Random) -> str:
    """The document with some of its tokens lost, doubled, swapped, or odd ones between them."""
    tokens = TOKEN.findall(text)
    for _ in range(random.choice((1, 1, 2, 5))):
        place = random.randrange(len(tokens) + 1)
        match random.randrange(5):
            case 0:
                tokens[place : place + random.randint(1, 3)] = []
            case 1:
                tokens[place:place] = tokens[place : place + random.randint(1, 20)] * random.choice((1, 3, 40))
            case 2:
                tokens.insert(place, random.choice(ODD_TOKENS))
            case 3:
                del tokens[place:]
            case _:
                tokens[place : place + 1] = [random.choice(tokens or ["x"])]
        tokens = tokens or ["{"]
    return "".join(tokens)


def odd_value(random: Random, known: Corpus, depth: int = 0) -> Any:
    """A value of JSON, right or odd."""
    simple = (
        None, True, False, 0, -1, 1, 5, 200, 201, 2**31 - 1, 2**31, -(2**31) - 1, 2**53, 2**63, 10**30, 1.5, 1e308,
        -0.0, "", "x", "é🙂", "x" * 300, "%" * 50, "\x00", "'; DROP TABLE workspaces; --", "a\u2028b",
        "2026-01-01T00:00:00Z",
        "ACTIVE", "VAI", "name", "\ufeff", "NaN", "1e400",
    )  # fmt: skip
    match random.randrange(8 if depth < 4 else 5):
        case 0 | 1:
            return known.id(random)
        case 5:
            return [odd_value(random, known, depth + 1) for _ in range(random.choice((0, 1, 3, 30)))]
        case 6:
            names = ("id", "__typename", "name", "eq", "in", "contains", "and", "not", "status", "x")
            return {random.choice(names): odd_value(random, known, depth + 1) for _ in range(random.randint(0, 4))}
        case _:
            return random.choice(simple)


def variables(random: Random, known: Corpus) -> dict[str, Any]:
    """Values for the variables of the documents by hand; some missing, some odd, some unknown."""
    given: dict[str, Any] = {
        "id": known.id(random), "ids": [known.id(random)], "first": random.choice((1, 5, 50, 200, 201, 0, -1)),
        "x": "x",
        "limit": random.choice((1, 10, 5000)), "yes": random.random() < 0.5, "n": random.randint(-1, 9),
        "r": [{"__typename": "Workspace", "id": known.id(random)}], "order": [{"field": "NAME"}],
        "filter": {"name": {"contains": random.choice("abcde%_")}},
    }  # fmt: skip
    for _ in range(random.choice((0, 0, 1, 3))):
        given[random.choice(NAMES)] = odd_value(random, known)
    if random.random() < 0.1:
        given.pop(random.choice(list(given)))
    return given
