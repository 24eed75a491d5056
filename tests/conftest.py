"""What tests share: databases that are made and dropped for each of them, and exchanges to fill them with.

Every test that takes `database` runs on SQLite, and on PostgreSQL where one answers on 127.0.0.1:5432.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import event
from strawberry.types import ExecutionResult

from db.access import READ, Viewer
from db.database import Database
from db.ids import organization_id_of
from db.migrate import upgrade
from execution.documents import Documents
from execution.limits import DocumentLimits
from gateway import executor_class, served_schema
from resolvers.accounts import ensure_organization
from resolvers.context import Context, Limits
from resolvers.cursors import CursorKey
from rest.importing import Entry, Summary, imported
from rest.local.writer import LocalWriter
from schema.build import GraphSchema

ORGANIZATION = "Northwind"
ORGANIZATION_ID = organization_id_of(ORGANIZATION)
POSTGRES = os.environ.get("TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


def _why_no_postgres() -> str | None:
    async def ask() -> None:
        await (await asyncpg.connect(POSTGRES, timeout=3)).close()

    try:
        asyncio.run(ask())
    except Exception as error:
        return f"no PostgreSQL at {POSTGRES.rpartition('@')[2]}: {type(error).__name__} {error}"
    return None


NO_POSTGRES = _why_no_postgres()
BOTH = ("sqlite", pytest.param("postgresql", marks=pytest.mark.skipif(bool(NO_POSTGRES), reason=str(NO_POSTGRES))))


@asynccontextmanager
async def postgres_database(made_by: str = "CREATE DATABASE {name}") -> AsyncIterator[str]:
    """The URL of a PostgreSQL database that is there for a while."""
    name = f"workgraph_test_{uuid4().hex}"
    server = await asyncpg.connect(POSTGRES)
    try:
        await server.execute(made_by.format(name=name))
        yield f"postgresql+asyncpg://{POSTGRES.partition('://')[2].rpartition('/')[0]}/{name}"
    finally:
        await server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await server.close()


@pytest.fixture(params=BOTH)
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a database of the test's own that holds nothing, not even tables."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
        return
    async with postgres_database() as url:
        yield url


async def _migrate(url: str) -> None:
    database = Database(url)
    await upgrade(database)
    await ensure_organization(database, ORGANIZATION)
    await database.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that knows the organisation, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    asyncio.run(_migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """The name of a migrated database that knows the organisation, to be copied; migrating each took twice as long."""
    with asyncio.Runner() as runner:
        kept = postgres_database()
        url = runner.run(kept.__aenter__())
        runner.run(_migrate(url))
        yield url.rpartition("/")[2]
        runner.run(kept.__aexit__(None, None, None))


@pytest.fixture(params=BOTH)
def template(request: pytest.FixtureRequest) -> str | Path:
    """A migrated database, to be copied: the file of SQLite's, or the name of PostgreSQL's."""
    made: str | Path = request.getfixturevalue(f"{request.param}_template".replace("postgresql", "postgres"))
    return made


@pytest.fixture
async def database_url(template: str | Path, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a migrated database of the test's own, which knows the organisation."""
    if isinstance(template, Path):
        yield f"sqlite+aiosqlite:///{shutil.copy(template, tmp_path / 'test.db')}"
        return
    async with postgres_database(f"CREATE DATABASE {{name}} TEMPLATE {template} STRATEGY FILE_COPY") as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An empty, migrated database that knows the organisation."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    """The text of every statement that ran on the database since the test began."""
    ran: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        ran.append(statement)

    database.watch = lambda told: ran.append(told.text)
    event.listen(database.engine.sync_engine, "before_cursor_execute", note)  # what writes
    yield ran
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    database.watch = None


def exchange(
    system: str, call: str, body: Any = None, *, at: str = "2026-11-01T10:00:00Z", status: int = 200
) -> dict[str, Any]:
    """One exchange as a line of a file has it; `call` is such as `GET /workspaces/1`."""
    method, path = call.split(" ", 1)
    return {"system": system, "method": method, "path": path, "status": status, "at": at, "body": body}


class Importer:
    """Puts exchanges into a database the way `workgraph import` does, through a file."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.summary = Summary()

    async def files(self, *paths: Path) -> list[Entry]:
        """Import files; the report's entries, in order."""
        self.summary = Summary()
        return [entry async for entry in imported(self.database, ORGANIZATION_ID, paths, self.summary)]

    async def lines(self, *lines: dict[str, Any] | str) -> list[Entry]:
        """Import lines, given as objects or as text."""
        path = self.folder / f"{uuid4().hex}.jsonl"
        path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
        return await self.files(path)


@pytest.fixture
def importer(database: Database, tmp_path: Path) -> Importer:
    """Imports into `database`, for the organisation Northwind."""
    return Importer(database, tmp_path)


@pytest.fixture(scope="session")
def schema() -> GraphSchema:
    """The schema, built once."""
    return served_schema()


def unlimited_schema() -> GraphSchema:
    """The schema with limits on documents that nothing reaches, for tests that ask for everything at once."""
    limits = DocumentLimits(**{one.name: 10**12 for one in fields(DocumentLimits) if not one.name.startswith("page")})
    return served_schema(executor_class(lambda _reason: None, limits), Documents(limits))


