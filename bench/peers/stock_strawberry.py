"""Stock Strawberry over SQLAlchemy's ORM, written as well as it can be without leaving what Strawberry documents.

GraphQLRouter, aiodataloader, ParserCache and ValidationCache, orjson. Resolvers are plain functions that hand on a
loader's future; records of the ORM are answered as they are.
"""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from enum import Enum
from typing import Any, Generic, NewType, TypeVar

import orjson
import strawberry
from fastapi import FastAPI, Request
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.fastapi import BaseContext, GraphQLRouter
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import scalar

from bench.peers.loaders import Loaders
from bench.peers.orm import engine, organization_of, written

WORKSPACE_STATES = ("PROVISIONING", "ACTIVE", "IDLE", "BUSY", "PAUSED", "STOPPING", "STOPPED", "FAILED", "UNKNOWN")
COMPUTER_STATES = (
    "CREATING", "STARTING", "RUNNING", "STOPPING", "STOPPED", "RESTARTING", "SUSPENDED", "DELETING", "ERROR", "UNKNOWN",
)  # fmt: skip
AGENT_STATES = ("ACTIVE", "PAUSED", "CANCELLED", "DRAFT", "ARCHIVED", "DELETED", "UNKNOWN")
WorkspaceStatus = strawberry.enum(Enum("WorkspaceStatus", {name: name for name in WORKSPACE_STATES}))
ComputerStatus = strawberry.enum(Enum("ComputerStatus", {name: name for name in COMPUTER_STATES}))
AgentStatus = strawberry.enum(Enum("AgentStatus", {name: name for name in AGENT_STATES}))
Moment = NewType("Moment", datetime)
Item = TypeVar("Item")


class Context(BaseContext):
    """A request's loaders."""

    def __init__(self, loaders: Loaders) -> None:
        super().__init__()
        self.loaders = loaders


Info = strawberry.Info[Context, None]


@strawberry.type
class Connection(Generic[Item]):
    nodes: list[Item]


@strawberry.type
class User:
    id: strawberry.ID
    email: str | None
    first_name: str | None
    last_name: str | None


@strawberry.type
class Agent:
    id: strawberry.ID
    name: str
    status: AgentStatus


@strawberry.type
class Message:
    id: strawberry.ID
    role: str
    content: str | None
    created_at: Moment | None


@strawberry.type
class Session:
    id: strawberry.ID
    title: str | None
    created_at: Moment | None

    @strawberry.field
    def agent(self, info: Info) -> Agent | None:
        return info.context.loaders.agent.load(self.agent_id) if self.agent_id else None

    @strawberry.field
    def messages(self, info: Info, first: int = 50) -> Connection[Message]:
        return info.context.loaders.messages(first).load(self.id)


@strawberry.type
class Chart:
    id: strawberry.ID
    title: str | None
    position: int

    @strawberry.field
    def created_by(self, info: Info) -> User | None:
        return info.context.loaders.user.load(self.created_by_id) if self.created_by_id else None


@strawberry.type
class Computer:
    id: strawberry.ID
    name: str
    os: str | None
    ram: int | None
    cpu: int | None
    gpu: str | None
    disk_size_gb: int | None
    status: ComputerStatus
    hostname: str | None
    created_at: Moment | None

    @strawberry.field
    def workspace(self, info: Info) -> Workspace | None:
        return info.context.loaders.workspace.load(self.workspace_id) if self.workspace_id else None


@strawberry.type
class Workspace:
    id: strawberry.ID
    name: str
    description: str | None
    status: WorkspaceStatus
    is_archived: bool
    created_at: Moment | None
    updated_at: Moment | None
    last_active_at: Moment | None

    @strawberry.field
    def agents(self, info: Info) -> Connection[Agent]:
        return info.context.loaders.agents.load(self.id)

    @strawberry.field
    def computers(self, info: Info) -> Connection[Computer]:
        return info.context.loaders.computers.load(self.id)

    @strawberry.field
    def charts(self, info: Info) -> Connection[Chart]:
        return info.context.loaders.charts.load(self.id)

    @strawberry.field
    def sessions(self, info: Info) -> Connection[Session]:
        return info.context.loaders.sessions.load(self.id)


@strawberry.type
class Query:
    @strawberry.field
    def workspace(self, info: Info, id: strawberry.ID) -> Workspace | None:  # noqa: A002 - the graph's name
        return info.context.loaders.workspace.load(id)

    @strawberry.field
    def workspaces(self, info: Info, first: int = 50) -> Connection[Workspace]:
        return info.context.loaders.newest_workspaces(first)

    @strawberry.field
    def computers(self, info: Info, first: int = 50) -> Connection[Computer]:
        return info.context.loaders.oldest_computers(first)


class Router(GraphQLRouter[Context, None]):
    """Strawberry's router with orjson."""

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)


def page(nodes: list[Any]) -> Connection[Any]:
    """A connection of these nodes."""
    return Connection(nodes=nodes)


async def context(request: Request) -> Context:
    """The context of a request, whose token says which rows are seen."""
    return Context(Loaders(await organization_of(request.headers["authorization"]), page))


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """With BENCH_GC_FREEZE the garbage collector leaves alone what was there at the start, and comes less often."""
    if os.environ.get("BENCH_GC_FREEZE"):
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
    yield
    await engine.dispose()


SCALARS: dict[Any, Any] = {Moment: scalar(name="DateTime", serialize=written)}
schema = strawberry.Schema(
    Query, config=StrawberryConfig(scalar_map=SCALARS), extensions=[ParserCache, ValidationCache]
)
app = FastAPI(lifespan=lifespan)
app.include_router(Router(schema, context_getter=context), prefix="/graphql")
