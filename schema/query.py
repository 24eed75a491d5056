"""The roots of the graph's read side."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from db.ids import id_of, is_id_of, kind_of
from resolvers import agents, charts, computers, runs, sessions, tags, users, workspaces
from resolvers.context import Batch, Context
from resolvers.sources import sources
from resolvers.table_candidates import table_candidates_of_viewer
from schema.agents import Agent
from schema.charts import Chart
from schema.computers import Computer
from schema.enums import RecordType, System
from schema.fields import by_id, made, root_connection
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
from schema.prices import KINDS, REPORT, STATEMENT, priced, size
from schema.runs import Run
from schema.selection import selection_of
from schema.sessions import Message, Session
from schema.sources import Source
from schema.tables import TableCandidate
from schema.tags import Tag
from schema.usage import UsageReport, usage
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
    "WORKSPACE": (Workspace, workspaces.workspaces_asked_for),
}
KINDS_BY_TYPE = {of.__name__: kind for kind, (of, _batch) in NODES.items()}


Id = Annotated[strawberry.ID, strawberry.argument(description="The graph's id of the record.")]


async def records_of(info: strawberry.Info, ids: Sequence[tuple[str | None, str]]) -> list[Any]:
    """The records of these kinds and ids, in order; None for what is hidden, missing, or of another kind.

    Statements: 1 for each kind. Where one fails, its error stands in the place of each record of the kind.
    """
    by_kind: dict[str, list[str]] = {}
    for kind, record_id in ids:
        if kind in NODES and is_id_of(kind, record_id):
            by_kind.setdefault(kind, []).append(record_id)
    answers = await asyncio.gather(*(_of_kind(info, *one) for one in by_kind.items()))
    found = {record_id: record for answer in answers for record_id, record in answer.items()}
    return [found.get(record_id) if kind in by_kind and is_id_of(kind, record_id) else None for kind, record_id in ids]


async def _of_kind(info: strawberry.Info, kind: str, ids: list[str]) -> dict[str, Any]:
    of, batch = NODES[kind]
    columns = selection_of(info).of_type_named(of.__name__).columns
    unique = list(dict.fromkeys(ids))
    try:
        return dict(zip(unique, await batch(unique, ctx=info.context, columns=columns), strict=True))
    except Exception as error:
        return dict.fromkeys(unique, error)


def _by_id(kind: str) -> Any:
    noun = kind.lower()
    return by_id(NODES[kind][1], kind, f"The {noun} of this id; null where there is none that the viewer may see.")


@strawberry.type(description="What can be asked.")
class Query:
    """The read side."""

    workspace: Workspace | None = _by_id("WORKSPACE")
    agent: Agent | None = _by_id("AGENT")
    computer: Computer | None = _by_id("COMPUTER")
    chart: Chart | None = _by_id("CHART")
    session: Session | None = _by_id("SESSION")
    run: Run | None = _by_id("RUN")

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

    usage: UsageReport = strawberry.field(
        directives=priced(REPORT, size(100, ("first",), ("rows",))).directives,
        resolver=usage,
        description="Tokens and costs of the runs that the viewer may see, summed up by the keys asked for.",
    )

    viewer: Viewer = made("Who is asking.", lambda _root, ctx: ctx.viewer, takes_context=True)

    @strawberry.field(
        description="The record of this id; null where there is none that the viewer may see.",
        directives=priced(STATEMENT).directives,
    )
    async def node(self, info: strawberry.Info, id: Id) -> Node | None:
        return (await records_of(info, [(kind_of(str(id)), str(id))]))[0]  # type: ignore[no-any-return]

    @strawberry.field(
        description="The records of these ids, in their order; null in the place of each not found.",
        directives=priced(KINDS).directives,
    )
    async def nodes(
        self,
        info: strawberry.Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="The graph's ids of the records.")],
    ) -> list[Node | None]:
        return await records_of(info, [(kind_of(str(one)), str(one)) for one in ids])

    @strawberry.field(
        description="The record that a system holds under its own id; null where there is none that the viewer may "
        "see. A workspace answers the unified one.",
        directives=priced(STATEMENT).directives,
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
        return (await records_of(info, [(type.value, record_id)]))[0]  # type: ignore[no-any-return]

    @strawberry.field(
        description="Tags of the organisation by name, of one namespace if it is given (VAI).",
        directives=priced(STATEMENT, size(100)).directives,
    )
    async def tags(
        self,
        info: strawberry.Info,
        namespace: Annotated[str | None, strawberry.argument(description="Only tags of this namespace.")] = None,
    ) -> list[Tag]:
        rows: Any = await tags.all_tags(namespace, ctx=info.context, columns=selection_of(info).columns)
        return rows  # type: ignore[no-any-return]

    @strawberry.field(
        description="The tables that an operator has registered for workspaces, by name.",
        directives=priced(STATEMENT, size(20)).directives,
    )
    async def table_candidates(self, info: strawberry.Info) -> list[TableCandidate]:
        with_counts = selection_of(info).selects("rowCount")
        found: Any = await table_candidates_of_viewer(ctx=info.context, with_counts=with_counts)
        return found  # type: ignore[no-any-return]

    @strawberry.field(
        description="The four systems: how many records, how fresh, the last error.",
        directives=priced(KINDS, size(4)).directives,
    )
    async def sources(self, info: strawberry.Info) -> list[Source]:
        found: Any = await sources(ctx=info.context)
        return found  # type: ignore[no-any-return]
