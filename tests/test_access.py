"""Who sees what: nothing of another organisation by any way; what the viewer is to things; what is paid for agents."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from graphql import GraphQLObjectType
from sqlalchemy import update

from db.access import READ, READ_OWN, SHARE_WRITE, TABLE_WRITE, WORKSPACE_WRITE, WORKSPACE_WRITE_OWN, Viewer
from db.database import Database
from db.ids import id_of, organization_id_of
from db.metadata import metadata
from db.own import EDITOR, OWNER, VIEWER, within
from db.workspaces import workspace_parts, workspaces
from resolvers.accounts import BEARER, SIGN_IN, Viewers, created_token, ensure_organization, redeemed
from rest.importing import Summary, imported
from tests.conftest import ORGANIZATION_ID, Graph, Importer, exchange, fleet
from tests.test_nodes import BY_ID, ENTITIES, IDS, RECORDS
from tests.test_pages import put
from tests.test_relations import _query, leaves, paths, relations

FOREIGN = organization_id_of("Elsewhere")
TEXTS = (
    "name",
    "title",
    "display_name",
    "content",
    "status",
    "kind",
    "email",
    "toolName",
    "provider",
    "state",
    "role_id",
)


def _made_foreign(value: Any) -> Any:
    """The same documents with other texts: what is seen of them betrays itself."""
    if isinstance(value, list):
        return [_made_foreign(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: f"FOREIGN {one}" if name in TEXTS and isinstance(one, str) else _made_foreign(one)
        for name, one in value.items()
    }


async def _import_foreign(importer: Importer, folder: Path) -> None:
    """The fleet once more, for another organisation: the same systems' ids, other texts, and one workspace more."""
    await ensure_organization(importer.database, "Elsewhere")
    path = folder / "foreign.jsonl"
    lines = [_made_foreign(line) for line in fleet(workspaces=3, each=2)]
    lines = [{**line, "status": 200} if "status" in line else line for line in lines]
    path.write_text("\n".join(map(json.dumps, lines)))
    summary = Summary()
    entries = [entry async for entry in imported(importer.database, FOREIGN, [path], summary)]
    assert [entry for entry in entries if entry.outcome == "refused"] == []


def _every_query(graph: Graph) -> list[tuple[str, dict[str, Any]]]:
    """Every root and every relation of the schema, with all columns; every way to a record by id; counts; filters."""
    schema = graph.schema._schema
    known = relations(schema)
    ways = paths(schema, known)
    asked: list[tuple[str, dict[str, Any]]] = []
    for relation in known.values():
        if relation.on in ways:
            rows = isinstance(relation.target, GraphQLObjectType)
            inner = " ".join(name for name, _ in leaves(relation.target)) if rows else ""
            asked.append(
                (_query(ways[relation.on], schema, known, relation.asked(inner or "__typename")), {"first": 50})
            )
    for on, path in ways.items():
        kind: Any = schema.type_map[on]
        asked.append(
            (_query(path, schema, known, " ".join(name for name, _ in leaves(kind)) or "__typename"), {"first": 50})
        )
    lists = ("workspaces", "agents", "computers", "charts", "sessions", "runs")
    asked += [
        (f"{{ {name} {{ totalCount }} last: {name}(last: 1) {{ nodes {{ id }} pageInfo {{ hasPreviousPage }} }} }}", {})
        for name in lists
    ]
    asked.append(
        ("{ tags { id name workspaces { totalCount } } viewer { organization { name } users { email } } }", {})
    )
    asked.append(
        (
            "{ sources { system recordCount staleCount records { kind count } answers { totalCount nodes { path document } } } }",
            {},
        )
    )
    conditions = (
        '{agents: {some: {name: {contains: "FOREIGN"}}}}', '{not: {agents: {none: {name: {contains: "FOREIGN"}}}}}',
        '{owner: {email: {startsWith: "FOREIGN"}}}', '{tags: {any: ["FOREIGN Tag 0"]}}',
        '{sessions: {some: {messages: {some: {content: {contains: "FOREIGN"}}}}}}', '{name: {contains: "FOREIGN"}}',
        '{parent: {name: {contains: "FOREIGN"}}}', "{sharedWithMe: true}", '{charts: {every: {title: {contains: "FOREIGN"}}}}',
    )  # fmt: skip
    asked += [(f"{{ workspaces(filter: {one}) {{ totalCount nodes {{ name }} }} }}", {}) for one in conditions]
    asked.append(("query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", {"ids": list(IDS.values())}))
    for name in BY_ID:
        asked.append(
            (
                f"query ($id: ID!) {{ {name}(id: $id) {{ source: __typename id }} node(id: $id) {{ id }} }}",
                {"id": IDS[name.upper()]},
            )
        )
    for kind, (_type, system, external_id) in RECORDS.items():
        asked.append((f'{{ lookup(system: {system}, type: {kind}, externalId: "{external_id}") {{ id }} }}', {}))
    them = [{"__typename": RECORDS[kind][0], "id": one} for kind, one in IDS.items()]
    asked.append((ENTITIES, {"them": them}))
    return asked


