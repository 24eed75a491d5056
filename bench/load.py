"""The load: a process of its own that sends requests over kept-alive connections and times the answers.

It reads one JSON object a line from standard input, runs that load, and writes one JSON object back. Bodies are counted
and not read, so that it costs little beside the server.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import uvloop

HEAD_END, CHUNKED, LENGTH, LAST_CHUNK = b"\r\n\r\n", b"transfer-encoding: chunked", b"content-length:", b"\r\n0\r\n\r\n"


@dataclass(frozen=True)
class Load:
    """So many connections that send these bodies in turn for so long; each lets its last answer come in."""

    port: int
    token: str
    bodies: Sequence[str]
    connections: int
    seconds: float


@dataclass(frozen=True)
class Timing:
    """What came of a load."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    answer_bytes: float


class Client(asyncio.Protocol):
    """One connection: sends a request, waits for the whole answer, sends the next."""

    def __init__(self, requests: list[bytes], deadline: float, place: int) -> None:
        self.requests, self.deadline, self.place = requests, deadline, place
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.latencies: list[float] = []
        self.head, self.missing, self.is_chunked, self.bytes = b"", -1, False, 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.send()

    def send(self) -> None:
        self.place += 1
        self.started = time.perf_counter()
        self.transport.write(self.requests[self.place % len(self.requests)])

    def data_received(self, data: bytes) -> None:
        if self.missing < 0:
            self.head += data
            end = self.head.find(HEAD_END)
            if end < 0:
                return
            self.begin(self.head[:end].lower())
            data = self.head[end + len(HEAD_END) :]
            self.head = b""
        self.bytes += len(data)
        if self.is_chunked:
            self.tail = (self.tail + data)[-len(LAST_CHUNK) :]
            if self.tail == LAST_CHUNK:
                self.finish()
            return
        self.missing -= len(data)
        if self.missing == 0:
            self.finish()

    def begin(self, head: bytes) -> None:
        """Read what the answer's head says."""
        if not head.startswith(b"http/1.1 200"):
            self.done.set_exception(RuntimeError(head.decode()))
        self.is_chunked, self.tail = CHUNKED in head, b""
        self.missing = 0 if self.is_chunked else int(head.partition(LENGTH)[2].split(b"\r\n")[0])

    def finish(self) -> None:
        """An answer is in."""
        now = time.perf_counter()
        self.latencies.append(now - self.started)
        self.missing = -1
        if now < self.deadline:
            self.send()
        elif not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))


async def timed(load: Load) -> Timing:
    """Runs a load. Raises RuntimeError for an answer other than 200."""
    loop = asyncio.get_running_loop()
    requests = [_request(load, body.encode()) for body in load.bodies]
    started = time.perf_counter()
    clients = []
    for place in range(load.connections):
        client = Client(requests, started + load.seconds, place * 7)
        await loop.create_connection(lambda client=client: client, "127.0.0.1", load.port)
        clients.append(client)
    await asyncio.gather(*(client.done for client in clients))
    seconds = time.perf_counter() - started
    for client in clients:
        client.transport.abort()
    latencies = sorted(latency for client in clients for latency in client.latencies)
    count = len(latencies)
    sizes = sum(client.bytes for client in clients)
    p50, p99 = latencies[count // 2], latencies[min(count - 1, count * 99 // 100)]
    return Timing(count, seconds, p50 * 1000, p99 * 1000, sizes / count)


def _request(load: Load, body: bytes) -> bytes:
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{load.port}\r\nAuthorization: Bearer {load.token}\r\n"
        f"Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Loader:
    """The loading process, seen from the one that measures."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, load: Load) -> Timing:
        """What came of a load. Raises RuntimeError where the loading process failed."""
        self.process.stdin.write(json.dumps(asdict(load)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the load failed; its process has said why")
        return Timing(**json.loads(line))

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def main() -> None:
    for line in sys.stdin:
        timing = uvloop.run(timed(Load(**json.loads(line))))
        print(json.dumps(asdict(timing)), flush=True)


if __name__ == "__main__":
    main()
