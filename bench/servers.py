"""The servers that are compared: how each is started, on a free port and with one worker, and whether it can be."""

from __future__ import annotations

import http.client
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.data import Filled
from bench.process import tree_of

ROOT = Path(__file__).parent.parent
PEERS_FOLDER = ROOT / "bench" / "peers"
NODE = PEERS_FOLDER / "node_modules" / "node" / "bin" / "node"  # PostGraphile 5 asks for a newer one than is usual
START_SECONDS = 90
PAGE_CEILING = 1_000_000


@dataclass(frozen=True)
class Peer:
    """A server by name: its command (`PORT` is filled in), the `dialect` it is asked in, and what it needs."""

    name: str
    title: str
    command: Sequence[str]
    dialect: str = "graphql"
    databases: Sequence[str] = ("postgresql", "sqlite")
    variables: Mapping[str, str] = field(default_factory=dict)
    module: str | None = None  # of Python
    package: str | None = None  # of npm

    def lack(self) -> str | None:
        """Why it cannot be started here; None where it can."""
        if self.module and importlib.util.find_spec(self.module) is None:
            return f"no Python package `{self.module}`; install the extra `bench`"
        if self.package and not ((PEERS_FOLDER / "node_modules" / self.package).exists() and NODE.exists()):
            return f"no npm package `{self.package}`; run `npm ci` in bench/peers"
        return None


def _uvicorn(app: str) -> tuple[str, ...]:
    return (
        sys.executable, "-m", "uvicorn", app, "--port", "PORT", "--loop", "uvloop", "--http", "httptools",
        "--no-access-log", "--log-level", "warning",
    )  # fmt: skip


def _node(script: str) -> tuple[str, ...]:
    return (str(NODE), "--disable-warning=ExperimentalWarning", str(PEERS_FOLDER / script))


STOCK = "bench.peers.stock_strawberry:app"
WORKGRAPH = shutil.which("workgraph", path=str(Path(sys.executable).parent)) or "workgraph"
PEERS = {
    peer.name: peer
    for peer in (
        Peer("workgraph", "Workgraph", (WORKGRAPH, "serve")),
        Peer("floor", "Floor", _uvicorn("bench.floor:app"), dialect="floor"),
        Peer("stock", "Strawberry", _uvicorn(STOCK)),
        Peer("stock-gc", "Strawberry, gc.freeze()", _uvicorn(STOCK), variables={"BENCH_GC_FREEZE": "1"}),
        Peer("ariadne", "Ariadne", _uvicorn("bench.peers.ariadne_app:app"), module="ariadne"),
        Peer("mercurius", "Mercurius with JIT", _node("mercurius.js"), package="mercurius"),
        Peer(
            "postgraphile", "PostGraphile 5", _node("postgraphile.js"), dialect="postgraphile",
            databases=("postgresql",), package="postgraphile",
        ),
    )
}  # fmt: skip


class Server:
    """A peer that runs over a database."""

    def __init__(self, peer: Peer, database: Filled, folder: Path) -> None:
        self.peer, self.database = peer, database
        self.port = free_port()
        self.name = f"{peer.name}/{database.system}"
        self.log = folder / f"{peer.name}-{database.system}-{self.port}.log"
        self.environment = self._environment(folder)
        self.start()

    def start(self) -> None:
        """Start it, which an object of this class does by itself the first time."""
        command = [str(self.port) if word == "PORT" else word for word in self.peer.command]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(  # noqa: S603 - the commands of this module
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )

    def _environment(self, folder: Path) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKGRAPH_")}
        if self.peer.name == "workgraph":
            own = {
                "WORKGRAPH_DATABASE_URL": self.database.url, "WORKGRAPH_PORT": str(self.port),
                "WORKGRAPH_DATA_DIR": str(folder / f"data-{self.port}"), "WORKGRAPH_IMPORT_EXAMPLES": "false",
                "WORKGRAPH_PAGE_CEILING": str(PAGE_CEILING), "WORKGRAPH_RATE_LIMIT": "0",
                "WORKGRAPH_ANSWER_BYTES": str(10**10),
            }  # fmt: skip
        else:
            own = {
                "BENCH_DATABASE_URL": self.database.url,
                "BENCH_PORT": str(self.port),
                "NODE_ENV": "production",
                "GRAPHILE_ENV": "production",
            }
        return kept | own | dict(self.peer.variables)

    def wait_until_ready(self, body: bytes) -> None:
        """Returns when the server answers this request. Raises RuntimeError, with its log, when it does not."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self.answer(body)
                return  # noqa: TRY300 - nothing else to do
            except (OSError, http.client.HTTPException):
                time.sleep(0.2)
        raise RuntimeError(f"{self.name} does not serve:\n{self.log.read_text()[-3000:]}")

    def answer(self, body: bytes) -> bytes:
        """The body that the server answers with. Raises RuntimeError for another status than 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Authorization": f"Bearer {self.database.token}", "Content-Type": "application/json"}
        connection.request("POST", "/graphql", body, {**headers, "Accept": "application/json"})
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        if response.status != 200:
            raise RuntimeError(f"{self.name} answered {response.status}: {answer[:2000].decode(errors='replace')}")
        return answer

    @property
    def pids(self) -> list[int]:
        """The server's processes."""
        return tree_of(self.process.pid)

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
