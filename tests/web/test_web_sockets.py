"""Messages of a socket: what is none of the protocol closes it, with the protocol's codes."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from tests.test_socket import Socket, opened
from tests.web.sites import ANSWERED, Site, Sites
from web.graph import Graph

INIT = {"type": "connection_init"}
ASK: dict[str, Any] = {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}
FRAMES: dict[str, tuple[list[Any], int]] = {
    "no JSON": ([b"{"], 4400), "nothing": ([b""], 4400), "a list": ([[1]], 4400), "a number": ([5], 4400), "null": ([None], 4400),
    "no type": ([{}], 4400), "a number as type": ([{"type": 5}], 4400), "an unknown type": ([{"type": "start"}], 4400),
    "a list as type": ([{"type": []}], 4400), "a key twice": ([b'{"type":"ping","type":"ping"}'], 4400),
    "deep": ([b"[" * 100_000], 4400), "half a surrogate pair": ([rb'{"type":"\ud800"}'], 4400), "NaN": ([b'{"type":NaN}'], 4400),
    "a wrong payload of init": ([{**INIT, "payload": 5}], 4400), "asking before init": ([ASK], 4401), "init twice": ([INIT, INIT], 4429),
    "no id": ([INIT, {"type": "subscribe", "payload": {"query": "{a}"}}], 4400), "an empty id": ([INIT, {**ASK, "id": ""}], 4400),
    "a number as id": ([INIT, {**ASK, "id": 1}], 4400), "a list as id": ([INIT, {**ASK, "id": []}], 4400),
    "no payload": ([INIT, {"type": "subscribe", "id": "1"}], 4400), "a list as payload": ([INIT, {**ASK, "payload": []}], 4400),
    "a text as payload": ([INIT, {**ASK, "payload": "{ a }"}], 4400), "an id twice": ([INIT, ASK, ASK], 4409),
    "a complete without id": ([INIT, {"type": "complete"}], 4400), "a complete of a number": ([INIT, {"type": "complete", "id": 5}], 4400),
    "the older protocol": ([INIT, {"type": "start", "id": "1", "payload": {"query": "{a}"}}], 4400),
    "what servers say": ([INIT, {"type": "next", "id": "1"}], 4400), "bytes": ([bytearray(b'{"type":"ping"}')], 4400),
}  # fmt: skip


async def closed_with(app: Any, token: str, frames: list[Any]) -> int:
    """The code that a socket is closed with after these frames."""
    socket = Socket(app, token)
    await socket.coming.put({"type": "websocket.connect"})
    assert (await socket.sent.get())["type"] == "websocket.accept"
    for frame in frames:
        if isinstance(frame, bytearray):
            message: dict[str, Any] = {"bytes": bytes(frame)}
        else:
            message = {"text": (frame if isinstance(frame, bytes) else orjson.dumps(frame)).decode()}
        await socket.coming.put({"type": "websocket.receive", **message})
    async with asyncio.timeout(10):
        while (told := await socket.sent.get())["type"] != "websocket.close":
            assert orjson.loads(told["text"])["type"] in ("connection_ack", "next", "complete")
    await socket.coming.put({"type": "websocket.disconnect", "code": 1000})
    await asyncio.wait_for(socket.running, 10)
    code: int = told["code"]
    return code


async def test_what_is_no_message_closes_the_socket(site: Site) -> None:
    with capture_logs() as logged:
        codes = {name: await closed_with(site.app, site.token, frames) for name, (frames, _code) in FRAMES.items()}
    assert codes == {name: code for name, (_frames, code) in FRAMES.items()}
    assert logged == []


async def test_what_is_odd_and_allowed_does_not_disturb(site: Site) -> None:
    async with opened(site.app, site.token) as socket:
        for message in ({"type": "ping"}, {"type": "ping", "payload": {"a": [1]}}):
            await socket.say(**message)
            assert await socket.heard() == {"type": "pong"}
        await socket.say(type="pong")
        await socket.say(type="complete", id="unknown")
        assert await socket.asked("{ __typename }") == ANSWERED
        (error,) = await socket.asked("{ a")
        assert error["extensions"]["code"] == "BAD_REQUEST"
        assert await socket.asked("{ __typename }") == ANSWERED  # the same id, and the socket is open


async def test_messages_are_texts_as_browsers_read_them(site: Site) -> None:
    async with opened(site.app, site.token) as socket:
        await socket.say(type="ping")
        assert (await socket.sent.get())["text"] == '{"type":"pong"}'


async def test_another_protocol_a_long_message_and_silence_close_the_socket(sites: Sites) -> None:
    site = await sites(body_bytes=1_000, socket_init_seconds=0.05)
    assert await closed_with(site.app, site.token, [b" " * 1_001]) == 1009
    assert await closed_with(site.app, site.token, []) == 4408
    scope_of = Socket.__init__

    class Older(Socket):
        def __init__(self, app: Any, token: str) -> None:
            async def with_older(scope: Any, receive: Any, send: Any) -> None:
                await app({**scope, "subprotocols": ["graphql-ws"]}, receive, send)

            scope_of(self, with_older, token)

    socket = Older(site.app, site.token)
    await socket.coming.put({"type": "websocket.connect"})
    assert (await socket.sent.get())["type"] == "websocket.accept"
    assert (await socket.sent.get())["code"] == 4406


async def test_whoever_does_not_heed_refusals_is_closed(sites: Sites) -> None:
    site = await sites(socket_operations=2)
    stuck = asyncio.Event()

    async def unread(scope: Any, receive: Any, send: Any) -> None:
        async def sent(message: Any) -> None:
            await send(message)
            if '"id"' in message.get("text", ""):  # an answer
                await stuck.wait()

        await site.app(scope, receive, sent)

    socket = Socket(unread, site.token)
    await socket.coming.put({"type": "websocket.connect"})
    await socket.say(type="connection_init")
    for number in range(5):
        await socket.say(type="subscribe", id=str(number), payload={"query": "{ __typename }"})
    async with asyncio.timeout(10):
        while (told := await socket.sent.get())["type"] != "websocket.close":
            pass
    assert (told["code"], socket.sent.empty()) == (1008, True)
    stuck.set()
    await socket.coming.put({"type": "websocket.disconnect", "code": 1008})
    await asyncio.wait_for(socket.running, 10)


async def test_a_socket_has_so_many_operations_at_once(sites: Sites, monkeypatch: pytest.MonkeyPatch) -> None:
    site = await sites(socket_operations=2)
    go = asyncio.Event()
    answer = Graph.answer

    async def held(self: Any, *told: Any) -> Any:
        await go.wait()
        return await answer(self, *told)

    monkeypatch.setattr(Graph, "answer", held)
    async with opened(site.app, site.token) as socket:
        for number in range(3):
            await socket.say(type="subscribe", id=str(number), payload={"query": "{ __typename }"})
        refused = await socket.heard()
        assert (refused["id"], refused["type"]) == ("2", "error")
        told = refused["payload"][0]["extensions"]
        assert (told["code"], told["limit"], told["value"], told["asked"]) == ("SOCKET_BUSY", "socketOperations", 2, 3)
        await socket.say(type="complete", id="0")  # given up: there is room again
        await socket.say(type="subscribe", id="3", payload={"query": "{ __typename }"})
        go.set()
        heard = [await socket.heard() for _ in range(4)]
        assert sorted(message["id"] for message in heard) == ["1", "1", "3", "3"]
