"""A real server: clients that are slow, endless, too large, or speak no HTTP are cut off, and others go on."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
import websockets

from db.access import READ
from db.database import Database
from resolvers.accounts import created_token
from settings import Settings
from tests.conftest import ORGANIZATION_ID
from tests.web.sites import ANSWERED, TYPENAME, served
from web import protocol

BODY_BYTES, HEADER_BYTES, SECONDS = 100_000, 8_192, 0.5
PATIENCE = 10


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """The port of a server with small limits, and a token for it."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(sqlite_template, folder / "workgraph.db")
    settings = Settings(
        data_dir=folder, body_bytes=BODY_BYTES, body_seconds=SECONDS, header_bytes=HEADER_BYTES, header_seconds=SECONDS
    )
    token = asyncio.run(_token(settings.url))
    with served(settings) as port:
        yield port, token


async def _token(url: str) -> str:
    database = Database(url)
    token = await created_token(database, ORGANIZATION_ID, "n@x", (READ,))
    await database.close()
    return token


def head(token: str, *lines: str, path: str = "/graphql", method: str = "POST") -> bytes:
    """The line and headers of a request."""
    told = (
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
    )
    return "\r\n".join((*told, *lines, "", "")).encode()


async def answered(port: int, *parts: bytes, pause: float = 0, end: bool = False) -> tuple[int, dict[str, str], Any]:
    """What a server answers to these bytes: status, headers, JSON. The connection must be closed if `end`."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        sending = asyncio.create_task(_sent(writer, parts, pause))
        top = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *rest = top.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest if one)}
        body = await reader.readexactly(int(headers["content-length"]))
        if end:
            assert await reader.read() == b""
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
    return int(line.split()[1]), headers, orjson.loads(body)


async def _sent(writer: asyncio.StreamWriter, parts: tuple[bytes, ...], pause: float) -> None:
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(pause)


def code(answer: tuple[int, dict[str, str], Any]) -> tuple[int, str]:
    """Status and code of an error in the form of all errors, which ends the connection."""
    status, headers, body = answer
    (error,) = body["errors"]
    assert re.fullmatch("[0-9a-f]{16}", error["extensions"]["requestId"])
    assert (headers["connection"], headers["content-type"], "server" in headers) == ("close", "application/json", False)
    return status, error["extensions"]["code"]


async def is_well(port: int, token: str) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        response = await client.post("/graphql", json=TYPENAME, headers={"Authorization": f"Bearer {token}"})
        assert response.json() == ANSWERED


async def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(server: tuple[int, str]) -> None:
    port, token = server
    for lines in (
        ("Content-Length: 100001",),
        ("Content-Length: 999999999999",),
        ("Content-Length: 100001", "Expect: 100-continue"),
    ):
        assert code(await answered(port, head(token, *lines), end=True)) == (413, "BODY_TOO_LARGE")
    assert code(await answered(port, head("", "Content-Length: 100"), end=True)) == (401, "UNAUTHENTICATED")


async def test_endless_bodies_are_cut_off(server: tuple[int, str]) -> None:
    port, token = server
    chunk = b"2710\r\n" + b" " * 10_000 + b"\r\n"
    assert code(await answered(port, head(token, "Transfer-Encoding: chunked"), *[chunk] * 200)) == (
        413,
        "BODY_TOO_LARGE",
    )
    assert code(await answered(port, head("x", "Transfer-Encoding: chunked"), *[chunk] * 200)) == (
        401,
        "UNAUTHENTICATED",
    )
    await is_well(port, token)


async def test_what_stands_behind_a_body_in_chunks_is_no_header(server: tuple[int, str]) -> None:
    port, token = server
    unsigned = b"\r\n".join(line for line in head("").split(b"\r\n") if b"Authorization" not in line)
    lines = unsigned.removesuffix(b"\r\n") + b"Transfer-Encoding: chunked\r\n\r\n"
    body = b'1a\r\n{"query":"{ __typename }"}\r\n0\r\n'
    trailer = f"Authorization: Bearer {token}\r\n\r\n".encode()
    assert (await answered(port, lines + body + trailer))[0] == 401
    signed = head(token, "Transfer-Encoding: chunked")
    assert (await answered(port, signed + body + b"Authorization: Bearer x\r\n\r\n"))[::2] == (200, ANSWERED)
    flood = b"".join(b"X-%d: a\r\n" % number for number in range(2_000))
    assert code(await answered(port, signed + body + flood + b"\r\n", end=True)) == (431, "HEADERS_TOO_LARGE")


async def test_slow_bodies_are_given_up(server: tuple[int, str]) -> None:
    port, token = server
    slow = [b"1\r\n \r\n"] * 1_000
    for lines, parts in (
        (("Transfer-Encoding: chunked",), slow),
        (("Content-Length: 1000",), [b" "] * 1_000),
        (("Content-Length: 10",), []),
    ):
        answer = await answered(port, head(token, *lines), *parts, pause=0.05, end=True)
        assert code(answer) == (408, "BODY_TIMEOUT")


async def test_headers_are_bounded_in_bytes(server: tuple[int, str]) -> None:
    port, token = server
    floods = {
        "many": head(token, *(f"X-{number}: {'a' * 50}" for number in range(200))),
        "large": head(token, f"X-A: {'a' * 20_000}"),
        "a long address": head(token, path="/graphql?query=" + "a" * 20_000, method="GET"),
        "without end": b"GET /graphql HTTP/1.1\r\nX: " + b"a" * 200_000,
        "a name without end": b"GET / HTTP/1.1\r\n" + b"a" * 200_000,
        "an address without end": b"GET /" + b"a" * 200_000,
    }
    refused = {name: code(await answered(port, flood, end=True)) for name, flood in floods.items()}
    assert refused == dict.fromkeys(floods, (431, "HEADERS_TOO_LARGE"))
    status, _headers, body = await answered(
        port, head(token, f"X: {'a' * 7_000}", "Content-Length: 26"), b'{"query":"{ __typename }"}'
    )
    assert (status, body) == (200, ANSWERED)


async def test_slow_headers_are_given_up_and_silent_connections_closed(server: tuple[int, str]) -> None:
    port, token = server
    drops = [bytes([byte]) for byte in head(token, "Content-Length: 2")]
    assert code(await answered(port, *drops, pause=0.05, end=True)) == (408, "HEADERS_TIMEOUT")
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head(token, method="GET", path="/livez"))
        await reader.readuntil(b'{"status":"ok"}')
        writer.write(b"\r\n")  # as if another request began
        await reader.read()
        writer.close()
        await writer.wait_closed()


async def test_a_connection_takes_one_request_after_the_other(server: tuple[int, str]) -> None:
    port, token = server
    request = head(token, "Content-Length: 26") + b'{"query":"{ __typename }"}'
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for pause in (0, 0, SECONDS * 1.5, 0):  # less than the server keeps a connection, more than headers may take
            await asyncio.sleep(pause)
            writer.write(request)
            assert (await reader.readuntil(b'"Query"}}')).startswith(b"HTTP/1.1 200")
        writer.write(request * 3)  # at once
        for _ in range(3):
            assert (await reader.readuntil(b'"Query"}}')).startswith(b"HTTP/1.1 200")
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 100,
        b"GET / HTTP/1.1\r\nA B: c\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", b"GET / HTTP/1.1\r\nA: \0\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"GET http://[ HTTP/1.1\r\n\r\n",
    ],
)  # fmt: skip
async def test_what_is_no_http_is_refused_in_the_form_of_errors(server: tuple[int, str], sent: bytes) -> None:
    status, _code = code(await answered(server[0], sent, end=True))
    assert status == 400


async def test_messages_of_a_socket_are_bounded(server: tuple[int, str]) -> None:
    port, token = server
    address, headers = f"ws://127.0.0.1:{port}/graphql", {"Authorization": f"Bearer {token}"}
    spoken = websockets.Subprotocol("graphql-transport-ws")
    for large in ("x" * (BODY_BYTES + 1), ["x" * 60_000] * 3):
        async with websockets.connect(address, additional_headers=headers, subprotocols=[spoken]) as socket:
            await socket.send(large)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009
    async with websockets.connect(address, additional_headers=headers, subprotocols=[spoken]) as socket:
        assert socket.protocol.extensions == []  # nothing is packed
        await socket.send('{"type":"connection_init"}')
        assert await socket.recv() == '{"type":"connection_ack"}'
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(address, subprotocols=[spoken])
    told = orjson.loads(refused.value.response.body or b"")["errors"][0]["extensions"]
    assert (refused.value.response.status_code, told["code"]) == (401, "UNAUTHENTICATED")
    assert refused.value.response.headers["x-request-id"] == told["requestId"]


async def test_a_client_that_reads_no_answers_is_cut_off(
    server: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "READING_SECONDS", 0.3)
    port, token = server
    body = b'{"query":"{ _service { sdl } }"}'
    async with asyncio.timeout(PATIENCE):
        _reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        with pytest.raises(ConnectionError):  # noqa: PT012
            while True:
                writer.write((head(token, f"Content-Length: {len(body)}") + body) * 50)
                await asyncio.sleep(0.1)
                await writer.drain()
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
    await is_well(port, token)


async def test_a_client_that_reads_no_answers_of_its_socket_is_cut_off(
    server: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "READING_SECONDS", 0.3)
    port, token = server
    address, headers = f"ws://127.0.0.1:{port}/graphql", {"Authorization": f"Bearer {token}"}
    spoken = websockets.Subprotocol("graphql-transport-ws")
    async with asyncio.timeout(PATIENCE):
        socket = await websockets.connect(address, additional_headers=headers, subprotocols=[spoken])
        await socket.send('{"type":"connection_init"}')
        assert await socket.recv() == '{"type":"connection_ack"}'
        socket.transport.pause_reading()
        with pytest.raises(websockets.ConnectionClosed):  # noqa: PT012
            while True:
                for _ in range(20):
                    message = {"type": "subscribe", "id": str(uuid4()), "payload": {"query": "{ _service { sdl } }"}}
                    await socket.send(orjson.dumps(message).decode())
                await asyncio.sleep(0.1)
    await is_well(port, token)


async def test_clients_write_nothing_into_the_log(
    sqlite_template: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(sqlite_template, tmp_path / "workgraph.db")
    settings = Settings(data_dir=tmp_path)
    token = await _token(settings.url)
    upgrade = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
    with served(settings, "info") as port:
        assert "startup complete" in capfd.readouterr().err
        await answered(port, b"nonsense\r\n\r\n")
        address, headers = f"ws://127.0.0.1:{port}/graphql", {"Authorization": f"Bearer {token}"}
        spoken = websockets.Subprotocol("graphql-transport-ws")
        async with websockets.connect(address, additional_headers=headers, subprotocols=[spoken]):
            pass
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(address)
        for lines in ((), ("Sec-WebSocket-Key: x",), ("Upgrade: h2c", "Connection: Upgrade")):
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head("x", *(upgrade if len(lines) < 2 else ()), *lines, method="GET"))
            await asyncio.wait_for(_reader.read(1_000), PATIENCE)
            writer.close()
        assert capfd.readouterr().err == ""
