"""The roots of the graph's read side."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Any

import strawberry

from db.ids import id_of, kind_of
from resolvers import agents, charts, computers, runs, sessions, tags, users, workspaces
from resolvers.context import Batch, Context
from resolvers.sources import sources
from schema.agents import Agent
from schema.charts import Chart
from schema.computers import Computer
from schema.enums import RecordType, System
from schema.fields import root_connection
from schema.filters import (
    AgentFilter,
    ChartRecordFilter,
    ComputerFilter,
    RunFilter,
    SessionFilter,
    WorkspaceFilter,
)
from schema.nodes import Connection, Node
from schema.orders import AgentOrder, ChartOrder, ComputerOrder, RunOrder, SessionOrder, WorkspaceOrder
from schema.runs import Run
from schema.selection import selection_of
from schema.sessions import Message, Session
from schema.sources import Source
from schema.tags import Tag
from schema.users import User, Viewer
from schema.workspaces import Workspace

# By which type and batch function a record of each kind is found.
NODES: dict[str, tuple[Any, Batch]] = {
    "AGENT": (Agent, agents.agents_by_id),
    "CHART": (Chart, charts.charts_by_id),
    "COMPUTER": (Computer, computers.computers_by_id),
    "MESSAGE": (Message, sessions.messages_by_id),
    "RUN": (Run, runs.runs_by_id),
    "SESSION": (Session, sessions.sessions_by_id),
    "TAG": (Tag, tags.tags_by_id),
    "USER": (User, users.users_by_id),
    "WORKSPACE": (Workspace, workspaces.workspaces_by_any_id),
}
KINDS_BY_TYPE = {of.__name__: kind for kind, (of, _batch) in NODES.items()}


ID = re.compile(r"[A-Z][\w-]{22}", re.ASCII)  # what else is asked for is no text that every database takes


async def record_of(info: strawberry.Info, record_id: str, kind: str | None) -> Any:
    """The record of this id if it is of this kind; None where it is hidden, missing, or of another kind."""
    if kind not in NODES or kind_of(record_id) != kind or not ID.fullmatch(record_id):
        return None
    of, batch = NODES[kind]
    ctx: Context = info.context
    graphql_type = info._raw_info.schema.get_type(of.__name__)
    columns = selection_of(info).of_type(graphql_type).columns() if graphql_type else frozenset()
    return await asyncio.shield(ctx.loader(batch, columns).load(record_id))


Id = Annotated[strawberry.ID, strawberry.argument(description="The graph's id of the record.")]


def _by_id(kind: str, noun: str) -> Any:
    async def resolve(info: strawberry.Info, id: Id) -> Any:
        return await record_of(info, str(id), kind)

    return strawberry.field(
        resolver=resolve, description=f"The {noun} of this id; null where there is none that the viewer may see."
    )


@strawberry.type(description="What can be asked.")
class Query:
    """The read side."""

    workspace: Workspace | None = _by_id("WORKSPACE", "workspace")
    agent: Agent | None = _by_id("AGENT", "agent")
    computer: Computer | None = _by_id("COMPUTER", "computer")
    chart: Chart | None = _by_id("CHART", "chart")
    session: Session | None = _by_id("SESSION", "session")
    run: Run | None = _by_id("RUN", "run")

    workspaces: Connection[Workspace] = root_connection(
        workspaces.all_workspaces, "Workspaces, newest first.", filter=WorkspaceFilter, order=WorkspaceOrder
    )
    agents: Connection[Agent] = root_connection(
        agents.all_agents, "Agents, by name.", filter=AgentFilter, order=AgentOrder
    )
    computers: Connection[Computer] = root_connection(
        computers.all_computers, "Computers, oldest first.", filter=ComputerFilter, order=ComputerOrder
    )
    charts: Connection[Chart] = root_connection(
        charts.all_charts, "Charts, newest first.", filter=ChartRecordFilter, order=ChartOrder
    )
    sessions: Connection[Session] = root_connection(
        sessions.all_sessions, "Sessions, newest first.", filter=SessionFilter, order=SessionOrder
    )
    runs: Connection[Run] = root_connection(runs.all_runs, "Runs, newest first.", filter=RunFilter, order=RunOrder)

    @strawberry.field(description="Who is asking.")
    def viewer(self, info: strawberry.Info) -> Viewer:
        ctx: Any = info.context
        return ctx  # type: ignore[no-any-return]

    @strawberry.field(description="The record of this id; null where there is none that the viewer may see.")
    async def node(self, info: strawberry.Info, id: Id) -> Node | None:
        return await record_of(info, str(id), kind_of(str(id)))  # type: ignore[no-any-return]

    @strawberry.field(description="The records of these ids, in their order; null in the place of each not found.")
    async def nodes(
        self,
        info: strawberry.Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="The graph's ids of the records.")],
    ) -> list[Node | None]:
        return list(await asyncio.gather(*(record_of(info, str(one), kind_of(str(one))) for one in ids)))

    @strawberry.field(
        description="The record that a system holds under its own id; null where there is none that the viewer may "
        "see. A workspace answers the unified one."
    )
    async def lookup(
        self,
        info: strawberry.Info,
        system: Annotated[System, strawberry.argument(description="The system that holds the record.")],
        type: Annotated[RecordType, strawberry.argument(description="The kind of record.")],
        external_id: Annotated[str, strawberry.argument(description="The record's id in that system.")],
    ) -> Node | None:
        ctx: Context = info.context
        record_id = id_of(type.value, ctx.viewer.organization_id, system.value, external_id)
        return await record_of(info, record_id, type.value)  # type: ignore[no-any-return]

    @strawberry.field(description="Tags of the organisation by name, of one namespace if it is given (VAI).")
    async def tags(
        self,
        info: strawberry.Info,
        namespace: Annotated[str | None, strawberry.argument(description="Only tags of this namespace.")] = None,
    ) -> list[Tag]:
        rows: Any = await tags.all_tags(namespace, ctx=info.context, columns=selection_of(info).columns())
        return rows  # type: ignore[no-any-return]

    @strawberry.field(description="The four systems: how many records, how fresh, the last error.")
    async def sources(self, info: strawberry.Info) -> list[Source]:
        found: Any = await sources(ctx=info.context)
        return found  # type: ignore[no-any-return]
