"""Rows for the benchmarks: two organisations of workspaces, the same for the same seed, in a database of their own.

They go through Workgraph's migrations and tables. Other organisations' rows stand among them, so that permission
checks have something to hide; orders have no ties, and some values are null.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import asyncpg
from sqlalchemy import Dialect, Table, make_url

from db.agents import agents
from db.charts import charts
from db.computers import computers
from db.database import Database
from db.ids import id_of
from db.migrate import upgrade
from db.sessions import messages, sessions
from db.users import users
from db.workspaces import SYSTEM_BITS, workspace_agents, workspace_parts, workspaces
from resolvers.accounts import created_token, ensure_organization

POSTGRES = os.environ.get("TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
ORGANIZATION, OTHER_ORGANIZATION = "Northwind", "Contoso"
WORKSPACES, OTHER_WORKSPACES = 2_000, 300
AGENTS, COMPUTERS, CHARTS, SESSIONS, MESSAGES = 2, 5, 4, 5, 10  # each: of a workspace, messages of a session
USERS = 300
TEXTS = 2_000  # different messages
CHUNK = 200  # workspaces whose rows are held at once
BEGINNING = datetime(2025, 1, 6, 8, tzinfo=UTC)

FIRST_NAMES = ("Ada", "Bruno", "Chidi", "Dana", "Elif", "Farid", "Grete", "Hana", "Ivo", "Jun", "Karin", "Léa", "Mirza")
LAST_NAMES = ("Abel", "Brandt", "Castillo", "Dvořák", "Eriksen", "Fontaine", "Gupta", "Huber", "Ito", "Jansen", "Kaya")
PLACES = ("Billing", "Freight", "Onboarding", "Warehouse", "Returns", "Payroll", "Forecast", "Support", "Procurement")
WORKS = ("review", "backlog", "migration", "dashboard", "audit", "pilot", "clean-up", "handover", "quarter close")
ROLES = ("Analyst", "Bookkeeper", "Dispatcher", "Researcher", "Reviewer", "Scheduler", "Translator", "Triage desk")
CLAUSES = (
    "The invoices of the last quarter are sorted by supplier", "I found three rows whose totals do not add up",
    "please compare them with the warehouse count", "the second chart leaves out returns",
    "a copy of the table is in the workspace", "the report runs each Monday at eight",
    "two sources disagree on freight",
    "nothing else was changed", "the largest difference is 4.2 %", "I would ask the owner before deleting anything",
    "“net” means after discounts here", "here is what I did, step by step", "the next run starts from the snapshot",
)  # fmt: skip


@dataclass(frozen=True)
class Filled:
    """A database filled for a benchmark: its URL, and what a client needs to ask it."""

    url: str
    token: str
    workspace_ids: tuple[str, ...]

    @property
    def system(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.url.partition("+")[0]

    @property
    def name(self) -> str:
        """The database's name, or the path of its file."""
        return str(make_url(self.url).database)


