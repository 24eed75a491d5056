"""rest/intake.py: what exchanges come to in the database, whatever their order, their grouping and their content."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from conftest import ORGANIZATION_ID, Importer, exchange
from sqlalchemy import delete, select

from db.agents import agents
from db.computers import computers
from db.database import Database
from db.documents import answers, documents
from db.ids import id_of
from db.runs import runs, task_bindings
from db.sessions import sessions
from db.statements import values_of
from db.tables import metadata
from db.tags import workspace_tags
from db.users import recipients, shares
from db.workspaces import orgo_workspaces, workspace_agents, workspace_parts, workspaces
from rest.importing import Entry

EXAMPLES = Path(__file__).parent.parent / "examples"
EXAMPLE_FILES = [
    *(EXAMPLES / f"{system}.jsonl" for system in ("aitasker", "orgo", "vai", "evershell")),
    EXAMPLES / "orgo-console.har",
    EXAMPLES / "links.jsonl",
]
MADE_BEFORE = {"organizations"}  # filled by the fixture
Dump = dict[str, list[bytes]]


async def dump(database: Database) -> Dump:
    """Every row of every table, as JSON text; the keys of an object in order, since JSON gives them none."""
    found = {}
    for table in metadata.sorted_tables:
        rows = await database.rows(select(table).order_by(*table.primary_key))
        named = [{str(name): value for name, value in values_of(row).items()} for row in rows]
        found[table.name] = [orjson.dumps(row, option=orjson.OPT_SORT_KEYS) for row in named]
    return found


def differences(found: Dump, expected: Dump) -> dict[str, dict[str, list[bytes]]]:
    """The rows that only one of two dumps has."""
    return {
        name: {"found": sorted({*rows} - {*expected[name]}), "expected": sorted({*expected[name]} - {*rows})}
        for name, rows in found.items()
        if rows != expected[name]
    }


async def emptied(database: Database) -> None:
    """Take away all that imports have written; what the fixture made stays."""
    async with database.writing() as connection:
        for one in metadata.sorted_tables:
            if one.name not in MADE_BEFORE:
                await connection.execute(delete(one))


def of(kind: str, system: str, external_id: str) -> str:
    return id_of(kind, ORGANIZATION_ID, system, external_id)


async def table(database: Database, *columns: Any) -> list[tuple[Any, ...]]:
    """All rows of these columns, sorted."""
    return sorted((tuple(values_of(row).values()) for row in await database.rows(select(*columns))), key=repr)


def words(entries: Iterable[Entry]) -> list[str]:
    return [entry.outcome for entry in entries]


def at(second: int) -> str:
    return f"2026-11-01T10:{second // 60:02}:{second % 60:02}Z"


# Importing again, and in any order


async def test_importing_the_examples_twice_changes_nothing(importer: Importer, database: Database) -> None:
    first = await importer.files(*EXAMPLE_FILES)
    before = await dump(database)

    second = await importer.files(*EXAMPLE_FILES)

    assert differences(await dump(database), before) == {}
    assert set(words(first)) == {"kept", "changed", "unchanged", "skipped"}
    assert set(words(second)) == {"unchanged", "skipped"}
    assert words(first).count("skipped") == words(second).count("skipped")
    assert importer.summary.unknown_words == {}  # no row was made again


def units_of_examples(folder: Path) -> list[Path]:
    """Every line and every HAR entry of the examples as a file of its own."""
    texts = []
    for path in EXAMPLE_FILES:
        if path.suffix == ".har":
            entries = json.loads(path.read_text())["log"]["entries"]
            texts += [json.dumps({"log": {"entries": [entry]}}) for entry in entries]
        else:
            texts += [line for line in path.read_text().splitlines() if line.strip()]
    for number, text in enumerate(texts):
        (folder / f"unit-{number:03}").write_text(text)
    return sorted(folder.glob("unit-*"))


@pytest.mark.parametrize("group", [1, 3, 250])
async def test_the_order_of_the_examples_does_not_matter(
    importer: Importer, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: int
) -> None:
    units = units_of_examples(tmp_path)
    await importer.files(*EXAMPLE_FILES)
    expected = await dump(database)
    monkeypatch.setattr("rest.importing.GROUP", group)
    orders = [list(reversed(units)), Random(group).sample(units, len(units))]

    for order in orders:
        await emptied(database)
        cut = len(order) // 3
        for some in (order[:cut], order[cut:]):  # in two imports
            assert "refused" not in words(await importer.files(*some))
        assert differences(await dump(database), expected) == {}


def test_the_whole_of_the_examples_is_shuffled(tmp_path: Path) -> None:
    assert len(units_of_examples(tmp_path)) == 13 + 16 + 55 + 19 + 4 + 6


class Fleet:
    """Makes exchanges about few records at few moments, so that they meet: moves, deletions, shares, tags, bindings."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def exchanges(self, count: int) -> list[dict[str, Any]]:
        return [self.random.choice(self.MAKERS)(self) for _ in range(count)]

    def made(self, system: str, call: str, body: Any = None) -> dict[str, Any]:
        return exchange(system, call, body, at=at(self.random.randint(1, 12)))

    def one(self, letter: str) -> str:
        return f"{letter}{self.random.randint(1, 3)}"

    def partial(self, **fields: Iterable[Any]) -> dict[str, Any]:
        """Some of the fields, each with one of its values, or null."""
        named = {name: [*values, None] for name, values in fields.items() if self.random.random() < 0.6}
        return {name: self.random.choice(values) for name, values in named.items()}

    def maybe(self, letter: str) -> list[str]:
        return [f"{letter}{number}" for number in (1, 2, 3)]

    def computer(self) -> dict[str, Any]:
        names = [*self.maybe("desk "), "Desk"]
        return {
            "id": self.one("c"),
            **self.partial(name="xy", status=("running", "stopped"), workspace_id=self.maybe("o"), project_name=names),
        }

    def orgo_workspace(self) -> dict[str, Any]:
        body = {"id": self.one("o"), **self.partial(status=("active",), user_id=self.maybe("u"))}
        body |= self.partial(name=("desk 1", "desk 2", "Desk"))
        for name in ("computers", "desktops"):
            if self.random.random() < 0.4:
                body[name] = [self.computer() for _ in range(2)]
        return body

    def orgo(self) -> dict[str, Any]:
        workspace, computer = self.orgo_workspace(), self.computer()
        calls: list[tuple[str, Any]] = [
            (f"GET /api/workspaces/{workspace['id']}", workspace),
            ("GET /api/workspaces", {"workspaces": [workspace, self.orgo_workspace()]}),
            ("GET /api/projects", {"projects": [self.orgo_workspace()]}),
            (f"GET /api/computers/{computer['id']}", computer),
            (f"POST /api/computers/{computer['id']}/start", {"status": "starting"}),
            (f"PATCH /api/computers/{computer['id']}/move", {"success": True, "project_id": self.one("o")}),
            (f"PATCH /api/computers/{computer['id']}/auto-stop", {"auto_stop_minutes": self.random.randint(1, 3)}),
            (f"DELETE /api/computers/{computer['id']}", None),
            ("DELETE /api/workspaces/o3", None),
        ]
        return self.made("orgo", *self.random.choice(calls))

    def vai_workspace(self) -> dict[str, Any]:
        return {
            "id": self.one("v"),
            **self.partial(
                title="xy", isShared=(True, False), ownerUserId=self.maybe("u"), status=("active", "archived")
            ),
            **self.partial(shareRecipients=([{"id": "u1"}], [{"id": "u2", "email": "b@x"}, {"id": "u1"}], [])),
        }

    def bindings(self) -> list[dict[str, Any]]:
        return [{"bindingId": self.one("b"), "taskId": "t", **self.partial(name="xy")} for _ in range(2)]

    def session(self) -> dict[str, Any]:
        return {
            "id": self.one("s"),
            **self.partial(title="xy", workspaceId=self.maybe("v"), agentSpecId=self.maybe("a")),
            **self.partial(agentSpec=({"id": "a1", "name": "A"}, {"id": "a2"}), sharedBy=({"id": "u1"},)),
            **self.partial(scope=({"kind": "general"}, {"kind": "workspace", "workspaceId": self.one("v")})),
        }

    def share(self) -> dict[str, Any]:
        recipients = [{"id": user} for user in self.random.sample(self.maybe("u"), 2)]
        return {"shareId": "x", "state": "shared", **self.partial(status=("active",), recipients=(recipients,))}

    def vai(self) -> dict[str, Any]:
        workspace = self.vai_workspace()
        under = f"/api/v1/workspaces/{workspace['id']}"
        chart, run = (
            self.one("h"),
            {"id": self.one("r"), **self.partial(status=("running",), workspaceId=self.maybe("v"))},
        )
        steps = [{"id": "1", "status": "done"}, {"id": "2"}][: self.random.randint(0, 2)]
        envelope = {"workspace": workspace, **self.partial(boundTasks=(self.bindings(),))}
        calls: list[tuple[str, Any]] = [
            (f"GET {under}", envelope),
            (f"PATCH {under}", envelope),
            ("GET /api/v1/workspaces", {"items": [self.vai_workspace(), self.vai_workspace()]}),
            (f"DELETE /api/v1/workspaces/{self.one('v')}", None),
            (
                f"PUT {under}/tags",
                {"items": [{"id": tag, "name": tag} for tag in self.random.sample(self.maybe("t"), 2)]},
            ),
            (f"PUT {under}/share", self.share()),
            (f"GET {under}/share", self.share()),
            (f"DELETE {under}/share", None),
            (f"DELETE {under}/share/clear", None),
            (f"POST {under}/tasks", {"boundTasks": self.bindings()}),
            (f"DELETE {under}/tasks/{self.one('b')}", None),
            (f"GET {under}/charts/{chart}", {"id": chart, "spec": {"kind": "bar"}, **self.partial(title="xy")}),
            (f"DELETE {under}/charts/{chart}", None),
            (f"GET {under}/sessions", {"items": [self.session(), self.session()]}),
            ("GET /api/v1/chat/threads", {"items": [self.session()]}),
            (
                f"GET {under}/sessions/{self.one('s')}/messages",
                {"items": [{"id": self.one("m"), **self.partial(role="xy")}]},
            ),
            (f"GET {under}/runs/{run['id']}", {**run, "steps": steps}),
            ("GET /api/v1/data-products/runs", {"items": [run]}),
            (f"GET {under}/activity", {"items": [{"id": self.one("i"), **self.partial(kind="xy")}]}),
            ("GET /api/v1/shares/received", {"items": [{"threadId": self.one("s"), **self.partial(title="xy")}]}),
        ]
        return self.made("vai", *self.random.choice(calls))

    def aitasker(self) -> dict[str, Any]:
        fields = self.partial(name="xy", status=("active", "paused"), user_id=self.maybe("u"))
        workspace = {"id": self.one("k"), **fields, **self.partial(hired_agent_id=self.maybe("g"))}
        workspace |= self.partial(integration_credentials=([], [{"provider": "slack"}, {"provider": "gmail"}]))
        agent = {"id": self.one("g"), **self.partial(display_name="xy", status=("active", "cancelled"))}
        task = {"id": self.one("j"), **self.partial(title="xy", hired_agent_id=self.maybe("g"))}
        calls: list[tuple[str, Any]] = [
            (f"GET /api/v1/workspaces/{workspace['id']}", {**workspace, **self.partial(hired_agent=(agent,))}),
            (f"POST /api/v1/workspaces/agents/{agent['id']}/pause", {**agent, "workspace": workspace}),
            (f"GET /api/v1/workspaces/{workspace['id']}/tasks", [task]),
        ]
        return self.made("aitasker", *self.random.choice(calls))

    def evershell(self) -> dict[str, Any]:
        fields = self.partial(status=("idle", "busy"), environment="xy", role_id=self.maybe("q"))
        pod = {"id": self.one("p"), **fields, **self.partial(parent_workspace_id=self.maybe("p"))}
        task = {"id": self.one("n"), **self.partial(status=("running",), workspace_id=self.maybe("p"))}
        calls: list[tuple[str, Any]] = [
            (f"GET /v1/workspaces/{pod['id']}", pod),
            ("GET /v1/workspaces", {"workspaces": [pod]}),
            (f"GET /v1/workspaces/{pod['id']}/tasks", [task]),
            (f"POST /v1/workspaces/{pod['id']}/tasks", {"task_id": task["id"], "status": "submitted"}),
            ("GET /v1/agent-roles", {"agent_roles": [{"id": self.one("q"), **self.partial(name="xy")}]}),
            ("GET /v1/providers", {"providers": [{"id": "z1", **self.partial(name="xy")}]}),
        ]
        return self.made("evershell", *self.random.choice(calls))

    def link(self) -> dict[str, Any]:
        """Those of one number belong together, so no link is refused."""
        number = self.random.randint(1, 2)
        pairs = [["orgo", "o"], ["vai", "v"], ["aitasker", "k"], ["evershell", "p"]]
        chosen = self.random.sample(pairs, self.random.randint(2, 3))
        return {"link": [[system, f"{letter}{number}"] for system, letter in chosen]}

    MAKERS = (*[orgo] * 8, *[vai] * 14, *[aitasker] * 4, *[evershell] * 4, link)


