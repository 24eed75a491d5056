"""What every mutation does, what it refuses, and what it leaves behind; on both databases.

What is found true here of one of each mutation is in `tests/mutations.py`: a mutation without a case there fails.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError
from sqlalchemy import select

from db.access import READ, WRITES
from db.activity import activity_items
from db.database import Database
from db.documents import answers, documents
from db.ids import organization_id_of
from db.operations import audit_entries
from db.users import users
from rest.dialects import DIALECTS
from rest.local.writer import BY_NAME
from rest.models.types import RecordDocument
from rest.render import rendered
from schema.build import GraphSchema
from tests.conftest import ORGANIZATION_ID, Importer, exchange
from tests.mutations import SPEC, Case, Hand, Refusal, World, cases, hand_over, lines, of, person
from tests.test_intake import differences, dump

WORLD = World()
CELLS = {"updateCell"}  # tests/test_cells.py
PERSON = {"externalId": "person-00000", "email": "00000@northwind.example"}


@pytest.fixture
async def hand(database: Database, schema: GraphSchema, importer: Importer) -> Hand:
    return await hand_over(database, schema, importer)


async def prepared(hand: Hand, case: Case) -> None:
    for mutation, given in case.before:
        await hand.result(mutation, "{ __typename }", given)


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def test_there_is_a_case_of_every_mutation(schema: GraphSchema) -> None:
    fields = schema._schema.mutation_type.fields.keys()  # type: ignore[union-attr]
    assert {case.mutation for case in cases(WORLD)} | CELLS == set(fields) == {camel(name) for name in BY_NAME}


# What all of them have in common


async def test_every_mutation_leaves_one_audit_row_and_tells_the_activity_who_did_it(hand: Hand) -> None:
    """The activity of what was deleted is deleted with it."""
    for case in cases(WORLD):
        await prepared(hand, case)
        entries, items = await rows(hand, audit_entries), await rows(hand, activity_items)
        began = datetime.now(UTC)

        await hand.do(case.mutation, **case.given)

        (entry,) = [one for one in await rows(hand, audit_entries) if one not in entries]
        told = [one for one in await rows(hand, activity_items) if one not in items]
        assert (entry.account_id, entry.operation[0].lower() + entry.operation[1:]) == ("N-writer", case.mutation)
        assert began <= entry.created_at <= datetime.now(UTC), case.mutation
        kept = {camel(name): value for name, value in entry.input.items() if name != "spec"}
        assert kept == {**kept, **{name: value for name, value in case.given.items() if name != "spec"}}, case.mutation
        assert case.record in {None, entry.record_id}, case.mutation
        if case.mutation == "deleteWorkspace":
            assert [
                one.workspace_id for one in await rows(hand, activity_items) if one.workspace_id == WORLD.workspace
            ] == []
        else:
            (item,) = told
            assert item.detail["by"] == "writer@example.org", case.mutation
            assert (item.status, item.created_at) == ("done", entry.created_at)
            assert item.title and "None" not in item.title, case.mutation


async def test_the_audit_keeps_the_input_with_the_defaults_that_held(hand: Hand) -> None:
    spec = {"kind": "BAR", "x": {"column": "region"}, "y": [{"agg": "COUNT"}], "limit": 5}
    await hand.do("createChart", workspaceId=WORLD.table, spec=spec)
    (entry,) = await rows(hand, audit_entries)
    assert entry.input == {
        "workspace_id": WORLD.table,
        "spec": {
            "v": 1, "kind": "BAR", "theme": "AUTO", "x": {"column": "region"}, "y": [{"agg": "COUNT"}], "limit": 5,
        },
    }  # fmt: skip


async def rows(hand: Hand, table: Any) -> list[Any]:
    return list(await hand.database.rows(select(table).order_by(*table.primary_key)))


async def test_a_mutation_that_is_refused_leaves_nothing_behind(hand: Hand) -> None:
    before = await dump(hand.database)
    refusals = [
        await hand.refused("pauseAgent", id=WORLD.cancelled_agent),
        await hand.refused("updateWorkspace", id=WORLD.workspace),
        await hand.refused("archiveWorkspace", id=WORLD.workspace),
        await hand.refused("linkWorkspaces", intoId=WORLD.workspace, fromId=WORLD.pod),
        await hand.refused("unlinkWorkspace", id=WORLD.table, system="VAI"),
        await hand.refused("forkWorkspace", id=WORLD.pod, taskCount=2),
        await hand.refused("setTags", workspaceId=WORLD.workspace, tagIds=[WORLD.tags[0], "T-none"]),
        await hand.refused("setShare", workspaceId=WORLD.workspace, recipientUserIds=["nobody"]),
        await hand.refused("attachTask", workspaceId=WORLD.workspace, taskId="t-0", idempotencyKey="k"),
        await hand.refused("createComputer", workspaceId=WORLD.workspace, name="computer 0"),
        await hand.refused("restartComputer", id=of("COMPUTER", "ORGO", "c-alone")),
        await hand.refused("createSession", workspaceId=WORLD.workspace, agentId=WORLD.agent),
        await hand.refused("createChart", workspaceId=WORLD.pod, spec=SPEC),
    ]
    assert [one.code for one in refusals] == [
        "INVALID_STATE", "INVALID_INPUT", "INVALID_STATE", "INVALID_STATE", "INVALID_STATE", "INVALID_INPUT",
        "INVALID_INPUT", "INVALID_INPUT", "INVALID_STATE", "INVALID_INPUT", "INVALID_STATE", "INVALID_INPUT",
        "NOT_SUPPORTED",
    ]  # fmt: skip
    assert differences(await dump(hand.database), before) == {}


async def test_a_token_without_the_scope_is_refused_and_nothing_is_changed(hand: Hand) -> None:
    before = await dump(hand.database)
    for case in cases(WORLD):
        scopes = {BY_NAME_SCOPES[case.mutation], READ}
        for scope in scopes:
            refusal = await hand.without(scope).refused(case.mutation, **case.given)
            command = f"workgraph token create --scope {READ} --scope {BY_NAME_SCOPES[case.mutation]}"
            told = f"the token lacks the scope `{scope}`; make one with `{command}`"
            assert refusal == Refusal("PERMISSION_DENIED", told), case.mutation
    assert differences(await dump(hand.database), before) == {}


def _scopes() -> dict[str, str]:
    """The scope of every mutation, as the page of the operations says."""
    shares, agents = ("setShare", "revokeShare", "clearShare"), ("pauseAgent", "resumeAgent")
    found = {case.mutation: "workspace:write" for case in cases(WORLD)}
    return {**found, **dict.fromkeys(shares, "share:write"), **dict.fromkeys(agents, "agent:write")}


BY_NAME_SCOPES = _scopes()


async def test_one_scope_does_not_stand_for_another(hand: Hand) -> None:
    for case in cases(WORLD):
        others = {READ, *WRITES} - {BY_NAME_SCOPES[case.mutation]}
        assert (await hand.without(*({READ, *WRITES} - others)).refused(case.mutation, **case.given)).code == (
            "PERMISSION_DENIED"
        )


IDS = ("id", "workspaceId", "intoId", "fromId", "agentId", "tagIds", "recipientUserIds")


async def test_hidden_records_are_refused_in_the_words_for_missing_ones(hand: Hand) -> None:
    """Whatever id an input names, of a record of another organisation or of none: the same answer."""
    stranger = hand.of(person("stranger", organization_id=organization_id_of("Elsewhere")))
    before = await dump(hand.database)
    for case in cases(WORLD):
        named = [name for name in IDS if name in case.given]
        missing = {name: missing_id(case.given[name]) for name in named}
        if not named:
            continue
        hidden, unknown = (
            await stranger.refused(case.mutation, **case.given),
            await stranger.refused(case.mutation, **{**case.given, **missing}),
        )
        assert hidden.code == unknown.code == "NOT_FOUND", case.mutation
        for known, other in zip(case.given.values(), {**case.given, **missing}.values(), strict=True):
            hidden = Refusal(hidden.code, hidden.message.replace(str(known), str(other)))
        assert hidden.message == unknown.message
    assert differences(await dump(hand.database), before) == {}


def missing_id(value: Any) -> Any:
    return [missing_id(one) for one in value] if isinstance(value, list) else f"{value[0]}{'0' * 22}"


async def test_what_hangs_on_an_operation_is_hidden_as_well(hand: Hand, schema: GraphSchema) -> None:
    """An agent, a tag and a person of another organisation are named in the words for ones that are not there."""
    elsewhere = person("stranger", organization_id=organization_id_of("Elsewhere"))
    stranger = hand.of(elsewhere)
    made = (await stranger.do("createWorkspace", "{ workspace { id } }", title="Theirs"))["workspace"]["id"]

    agent = await stranger.refused("createSession", workspaceId=made, agentId=WORLD.spec)
    tag = await stranger.refused("setTags", workspaceId=made, tagIds=[WORLD.tags[0], missing_id(WORLD.tags[1])])
    people = await stranger.refused("setShare", workspaceId=made, recipientUserIds=[WORLD.person, "person-00000"])

    assert (agent.code, agent.details["fields"]) == (
        "INVALID_INPUT", [{"path": "agentId", "message": f"there is no agent {WORLD.spec!r}"}],
    )  # fmt: skip
    assert {one["message"] for one in tag.details["fields"]} == {"there is no such tag; `tags` lists them"}
    assert tag.paths == ["tagIds[0]", "tagIds[1]"]
    assert people.details["fields"] == [
        {"path": "recipientUserIds[0]", "message": f"there is no user {WORLD.person!r} of VAI"},
        {"path": "recipientUserIds[1]", "message": "there is no user 'person-00000' of VAI"},
    ]


WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "createWorkspace": (
        {"title": " ", "description": "d" * 10_001, "backingTableName": "", "rowIdColumn": "c" * 256},
        ["title", "description", "backingTableName", "rowIdColumn"],
    ),
    "updateWorkspace": ({"title": "t" * 256, "description": "d" * 10_001}, ["title", "description"]),
    "createChart": (
        {"title": "", "spec": {"kind": "BAR", "x": {"column": ""}, "y": [{"agg": "SUM"}], "limit": 0}},
        ["spec.x.column", "spec.y[0].column", "spec.limit", "title"],
    ),
    "updateChart": ({"spec": {"kind": "BAR", "x": {"column": "x"}, "y": []}, "title": "\t"}, ["spec.y", "title"]),
    "moveChart": ({"position": -1, "idempotencyKey": ""}, ["idempotencyKey", "position"]),
    "createSession": ({"title": "", "idempotencyKey": "k" * 256}, ["idempotencyKey", "title"]),
    "setShare": ({"recipientUserIds": ["", "u" * 256]}, ["recipientUserIds[0]", "recipientUserIds[1]"]),
    "attachTask": ({"taskId": "", "idempotencyKey": ""}, ["idempotencyKey", "taskId"]),
    "forkWorkspace": ({"taskCount": -1, "idempotencyKey": ""}, ["idempotencyKey", "taskCount"]),
    "createComputer": (
        {"name": " ", "os": "beos", "diskSizeGb": 0, "gpu": "voodoo", "resolution": "wide", "autoStopMinutes": -1},
        ["name", "os", "diskSizeGb", "gpu", "resolution", "autoStopMinutes"],
    ),
    "setTags": ({"tagIds": [WORLD.tags[0]] * 101, "idempotencyKey": ""}, ["idempotencyKey", "tagIds"]),
}  # fmt: skip


async def test_every_problem_of_an_input_is_told_at_once_by_its_place(hand: Hand) -> None:
    by_name = {case.mutation: case for case in cases(WORLD)}
    before = await dump(hand.database)
    for mutation, (wrong, places) in WRONG.items():
        refusal = await hand.refused(mutation, **{**by_name[mutation].given, **wrong})
        assert (refusal.code, sorted(refusal.paths)) == ("INVALID_INPUT", sorted(places)), mutation
        assert all(one["message"] for one in refusal.details["fields"])
    for mutation, case in by_name.items():  # the key is common to all
        assert (await hand.refused(mutation, **case.given, idempotencyKey="")).paths == ["idempotencyKey"]
    sizes = await hand.refused("createComputer", workspaceId=WORLD.workspace, name="computer 0", ram=5, cpu=3)
    assert sizes.paths == ["ram", "cpu", "name"]
    assert differences(await dump(hand.database), before) == {}


EDITING = ("updateWorkspace", "archiveWorkspace", "restoreWorkspace", "deleteWorkspace", "updateChart", "deleteChart",
           "setTags", "setShare", "revokeShare", "clearShare")  # fmt: skip


def test_what_two_may_edit_takes_the_moment_it_is_based_on(schema: GraphSchema) -> None:
    types = schema._schema.type_map
    having = [
        case.mutation
        for case in cases(WORLD)
        if "expectedUpdatedAt" in types[f"{case.mutation[0].upper()}{case.mutation[1:]}Input"].fields  # type: ignore[attr-defined]
    ]
    assert sorted(having) == sorted(EDITING)


async def test_an_edit_based_on_an_older_state_is_refused_with_the_present_one(hand: Hand) -> None:
    w, chart = WORLD.workspace, WORLD.charts[0]
    await hand.do("updateWorkspace", id=w, description="Now")
    await hand.do("updateChart", id=chart, title="Now")
    await hand.do("setShare", workspaceId=w, recipientUserIds=[WORLD.person])
    now = await hand.data(
        "query($w: ID!, $c: ID!) { workspace(id: $w) { updatedAt share { updatedAt } } chart(id: $c) { updatedAt } }",
        w=w,
        c=chart,
    )
    workspace = {
        "id": w,
        "updatedAt": now["workspace"]["updatedAt"],
        "name": "Workspace 00000",
        "description": "Now",
        "isArchived": False,
        "archivedAt": None,
    }
    shown = {
        "id": chart,
        "updatedAt": now["chart"]["updatedAt"],
        "title": "Now",
        "position": 0,
        "collapsed": False,
        "spec": {},
    }
    share = {
        "id": w,
        "updatedAt": now["workspace"]["share"]["updatedAt"],
        "state": "shared",
        "status": "active",
        "expiresAt": None,
    }
    before = await dump(hand.database)

    for case in cases(WORLD):
        if case.mutation in EDITING:
            given = {**case.given, **({"id": w} if case.given.get("id") == WORLD.pod else {})}
            refusal = await hand.refused(case.mutation, **given, expectedUpdatedAt="2026-11-01T10:00:00Z")
            expected = shown if "Chart" in case.mutation else share if "Share" in case.mutation else workspace
            assert (refusal.code, refusal.details) == ("CONFLICT", {"current": expected}), case.mutation

    assert differences(await dump(hand.database), before) == {}


async def test_an_edit_based_on_the_present_state_is_done_however_the_moment_is_written(hand: Hand) -> None:
    for title in ("One", "Two"):
        (found,) = (await hand.data("query($i: ID!) { workspace(id: $i) { updatedAt } }", i=WORLD.table)).values()
        at = found["updatedAt"] and found["updatedAt"].replace("Z", "+00:00")
        payload = await hand.do(
            "updateWorkspace", "{ workspace { name updatedAt } }", id=WORLD.table, title=title, expectedUpdatedAt=at
        )
        assert payload["workspace"]["name"] == title
        assert payload["workspace"]["updatedAt"] != found["updatedAt"]


async def test_what_is_so_already_is_not_done_again(hand: Hand, importer: Importer) -> None:
    """No second activity, no audit, no new moment: the database is the same to the byte."""
    w, chart = WORLD.workspace, WORLD.charts[1]
    again = [
        ("pauseAgent", {"id": WORLD.agent}),
        ("stopWorkspace", {"id": WORLD.pod}),
        ("archiveWorkspace", {"id": WORLD.pod}),
        ("archiveWorkspace", {"id": WORLD.table}),
        ("moveChart", {"id": chart, "position": 1}),
        ("moveChart", {"id": chart, "position": 99}),
        ("revokeShare", {"workspaceId": w}),
        ("clearShare", {"workspaceId": WORLD.table}),
        ("setTags", {"workspaceId": w, "tagIds": [*WORLD.tags, WORLD.tags[0]]}),
        ("updateTaskBinding", {"id": WORLD.bindings[0], "mutatesWorkspace": False}),
        ("stopComputer", {"id": WORLD.computers[0]}),
        ("startComputer", {"id": WORLD.computers[1]}),
        ("linkWorkspaces", {"intoId": w, "fromId": WORLD.parts["ORGO"]}),
        ("restoreWorkspace", {"id": WORLD.workspace}),
        ("resumeAgent", {"id": of("AGENT", "AITASKER", "agent-busy")}),
    ]
    agent = {"id": "agent-busy", "display_name": "Busy", "status": "active"}
    await importer.lines(exchange("aitasker", "POST /api/v1/workspaces/agents/agent-busy/pause", agent))
    for mutation, given in again:
        await hand.do(mutation, **given)
    before = await dump(hand.database)
    for mutation, given in again:
        await hand.do(mutation, **given)
        assert differences(await dump(hand.database), before) == {}, mutation


# What each of them does


async def test_an_agent_is_paused_and_resumed_with_its_moments(hand: Hand) -> None:
    shown = "{ agent { id status sourceStatus pausedAt updatedAt name } }"
    paused = (await hand.do("pauseAgent", shown, id=WORLD.agent))["agent"]
    assert paused == {
        "id": WORLD.agent, "status": "PAUSED", "sourceStatus": "paused", "pausedAt": paused["updatedAt"],
        "updatedAt": paused["updatedAt"], "name": "Agent 00000",
    }  # fmt: skip
    assert (await hand.do("pauseAgent", shown, id=WORLD.agent))["agent"] == paused
    resumed = (await hand.do("resumeAgent", shown, id=WORLD.agent))["agent"]
    assert resumed["updatedAt"] > paused["updatedAt"]
    assert resumed == {
        **paused,
        "status": "ACTIVE",
        "sourceStatus": "active",
        "pausedAt": None,
        "updatedAt": resumed["updatedAt"],
    }
    kinds = await hand.data(
        "query($i: ID!) { workspace(id: $i) { activity { nodes { kind title detail } } } }", i=WORLD.workspace
    )
    told = [one for one in kinds["workspace"]["activity"]["nodes"] if one["kind"] != "run"]
    by = {"by": "writer@example.org", "agentId": WORLD.agent}
    assert told == [
        {"kind": "agent.resumed", "title": "Agent 00000 was resumed", "detail": by},
        {"kind": "agent.paused", "title": "Agent 00000 was paused", "detail": by},
    ]


@pytest.mark.parametrize("mutation", ["pauseAgent", "resumeAgent"])
async def test_only_hired_agents_that_are_not_cancelled_are_paused_and_resumed(hand: Hand, mutation: str) -> None:
    verb = {"pauseAgent": "paused", "resumeAgent": "resumed"}[mutation]
    assert await hand.refused(mutation, id=WORLD.cancelled_agent) == Refusal(
        "INVALID_STATE",
        f"an agent that is CANCELLED cannot be {verb}, only one that is ACTIVE or PAUSED; AITasker calls its state 'cancelled'",
    )
    for agent, system in ((WORLD.spec, "VAI"), (WORLD.role, "Evershell")):
        told = f"only AITasker's hired agents can be {verb}; this one is {system}'s"
        assert await hand.refused(mutation, id=agent) == Refusal("NOT_SUPPORTED", told)


WHOLE = """{
  id name description isArchived archivedAt status viewerAccess owner { email } systems createdAt updatedAt
  vai { title description status mode rowIdColumn seedArtifactVersionId rendererConfig isShared ownerUserId }
  share { state } charts { totalCount } tags { id } tasks { id }
  activity { nodes { kind title status detail createdAt } }
}"""


async def test_a_workspace_that_is_made_belongs_to_its_maker(hand: Hand) -> None:
    made = await hand.do(
        "createWorkspace",
        f"{{ workspace {WHOLE} warnings {{ code }} }}",
        title="  New  ",
        description="For trying",
        seedArtifactVersionId="version-1",
    )
    workspace = made["workspace"]
    at = workspace["createdAt"]
    assert made["warnings"] == []
    assert workspace == {
        "id": workspace["id"], "name": "New", "description": "For trying", "isArchived": False, "archivedAt": None,
        "status": "ACTIVE", "viewerAccess": "OWNER", "owner": workspace["owner"], "systems": ["VAI"],
        "createdAt": at, "updatedAt": at,
        "vai": {
            "title": "New", "description": "For trying", "status": "active", "mode": "SNAPSHOT", "rowIdColumn": None,
            "seedArtifactVersionId": "version-1", "rendererConfig": None, "isShared": False,
            "ownerUserId": workspace["vai"]["ownerUserId"],
        },
        "share": {"state": "not_shared"}, "charts": {"totalCount": 0}, "tags": [], "tasks": [],
        "activity": {"nodes": [{
            "kind": "workspace.created", "title": "New was made", "status": "done",
            "detail": {"by": "writer@example.org", "mode": "SNAPSHOT"}, "createdAt": at,
        }]},
    }  # fmt: skip
    assert (await hand.data("{ workspaces { nodes { id } } }"))["workspaces"]["nodes"][0]["id"] == workspace["id"]


async def test_a_workspace_is_changed_by_what_is_given(hand: Hand) -> None:
    shown = "{ workspace { name description vai { title rendererConfig } orgo { name } } }"
    first = await hand.do(
        "updateWorkspace", shown, id=WORLD.workspace, title="Given", description="D", rendererConfig={"dark": [1, None]}
    )
    assert first["workspace"] == {
        "name": "Given", "description": "D", "vai": {"title": "Given", "rendererConfig": {"dark": [1, None]}},
        "orgo": {"name": "Folder 00000"},
    }  # fmt: skip
    second = await hand.do("updateWorkspace", shown, id=WORLD.workspace, description=None, rendererConfig=None)
    assert second["workspace"] == {
        "name": "Given", "description": None, "vai": {"title": "Given", "rendererConfig": None},
        "orgo": {"name": "Folder 00000"},
    }  # fmt: skip
    alone = await hand.do("updateWorkspace", shown, id=WORLD.folder, title="Mine")
    assert (alone["workspace"]["name"], alone["workspace"]["orgo"]) == ("Mine", {"name": "Folder"})
    back = await hand.do("updateWorkspace", shown, id=WORLD.folder, title=None)
    assert back["workspace"]["name"] == "Folder"
    told = "descriptions and settings of the renderer are VAI's, and this workspace stands in Orgo only"
    assert await hand.refused("updateWorkspace", id=WORLD.folder, description="x") == Refusal("NOT_SUPPORTED", told)
    assert (await hand.refused("updateWorkspace", id=WORLD.folder)).details["fields"] == [
        {"path": "input", "message": "give at least one of title, description and rendererConfig"}
    ]


async def test_a_workspace_is_archived_and_restored_in_every_system_that_has_an_archive(hand: Hand) -> None:
    shown = "{ workspace { isArchived archivedAt status vai { status } evershell { status archivedAt } } }"
    assert await hand.refused("archiveWorkspace", id=WORLD.workspace) == Refusal(
        "INVALID_STATE", "a pod can be archived when it is stopped or failed, and this one is idle; stop it"
    )
    await hand.do("stopWorkspace", id=WORLD.workspace)
    archived = (await hand.do("archiveWorkspace", shown, id=WORLD.workspace))["workspace"]
    assert archived == {
        "isArchived": True, "archivedAt": archived["archivedAt"], "status": archived["status"],
        "vai": {"status": "archived"}, "evershell": {"status": "stopped", "archivedAt": archived["archivedAt"]},
    }  # fmt: skip
    assert archived["archivedAt"] is not None
    assert await hand.refused("resumeWorkspace", id=WORLD.workspace) == Refusal(
        "INVALID_STATE", "an archived pod cannot be resumed; restore the workspace first"
    )
    restored = (await hand.do("restoreWorkspace", shown, id=WORLD.workspace))["workspace"]
    assert restored == {
        "isArchived": False, "archivedAt": None, "status": archived["status"],
        "vai": {"status": "active"}, "evershell": {"status": "stopped", "archivedAt": None},
    }  # fmt: skip
    told = "VAI and Evershell have an archive, and this workspace stands in Orgo only"
    for mutation in ("archiveWorkspace", "restoreWorkspace"):
        assert await hand.refused(mutation, id=WORLD.folder) == Refusal("NOT_SUPPORTED", told)


async def test_a_pod_is_stopped_with_a_snapshot_resumed_and_forked(hand: Hand) -> None:
    shown = "{ workspace { status evershell { status snapshotRef lastSnapshotError } } }"
    resumed = (await hand.do("resumeWorkspace", shown, id=WORLD.pod))["workspace"]
    assert resumed == {
        "status": "IDLE",
        "evershell": {"status": "idle", "snapshotRef": "snap_1", "lastSnapshotError": None},
    }
    stopped = (await hand.do("stopWorkspace", shown, id=WORLD.pod))["workspace"]
    snapshot = stopped["evershell"]["snapshotRef"]
    assert stopped == {
        "status": "STOPPED",
        "evershell": {"status": "stopped", "snapshotRef": snapshot, "lastSnapshotError": None},
    }
    assert snapshot not in {"snap_1", None}
    fork = await hand.do(
        "forkWorkspace",
        """{ parent { id forks { nodes { id } } } workspace { id name status viewerAccess systems parent { id }
             evershell { orgId role { id } status createdByUserId snapshotRef parentWorkspaceId forkSourceSnapshotRef
                         forkPointTaskCount archivedAt } } }""",
        id=WORLD.pod,
        taskCount=1,
    )
    child = fork["workspace"]
    assert fork == {
        "parent": {"id": WORLD.pod, "forks": {"nodes": [{"id": child["id"]}]}},
        "workspace": {
            "id": child["id"], "name": child["name"], "status": "IDLE", "viewerAccess": "OWNER",
            "systems": ["EVERSHELL"], "parent": {"id": WORLD.pod},
            "evershell": {
                "orgId": "org", "role": {"id": WORLD.role}, "status": "idle", "createdByUserId": "N-writer",
                "snapshotRef": snapshot, "parentWorkspaceId": "e-alone", "forkSourceSnapshotRef": snapshot,
                "forkPointTaskCount": 1, "archivedAt": None,
            },
        },
    }  # fmt: skip
    assert (await hand.refused("forkWorkspace", id=WORLD.pod, taskCount=2)).details["fields"] == [
        {"path": "taskCount", "message": "must be 0 to 1, as many tasks as are finished"}
    ]
    assert await hand.refused("forkWorkspace", id=WORLD.workspace, taskCount=0) == Refusal(
        "INVALID_STATE", "the workspace has no snapshot to fork from; stop it, which saves one"
    )
    for mutation, what in (("stopWorkspace", "pods"), ("resumeWorkspace", "pods"), ("forkWorkspace", "forks")):
        given = {"taskCount": 0} if mutation == "forkWorkspace" else {}
        told = f"{what} are Evershell's, and this workspace stands in VAI only"
        assert await hand.refused(mutation, id=WORLD.table, **given) == Refusal("NOT_SUPPORTED", told)


async def test_charts_are_made_changed_moved_and_deleted_without_gaps(hand: Hand) -> None:
    shown = """{ chart { id title position collapsed chartSpecVersion rendererConfig createdAt updatedAt
                 spec { kind x { column } y { agg column } limit } createdBy { id } lastEditedBy { id } workspace { id } }
                 workspace { charts { nodes { id position } } } }"""
    first, second = WORLD.charts
    made = await hand.do("createChart", shown, workspaceId=WORLD.workspace, spec=SPEC)
    chart = made["chart"]
    assert made == {
        "chart": {
            "id": chart["id"], "title": None, "position": 2, "collapsed": False, "chartSpecVersion": 1,
            "rendererConfig": None, "createdAt": chart["createdAt"], "updatedAt": chart["createdAt"],
            "spec": {"kind": "BAR", "x": {"column": "region"}, "y": [{"agg": "COUNT", "column": None}], "limit": 1000},
            "createdBy": chart["createdBy"], "lastEditedBy": chart["createdBy"], "workspace": {"id": WORLD.workspace},
        },
        "workspace": {"charts": {"nodes": [{"id": first, "position": 0}, {"id": second, "position": 1}, {"id": chart["id"], "position": 2}]}},
    }  # fmt: skip
    changed = await hand.do(
        "updateChart", shown, id=chart["id"], spec={**SPEC, "kind": "LINE"}, title="T", rendererConfig={"a": 1}
    )
    assert changed["chart"] == {
        **chart, "title": "T", "chartSpecVersion": 2, "rendererConfig": {"a": 1},
        "spec": {**chart["spec"], "kind": "LINE"}, "updatedAt": changed["chart"]["updatedAt"],
    }  # fmt: skip
    cleared = await hand.do("updateChart", shown, id=chart["id"], title=None, rendererConfig=None, collapsed=True)
    assert cleared["chart"] == {
        **changed["chart"], "title": None, "rendererConfig": None, "collapsed": True, "updatedAt": cleared["chart"]["updatedAt"],
    }  # fmt: skip
    moved = await hand.do(
        "moveChart", "{ chart { position } workspace { charts { nodes { id position } } } }", id=chart["id"], position=0
    )
    assert moved == {
        "chart": {"position": 0},
        "workspace": {"charts": {"nodes": [{"id": chart["id"], "position": 0}, {"id": first, "position": 1}, {"id": second, "position": 2}]}},
    }  # fmt: skip
    deleted = await hand.do("deleteChart", "{ deletedId workspace { charts { nodes { id position } } } }", id=first)
    assert deleted == {
        "deletedId": first,
        "workspace": {"charts": {"nodes": [{"id": chart["id"], "position": 0}, {"id": second, "position": 1}]}},
    }
    gone = Refusal("NOT_FOUND", f"there is no chart {first!r}")
    assert await hand.refused("updateChart", id=first, title="x") == gone == await hand.refused("deleteChart", id=first)
    assert (await hand.refused("updateChart", id=second)).paths == ["input"]


async def test_a_session_is_opened_with_an_agent_or_none(hand: Hand) -> None:
    shown = """{ session { id title isShared viewerAccess createdAt updatedAt agent { id } scope { kind workspaceId documentId }
                 workspace { id } messages { totalCount } } workspace { sessions { totalCount } agents { nodes { id } } } }"""
    made = await hand.do("createSession", shown, workspaceId=WORLD.table, agentId=WORLD.spec, title="Talk")
    session = made["session"]
    assert made == {
        "session": {
            "id": session["id"], "title": "Talk", "isShared": False, "viewerAccess": session["viewerAccess"],
            "createdAt": session["createdAt"], "updatedAt": session["createdAt"], "agent": {"id": WORLD.spec},
            "scope": {"kind": "workspace", "workspaceId": "v-alone", "documentId": None},
            "workspace": {"id": WORLD.table}, "messages": {"totalCount": 0},
        },
        "workspace": {"sessions": {"totalCount": 1}, "agents": {"nodes": [{"id": WORLD.spec}]}},
    }  # fmt: skip
    bare = await hand.do("createSession", "{ session { title agent { id } } }", workspaceId=WORLD.table)
    assert bare == {"session": {"title": None, "agent": None}}
    assert await hand.refused("createSession", workspaceId=WORLD.folder) == Refusal(
        "NOT_SUPPORTED", "sessions are VAI's, and this workspace stands in Orgo only"
    )
    assert (await hand.refused("createSession", workspaceId=WORLD.table, agentId=WORLD.role)).details["fields"] == [
        {"path": "agentId", "message": "must be an agent specification of VAI that is not deleted"}
    ]


SHARE = "{ workspace { viewerAccess share { state status recipients { externalId email } expiresAt } vai { isShared shareRecipients { externalId } } } }"
OPEN = {"viewerAccess": "ORGANIZATION", "vai": {"isShared": False, "shareRecipients": []}}


async def test_a_share_is_set_revoked_set_again_and_cleared(hand: Hand) -> None:
    table, shared = (
        WORLD.table,
        {
            "viewerAccess": "ORGANIZATION",
            "vai": {"isShared": True, "shareRecipients": [{"externalId": "person-00000"}]},
        },
    )
    ends = "2099-01-01T00:00:00Z"
    first = await hand.do(
        "setShare", SHARE, workspaceId=table, recipientUserIds=[WORLD.person, "person-00000"], expiresAt=ends
    )
    assert first["workspace"] == {
        **shared,
        "share": {"state": "shared", "status": "active", "recipients": [PERSON], "expiresAt": ends},
    }
    revoked = await hand.do("revokeShare", SHARE, workspaceId=table)
    assert revoked["workspace"] == {
        **OPEN,
        "share": {"state": "not_shared", "status": "revoked", "recipients": [PERSON], "expiresAt": ends},
    }
    again = await hand.do("setShare", SHARE, workspaceId=table, recipientUserIds=[])
    assert again["workspace"] == {
        **shared,
        "share": {"state": "shared", "status": "active", "recipients": [PERSON], "expiresAt": None},
    }
    cleared = await hand.do("clearShare", SHARE, workspaceId=table)
    assert cleared["workspace"] == {
        **OPEN,
        "share": {"state": "not_shared", "status": None, "recipients": [], "expiresAt": None},
    }
    assert (await hand.refused("setShare", workspaceId=table, recipientUserIds=[])).details["fields"] == [
        {"path": "recipientUserIds", "message": "name at least one person; it keeps none of before"}
    ]
    assert (
        await hand.refused(
            "setShare", workspaceId=table, recipientUserIds=["person-00000"], expiresAt="2020-01-01T00:00:00Z"
        )
    ).paths == ["expiresAt"]
    for mutation in ("setShare", "revokeShare", "clearShare"):
        given = {"recipientUserIds": ["person-00000"]} if mutation == "setShare" else {}
        told = "shares are VAI's, and this workspace stands in Orgo only"
        assert await hand.refused(mutation, workspaceId=WORLD.folder, **given) == Refusal("NOT_SUPPORTED", told)


async def test_access_by_a_share_begins_and_ends_with_it(hand: Hand) -> None:
    reader = hand.of(person("person-00000"))

    async def access() -> str:
        found = await reader.data("query($i: ID!) { workspace(id: $i) { viewerAccess } }", i=WORLD.table)
        return str(found["workspace"]["viewerAccess"])

    seen = [await access()]
    for mutation, given in (
        ("setShare", {"recipientUserIds": ["person-00000"]}), ("revokeShare", {}), ("setShare", {"recipientUserIds": []}),
        ("clearShare", {}),
    ):  # fmt: skip
        await hand.do(mutation, workspaceId=WORLD.table, **given)
        seen.append(await access())
    assert seen == ["ORGANIZATION", "VIEWER", "ORGANIZATION", "VIEWER", "ORGANIZATION"]


async def test_tags_are_set_as_a_whole_in_their_order(hand: Hand) -> None:
    shown = "{ workspace { tags { id name } } }"
    first, second = WORLD.tags
    both = await hand.do("setTags", shown, workspaceId=WORLD.table, tagIds=[second, first, second])
    assert both["workspace"]["tags"] == [{"id": second, "name": "Tag 1"}, {"id": first, "name": "Tag 0"}]
    one = await hand.do("setTags", shown, workspaceId=WORLD.table, tagIds=[first])
    assert one["workspace"]["tags"] == [{"id": first, "name": "Tag 0"}]
    assert (await hand.do("setTags", shown, workspaceId=WORLD.table, tagIds=[]))["workspace"]["tags"] == []
    told = "tags are VAI's, and this workspace stands in Evershell only"
    assert await hand.refused("setTags", workspaceId=WORLD.pod, tagIds=[]) == Refusal("NOT_SUPPORTED", told)


async def test_tasks_are_bound_changed_and_taken_off(hand: Hand) -> None:
    shown = (
        "{ binding { id bindingId taskId name displayName lifecycle mutatesWorkspace } workspace { tasks { name } } }"
    )
    made = await hand.do("attachTask", shown, workspaceId=WORLD.table, taskId="t-0")
    binding = made["binding"]
    assert made == {
        "binding": {
            "id": binding["id"], "bindingId": binding["bindingId"], "taskId": "t-0", "name": "task 0",
            "displayName": None, "lifecycle": binding["lifecycle"], "mutatesWorkspace": False,
        },
        "workspace": {"tasks": [{"name": "task 0"}]},
    }  # fmt: skip
    assert await hand.refused("attachTask", workspaceId=WORLD.table, taskId="t-0") == Refusal(
        "INVALID_STATE", "the task is bound to the workspace already; change it by updateTaskBinding"
    )
    changed = await hand.do("updateTaskBinding", shown, id=binding["id"], mutatesWorkspace=True)
    assert changed == {**made, "binding": {**binding, "mutatesWorkspace": True}}
    gone = await hand.do("detachTask", "{ deletedId workspace { tasks { name } } }", id=binding["id"])
    assert gone == {"deletedId": binding["id"], "workspace": {"tasks": []}}
    for mutation, given in (("updateTaskBinding", {"mutatesWorkspace": True}), ("detachTask", {})):
        refusal = await hand.refused(mutation, id=binding["id"], **given)
        assert refusal == Refusal("NOT_FOUND", f"there is no task binding {binding['id']!r}")
    unknown = await hand.do("attachTask", shown, workspaceId=WORLD.table, taskId="t-unheard")
    assert unknown["binding"]["name"] == "t-unheard"


async def test_a_computer_is_made_stopped_started_restarted_and_deleted(hand: Hand) -> None:
    made = await hand.do(
        "createComputer",
        """{ computer { id name status sourceStatus os ram cpu diskSizeGb gpu resolution autoStopMinutes workspace { id } }
             workspace { computers { nodes { name } } } }""",
        workspaceId=WORLD.folder, name=" box ", ram=8, cpu=2, gpu="a10", autoStopMinutes=0,
    )  # fmt: skip
    computer = made["computer"]["id"]
    assert made == {
        "computer": {
            "id": computer, "name": "box", "status": "RUNNING", "sourceStatus": "running", "os": "linux", "ram": 8, "cpu": 2,
            "diskSizeGb": 8, "gpu": "a10", "resolution": "1280x720x24", "autoStopMinutes": 0, "workspace": {"id": WORLD.folder},
        },
        "workspace": {"computers": {"nodes": made["workspace"]["computers"]["nodes"]}},
    }  # fmt: skip
    assert sorted(one["name"] for one in made["workspace"]["computers"]["nodes"]) == ["alone", "box"]
    states = [
        (await hand.do(mutation, "{ computer { status } }", id=computer))["computer"]["status"]
        for mutation in ("restartComputer", "stopComputer", "stopComputer", "startComputer", "startComputer")
    ]
    assert states == ["RUNNING", "STOPPED", "STOPPED", "RUNNING", "RUNNING"]
    alone = of("COMPUTER", "ORGO", "c-alone")
    assert await hand.refused("restartComputer", id=alone) == Refusal(
        "INVALID_STATE", "a computer can be restarted when it is RUNNING, and this one is SUSPENDED"
    )
    gone = await hand.do("deleteComputer", "{ deletedId workspace { computers { nodes { name } } } }", id=computer)
    assert gone == {"deletedId": computer, "workspace": {"computers": {"nodes": [{"name": "alone"}]}}}
    assert await hand.refused("startComputer", id=computer) == Refusal(
        "NOT_FOUND", f"there is no computer {computer!r}"
    )
    assert await hand.refused("createComputer", workspaceId=WORLD.pod, name="x") == Refusal(
        "NOT_SUPPORTED", "computers are Orgo's, and this workspace stands in Evershell only"
    )


PAGE = (Path(__file__).parent.parent / "docs" / "operations.md").read_text()
OF_COMPUTERS = {
    word.upper(): word
    for word in (
        "creating",
        "starting",
        "running",
        "stopping",
        "stopped",
        "restarting",
        "suspended",
        "deleting",
        "error",
    )
}
OF_AGENTS = {word.upper(): word for word in ("active", "paused", "cancelled", "draft", "archived", "deleted")}
OF_PODS = {word: word for word in ("provisioning", "idle", "busy", "stopping", "stopped", "failed")}


def states_of(noun: str) -> dict[tuple[str, str], str | None]:
    """A table of states on the page: what follows from a state by a mutation; None where it is refused."""
    section = PAGE.partition("## States")[2].partition(f"**{noun}**")[2].partition("**")[0]
    header, _line, *lines = [
        [cell.strip() for cell in line.strip("| ").split(" | ")]
        for line in section.splitlines()
        if line.startswith("|")
    ]
    return {
        (state, mutation.strip("`")): None if cell == "-" else cell.partition(",")[0]
        for froms, *cells in lines
        for state in froms.partition(", whatever")[0].split(", ")
        for mutation, cell in zip(header[1:], cells, strict=True)
    }


async def moved(hand: Hand, importer: Importer, noun: str, words: dict[str, str]) -> dict[tuple[str, str], str | None]:
    """What each mutation of the page's table makes of a record in each state."""
    found = {}
    for number, (state, mutation) in enumerate(states_of(noun)):
        if state in {"archived", "UNKNOWN"}:
            words = {**words, state: "odd" if state == "UNKNOWN" else "stopped"}
        document = {"id": f"x-{number}", "name": f"x-{number}", "display_name": "x", "status": words[state]}
        if noun == "Pods":
            document |= {"archived_at": "2026-01-01T00:00:00Z" if state == "archived" else None}
        kind, system, call, shown = OF_NOUN[noun]
        body = {"id": "o-states", "computers": [document]} if noun == "Computers" else document
        await importer.lines(exchange(system.lower(), call.format(id=document["id"]), body))
        answer = await hand.result(mutation, shown, {"id": of(kind, system, str(document["id"]))})
        if isinstance(answer, Refusal):
            assert answer.code == "INVALID_STATE"
            found[state, mutation] = None
        elif noun == "Pods":
            pod = answer["workspace"]["evershell"]
            assert (pod["archivedAt"] is not None) == (mutation == "archiveWorkspace" or state == "archived")
            found[state, mutation] = "archived" if mutation == "archiveWorkspace" else pod["status"]
        else:
            found[state, mutation] = next(iter(answer.values()))["status"]
    return found


