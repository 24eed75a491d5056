"""The gateway that is asked: a process of its own over a database of its own, which holds the example documents."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from bench.process import resident_mb, tree_of
from bench.servers import ROOT, START_SECONDS, WORKGRAPH, free_port

SCOPES = ("workspace:read", "workspace:write", "agent:write", "table:write", "share:write", "billing:read", "admin")
KINDS = ("workspaces", "agents", "computers", "charts", "sessions", "runs")
FAULTS = re.compile(
    r"unexpected failure|Traceback|never retrieved|Exception in|Task exception|was never awaited|\bERROR\b"
)


class Served:
    """`workgraph serve`, for as long as the block lasts."""

    def __init__(self, url: str, folder: Path, *options: str, **settings: Any) -> None:
        self.url, self.folder, self.options = url, folder, options
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKGRAPH_")}
        own = {"database_url": url, "data_dir": folder / "data", "port": self.port, "rate_limit": 0, "failure_limit": 0}
        given = {f"WORKGRAPH_{name.upper()}": str(value) for name, value in (own | settings).items()}
        self.environment = {**kept, **given, "PYTHONPATH": str(ROOT)}

    def __enter__(self) -> Self:
        with self.log.open("a") as log:
            self.process = subprocess.Popen([WORKGRAPH, "serve", *self.options], cwd=ROOT, env=self.environment,  # noqa: S603
                                            stdout=log, stderr=log)  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.__exit__()
                raise RuntimeError(f"it did not start:\n{self.log.read_text()}")
            time.sleep(0.2)
        self.token = self.made_token()
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def is_ready(self) -> bool:
        """Whether it can be asked."""
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)) as connection:
                connection.request("GET", "/readyz")
                return connection.getresponse().status == 200
        except OSError:
            return False

    def made_token(self, *scopes: str, **options: str) -> str:
        """A token that may do these, or all."""
        words = [word for scope in scopes or SCOPES for word in ("--scope", scope)]
        words += [word for name, value in options.items() for word in (f"--{name}", value)]
        command = [WORKGRAPH, "token", "create", *words]
        made = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
        return made.stdout.strip()

    def asked(self, query: str) -> Any:
        """The data of a query."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("POST", "/graphql", json.dumps({"query": query}), headers)
            told = json.loads(connection.getresponse().read())
        if told.get("errors"):
            raise RuntimeError(told["errors"])
        return told["data"]

    def ids(self) -> list[str]:
        """Ids of records that are there."""
        return [
            node["id"]
            for kind in KINDS
            for node in self.asked(f"{{ {kind}(first: 20) {{ nodes {{ id }} }} }}")[kind]["nodes"]
        ]

    def memory_mb(self) -> float:
        """What all its processes hold."""
        return resident_mb(tree_of(self.process.pid)) or 0.0

    def faults(self) -> list[str]:
        """Lines of its log that should not be there."""
        return [line for line in self.log.read_text(errors="replace").splitlines() if FAULTS.search(line)]
