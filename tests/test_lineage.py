"""Ancestors, roots and descendants: one statement each for all parents of a level, whatever circles the data holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, delete

from db.access import READ, Viewer
from db.ids import organization_id_of
from db.runs import runs
from db.workspaces import workspaces
from errors import PermissionDeniedError
from schema.build import build_schema
from tests.conftest import ORGANIZATION_ID, Graph
from tests.test_pages import day, failures, made_id, put

CONTOSO = organization_id_of("Contoso")
KINDS = {"workspaces": (workspaces, "WORKSPACE"), "runs": (runs, "RUN")}
QUERY = """query ($depth: Int! = 100, $first: Int! = 1000) { %s(first: 200, orderBy: {field: CREATED_AT}) { nodes {
    id root { id } ancestors { id } descendants(depth: $depth, first: $first) { id }
} } }"""
Parents = dict[int, int | None]


def rows_of(kind: str, parents: Parents, **of: dict[int, Any]) -> list[dict[str, Any]]:
    """A row for each number, made in the order of the numbers; `of` has more values of some."""
    return [
        {
            "id": made_id(kind, number),
            "external_id": str(number),
            "parent_id": None if parent is None else made_id(kind, parent),
            "created_at": day(number),
            **{name: values[number] for name, values in of.items() if number in values},
        }
        for number, parent in parents.items()
    ]


async def put_rows(graph: Graph, table: Table, rows: list[dict[str, Any]]) -> None:
    named = set(table.c.keys())
    if rows:
        await put(graph.database, table, *({name: row[name] for name in row if name in named} for row in rows))


def chain(number: int, parents: Parents) -> list[int]:
    """The row and those above it, as long as they are there and new."""
    found: list[int] = []
    one: int | None = number
    while one in parents and one not in found:
        found.append(one)
        one = parents[one]
    return found


def below(number: int, parents: Parents, depth: int) -> list[int]:
    """The rows below, by generation and then by number."""
    found: list[int] = []
    last = [number]
    for _ in range(depth):
        last = sorted(n for n, parent in parents.items() if parent in last and n != number and n not in found)
        found += last
    return found


def expected(kind: str, parents: Parents, *, depth: int = 100, first: int = 1_000) -> dict[str, Any]:
    """What the query answers, by id."""
    answer = {}
    for number in parents:
        above = chain(number, parents)
        answer[made_id(kind, number)] = {
            "root": made_id(kind, above[-1]),
            "ancestors": [made_id(kind, one) for one in above[1:]],
            "descendants": [made_id(kind, one) for one in below(number, parents, depth)[:first]],
        }
    return answer


def told(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer in the same form."""
    return {
        node["id"]: {
            "root": node["root"]["id"],
            "ancestors": [one["id"] for one in node["ancestors"]],
            "descendants": [one["id"] for one in node["descendants"]],
        }
        for node in nodes
    }


SHAPES: dict[str, Parents] = {
    "alone": {1: None},
    "a chain": {1: None, 2: 1, 3: 2, 4: 3},
    "a tree": {1: None, 2: 1, 3: 1, 4: 2, 5: 2, 6: 3, 7: None, 8: 7},
    "its own parent": {1: 1, 2: 1},
    "two that come of each other": {1: 2, 2: 1, 3: 1, 4: 3},
    "a circle with a tail": {1: 3, 2: 1, 3: 2, 4: 2, 5: 4, 6: 5},
    "a parent that is not there": {2: 99, 3: 2},
}


@pytest.mark.parametrize("executor", ["ours", "graphql-core"])
@pytest.mark.parametrize("name", KINDS)
async def test_lineage_is_what_the_links_say_in_one_statement_each(
    graph: Graph, statements: list[str], name: str, executor: str
) -> None:
    table, kind = KINDS[name]
    if executor == "graphql-core":
        graph.schema = build_schema()
    for shape, parents in SHAPES.items():
        async with graph.database.writing() as connection:
            await connection.execute(delete(table))
        await put_rows(graph, table, rows_of(kind, parents))
        statements.clear()
        data = await graph.data(QUERY % name)
        assert told(data[name]["nodes"]) == expected(kind, parents), shape
        assert len(statements) == 4, shape  # the list, the ancestors, the roots, the descendants


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    links=st.lists(st.none() | st.integers(0, 25), min_size=1, max_size=25),
    depth=st.integers(1, 6),
    first=st.integers(1, 8),
)
async def test_any_links_are_followed_as_far_as_asked(
    graph: Graph, links: list[int | None], depth: int, first: int
) -> None:
    parents: Parents = dict(enumerate(links))
    async with graph.database.writing() as connection:
        await connection.execute(delete(workspaces))
    await put_rows(graph, workspaces, rows_of("WORKSPACE", parents))
    data = await graph.data(QUERY % "workspaces", depth=depth, first=first)
    assert told(data["workspaces"]["nodes"]) == expected("WORKSPACE", parents, depth=depth, first=first)


