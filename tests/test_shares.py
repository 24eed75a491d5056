"""Shares that documents and operations have both changed: what shows is where the next operation begins."""

from __future__ import annotations

from typing import Any

import pytest

from db.access import READ, READ_OWN, WORKSPACE_WRITE_OWN, WRITES, Viewer
from db.database import Database
from schema.build import GraphSchema
from tests.conftest import ORGANIZATION_ID, Graph, Importer, exchange
from tests.mutations import Hand, of, person

V = "/api/v1/workspaces/v"
ANNA = {"id": "anna", "email": "anna@northwind.example"}
SHARE = "{ workspace { share { shareId state status recipients { externalId } } vai { isShared } } }"


@pytest.fixture
def editor(database: Database, schema: GraphSchema) -> Graph:
    """Somebody who may write."""
    return Graph(database, schema, Viewer(ORGANIZATION_ID, "N-e", "e@northwind.example", frozenset((READ, *WRITES))))


async def _did(editor: Graph, mutation: str, **given: Any) -> Any:
    data = await editor.data('{ lookup(system: VAI, type: WORKSPACE, externalId: "v") { id } }')
    kind = mutation[0].upper() + mutation[1:]
    text = f"mutation($i: {kind}Input!) {{ {mutation}(input: $i) {SHARE} }}"
    return (await editor.data(text, i={"workspaceId": data["lookup"]["id"], **given}))[mutation]["workspace"]


def _shared(share_id: str | None, state: str, status: str | None, *people: str) -> dict[str, Any]:
    named = [{"externalId": one} for one in people]
    share = {"shareId": share_id, "state": state, "status": status, "recipients": named}
    return {"share": share, "vai": {"isShared": state == "shared"}}


async def _imported(importer: Importer, *calls: tuple[str, Any]) -> None:
    await importer.lines(
        exchange("vai", f"GET {V}", {"workspace": {"id": "v", "title": "V", "isShared": True}, "boundTasks": []}),
        exchange(
            "vai", f"GET {V}/share", {"shareId": "s", "state": "shared", "status": "active", "recipients": [ANNA]}
        ),
        *(exchange("vai", call, body, at="2026-11-02T10:00:00Z") for call, body in calls),
    )


async def test_a_share_that_a_document_revoked_is_set_again_for_those_it_had(editor: Graph, importer: Importer) -> None:
    await _imported(importer, (f"DELETE {V}/share", None))

    assert await _did(editor, "setShare", recipientUserIds=[]) == _shared("s", "shared", "active", "anna")
    assert await _did(editor, "revokeShare") == _shared("s", "not_shared", "revoked", "anna")
    assert await _did(editor, "setShare", recipientUserIds=[]) == _shared("s", "shared", "active", "anna")
    assert await _did(editor, "clearShare") == _shared(None, "not_shared", None)


async def test_revoking_what_a_document_revoked_changes_nothing(editor: Graph, importer: Importer) -> None:
    await _imported(importer, (f"DELETE {V}/share", None))

    revoked = await _did(editor, "revokeShare")
    assert revoked["share"] == _shared("s", "not_shared", "revoked", "anna")["share"]
    assert (await editor.data("{ workspaces { nodes { activity { totalCount } } } }"))["workspaces"]["nodes"] == [
        {"activity": {"totalCount": 0}}
    ]


async def test_a_share_that_a_document_cleared_keeps_nobody(editor: Graph, importer: Importer) -> None:
    await _imported(importer, (f"DELETE {V}/share/clear", None))
    data = await editor.data('{ lookup(system: VAI, type: WORKSPACE, externalId: "v") { id } }')
    text = "mutation($i: ID!) { setShare(input: { workspaceId: $i, recipientUserIds: [] }) { workspace { id } } }"
    result = await editor.ask(text, i=data["lookup"]["id"])

    assert result.errors is not None
    error: Any = result.errors[0].original_error
    assert [one["path"] for one in error.details["fields"]] == ["recipientUserIds"]
    set_anew = await _did(editor, "setShare", recipientUserIds=["anna"])
    assert set_anew["share"]["recipients"] == [{"externalId": "anna"}]


async def test_a_session_of_ones_own_keeps_no_agent_in_sight_that_a_share_showed(
    database: Database, schema: GraphSchema, importer: Importer
) -> None:
    session = {"id": "s", "workspaceId": "v", "agentSpecId": "spec", "agentSpec": {"id": "spec", "name": "Spec"}}
    shared = {"shareId": "s", "state": "shared", "status": "active", "recipients": [ANNA]}
    await importer.lines(
        exchange("vai", f"GET {V}", {"workspace": {"id": "v", "title": "V", "isShared": True}, "boundTasks": []}),
        exchange("vai", f"GET {V}/share", shared),
        exchange("vai", f"GET {V}/sessions", {"items": [session]}),
    )
    agent = of("AGENT", "VAI", "spec")
    anna = Hand(database, schema, person("anna", scopes=frozenset((READ_OWN, WORKSPACE_WRITE_OWN))))
    mine = (await anna.do("createWorkspace", "{ workspace { id } }", title="Mine"))["workspace"]["id"]
    assert (await anna.data("query($i: ID!) { agent(id: $i) { name } }", i=agent))["agent"] == {"name": "Spec"}

    refusal = await anna.refused("createSession", workspaceId=mine, agentId=agent)
    assert refusal.code == "PERMISSION_DENIED"
    whole = anna.of(person("anna"))
    await whole.do("createSession", workspaceId=mine, agentId=agent)
