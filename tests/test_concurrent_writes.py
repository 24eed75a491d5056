"""Two hundred writes at once, through writers of their own as several processes have them: none is lost, none fails.

What was done in which order is told by the audit; done again one after another in plain Python it comes to the same.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from db.access import Viewer
from db.activity import activity_items
from db.data_tables import cell_mutations
from db.database import Database
from db.operations import audit_entries
from db.reflection import Asked, registered
from gateway import served_schema
from resolvers.context import Context
from resolvers.cursors import CursorKey
from rest.local.writer import LocalWriter
from schema.build import GraphSchema
from tests.conftest import ORGANIZATION_ID, Importer, exchange
from tests.mutations import SPEC, Hand, Refusal, World, hand_over, lines, person

ROOT = Path(__file__).parent.parent
WORLD = World()
MANY = 200
CHARTS = "query($i: ID!) { workspace(id: $i) { charts(first: 200) { nodes { id position } } } }"


class Writing(Hand):
    """Somebody whose requests are done by one writer, as those of one process are."""

    def __init__(self, database: Database, schema: GraphSchema, viewer: Viewer, writer: LocalWriter) -> None:
        super().__init__(database, schema, viewer)
        self.writer = writer

    def context(self) -> Context:
        return Context(self.database, self.viewer, CursorKey(b"a key for tests"), self.limits, writer=self.writer)


@pytest.fixture
async def hands(
    database: Database, database_url: str, schema: GraphSchema, importer: Importer
) -> AsyncIterator[list[Writing]]:
    """Four writers, each with a person of its own; two and two share a database object."""
    await hand_over(database, schema, importer)
    charts = [{"id": f"m-{number}", "workspaceId": "v-alone", "position": number * 2} for number in range(8)]
    await importer.lines(exchange("vai", "GET /api/v1/workspaces/v-alone/charts", {"items": charts}))
    other = Database(database_url)
    people = zip((database, database, other, other), ("ann", "ben", "cem", "dee"), strict=True)
    yield [Writing(one, schema, person(name), LocalWriter(one)) for one, name in people]
    await other.close()


async def charts_of(hand: Hand) -> list[str]:
    """The charts in order; their positions are 0 to n-1."""
    nodes = (await hand.data(CHARTS, i=WORLD.table))["workspace"]["charts"]["nodes"]
    assert [one["position"] for one in nodes] == list(range(len(nodes)))
    return [one["id"] for one in nodes]


async def audited(hand: Hand) -> list[Any]:
    """What was done, in order."""
    return list(await hand.database.rows(select(audit_entries).order_by(audit_entries.c.created_at)))


async def items_of(hand: Hand, prefix: str) -> int:
    """How many entries of the activity are of this kind."""
    rows = await hand.database.rows(select(activity_items.c.kind))
    return sum(row.kind.startswith(prefix) for row in rows)


async def test_two_hundred_moves_leave_the_order_that_they_make_one_after_another(hands: list[Writing]) -> None:
    first = await hands[0].do(
        "moveChart", "{ workspace { charts { nodes { id } } } }", id=WORLD.id("CHART", "VAI", "m-0"), position=7
    )
    order = [one["id"] for one in first["workspace"]["charts"]["nodes"]]
    random = Random(1)
    moves = [{"id": random.choice(order), "position": random.randrange(10)} for _ in range(MANY)]

    await asyncio.gather(*(hands[n % 4].do("moveChart", **move) for n, move in enumerate(moves)))

    done = (await audited(hands[0]))[1:]
    for entry in done:
        order.remove(entry.input["id"])
        order.insert(entry.input["position"], entry.input["id"])
    assert await charts_of(hands[0]) == order
    assert await items_of(hands[0], "chart.moved") == len(done) + 1 > 100
    assert {entry.account_id for entry in done} == {"N-ann", "N-ben", "N-cem", "N-dee"}


async def test_charts_made_moved_and_deleted_at_once_leave_no_gap(hands: list[Writing]) -> None:
    ids = [WORLD.id("CHART", "VAI", f"m-{number}") for number in range(8)]
    made = [hands[n % 4].do("createChart", workspaceId=WORLD.table, spec=SPEC) for n in range(20)]
    moved = [hands[n % 4].result("moveChart", "{ __typename }", {"id": ids[n % 8], "position": n}) for n in range(40)]
    deleted = [hands[n % 4].result("deleteChart", "{ __typename }", {"id": ids[n % 4]}) for n in range(20)]
    work = [*made, *moved, *deleted]
    Random(2).shuffle(work)

    answers = await asyncio.gather(*work)

    refusals = Counter(one.code for one in answers if isinstance(one, Refusal))
    assert refusals.keys() == {"NOT_FOUND"}  # of a chart that was deleted meanwhile
    assert refusals["NOT_FOUND"] >= 16
    kept = await charts_of(hands[0])
    assert len(kept) == 8 - 4 + 20
    assert set(ids[4:]) < set(kept)


async def test_two_hundred_changes_of_a_share_are_told_one_after_another(
    hands: list[Writing], importer: Importer
) -> None:
    people = [{"id": f"p-{number}", "email": f"{number}@example.org"} for number in range(4)]
    share = {"shareId": "s", "state": "not_shared", "recipients": people}
    await importer.lines(exchange("vai", "GET /api/v1/workspaces/v-alone/share", share))
    random = Random(3)
    work = [
        random.choice([
            ("setShare", {"recipientUserIds": [one["id"] for one in random.sample(people, random.randint(1, 3))]}),
            ("revokeShare", {}),
            ("clearShare", {}),
        ])
        for _ in range(MANY)
    ]  # fmt: skip

    await asyncio.gather(
        *(hands[n % 4].do(name, workspaceId=WORLD.table, **given) for n, (name, given) in enumerate(work))
    )

    state, kept = "not_shared", [one["id"] for one in people]
    done = await audited(hands[0])
    for entry in done:
        if entry.operation == "SetShare":
            state, kept = "shared", entry.input["recipient_user_ids"]
        else:
            assert entry.operation == "ClearShare" or state == "shared", "only what is shared is revoked"
            state, kept = "not_shared", [] if entry.operation == "ClearShare" else kept
    shown = "query($i: ID!) { workspace(id: $i) { share { state recipients { externalId } } vai { isShared } } }"
    assert (await hands[0].data(shown, i=WORLD.table))["workspace"] == {
        "share": {"state": state, "recipients": [{"externalId": one} for one in kept]},
        "vai": {"isShared": state == "shared"},
    }
    assert sum(name == "setShare" for name, _given in work) == sum(entry.operation == "SetShare" for entry in done)
    assert await items_of(hands[0], "workspace.share") == len(done)


@pytest.fixture
async def table(hands: list[Writing]) -> str:
    """A workspace over a snapshot of ten rows with a count each."""
    database = hands[0].database
    async with database.writing() as connection:
        await connection.exec_driver_sql("CREATE TABLE counters (id INTEGER PRIMARY KEY, seen INTEGER NOT NULL)")
        await connection.exec_driver_sql("INSERT INTO counters VALUES " + ", ".join(f"({n}, 0)" for n in range(10)))
        await registered(connection, connection, Asked(ORGANIZATION_ID, "counters", "counters"), datetime.now(UTC))
    made = await hands[0].do("createWorkspace", "{ workspace { id } }", title="Counters", backingTableName="counters")
    return str(made["workspace"]["id"])


async def test_no_update_of_a_cell_is_lost(hands: list[Writing], table: str) -> None:
    """Each change of a cell begins at the value that the one before it left."""

    async def change(number: int) -> None:
        where = {"workspaceId": table, "column": "seen", "rowIdentity": {"id": number % 10}}
        await hands[number % 4].do("updateCell", **where, newValue=number + 1)

    await asyncio.gather(*map(change, range(MANY)))

    notes = await hands[0].database.rows(select(cell_mutations).order_by(cell_mutations.c.created_at))
    values = dict.fromkeys(range(10), 0)
    for note in notes:
        assert note.old_value == values[note.row_identity["id"]]
        values[note.row_identity["id"]] = note.new_value
    assert len(notes) == MANY
    assert await cells(hands[0], table) == values


async def cells(hand: Hand, table: str) -> dict[int, int]:
    data = await hand.data("query($i: ID!) { workspace(id: $i) { data { rows } } }", i=table)
    return {row["id"]: row["seen"] for row in data["workspace"]["data"]["rows"]}


async def test_counting_up_with_the_value_expected_counts_every_time(hands: list[Writing], table: str) -> None:
    """Four count one cell up, fifteen times each; whoever comes too late looks at `current` and tries again."""
    where = {"workspaceId": table, "column": "seen", "rowIdentity": {"id": 3}}
    conflicts = 0

    async def count_up(hand: Hand) -> None:
        nonlocal conflicts
        seen = 0
        for _ in range(15):
            while isinstance(
                answer := await hand.result(
                    "updateCell", "{ row }", {**where, "expectedValue": seen, "newValue": seen + 1}
                ),
                Refusal,
            ):
                assert answer.code == "CONFLICT", answer
                conflicts, seen = conflicts + 1, answer.details["current"]["value"]
            seen = answer["row"]["seen"]

    await asyncio.gather(*map(count_up, hands))

    assert (await cells(hands[0], table))[3] == 60
    assert conflicts > 0


@pytest.mark.parametrize("mutation", ["updateWorkspace", "updateChart", "setShare", "setTags"])
async def test_of_those_who_change_the_same_state_exactly_one_wins(hands: list[Writing], mutation: str) -> None:
    """The others are shown what the winner made of it."""
    target, chart = WORLD.table, WORLD.id("CHART", "VAI", "m-3")
    record = {"updateWorkspace": ("id", target), "updateChart": ("id", chart)}.get(mutation, ("workspaceId", target))
    for number in range(6):
        await hands[0].do(mutation, **dict([record]), **_given(mutation, number, "x"))
        at = await _updated_at(hands[0], mutation)
        before = len(await audited(hands[0]))

        answers = await asyncio.gather(*(
            hand.result(mutation, "{ __typename }", {**dict([record]), **_given(mutation, number, name), "expectedUpdatedAt": at})
            for hand, name in zip(hands, "abcd", strict=True)
        ))  # fmt: skip

        refusals = [one for one in answers if isinstance(one, Refusal)]
        assert [one.code for one in refusals] == ["CONFLICT"] * 3
        now = await _updated_at(hands[0], mutation)
        assert now > at
        assert {one.details["current"]["updatedAt"] for one in refusals} == {now}
        assert len(await audited(hands[0])) == before + 1


def _given(mutation: str, number: int, name: str) -> dict[str, Any]:
    if mutation == "setShare":
        return {
            "recipientUserIds": ["person-00000"],
            "expiresAt": f"2099-01-{number + 1:02}T00:00:{ord(name) % 60:02}Z",
        }
    if mutation == "setTags":
        turns = {"x": number % 2 == 0}
        return {"tagIds": WORLD.tags if turns.get(name, number % 2 == 1) else WORLD.tags[:1]}
    return {"title": f"{number} {name}"}


async def _updated_at(hand: Hand, mutation: str) -> str:
    found = await hand.data(
        "query($w: ID!, $c: ID!) { workspace(id: $w) { updatedAt share { updatedAt } } chart(id: $c) { updatedAt } }",
        w=WORLD.table,
        c=WORLD.id("CHART", "VAI", "m-3"),
    )
    record = {"updateChart": found["chart"], "setShare": found["workspace"]["share"]}.get(mutation, found["workspace"])
    return str(record["updatedAt"])


async def test_imports_and_operations_at_once_do_not_stand_in_each_others_way(
    hands: list[Writing], importer: Importer
) -> None:
    """What the systems say of one moment does not depend on what is done meanwhile; nor the other way about."""

    async def import_again(number: int) -> None:
        at = f"2026-11-0{number + 2}T10:00:00Z"
        await importer.lines(*({**line, "at": at} if "at" in line else line for line in lines()))

    moves = [hands[n % 4].do("moveChart", id=WORLD.id("CHART", "VAI", f"m-{n % 8}"), position=n % 5) for n in range(40)]
    names = [hands[n % 4].do("updateWorkspace", id=WORLD.workspace, title=f"{n}") for n in range(20)]
    await asyncio.gather(*moves, *names, *map(import_again, range(4)))

    assert len(await charts_of(hands[0])) == 8
    last = [entry.input["title"] for entry in await audited(hands[0]) if entry.operation == "UpdateWorkspace"][-1]
    found = await hands[0].data("query($i: ID!) { workspace(id: $i) { name } }", i=WORLD.workspace)
    assert found == {"workspace": {"name": last}}


async def test_another_process_writes_at_the_same_time(hands: list[Writing], database_url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from tests.test_concurrent_writes import move_many; move_many()",
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "MOVES_URL": database_url},
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"

    await asyncio.gather(*(_move(hands[n % 4], n) for n in range(60)))

    output, errors = await process.communicate()
    assert (process.returncode, output) == (0, b"done\n"), errors.decode()
    assert len(await charts_of(hands[0])) == 8
    accounts = Counter(entry.account_id for entry in await audited(hands[0]))
    assert accounts["N-other"] > 20 and accounts.total() - accounts["N-other"] > 20


def _move(hand: Hand, number: int) -> Any:
    return hand.do("moveChart", id=WORLD.id("CHART", "VAI", f"m-{number % 8}"), position=(number * 3) % 7)


def move_many() -> None:
    """What the other process does; it says when it begins, so that both are at it."""

    async def move() -> None:
        database = Database(os.environ["MOVES_URL"])
        hand = Writing(database, served_schema(), person("other"), LocalWriter(database))
        await hand.data("{ workspaces { totalCount } }")
        told("ready")
        await asyncio.gather(*(_move(hand, number) for number in range(40)))
        await database.close()
        told("done")

    asyncio.run(move())


def told(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()
