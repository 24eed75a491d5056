"""The floor: what the five answers cost at the least, as raw ASGI over asyncpg or sqlite3, without GraphQL.

A query is a generator: it yields statements with their arguments, is sent their rows, and returns the answer's data.
So the same code runs over asyncpg on the event loop and over sqlite3 in a thread. Each statement reads the columns
answered and no others, of the rows of the token's organisation.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any, Protocol

import asyncpg
import orjson

Nodes = list[dict[str, Any]]
Steps = Generator[tuple[str, tuple[Any, ...]], list[Any], dict[str, Any]]

CONNECTIONS = 4  # to PostgreSQL
URL = os.environ["BENCH_DATABASE_URL"]
IS_SQLITE = URL.startswith("sqlite")
OPTIONS = orjson.OPT_UTC_Z
# Statements are planned once. To plan `= ANY` anew for the keys of each request takes longer than to run it.
SETTINGS = {"plan_cache_mode": "force_generic_plan", "jit": "off"}


def moment(column: str) -> str:
    """A moment, ready for the answer: orjson writes asyncpg's as the contract asks, SQLite's are text."""
    return f"replace(replace({column}, ' ', 'T'), '.000000', '') || 'Z'" if IS_SQLITE else column


def among(column: str) -> str:
    """The condition that the column is one of the keys of the second argument."""
    return f"{column} IN (SELECT value FROM json_each($2))" if IS_SQLITE else f"{column} = ANY($2)"


def by_id(table: str) -> str:
    """The rows with these ids: on PostgreSQL a join, for `= ANY` of many is a search through them for each row."""
    if IS_SQLITE:
        return f"FROM {table} WHERE organization_id = $1 AND {among('id')}"
    return f"FROM unnest($2::text[]) AS keys (id) JOIN {table} ON organization_id = $1 AND {table}.id = keys.id"


def keys(ids: Iterable[str | None]) -> Any:
    """Many keys as one argument."""
    return orjson.dumps(list(ids)).decode() if IS_SQLITE else list(ids)


def of_workspaces(table: str, order: str, direction: str = "") -> str:
    """The rows of these workspaces, each workspace's in order: SQLite follows its index, PostgreSQL sorts numbers."""
    names = [*(["workspace_id"] if IS_SQLITE else []), order, "id"]
    terms = ", ".join(f"{name} {direction}" for name in names)
    return f"FROM {table} WHERE organization_id = $1 AND {among('workspace_id')} ORDER BY {terms}"


POINT = f"""
    SELECT id, name, description, status, is_archived, {moment("created_at")}, {moment("updated_at")},
        {moment("last_active_at")}
    FROM workspaces WHERE organization_id = $1 AND id = $2"""
NEWEST = "FROM workspaces WHERE organization_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2"
PAGE = f"SELECT id, name, status, {moment('created_at')} {NEWEST}"
AGENTS = f"""
    SELECT pair.workspace_id, agents.id, name, status FROM workspace_agents AS pair
    JOIN agents ON agents.organization_id = pair.organization_id AND agents.id = pair.agent_id
    WHERE pair.organization_id = $1 AND {among("pair.workspace_id")} ORDER BY name, agents.id"""
COMPUTERS = f"SELECT workspace_id, id, name, os, status {of_workspaces('computers', 'created_at')}"
CHARTS = f"SELECT workspace_id, id, title, position, created_by_id {of_workspaces('charts', 'position')}"
USERS = f"SELECT users.id, email, first_name, last_name {by_id('users')}"
LIST = f"""
    SELECT id, name, os, ram, cpu, gpu, disk_size_gb, status, hostname, {moment("created_at")}
    FROM computers WHERE organization_id = $1 ORDER BY created_at, id LIMIT $2"""
NAMES = f"SELECT id, name {NEWEST}"
SESSIONS = f"""
    SELECT workspace_id, agent_id, id, title, {moment("created_at")}
    {of_workspaces("sessions", "created_at", "DESC")}"""
AGENTS_BY_ID = f"SELECT agents.id, name, status {by_id('agents')}"
MESSAGES = """
    SELECT page.* FROM unnest($2::text[]) AS keys (id), LATERAL (
        SELECT session_id, id, role, content, created_at FROM messages
        WHERE organization_id = $1 AND session_id = keys.id ORDER BY created_at, id LIMIT 10
    ) AS page"""
