"""How fast exchanges are imported, and whether memory stays flat: `python bench/import_speed.py [--exchanges 10000]`.

A mix of exchanges of all four systems is written to a file and imported into a fresh SQLite file and a fresh
PostgreSQL database, each in a process of its own, once as many as asked for and once four times as many.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

sys.path.insert(0, str(Path(__file__).parent.parent))

import asyncpg

from db.database import Database
from db.ids import organization_id_of
from db.migrate import upgrade
from rest.importing import Summary, imported

POSTGRES = os.environ.get("TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
TARGET_SECONDS = 10.0  # for 10,000 exchanges
FIRST_SECOND = 1_793_527_200


class Mix:
    """Exchanges as a fleet would give them: mostly details of records that the lists have named before."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def lines(self, count: int) -> Iterator[str]:
        makers = (
            self.orgo_list, self.orgo_workspace, self.computer, self.vai_workspace, self.charts, self.sessions,
            self.messages, self.run, self.aitasker_workspace, self.aitasker_tasks, self.pod, self.pod_tasks,
        )  # fmt: skip
        for number in range(count):
            system, path, body = makers[number % len(makers)](number // (len(makers) * 4))
            moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(FIRST_SECOND + number))
            yield json.dumps({"system": system, "method": "GET", "path": path, "at": moment, "body": body})

    def id(self, *names: Any) -> str:
        return str(UUID(int=Random("/".join(map(str, names))).getrandbits(128), version=4))

    def moment(self) -> str:
        return f"2026-11-{self.random.randint(1, 28):02}T{self.random.randint(0, 23):02}:15:30Z"

    def times(self) -> dict[str, str]:
        return {"created_at": self.moment(), "updated_at": self.moment()}

    def vai_times(self) -> dict[str, str]:
        return {"createdAt": self.moment(), "updatedAt": self.moment()}

    def one_computer(self, place: int, number: int) -> dict[str, Any]:
        return {
            "id": self.id("computer", place, number), "name": f"desk-{number}", "os": "linux", "ram": 4, "cpu": 2,
            "workspace_id": self.id("orgo", place), "status": self.random.choice(("running", "stopped", "suspended")),
            "created_at": self.moment(), "hostname": "www.orgo.ai", "vnc_password": "example-not-real",
        }  # fmt: skip

    def orgo_list(self, place: int) -> tuple[str, str, Any]:
        items = [
            {"id": self.id("orgo", place + n), "name": f"place {place + n}", "user_id": "u1", "status": "active",
             **self.times(), "desktops": [self.one_computer(place + n, number) for number in range(3)]}
            for n in range(3)
        ]  # fmt: skip
        return "orgo", "/api/workspaces", {"workspaces": items}

    def orgo_workspace(self, place: int) -> tuple[str, str, Any]:
        one = self.id("orgo", place)
        body = {"id": one, "name": f"place {place}", "user_id": "u1", "status": "active", **self.times()}
        return "orgo", f"/api/workspaces/{one}", {**body, "computers": [self.one_computer(place, n) for n in range(5)]}

    def computer(self, place: int) -> tuple[str, str, Any]:
        body = self.one_computer(place, self.random.randint(0, 5))
        return "orgo", f"/api/computers/{body['id']}", body

    def vai_path(self, place: int) -> str:
        return f"/api/v1/workspaces/{self.id('vai', place)}"

    def vai_workspace(self, place: int) -> tuple[str, str, Any]:
        workspace = {
            "id": self.id("vai", place), "title": f"place {place}", "mode": "snapshot", "status": "active",
            "ownerUserId": "u1", "isShared": False, "shareRecipients": [], "rendererConfig": {}, **self.vai_times(),
        }  # fmt: skip
        bound = [{"bindingId": self.id("binding", place), "taskId": "t", "name": "n", "lifecycle": "active"}]
        return "vai", self.vai_path(place), {"workspace": workspace, "boundTasks": bound}

    def charts(self, place: int) -> tuple[str, str, Any]:
        spec = {"v": 1, "kind": "bar", "x": {"column": "day"}, "y": [{"agg": "sum", "column": "pieces"}]}
        items = [
            {"id": self.id("chart", place, n), "workspaceId": self.id("vai", place), "title": f"chart {n}",
             "position": n, "collapsed": False, "spec": spec, "createdBy": "u1", **self.vai_times()}
            for n in range(4)
        ]  # fmt: skip
        return "vai", f"{self.vai_path(place)}/charts", {"items": items}

    def sessions(self, place: int) -> tuple[str, str, Any]:
        items = [
            {"id": self.id("session", place, n), "workspaceId": self.id("vai", place), "title": f"session {n}",
             "agentSpecId": self.id("spec", n), "agentSpec": {"id": self.id("spec", n), "name": f"agent {n}"},
             "isShared": False, **self.vai_times()}
            for n in range(4)
        ]  # fmt: skip
        return "vai", f"{self.vai_path(place)}/sessions", {"items": items, "nextCursor": None}

    def messages(self, place: int) -> tuple[str, str, Any]:
        session = self.id("session", place, self.random.randint(0, 3))
        items = [
            {"id": self.id("message", session, n), "threadId": session, "role": "user" if n % 2 else "assistant",
             "content": "How many orders are late today? " * 8, "format": "text", "cancelled": False,
             **self.vai_times()}
            for n in range(10)
        ]  # fmt: skip
        return "vai", f"{self.vai_path(place)}/sessions/{session}/messages", {"items": items}

    def run(self, place: int) -> tuple[str, str, Any]:
        run = self.id("run", place, self.random.randint(0, 9))
        steps = [
            {"id": f"{n}", "sequence": n, "stepKey": f"step-{n}", "status": "succeeded", "toolName": "sql",
             "input": {"sql": "select 1"}, "output": {"rows": 1}, "durationMs": 12.5, "startedAt": self.moment()}
            for n in range(6)
        ]  # fmt: skip
        body = {
            "id": run, "workspaceId": self.id("vai", place), "status": "succeeded", "taskDisplayName": "Late orders",
            "depth": 0, "createdAt": self.moment(), "steps": steps,
            "observability": {"provider": "anthropic", "usage": {"inputTokens": 1200, "totalCost": "0.02"}},
        }  # fmt: skip
        return "vai", f"{self.vai_path(place)}/runs/{run}", body

    def aitasker_workspace(self, place: int) -> tuple[str, str, Any]:
        one, agent = self.id("aitasker", place), self.id("hired", place)
        hired = {"id": agent, "user_id": "u1", "display_name": "Desk agent", "status": "active", **self.times()}
        body = {
            "id": one, "hired_agent_id": agent, "user_id": "u1", "name": f"place {place}", "status": "active",
            "settings": {"language": "en"}, "hired_agent": hired, **self.times(),
            "integration_credentials": [{"provider": "slack", "access_token": "xoxb-example-not-real"}],
        }  # fmt: skip
        return "aitasker", f"/api/v1/workspaces/{one}", body

    def aitasker_tasks(self, place: int) -> tuple[str, str, Any]:
        one = self.id("aitasker", place)
        items = [
            {"id": self.id("task", place, n), "workspace_id": one, "title": f"task {n}", "status": "completed",
             "output_data": {"answer": n}, "cost_usd": 0.25, "created_at": self.moment()}
            for n in range(5)
        ]  # fmt: skip
        return "aitasker", f"/api/v1/workspaces/{one}/tasks", items

    def pod(self, place: int) -> tuple[str, str, Any]:
        one = self.id("pod", place)
        body = {"id": one, "org_id": "org_1", "role_id": "role_1", "environment": "production", "status": "idle"}
        return "evershell", f"/v1/workspaces/{one}", {**body, "created_by_user_id": "u1", **self.times()}

    def pod_tasks(self, place: int) -> tuple[str, str, Any]:
        one = self.id("pod", place)
        items = [
            {"id": self.id("prompt", place, n), "workspace_id": one, "description": "Sort the backlog.",
             "status": "completed", "duration_seconds": 12.5, "created_at": self.moment()}
            for n in range(5)
        ]  # fmt: skip
        return "evershell", f"/v1/workspaces/{one}/tasks", items