@pytest.mark.parametrize("seed", range(4))
async def test_the_order_and_grouping_of_exchanges_do_not_matter(
    importer: Importer, database: Database, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    lines = Fleet(seed).exchanges(70)
    assert "refused" not in words(await importer.lines(*lines))
    expected = await dump(database)

    for group in (1, 3, 250):
        monkeypatch.setattr("rest.importing.GROUP", group)
        await emptied(database)
        order = Random(group).sample(lines, len(lines))
        cut = Random(group).randint(0, len(order))
        await importer.lines(*order[:cut])
        await importer.lines(*order[cut:])
        assert differences(await dump(database), expected) == {}


# Partial documents, atomic exchanges, unknown words


async def test_an_older_document_does_not_overwrite_and_null_clears(importer: Importer, database: Database) -> None:
    path = "GET /api/computers/c1"
    await importer.lines(
        exchange("orgo", path, {"id": "c1", "name": "desk", "status": "running", "ram": 4, "gpu": "a10"}, at=at(20)),
        exchange("orgo", path, {"id": "c1", "name": "old", "os": "linux", "gpu": "t4"}, at=at(10)),
        exchange("orgo", path, {"id": "c1", "status": "stopped", "gpu": None}, at=at(30)),
    )

    columns = (computers.c.name, computers.c.os, computers.c.status, computers.c.ram, computers.c.gpu)
    assert await table(database, *columns) == [("desk", "linux", "STOPPED", 4, None)]


async def test_the_document_and_the_last_answer_are_kept_as_they_came(importer: Importer, database: Database) -> None:
    workspace = {"id": "v1", "title": "Desk", "isShared": False, "aNewField": {"deep": [1, 1.0, True, None]}}
    body = {"workspace": workspace, "boundTasks": [{"bindingId": "b1", "taskId": "t1", "name": "n"}]}
    older, later = {**body, "workspace": {"id": "v1", "description": "d"}}, {"workspace": {"id": "v1", "title": "New"}}
    await importer.lines(
        exchange("vai", "PATCH /api/v1/workspaces/v1", later, at=at(30)),
        exchange("vai", "GET /api/v1/workspaces/v1", body, at=at(20)),
        exchange("vai", "GET /api/v1/workspaces/v1", older, at=at(10)),
    )

    kept = await database.rows(select(answers.c.method, answers.c.document).order_by(answers.c.method))
    assert [tuple(values_of(row).values()) for row in kept] == [("GET", body), ("PATCH", later)]
    merged = await database.rows(select(documents.c.document).where(documents.c.id == of("WORKSPACE", "VAI", "v1")))
    assert merged[0].document == {**workspace, "title": "New", "description": "d", "$boundTasks": body["boundTasks"]}
    assert importer.summary.unknown_fields == {"vai workspace.aNewField": 1}


async def test_unknown_words_become_unknown_and_are_counted_once(importer: Importer, database: Database) -> None:
    entries = await importer.lines(
        exchange("orgo", "GET /api/computers/c1", {"id": "c1", "status": "Levitating"}, at=at(1)),
        exchange("vai", "GET /api/v1/workspaces/v1/charts/h1", {"id": "h1", "spec": {"kind": "radar"}}, at=at(2)),
        exchange("evershell", "GET /v1/workspaces/p1", {"id": "p1", "status": "\u2728"}, at=at(3)),
        # the database refuses nothing here, but a row cannot be made: the group is halved until this one is alone
        exchange("vai", "GET /api/v1/agents/runs/r1", {"id": "r1", "steps": 5}, at=at(4)),
    )

    assert words(entries) == ["kept", "kept", "kept", "refused"]
    assert await table(database, computers.c.status, computers.c.source_status) == [("UNKNOWN", "Levitating")]
    assert importer.summary.unknown_words == {
        "orgo computer status 'Levitating'": 1,
        "vai chart kind 'radar'": 1,
        "evershell workspace status '\u2728'": 1,
    }
    assert importer.summary.unknown_fields == {"vai run.steps": 1}


async def test_a_field_that_no_model_knows_is_kept_whatever_it_holds(importer: Importer, database: Database) -> None:
    odd = {
        "auto_stop_minutes": "never",
        "auto_suspend_after": {},
        "auto_stop_configurable": 3,
        "updated_at": "yesterday",
    }
    ours = {"$deleted": True, "$workspace": "w9", "$schema": "x"}
    entries = await importer.lines(exchange("orgo", "GET /api/computers/c1", {"id": "c1", **odd, **ours}))

    assert words(entries) == ["kept"]
    columns = (computers.c.auto_stop_minutes, computers.c.auto_suspend_after, computers.c.auto_stop_configurable)
    assert await table(database, *columns, computers.c.part_id) == [(None, None, None, None)]
    assert await table(database, documents.c.updated_at, documents.c.external_id) == [(None, "c1")]
    kept = await database.rows(select(documents.c.document))
    assert [row.document for row in kept] == [{"id": "c1", **odd}]
    assert importer.summary.unknown_fields == {f"orgo computer.{name}": 1 for name in (*odd, *ours)}


async def test_a_bad_exchange_leaves_no_trace_and_the_others_go_in(importer: Importer, database: Database) -> None:
    good = [exchange("orgo", f"GET /api/computers/c{number}", {"id": f"c{number}"}) for number in range(20)]
    await importer.lines(*good)
    expected = await dump(database)
    await emptied(database)
    bad = [
        exchange("orgo", "GET /api/workspaces", {"workspaces": [{"id": "o1", "computers": [{"id": "x1"}, {"id": 5}]}]}),
        exchange("orgo", "GET /api/computers/x2", {"id": "x2", "ram": 2**31}),
        exchange("vai", "GET /api/v1/agents/runs/r1", {"id": "r1", "agentSpecId": "a", "steps": [1]}),
        exchange("orgo", "GET /api/nothing", {"id": "x3"}),
        exchange("orgo", "GET /api/computers/x4", {"id": "x4", "created_at": "yesterday"}),
    ]

    entries = await importer.lines(*good[:7], bad[0], bad[1], *good[7:12], bad[2], bad[3], *good[12:], bad[4])

    refused = [entry.place.line or 0 for entry in entries if entry.outcome == "refused"]
    assert sorted(refused) == [8, 9, 15, 16, 25]
    assert words(entries).count("kept") == 20
    assert differences(await dump(database), expected) == {}


async def test_an_outcome_tells_what_an_exchange_did(importer: Importer) -> None:
    call = "GET /api/computers/c1"
    entries = await importer.lines(
        exchange("orgo", call, {"id": "c1", "name": "a"}, at=at(1)),
        exchange("orgo", call, {"id": "c1", "name": "b"}, at=at(2)),
        exchange("orgo", call, {"id": "c1", "name": "b"}, at=at(3)),
        exchange("orgo", call, {"id": "c1", "name": "c"}, at=at(2)),
        exchange("orgo", call, {"error": "not found"}, at=at(4), status=404),
        exchange("orgo", "POST /api/computers/c1/click", {"success": True}, at=at(5)),
    )

    computer = of("COMPUTER", "ORGO", "c1")
    assert {(entry.place.line, entry.outcome, tuple(entry.records)) for entry in entries} == {
        (1, "kept", (computer,)),
        (2, "changed", (computer,)),
        (3, "unchanged", ()),
        (4, "unchanged", ()),
        (5, "skipped", ()),
        (6, "skipped", ()),
    }
    assert importer.summary.outcomes == {"kept": 1, "changed": 1, "unchanged": 2, "skipped": 2}


# Records that are mentioned, moved, named, deleted


async def test_a_record_that_is_only_mentioned_is_there_by_its_id(importer: Importer, database: Database) -> None:
    await importer.lines(
        exchange("vai", "GET /api/v1/workspaces/v1/sessions/s1/messages", {"items": [{"id": "m1"}]}),
        exchange("evershell", "GET /v1/workspaces/p1", {"id": "p1", "parent_workspace_id": "p0", "role_id": "q1"}),
    )

    columns = (documents.c.kind, documents.c.system, documents.c.external_id, documents.c.as_of)
    stubs = {tuple(names) for *names, as_of in await table(database, *columns) if as_of == 0}
    assert stubs == {
        ("SESSION", "VAI", "s1"), ("WORKSPACE", "VAI", "v1"), ("WORKSPACE", "EVERSHELL", "p0"),
        ("AGENT", "EVERSHELL", "q1"),
    }  # fmt: skip
    unified = await table(database, workspaces.c.id, workspaces.c.name, workspaces.c.status, workspaces.c.parent_id)
    vai, p0, p1 = of("WORKSPACE", "VAI", "v1"), *(of("WORKSPACE", "EVERSHELL", name) for name in ("p0", "p1"))
    assert unified == sorted(
        [(vai, "v1", "ACTIVE", None), (p0, "p0", "UNKNOWN", None), (p1, "p1", "UNKNOWN", p0)], key=repr
    )
    assert await table(database, sessions.c.id, sessions.c.workspace_id) == [(of("SESSION", "VAI", "s1"), vai)]
    assert await table(database, workspace_agents.c.workspace_id, workspace_agents.c.agent_id) == [
        (p1, of("AGENT", "EVERSHELL", "q1"))
    ]
    assert await table(database, agents.c.name) == [("q1",)]


async def test_both_generations_of_orgo_give_the_same_rows(importer: Importer, database: Database) -> None:
    old = {
        "id": "o1",
        "name": "Desk",
        "computers": [{"id": "c1", "name": "x", "status": "running", "instance_id": "i"}],
    }
    new = {
        "id": "o1",
        "name": "Desk",
        "desktops": [{"id": "c1", "name": "x", "status": "running", "fly_instance_id": "i"}],
    }
    found = []
    for call, body in (("GET /api/workspaces", {"workspaces": [old]}), ("GET /api/projects", {"projects": [new]}),
                       ("GET /api/workspaces/o1", new), ("GET /api/projects/o1", old)):  # fmt: skip
        await emptied(database)
        await importer.lines(exchange("orgo", call, body))
        whole = await dump(database)
        found.append({name: rows for name, rows in whole.items() if name not in ("answers", "documents")})

    assert found[1:] == found[:1] * 3
    placed = (computers.c.name, computers.c.status, computers.c.instance_id, computers.c.workspace_id)
    assert await table(database, *placed) == [("x", "RUNNING", "i", of("WORKSPACE", "ORGO", "o1"))]


PROJECT = exchange("orgo", "GET /api/projects/o1", {"id": "o1", "name": "Desk"}, at=at(1))
NAMESAKE = exchange("orgo", "GET /api/projects/o2", {"id": "o2", "name": "Desk"}, at=at(2))
DESKTOP = exchange("orgo", "GET /api/computers/c1", {"id": "c1", "project_name": "Desk"}, at=at(3))


@pytest.mark.parametrize("lines", [[PROJECT, DESKTOP], [DESKTOP, PROJECT]], ids=["after", "before"])
async def test_a_computer_is_placed_by_the_name_of_its_project(
    importer: Importer, database: Database, lines: list[dict[str, Any]]
) -> None:
    for line in lines:  # each in an import of its own
        await importer.lines(line)
    await importer.lines({**DESKTOP, "at": at(9), "body": {**DESKTOP["body"], "ram": 8}})
    placed = (computers.c.ram, computers.c.workspace_id, computers.c.part_id)
    assert await table(database, *placed) == [(8, of("WORKSPACE", "ORGO", "o1"), None)]

    await importer.lines({"link": [["orgo", "o1"], ["vai", "v1"]]})
    assert await table(database, *placed) == [(8, of("WORKSPACE", "VAI", "v1"), None)]

    await importer.lines(NAMESAKE)  # now the name does not tell which
    assert await table(database, *placed) == [(8, None, None)]


async def test_a_computer_stands_where_it_was_last_said_to_stand(importer: Importer, database: Database) -> None:
    def listed(workspace: str, second: int) -> dict[str, Any]:
        call = f"GET /api/workspaces/{workspace}"
        return exchange("orgo", call, {"id": workspace, "computers": [{"id": "c1"}]}, at=at(second))

    move = exchange("orgo", "PATCH /api/computers/c1/move", {"success": True, "project_id": "o2"}, at=at(5))
    for lines, place in (([listed("o1", 1), move], "o2"), ([listed("o3", 9), move, listed("o1", 1)], "o3")):
        await emptied(database)
        await importer.lines(*lines)
        assert await table(database, computers.c.part_id) == [(of("WORKSPACE", "ORGO", place),)]
        assert await table(database, computers.c.workspace_id) == [(of("WORKSPACE", "ORGO", place),)]


async def test_a_chat_thread_stands_in_the_workspace_of_its_scope(importer: Importer, database: Database) -> None:
    thread = {"id": "s1", "scope": {"kind": "workspace", "workspaceId": "v1"}, "agentSpecId": "a1"}
    await importer.lines({"link": [["vai", "v1"], ["orgo", "o1"]]})
    await importer.lines(exchange("vai", "GET /api/v1/chat/threads", {"items": [thread]}))

    v1, s1, a1 = of("WORKSPACE", "VAI", "v1"), of("SESSION", "VAI", "s1"), of("AGENT", "VAI", "a1")
    assert await table(database, sessions.c.id, sessions.c.workspace_id, sessions.c.part_id) == [(s1, v1, v1)]
    assert await table(database, workspace_agents.c.workspace_id, workspace_agents.c.agent_id) == [(v1, a1)]


async def test_an_agent_leaves_a_workspace_with_its_last_session(importer: Importer, database: Database) -> None:
    thread = {"id": "s1", "workspaceId": "v1", "agentSpecId": "a1"}
    await importer.lines(exchange("vai", "GET /api/v1/chat/threads", {"items": [thread]}, at=at(1)))
    await importer.lines(
        exchange("vai", "GET /api/v1/chat/threads", {"items": [{**thread, "workspaceId": "v2"}]}, at=at(2))
    )

    assert await table(database, workspace_agents.c.workspace_id, workspace_agents.c.agent_id) == [
        (of("WORKSPACE", "VAI", "v2"), of("AGENT", "VAI", "a1"))
    ]


async def test_a_deleted_workspace_takes_its_children_along(importer: Importer, database: Database) -> None:
    under = "/api/v1/workspaces/v1"
    await importer.lines(
        exchange("vai", f"GET {under}", {"workspace": {"id": "v1", "shareRecipients": [{"id": "u1"}]},
                                         "boundTasks": [{"bindingId": "b1"}]}, at=at(1)),
        exchange("vai", f"PUT {under}/tags", {"items": [{"id": "t1"}]}, at=at(1)),
        exchange("vai", f"GET {under}/charts", {"items": [{"id": "h1"}]}, at=at(2)),
        exchange("vai", f"GET {under}/sessions", {"items": [{"id": "s1", "agentSpecId": "a1"}]}, at=at(3)),
        exchange("vai", f"GET {under}/sessions/s1/messages", {"items": [{"id": "m1"}]}, at=at(4)),
        exchange("vai", f"GET {under}/runs/r1", {"id": "r1", "steps": [{}]}, at=at(5)),
        exchange("vai", f"GET {under}/activity", {"items": [{"id": "i1"}]}, at=at(6)),
    )  # fmt: skip
    filled = {name for name, rows in (await dump(database)).items() if rows}
    await importer.lines(exchange("vai", f"DELETE {under}", at=at(7)))

    left = {name for name, rows in (await dump(database)).items() if rows} - MADE_BEFORE
    assert left == {"documents", "answers", "agents", "tags", "users", "workspace_parts"}
    assert filled - left - MADE_BEFORE == {
        "workspaces", "vai_workspaces", "workspace_agents", "workspace_tags", "task_bindings", "recipients",
        "shares", "charts", "sessions", "messages", "runs", "run_steps", "activity_items",
    }  # fmt: skip


async def test_what_is_heard_of_after_the_deletion_of_its_workspace_is_there_again(
    importer: Importer, database: Database
) -> None:
    body = {"id": "c1", "workspace_id": "o1"}
    await importer.lines(exchange("orgo", "GET /api/computers/c1", body, at=at(1)))
    await importer.lines(exchange("orgo", "GET /api/computers/c2", {**body, "id": "c2"}, at=at(1)))
    await importer.lines(exchange("orgo", "DELETE /api/workspaces/o1", at=at(5)))
    assert await table(database, computers.c.external_id) == []

    await importer.lines(exchange("orgo", "POST /api/computers/c1/start", {"status": "starting"}, at=at(4)))
    assert await table(database, computers.c.external_id) == []
    await importer.lines(exchange("orgo", "GET /api/computers/c1", body, at=at(6)))
    assert await table(database, computers.c.external_id) == [("c1",)]

    await importer.lines(exchange("orgo", "DELETE /api/workspaces/o1", at=at(7)))
    assert await table(database, computers.c.external_id) == []


async def test_shares_tags_and_bindings_are_as_they_were_last_said(importer: Importer, database: Database) -> None:
    under = "/api/v1/workspaces/v1"
    share = {"shareId": "x", "state": "shared", "status": "active", "recipients": [{"id": "u1"}, {"id": "u2"}]}
    bound = [{"bindingId": "b1", "name": "one"}, {"bindingId": "b2", "name": "two"}]
    lines = [
        exchange("vai", f"PUT {under}/share", share, at=at(1)),
        exchange("vai", f"DELETE {under}/share", at=at(2)),
        exchange("vai", f"PUT {under}/tags", {"items": [{"id": "t1"}, {"id": "t2"}]}, at=at(3)),
        exchange("vai", f"PUT {under}/tags", {"items": [{"id": "t2"}]}, at=at(4)),
        exchange("vai", f"POST {under}/tasks", {"boundTasks": bound}, at=at(5)),
        exchange("vai", f"DELETE {under}/tasks/b1", at=at(6)),
    ]
    for order in (lines, lines[::-1]):
        await emptied(database)
        await importer.lines(*order)
        assert await table(database, shares.c.state, shares.c.status, shares.c.share_id) == [
            ("not_shared", "revoked", "x")
        ]
        assert await table(database, recipients.c.position, recipients.c.user_id) == [
            (0, of("USER", "VAI", "u1")), (1, of("USER", "VAI", "u2")),
        ]  # fmt: skip
        assert await table(database, workspace_tags.c.tag_id) == [(of("TAG", "VAI", "t2"),)]
        assert await table(database, task_bindings.c.name) == [("two",)]


# Links


async def parts_by_workspace(database: Database) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in await database.rows(select(workspace_parts.c.workspace_id, workspace_parts.c.external_id)):
        found.setdefault(row.workspace_id, set()).add(row.external_id)
    return found


@pytest.mark.parametrize("seed", range(2))
async def test_linked_workspaces_are_one_in_whatever_order_they_are_linked(
    importer: Importer, database: Database, seed: int
) -> None:
    pairs = [
        (("orgo", "o1"), ("aitasker", "k1")),
        (("evershell", "p1"), ("orgo", "o1")),
        (("vai", "v1"), ("evershell", "p1")),
    ]
    lines: list[dict[str, Any]] = [
        exchange("orgo", "GET /api/workspaces/o1", {"id": "o1", "name": "Orgo", "computers": [{"id": "c1"}]}, at=at(1)),
        exchange("vai", "GET /api/v1/workspaces/v1", {"workspace": {"id": "v1", "title": "VAI"}}, at=at(2)),
        exchange("evershell", "GET /v1/workspaces/p2", {"id": "p2", "parent_workspace_id": "p1"}, at=at(3)),
        *({"link": [list(member) for member in Random(seed).sample(pair, 2)]} for pair in pairs),
    ]
    Random(seed).shuffle(lines)

    assert set(words(await importer.lines(*lines))) <= {"kept", "changed"}

    joined, fork = of("WORKSPACE", "VAI", "v1"), of("WORKSPACE", "EVERSHELL", "p2")
    assert await parts_by_workspace(database) == {joined: {"o1", "k1", "p1", "v1"}, fork: {"p2"}}
    columns = (workspaces.c.id, workspaces.c.name, workspaces.c.systems, workspaces.c.parent_id)
    assert await table(database, *columns) == sorted([(joined, "VAI", 15, None), (fork, "p2", 8, joined)], key=repr)
    assert await table(database, computers.c.workspace_id) == [(joined,)]
    assert await table(database, orgo_workspaces.c.workspace_id) == [(joined,)]


async def test_a_link_that_joins_two_of_one_system_is_refused_and_changes_nothing(
    importer: Importer, database: Database
) -> None:
    await importer.lines({"link": [["orgo", "o1"], ["vai", "v1"]]}, {"link": [["orgo", "o2"], ["evershell", "p1"]]})
    before = await dump(database)

    entries = await importer.lines(
        {"link": [["vai", "v1"], ["evershell", "p1"]]},
        {"link": [["orgo", "o1"], ["orgo", "o3"]]},
        {"link": [["orgo", "o1"], ["vai", "v1"]]},
        {"link": [["orgo", "o1"], ["orgo", "o1"]]},
    )

    assert words(entries) == ["refused", "refused", "unchanged", "unchanged"]
    assert [entry.problems[0].pointer for entry in entries[:2]] == ["/link", "/link"]
    assert "both stand in orgo" in entries[0].problems[0].message
    assert differences(await dump(database), before) == {}


# What must never be stored, and what no database should choke on

FAKE_SECRETS = ("sk_live_example", "xoxb-", "-vnc", "not-real", "example-session")


async def test_no_secret_of_the_examples_reaches_the_database_or_the_log(
    importer: Importer, database: Database, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    recorded = "".join(path.read_text() for path in EXAMPLE_FILES)
    assert all(secret in recorded for secret in FAKE_SECRETS)  # else there is nothing to find
    caplog.set_level(logging.DEBUG)

    entries = await importer.files(*EXAMPLE_FILES)

    output = capfd.readouterr()
    everything = caplog.text + output.out + output.err + repr(entries)
    for one in metadata.sorted_tables:
        rows = await database.rows(select(*(column for column in one.c)))
        everything += "".join(repr(tuple(values_of(row).values())) for row in rows)
    assert [secret for secret in FAKE_SECRETS if secret in everything] == []


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


HARD: dict[str, Callable[[], str]] = {
    "NUL": lambda: '"a\\u0000b"',
    "lone surrogate": lambda: '"\\ud800"',
    "huge whole number": lambda: "9" * 400,
    "whole number of 64 bits": lambda: str(2**64 - 1),
    "more than 64 bits": lambda: str(2**64),
    "1e400": lambda: "1e400",
    "1e308": lambda: "1e308",
    "NaN": lambda: "NaN",
    "Infinity": lambda: "-Infinity",
    "minus zero": lambda: "-0.0",
    "nested 240": lambda: nested(240),
    "nested 300": lambda: nested(300),
    "nested 1,000": lambda: nested(1_000),
    "nested 100,000": lambda: nested(100_000),
    "objects 900": lambda: '{"token": "x", "a":' * 900 + "1" + "}" * 900,
    "5 MB": lambda: json.dumps("".join(Random(1).choices("abcdefgh \u2728", k=5_000_000))),
    "5 MB of one letter": lambda: '"' + "a" * 5_000_000 + '"',
    "list": lambda: "[1]",
    "object": lambda: '{"id": 5}',
    "truth": lambda: "true",
    "null": lambda: "null",
    "empty text": lambda: '""',
    "bad moment": lambda: '"2026-13-01T00:00:00Z"',
}  # fmt: skip
BODIES = {
    "GET /api/computers/c1": (
        "orgo",
        ("id", "name", "ram", "workspace_id", "created_at", "auto_stop_minutes", "gpu", "new"),
    ),
    "GET /api/v1/workspaces/v1/runs/r1": (
        "vai",
        ("error", "steps", "outcome", "agentSpecId", "result", "status", "input"),
    ),
    "GET /api/v1/agents/runs/r1": ("vai", ("error", "steps", "workspaceId", "taskId", "context", "depth", "outcome")),
    "GET /api/v1/workspaces/k1/tasks/": ("aitasker", ("cost_usd", "title", "proposed_actions", "workspace_id")),
    "GET /v1/workspaces/p1/tasks/n1": ("evershell", ("duration_seconds", "description", "workspace_id", "updated_at")),
    "GET /api/v1/workspaces/v1/share": ("vai", ("recipientUserIds", "recipients", "state", "createdAt", "new")),
    "POST /api/v1/tags": ("vai", ("name", "attributes", "new")),
}


def hard_lines(text: str) -> list[str]:
    lines = []
    for call, (system, names) in BODIES.items():
        whole = exchange(system, call, {"id": "x1", "HOLE": 0})
        for name in names:
            body = {"HOLE": 0} if name == "id" else {"id": "x1", "HOLE": 0}
            item = {**whole, "body": [body] if call.endswith("/") else body}
            lines.append(json.dumps(item).replace('"HOLE": 0', f'"{name}": {text}'))
    return lines


async def test_whatever_a_field_holds_it_is_kept_or_refused(importer: Importer, database: Database) -> None:
    for name, text in HARD.items():
        lines = hard_lines(text())
        if len(lines[0]) > 1_000_000:
            lines = lines[1::8]  # enough of those that hold megabytes
        sound = exchange("orgo", "GET /api/computers/sound", {"id": "sound", "name": name})

        entries = await importer.lines(*lines, sound)

        assert len(entries) == len(lines) + 1, name
        assert set(words(entries)) <= {"kept", "changed", "unchanged", "refused"}, name
        assert all(entry.problems for entry in entries if entry.outcome == "refused"), name
        assert ("sound", name) in await table(database, computers.c.external_id, computers.c.name)
        await dump(database)  # all that was kept can be read again
        await emptied(database)


async def test_text_with_nul_is_kept_in_the_document_and_shown_with_a_replacement(
    importer: Importer, database: Database
) -> None:
    body = {"id": "c1", "name": "a\0b"}
    assert words(await importer.lines(exchange("orgo", "GET /api/computers/c1", body))) == ["kept"]

    assert await table(database, computers.c.name) == [("a\N{REPLACEMENT CHARACTER}b",)]
    assert [row.document for row in await database.rows(select(documents.c.document))] == [body]


async def test_a_number_of_64_bits_is_kept_on_every_database(importer: Importer, database: Database) -> None:
    body = {"id": "n1", "duration_seconds": 2**64 - 1}
    assert words(await importer.lines(exchange("evershell", "GET /v1/workspaces/p1/tasks/n1", body))) == ["kept"]

    assert await table(database, runs.c.duration_seconds) == [(float(2**64 - 1),)]


async def test_an_answer_about_a_workspace_is_known_as_one_in_every_dialect(importer: Importer) -> None:
    await importer.lines(
        exchange("vai", "GET /api/v1/workspaces/v", {"workspace": {"id": "v", "title": "v"}}),
        exchange("aitasker", "GET /api/v1/workspaces/a", {"id": "a", "name": "a"}),
        exchange("orgo", "GET /workspaces/o", {"id": "o", "name": "o"}),
        exchange("orgo", "GET /projects/p", {"id": "p", "name": "p"}),
        exchange("evershell", "GET /workspaces/e", {"id": "e", "status": "idle"}),
        exchange("evershell", "GET /workspaces/e/tasks", []),
        exchange("orgo", "GET /computers/c", {"id": "c", "name": "c", "status": "running"}),
    )
    found = {
        row.path: row.subject_id for row in await importer.database.rows(select(answers.c.path, answers.c.subject_id))
    }
    parts = {
        row.id: row.external_id
        for row in await importer.database.rows(select(workspace_parts.c.id, workspace_parts.c.external_id))
    }
    assert {path.rpartition("/")[2]: parts.get(subject or "") for path, subject in found.items()} == {
        "v": "v", "a": "a", "o": "o", "p": "p", "e": "e", "tasks": "e", "c": None,
    }  # fmt: skip