class Graph:
    """Asks the graph over one database, as a viewer of the organisation Northwind who is nobody's owner."""

    def __init__(self, database: Database, schema: GraphSchema, viewer: Viewer | None = None) -> None:
        self.database = database
        self.schema = schema
        self.limits = Limits()
        self.tables: Database | None = None
        self.viewer = viewer or Viewer(ORGANIZATION_ID, "N-tester", "tester@northwind.example", frozenset((READ,)))

    def context(self) -> Context:
        """A request's context."""
        key = CursorKey(b"a key for tests")
        writer = LocalWriter(self.database, self.tables)
        return Context(self.database, self.viewer, key, self.limits, tables=self.tables, writer=writer)

    async def ask(self, query: str, **variables: Any) -> ExecutionResult:
        """The whole result, errors included."""
        result = await self.schema.execute(query, variable_values=variables, context_value=self.context())
        assert isinstance(result, ExecutionResult)
        return result

    async def data(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a query that must not fail."""
        result = await self.ask(query, **variables)
        assert result.errors is None, result.errors
        assert result.data is not None
        return result.data


@pytest.fixture
def graph(database: Database, schema: GraphSchema) -> Graph:
    """The graph over `database`."""
    return Graph(database, schema)


def fleet(workspaces: int, each: int = 3) -> Iterator[dict[str, Any]]:
    """Exchanges of so many workspaces, each standing in all four systems: an agent, computers, charts, sessions
    with messages, runs with steps, tags, bound tasks, a share, activity; `each` of what there can be several of.
    """
    for number in range(workspaces):
        yield from _workspace_of_all_systems(f"{number:05d}", each)


def _workspace_of_all_systems(name: str, each: int) -> Iterator[dict[str, Any]]:
    a, o, v, e = (f"{system}-{name}" for system in ("a", "o", "v", "e"))
    base, numbers = f"/api/v1/workspaces/{v}", range(each)
    person = {"id": f"person-{name}", "email": f"{name}@northwind.example"}
    agent = {"id": f"agent-{name}", "user_id": "owner", "display_name": f"Agent {name}", "status": "active"}
    desk = {"id": a, "hired_agent_id": agent["id"], "user_id": "owner", "name": f"Desk {name}", "status": "active"}
    integrations = [{"provider": "slack"}]
    yield exchange(
        "aitasker",
        f"GET /api/v1/workspaces/{a}",
        {**desk, "hired_agent": agent, "integration_credentials": integrations},
    )
    computers = [{"id": f"c-{name}-{n}", "name": f"computer {n}", "status": "running", "ram": 4} for n in numbers]
    yield exchange("orgo", f"GET /workspaces/{o}", {"id": o, "name": f"Folder {name}", "computers": computers})
    workspace = {
        "id": v,
        "title": f"Workspace {name}",
        "ownerUserId": person["id"],
        "isShared": True,
        "sharedBy": person,
    }
    tasks = [{"bindingId": f"b-{name}-{n}", "taskId": f"t-{n}", "name": f"task {n}"} for n in numbers]
    yield exchange("vai", f"GET {base}", {"workspace": workspace, "boundTasks": tasks})
    charts = [
        {"id": f"h-{name}-{n}", "workspaceId": v, "title": f"Chart {n}", "position": n, "createdBy": person["id"]}
        for n in numbers
    ]
    yield exchange("vai", f"GET {base}/charts", {"items": charts})
    spec = {"id": f"spec-{name}", "name": f"Spec {name}"}
    sessions = [
        {"id": f"s-{name}-{n}", "workspaceId": v, "title": f"Session {n}", "agentSpec": spec, "agentSpecId": spec["id"],
         "createdAt": f"2026-10-{n % 28 + 1:02d}T00:00:00Z", "shareRecipients": [person]}
        for n in numbers
    ]  # fmt: skip
    yield exchange("vai", f"GET {base}/sessions", {"items": sessions})
    for session in sessions:
        messages = [{"id": f"m-{session['id']}-{n}", "threadId": session["id"], "content": f"{n}"} for n in numbers]
        yield exchange("vai", f"GET {base}/sessions/{session['id']}/messages", {"items": messages})
    for n in numbers:
        steps = [{"id": f"step-{k}", "sequence": k, "toolName": "look"} for k in numbers]
        run = {
            "id": f"r-{name}-{n}",
            "workspaceId": v,
            "status": "completed",
            "steps": steps,
            "parentRunId": f"r-{name}-0",
        }
        yield exchange("vai", f"GET {base}/runs/{run['id']}", run)
    tags = [{"id": f"tag-{n}", "name": f"Tag {n}"} for n in numbers]
    yield exchange("vai", f"GET {base}/tags", {"items": tags})
    yield exchange("vai", f"GET {base}/share", {"shareId": f"share-{name}", "state": "shared", "recipients": [person]})
    activity = [{"id": f"act-{name}-{n}", "kind": "run", "title": f"{n}"} for n in numbers]
    yield exchange("vai", f"GET {base}/activity", {"items": activity})
    pod = {"id": e, "org_id": "org", "role_id": f"role-{name}", "status": "idle", "parent_workspace_id": "e-00000"}
    yield exchange("evershell", f"GET /workspaces/{e}", {**pod, "created_by_user_id": "owner"})
    yield {"link": [["aitasker", a], ["orgo", o], ["vai", v], ["evershell", e]]}
