"""`idempotencyKey`: the same operation under the same key is done once and answers as it did first."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from db.database import Database
from db.ids import organization_id_of
from db.operations import audit_entries, idempotency_keys
from rest.local.writer import KEY_LIFETIME
from schema.build import GraphSchema
from tests.conftest import Importer
from tests.mutations import SPEC, Hand, Refusal, World, cases, hand_over, person
from tests.test_intake import differences, dump

WORLD = World()
REUSED = Refusal(
    "IDEMPOTENCY_KEY_REUSED",
    "the `idempotencyKey` came with another input before; take a new key for each operation",
)
NEW = {"workspaceId": WORLD.folder, "name": "box", "idempotencyKey": "once"}
MADE = "{ computer { id name } workspace { computers { totalCount } } }"


@pytest.fixture
async def hand(database: Database, schema: GraphSchema, importer: Importer) -> Hand:
    return await hand_over(database, schema, importer)


async def test_every_mutation_sent_again_answers_as_it_did_first_and_changes_nothing(hand: Hand) -> None:
    """But for what the payload reads anew: it shows the records as they are now."""
    for number, case in enumerate(cases(WORLD)):
        for mutation, given in case.before:
            await hand.result(mutation, "{ __typename }", given)
        shown = IDS_OF[case.mutation]
        first = await hand.do(case.mutation, shown, **case.given, idempotencyKey=f"key {number}")
        before = await dump(hand.database)
        for _ in range(2):
            assert await hand.do(case.mutation, shown, **case.given, idempotencyKey=f"key {number}") == first
        assert differences(await dump(hand.database), before) == {}, case.mutation


def _ids_of() -> dict[str, str]:
    """What of each payload names the records that it is about."""
    found = {case.mutation: "{ workspace { id } }" for case in cases(WORLD)}
    for noun in ("Chart", "Computer", "Agent", "Session"):
        found |= {name: f"{{ {noun.lower()} {{ id }} }}" for name in found if name.endswith(noun)}
    found |= {name: "{ deletedId }" for name in found if name.startswith(("delete", "detach"))}
    found["forkWorkspace"] = "{ workspace { id } parent { id } }"
    found["unlinkWorkspace"] = "{ workspace { id } unlinked { id } }"
    found["attachTask"] = found["updateTaskBinding"] = "{ binding { id } workspace { id } }"
    found["createWorkspace"] = "{ workspace { id } warnings { code } }"
    return found


IDS_OF = _ids_of()


async def test_another_input_under_the_same_key_is_refused_and_changes_nothing(hand: Hand) -> None:
    await hand.do("createComputer", **NEW)
    before = await dump(hand.database)
    refusals = [
        await hand.refused("createComputer", **{**NEW, "name": "other"}),
        await hand.refused("createComputer", **NEW, ram=8),
        await hand.refused("deleteWorkspace", id=WORLD.folder, idempotencyKey="once"),
    ]
    assert refusals == [REUSED] * 3
    assert differences(await dump(hand.database), before) == {}


async def test_the_same_input_written_otherwise_is_the_same(hand: Hand) -> None:
    """A default that is written out, and members in another order."""
    made = await hand.do("createComputer", MADE, **NEW)
    assert await hand.do("createComputer", MADE, **dict(reversed(NEW.items())), os="linux", ram=4) == made
    config = {"workspaceId": WORLD.table, "spec": {**SPEC, "title": "T"}, "idempotencyKey": "chart"}
    chart = await hand.do("createChart", "{ chart { id } }", **config)
    spec = {"title": "T", "y": SPEC["y"], "x": SPEC["x"], "kind": "BAR", "limit": 1000}
    assert await hand.do("createChart", "{ chart { id } }", **{**config, "spec": spec}) == chart


async def test_absent_and_null_are_two_inputs(hand: Hand) -> None:
    await hand.do("updateWorkspace", id=WORLD.table, title="T", idempotencyKey="k")
    assert (
        await hand.refused("updateWorkspace", id=WORLD.table, title="T", description=None, idempotencyKey="k") == REUSED
    )


async def test_a_key_belongs_to_the_account_that_took_it(hand: Hand) -> None:
    colleague = hand.of(person("colleague"))
    first = await hand.do("createChart", "{ chart { id } }", workspaceId=WORLD.table, spec=SPEC, idempotencyKey="k")
    second = await colleague.do(
        "createChart", "{ chart { id } }", workspaceId=WORLD.table, spec=SPEC, idempotencyKey="k"
    )
    assert first != second
    elsewhere = hand.of(person("writer", organization_id=organization_id_of("Elsewhere")))
    third = await elsewhere.do("createWorkspace", title="Theirs", idempotencyKey="k")
    assert third == {"__typename": "CreateWorkspacePayload"}
    keys = await hand.database.rows(select(idempotency_keys.c.organization_id, idempotency_keys.c.account_id))
    assert len(keys) == 3


async def test_a_key_says_nothing_to_a_token_without_the_scope(hand: Hand) -> None:
    await hand.do("createComputer", **NEW)
    assert (await hand.without("workspace:write").refused("createComputer", **NEW)).code == "PERMISSION_DENIED"


async def test_a_key_is_forgotten_after_24_hours(hand: Hand) -> None:
    assert timedelta(hours=24) == KEY_LIFETIME
    chart = {"workspaceId": WORLD.table, "spec": SPEC, "idempotencyKey": "k"}
    first = await hand.do("createChart", "{ chart { id } }", **chart)
    await age_keys(hand, KEY_LIFETIME - timedelta(minutes=1))
    assert await hand.do("createChart", "{ chart { id } }", **chart) == first
    await age_keys(hand, timedelta(minutes=2))
    assert await hand.do("createChart", "{ chart { id } }", **chart) != first
    assert len(await hand.database.rows(select(idempotency_keys.c.key))) == 1


async def age_keys(hand: Hand, by: timedelta) -> None:
    async with hand.database.writing() as connection:
        (at,) = [row.created_at for row in await connection.execute(select(idempotency_keys.c.created_at))]
        await connection.execute(update(idempotency_keys).values(created_at=at - by))


async def test_a_refused_operation_leaves_its_key_free(hand: Hand) -> None:
    """The same once more may succeed by then, and another input may have the key."""
    start = {"id": WORLD.agent, "idempotencyKey": "k"}
    assert (await hand.refused("createComputer", **{**NEW, "name": "alone"})).code == "INVALID_INPUT"
    assert (await hand.refused("createComputer", **NEW, ram=5)).code == "INVALID_INPUT"
    assert (await hand.refused("restartComputer", id=WORLD.workspace, idempotencyKey="once")).code == "NOT_FOUND"
    assert (await hand.do("createComputer", MADE, **NEW))["workspace"] == {"computers": {"totalCount": 2}}
    assert (await hand.without("agent:write").refused("pauseAgent", **start)).code == "PERMISSION_DENIED"
    assert (await hand.do("pauseAgent", "{ agent { status } }", **start)) == {"agent": {"status": "PAUSED"}}


async def test_an_operation_that_changed_nothing_keeps_its_key(hand: Hand) -> None:
    await hand.do("stopWorkspace", id=WORLD.pod, idempotencyKey="k")
    await hand.do("resumeWorkspace", id=WORLD.pod)
    again = await hand.do("stopWorkspace", "{ workspace { status } }", id=WORLD.pod, idempotencyKey="k")
    assert again == {"workspace": {"status": "IDLE"}}  # as it is now: the first time is not done over


async def test_what_is_gone_by_now_is_null_in_the_first_answer(hand: Hand) -> None:
    made = await hand.do("createComputer", "{ computer { id } }", **NEW)
    await hand.do("deleteComputer", id=made["computer"]["id"])
    assert await hand.do("createComputer", MADE, **NEW) == {
        "computer": None,
        "workspace": {"computers": {"totalCount": 1}},
    }
    deleted = {"id": WORLD.folder, "idempotencyKey": "gone"}
    assert await hand.do("deleteWorkspace", "{ deletedId }", **deleted) == {"deletedId": WORLD.folder}
    assert await hand.do("deleteWorkspace", "{ deletedId }", **deleted) == {"deletedId": WORLD.folder}


async def test_many_at_once_with_one_key_do_it_once(hand: Hand, database_url: str) -> None:
    """Through writers of their own, as several processes have them."""
    others = [Database(database_url) for _ in range(3)]
    hands = [hand, *(Hand(one, hand.schema, hand.viewer) for one in others)]
    try:
        answers = await asyncio.gather(*(hands[n % 4].do("createComputer", MADE, **NEW) for n in range(16)))
        assert {answer["computer"]["id"] for answer in answers} == {answers[0]["computer"]["id"]}
        assert answers[0]["workspace"] == {"computers": {"totalCount": 2}}
        assert [row.operation for row in await hand.database.rows(select(audit_entries))] == ["CreateComputer"]
    finally:
        for one in others:
            await one.close()


async def test_of_two_inputs_at_once_with_one_key_one_is_done(hand: Hand, database_url: str) -> None:
    other = Database(database_url)
    try:
        both = await asyncio.gather(
            hand.result("createComputer", "{ __typename }", NEW),
            Hand(other, hand.schema, hand.viewer).result("createComputer", "{ __typename }", {**NEW, "name": "other"}),
        )
        assert REUSED in both
        assert {"__typename": "CreateComputerPayload"} in both
    finally:
        await other.close()
