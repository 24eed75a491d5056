"""GET, POST and WebSocket: each role is answered the same over each, at every root of the graph; nobody over none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway import application
from settings import Settings
from tests.access.access_fixtures import (  # noqa: F401
    roomy_once,
    stage_of_each_kind,
    stage_of_its_own,
    staged_on_postgresql,
    staged_on_sqlite,
    template_with_stage,
    walk_learnt,
)
from tests.access.access_rules import ASKING, NOBODY, ROLES
from tests.access.access_walk import Walk, told_codes
from tests.test_socket import Socket, opened

Answer = tuple[Any, list[Any]]
TRANSPORTS = ("GET", "POST", "WebSocket")


def documents(walk: Walk) -> dict[str, str]:
    """By root a document that asks it; of records by their ids, some that each role sees and some that it does not."""
    world = walk.stage.ours
    homes = ("own-all", "hidden-all", "shared-live", "gone")
    ids = {on: [world.workspace_id(home) for home in homes] for on in ("Workspace",)}
    marks = {"Agent": "role", "Computer": "computer-1", "Chart": "chart-1", "Session": "session-1", "Run": "run-1"}
    for on, suffix in marks.items():
        ids[on] = [world.id_of(f"{home}/{suffix}") for home in homes if f"{home}/{suffix}" in world.records]
    asked = {name: _rows(walk, on, name) for on, name in walk.table.lists.items()}
    for on, name in walk.table.by_id.items():
        asked[name] = " ".join(f'r{place}: {name}(id: "{one}") {{ id }}' for place, one in enumerate(ids[on]))
    every = [one for of_type in ids.values() for one in of_type]
    quoted = ", ".join(f'"{one}"' for one in every)
    them = ", ".join(f'{{__typename: "{on}", id: "{one}"}}' for on, of_type in ids.items() for one in of_type)
    asked["node"] = " ".join(f'r{place}: node(id: "{one}") {{ id }}' for place, one in enumerate(every[::3]))
    asked["nodes"] = f"nodes(ids: [{quoted}]) {{ __typename id }}"
    asked["_entities"] = f"_entities(representations: [{them}]) {{ __typename }}"
    asked["lookup"] = " ".join(
        f'{name}: lookup(system: VAI, type: WORKSPACE, externalId: "{home}.vai") {{ id }}'
        for name, home in (("a", "own-vai"), ("b", "hidden-vai"), ("c", "shared-live"), ("d", "hidden-all"))
    )
    asked["viewer"] = "viewer { email scopes organization { name } users { id } }"
    asked["sources"] = "sources { system recordCount staleCount records { kind count } answers { totalCount } }"
    asked["usage"] = "usage(groupBy: [WORKSPACE]) { rows { workspaceId runCount cost } totals { runCount cost } }"
    asked["tableCandidates"] = "tableCandidates { tableName }"
    asked["_service"] = "_service { sdl }"
    return {name: f"{{ {text} }}" for name, text in asked.items()}


def _rows(walk: Walk, on: str, name: str) -> str:
    if walk.table.list_spots[on].of.endswith("Connection"):
        return f"{name}(first: 200) {{ nodes {{ id }} totalCount }}"
    return f"{name} {{ id workspaces {{ totalCount }} }}"


@pytest.fixture
async def app(walk: Walk, tmp_path: Path) -> AsyncIterator[Any]:
    url = walk.stage.database.url.render_as_string(hide_password=False)
    made = application(Settings(data_dir=tmp_path, database_url=url, rate_limit=0, failure_limit=0))
    yield made
    await made.state.database.close()


def _told(body: Any) -> Answer:
    """The data of an answer, and path and code of its errors."""
    answer = {"errors": body} if isinstance(body, list) else body
    errors = [(error.get("path"), error["extensions"]["code"]) for error in answer.get("errors", ())]
    return answer.get("data"), sorted(errors, key=str)


async def test_each_role_is_answered_the_same_over_get_post_and_websocket(walk: Walk, app: Any) -> None:
    asked, compared = documents(walk), 0
    assert set(asked) == set(walk.table.schema.query_type.fields), "a root without a document"  # type: ignore[union-attr]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
        for role in ASKING:
            token = walk.stage.tokens[role.name]
            headers = {"Authorization": f"Bearer {token}"}
            async with opened(app, token) as socket:
                for name, text in asked.items():
                    result = await walk.stage.graph(role).ask(text)
                    wanted = (result.data, sorted(told_codes(result), key=str))
                    over = {
                        "GET": (await client.get("/graphql", params={"query": text}, headers=headers)).json(),
                        "POST": (await client.post("/graphql", json={"query": text}, headers=headers)).json(),
                        "WebSocket": await socket.asked(text),
                    }
                    for transport in TRANSPORTS:
                        compared += 1
                        if _told(over[transport]) != wanted:
                            walk.wrong.append(
                                f"{role.name}, {transport}, {name}: {_told(over[transport])} and not {wanted}"
                            )
    assert compared == len(ASKING) * len(TRANSPORTS) * len(asked)
    assert {*ROLES} == {*ASKING, NOBODY}


async def test_nobody_is_answered_over_none_of_them(walk: Walk, app: Any) -> None:
    asked = documents(walk)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
        for text in asked.values():
            for answer in (
                await client.get("/graphql", params={"query": text}),
                await client.post("/graphql", json={"query": text}),
            ):
                assert (answer.status_code, answer.json().get("data")) == (401, None)
    for token in ("", "wg_wrong", walk.stage.tokens[ASKING[0].name][:-1]):
        socket = Socket(app, token)
        await socket.coming.put({"type": "websocket.connect"})
        assert (await asyncio.wait_for(socket.sent.get(), 10))["type"] != "websocket.accept"
        await asyncio.wait_for(socket.running, 10)


async def test_a_mutation_by_get_is_refused_whoever_sends_it(walk: Walk, app: Any) -> None:
    text = f'mutation {{ updateWorkspace(input: {{id: "{walk.stage.ours.workspace_id("own-vai")}", title: "x"}}) {{ __typename }} }}'
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
        for role in ASKING:
            headers = {"Authorization": f"Bearer {walk.stage.tokens[role.name]}"}
            answer = await client.get("/graphql", params={"query": text}, headers=headers)
            assert 400 <= answer.status_code < 500
            assert answer.json().get("data") is None
    name = walk.base[walk.stage.ours.workspace_id("own-vai")]["name"]
    data = await walk.reader.data(f'{{ workspace(id: "{walk.stage.ours.workspace_id("own-vai")}") {{ name }} }}')
    assert data["workspace"] == {"name": name}
