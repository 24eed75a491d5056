"""docs/operations.md: the 36 calls that Workgraph was made from, and where they are in the graph.

Every operation of the page is run, in its order, over imported documents; what it answers and what the tables hold
afterwards is compared with what the documents say.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select, func, select

from db.access import Viewer
from db.activity import activity_items
from db.agents import agents
from db.charts import charts
from db.computers import computers
from db.data_tables import cell_mutations, table_candidates
from db.database import Database
from db.reflection import Asked, registered
from db.runs import run_steps, runs, task_bindings
from db.sessions import messages, sessions
from db.statements import values_of
from db.tags import tags, workspace_tags
from db.users import recipients, shares, users
from db.workspaces import (
    aitasker_workspaces,
    evershell_workspaces,
    integrations,
    orgo_workspaces,
    vai_workspaces,
    workspace_parts,
    workspaces,
)
from rest.local.writer import BY_NAME
from schema.build import GraphSchema
from tests.conftest import ORGANIZATION_ID, Importer, exchange
from tests.mutations import ALL_SCOPES, Hand, World, hand_over

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text()
INVENTORY = ROOT / "tests" / "rest_inventory.tsv"
WORLD = World()
W = WORLD.workspace
VAI = "/api/v1/workspaces/{workspace_id}"
Call = tuple[str, str]


def operations() -> dict[Call, str]:
    """The GraphQL operations of the page by system and call, in its order."""
    found: dict[Call, str] = {}
    for section in re.split(r"^#{2,3} ", PAGE, flags=re.MULTILINE):
        system = section.partition("\n")[0].lower()
        for call, operation in re.findall(r"^\| `([A-Z]+ /[^`]*)` \| `(.+)` \|$", section, re.MULTILINE):
            found[system, call] = operation
    return found


def test_the_page_has_every_seed_call_and_no_other() -> None:
    with INVENTORY.open(newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["source"].startswith("seed:")]
    calls = {(row["system"], row["endpoint"]) for row in rows if not row["endpoint"].startswith("ANY")}
    assert len(calls) == 36
    assert set(operations()) == calls


def test_the_page_has_every_mutation_with_its_scope(schema: GraphSchema) -> None:
    told: dict[str, str] = {}
    for names, scope in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| `(\w+:\w+)` \|", PAGE, re.MULTILINE):
        told |= dict.fromkeys(re.findall(r"`(\w+)`", names), scope)
    mutation_type = schema._schema.mutation_type
    assert mutation_type is not None
    needed = {
        name: re.findall(r"Needs the scope `(.*)`\.", field.description or "")[0]
        for name, field in mutation_type.fields.items()
    }
    assert told == needed
    assert len(told) == len(BY_NAME)


class Anything:
    """Equal to all that is there: an id or a moment that is only being made."""

    def __eq__(self, other: object) -> bool:
        return other is not None

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "anything"


SOME = Anything()


@dataclass
class Seed:
    """What an operation is sent with and answers, and what the tables hold then: a statement and its rows."""

    variables: dict[str, Any]
    answer: dict[str, Any]
    statement: Select[Any]
    rows: list[tuple[Any, ...]]


@pytest.fixture
async def hand(database: Database, schema: GraphSchema, importer: Importer) -> Hand:
    """The world, a workspace over a table of three orders, one that is to be deleted, and a viewer it is shared with."""
    hand = await hand_over(database, schema, importer)
    await importer.lines(
        exchange("vai", "GET /api/v1/workspaces/v-gone", {"workspace": {"id": "v-gone", "title": "Gone"}})
    )
    async with database.writing() as connection:
        await connection.exec_driver_sql("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, amount INTEGER)")
        await connection.exec_driver_sql(
            "INSERT INTO orders VALUES (1, 'north', 10), (2, 'south', 20), (3, 'north', 30)"
        )
        await registered(connection, connection, Asked(ORGANIZATION_ID, "orders", "orders"), datetime.now(UTC))
    viewer = Viewer(ORGANIZATION_ID, "N-00000", "00000@northwind.example", ALL_SCOPES, (WORLD.person,))
    return hand.of(viewer)


async def test_every_call_of_the_systems_is_done_in_the_graph(hand: Hand) -> None:
    made = await hand.do("createWorkspace", "{ workspace { id } }", title="Orders", backingTableName="orders")
    table = made["workspace"]["id"]
    spec = {"kind": "BAR", "x": {"column": "region"}, "y": [{"agg": "SUM", "column": "amount"}], "title": "Sum"}
    drawn = await hand.do("createChart", "{ chart { id } }", workspaceId=table, spec=spec)
    seeds = expected(table, drawn["chart"]["id"], spec)
    assert seeds.keys() == operations().keys()
    for call, operation in operations().items():
        seed = seeds[call]
        assert await hand.data(operation, **seed.variables) == seed.answer, call
        rows = await hand.database.rows(seed.statement)
        assert [tuple(values_of(row).values()) for row in rows] == seed.rows, call


def expected(table: str, chart: str, spec: dict[str, Any]) -> dict[Call, Seed]:
    """What is expected of every call, one after another in the page's order."""
    first, second = WORLD.charts
    person = {"externalId": "person-00000"}
    share = {"state": "shared", "status": None}
    owned = Seed(
        {"id": W},
        {"workspace": {
            "name": "Workspace 00000",
            "aitasker": {"externalId": "a-00000", "status": "active", "settings": None, "hiredAgent": {"name": "Agent 00000", "status": "ACTIVE"}},
            "integrations": [{"provider": "slack", "status": None}],
        }},
        select(aitasker_workspaces.c.external_id, aitasker_workspaces.c.status, integrations.c.provider).join(
            integrations, integrations.c.workspace_id == aitasker_workspaces.c.workspace_id
        ),
        [("a-00000", "active", "slack")],
    )  # fmt: skip
    return {
        ("aitasker", f"GET {VAI}"): owned,
        ("aitasker", "POST /api/v1/workspaces/agents/{agent_id}/pause"): Seed(
            {"id": WORLD.agent},
            {"pauseAgent": {"agent": {"id": WORLD.agent, "status": "PAUSED", "pausedAt": SOME, "workspaces": {"nodes": [{"name": "Workspace 00000"}]}}}},
            select(agents.c.status, agents.c.source_status, agents.c.paused_at).where(agents.c.id == WORLD.agent),
            [("PAUSED", "paused", SOME)],
        ),
        ("orgo", "GET /workspaces/{id}"): Seed(
            {"id": W},
            {"workspace": {"orgo": {"name": "Folder 00000", "computerCount": None}, "computers": {"totalCount": 2, "nodes": [
                {"name": name, "status": "RUNNING", "ram": 4} for name in in_order_of_ids(WORLD.computers, ("computer 0", "computer 1"))
            ]}}},
            select(orgo_workspaces.c.name, computers.c.name.label("computer"), computers.c.ram)
            .join(computers, computers.c.workspace_id == orgo_workspaces.c.workspace_id)
            .where(orgo_workspaces.c.workspace_id == W).order_by(computers.c.name),
            [("Folder 00000", "computer 0", 4), ("Folder 00000", "computer 1", 4)],
        ),
        ("evershell", "GET /workspaces/{id}"): Seed(
            {"id": WORLD.pod},
            {"workspace": {"status": "STOPPED", "parent": None, "evershell": {
                "externalId": "e-alone", "status": "stopped", "orgId": "org", "role": {"externalId": "role-00000"},
                "snapshotRef": "snap_1", "packStatus": None,
            }}},
            select(evershell_workspaces.c.external_id, evershell_workspaces.c.status, evershell_workspaces.c.snapshot_ref)
            .where(evershell_workspaces.c.id == WORLD.pod),
            [("e-alone", "stopped", "snap_1")],
        ),
        ("vai", "GET /api/v1/workspaces"): Seed(
            {"tags": ["Tag 1"]},
            {"workspaces": {"totalCount": 1, "nodes": [{"id": W, "name": "Workspace 00000", "viewerAccess": "OWNER"}]}},
            select(workspace_tags.c.workspace_id).where(workspace_tags.c.tag_id == WORLD.tags[1]),
            [(W,)],
        ),
        ("vai", "POST /api/v1/workspaces"): Seed(
            {"input": {"title": "Copy", "backingTableName": "orders", "rowIdColumn": "region"}},
            {"createWorkspace": {
                "workspace": {"id": SOME, "name": "Copy", "tasks": [], "vai": {"mode": "SNAPSHOT", "backingTableName": "orders", "rowIdColumn": None}},
                "warnings": [{"code": "row_id_column_replaced", "requestedRowIdColumn": "region", "effectiveRowIdColumn": "_row_id"}],
            }},
            select(vai_workspaces.c.title, vai_workspaces.c.mode, vai_workspaces.c.owner_user_id).where(vai_workspaces.c.title == "Copy"),
            [("Copy", "snapshot", "person-00000")],
        ),
        ("vai", "GET /api/v1/workspaces/shared"): Seed(
            {},
            {"workspaces": {"totalCount": 1, "pageInfo": {"hasNextPage": False}, "nodes": [
                {"id": W, "viewerAccess": "OWNER", "share": {"recipients": [person]}}
            ]}},
            select(recipients.c.workspace_id).where(recipients.c.user_id == WORLD.person, recipients.c.via == "SHARE"),
            [(W,)],
        ),
        ("vai", "GET /api/v1/workspaces/table-candidates"): Seed(
            {},
            {"tableCandidates": [{
                "tableName": "orders", "logicalTableName": "orders", "scope": "organization", "primaryKeyColumns": ["id"],
                "rowCount": 3, "canOpenWorkspace": True, "canWrite": True, "readOnlyReason": None,
            }]},
            select(table_candidates.c.name, table_candidates.c.scope),
            [("orders", "organization")],
        ),
        ("vai", f"GET {VAI}"): Seed(
            {"id": W},
            {"workspace": {"id": W, "vai": {"title": "Workspace 00000", "status": None}, "tasks": [
                {"name": f"task {number}", "taskId": f"t-{number}"} for number in (0, 1)
            ]}},
            select(task_bindings.c.name, task_bindings.c.task_id).where(task_bindings.c.workspace_id == W).order_by(task_bindings.c.name),
            [("task 0", "t-0"), ("task 1", "t-1")],
        ),
        ("vai", f"PATCH {VAI}"): Seed(
            {"id": W},
            {"updateWorkspace": {"workspace": {"id": W, "name": "Renamed", "description": "For trying"}}},
            select(vai_workspaces.c.title, vai_workspaces.c.description, workspaces.c.name)
            .join(workspaces, workspaces.c.id == vai_workspaces.c.workspace_id).where(workspaces.c.id == W),
            [("Renamed", "For trying", "Renamed")],
        ),
        ("vai", f"DELETE {VAI}"): Seed(
            {"id": WORLD.id("WORKSPACE", "VAI", "v-gone")},
            {"deleteWorkspace": {"deletedId": WORLD.id("WORKSPACE", "VAI", "v-gone")}},
            select(workspace_parts.c.is_deleted).where(workspace_parts.c.external_id == "v-gone"),
            [(True,)],
        ),
        ("vai", f"GET {VAI}/activity"): Seed(
            {"id": W},
            {"workspace": {"activity": {"nodes": [
                {"externalId": SOME, "kind": "workspace.updated", "title": "The workspace was changed", "status": "done", "createdAt": SOME},
                {"externalId": SOME, "kind": "agent.paused", "title": "Agent 00000 was paused", "status": "done", "createdAt": SOME},
                *({"externalId": f"act-00000-{n}", "kind": "run", "title": n, "status": None, "createdAt": None}
                  for n in in_order_of_ids([WORLD.id("ACTIVITY", "VAI", f"act-00000-{n}") for n in "01"], "01")[::-1]),
            ]}}},
            select(func.count().label("items")).select_from(activity_items).where(activity_items.c.workspace_id == W),
            [(4,)],
        ),
        ("vai", f"POST {VAI}/archive"): Seed(
            {"id": WORLD.table},
            {"archiveWorkspace": {"workspace": {"id": WORLD.table, "isArchived": True, "vai": {"status": "archived"}}}},
            select(workspaces.c.is_archived).where(workspaces.c.id == WORLD.table),
            [(True,)],
        ),
        ("vai", f"GET {VAI}/charts"): Seed(
            {"id": W},
            {"workspace": {"charts": {"nodes": [
                {"id": first, "title": "Chart 0", "position": 0}, {"id": second, "title": "Chart 1", "position": 1},
            ]}}},
            select(charts.c.id).where(charts.c.workspace_id == W).order_by(charts.c.position),
            [(first,), (second,)],
        ),
        ("vai", f"POST {VAI}/charts"): Seed(
            {"id": table, "spec": {**spec, "kind": "LINE"}},
            {"createChart": {"chart": {"id": SOME, "title": "By region", "position": 1, "chartSpecVersion": 1, "spec": {"kind": "LINE"}}}},
            select(charts.c.title, charts.c.position).where(charts.c.workspace_id == table).order_by(charts.c.position),
            [("Sum", 0), ("By region", 1)],
        ),
        ("vai", f"GET {VAI}/charts/{{chart_id}}"): Seed(
            {"id": second},
            {"chart": {"id": second, "externalId": "h-00000-1", "title": "Chart 1", "position": 1, "collapsed": False}},
            select(charts.c.external_id, charts.c.title).where(charts.c.id == second),
            [("h-00000-1", "Chart 1")],
        ),
        ("vai", f"PATCH {VAI}/charts/{{chart_id}}"): Seed(
            {"id": second},
            {"updateChart": {"chart": {"id": second, "title": "Changed", "collapsed": True}}},
            select(charts.c.title, charts.c.collapsed).where(charts.c.id == second),
            [("Changed", True)],
        ),
        ("vai", f"DELETE {VAI}/charts/{{chart_id}}"): Seed(
            {"id": first},
            {"deleteChart": {"deletedId": first, "workspace": {"charts": {"nodes": [{"id": second, "position": 0}]}}}},
            select(charts.c.id, charts.c.position).where(charts.c.workspace_id == W),
            [(second, 0)],
        ),
        ("vai", f"POST {VAI}/charts/{{chart_id}}/data"): Seed(
            {"id": chart},
            {"chart": {"data": {"rows": [{"x": "north", "y": 40}, {"x": "south", "y": 20}], "xColumn": "region", "yLabel": SOME, "truncated": False}}},
            select(charts.c.title).where(charts.c.id == chart),
            [("Sum",)],
        ),
        ("vai", f"PATCH {VAI}/charts/{{chart_id}}/position"): Seed(
            {"id": chart},
            {"moveChart": {"chart": {"id": chart, "position": 0}, "workspace": {"charts": {"nodes": [{"id": chart, "position": 0}, {"id": SOME, "position": 1}]}}}},
            select(charts.c.title).where(charts.c.workspace_id == table).order_by(charts.c.position),
            [("Sum",), ("By region",)],
        ),
        ("vai", f"GET {VAI}/data"): Seed(
            {"id": table},
            {"workspace": {"data": {
                "columns": [{"name": "id", "dataType": "integer"}, {"name": "region", "dataType": "text"}, {"name": "amount", "dataType": "integer"}],
                "rows": [order(3, "north", 30), order(2, "south", 20), order(1, "north", 10)], "total": 3, "hasNext": False,
                "canEdit": True, "readOnlyReason": None, "isLive": False, "rowIdentityColumns": ["id"],
            }}},
            select(vai_workspaces.c.backing_table_name).where(vai_workspaces.c.workspace_id == table),
            [("orders",)],
        ),
        ("vai", f"PATCH {VAI}/data/cells"): Seed(
            {"id": table, "row": {"id": 2}},
            {"updateCell": {"mutationId": SOME, "row": order(2, "south", 21)}},
            select(cell_mutations.c.column_name, cell_mutations.c.old_value, cell_mutations.c.new_value),
            [("amount", 20, 21)],
        ),
        ("vai", f"POST {VAI}/restore"): Seed(
            {"id": WORLD.table},
            {"restoreWorkspace": {"workspace": {"id": WORLD.table, "isArchived": False, "vai": {"status": "active"}}}},
            select(workspaces.c.is_archived).where(workspaces.c.id == WORLD.table),
            [(False,)],
        ),
        ("vai", f"GET {VAI}/runs/{{run_id}}"): Seed(
            {"id": WORLD.id("RUN", "VAI", "r-00000-1")},
            {"run": {
                "externalId": "r-00000-1", "sourceStatus": "completed", "workspace": {"id": W},
                "parent": {"id": WORLD.id("RUN", "VAI", "r-00000-0")},
                "steps": [{"toolName": "look", "sequence": 0}, {"toolName": "look", "sequence": 1}],
            }},
            select(runs.c.external_id, run_steps.c.sequence).join(run_steps, run_steps.c.record_id == runs.c.id)
            .where(runs.c.external_id == "r-00000-1").order_by(run_steps.c.position),
            [("r-00000-1", 0), ("r-00000-1", 1)],
        ),
        ("vai", f"GET {VAI}/sessions"): Seed(
            {"id": W},
            {"workspace": {"sessions": {"nodes": [
                {"externalId": f"s-00000-{number}", "title": f"Session {number}", "agent": {"name": "Spec 00000"}} for number in (1, 0)
            ]}}},
            select(sessions.c.external_id).where(sessions.c.workspace_id == W).order_by(sessions.c.created_at.desc()),
            [("s-00000-1",), ("s-00000-0",)],
        ),
        ("vai", f"POST {VAI}/sessions"): Seed(
            {"id": WORLD.table},
            {"createSession": {"session": {"id": SOME, "scope": {"kind": "workspace", "workspaceId": "v-alone"}, "workspace": {"id": WORLD.table}}}},
            select(sessions.c.scope_kind).where(sessions.c.workspace_id == WORLD.table),
            [("workspace",)],
        ),
        ("vai", f"GET {VAI}/sessions/{{session_id}}/messages"): Seed(
            {"id": WORLD.id("SESSION", "VAI", "s-00000-0")},
            {"session": {"messages": {"pageInfo": {"hasNextPage": False}, "nodes": [
                {"externalId": f"m-s-00000-0-{n}", "content": n}
                for n in in_order_of_ids([WORLD.id("MESSAGE", "VAI", f"m-s-00000-0-{n}") for n in "01"], "01")
            ]}}},
            select(messages.c.external_id).where(messages.c.session_id == WORLD.id("SESSION", "VAI", "s-00000-0")).order_by(messages.c.external_id),
            [("m-s-00000-0-0",), ("m-s-00000-0-1",)],
        ),
        ("vai", f"GET {VAI}/share"): Seed(
            {"id": W},
            {"workspace": {"share": {"shareId": "share-00000", **share, "expiresAt": None, "recipients": [{**person, "email": "00000@northwind.example"}]}}},
            select(shares.c.share_id, shares.c.state, users.c.email)
            .join(recipients, recipients.c.record_id == shares.c.record_id).join(users, users.c.id == recipients.c.user_id)
            .where(shares.c.workspace_id == W),
            [("share-00000", "shared", "00000@northwind.example")],
        ),
        ("vai", f"DELETE {VAI}/share"): Seed(
            {"id": W},
            {"revokeShare": {"workspace": {"share": {"state": "not_shared", "status": "revoked", "recipients": [person]}}}},
            select(shares.c.state, shares.c.status).where(shares.c.workspace_id == W),
            [("not_shared", "revoked")],
        ),
        ("vai", f"PUT {VAI}/share"): Seed(
            {"id": WORLD.table, "people": ["person-00000"]},
            {"setShare": {"workspace": {"share": {"state": "shared", "status": "active", "recipients": [person]}}}},
            select(shares.c.state, shares.c.status).where(shares.c.workspace_id == WORLD.table),
            [("shared", "active")],
        ),
        ("vai", f"DELETE {VAI}/share/clear"): Seed(
            {"id": W},
            {"clearShare": {"workspace": {"share": {"state": "not_shared", "status": None, "recipients": []}}}},
            select(recipients.c.user_id).where(recipients.c.workspace_id == W),
            [],
        ),
        ("vai", f"GET {VAI}/tags"): Seed(
            {"id": W},
            {"workspace": {"tags": [{"externalId": "tag-0", "name": "Tag 0"}, {"externalId": "tag-1", "name": "Tag 1"}]}},
            select(tags.c.name).join(workspace_tags, workspace_tags.c.tag_id == tags.c.id)
            .where(workspace_tags.c.workspace_id == W).order_by(workspace_tags.c.position),
            [("Tag 0",), ("Tag 1",)],
        ),
        ("vai", f"PUT {VAI}/tags"): Seed(
            {"id": W, "tags": WORLD.tags[1:]},
            {"setTags": {"workspace": {"tags": [{"externalId": "tag-1", "name": "Tag 1"}]}}},
            select(workspace_tags.c.tag_id).where(workspace_tags.c.workspace_id == W),
            [(WORLD.tags[1],)],
        ),
        ("vai", f"POST {VAI}/tasks"): Seed(
            {"id": WORLD.table},
            {"attachTask": {"binding": {"id": SOME, "taskId": "t-new", "mutatesWorkspace": False}, "workspace": {"tasks": [{"taskId": "t-new"}]}}},
            select(task_bindings.c.task_id).where(task_bindings.c.workspace_id == WORLD.table),
            [("t-new",)],
        ),
        ("vai", f"PATCH {VAI}/tasks/{{binding_id}}"): Seed(
            {"id": WORLD.bindings[0]},
            {"updateTaskBinding": {"binding": {"id": WORLD.bindings[0], "mutatesWorkspace": True}}},
            select(task_bindings.c.mutates_workspace).where(task_bindings.c.id == WORLD.bindings[0]),
            [(True,)],
        ),
        ("vai", f"DELETE {VAI}/tasks/{{binding_id}}"): Seed(
            {"id": WORLD.bindings[0]},
            {"detachTask": {"deletedId": WORLD.bindings[0], "workspace": {"tasks": [{"taskId": "t-1"}]}}},
            select(task_bindings.c.task_id).where(task_bindings.c.workspace_id == W),
            [("t-1",)],
        ),
    }  # fmt: skip


def order(number: int, region: str, amount: int) -> dict[str, Any]:
    return {"id": number, "region": region, "amount": amount}


def in_order_of_ids(ids: list[str], names: Any) -> list[Any]:
    """What stands in a list whose order no document tells: by id."""
    return [name for _id, name in sorted(zip(ids, names, strict=True))]