MESSAGES_ON_SQLITE = f"""
    SELECT page.session_id, page.id, page.role, page.content, {moment("page.created_at")}
    FROM json_each($2) AS keys CROSS JOIN messages AS page ON page.rowid IN (
        SELECT rowid FROM messages WHERE organization_id = $1 AND session_id = keys.value
        ORDER BY created_at, id LIMIT 10
    ) ORDER BY +page.created_at, +page.id"""
PLACES = f"SELECT id, name, status {NEWEST}"
COMPUTERS_THERE = f"SELECT workspace_id, id, name, status {of_workspaces('computers', 'created_at')}"
VIEWER = "SELECT organization_id, scopes FROM tokens WHERE digest = $1"


def point(organization_id: str, variables: dict[str, Any]) -> Steps:
    found = yield POINT, (organization_id, variables["id"])
    for key, name, description, status, is_archived, created_at, updated_at, last_active_at in found:
        workspace = {
            "id": key, "name": name, "description": description, "status": status, "isArchived": bool(is_archived),
            "createdAt": created_at, "updatedAt": updated_at, "lastActiveAt": last_active_at,
        }  # fmt: skip
        return {"workspace": workspace}
    return {"workspace": None}


def page(organization_id: str, _variables: dict[str, Any]) -> Steps:
    found = yield PAGE, (organization_id, 50)
    agents, computers, charts = ({row[0]: [] for row in found} for _ in range(3))
    ids = keys(agents)
    for workspace_id, key, name, status in (yield AGENTS, (organization_id, ids)):
        agents[workspace_id].append({"id": key, "name": name, "status": status})
    for workspace_id, key, name, system, status in (yield COMPUTERS, (organization_id, ids)):
        computers[workspace_id].append({"id": key, "name": name, "os": system, "status": status})
    drawn = yield CHARTS, (organization_id, ids)
    authors: dict[str | None, Any] = {None: None}
    for key, email, first_name, last_name in (yield USERS, (organization_id, keys({row[4] for row in drawn}))):
        authors[key] = {"id": key, "email": email, "firstName": first_name, "lastName": last_name}
    for workspace_id, key, title, position, author_id in drawn:
        chart = {"id": key, "title": title, "position": position, "createdBy": authors[author_id]}
        charts[workspace_id].append(chart)
    workspaces = [
        {"id": key, "name": name, "status": status, "createdAt": created_at, "agents": {"nodes": agents[key]},
         "computers": {"nodes": computers[key]}, "charts": {"nodes": charts[key]}}
        for key, name, status, created_at in found
    ]  # fmt: skip
    return {"workspaces": {"nodes": workspaces}}


def flat_list(organization_id: str, variables: dict[str, Any]) -> Steps:
    computers = [
        {"id": key, "name": name, "os": system, "ram": ram, "cpu": cpu, "gpu": gpu, "diskSizeGb": disk_size_gb,
         "status": status, "hostname": hostname, "createdAt": created_at}
        for key, name, system, ram, cpu, gpu, disk_size_gb, status, hostname, created_at in (
            yield LIST, (organization_id, variables["first"])
        )
    ]  # fmt: skip
    return {"computers": {"nodes": computers}}


def deep(organization_id: str, _variables: dict[str, Any]) -> Steps:
    places = yield NAMES, (organization_id, 20)
    talks = yield SESSIONS, (organization_id, keys(row[0] for row in places))
    agents: dict[str | None, Any] = {None: None}
    for key, name, status in (yield AGENTS_BY_ID, (organization_id, keys({row[1] for row in talks}))):
        agents[key] = {"id": key, "name": name, "status": status}
    messages: dict[str, Nodes] = {row[2]: [] for row in talks}
    statement = MESSAGES_ON_SQLITE if IS_SQLITE else MESSAGES
    for session_id, key, role, content, created_at in (yield statement, (organization_id, keys(messages))):
        messages[session_id].append({"id": key, "role": role, "content": content, "createdAt": created_at})
    sessions: dict[str, Nodes] = {row[0]: [] for row in places}
    for workspace_id, agent_id, key, title, created_at in talks:
        sessions[workspace_id].append(
            {"id": key, "title": title, "createdAt": created_at, "agent": agents[agent_id],
             "messages": {"nodes": messages[key]}}
        )  # fmt: skip
    workspaces = [{"id": key, "name": name, "sessions": {"nodes": sessions[key]}} for key, name in places]
    return {"workspaces": {"nodes": workspaces}}