class Rows:
    """The rows of one organisation, workspace by workspace."""

    def __init__(self, organization_id: str, seed: int) -> None:
        self.organization_id = organization_id
        self.random = Random(seed)
        self.texts = [". ".join(self.random.choices(CLAUSES, k=self.random.randint(2, 6))) for _ in range(TEXTS)]
        self.user_ids = [self.id("USER", f"user-{number}") for number in range(USERS)]

    def id(self, kind: str, external_id: str) -> str:
        return id_of(kind, self.organization_id, "VAI", external_id)

    def moment(self, number: int) -> datetime:
        """The number-th moment: later than those before; half of them have microseconds, the last of them not 0."""
        draw = int(self.random.random() * 2_000_000)
        micros = draw // 20 * 10 + draw % 9 + 1 if draw % 2 else 0
        return BEGINNING + timedelta(minutes=number, seconds=draw % 60, microseconds=micros)

    def perhaps(self, value: Any, share: float = 0.8) -> Any:
        """The value, or null in the other cases."""
        return value if self.random.random() < share else None

    def record(self, kind: str, external_id: str, /, **values: Any) -> dict[str, Any]:
        """A row of a record table."""
        key = {"organization_id": self.organization_id, "id": self.id(kind, external_id), "system": "VAI"}
        return {**key, "external_id": external_id, **values}

    def people(self) -> list[dict[str, Any]]:
        return [
            self.record(
                "USER", f"user-{number}", email=f"user{number}@northwind.example",
                first_name=self.random.choice(FIRST_NAMES), last_name=self.perhaps(self.random.choice(LAST_NAMES)),
            )
            for number in range(USERS)
        ]  # fmt: skip

    def of_workspaces(self, numbers: Sequence[int]) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
        """Each table with its rows for these workspaces."""
        places = [self.workspace(number) for number in numbers]
        yield workspaces, places
        yield workspace_parts, [self.part(number, place) for number, place in zip(numbers, places, strict=True)]
        hired = [(number, place) for number in numbers for place in range(AGENTS)]
        yield agents, [self.agent(number, place) for number, place in hired]
        yield workspace_agents, [self.pair(number, place) for number, place in hired]
        yield computers, [self.computer(number, place) for number in numbers for place in range(COMPUTERS)]
        yield charts, [self.chart(number, place) for number in numbers for place in range(CHARTS)]
        talks = [(number, place) for number in numbers for place in range(SESSIONS)]
        yield sessions, [self.session(number, place) for number, place in talks]
        yield messages, [self.message(*talk, place) for talk in talks for place in range(MESSAGES)]

    def workspace(self, number: int) -> dict[str, Any]:
        made = self.moment(number)
        name = f"{self.random.choice(PLACES)} {self.random.choice(WORKS)} {number}"
        status = self.random.choices(("ACTIVE", "IDLE", "STOPPED", "FAILED"), (6, 3, 2, 1))[0]
        return {
            "organization_id": self.organization_id, "id": self.id("WORKSPACE", f"workspace-{number}"),
            "name": name, "description": self.perhaps(f"{self.random.choice(CLAUSES)}."), "status": status,
            "is_archived": self.random.random() < 0.1, "created_at": made, "updated_at": made + timedelta(days=3),
            "last_active_at": self.perhaps(made + timedelta(days=9, seconds=7)),
            "owner_id": self.random.choice(self.user_ids), "systems": SYSTEM_BITS["VAI"],
        }  # fmt: skip

    def part(self, number: int, workspace: Mapping[str, Any]) -> dict[str, Any]:
        """The only part of the workspace, VAI's, whose id it bears."""
        names = (
            "name",
            "description",
            "status",
            "is_archived",
            "created_at",
            "updated_at",
            "last_active_at",
            "owner_id",
        )
        said = {name: workspace[name] for name in names}
        workspace_id = workspace["id"]
        return self.record("WORKSPACE", f"workspace-{number}", workspace_id=workspace_id, is_deleted=False, **said)

    def agent(self, number: int, place: int) -> dict[str, Any]:
        label = f"{self.random.choice(ROLES)} {number}-{place}"
        status = self.random.choice(("ACTIVE", "PAUSED", "DRAFT"))
        made = self.moment(number * AGENTS + place)
        return self.record("AGENT", f"agent-{number}-{place}", name=label, status=status, created_at=made)

    def pair(self, number: int, place: int) -> dict[str, Any]:
        return {
            "organization_id": self.organization_id,
            "workspace_id": self.id("WORKSPACE", f"workspace-{number}"),
            "agent_id": self.id("AGENT", f"agent-{number}-{place}"),
        }

    def computer(self, number: int, place: int) -> dict[str, Any]:
        name = f"computer-{number}-{place}"
        return self.record(
            "COMPUTER", name, workspace_id=self.id("WORKSPACE", f"workspace-{number}"), name=f"desk-{number}-{place}",
            os=self.random.choice(("linux", "windows")), ram=self.perhaps(self.random.choice((4, 8, 16)), 0.95),
            cpu=self.random.choice((2, 4)), gpu=self.perhaps("a10", 0.1), disk_size_gb=self.perhaps(50),
            status=self.random.choice(("RUNNING", "STOPPED", "SUSPENDED", "ERROR")), hostname=f"{name}.orgo.example",
            created_at=self.moment(number * COMPUTERS + place),
        )  # fmt: skip

    def chart(self, number: int, place: int) -> dict[str, Any]:
        title = self.perhaps(f"{self.random.choice(PLACES)} by {self.random.choice(('month', 'region', 'supplier'))}")
        return self.record(
            "CHART", f"chart-{number}-{place}", workspace_id=self.id("WORKSPACE", f"workspace-{number}"),
            part_id=f"part-{number}", title=title, kind="bar", position=place, collapsed=False,
            spec={"kind": "bar", "x": {"column": "month"}, "y": [{"agg": "sum", "column": "total"}]},
            created_by_id=self.perhaps(self.random.choice(self.user_ids), 0.95),
            created_at=self.moment(number * CHARTS + place),
        )  # fmt: skip

    def session(self, number: int, place: int) -> dict[str, Any]:
        agent_id = self.id("AGENT", f"agent-{number}-{place % AGENTS}")
        return self.record(
            "SESSION", f"session-{number}-{place}", workspace_id=self.id("WORKSPACE", f"workspace-{number}"),
            title=self.perhaps(f"{self.random.choice(PLACES)}, {self.random.choice(WORKS)}"), is_shared=False,
            agent_id=self.perhaps(agent_id, 0.95), created_at=self.moment(number * SESSIONS + place),
        )  # fmt: skip

    def message(self, number: int, talk: int, place: int) -> dict[str, Any]:
        text = self.texts[int(self.random.random() * TEXTS)]
        return self.record(
            "MESSAGE", f"message-{number}-{talk}-{place}", session_id=self.id("SESSION", f"session-{number}-{talk}"),
            role="assistant" if place % 2 else "user", content=self.perhaps(text, 0.98), cancelled=False,
            created_at=self.moment((number * SESSIONS + talk) * MESSAGES + place),
        )  # fmt: skip