OF_NOUN = {
    "Agents": ("AGENT", "AITASKER", "POST /api/v1/workspaces/agents/{id}/pause", "{ agent { status } }"),
    "Computers": ("COMPUTER", "ORGO", "GET /workspaces/o-states", "{ computer { status } }"),
    "Pods": ("WORKSPACE", "EVERSHELL", "GET /workspaces/{id}", "{ workspace { evershell { status archivedAt } } }"),
}


@pytest.mark.parametrize(
    ("noun", "words"),
    [("Agents", OF_AGENTS), ("Computers", OF_COMPUTERS), ("Pods", OF_PODS)],
    ids=["agents", "computers", "pods"],
)
async def test_every_state_lets_go_or_refuses_as_the_page_of_operations_says(
    hand: Hand, importer: Importer, noun: str, words: dict[str, str]
) -> None:
    said = states_of(noun)
    assert {state for state, _mutation in said} >= set(words)
    if noun == "Pods":
        assert said.pop(("archived", "stopWorkspace")) == "as its state says"
        said["archived", "stopWorkspace"] = "stopped"
    assert await moved(hand, importer, noun, words) == said


# Joining and parting

PARTS = "{ workspace { id name systems agents { totalCount } computers { totalCount } charts { totalCount } sessions { totalCount } tags { id } tasks { id } share { state } integrations { provider } evershell { status } } }"
SHAPE = "query($i: ID!) " + PARTS.replace("workspace {", "workspace(id: $i) {", 1)