def back(organization_id: str, _variables: dict[str, Any]) -> Steps:
    places = yield PLACES, (organization_id, 200)
    parents = {key: {"id": key, "name": name, "status": status} for key, name, status in places}
    computers: dict[str, Nodes] = {key: [] for key in parents}
    for workspace_id, key, name, status in (yield COMPUTERS_THERE, (organization_id, keys(parents))):
        computer = {"id": key, "name": name, "status": status, "workspace": parents[workspace_id]}
        computers[workspace_id].append(computer)
    workspaces = [{"id": key, "name": name, "computers": {"nodes": computers[key]}} for key, name, _ in places]
    return {"workspaces": {"nodes": workspaces}}


QUERIES: dict[str, Callable[[str, dict[str, Any]], Steps]] = {
    "point": point, "page": page, "list": flat_list, "deep": deep, "back": back,
}  # fmt: skip


class Store(Protocol):
    """Runs a query's statements one after the other."""

    async def data(self, steps: Steps) -> dict[str, Any]: ...


class Postgres:
    """A few connections of asyncpg, which keeps each statement prepared; nothing is reset between requests."""

    def __init__(self) -> None:
        self.free: list[asyncpg.Connection] = []
        self.turn = asyncio.Semaphore(CONNECTIONS)  # first come, first served

    async def open(self) -> None:
        for _ in range(CONNECTIONS):
            self.free.append(await asyncpg.connect(URL.replace("+asyncpg", ""), server_settings=SETTINGS))

    async def data(self, steps: Steps) -> dict[str, Any]:
        async with self.turn:
            connection = self.free.pop()
            try:
                statement, values = next(steps)
                while True:
                    statement, values = steps.send(await connection.fetch(statement, *values))
            except StopIteration as end:
                return end.value
            finally:
                self.free.append(connection)


class Sqlite:
    """One connection of sqlite3 in one thread."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1)
        self.connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        def opened() -> sqlite3.Connection:
            connection = sqlite3.connect(URL.partition(":///")[2], isolation_level=None)
            connection.execute("PRAGMA mmap_size=1073741824")
            return connection

        self.connection = await asyncio.wrap_future(self.thread.submit(opened))

    async def data(self, steps: Steps) -> dict[str, Any]:
        return await asyncio.get_running_loop().run_in_executor(self.thread, self.run, steps)

    def run(self, steps: Steps) -> dict[str, Any]:
        try:
            statement, values = next(steps)
            while True:
                rows = self.connection.execute(statement.replace("$", "?"), values).fetchall()
                statement, values = steps.send(rows)
        except StopIteration as end:
            return end.value


class Floor:
    """The ASGI application: `{"query": one of QUERIES, "variables": {...}}` is answered as GraphQL would be."""

    def __init__(self) -> None:
        self.store = Sqlite() if IS_SQLITE else Postgres()
        self.organizations: dict[bytes, str | None] = {}  # by authorization header

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self.live(receive, send)
            return
        for name, value in scope["headers"]:
            if name == b"authorization":
                organization_id = self.organizations.get(value) or await self.look_up(value)
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        asked = orjson.loads(body)
        data = await self.store.data(QUERIES[asked["query"]](organization_id, asked["variables"]))
        answer = orjson.dumps({"data": data}, option=OPTIONS)
        length = str(len(answer)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def live(self, receive: Any, send: Any) -> None:
        await receive()
        await self.store.open()
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)  # as the Strawberry peer that is measured with its collector tamed
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def look_up(self, header: bytes) -> str:
        """The organisation of a token that was not seen before, which must have the scope to read."""

        def steps() -> Steps:
            return {"rows": (yield VIEWER, (sha256(header.removeprefix(b"Bearer ")).hexdigest(),))}

        ((organization_id, scopes),) = (await self.store.data(steps()))["rows"]
        if "workspace:read" not in orjson.loads(scopes):
            raise PermissionError("the token may not read workspaces")
        self.organizations[header] = organization_id
        return organization_id


app = Floor()
