"""A process that answers as many requests as it can says so at once; health stays up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from db.database import Database
from tests.test_socket import Socket, opened
from tests.web.sites import ANSWERED, Site, Sites, code_of


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Statements wait until it is set."""
    go, rows = asyncio.Event(), Database.rows

    async def waiting(self: Database, statement: Any, *values: Any) -> Any:
        await go.wait()
        return await rows(self, statement, *values)

    monkeypatch.setattr(Database, "rows", waiting)
    return go


async def until_busy(site: Site, requests: int) -> None:
    async with asyncio.timeout(10):
        while site.app.state.overload.now < requests:  # noqa: ASYNC110  nothing tells when
            await asyncio.sleep(0.01)


async def test_beyond_the_room_of_a_process_requests_are_refused_before_anything_is_done(
    sites: Sites, held: asyncio.Event
) -> None:
    site = await sites(concurrency=3)
    waiting = [asyncio.create_task(site.post()) for _ in range(3)]
    await until_busy(site, 3)
    for refused in (
        await site.post(),
        await site.post(authorization="Bearer x"),
        await site.client.get("/sign-in?code=x"),
    ):
        assert code_of(refused) == (503, "OVERLOADED")
        assert refused.headers["retry-after"] == "1"
        told = refused.json()["errors"][0]["extensions"]
        assert (told["limit"], told["value"], told["asked"], told["retryable"]) == ("concurrency", 3, 4, True)
    for path in ("/livez", "/readyz"):
        assert (await site.client.get(path)).json() == {"status": "ok"}
    held.set()
    assert [response.json() for response in await asyncio.gather(*waiting)] == [ANSWERED] * 3
    assert (site.app.state.overload.now, (await site.post()).json()) == (0, ANSWERED)


async def test_operations_over_sockets_take_room_and_open_sockets_do_not(sites: Sites, held: asyncio.Event) -> None:
    site = await sites(concurrency=1, token_cache_seconds=60)
    held.set()
    await site.post()  # the token is known from now on
    held.clear()
    async with opened(site.app, site.token) as socket, opened(site.app, site.token) as other:
        await socket.say(type="subscribe", id="1", payload={"query": "{ workspaces { totalCount } }"})
        await until_busy(site, 1)
        (error,) = await other.asked("{ __typename }")
        assert error["extensions"]["code"] == "OVERLOADED"
        assert code_of(await site.post()) == (503, "OVERLOADED")
        held.set()
        assert (await socket.heard())["payload"] == {"data": {"workspaces": {"totalCount": 0}}}
    assert site.app.state.overload.now == 0


async def test_bodies_that_are_awaited_take_no_room_and_count_for_their_account_alone(sites: Sites) -> None:
    site = await sites(concurrency=1, account_concurrency=3, token_cache_seconds=60)
    come = [asyncio.Event() for _ in range(3)]
    await site.post()  # the token is known from now on

    async def slow(arrived: asyncio.Event) -> AsyncIterator[bytes]:
        await arrived.wait()
        yield b'{"query":"{ __typename }"}'

    headers = {**site.signed, "content-type": "application/json"}
    waiting = [asyncio.create_task(_answered(site.app, headers, slow(arrived))) for arrived in come]
    async with asyncio.timeout(10):
        while sum(site.app.state.shares.now.values()) < 3:  # noqa: ASYNC110  nothing tells when
            await asyncio.sleep(0.01)
    assert site.app.state.overload.now == 0
    refused = await site.post()
    told = refused.json()["errors"][0]["extensions"]
    assert (code_of(refused), refused.headers["retry-after"]) == ((503, "OVERLOADED"), "1")
    assert (told["limit"], told["value"], told["asked"]) == ("accountConcurrency", 3, 4)
    other = await site.another_token()
    assert (await site.post(authorization=f"Bearer {other}")).json() == ANSWERED
    for arrived, one in zip(come, waiting, strict=True):
        arrived.set()
        assert await one == 200
    assert (site.app.state.shares.now, (await site.post()).json()) == ({}, ANSWERED)


async def _answered(app: Any, headers: dict[str, str], body: AsyncIterator[bytes]) -> int:
    """The status of the answer to a body that comes when it comes; httpx would wait for it first."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": await anext(body), "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    named = [(name.encode(), value.encode()) for name, value in {"host": "localhost", **headers}.items()]
    scope = {
        "type": "http", "method": "POST", "path": "/graphql", "raw_path": b"/graphql", "root_path": "", "scheme": "http",
        "query_string": b"", "headers": named, "client": ("127.0.0.1", 1), "server": ("localhost", 80),
    }  # fmt: skip
    await app(scope, receive, send)
    status: int = sent[0]["status"]
    return status


async def test_an_account_has_so_many_sockets(sites: Sites) -> None:
    site = await sites(account_sockets=1)
    async with opened(site.app, site.token):
        second = Socket(site.app, site.token)
        await second.coming.put({"type": "websocket.connect"})
        told = await asyncio.wait_for(second.sent.get(), 10)
        assert (told["type"], told["status"]) == ("websocket.http.response.start", 503)
        async with opened(site.app, await site.another_token()) as socket:
            assert await socket.asked("{ __typename }") == ANSWERED
    async with opened(site.app, site.token) as socket:
        assert await socket.asked("{ __typename }") == ANSWERED


async def test_to_find_out_who_asks_is_part_of_a_requests_time(sites: Sites, held: asyncio.Event) -> None:
    site = await sites(request_seconds=0.1)
    assert code_of(await site.post()) == (504, "TIMEOUT")
    held.set()
    assert (await site.post()).json() == ANSWERED


async def test_a_request_that_fails_or_goes_gives_its_room_back(sites: Sites, held: asyncio.Event) -> None:
    site = await sites(concurrency=2)
    for _ in range(3):
        gone = asyncio.create_task(site.post())
        await until_busy(site, 1)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
    held.set()
    await site.post(b"{")
    assert site.app.state.overload.now == 0


async def test_readiness_needs_no_connection_of_requests_and_is_not_asked_more_than_once_a_second(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = site.app.state.database.engine
    busy = [await engine.connect() for _ in range(10)]  # all that the pool has
    for connection in busy:
        await connection.execute(text("SELECT 1"))
    made: list[Any] = []
    init = Database.__init__
    monkeypatch.setattr(Database, "__init__", lambda self, *told: (made.append(self), init(self, *told))[1])
    answers = await asyncio.gather(*(site.client.get("/readyz") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(made) == 1
    for connection in busy:
        await connection.close()