async def shape(hand: Hand, workspace_id: str) -> Any:
    return (await hand.data(SHAPE, i=workspace_id))["workspace"]


async def test_all_four_parts_go_their_own_way_and_come_together_again(hand: Hand) -> None:
    """Whatever order they come together in, the whole is what it was, and every old id finds it."""
    whole = await shape(hand, WORLD.workspace)
    alone = {}
    for system in ("AITASKER", "ORGO", "EVERSHELL"):
        parted = await hand.do(
            "unlinkWorkspace", "{ workspace { id } unlinked { id systems } }", id=WORLD.workspace, system=system
        )
        assert parted == {
            "workspace": {"id": WORLD.workspace},
            "unlinked": {"id": WORLD.parts[system], "systems": [system]},
        }
        alone[system] = await shape(hand, WORLD.parts[system])
    assert await hand.refused("unlinkWorkspace", id=WORLD.workspace, system="VAI") == Refusal(
        "INVALID_STATE", "VAI's is the workspace's only part; there is nothing to part"
    )
    assert await hand.refused("unlinkWorkspace", id=WORLD.workspace, system="ORGO") == Refusal(
        "INVALID_STATE", "the workspace has no part in Orgo"
    )
    assert alone == {
        "AITASKER": {
            **NOTHING, "id": WORLD.parts["AITASKER"], "name": "Desk 00000", "systems": ["AITASKER"],
            "agents": {"totalCount": 1}, "integrations": [{"provider": "slack"}],
        },
        "ORGO": {
            **NOTHING, "id": WORLD.parts["ORGO"], "name": "Folder 00000", "systems": ["ORGO"], "computers": {"totalCount": 2},
        },
        "EVERSHELL": {
            **NOTHING, "id": WORLD.parts["EVERSHELL"], "name": "e-00000", "systems": ["EVERSHELL"],
            "agents": {"totalCount": 1}, "evershell": {"status": "idle"},
        },
    }  # fmt: skip
    assert (await shape(hand, WORLD.workspace))["systems"] == ["VAI"]

    for into, other in (("EVERSHELL", "ORGO"), ("AITASKER", "VAI"), ("ORGO", "VAI")):
        payload = await hand.do(
            "linkWorkspaces", "{ workspace { id } }", intoId=WORLD.parts[into], fromId=WORLD.parts[other]
        )
        assert payload["workspace"]["id"] in {WORLD.parts["VAI"], WORLD.parts["ORGO"]}
    for part in WORLD.parts.values():
        assert await shape(hand, part) == whole