async def filled(url: str, *, scale: int = 1, seed: int = 1) -> Filled:
    """The empty database at this URL, migrated and filled, with a token of the larger organisation."""
    database = Database(url)
    await upgrade(database)
    ids: tuple[str, ...] = ()
    async with _writer(database) as write:
        for name, count in ((OTHER_ORGANIZATION, OTHER_WORKSPACES * scale), (ORGANIZATION, WORKSPACES * scale)):
            rows = Rows(await ensure_organization(database, name), seed)
            await write(users, rows.people())
            for start in range(0, count, CHUNK):
                for table, chunk in rows.of_workspaces(range(start, min(start + CHUNK, count))):
                    await write(table, chunk)
            ids = tuple(rows.id("WORKSPACE", f"workspace-{number}") for number in range(count))
    token = await created_token(database, rows.organization_id, "ada@northwind.example", scopes=("workspace:read",))
    async with database.engine.connect() as connection:
        await connection.exec_driver_sql("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE")
    await database.close()
    return Filled(url, token, ids)


@asynccontextmanager
async def _writer(database: Database) -> AsyncIterator[Any]:
    """A coroutine function that writes many rows of a table at once, by the fastest way of the database."""
    dialect = database.engine.dialect
    if database.is_sqlite:
        file = sqlite3.connect(str(database.url.database))

        async def write(table: Table, rows: list[dict[str, Any]]) -> None:
            names, values = _values(table, rows, dialect)
            marks = ", ".join("?" * len(names))
            with file:
                file.executemany(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", values)

        yield write
        file.close()
        return
    server = await asyncpg.connect(plain_url(database.url.render_as_string(hide_password=False)))

    async def copy(table: Table, rows: list[dict[str, Any]]) -> None:
        names, values = _values(table, rows, dialect)
        await server.copy_records_to_table(table.name, columns=names, records=values)

    yield copy
    await server.close()


def _values(table: Table, rows: list[dict[str, Any]], dialect: Dialect) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns of the rows, and their values as the database's driver takes them."""
    names = list(rows[0])
    written = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    return names, [_value_row(row, names, written) for row in rows]


def _value_row(row: Mapping[str, Any], names: Sequence[str], written: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(write(row[name]) if write else row[name] for name, write in zip(names, written, strict=True))


def plain_url(url: str) -> str:
    """The URL as drivers other than SQLAlchemy's take it."""
    return url.replace("postgresql+asyncpg://", "postgresql://")


def new_sqlite(folder: Path) -> str:
    """The URL of a SQLite file that is not there yet."""
    return f"sqlite+aiosqlite:///{folder / f'bench-{uuid4().hex[:8]}.db'}"


@contextmanager
def new_postgresql(server_url: str) -> Iterator[str]:
    """The URL of a new database of a PostgreSQL server, dropped in the end. Raises what asyncpg raises."""
    name = f"workgraph_bench_{uuid4().hex[:8]}"
    asyncio.run(_executed(server_url, f"CREATE DATABASE {name}"))
    try:
        yield f"postgresql+asyncpg://{server_url.partition('://')[2].rpartition('/')[0]}/{name}"
    finally:
        asyncio.run(_executed(server_url, f"DROP DATABASE {name} WITH (FORCE)"))


async def _executed(server_url: str, statement: str) -> None:
    server = await asyncpg.connect(server_url, timeout=3)
    await server.execute(statement)
    await server.close()


@contextmanager
def databases(systems: Sequence[str], folder: Path, *, scale: int = 1) -> Iterator[list[Filled]]:
    """The databases of these systems, filled with the same rows; says which system is not there."""
    with ExitStack() as stack:
        found = []
        for system in systems:
            try:
                url = new_sqlite(folder) if system == "sqlite" else stack.enter_context(new_postgresql(POSTGRES))
            except (OSError, asyncpg.PostgresError) as error:
                print(f"{system}: left out: {type(error).__name__} {error}", file=sys.stderr)
                continue
            found.append(asyncio.run(filled(url, scale=scale)))
        yield found