async def test_another_organisation_with_the_same_ids_changes_no_answer_and_is_seen_nowhere(
    graph: Graph, importer: Importer, tmp_path: Path
) -> None:
    await importer.lines(*fleet(workspaces=2, each=2))
    asked = _every_query(graph)
    assert len(asked) > 80
    own = [await graph.data(query, **variables) for query, variables in asked]

    await _import_foreign(importer, tmp_path)
    still = [await graph.data(query, **variables) for query, variables in asked]

    assert still == own
    assert "FOREIGN" not in json.dumps(own)
    graph.viewer = Viewer(FOREIGN, "N", "n@elsewhere.example", frozenset((READ,)))
    theirs = [await graph.data(query, **variables) for query, variables in asked]
    assert sum("FOREIGN" in json.dumps(answer) for answer in theirs) > 40  # or the marks would prove nothing
    assert (await graph.data("{ workspaces { totalCount } }"))["workspaces"] == {"totalCount": 3}
    found = await graph.data("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=list(IDS.values()))
    assert found == {"nodes": [None] * len(IDS)}


async def test_an_organisation_without_records_sees_nothing(graph: Graph, importer: Importer) -> None:
    await importer.lines(*fleet(workspaces=1, each=2))
    await ensure_organization(importer.database, "Elsewhere")
    graph.viewer = Viewer(FOREIGN, "N", "n@elsewhere.example", frozenset((READ,)))
    fields = " ".join(
        f"{name} {{ nodes {{ id }} totalCount }}"
        for name in ("workspaces", "agents", "computers", "charts", "sessions", "runs")
    )
    data = await graph.data(f"{{ {fields} tags {{ id }} sources {{ recordCount answers {{ totalCount }} }} }}")
    nothing = {"nodes": [], "totalCount": 0}
    assert data == {
        **dict.fromkeys(("workspaces", "agents", "computers", "charts", "sessions", "runs"), nothing),
        "tags": [],
        "sources": [{"recordCount": 0, "answers": {"totalCount": 0}}] * 4,
    }


SUBSCRIBED = """{
  agents { nodes { stripeSubscriptionId source { document } } }
  workspaces { nodes { agents { nodes { stripeSubscriptionId } } aitasker { hiredAgent { stripeSubscriptionId } } sources { document } } }
  sources { answers { nodes { document } } }
}"""


async def test_a_subscription_is_told_to_the_agents_owner_and_to_holders_of_billing_read_alone(
    graph: Graph, importer: Importer
) -> None:
    agent = {"id": "g", "user_id": "payer", "status": "active", "stripe_subscription_id": "sub_1"}
    desk = {"id": "a", "name": "Desk", "hired_agent_id": "g", "user_id": "keeper", "hired_agent": agent}
    await importer.lines(
        exchange("aitasker", "GET /api/v1/workspaces/a", desk),
        exchange("aitasker", "GET /api/v1/workspaces", {"workspaces": [desk], "total": 1}),
    )
    payer, keeper = (id_of("USER", ORGANIZATION_ID, "AITASKER", name) for name in ("payer", "keeper"))
    viewers = {
        "its owner": Viewer(ORGANIZATION_ID, "N", "n@x", frozenset((READ,)), (payer,)),
        "its owner, among others": Viewer(ORGANIZATION_ID, "N", "n@x", frozenset((READ,)), (keeper, payer)),
        "a holder of billing:read": Viewer(ORGANIZATION_ID, "N", "n@x", frozenset((READ, "billing:read"))),
        "the workspace's owner": Viewer(ORGANIZATION_ID, "N", "n@x", frozenset({"workspace:read", "admin"}), (keeper,)),
        "nobody": Viewer(ORGANIZATION_ID, "N", "n@x", frozenset((READ,))),
    }
    told = {}
    for name, viewer in viewers.items():
        graph.viewer = viewer
        data = await graph.data(SUBSCRIBED)
        told[name] = {
            data["agents"]["nodes"][0]["stripeSubscriptionId"],
            "sub_1" if "sub_1" in json.dumps(data) else None,
        }
        for desk_seen in data["workspaces"]["nodes"]:
            told[name] |= {one["stripeSubscriptionId"] for one in desk_seen["agents"]["nodes"]}
            told[name].add(desk_seen["aitasker"]["hiredAgent"]["stripeSubscriptionId"])
        assert data["agents"]["nodes"][0]["source"]["document"] == {
            **agent,
            "stripe_subscription_id": max(told[name], key=str) if told[name] != {None} else None,
        }
    assert told == {
        "its owner": {"sub_1"},
        "its owner, among others": {"sub_1"},
        "a holder of billing:read": {"sub_1"},
        "the workspace's owner": {None},
        "nobody": {None},
    }


async def test_viewer_access_tells_owner_editor_viewer_and_organisation(graph: Graph, importer: Importer) -> None:
    me = {"id": "me", "email": "me@northwind.example"}

    def workspace(name: str, **more: Any) -> dict[str, Any]:
        return exchange("vai", f"GET /api/v1/workspaces/{name}", {"workspace": {"id": name, "title": name, **more}})

    await importer.lines(
        workspace("owned", ownerUserId="me"),
        workspace("owned and shared", ownerUserId="me", isShared=True, shareRecipients=[me]),
        workspace("edited", ownerUserId="x", isShared=True, shareRecipients=[me], viewerAccess="editor"),
        workspace("read", ownerUserId="x", isShared=True, shareRecipients=[me], viewerAccess="viewer"),
        workspace("edited by others", ownerUserId="x", isShared=True, shareRecipients=[{"id": "x"}], viewerAccess="editor"),
        workspace("seen", ownerUserId="x"),
        exchange("vai", "GET /api/v1/workspaces/owned/sessions", {"items": [{"id": "s1", "workspaceId": "owned", "title": "in my own"}]}),
        exchange("vai", "GET /api/v1/workspaces/seen/sessions", {"items": [
            {"id": "s2", "workspaceId": "seen", "title": "shared with me", "shareRecipients": [me]},
            {"id": "s3", "workspaceId": "seen", "title": "shared by me", "sharedBy": me},
            {"id": "s4", "workspaceId": "seen", "title": "of others"},
        ]}),
    )  # fmt: skip
    assert importer.summary.outcomes["refused"] == 0
    graph.viewer = Viewer(
        ORGANIZATION_ID, "N", "n@x", frozenset((READ,)), (id_of("USER", ORGANIZATION_ID, "VAI", "me"),)
    )
    query = "{ workspaces { nodes { name viewerAccess } } sessions { nodes { title viewerAccess } } }"

    data = await graph.data(query)

    assert {node["name"]: node["viewerAccess"] for node in data["workspaces"]["nodes"]} == {
        "owned": "OWNER", "owned and shared": "OWNER", "edited": "EDITOR", "read": "VIEWER",
        "edited by others": "ORGANIZATION", "seen": "ORGANIZATION",
    }  # fmt: skip
    assert {node["title"]: node["viewerAccess"] for node in data["sessions"]["nodes"]} == {
        "in my own": "OWNER", "shared with me": "VIEWER", "shared by me": "OWNER", "of others": "ORGANIZATION",
    }  # fmt: skip
    graph.viewer = Viewer(ORGANIZATION_ID, "N", "n@x", frozenset((READ,)))
    data = await graph.data(query)
    assert {node["viewerAccess"] for name in data for node in data[name]["nodes"]} == {"ORGANIZATION"}


async def test_the_viewer_is_the_account_of_the_token_and_the_people_it_is(graph: Graph, importer: Importer) -> None:
    await importer.lines(
        exchange("vai", "GET /api/v1/workspaces/v", {"workspace": {"id": "v", "title": "v", "ownerUserId": "by id", "isShared": True, "shareRecipients": [{"id": "by mail", "email": "me@x"}, {"id": "other", "email": "other@x"}]}}),
        exchange("orgo", "GET /workspaces/o", {"id": "o", "name": "o", "user_id": "orgo user"}),
    )  # fmt: skip
    database = importer.database
    token = await created_token(
        database, ORGANIZATION_ID, "me@x", ["workspace:read", "billing:read"],
        known_as={"vai": "by id", "orgo": "orgo user", "evershell": "of whom nothing is known"},
    )  # fmt: skip
    viewer = await Viewers(database, 0).of(token, (BEARER,))
    assert viewer is not None
    graph.viewer = viewer

    data = await graph.data("{ viewer { email scopes organization { id name } users { system externalId email } } }")

    assert sorted(data["viewer"].pop("users"), key=str) == [
        {"system": "ORGO", "externalId": "orgo user", "email": None},
        {"system": "VAI", "externalId": "by id", "email": None},
        {"system": "VAI", "externalId": "by mail", "email": "me@x"},
    ]
    assert data == {
        "viewer": {
            "email": "me@x",
            "scopes": ["billing:read", "workspace:read"],
            "organization": {"id": ORGANIZATION_ID, "name": "Northwind"},
        }
    }
    assert await Viewers(database, 0).of(token + "x", (BEARER,)) is None
    assert await Viewers(database, 0).of(token, ("browser", "sign-in")) is None
    elsewhere = await ensure_organization(database, "Elsewhere")
    foreign = await Viewers(database, 0).of(await created_token(database, elsewhere, "me@x", ["admin"]), (BEARER,))
    assert foreign is not None
    assert (foreign.organization_id, foreign.user_ids) == (FOREIGN, ())


async def test_of_several_who_come_with_one_code_at_the_same_time_one_gets_in(database: Database) -> None:
    code = await created_token(database, ORGANIZATION_ID, "me@x", ["workspace:read"], kind=SIGN_IN)
    found = await asyncio.gather(*(redeemed(database, code) for _ in range(8)))
    assert sum(token is not None for token in found) == 1


NEVER_SHOWN = {"accounts", "identities", "tokens", "audit_entries", "idempotency_keys"}


def test_every_table_has_a_rule_of_who_reaches_its_rows_or_is_shown_to_nobody() -> None:
    without = set()
    for table in metadata.sorted_tables:
        try:
            for access in (VIEWER, EDITOR, OWNER):
                within(table.alias(), access)
        except TypeError:
            without.add(table.name)
    assert without == NEVER_SHOWN


async def test_a_share_ends_at_its_moment_while_the_statements_are_kept_ready(graph: Graph, importer: Importer) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=1.5)
    share = {
        "shareId": "s",
        "state": "shared",
        "recipientUserIds": ["me"],
        "recipients": [],
        "expiresAt": ends.isoformat(),
    }
    await importer.lines(
        exchange("vai", "GET /api/v1/workspaces/v", {"workspace": {"id": "v", "title": "v", "ownerUserId": "x"}}),
        exchange("vai", "GET /api/v1/workspaces/v/share", share),
    )
    graph.viewer = Viewer(
        ORGANIZATION_ID, "N", "n@x", frozenset((READ_OWN,)), (id_of("USER", ORGANIZATION_ID, "VAI", "me"),)
    )
    query = (
        "{ workspaces { totalCount nodes { name } } shared: workspaces(filter: {sharedWithMe: true}) { totalCount } }"
    )
    assert (await graph.data(query))["workspaces"] == {"totalCount": 1, "nodes": [{"name": "v"}]}
    await asyncio.sleep((ends - datetime.now(UTC)).total_seconds() + 0.05)
    nothing = {"totalCount": 0}
    assert await graph.data(query) == {"workspaces": {**nothing, "nodes": []}, "shared": nothing}