NOTHING: dict[str, Any] = {
    **{name: {"totalCount": 0} for name in ("agents", "computers", "charts", "sessions")},
    **{name: [] for name in ("tags", "tasks", "integrations")},
    "share": {"state": "not_shared"},
    "evershell": None,
}


async def test_two_parts_of_one_system_cannot_be_one_workspace(hand: Hand) -> None:
    for other, system in ((WORLD.table, "vai"), (WORLD.folder, "orgo"), (WORLD.pod, "evershell")):
        assert await hand.refused("linkWorkspaces", intoId=WORLD.workspace, fromId=other) == Refusal(
            "INVALID_STATE",
            f"they cannot be one workspace: both stand in {system}; a workspace has at most one part of a system",
        )
    assert (
        await hand.do("linkWorkspaces", "{ workspace { id } }", intoId=WORLD.workspace, fromId=WORLD.workspace)
    ) == {"workspace": {"id": WORLD.workspace}}


async def test_a_name_that_was_given_stays_with_those_that_remain(hand: Hand) -> None:
    await hand.do("updateWorkspace", id=WORLD.workspace, title="Ours")
    shown = "{ workspace { id name } unlinked { id name } }"
    assert await hand.do("unlinkWorkspace", shown, id=WORLD.workspace, system="ORGO") == {
        "workspace": {"id": WORLD.workspace, "name": "Ours"},
        "unlinked": {"id": WORLD.parts["ORGO"], "name": "Folder 00000"},
    }
    assert await hand.do("unlinkWorkspace", shown, id=WORLD.workspace, system="VAI") == {
        "workspace": {"id": WORLD.parts["AITASKER"], "name": "Ours"},
        "unlinked": {"id": WORLD.workspace, "name": "Ours"},  # VAI's own title
    }
    assert (await shape(hand, WORLD.parts["EVERSHELL"]))["name"] == "Ours"


