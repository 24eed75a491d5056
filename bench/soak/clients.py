"""The clients: each has a workspace that only it writes, knows what it wrote, and checks every answer by that."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

from bench.fuzz.client import answer_to

SPEC = {"kind": "BAR", "x": {"column": "region"}, "y": [{"agg": "COUNT"}]}
MAKE = "mutation($i: CreateWorkspaceInput!) { createWorkspace(input: $i) { workspace { id name } } }"
RENAME = "mutation($i: UpdateWorkspaceInput!) { updateWorkspace(input: $i) { workspace { id name } } }"
ADD = "mutation($i: CreateChartInput!) { createChart(input: $i) { chart { id position } } }"
MOVE = """mutation($i: MoveChartInput!) {
  moveChart(input: $i) { workspace { charts(first: 50) { nodes { id } } } }
}"""
REMOVE = "mutation($i: DeleteChartInput!) { deleteChart(input: $i) { deletedId } }"
MINE = "query($id: ID!) { workspace(id: $id) { id name charts(first: 50) { totalCount nodes { id position title } } } }"
ALL = """query($first: Int!) {
  workspaces(first: $first) { totalCount nodes { name charts(first: 5) { nodes { position } } } }
}"""
NODE = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Chart { position workspace { name } } } }"
MOST_CHARTS = 12
REQUESTS_OF_CONNECTION = 100  # then it is opened anew, so that a worker that was started anew gets some
WAIT_SECONDS = 60  # that a change is asked for again and again
SECONDS = 40  # after which an answer counts as missing


class LostError(Exception):
    """No answer: the connection ended, or the answer took too long."""


@dataclass
class Seen:
    """What all clients of a process have seen."""

    latencies: list[tuple[float, float, str]] = field(default_factory=list)  # when it was answered, seconds, what
    errors: list[tuple[float, str]] = field(default_factory=list)  # when, and which
    wrong: list[str] = field(default_factory=list)
    changes: Counter[str] = field(default_factory=Counter)  # that were made, by organisation
    repeated: int = 0


@dataclass(eq=False)
class Client:
    """One connection, which asks one thing after the other."""

    port: int
    token: str
    organization: str
    number: int
    seen: Seen
    others: tuple[str, ...]  # names of the other organisations
    charts: list[str] = field(default_factory=list)
    name: str = ""
    id: str = ""
    stream: Any = None
    asked: int = 0

    async def run(self, until: float, share: float, think: float = 0.0) -> None:
        """Ask until then, `think` seconds apart on average; `share` of it changes something."""
        random = Random(f"{self.organization}/{self.number}")
        while time.time() < until:
            await asyncio.sleep(random.uniform(0, 2 * think))
            try:
                await (self._change(random) if random.random() < share else self._read(random))
            except LostError:
                await asyncio.sleep(0.2)
        await self._check_mine()
        self._close()

    async def begin(self) -> None:
        """Make the workspace that is its own."""
        self.name = f"{self.organization} {self.number}"
        made = await self._changed("make", MAKE, title=self.name)
        self.id = made["createWorkspace"]["workspace"]["id"]
        self._close()  # for the server does not keep it open until all have theirs

    # what is changed

    async def _change(self, random: Random) -> None:
        if len(self.charts) < 3 or (len(self.charts) < MOST_CHARTS and random.random() < 0.3):
            told = await self._changed("add", ADD, workspaceId=self.id, spec=SPEC, title=f"{self.name} chart")
            chart = told["createChart"]["chart"]
            self._expect("the place of a new chart", chart["position"], len(self.charts))
            self.charts.append(chart["id"])
        elif random.random() < 0.2:
            chart_id = self.charts.pop(random.randrange(len(self.charts)))
            told = await self._changed("remove", REMOVE, id=chart_id)
            self._expect("the chart that was deleted", told["deleteChart"]["deletedId"], chart_id)
        elif random.random() < 0.5:
            chart_id = random.choice(self.charts)
            before = self.charts.index(chart_id)
            place = random.choice([one for one in range(len(self.charts)) if one != before])  # else it is no change
            self.charts.remove(chart_id)
            self.charts.insert(place, chart_id)
            told = await self._changed("move", MOVE, id=chart_id, position=place)
            nodes = told["moveChart"]["workspace"]["charts"]["nodes"]
            self._expect("the order after a move", [one["id"] for one in nodes], self.charts)
        else:
            self.name = f"{self.organization} {self.number} {random.randrange(10**6)}"
            told = await self._changed("rename", RENAME, id=self.id, title=self.name)
            self._expect("the new name", told["updateWorkspace"]["workspace"]["name"], self.name)

    async def _changed(self, what: str, query: str, **given: Any) -> Any:
        """What a change answers. It is sent again with its key until it is answered, and so is made once."""
        given["idempotencyKey"] = str(uuid4())
        deadline = time.time() + WAIT_SECONDS
        while True:
            try:
                data = await self._asked(what, query, i=given)
            except LostError:
                data = None
            if data is not None:
                self.seen.changes[self.organization] += 1
                return data
            if time.time() > deadline:
                self.seen.wrong.append(f"{self.name}: {what} was not done in {WAIT_SECONDS} s")
                raise LostError
            self.seen.repeated += 1
            await asyncio.sleep(0.3)

    # what is read

    async def _read(self, random: Random) -> None:
        choice = random.random()
        if choice < 0.5:
            await self._check_mine()
        elif choice < 0.75:
            await self._check_all(random.choice((10, 50)))
        elif self.charts:
            data = await self._asked("nodes", NODE, ids=self.charts)
            if data is not None:
                nodes = [(one["id"], one["position"], one["workspace"]["name"]) for one in data["nodes"]]
                expected = [(chart_id, place, self.name) for place, chart_id in enumerate(self.charts)]
                self._expect("charts by their ids", nodes, expected)

    async def _check_mine(self) -> None:
        data = await self._asked("mine", MINE, id=self.id)
        if data is None:
            return
        found = data["workspace"]
        nodes = [(one["id"], one["position"], one["title"].endswith(" chart")) for one in found["charts"]["nodes"]]
        expected = [(chart_id, place, True) for place, chart_id in enumerate(self.charts)]
        self._expect("its charts", (nodes, found["charts"]["totalCount"]), (expected, len(self.charts)))
        self._expect("its name", (found["id"], found["name"]), (self.id, self.name))

    async def _check_all(self, first: int) -> None:
        data = await self._asked("all", ALL, first=first)
        if data is None:
            return
        nodes = data["workspaces"]["nodes"]
        self._expect("the size of a page", 1 <= len(nodes) <= first, True)
        foreign = [one["name"] for one in nodes if one["name"].startswith(self.others)]
        self._expect("names of other organisations", foreign, [])
        for one in nodes:
            places = [chart["position"] for chart in one["charts"]["nodes"]]
            self._expect("places of charts", places, list(range(len(places))))

    def _expect(self, what: str, found: Any, expected: Any) -> None:
        if found != expected:
            self.seen.wrong.append(f"{self.organization} {self.number}: {what}: {found!r} and not {expected!r}"[:600])

    # how it is asked

    async def _asked(self, what: str, query: str, **variables: Any) -> Any:
        """The data; None for an error, which is noted. Raises LostError."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        head = (
            f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(SECONDS):
                if self.stream is None:
                    self.stream = await asyncio.open_connection("127.0.0.1", self.port)
                reader, writer = self.stream
                began = time.time()
                writer.write(head.encode() + body)
                answer = await answer_to(reader)
        except (OSError, asyncio.IncompleteReadError) as error:
            self._close()
            self.seen.errors.append((time.time(), f"{what}: {type(error).__name__}"))
            raise LostError from error
        now = time.time()
        self.seen.latencies.append((now, now - began, what))
        self.asked += 1
        if answer.headers.get("connection") == "close" or self.asked % REQUESTS_OF_CONNECTION == 0:
            self._close()
        told = json.loads(answer.body)
        if "errors" in told:
            self.seen.errors.append((now, f"{what}: {told['errors'][0]['extensions']['code']}"))
            return None
        return told["data"]

    def _close(self) -> None:
        if self.stream is not None:
            self.stream[1].close()
            self.stream = None
