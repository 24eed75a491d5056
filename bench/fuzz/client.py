"""The clients: connections over which requests go out one after the other, and sockets."""

from __future__ import annotations

import asyncio
import json
import time
from random import Random
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from bench.fuzz.documents import BY_HAND, broken, odd_value, variables
from bench.fuzz.requests import Known, request
from bench.fuzz.verdicts import EXPECTED_CLOSES, Answer, Tally, judged_value

SECONDS = 30  # after which an answer counts as missing
SOCKET_SHARE = 0.02  # of all requests: messages over sockets
MESSAGES = 20  # over one socket


async def over_http(known: Known, seed: str, numbers: list[int], tally: Tally) -> None:
    """Send the requests of these numbers; the connection is opened anew wherever the server closed it."""
    host, _, port = known.host.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    while numbers:
        made = request(Random(f"{seed}/{numbers.pop()}"), known)
        try:
            writer.write(made.raw)
            async with asyncio.timeout(SECONDS):
                answer = await answer_to(reader, is_head=made.is_head)
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            tally.kinds[made.kind] += 1
            tally.findings.append((f"{made.kind}: no answer: {type(error).__name__} {error}", made.raw, b""))
            answer = None
        if answer is not None:
            tally.note(made.kind, made.raw, answer, is_head=made.is_head)
        if answer is None or answer.headers.get("connection") == "close" or b"Connection: close" in made.raw:
            writer.close()
            reader, writer = await asyncio.open_connection(host, int(port))
    writer.close()


async def answer_to(reader: asyncio.StreamReader, *, is_head: bool = False) -> Answer:
    """The next answer; raises IncompleteReadError where the server closed the connection."""
    began = time.perf_counter()
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status_line, *lines = head.split("\r\n")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    status = int(status_line.split()[1])
    body = b""
    if headers.get("transfer-encoding") == "chunked" and not is_head:
        while (size := int(await reader.readline(), 16)) > 0:
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    elif not is_head and status not in (204, 304):
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Answer(status, headers, body, time.perf_counter() - began)


async def over_sockets(known: Known, seed: str, numbers: list[int], tally: Tally) -> None:
    """Send messages, right and odd ones, over one socket after the other."""
    while numbers:
        random = Random(f"{seed}/socket/{numbers[-1]}")
        sent: list[Any] = []
        try:
            await _conversation(known, random, numbers, tally, sent)
        except (TimeoutError, OSError, InvalidStatus) as error:
            tally.findings.append((f"socket: {type(error).__name__} {error}", repr(sent).encode(), b""))


async def _conversation(known: Known, random: Random, numbers: list[int], tally: Tally, sent: list[Any]) -> None:
    headers = {"Authorization": f"Bearer {known.token}"}
    protocols = [Subprotocol("graphql-transport-ws")]
    async with connect(f"ws://{known.host}/graphql", additional_headers=headers, subprotocols=protocols) as socket:
        if random.random() < 0.95:
            await socket.send('{"type":"connection_init"}')
            await asyncio.wait_for(socket.recv(), SECONDS)
        for _ in range(min(MESSAGES, len(numbers))):
            numbers.pop()
            tally.kinds["socket"] += 1
            message, is_asking = _message(random, known)
            sent.append(message)
            try:
                await socket.send(message)
                if is_asking:
                    _judge(await asyncio.wait_for(_told(socket, message), SECONDS), sent, tally)
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else 0
                tally.closes[code] += 1
                if code not in EXPECTED_CLOSES:
                    tally.findings.append((f"socket: closed with {code}", repr(sent[-3:]).encode(), b""))
                return


async def _told(socket: Any, message: str | bytes) -> Any:
    """The answer to an operation."""
    asked = json.loads(message)["id"]
    while True:
        told = json.loads(await socket.recv())
        if told.get("id") == asked and told["type"] != "complete":
            return told


def _judge(told: Any, sent: list[Any], tally: Tally) -> None:
    payload = {"errors": told["payload"]} if told["type"] == "error" else told["payload"]
    codes, fault = judged_value(payload, 200, None)
    tally.codes.update(codes)
    if fault:
        tally.findings.append((f"socket: {fault}", repr(sent[-1]).encode(), json.dumps(told).encode()))


def _message(random: Random, known: Known) -> tuple[str | bytes, bool]:
    """A message, and whether it must be answered."""
    payload: dict[str, Any] = {"query": random.choice(BY_HAND), "variables": variables(random, known.corpus)}
    if random.random() < 0.5:
        payload["query"] = known.corpus.query(random)
    if random.random() < 0.3:
        payload["query"] = broken(payload["query"], random)
    asking = {"type": "subscribe", "id": f"{random.getrandbits(40):x}", "payload": payload}
    if random.random() < 0.85:
        return json.dumps(asking), True
    odd: tuple[Any, ...] = (
        {"type": "ping"}, {"type": "pong", "payload": odd_value(random, known.corpus)}, {"type": "complete",
        "id": "nothing"},
        {"type": odd_value(random, known.corpus)}, odd_value(random, known.corpus), {"type": "connection_init"},
        {**asking, "id": odd_value(random, known.corpus)}, {**asking, "payload": odd_value(random, known.corpus)},
    )  # fmt: skip
    text = json.dumps(random.choice(odd))
    if random.random() < 0.2:
        return text.encode(), False
    return (text[: random.randrange(len(text))] if random.random() < 0.3 else text), False


async def run(known: Known, seed: str, numbers: list[int], connections: int) -> Tally:
    """Send the requests of these numbers over so many connections at once."""
    tally = Tally()
    count = int(len(numbers) * SOCKET_SHARE)
    by_socket, by_http = numbers[:count], numbers[count:][::-1]
    await asyncio.gather(
        over_sockets(known, seed, by_socket, tally),
        *(over_http(known, seed, by_http, tally) for _ in range(connections)),
    )
    return tally