async def test_what_is_done_to_a_joined_workspace_is_done_by_any_of_its_ids(hand: Hand) -> None:
    for part in WORLD.parts.values():
        made = await hand.do("createChart", "{ workspace { id } }", workspaceId=part, spec=SPEC)
        assert made["workspace"]["id"] == WORLD.workspace


# Deleting


async def test_a_deleted_workspace_is_gone_with_all_that_hangs_on_it(hand: Hand, importer: Importer) -> None:
    """What is kept: that it was there (documents and parts marked as deleted), the answers as recorded, the audit."""
    others = {WORLD.table, WORLD.pod, WORLD.folder}
    ids = await all_ids(hand)
    assert (await hand.do("deleteWorkspace", "{ deletedId }", id=WORLD.workspace)) == {"deletedId": WORLD.workspace}

    assert await hand.refused("updateWorkspace", id=WORLD.workspace, title="x") == Refusal(
        "NOT_FOUND", f"there is no workspace {WORLD.workspace!r}"
    )
    found = await hand.data(
        "{ workspaces { nodes { id } } charts { totalCount } sessions { totalCount } computers { nodes { name } } runs { nodes { externalId } } }"
    )
    assert {one["id"] for one in found.pop("workspaces")["nodes"]} == others
    assert [one["name"] for one in found.pop("computers")["nodes"]] == ["alone"]
    assert {one["externalId"] for one in found.pop("runs")["nodes"]} == {"task-completed", "task-running"}
    assert found == {"charts": {"totalCount": 0}, "sessions": {"totalCount": 0}}
    assert {name for name, held in (await held_in(hand, ids)).items() if held} == {
        "documents", "workspace_parts", "answers", "audit_entries",
    }  # fmt: skip

    await importer.lines(*lines())  # what the systems said before

    assert await shape(hand, WORLD.workspace) is None
    assert {name for name, held in (await held_in(hand, ids)).items() if held} == {
        "documents", "workspace_parts", "answers", "audit_entries",
    }  # fmt: skip
    await importer.lines(
        exchange(
            "vai",
            "GET /api/v1/workspaces/v-00000",
            {"workspace": {"id": "v-00000", "title": "Back"}},
            at="2999-01-01T00:00:00Z",
        )
    )
    assert (await shape(hand, WORLD.workspace))["name"] == "Back"


