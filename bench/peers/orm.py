"""The tables as SQLAlchemy's ORM, as the Python peers see them: only the columns that their schema has."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import ARRAY, DateTime, Text, any_, event, literal, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.sql import ColumnElement

URL = os.environ["BENCH_DATABASE_URL"]
IS_SQLITE = URL.startswith("sqlite")
POOL_SIZE = 10  # kept open; none beyond them, for to open one costs more than to wait


class Record(DeclarativeBase):
    """What all tables have."""

    type_annotation_map = {str: Text, datetime: DateTime(timezone=True)}
    organization_id: Mapped[str] = mapped_column(primary_key=True)


class Workspace(Record):
    __tablename__ = "workspaces"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    description: Mapped[str | None]
    status: Mapped[str]
    is_archived: Mapped[bool]
    created_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]
    last_active_at: Mapped[datetime | None]


class WorkspaceAgent(Record):
    __tablename__ = "workspace_agents"
    workspace_id: Mapped[str] = mapped_column(primary_key=True)
    agent_id: Mapped[str] = mapped_column(primary_key=True)


class Agent(Record):
    __tablename__ = "agents"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    status: Mapped[str]


class Computer(Record):
    __tablename__ = "computers"
    id: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[str | None]
    name: Mapped[str]
    os: Mapped[str | None]
    ram: Mapped[int | None]
    cpu: Mapped[int | None]
    gpu: Mapped[str | None]
    disk_size_gb: Mapped[int | None]
    status: Mapped[str]
    hostname: Mapped[str | None]
    created_at: Mapped[datetime | None]


class Chart(Record):
    __tablename__ = "charts"
    id: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[str]
    title: Mapped[str | None]
    position: Mapped[int]
    created_by_id: Mapped[str | None]


class User(Record):
    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str | None]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]


class Session(Record):
    __tablename__ = "sessions"
    id: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[str | None]
    agent_id: Mapped[str | None]
    title: Mapped[str | None]
    created_at: Mapped[datetime | None]


class Message(Record):
    __tablename__ = "messages"
    id: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str]
    role: Mapped[str]
    content: Mapped[str | None]
    created_at: Mapped[datetime | None]


class Token(Record):
    __tablename__ = "tokens"
    digest: Mapped[str] = mapped_column(primary_key=True)
    scopes: Mapped[str]


def _engine() -> AsyncEngine:
    """An engine that begins no transaction for what only reads, and resets nothing between requests."""
    engine = create_async_engine(
        URL, isolation_level="AUTOCOMMIT", pool_size=POOL_SIZE, max_overflow=0, pool_reset_on_return=None
    )
    if IS_SQLITE:
        event.listen(engine.sync_engine, "connect", lambda one, _: one.execute("PRAGMA mmap_size=1073741824"))
    return engine


engine = _engine()
opened = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False, autoflush=False)
_organizations: dict[str, str] = {}  # by token


async def organization_of(authorization: str) -> str:
    """The organisation whose rows the bearer of the token may read; looked up once."""
    token = authorization.removeprefix("Bearer ")
    if token not in _organizations:
        digest = sha256(token.encode()).hexdigest()
        async with opened() as session:
            found = (await session.scalars(select(Token).where(Token.digest == digest))).one()
        if "workspace:read" not in orjson.loads(found.scopes):
            raise PermissionError("the token may not read workspaces")
        _organizations[token] = found.organization_id
    return _organizations[token]


def among(column: Any, keys: Iterable[str]) -> ColumnElement[bool]:
    """The condition that the column is one of the keys: one parameter on PostgreSQL, one for each key on SQLite."""
    return column.in_(keys) if IS_SQLITE else column == any_(literal(list(keys), ARRAY(Text)))


def written(moment: datetime) -> str:
    """A moment as the graph's contract writes it: UTC with `Z`, fractions of a second only where there are any."""
    text = moment.replace(tzinfo=None).isoformat()
    return f"{text.rstrip('0') if '.' in text else text}Z"
