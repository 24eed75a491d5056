"""What tests share: databases that are made and dropped for each of them, and exchanges to fill them with.

Every test that takes `database` runs on SQLite, and on PostgreSQL where one answers on 127.0.0.1:5432.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import event

from db.database import Database
from db.ids import organization_id_of
from db.migrate import upgrade
from rest.importing import Entry, Summary, imported

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


@pytest.fixture(params=BOTH)
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of an empty database of the test's own."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
        return
    name = f"workgraph_test_{uuid4().hex}"
    server = await asyncpg.connect(POSTGRES)
    try:
        await server.execute(f"CREATE DATABASE {name}")
        yield f"postgresql+asyncpg://{POSTGRES.partition('://')[2].rpartition('/')[0]}/{name}"
    finally:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await server.close()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An empty, migrated database."""
    opened = Database(database_url)
    await upgrade(opened)
    yield opened
    await opened.close()


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    """The text of every statement that ran on the database since the test began."""
    ran: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        ran.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield ran
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


def exchange(system: str, call: str, body: Any = None, *, at: str = "2026-11-01T10:00:00Z", status: int = 200) -> dict[str, Any]:
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
