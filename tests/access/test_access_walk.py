"""Every field of the schema that can lead to a record, asked by every role through every door.

A field without a verdict fails here, and so does a place that was not asked, or that tells of what is hidden.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway import application
from schema.build import GraphSchema, build_schema
from settings import Settings
from tests.access import access_filters, access_page, access_pages, access_rules
from tests.access.access_doors import DOORS, through_roots
from tests.access.access_fixtures import (  # noqa: F401
    roomy_once,
    stage_of_each_kind,
    stage_of_its_own,
    staged_on_postgresql,
    staged_on_sqlite,
    template_with_stage,
    walk_learnt,
)
from tests.access.access_mutations import FREE, TARGETS, text_of
from tests.access.access_rules import ASKING, OWNING, READER, RECIPIENT, Role
from tests.access.access_table import FIELDS, NoVerdictError, Table, verdict_of
from tests.access.access_walk import Asking, Stage, Walk
from tests.access.access_world import HOMES


def test_every_field_and_argument_has_a_verdict(schema: GraphSchema) -> None:
    table = Table(schema._schema)
    assert len([spot for spots in table.spots.values() for top in spots for spot in top.all()]) > 800
    assert [spot.name for spot in table.alone] and table.list_spots
    assert table.roots_without_a_door() == set()


def test_verdicts_are_of_fields_that_there_are(schema: GraphSchema) -> None:
    types = schema._schema.type_map
    kinds: dict[str, Any] = {on: types[on] for on in (name.split(".")[0] for name in FIELDS)}
    assert [name for name in FIELDS if name.split(".")[1] not in kinds[name.split(".")[0]].fields] == []


def test_the_page_of_access_has_the_tables_that_are_made_of_the_verdicts(schema: GraphSchema) -> None:
    page = access_page.PAGE.read_text()
    made = access_page.page_of(Table(schema._schema))
    assert access_page.written(page, made) == page, "run `python -m tests.access.access_page`"
    assert made in page


def test_a_field_that_nobody_thought_of_fails(schema: GraphSchema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.access.access_table.FIELDS", {})
    with pytest.raises(NoVerdictError, match=r"Workspace\.viewerAccess has no verdict: it is fed by BatchFeed"):
        verdict_of(schema._schema, "Workspace", "viewerAccess")
    monkeypatch.setattr("tests.access.access_table.ARGUMENTS", {})
    monkeypatch.setattr("tests.access.access_table.FIELDS", FIELDS)
    with pytest.raises(NoVerdictError, match=r"Agent\.workspaces\(first:\) has no verdict"):
        Table(schema._schema).below("Agent", ())


async def test_the_world_holds_something_for_every_relation_and_every_role(walk: Walk) -> None:
    empty = {
        spot.coordinate
        for on, spots in walk.table.spots.items()
        for spot in spots
        if spot.inner and not any(_is_there(walk.base[one][spot.key]) for one in walk.ids(on) if one in walk.base)
    }
    assert empty == {"Message.error", "Run.workflow", "Run.origin"}  # parts of the row, which lead nowhere
    gone = {one.mark for one in walk.stage.ours.records.values() if walk.stage.ours.id_of(one.mark) not in walk.base}
    assert gone == {one.mark for one in walk.stage.ours.records.values() if one.is_deleted}
    seen = {role.name: len(access_rules.seen(role, walk.stage.ours, "WORKSPACE")) for role in ASKING}
    assert seen == {
        "another organisation": 0, "own-scope colleague": 4, "share recipient": 6, "expired recipient": 0, "owner": 8,
        "organisation reader": len(HOMES) - 1, "admin": len(HOMES) - 1,
    }  # fmt: skip


def _is_there(value: Any) -> bool:
    return bool(value["nodes"] if isinstance(value, dict) and "nodes" in value else value)


async def test_every_role_sees_its_own_through_every_door_and_no_more(walk: Walk, tmp_path: Path) -> None:
    for role in ASKING:
        graph = walk.stage.graph(role)
        for door in DOORS:
            await _through(walk, role, graph, door)
        await through_roots(walk, role, graph)
        await access_pages.through_orders(walk, role, graph)
        await access_pages.through_cursors(walk, role, graph)
        await access_pages.through_sums(walk, role, graph)

    places = {
        door: number
        for door, number in (walk.table.places() | access_pages.places_of(walk.table)).items()
        if door != "mutation"
    }
    asked = {role.name: {door: walk.asked[door, role.name] for door in places} for role in ASKING}
    assert asked == {role.name: places for role in ASKING}
    assert {door for door in walk.table.places() if door not in (*DOORS, "root", "mutation")} == set()


async def _through(walk: Walk, role: Role, graph: Asking, door: str) -> None:
    for on in walk.table.kinds:
        if door in walk.table.doors_of(on):
            await DOORS[door](walk, role, graph, on)


async def test_graphql_core_lets_through_the_same_doors_no_more(walk: Walk) -> None:
    if not walk.stage.database.is_sqlite:
        pytest.skip("the executor does not know the database")
    walk.stage.schema = build_schema()
    for role in (OWNING, RECIPIENT, READER):
        graph = walk.stage.graph(role)
        for door in ("list", "nodes", "_entities"):
            await _through(walk, role, graph, door)
        await through_roots(walk, role, graph)


async def test_nobody_is_let_through_any_door(walk: Walk, tmp_path: Path) -> None:
    if not walk.stage.database.is_sqlite:
        pytest.skip("who has no token does not come as far as the database")
    sent = {}
    for door, asked in _asked_of(walk).items():
        graph = walk.stage.graph(READER)
        await asked(graph)
        sent[door] = list(dict.fromkeys(text for text, _variables in graph.sent))
    sent["mutation"] = [text_of(mutation) for mutation in (*TARGETS, *FREE)]
    assert {*sent} == {*walk.table.places(), *access_pages.places_of(walk.table), "filter"}

    statuses = {door: await _posted(walk.stage, texts, tmp_path) for door, texts in sent.items() if texts}
    assert statuses == {door: {401} for door in sent}


def _asked_of(walk: Walk) -> dict[str, Callable[[Asking], Awaitable[object]]]:
    """By door what asks all its documents."""
    found: dict[str, Callable[[Asking], Awaitable[object]]] = {
        door: partial(_through, walk, READER, door=door) for door in DOORS
    }
    others = {
        "root": through_roots, "order": access_pages.through_orders, "cursor": access_pages.through_cursors,
        "aggregate": access_pages.through_sums, "filter": access_filters.through_filters,
    }  # fmt: skip
    return found | {door: partial(asks, walk, READER) for door, asks in others.items()}


async def _posted(stage: Stage, documents: list[str], folder: Path) -> set[int]:
    """The statuses of these documents, sent without a token; none has data."""
    url = stage.database.url.render_as_string(hide_password=False)
    app = application(Settings(data_dir=folder, database_url=url, failure_limit=0))
    statuses = set()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://graph.test") as client:
        for text in documents:
            answer = await client.post("/graphql", json={"query": text})
            statuses.add(answer.status_code)
            assert (
                answer.json().get("data") is None
                and answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            )
    await app.state.database.close()
    return statuses