async def all_ids(hand: Hand) -> set[str]:
    """The ids of the workspace's parts and of every record that stands in one of them."""
    found = await rows(hand, documents)
    parts = set(WORLD.parts.values())
    ids = {row.id for row in found if row.id in parts or row.part_id in parts}
    assert len(ids) == 18
    return ids


async def held_in(hand: Hand, ids: set[str]) -> dict[str, int]:
    """How many rows of each table name one of the ids, in whichever column."""
    tables = await dump(hand.database)
    held = {name: sum(any(one.encode() in row for one in ids) for row in found) for name, found in tables.items()}
    kept = await rows(hand, documents)
    assert all(row.is_deleted for row in kept if row.id in ids)
    return held


@pytest.mark.parametrize("mutation", ["deleteChart", "deleteComputer", "detachTask"])
async def test_what_was_deleted_stays_gone_when_older_documents_come(
    hand: Hand, importer: Importer, mutation: str
) -> None:
    target = {"deleteChart": WORLD.charts[0], "deleteComputer": WORLD.computers[0], "detachTask": WORLD.bindings[0]}[
        mutation
    ]
    await hand.do(mutation, id=target)
    before = await shape(hand, WORLD.workspace)
    await importer.lines(*lines())
    assert await shape(hand, WORLD.workspace) == before
    assert (await hand.refused(mutation, id=target)).code == "NOT_FOUND"