def memory_mb(name: str) -> float:
    """What this process holds (VmRSS) or held at most (VmHWM); elsewhere than on Linux its peak."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count the parent's peak too
        return int(status.read_text().partition(f"{name}:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def run_import(url: str, path: Path) -> dict[str, float]:
    """Seconds of an import into an empty database, and how far the process's memory grew, in MB."""
    database = Database(url)
    await upgrade(database)
    before, started = memory_mb("VmRSS"), time.perf_counter()
    summary = Summary()
    async for entry in imported(database, organization_id_of("Bench"), [path], summary):
        if entry.outcome == "refused":
            raise SystemExit(f"refused: {entry}")
    seconds = time.perf_counter() - started
    await database.close()
    return {"seconds": seconds, "mb": memory_mb("VmHWM") - before}


def measured(url: str, path: Path) -> dict[str, float]:
    """The same, in a process of its own."""
    command = [sys.executable, __file__, "--into", url, "--file", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - this file itself
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


async def postgres(statement: str) -> str | None:
    """Run a statement on the server; why that did not work, or None."""
    try:
        server = await asyncpg.connect(POSTGRES, timeout=3)
    except Exception as error:
        return f"no PostgreSQL at {POSTGRES.rpartition('@')[2]}: {type(error).__name__} {error}"
    await server.execute(statement)
    await server.close()
    return None


def report(name: str, counts: dict[int, Path], url_of: Any) -> None:
    for count, path in counts.items():
        url, drop = url_of()
        if url is None:
            print(f"{name:<12} skipped: {drop}")
            return
        found = measured(url, path)
        verdict = ""
        if count == min(counts):
            allowed = TARGET_SECONDS * count / 10_000
            verdict = f"  target {allowed:.1f} s: {'met' if found['seconds'] < allowed else 'MISSED'}"
        print(
            f"{name:<12} {count:>8,} exchanges {found['seconds']:>8.2f} s {count / found['seconds']:>8,.0f}/s "
            f"memory +{found['mb']:.0f} MB{verdict}"
        )
        drop()


def sqlite_url(folder: Path) -> Any:
    return lambda: (f"sqlite+aiosqlite:///{folder / f'{uuid4().hex}.db'}", lambda: None)


def postgres_url() -> Any:
    name = f"workgraph_bench_{uuid4().hex}"
    if reason := asyncio.run(postgres(f"CREATE DATABASE {name}")):
        return None, reason
    url = f"postgresql+asyncpg://{POSTGRES.partition('://')[2].rpartition('/')[0]}/{name}"
    return url, lambda: asyncio.run(postgres(f"DROP DATABASE {name} WITH (FORCE)"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exchanges", type=int, default=10_000)
    parser.add_argument("--profile", action="store_true", help="where the time goes, on SQLite, instead")
    parser.add_argument("--into", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.into:
        print(json.dumps(asyncio.run(run_import(options.into, options.file))))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counts = {count: folder / f"{count}.jsonl" for count in (options.exchanges, 4 * options.exchanges)}
        for count, path in counts.items():
            with path.open("w") as file:
                file.writelines(f"{line}\n" for line in Mix(1).lines(count))
        if options.profile:
            profile = cProfile.Profile()
            url, _drop = sqlite_url(folder)()
            profile.runcall(asyncio.run, run_import(url, counts[options.exchanges]))
            pstats.Stats(profile).sort_stats("tottime").print_stats(25).sort_stats("cumulative").print_stats(
                "rest/|db/", 25
            )
            return
        report("SQLite", counts, sqlite_url(folder))
        report("PostgreSQL", counts, postgres_url)


if __name__ == "__main__":
    main()