async def test_an_editor_is_the_only_recipient_of_whom_vai_says_so(graph: Graph, importer: Importer) -> None:
    def shared(name: str, *people: str) -> dict[str, Any]:
        told = {"id": name, "title": name, "ownerUserId": "x", "viewerAccess": "editor", "isShared": True}
        return exchange(
            "vai",
            f"GET /api/v1/workspaces/{name}",
            {"workspace": {**told, "shareRecipients": [{"id": one} for one in people]}},
        )

    await importer.lines(shared("mine", "me"), shared("ours", "me", "you"))
    me = (id_of("USER", ORGANIZATION_ID, "VAI", "me"),)
    graph.viewer = Viewer(ORGANIZATION_ID, "N", "n@x", frozenset((READ_OWN, WORKSPACE_WRITE_OWN)), me)
    found = (await graph.data("{ workspaces { nodes { name viewerAccess viewerCan } } }"))["workspaces"]["nodes"]
    assert {one["name"]: (one["viewerAccess"], "UPDATE_WORKSPACE" in one["viewerCan"]) for one in found} == {
        "mine": ("EDITOR", True),
        "ours": ("VIEWER", False),
    }
    assert all("DELETE_WORKSPACE" not in one["viewerCan"] for one in found)


async def test_a_viewer_of_a_share_cannot_edit_cells_whatever_the_token(graph: Graph, importer: Importer) -> None:
    workspace = {"id": "v", "title": "v", "ownerUserId": "x", "isShared": True, "shareRecipients": [{"id": "me"}]}
    await importer.lines(exchange("vai", "GET /api/v1/workspaces/v", {"workspace": workspace}))
    me = (id_of("USER", ORGANIZATION_ID, "VAI", "me"),)
    scopes = frozenset((READ_OWN, WORKSPACE_WRITE, TABLE_WRITE, SHARE_WRITE))
    graph.viewer = Viewer(ORGANIZATION_ID, "N", "n@x", scopes, me)
    found = (await graph.data("{ workspaces { nodes { viewerCan } } }"))["workspaces"]["nodes"]
    assert found == [{"viewerCan": ["FORK_WORKSPACE"]}]
    result = await graph.ask(
        "mutation ($id: ID!) { updateWorkspace(input: {id: $id, title: null}) { workspace { id } } }",
        id=id_of("WORKSPACE", ORGANIZATION_ID, "VAI", "v"),
    )
    assert [one.original_error.code for one in result.errors or ()] == ["PERMISSION_DENIED"]  # type: ignore[union-attr]


async def test_a_part_that_is_gone_gives_access_to_what_is_left_no_more(graph: Graph) -> None:
    me = id_of("USER", ORGANIZATION_ID, "ORGO", "me")
    parts = [{"id": "W", "owner_id": "them", "system": "VAI"}, {"id": "P", "owner_id": me, "system": "ORGO"}]
    await put(graph.database, workspaces, {"id": "W", "name": "joined", "owner_id": "them"})
    await put(graph.database, workspace_parts, *({**one, "workspace_id": "W", "is_deleted": False} for one in parts))
    graph.viewer = Viewer(ORGANIZATION_ID, "N", "n@x", frozenset((READ_OWN,)), (me,))
    query = "{ workspaces { nodes { name viewerAccess } } }"
    assert (await graph.data(query))["workspaces"]["nodes"] == [{"name": "joined", "viewerAccess": "EDITOR"}]
    async with graph.database.writing() as connection:
        await connection.execute(update(workspace_parts).where(workspace_parts.c.id == "P").values(is_deleted=True))
    assert (await graph.data(query))["workspaces"]["nodes"] == []
