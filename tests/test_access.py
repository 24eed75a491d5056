"""Nothing of another organisation is reached by any way; what the viewer is to things; what only some are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type

from db.access import Viewer
from db.ids import id_of, organization_id_of
from resolvers.accounts import ensure_organization
from rest.importing import Summary, imported
from tests.conftest import ORGANIZATION_ID, Graph, Importer, exchange, fleet

OTHER = organization_id_of("Acme")
ENTITIES = """
query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename } }
"""


def record(kind: str, system: str, external_id: str) -> str:
    """The id of a record of Northwind."""
    return id_of(kind, ORGANIZATION_ID, system, external_id)


@pytest.fixture
def stranger(graph: Graph) -> Graph:
    """The graph as a member of another organisation, which holds nothing, sees it."""
    return Graph(graph.database, graph.schema, Viewer(OTHER, "N-stranger", "00000@northwind.example"))


async def test_every_root_is_empty_for_another_organisation(graph: Graph, stranger: Graph, importer: Importer) -> None:
    await importer.lines(*fleet(workspaces=2, each=2))
    query = graph.schema._schema.query_type
    assert query is not None
    for name, field in query.fields.items():
        kind = get_named_type(field.type)
        if isinstance(kind, GraphQLObjectType) and kind.name.endswith("Connection"):
            asked = f"{{ {name} {{ totalCount nodes {{ __typename }} }} }}"
            assert (await graph.data(asked))[name]["totalCount"] > 0
            assert await stranger.data(asked) == {name: {"totalCount": 0, "nodes": []}}
    assert await stranger.data("{ tags { name } }") == {"tags": []}
    sources = (await stranger.data("{ sources { recordCount records { count } answers { totalCount } } }"))["sources"]
    assert sources == [{"recordCount": 0, "records": [], "answers": {"totalCount": 0}}] * 4


async def test_no_single_record_is_reached_from_another_organisation(stranger: Graph, importer: Importer) -> None:
    await importer.lines(*fleet(workspaces=1, each=1))
    ids = [
        record("WORKSPACE", "VAI", "v-00000"),
        record("AGENT", "AITASKER", "agent-00000"),
        record("COMPUTER", "ORGO", "c-00000-0"),
        record("CHART", "VAI", "h-00000-0"),
        record("SESSION", "VAI", "s-00000-0"),
        record("MESSAGE", "VAI", "m-s-00000-0-0"),
        record("RUN", "VAI", "r-00000-0"),
        record("TAG", "VAI", "tag-0"),
        record("USER", "VAI", "person-00000"),
    ]
    data = await stranger.data(
        """query ($ids: [ID!]!, $w: ID!) {
             nodes(ids: $ids) { id } workspace(id: $w) { id }
             lookup(system: VAI, type: WORKSPACE, externalId: "v-00000") { id }
           }""",
        ids=ids,
        w=ids[0],
    )
    assert data == {"nodes": [None] * len(ids), "workspace": None, "lookup": None}
    kinds = ("Workspace", "Agent", "Computer", "Chart", "Session", "Message", "Run", "Tag", "User")
    representations = [{"__typename": kind, "id": one} for kind, one in zip(kinds, ids, strict=True)]
    assert (await stranger.data(ENTITIES, representations=representations))["_entities"] == [None] * len(ids)


async def test_two_organisations_may_hold_the_same_record_and_see_their_own(
    graph: Graph, stranger: Graph, importer: Importer, tmp_path: Path
) -> None:
    await importer.lines(exchange("orgo", "GET /workspaces/o", {"id": "o", "name": "ours", "computers": [{"id": "c"}]}))
    await ensure_organization(graph.database, "Acme")
    theirs = tmp_path / "theirs.jsonl"
    theirs.write_text(
        '{"system": "orgo", "path": "/workspaces/o", "at": "2026-11-01T10:00:00Z",'
        ' "body": {"id": "o", "name": "theirs"}}'
    )
    [entry async for entry in imported(graph.database, OTHER, [theirs], Summary())]

    asked = """{ workspaces(filter: {computers: {none: {name: {eq: "never"}}}}) { totalCount nodes {
                   name organization { name } computers { totalCount } orgo { externalId }
               } } }"""
    ours = {"name": "ours", "organization": {"name": "Northwind"}, "computers": {"totalCount": 1}}
    assert await graph.data(asked) == {
        "workspaces": {"totalCount": 1, "nodes": [{**ours, "orgo": {"externalId": "o"}}]}
    }
    yours = {"name": "theirs", "organization": {"name": "Acme"}, "computers": {"totalCount": 0}}
    assert await stranger.data(asked) == {
        "workspaces": {"totalCount": 1, "nodes": [{**yours, "orgo": {"externalId": "o"}}]}
    }


async def test_only_the_owner_and_holders_of_billing_read_are_told_the_subscription(
    graph: Graph, importer: Importer
) -> None:
    agent = {"id": "a", "user_id": "u", "stripe_subscription_id": "sub_1"}
    await importer.lines(exchange("aitasker", "POST /api/v1/workspaces/agents/a/pause", agent))

    async def told(**changes: Any) -> Any:
        viewer = Viewer(ORGANIZATION_ID, "N", "n@northwind.example")
        asking = Graph(graph.database, graph.schema, replace(viewer, **changes))
        return (await asking.data("{ agents { nodes { stripeSubscriptionId } } }"))["agents"]["nodes"]

    assert await told() == [{"stripeSubscriptionId": None}]
    assert await told(scopes=frozenset(("billing:read",))) == [{"stripeSubscriptionId": "sub_1"}]
    assert await told(user_ids=(record("USER", "AITASKER", "u"),)) == [{"stripeSubscriptionId": "sub_1"}]


@pytest.mark.parametrize(
    ("mine", "share", "expected"),
    [
        ("owner", {"state": "shared"}, "OWNER"),
        ("friend", {"state": "shared", "recipients": [{"id": "friend"}]}, "VIEWER"),
        ("friend", {"state": "shared", "recipientUserIds": ["friend"]}, "VIEWER"),
        ("friend", {"state": "not_shared", "recipients": [{"id": "friend"}]}, "ORGANIZATION"),
        ("friend", {"state": "shared", "recipients": [{"id": "friend"}], "expiresAt": "2020-01-01T00:00:00Z"},
         "ORGANIZATION"),
        ("nobody", {"state": "shared", "recipients": [{"id": "friend"}]}, "ORGANIZATION"),
    ],
    ids=["owner", "recipient", "recipient by id", "revoked", "expired", "neither"],
)  # fmt: skip
async def test_what_the_viewer_is_to_a_workspace(
    graph: Graph, importer: Importer, mine: str, share: dict[str, Any], expected: str
) -> None:
    await importer.lines(
        exchange("vai", "GET /api/v1/workspaces/v", {"workspace": {"id": "v", "ownerUserId": "owner"}}),
        exchange("vai", "GET /api/v1/workspaces/v/share", share),
    )
    asking = Graph(graph.database, graph.schema, replace(graph.viewer, user_ids=(record("USER", "VAI", mine),)))

    data = await asking.data("{ workspaces { nodes { viewerAccess } } }")

    assert data == {"workspaces": {"nodes": [{"viewerAccess": expected}]}}
    shared = await asking.data("{ workspaces(filter: {sharedWithMe: true}) { totalCount } }")
    assert shared["workspaces"]["totalCount"] == (1 if expected == "VIEWER" else 0)