async def test_a_link_to_what_is_hidden_ends_the_chain_either_way(graph: Graph) -> None:
    parents: Parents = {1: None, 2: 1, 3: 2, 4: 3, 5: 4}
    await put_rows(graph, workspaces, rows_of("WORKSPACE", parents, organization_id={3: CONTOSO}))
    data = await graph.data(QUERY % "workspaces")
    assert told(data["workspaces"]["nodes"]) == expected("WORKSPACE", {1: None, 2: 1, 4: 3, 5: 4})
    graph.viewer = Viewer(CONTOSO, "N", "n@contoso.example", frozenset((READ,)))
    data = await graph.data(QUERY % "workspaces")
    assert told(data["workspaces"]["nodes"]) == expected("WORKSPACE", {3: 2})
    graph.viewer = Viewer(ORGANIZATION_ID, "N", "n@northwind.example", frozenset())
    (error,) = (await graph.ask(QUERY % "workspaces")).errors or ()
    assert isinstance(error.original_error, PermissionDeniedError)


async def test_a_run_s_root_is_the_one_its_document_names_or_else_the_last_above_it(graph: Graph) -> None:
    parents: Parents = {1: None, 2: 1, 3: 2, 4: None, 5: 4, 6: 5, 7: None, 8: 7}
    named = {2: 1, 4: 4, 5: 4, 7: 99}
    rows = rows_of("RUN", parents, root_id={number: made_id("RUN", root) for number, root in named.items()})
    await put_rows(graph, runs, rows)
    data = await graph.data("{ runs(orderBy: {field: CREATED_AT}) { nodes { externalId root { externalId } } } }")
    found = {node["externalId"]: node["root"] and node["root"]["externalId"] for node in data["runs"]["nodes"]}
    # 3 names none: its parent does; 6 goes by its parent's root; 7 names one of which no document came in, and so 8
    assert found == {"1": "1", "2": "1", "3": "1", "4": "4", "5": "4", "6": "4", "7": None, "8": None}


async def test_chains_of_a_thousand_under_fifty_parents_take_one_statement_each(
    graph: Graph, statements: list[str]
) -> None:
    parents: Parents = {number: number - 1 if number else None for number in range(1_000)}
    rows = rows_of("RUN", parents, root_id={})
    await put_rows(graph, runs, rows)
    async with graph.database.writing() as connection:
        await connection.exec_driver_sql("ANALYZE")  # as PostgreSQL does by itself after a while
    query = """{ runs(first: 50, orderBy: {field: CREATED_AT, direction: DESC}) { nodes {
        externalId root { externalId } ancestors { externalId }
    } } }"""
    statements.clear()
    data = await graph.data(query)
    nodes = data["runs"]["nodes"]
    assert [node["externalId"] for node in nodes] == [str(number) for number in range(999, 949, -1)]
    assert {node["root"]["externalId"] for node in nodes} == {"0"}
    assert [one["externalId"] for one in nodes[0]["ancestors"]] == [str(number) for number in range(998, -1, -1)]
    assert [len(node["ancestors"]) for node in nodes] == list(range(999, 949, -1))
    assert len(statements) == 3

    query = """{ runs(first: 50, orderBy: {field: CREATED_AT}) { nodes { descendants { externalId } } } }"""
    statements.clear()
    data = await graph.data(query)
    found = [[int(one["externalId"]) for one in node["descendants"]] for node in data["runs"]["nodes"]]
    assert found == [list(range(number + 1, number + 101)) for number in range(50)]
    assert len(statements) == 2


@pytest.mark.parametrize("executor", ["ours", "graphql-core"])
async def test_how_far_down_has_bounds_that_are_told(graph: Graph, executor: str) -> None:
    if executor == "graphql-core":
        graph.schema = build_schema()
    await put_rows(graph, workspaces, rows_of("WORKSPACE", {1: None, 2: 1}))
    asked = {
        "depth: 0": "depth must be 1 to 100, got 0",
        "depth: 101": "depth must be 1 to 100, got 101",
        "first: 0": "first must be 1 to 1000, got 0",
        "first: 1001": "first must be 1 to 1000, got 1001",
    }
    for arguments, message in asked.items():
        result = await graph.ask(f"{{ workspaces(first: 1) {{ nodes {{ descendants({arguments}) {{ id }} }} }} }}")
        assert failures(result) == [("BAD_ARGUMENT", message)]


async def test_only_the_selected_columns_and_the_links_are_read(graph: Graph, statements: list[str]) -> None:
    await put_rows(graph, workspaces, rows_of("WORKSPACE", {1: None, 2: 1}))
    for field in ("ancestors", "root", "descendants"):
        statements.clear()
        await graph.data(f"{{ workspaces {{ nodes {{ {field} {{ name isArchived }} }} }} }}")
        assert "description" not in statements[-1] and "workspaces.name" in statements[-1]