# Documents


async def test_documents_are_what_the_systems_could_have_said(hand: Hand) -> None:
    """After one of each mutation every document is valid as its dialect's model, and every answer can be rendered."""
    for case in cases(WORLD):
        if case.mutation == "deleteWorkspace":
            await check_documents(hand)
        await prepared(hand, case)
        await hand.do(case.mutation, **case.given)
    await check_documents(hand)


async def check_documents(hand: Hand) -> None:
    found = [row for row in await rows(hand, documents) if not row.is_deleted]
    assert len(found) > 8
    for row in found:
        own = {name: value for name, value in row.document.items() if not name.startswith("$")}
        models = MODELS.get((row.system, row.kind), [])
        if row.system == "VAI" or row.kind not in {"ACTIVITY", "USER"}:  # of which the other three have none
            assert models, (row.system, row.kind)
            assert any(model_holds(model, own) for model in models) or own.keys() == {"id"}, (row.system, row.kind, own)
    for answer in await rows(hand, answers):
        if answer.document is not None:
            document = await rendered(hand.database, ORGANIZATION_ID, answer.system, answer.method, answer.path)
            endpoint = DIALECTS[answer.system].match(answer.method, answer.path)
            assert endpoint is not None
            endpoint[0].checker.validate_python(document)


def model_holds(model: type[RecordDocument], document: dict[str, Any]) -> bool:
    try:
        model.model_validate(document)
    except ValidationError:
        return False
    return True


def _models() -> dict[tuple[str, str], list[type[RecordDocument]]]:
    """The models of records by system and kind, as they stand in the answers of the systems' calls."""
    found: dict[tuple[str, str], list[type[RecordDocument]]] = {}
    for dialect in DIALECTS.values():
        waiting = [endpoint.response for endpoint in dialect.endpoints]
        seen: set[Any] = set()
        while waiting:
            of_type = waiting.pop()
            if of_type in seen:
                continue
            seen.add(of_type)
            waiting += get_args(of_type)
            if isinstance(of_type, type) and issubclass(of_type, BaseModel):
                waiting += [info.annotation for info in of_type.model_fields.values()]
                if issubclass(of_type, RecordDocument):
                    found.setdefault((dialect.system, of_type.record), []).append(of_type)
    return found


MODELS = _models()


async def test_a_recorded_answer_is_rendered_with_what_was_done_here(hand: Hand) -> None:
    await hand.do("updateWorkspace", id=WORLD.workspace, title="Now", description="D")
    await hand.do("pauseAgent", id=WORLD.agent)
    await hand.do("moveChart", id=WORLD.charts[0], position=1)

    async def said(system: str, path: str) -> Any:
        return await rendered(hand.database, ORGANIZATION_ID, system, "GET", path)

    workspace = (await said("VAI", "/api/v1/workspaces/v-00000"))["workspace"]
    assert (workspace["title"], "description" in workspace) == ("Now", False)  # the answer had no description
    agent = (await said("AITASKER", "/api/v1/workspaces/a-00000"))["hired_agent"]
    assert agent["status"] == "paused"
    charts = (await said("VAI", "/api/v1/workspaces/v-00000/charts"))["items"]
    assert [(one["id"], one["position"]) for one in charts] == [("h-00000-0", 1), ("h-00000-1", 0)]


