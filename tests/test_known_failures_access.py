"""Known ways in which graphs have told more than they should: tried on this one, each by its name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import GraphQLInputObjectType
from sqlalchemy import update

from db.access import ADMIN, READ_OWN
from db.users import shares
from gateway import application
from resolvers.accounts import created_token
from schema.build import GraphSchema
from settings import Settings
from tests.access.access_expected import Known
from tests.access.access_fixtures import (  # noqa: F401
    roomy_once,
    stage_of_each_kind,
    stage_of_its_own,
    staged_on_postgresql,
    staged_on_sqlite,
    template_with_stage,
)
from tests.access.access_mutations import Rehearsed, outcome, rehearsal
from tests.access.access_rules import ADMINISTRATOR, COLLEAGUE, OTHER, OWNING, READER, RECIPIENT
from tests.access.access_table import Table
from tests.access.access_walk import Asking, Stage, told_codes
from tests.conftest import Graph

HIDDEN_LETTERS = "«h"  # what the names of hidden workspaces begin with
NO_LETTERS = "«q"  # and what nothing does
TYPES = ("Workspace", "Agent", "Computer", "Chart", "Session", "Message", "Run")
ROOTS = ("workspace", "agent", "computer", "chart", "session", "run")


@pytest.fixture
async def undone(stage: Stage) -> AsyncIterator[Rehearsed]:
    """The database, in which whatever is done is undone."""
    opened = Rehearsed(stage.database.url.render_as_string(hide_password=False))
    yield opened
    await opened.close()


def _hidden_ids(stage: Stage) -> dict[str, str]:
    """An id of each type that neither the colleague nor the recipient sees; of the workspace one without a pod."""
    world = stage.ours
    marks = {
        "Agent": "hidden-desk/hired", "Computer": "hidden-folder/computer-1", "Chart": "hidden-vai/chart-1",
        "Session": "hidden-vai/session-1", "Message": "hidden-vai/session-1/message-1", "Run": "hidden-vai/run-1",
    }  # fmt: skip
    return {"Workspace": world.workspace_id("hidden-vai"), **{on: world.id_of(mark) for on, mark in marks.items()}}


# ids


async def test_global_ids_of_another_type_or_owner_are_null_at_every_root(stage: Stage) -> None:
    hidden = _hidden_ids(stage)
    text = " ".join(f"{name}(id: $id) {{ id }}" for name in ROOTS)
    graph = stage.graph(COLLEAGUE)
    for on, record_id in hidden.items():
        data = await graph.data(
            f"query ($id: ID!) {{ {text} node(id: $id) {{ id }} nodes(ids: [$id]) {{ id }} }}", id=record_id
        )
        assert data == {**dict.fromkeys(ROOTS), "node": None, "nodes": [None]}, on
    reader = stage.graph(READER)
    for on, record_id in hidden.items():
        data = await reader.data(f"query ($id: ID!) {{ {text} }}", id=record_id)
        assert [name for name in ROOTS if data[name]] == [name for name in ROOTS if name == on.lower()]


async def test_forged_ids_are_null_and_told_apart_from_nothing(stage: Stage) -> None:
    graph = stage.graph(COLLEAGUE)
    whole = stage.ours.workspace_id("hidden-vai")
    forged = [
        whole[:-1] + ("A" if whole[-1] != "A" else "B"),
        "H" + whole[1:],
        whole.swapcase(),
        whole + "A",
        f" {whole}",
    ]
    answers = []
    for one in (whole, *forged):
        result = await graph.ask("query ($id: ID!) { workspace(id: $id) { name } node(id: $id) { id } }", id=one)
        answers.append((result.data, told_codes(result)))
    assert answers == [({"workspace": None, "node": None}, [])] * len(answers)


async def test_forged_representations_tell_nothing_of_hidden_records(stage: Stage) -> None:
    hidden = _hidden_ids(stage)
    graph = stage.graph(COLLEAGUE)
    them = [{"__typename": on, "id": record_id} for on in TYPES for record_id in hidden.values()]
    them += [
        {"__typename": on, "id": record_id, "organizationId": stage.ours.organization_id, "ownerId": "x"}
        for on, record_id in hidden.items()
    ]
    result = await graph.ask("query ($them: [_Any!]!) { _entities(representations: $them) { __typename } }", them=them)
    assert (result.data, told_codes(result)) == ({"_entities": [None] * len(them)}, [])


async def test_a_pod_of_somebody_else_is_told_of_as_evershell_does_in_ones_own_organisation_alone(stage: Stage) -> None:
    pods = [
        stage.ours.workspace_id("hidden-pod"),
        stage.ours.id("WORKSPACE", "EVERSHELL", "nothing"),
        stage.theirs.workspace_id("hidden-pod"),
    ]
    codes = {}
    for role in (COLLEAGUE, OTHER):
        for place, one in enumerate(pods):
            result = await stage.graph(role).ask("query ($id: ID!) { workspace(id: $id) { id } }", id=one)
            codes[role.name, place] = [code for _path, code in told_codes(result)]
    assert codes == {
        (COLLEAGUE.name, 0): ["WORKSPACE_NOT_VISIBLE"], (COLLEAGUE.name, 1): [], (COLLEAGUE.name, 2): [],
        (OTHER.name, 0): [], (OTHER.name, 1): [], (OTHER.name, 2): [],
    }  # fmt: skip


# oracles


GUESSES = (
    "workspaces(filter: {parent: {name: {startsWith: %s}}})",
    "workspaces(filter: {not: {parent: {name: {startsWith: %s}}}})",
    "workspaces(filter: {or: [{parent: {name: {startsWith: %s}}}, {name: {eq: \"nothing\"}}]})",
    "workspaces(filter: {agents: {some: {workspace: {name: {startsWith: %s}}}}})",
    "workspaces(filter: {agents: {every: {workspace: {name: {startsWith: %s}}}}})",
    "workspaces(filter: {agents: {none: {workspace: {name: {startsWith: %s}}}}})",
    "agents(filter: {workspace: {name: {startsWith: %s}}})",
    "agents(filter: {not: {workspace: {name: {startsWith: %s}}}})",
    "sessions(filter: {workspace: {name: {startsWith: %s}}})",
    "runs(filter: {agent: {workspace: {name: {startsWith: %s}}}})",
    "workspaces(filter: {name: {startsWith: %s}})",
)  # fmt: skip


@pytest.mark.parametrize("role", [OWNING, RECIPIENT], ids=lambda role: role.name)
async def test_names_of_hidden_records_cannot_be_guessed_letter_by_letter_with_filters(stage: Stage, role: Any) -> None:
    graph = stage.graph(role)
    rows = "{ totalCount nodes { id } groups(by: [STATUS]) { keys count } pageInfo { hasNextPage } }"
    for guess in GUESSES:
        asked = rows if not guess.startswith("sessions") else rows.replace("STATUS", "IS_SHARED")
        right, wrong = [
            await graph.data(f"{{ a: {guess % json.dumps(letters)} {asked} }}")
            for letters in (HIDDEN_LETTERS, NO_LETTERS)
        ]
        assert right == wrong, guess


async def test_counts_groups_and_sums_do_not_change_when_hidden_records_come(stage: Stage, undone: Rehearsed) -> None:
    text = """{
      workspaces { totalCount groups(by: [STATUS, SYSTEM]) { keys count } }
      runs { totalCount groups(by: [STATUS, TASK]) { keys count } }
      sources { recordCount records { kind count } answers { totalCount } }
      usage(groupBy: [MODEL]) { rows { modelId cost } totals { runCount cost } }
      tags { id workspaces { totalCount } }
    }"""
    graph, other = stage.graph(OWNING), stage.graph(ADMINISTRATOR)
    before = await graph.data(text)
    created = await outcome(other, "createWorkspace", {"title": "More"}, "{ workspace { id } }")
    more = created[1]["workspace"]["id"]
    tag = stage.ours.id("TAG", "VAI", "tag-common")
    assert (await outcome(other, "setTags", {"workspaceId": more, "tagIds": [tag]}))[0] == "done"
    assert (await outcome(other, "createSession", {"workspaceId": more}))[0] == "done"
    after = await graph.data(text)
    kinds = {one["kind"]: one["count"] for one in before["sources"][2]["records"]}
    assert {**after, "sources": None} == {**before, "sources": None}
    # The account that made it is a new user of VAI's, and people are the organisation's vocabulary.
    assert {one["kind"]: one["count"] for one in after["sources"][2]["records"]} == {**kinds, "USER": kinds["USER"] + 1}


async def test_mutations_do_not_tell_what_hidden_records_are_called(stage: Stage, undone: Rehearsed) -> None:
    known, graph, world = Known(stage.ours), rehearsal(stage, OWNING, undone), stage.ours
    own = world.workspace_id("own-vai")
    graph = Graph(stage.database, stage.schema, stage.viewers[OWNING.name])  # type: ignore[assignment]
    code, payload = await outcome(
        graph, "attachTask", {"workspaceId": own, "taskId": "task-hidden-vai"}, "{ binding { name displayName } }"
    )
    assert (code, payload["binding"]["name"], known.hidden_in(OWNING, payload)) == ("done", "task-hidden-vai", set())
    for given in ({"agentId": world.id_of("hidden-all/agent-1")}, {"agentId": world.id("AGENT", "VAI", "nothing")}):
        assert (await outcome(graph, "createSession", {"workspaceId": own, **given}))[0] == "INVALID_INPUT"
    registered = {"title": "x", "backingTableName": world.text("candidate/table")}
    none = {"title": "x", "backingTableName": "nothing"}
    told = [
        await graph.ask("mutation ($i: CreateWorkspaceInput!) { createWorkspace(input: $i) { __typename } }", i=one)
        for one in (registered, none)
    ]
    texts = [
        [(str(error.original_error), getattr(error.original_error, "details", None)) for error in one.errors or ()]
        for one in told
    ]
    assert texts[0] == texts[1] != []


def test_what_is_paid_for_agents_can_be_neither_filtered_grouped_nor_ordered_by(schema: GraphSchema) -> None:
    types: Any = schema._schema.type_map
    enums = ("AgentGroupKey", "AgentOrderField", "UsageGroup", "UsageOrderField")
    named = [*types["AgentFilter"].fields, *(key for name in enums for key in types[name].values)]
    assert [one for one in named if "stripe" in one.lower() or "subscription" in one.lower()] == []
    inputs = [one for one in types.values() if isinstance(one, GraphQLInputObjectType)]
    assert [one.name for one in inputs if any("stripe" in name.lower() for name in one.fields)] == []


# cursors


async def test_cursors_of_other_lists_orders_filters_and_organisations_are_refused(stage: Stage) -> None:
    reader = stage.graph(READER)
    data = await reader.data(
        "{ agents { edges { cursor } } workspaces { edges { cursor } } name: workspaces(orderBy: [{field: NAME}]) { edges { cursor } } }"
    )
    of_agents, of_workspaces, by_name = (data[name]["edges"][0]["cursor"] for name in ("agents", "workspaces", "name"))
    forged = of_workspaces[:-2] + ("AA" if of_workspaces[-2:] != "AA" else "BB")
    codes = {}
    for name, cursor in {
        "of agents": of_agents,
        "by name": by_name,
        "forged": forged,
        "cut": of_workspaces[:-4],
        "none": "x",
    }.items():
        result = await reader.ask("query ($c: String) { workspaces(after: $c) { nodes { id } } }", c=cursor)
        codes[name] = told_codes(result)[0][1]
    result = await stage.graph(OTHER).ask(
        "query ($c: String) { workspaces(after: $c) { nodes { id } } }", c=of_workspaces
    )
    codes["of another organisation"] = told_codes(result)[0][1]
    assert codes == dict.fromkeys(codes, "BAD_CURSOR")


async def test_a_cursor_of_somebody_who_sees_more_shows_nobody_more(stage: Stage) -> None:
    known = Known(stage.ours)
    edges = (await stage.graph(READER).data("{ runs(first: 200) { edges { cursor node { id } } } }"))["runs"]["edges"]
    graph = stage.graph(OWNING)
    for edge in edges[::5]:
        for argument in ("after", "before"):
            result = await graph.ask(
                f"query ($c: String) {{ runs({argument}: $c) {{ nodes {{ id }} }} }}", c=edge["cursor"]
            )
            nodes = (result.data or {"runs": {"nodes": []}})["runs"]["nodes"]
            assert [one for one in nodes if not known.sees_id(OWNING, one["id"])] == []
            assert {code for _path, code in told_codes(result)} <= {"BAD_CURSOR"}


# shares that end


SHARED = "{ workspaces { nodes { name } totalCount } charts { totalCount } }"


async def test_a_share_ends_at_its_moment_though_the_statement_was_kept_ready(stage: Stage) -> None:
    graph: Asking = stage.graph(RECIPIENT)
    part = stage.ours.id("WORKSPACE", "VAI", "shared-live.vai")
    name = stage.ours.text("shared-live")
    ends = datetime.now(UTC) + timedelta(seconds=3)
    async with stage.database.writing() as connection:
        meant = (shares.c.organization_id == stage.ours.organization_id) & (shares.c.record_id == part)
        await connection.execute(update(shares).where(meant).values(expires_at=ends))
    before = await graph.data(SHARED)
    assert name in {one["name"] for one in before["workspaces"]["nodes"]}
    ready = len(stage.database._prepared)

    await asyncio.sleep(max(0.0, (ends - datetime.now(UTC)).total_seconds()) + 0.05)
    after = await graph.data(SHARED)

    assert len(stage.database._prepared) == ready  # the same statements
    assert name not in {one["name"] for one in after["workspaces"]["nodes"]}
    assert after["workspaces"]["totalCount"] == before["workspaces"]["totalCount"] - 1
    assert after["charts"]["totalCount"] == before["charts"]["totalCount"] - 2


async def test_a_revoked_share_ends_at_once_and_a_new_one_begins_at_once(stage: Stage) -> None:
    graph, admin = stage.graph(RECIPIENT), stage.graph(ADMINISTRATOR)
    workspace_id, one_chart = stage.ours.workspace_id("shared-forever"), stage.ours.id_of("shared-forever/chart-1")
    seen = "query ($w: ID!, $c: ID!) { workspace(id: $w) { viewerAccess } chart(id: $c) { id } }"
    steps = []
    for mutation, given in (
        ("revokeShare", {}), ("setShare", {"recipientUserIds": ["recipient.vai"]}), ("clearShare", {}),
        ("setShare", {"recipientUserIds": ["recipient.vai"], "expiresAt": "2099-01-01T00:00:00Z"}),
    ):  # fmt: skip
        assert (await outcome(admin, mutation, {"workspaceId": workspace_id, **given}))[0] == "done"
        data = await graph.data(seen, w=workspace_id, c=one_chart)
        steps.append((data["workspace"], data["chart"]))
    there = ({"viewerAccess": "VIEWER"}, {"id": one_chart})
    assert steps == [(None, None), there, (None, None), there]


# keys, explanations, costs


async def test_the_idempotency_key_of_another_account_is_none_of_mine(stage: Stage) -> None:
    given = {"title": "Made once", "idempotencyKey": "the same"}
    made = {}
    for role in (OWNING, COLLEAGUE):
        graph = stage.graph(role)
        for _again in range(2):
            code, payload = await outcome(graph, "createWorkspace", given, "{ workspace { id name } }")
            made.setdefault(role.name, set()).add((code, payload["workspace"]["id"]))
    assert [len(one) for one in made.values()] == [1, 1]
    assert made[OWNING.name] != made[COLLEAGUE.name]


async def test_explanations_and_costs_tell_hidden_records_apart_from_missing_ones_by_nothing(
    stage: Stage, tmp_path: Path
) -> None:
    world = stage.ours
    token = await created_token(
        stage.database, world.organization_id, world.email("expired"), [READ_OWN, ADMIN], name="x"
    )
    url = stage.database.url.render_as_string(hide_password=False)
    app = application(Settings(data_dir=tmp_path, database_url=url))
    headers = {
        "Authorization": f"Bearer {token}",
        "X-Workgraph-Explain": "1",
        "X-Workgraph-Cost": "1",
    }
    told = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
        for one in (stage.ours.workspace_id("hidden-vai"), stage.ours.id("WORKSPACE", "VAI", "nothing")):
            text = "query ($id: ID!) { workspace(id: $id) { name charts { nodes { id } totalCount } } workspaces { totalCount } }"
            answer = await client.post("/graphql", json={"query": text, "variables": {"id": one}}, headers=headers)
            body = answer.json()
            told.append((answer.status_code, body["data"], _without_times(body["extensions"])))
    await app.state.database.close()
    assert told[0] == told[1]
    assert {*told[0][2]} >= {"explain"}
    assert told[0][1] == {"workspace": None, "workspaces": {"totalCount": 0}}


def _without_times(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_times(one) for one in value]
    if isinstance(value, dict):
        return {
            name: _without_times(one)
            for name, one in value.items()
            if not name.lower().endswith(("ms", "seconds", "cached"))
        }
    return value


async def test_a_token_without_a_scope_to_read_sees_nothing_whatever_else_it_may(stage: Stage) -> None:
    viewer = stage.viewers[ADMINISTRATOR.name]
    stage.viewers[ADMINISTRATOR.name] = replace(viewer, scopes=frozenset({ADMIN, "billing:read", "workspace:write"}))
    graph = stage.graph(ADMINISTRATOR)
    roots = Table(stage.schema._schema)
    for text in [f"{name} {{ __typename }}" for name in roots.lists.values()] + [
        "sources { system }",
        "tableCandidates { tableName }",
    ]:
        result = await graph.ask(f"{{ {text} }}")
        assert [code for _path, code in told_codes(result)] == ["PERMISSION_DENIED"], text
    assert (await outcome(graph, "createWorkspace", {"title": "x"}))[0] == "PERMISSION_DENIED"
