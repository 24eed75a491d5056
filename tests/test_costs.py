"""Costs: the arithmetic of @cost and @listSize, what the graph's own queries cost, and how an answer tells it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType, parse

from bench.queries import queries
from errors import KeysExceededError
from execution.documents import Documents
from execution.limits import DocumentLimits
from execution.operations import Operations
from execution.prices import EACH, OF_INTROSPECTION, OF_OBJECT, UNSIZED, price_of
from execution.variables import variable_values
from gateway import served_schema
from schema import prices
from tests.conftest import Importer, fleet
from tests.doors import Doors, doors
from tests.test_docs import PAGES, _queries

ANY = DocumentLimits(cost=10**15)
SCHEMA = served_schema()._schema


def cost(text: str, limits: DocumentLimits = ANY, **variables: Any) -> float:
    """What the only operation of a document may cost."""
    document = Documents(limits).of(SCHEMA, text)
    assert document.errors == [], document.errors
    operation = document.operation(SCHEMA, None, Operations(limits))
    assert operation is not None
    values = variable_values(SCHEMA, operation.node, operation.signatures, variables)
    assert not isinstance(values, list), values
    quote = operation.quote(values)
    assert quote is not None
    assert operation.quote(values).total == quote.total  # type: ignore[union-attr]  # the second time it is known
    return round(quote.total, 1)


# A statement costs 10, an object 0.1; a connection is an object, and so is each row of its page.
ARITHMETIC = {
    "a record": ('{ workspace(id: "W") { name } }', 10.1),
    "a page of the usual size": ("{ workspaces { nodes { name } } }", 10 + 0.1 + 50 * 0.1),
    "a page of a size": ("{ workspaces(first: 7) { nodes { name } } }", 10 + 0.1 + 7 * 0.1),
    "the last rows": ("{ workspaces(last: 7) { nodes { name } } }", 10 + 0.1 + 7 * 0.1),
    "no more than a page may have": ("{ workspaces(first: 2147483647) { nodes { name } } }", 10 + 0.1 + 200 * 0.1),
    "edges": ("{ workspaces(first: 7) { edges { node { name } } } }", 10 + 0.1 + 7 * (0.1 + 0.1)),
    "a page below each row": (
        "{ workspaces(first: 10) { nodes { computers(first: 5) { nodes { name } } } } }",
        10 + 0.1 + 10 * 0.1 + 10 + 10 * (0.1 + 5 * 0.1),
    ),
    "a count": ("{ workspaces(first: 10) { totalCount } }", 10 + 0.1 + 10),
    "counts below each row": (
        "{ workspaces(first: 10) { nodes { computers { totalCount } } } }", 10 + 0.1 + 10 * 0.1 + 10 + 10 * 0.1 + 10,
    ),
    "groups": ("{ computers(first: 1) { groups(by: [STATUS], first: 20) { count } } }", 10 + 0.1 + 30 + 20 * 0.1),
    "a list without pages": ('{ workspace(id: "W") { tasks { name } } }', 10 + 0.1 + 10 + UNSIZED * 0.1),
    "a part of the row": ('{ run(id: "R") { outcome { __typename } } }', 10 + 0.1 + 0.1),
    "figures for each chart": (
        '{ workspace(id: "W") { charts(first: 4) { nodes { data(limit: 30) { rows { x } } } } } }',
        10 + 0.1 + 10 + 0.1 + 4 * (0.1 + 80 + 0.1 + 30 * 0.1),
    ),
    "rows of a table": ('{ workspace(id: "W") { data(limit: 1000) { rows } } }', 10 + 0.1 + 30 + 0.1 + 1_000 * 0.1),
    "a lineage": ('{ workspace(id: "W") { descendants(first: 40) { name } } }', 10 + 0.1 + 30 + 40 * 0.1),
    "keys": ('{ nodes(ids: ["a", "b", "c"]) { id } }', 30 + 3 * 0.1),
    "the dearest of the types": (
        '{ node(id: "a") { ... on Workspace { computers(first: 5) { nodes { id } } } ... on Session { messages(first: 9) '
        "{ nodes { id } } } } }",
        10 + 0.1 + 10 + 10 + (0.1 + 9 * 0.1),
    ),
    "a change": ('mutation { stopWorkspace(input: {id: "W"}) { workspace { name } } }', 100 + 0.1 + 10 + 0.1),
    "the schema": ("{ __schema { types { name } } }", 1_000),
    "fields that are one": ("{ workspaces { nodes { name } } workspaces { nodes { name status } } }", 10 + 0.1 + 5),
    "a filter": ('{ workspaces(first: 1, filter: {name: {eq: "a"}}) { nodes { name } } }', 10 + 1 + 0.1 + 0.1),
    "texts to be found": (
        '{ workspaces(first: 1, filter: {or: [{name: {contains: "a"}}, {name: {startsWith: "%s"}}]}) { nodes { name } } }'
        % ("a" * 250),
        10 + 5 + 5 * 2.5 + 0.1 + 0.1,
    ),
    "values to be one of": (
        '{ runs(first: 1, filter: {and: [{title: {in: ["a"]}}, {depth: {notIn: [%s]}}]}) { nodes { title } } }'
        % ("1," * 40),
        10 + 1 + 4 + 0.1 + 0.1,
    ),
    "a filter of a page, its number and its groups": (
        '{ workspaces(first: 1, filter: {name: {contains: "a"}}) { nodes { name } totalCount a: totalCount '
        "groups(by: [STATUS], first: 1) { count } } }",
        10 + 5 + 0.1 + 0.1 + 2 * (10 + 5) + 30 + 5 + 0.1,
    ),
    "a filter by related records": (
        '{ workspaces(first: 1, filter: {or: [{tags: {any: ["a"]}}, {computers: {some: {name: {eq: "a"}}}}]}) '
        "{ nodes { name } } }",
        10 + 100 + 100 + 5 * 1 + 0.1 + 0.1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ARITHMETIC)
def test_an_operation_costs_what_its_statements_and_objects_cost(name: str) -> None:
    text, wanted = ARITHMETIC[name]
    assert cost(text) == round(wanted, 1)


def test_variables_count_by_their_values() -> None:
    paged = "query($n: Int) { workspaces(first: $n) { nodes { name } } }"
    assert [cost(paged, n=number) for number in (0, 7, 500)] == [10.1, 10.8, 30.1]
    assert cost(paged) == 15.1
    by_default = "query($n: Int = 7) { workspaces(first: $n) { nodes { name } } }"
    assert cost(by_default) == 10.8
    filtered = "query($f: WorkspaceFilter) { workspaces(first: 1, filter: $f) { nodes { name } } }"
    related = {"tags": {"any": ["a"]}, "computers": {"some": {"workspace": {"owner": {"email": {"eq": "a"}}}}}}
    assert (cost(filtered, f={"or": [related]}), cost(filtered)) == (10.2 + 100 + 100 * (1 + 5 + 25) + 125, 10.2)
    part = "query($t: TagSetFilter) { workspaces(first: 1, filter: {and: [{tags: $t}]}) { nodes { name } } }"
    assert cost(part, t={"any": ["a"]}) == 110.2
    assert cost(part, t={"any": ["a"] * 20, "all": None}) == 210.2
    assert cost(filtered, f={"name": {"contains": "a" * 150, "notIn": ["a"] * 25}}) == 10.2 + 5 * 1.5 + 2.5
    inner = "query($t: String, $n: [String!]) { workspaces(first: 1, filter: {agents: {some: {name: {contains: $t, in: $n}}}}) { nodes { name } } }"
    assert cost(inner, t="a" * 150, n=["a"] * 25) == 10.2 + 100 + 5 * (5 * 1.5 + 2.5)
    assert cost(inner) == 110.2
    counted = "query($f: WorkspaceFilter) { workspaces(first: 1, filter: $f) { totalCount } }"
    assert cost(counted, f={"name": {"contains": "a"}}) == 10 + 0.1 + 10 + 2 * 5
    keys = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert cost(keys, ids=["a"] * 1_000) == 130
    with pytest.raises(KeysExceededError):
        cost(keys, ids=["a"] * 1_001)


SLOW: dict[str, tuple[str, Any]] = {
    "a filter of many texts, often": (
        "query($f: RunFilter) { " + " ".join(f"a{n}: runs(first: 1, filter: $f) {{ totalCount }}" for n in range(20)) + " }",
        {"or": [{"title": {"contains": f"a{n}"}} for n in range(490)]},
    ),
    "a filter of many values, often": (
        "query($f: RunFilter) { " + " ".join(f"a{n}: runs(first: 1, filter: $f) {{ totalCount }}" for n in range(20)) + " }",
        {"or": [{"externalId": {"in": ["a"] * 999}}] * 10},
    ),
    "many long texts": (
        "query($f: RunFilter) { runs(first: 1, filter: $f) { nodes { id } } }",
        {"or": [{"title": {"contains": "a" * 1_900}}] * 490},
    ),
    "many texts in related records": (
        "query($f: SessionFilter) { sessions(filter: $f) { nodes { id } } }",
        {"messages": {"some": {"or": [{"content": {"contains": "a"}}] * 490}}},
    ),
    "records of records": (
        "query($f: WorkspaceFilter) { " + " ".join(f"a{n}: workspaces(filter: $f) {{ nodes {{ id }} }}" for n in range(4)) + " }",
        {"and": [{"sessions": {"some": {"messages": {"some": {}}}}}] * 24},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SLOW)
def test_filters_that_take_the_database_long_cost_too_much(name: str) -> None:
    query, given = SLOW[name]
    assert cost(query, f=given) > 10_000


def test_what_is_skipped_costs_nothing() -> None:
    text = (
        "query($no: Boolean!) { viewer { email } workspaces @include(if: $no) { nodes { name } } ...Q @skip(if: $no) } "
    )
    text += "fragment Q on Query { computers(first: 1) { nodes { id } } }"
    assert (cost(text, no=True), cost(text, no=False)) == (15.2, 10.3)


def test_pages_count_by_the_settings() -> None:
    text = "{ workspaces { nodes { name } } agents(first: 1000) { nodes { name } } }"
    assert cost(text, replace(ANY, page_default=20, page_ceiling=500)) == 10 + 0.1 + 2 + 10 + 0.1 + 50


def test_what_may_cost_more_than_the_limit_is_refused() -> None:
    text = "{ workspaces(first: 7) { nodes { name } } }"
    assert cost(text, replace(ANY, cost=11)) == 10.8
    with pytest.raises(Exception, match="the operation may cost 11, 10 at most; ask for smaller pages"):
        cost(text, replace(ANY, cost=10))


@pytest.mark.parametrize("page", [page for page in PAGES if _queries(page)], ids=lambda page: page.name)
def test_every_query_of_the_docs_keeps_within_the_limits(page: Path) -> None:
    documents, operations = Documents(), Operations(DocumentLimits())
    for query in _queries(page):
        for text in re.split(r"\n(?=\{)", query.strip()):
            document = documents.of(SCHEMA, text)
            assert document.errors == [], text
            for name in document.operations:
                operation = document.operation(SCHEMA, name, operations)
                assert operation is not None
                declared = operation.node.variable_definitions or ()
                given = {one.variable.name.value: "a" for one in declared}
                values = variable_values(SCHEMA, operation.node, operation.signatures, given)
                assert not isinstance(values, list), values
                assert operation.quote(values) is not None


def test_the_queries_of_the_benchmark_keep_within_the_limits() -> None:
    for query in queries(["W" * 23], list_rows=5_000):
        assert cost(query.graphql, DocumentLimits(page_ceiling=5_000), **query.variables[0]) < 10_000, query.name


def test_the_printed_schema_says_what_is_counted() -> None:
    printed = parse((Path(__file__).parent.parent / "docs" / "schema.graphql").read_text())
    told: dict[str, tuple[float, Any]] = {}
    for definition in printed.definitions:
        for field in getattr(definition, "fields", None) or ():
            weights = [int(one.arguments[0].value.value) for one in field.directives or () if one.name.value == "cost"]
            sizes = [one.arguments for one in field.directives or () if one.name.value == "listSize"]
            name = f"{definition.name.value}.{field.name.value}"  # type: ignore[attr-defined]
            told[name] = (weights[0] if weights else 0, _sizes(sizes[0]) if sizes else None)
    counted: dict[str, tuple[float, Any]] = {}
    for of in SCHEMA.type_map.values():
        if isinstance(of, GraphQLObjectType) and not of.name.startswith("_"):
            for name, field in of.fields.items():
                price = price_of(field)
                size = (price.assumed, list(price.slices), sorted(price.sized_fields))
                has_size = bool(price.slices) or price.assumed != UNSIZED or "listSize" in str(told.get(name))
                counted[f"{of.name}.{name}"] = (price.weight, size if has_size else None)
    del counted["Query._entities"], counted["Query._service"]
    differing = {
        name: (told.get(name), known)
        for name, known in counted.items()
        if told.get(name) != known and (told.get(name) or (0, None))[1] != (UNSIZED, [], [])
    }
    assert differing == {}
    assert sum(weight > 0 for weight, _size in counted.values()) > 100


def _sizes(arguments: Any) -> tuple[int, list[str], list[str]]:
    given = {one.name.value: one.value for one in arguments}
    listed = {
        name: [item.value for item in given[name].values] if name in given else []
        for name in ("slicingArguments", "sizedFields")
    }
    return int(given["assumedSize"].value), listed["slicingArguments"], sorted(listed["sizedFields"])


def test_one_word_for_what_counts_for_each_parent_and_one_price_list() -> None:
    assert prices.EACH == EACH
    page = (Path(__file__).parent.parent / "docs" / "limits.md").read_text()
    for name in ("STATEMENT", "COUNT", "GROUPS", "LINEAGE", "KINDS", "TABLE", "FIGURES", "PICTURE", "REPORT", "CHANGE"):
        assert re.search(rf"\| {getattr(prices, name)} \|", page), name
    for weight in (*OF_INTROSPECTION.values(), prices.RELATED, prices.COMPARED, prices.FOUND, OF_OBJECT):
        assert f"| {weight:,} |" in page


# -------------------------------------------------------------------------------------------------- in the answer


@pytest.fixture
async def open_doors(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Doors]:
    async with doors(tmp_path, sqlite_template, cost=200) as opened:
        yield opened


async def test_an_answer_tells_its_cost_to_those_who_ask(open_doors: Doors, tmp_path: Path) -> None:
    await Importer(open_doors.database, tmp_path).lines(*fleet(workspaces=3, each=2))
    query = "{ workspaces(first: 5) { nodes { name computers(first: 4) { nodes { name } } } } }"
    assert "extensions" not in await open_doors.post(query)
    answer = await open_doors.post(query, **{"X-Workgraph-Cost": "1"})
    told = answer["extensions"]["cost"]
    assert told["requestedQueryCost"] == 10 + 0.1 + 5 * 0.1 + 10 + 5 * (0.1 + 4 * 0.1)
    assert told["maximumAvailable"] == 200
    assert 20 < told["actualQueryCost"] < told["requestedQueryCost"]
    answer = await open_doors.post('{ __type(name: "Run") { name } }', **{"X-Workgraph-Cost": "1"})
    assert answer["extensions"] == {"cost": {"requestedQueryCost": 20, "maximumAvailable": 200}}


async def test_what_costs_too_much_is_refused_at_all_doors_alike(open_doors: Doors) -> None:
    query = "query($n: Int) { workspaces { nodes { sessions(first: $n) { nodes { title } } } } }"
    assert await open_doors.codes(query, {"n": 1}) == (200, [])
    assert await open_doors.codes(query, {"n": 100}) == (400, ["COST_EXCEEDED"])
    assert await open_doors.codes("{ __schema { queryType { name } } }") == (400, ["COST_EXCEEDED"])
    (error,) = (await open_doors.post(query, {"n": 100}))["errors"]
    told = {name: error["extensions"][name] for name in ("limit", "value", "asked")}
    assert told == {"limit": "cost", "value": 200, "asked": 531}