async def test_a_newer_document_of_the_system_wins_and_an_older_one_does_not(hand: Hand, importer: Importer) -> None:
    """Field by field: what the newer one leaves out stays as it was made here."""
    await hand.do("updateWorkspace", id=WORLD.table, description="Here")
    await hand.do("pauseAgent", id=WORLD.agent)
    await hand.do("stopComputer", id=WORLD.computers[0])
    await hand.do("setShare", workspaceId=WORLD.workspace, recipientUserIds=["person-00000"])
    await hand.do("revokeShare", workspaceId=WORLD.workspace)
    await hand.do("setTags", workspaceId=WORLD.workspace, tagIds=[])
    shown = """query($w: ID!, $a: ID!, $c: ID!, $t: ID!) { workspace(id: $w) { share { state } tags { id } } agent(id: $a) { status }
      computer(id: $c) { status } table: workspace(id: $t) { name description } }"""
    ids = {"w": WORLD.workspace, "a": WORLD.agent, "c": WORLD.computers[0], "t": WORLD.table}
    here = await hand.data(shown, **ids)
    assert here == {
        "workspace": {"share": {"state": "not_shared"}, "tags": []}, "agent": {"status": "PAUSED"},
        "computer": {"status": "STOPPED"}, "table": {"name": "Table", "description": "Here"},
    }  # fmt: skip

    await importer.lines(*lines())
    assert await hand.data(shown, **ids) == here

    later = [{**line, "at": "2999-01-01T00:00:00Z"} if "at" in line else line for line in lines()]
    await importer.lines(*later)
    assert await hand.data(shown, **ids) == {
        "workspace": {"share": {"state": "shared"}, "tags": [{"id": one} for one in WORLD.tags]},
        "agent": {"status": "ACTIVE"}, "computer": {"status": "RUNNING"},
        "table": {"name": "Table", "description": "Here"},
    }  # fmt: skip


async def test_what_is_done_after_a_document_from_a_clock_ahead_of_ours_still_counts(
    hand: Hand, importer: Importer
) -> None:
    await importer.lines(*({**line, "at": "2999-01-01T00:00:00Z"} if "at" in line else line for line in lines()))
    assert (await hand.do("pauseAgent", "{ agent { status } }", id=WORLD.agent))["agent"]["status"] == "PAUSED"
    shown = "{ workspace { name charts { nodes { id } } } }"
    assert (await hand.do("updateWorkspace", shown, id=WORLD.table, title="T"))["workspace"]["name"] == "T"
    moved = await hand.do("moveChart", shown, id=WORLD.charts[0], position=1)
    assert moved["workspace"]["charts"]["nodes"] == [{"id": WORLD.charts[1]}, {"id": WORLD.charts[0]}]


async def test_secrets_in_free_inputs_are_kept_nowhere(hand: Hand) -> None:
    secret = "hunter2-hunter2-hunter2"
    config = {"api_key": secret, "colours": {"password": secret}, "note": f"Bearer {secret}"}
    await hand.do("updateWorkspace", id=WORLD.workspace, rendererConfig=config)
    payload = await hand.do("updateChart", "{ chart { rendererConfig } }", id=WORLD.charts[0], rendererConfig=config)
    await hand.do(
        "createSession", workspaceId=WORLD.workspace, title=f"https://x.example/?token={secret}", idempotencyKey="k"
    )
    assert payload["chart"]["rendererConfig"] == {"colours": {}, "note": "Bearer [removed]"}
    assert [line for held in (await dump(hand.database)).values() for line in held if secret.encode() in line] == []


async def test_texts_that_no_column_can_hold_are_kept_as_far_as_they_can(hand: Hand) -> None:
    """PostgreSQL has no NUL in a text; the emoji and the quote are nobody's fault."""
    payload = await hand.do(
        "updateWorkspace", "{ workspace { name } }", id=WORLD.workspace, title='Zoë\'s 🦉 "desk"; --'
    )
    assert payload["workspace"]["name"] == 'Zoë\'s 🦉 "desk"; --'
    for mutation, given in (
        ("updateWorkspace", {"id": WORLD.workspace, "title": "a\0b"}),
        ("createComputer", {"workspaceId": WORLD.workspace, "name": "a\0b"}),
        ("attachTask", {"workspaceId": WORLD.workspace, "taskId": "a\0b"}),
        ("pauseAgent", {"id": WORLD.agent, "idempotencyKey": "a\0b"}),
    ):
        refusal = await hand.refused(mutation, **given)
        assert refusal.code == "INVALID_INPUT", mutation


async def test_an_account_becomes_a_user_where_it_makes_something(hand: Hand) -> None:
    newcomer = hand.of(person("newcomer", scopes=hand.viewer.scopes))
    newcomer.viewer = replace(newcomer.viewer, user_ids=())
    await newcomer.do("createWorkspace", title="Mine")
    await newcomer.do("forkWorkspace", id=WORLD.pod, taskCount=0)
    made = [row for row in await rows(hand, users) if row.external_id == "N-newcomer"]
    assert sorted((row.system, row.email) for row in made)[1] == ("VAI", "newcomer@example.org")
    found = (await newcomer.data("{ workspaces { nodes { systems viewerAccess } } }"))["workspaces"]["nodes"]
    mine = [one["systems"] for one in found if one["viewerAccess"] == "OWNER"]
    assert mine == [["EVERSHELL"], ["VAI"]]


HALF = "a\ud800b"  # half of a surrogate pair, which JSON can write and no encoding can
DEEP: dict[str, Any] = {}
for _ in range(300):
    DEEP = {"a": DEEP}


async def test_what_cannot_be_kept_is_refused_by_its_place(hand: Hand) -> None:
    before = await dump(hand.database)
    for mutation, given, path in (
        ("updateWorkspace", {"id": WORLD.workspace, "title": HALF}, "title"),
        ("updateWorkspace", {"id": WORLD.workspace, "rendererConfig": {"a": HALF}}, "rendererConfig"),
        ("updateWorkspace", {"id": WORLD.workspace, "rendererConfig": {"a": 2**70}}, "rendererConfig"),
        ("setTags", {"workspaceId": WORLD.workspace, "tagIds": ["\0"]}, "tagIds[0]"),
        ("setTags", {"workspaceId": WORLD.workspace, "tagIds": [HALF]}, "tagIds[0]"),
        ("setShare", {"workspaceId": WORLD.workspace, "recipientUserIds": [HALF]}, "recipientUserIds[0]"),
    ):
        refusal = await hand.refused(mutation, **given)
        assert (refusal.code, refusal.paths) == ("INVALID_INPUT", [path])
    deep = await hand.refused("updateChart", id=WORLD.charts[0], rendererConfig=DEEP)
    assert (deep.code, deep.paths) == ("INPUT_DEPTH_EXCEEDED", [])
    assert differences(await dump(hand.database), before) == {}


async def test_the_state_of_a_pod_is_read_in_whichever_case(hand: Hand, importer: Importer) -> None:
    pod = {"id": "loud", "org_id": "org", "role_id": "role", "status": "IDLE", "snapshot_ref": "s"}
    await importer.lines(exchange("evershell", "GET /workspaces/loud", pod))
    workspace = of("WORKSPACE", "EVERSHELL", "loud")

    stopped = await hand.do("stopWorkspace", "{ workspace { status } }", id=workspace)
    assert stopped == {"workspace": {"status": "STOPPED"}}
