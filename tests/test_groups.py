"""Groups of connections: counted in SQL by every key, for all parents at once, through the filter, and no row read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import get_named_type
from sqlalchemy import select

from db.access import READ, Viewer
from db.ids import organization_id_of
from db.workspaces import SYSTEM_BITS, workspace_agents, workspaces
from resolvers.context import Limits
from resolvers.groups import GroupKey, grouping_of, groups_of_lists
from resolvers.pages import ROOT, Connection, PageArguments
from schema.build import GraphSchema, build_schema
from schema.fields import PageFeed
from schema.groups import KEYS
from schema.selection import DEFINITION
from tests.conftest import ORGANIZATION_ID, Graph, Importer, fleet
from tests.test_pages import failures, made_id, put


def connections(schema: GraphSchema) -> Iterator[tuple[str, str, Connection]]:
    """Every connection: `Type.field`, the type of its rows, and how it is read."""
    for on, kind in schema._schema.type_map.items():
        for name, field in getattr(kind, "fields", {}).items():
            feed = getattr(field.extensions.get(DEFINITION), "feed", None)
            if isinstance(feed, PageFeed):
                page: Any = get_named_type(field.type)
                yield f"{on}.{name}", str(get_named_type(page.fields["nodes"].type)), feed.connection


def ranked(counted: Counter[tuple[Any, ...]]) -> list[tuple[tuple[Any, ...], int]]:
    """The groups, the most frequent first, then by the keys, null last."""
    return sorted(counted.items(), key=lambda one: (-one[1], [(key is None, key) for key in one[0]]))


def counted_by(rows: list[Any], columns: tuple[str, ...]) -> Counter[tuple[Any, ...]]:
    """How often the values of these columns stand in rows; each system of a workspace by itself."""
    found: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        values: list[tuple[Any, ...]] = [()]
        for column in columns:
            value = getattr(row, column)
            own = [name for name, bit in SYSTEM_BITS.items() if value & bit] if column == "systems" else [value]
            values = [(*before, one) for before in values for one in own]
        found.update(values)
    return found


async def test_every_connection_is_counted_by_every_key_and_pair_of_keys_as_its_rows_say(
    graph: Graph, importer: Importer, statements: list[str]
) -> None:
    await importer.lines(*fleet(workspaces=4, each=3))
    graph.limits = Limits(page_ceiling=1_000)
    ctx, compared = graph.context(), 0
    for name, of, connection in connections(graph.schema):
        keys = KEYS[of]
        columns = frozenset(str(key.value) for key in keys)
        parents = [ROOT]
        if connection.match is not None:
            found = await graph.database.rows(select(connection.match).distinct())
            parents = [row[0] for row in found if row[0] is not None]
        pages = await connection.pages(parents, ctx=ctx, columns=columns, arguments=PageArguments(first=1_000))
        for one in columns:
            for by in {(one,), (one, min(columns))}:
                grouping = grouping_of([GroupKey(column, column) for column in dict.fromkeys(by)], 1_000)
                statements.clear()
                lists = await groups_of_lists(grouping, [page.whole for page in pages], ctx=ctx, columns=())
                assert len(statements) == 1
                told = [[(tuple(group.keys.values()), group.count) for group in groups] for groups in lists]
                assert told == [ranked(counted_by(page.nodes, tuple(dict.fromkeys(by)))) for page in pages], (name, by)
                compared += sum(map(len, told))
    assert compared > 500


def test_every_type_that_stands_in_a_connection_has_keys_of_its_own(schema: GraphSchema) -> None:
    assert {of for _name, of, _connection in connections(schema)} == KEYS.keys()


WORKSPACES = """{ workspaces {
    groups(by: [STATUS, SYSTEM]) { keys count }
    archived: groups(by: IS_ARCHIVED) { keys count }
    top: groups(by: [SYSTEM], first: 2) { keys count }
} }"""


async def _three(graph: Graph) -> None:
    await put(
        graph.database,
        workspaces,
        {"id": made_id("WORKSPACE", 1), "status": "ACTIVE", "systems": 4 + 2},
        {"id": made_id("WORKSPACE", 2), "status": "ACTIVE", "systems": 4},
        {"id": made_id("WORKSPACE", 3), "status": "FAILED", "systems": 8, "is_archived": True},
        {"id": "W-theirs", "status": "FAILED", "systems": 8, "organization_id": organization_id_of("Contoso")},
    )


@pytest.mark.parametrize("executor", ["ours", "graphql-core"])
async def test_a_workspace_of_several_systems_counts_for_each_and_no_row_is_read(
    graph: Graph, statements: list[str], executor: str
) -> None:
    await _three(graph)
    if executor == "graphql-core":
        graph.schema = build_schema()
    statements.clear()
    data = await graph.data(WORKSPACES)
    assert data["workspaces"] == {
        "groups": [
            {"keys": {"status": "ACTIVE", "system": "VAI"}, "count": 2},
            {"keys": {"status": "ACTIVE", "system": "ORGO"}, "count": 1},
            {"keys": {"status": "FAILED", "system": "EVERSHELL"}, "count": 1},
        ],
        "archived": [{"keys": {"isArchived": False}, "count": 2}, {"keys": {"isArchived": True}, "count": 1}],
        "top": [{"keys": {"system": "VAI"}, "count": 2}, {"keys": {"system": "EVERSHELL"}, "count": 1}],
    }
    assert len(statements) == 3 and all("GROUP BY" in one for one in statements)


@pytest.mark.parametrize("executor", ["ours", "graphql-core"])
async def test_groups_of_all_parents_take_one_statement_and_heed_the_filter(
    graph: Graph, importer: Importer, statements: list[str], executor: str
) -> None:
    await importer.lines(*fleet(workspaces=12, each=3))
    if executor == "graphql-core":
        graph.schema = build_schema()
    query = """query ($first: Int!, $filter: ComputerFilter) { workspaces(first: $first, orderBy: {field: NAME}) { nodes {
        name
        computers(filter: $filter, first: 1) {
            nodes { __typename } totalCount groups(by: [STATUS, OS]) { keys count } few: groups(by: WORKSPACE, first: 1) { count }
        }
        agents { groups(by: SYSTEM) { keys count } }
    } } }"""
    counts = []
    for first in (2, 12):
        statements.clear()
        data = await graph.data(query, first=first, filter={"name": {"ne": "computer 1"}})
        counts.append(len(statements))
    assert counts == [6, 6]  # the workspaces, their computers, the computers' number, three of groups
    assert data["workspaces"]["nodes"] == [
        {
            "name": f"Workspace {number:05d}",
            "computers": {
                "nodes": [{"__typename": "Computer"}],
                "totalCount": 2,
                "groups": [{"keys": {"status": "RUNNING", "os": None}, "count": 2}],
                "few": [{"count": 2}],
            },
            "agents": {"groups": [{"keys": {"system": name}, "count": 1} for name in ("AITASKER", "EVERSHELL", "VAI")]},
        }
        for number in range(12)
    ]  # fmt: skip


async def test_parents_without_rows_have_no_groups_and_what_is_asked_wrongly_is_told(graph: Graph) -> None:
    await _three(graph)
    data = await graph.data("{ workspaces { nodes { runs { groups(by: STATUS) { count } } } } }")
    assert data["workspaces"]["nodes"] == [{"runs": {"groups": []}}] * 3
    asked = {
        "by: []": "by must name at least one key",
        "by: STATUS, first: 0": "first must be 1 to 1000, got 0",
        "by: STATUS, first: 1001": "first must be 1 to 1000, got 1001",
    }
    for arguments, message in asked.items():
        result = await graph.ask(f"{{ workspaces {{ groups({arguments}) {{ count }} }} }}")
        assert failures(result) == [("BAD_ARGUMENT", message)]


async def test_each_parent_has_its_own_most_frequent_groups(graph: Graph) -> None:
    on = [made_id("AGENT", n) for n in range(3)]
    rows = [
        {"id": made_id("WORKSPACE", n), "status": status, "systems": 1}
        for n, status in enumerate(("ACTIVE", "ACTIVE", "FAILED", "IDLE", "FAILED", "FAILED"))
    ]
    await put(graph.database, workspaces, *rows)
    pairs = [(0, (0, 1, 2)), (1, (2, 3, 4)), (2, range(6))]
    await put(
        graph.database,
        workspace_agents,
        *({"agent_id": on[agent], "workspace_id": rows[n]["id"]} for agent, numbers in pairs for n in numbers),
    )
    connection = next(one for name, _of, one in connections(graph.schema) if name == "Agent.workspaces")
    ctx = graph.context()
    pages = await connection.pages(on, ctx=ctx, columns=frozenset(), arguments=PageArguments())
    grouping = grouping_of([GroupKey("status", "status")], 2)
    lists = await groups_of_lists(grouping, [page.whole for page in pages], ctx=ctx, columns=())
    assert [[(group.keys["status"], group.count) for group in groups] for groups in lists] == [
        [("ACTIVE", 2), ("FAILED", 1)],
        [("FAILED", 2), ("IDLE", 1)],
        [("FAILED", 3), ("ACTIVE", 2)],
    ]


async def test_who_may_see_nothing_counts_nothing(graph: Graph) -> None:
    await _three(graph)
    graph.viewer = Viewer(ORGANIZATION_ID, "N", "n@northwind.example", frozenset())
    refused = await graph.ask(WORKSPACES)
    assert refused.data is None
    assert {getattr(error.original_error, "code", None) for error in refused.errors or ()} == {"PERMISSION_DENIED"}
    graph.viewer = Viewer(organization_id_of("Contoso"), "N", "n@contoso.example", frozenset((READ,)))
    theirs = [{"keys": {"status": "FAILED", "system": "EVERSHELL"}, "count": 1}]
    assert (await graph.data(WORKSPACES))["workspaces"]["groups"] == theirs
