"""Filters of lists, by field and by related record.

Each field of a filter says what it compares (resolvers/filters.py); its description follows from that.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from db.agents import agents
from db.charts import charts
from db.computers import computers
from db.runs import runs
from db.sessions import messages, sessions
from db.tags import tags, workspace_tags
from db.users import users
from db.workspaces import SYSTEM_BITS, workspace_agents, workspaces
from resolvers.filters import FILTER, Bits, Compare, Related, SharedWithMe, TagSet, ToManyFilter, ToOneFilter
from schema.enums import AgentStatus, ChartKind, ComputerStatus, RunStatus, System, WorkspaceStatus
from schema.prices import COMPARED, FOUND, RELATED, priced


def _says(description: str, name: str | None = None) -> Any:
    return strawberry.field(description=description, default=strawberry.UNSET, name=name)


def _operator(description: str, name: str | None = None, weight: int = COMPARED) -> Any:
    return strawberry.field(
        description=description, default=strawberry.UNSET, name=name, directives=priced(weight).directives
    )


def _compare(column: str) -> Any:
    return strawberry.field(
        description=f"Compares `{to_camel_case(column)}`.", default=strawberry.UNSET, metadata={FILTER: Compare(column)}
    )


def _means(description: str, meaning: Any) -> Any:
    price = priced(RELATED).directives if isinstance(meaning, ToOneFilter | SharedWithMe) else ()
    return strawberry.field(
        description=description, default=strawberry.UNSET, metadata={FILTER: meaning}, directives=price
    )


AND = "All of these hold."
OR = "At least one of these holds; an empty list never does."
NOT = "This does not hold."
EQ, NE = "Equal to this.", "Not equal to this; rows without a value count as not equal."
IN, NOT_IN = "One of these.", "None of these; rows without a value count."
LT, LTE, GT, GTE = "Less than this.", "This or less.", "Greater than this.", "This or greater."
IS_NULL = "Whether there is no value."
SOME, EVERY, NONE = (
    "There is at least one for which this holds.",
    "This holds for each; where there are none it holds.",
    "There is none for which this holds.",
)


@strawberry.input(description="Compares a text. All operators given hold at once.")
class StringFilter:
    eq: str | None = _operator(EQ)
    ne: str | None = _operator(NE)
    in_: list[str] | None = _operator(IN, name="in")
    not_in: list[str] | None = _operator(NOT_IN)
    lt: str | None = _operator(LT)
    lte: str | None = _operator(LTE)
    gt: str | None = _operator(GT)
    gte: str | None = _operator(GTE)
    contains: str | None = _operator("Contains this, in whichever case; `%` and `_` are plain letters.", weight=FOUND)
    starts_with: str | None = _operator("Starts with this, in whichever case.", weight=FOUND)
    is_null: bool | None = _operator(IS_NULL)


@strawberry.input(description="Compares a whole number. All operators given hold at once.")
class IntFilter:
    eq: int | None = _operator(EQ)
    ne: int | None = _operator(NE)
    in_: list[int] | None = _operator(IN, name="in")
    not_in: list[int] | None = _operator(NOT_IN)
    lt: int | None = _operator(LT)
    lte: int | None = _operator(LTE)
    gt: int | None = _operator(GT)
    gte: int | None = _operator(GTE)
    is_null: bool | None = _operator(IS_NULL)


@strawberry.input(description="Compares a moment. All operators given hold at once.")
class DateTimeFilter:
    eq: datetime | None = _operator(EQ)
    ne: datetime | None = _operator(NE)
    in_: list[datetime] | None = _operator(IN, name="in")
    not_in: list[datetime] | None = _operator(NOT_IN)
    lt: datetime | None = _operator("Before this.")
    lte: datetime | None = _operator("At this moment or before.")
    gt: datetime | None = _operator("After this.")
    gte: datetime | None = _operator("At this moment or after.")
    is_null: bool | None = _operator(IS_NULL)


@strawberry.input(description="Compares a truth value. All operators given hold at once.")
class BooleanFilter:
    eq: bool | None = _operator(EQ)
    ne: bool | None = _operator(NE)
    is_null: bool | None = _operator(IS_NULL)


@strawberry.input(description="Compares the state of a workspace. All operators given hold at once.")
class WorkspaceStatusFilter:
    eq: WorkspaceStatus | None = _operator(EQ)
    ne: WorkspaceStatus | None = _operator(NE)
    in_: list[WorkspaceStatus] | None = _operator(IN, name="in")
    not_in: list[WorkspaceStatus] | None = _operator(NOT_IN)


@strawberry.input(description="Compares the state of an agent. All operators given hold at once.")
class AgentStatusFilter:
    eq: AgentStatus | None = _operator(EQ)
    ne: AgentStatus | None = _operator(NE)
    in_: list[AgentStatus] | None = _operator(IN, name="in")
    not_in: list[AgentStatus] | None = _operator(NOT_IN)


@strawberry.input(description="Compares the state of a computer. All operators given hold at once.")
class ComputerStatusFilter:
    eq: ComputerStatus | None = _operator(EQ)
    ne: ComputerStatus | None = _operator(NE)
    in_: list[ComputerStatus] | None = _operator(IN, name="in")
    not_in: list[ComputerStatus] | None = _operator(NOT_IN)


@strawberry.input(description="Compares the state of a run. All operators given hold at once.")
class RunStatusFilter:
    eq: RunStatus | None = _operator(EQ)
    ne: RunStatus | None = _operator(NE)
    in_: list[RunStatus] | None = _operator(IN, name="in")
    not_in: list[RunStatus] | None = _operator(NOT_IN)


@strawberry.input(description="Compares the kind of a chart. All operators given hold at once.")
class ChartKindFilter:
    eq: ChartKind | None = _operator(EQ)
    ne: ChartKind | None = _operator(NE)
    in_: list[ChartKind] | None = _operator(IN, name="in")
    not_in: list[ChartKind] | None = _operator(NOT_IN)


@strawberry.input(description="Compares the system that holds a record. All operators given hold at once.")
class SystemFilter:
    eq: System | None = _operator(EQ)
    ne: System | None = _operator(NE)
    in_: list[System] | None = _operator(IN, name="in")
    not_in: list[System] | None = _operator(NOT_IN)


@strawberry.input(description="Asks which systems hold a part of a workspace.")
class SystemSetFilter:
    has_any: list[System] | None = _operator("At least one of these does.")
    has_all: list[System] | None = _operator("Each of these does.")


@strawberry.input(description="Asks for tags by their names or slugs.")
class TagSetFilter:
    any: list[str] | None = _operator("It carries at least one of these.", weight=RELATED)
    all: list[str] | None = _operator("It carries each of these.", weight=RELATED)


@strawberry.input(description="Which people.")
class UserFilter:
    and_: list[UserFilter] | None = _says(AND, name="and")
    or_: list[UserFilter] | None = _says(OR, name="or")
    not_: UserFilter | None = _says(NOT, name="not")
    system: SystemFilter | None = _compare("system")
    external_id: StringFilter | None = _compare("external_id")
    email: StringFilter | None = _compare("email")
    first_name: StringFilter | None = _compare("first_name")
    last_name: StringFilter | None = _compare("last_name")


@strawberry.input(description="Which messages.")
class MessageFilter:
    and_: list[MessageFilter] | None = _says(AND, name="and")
    or_: list[MessageFilter] | None = _says(OR, name="or")
    not_: MessageFilter | None = _says(NOT, name="not")
    role: StringFilter | None = _compare("role")
    content: StringFilter | None = _compare("content")
    cancelled: BooleanFilter | None = _compare("cancelled")
    created_at: DateTimeFilter | None = _compare("created_at")


@strawberry.input(description="Which agents.")
class AgentFilter:
    and_: list[AgentFilter] | None = _says(AND, name="and")
    or_: list[AgentFilter] | None = _says(OR, name="or")
    not_: AgentFilter | None = _says(NOT, name="not")
    system: SystemFilter | None = _compare("system")
    external_id: StringFilter | None = _compare("external_id")
    name: StringFilter | None = _compare("name")
    status: AgentStatusFilter | None = _compare("status")
    agent_type: StringFilter | None = _compare("agent_type")
    tier: StringFilter | None = _compare("tier")
    hired_at: DateTimeFilter | None = _compare("hired_at")
    created_at: DateTimeFilter | None = _compare("created_at")
    updated_at: DateTimeFilter | None = _compare("updated_at")
    owner: UserFilter | None = _means(
        "It has an owner for whom this holds.", ToOneFilter(Related(users, users.c.id, local="owner_id"))
    )
    workspace: WorkspaceFilter | None = _means(
        "It stands in at least one workspace for which this holds.",
        ToOneFilter(Related(workspaces, workspace_agents.c.agent_id, pair=workspace_agents.c.workspace_id)),
    )
    sessions: SessionListFilter | None = _means(
        "Asks for its sessions.", ToManyFilter(Related(sessions, sessions.c.agent_id))
    )


def _its_workspace() -> Any:
    return _means(
        "It stands in a workspace for which this holds.",
        ToOneFilter(Related(workspaces, workspaces.c.id, local="workspace_id")),
    )


@strawberry.input(description="Which computers.")
class ComputerFilter:
    and_: list[ComputerFilter] | None = _says(AND, name="and")
    or_: list[ComputerFilter] | None = _says(OR, name="or")
    not_: ComputerFilter | None = _says(NOT, name="not")
    external_id: StringFilter | None = _compare("external_id")
    name: StringFilter | None = _compare("name")
    status: ComputerStatusFilter | None = _compare("status")
    os: StringFilter | None = _compare("os")
    ram: IntFilter | None = _compare("ram")
    cpu: IntFilter | None = _compare("cpu")
    gpu: StringFilter | None = _compare("gpu")
    disk_size_gb: IntFilter | None = _compare("disk_size_gb")
    created_at: DateTimeFilter | None = _compare("created_at")
    workspace: WorkspaceFilter | None = _its_workspace()


@strawberry.input(description="Which charts.")
class ChartRecordFilter:
    and_: list[ChartRecordFilter] | None = _says(AND, name="and")
    or_: list[ChartRecordFilter] | None = _says(OR, name="or")
    not_: ChartRecordFilter | None = _says(NOT, name="not")
    external_id: StringFilter | None = _compare("external_id")
    title: StringFilter | None = _compare("title")
    kind: ChartKindFilter | None = _compare("kind")
    position: IntFilter | None = _compare("position")
    collapsed: BooleanFilter | None = _compare("collapsed")
    created_at: DateTimeFilter | None = _compare("created_at")
    updated_at: DateTimeFilter | None = _compare("updated_at")
    created_by: UserFilter | None = _means(
        "It was made by someone for whom this holds.", ToOneFilter(Related(users, users.c.id, local="created_by_id"))
    )
    workspace: WorkspaceFilter | None = _its_workspace()


@strawberry.input(description="Which sessions.")
class SessionFilter:
    and_: list[SessionFilter] | None = _says(AND, name="and")
    or_: list[SessionFilter] | None = _says(OR, name="or")
    not_: SessionFilter | None = _says(NOT, name="not")
    external_id: StringFilter | None = _compare("external_id")
    title: StringFilter | None = _compare("title")
    is_shared: BooleanFilter | None = _compare("is_shared")
    last_turn_status: StringFilter | None = _compare("last_turn_status")
    created_at: DateTimeFilter | None = _compare("created_at")
    updated_at: DateTimeFilter | None = _compare("updated_at")
    agent: AgentFilter | None = _means(
        "It is held with an agent for whom this holds.", ToOneFilter(Related(agents, agents.c.id, local="agent_id"))
    )
    messages: MessageListFilter | None = _means(
        "Asks for its messages.", ToManyFilter(Related(messages, messages.c.session_id))
    )
    workspace: WorkspaceFilter | None = _its_workspace()


@strawberry.input(description="Which runs.")
class RunFilter:
    and_: list[RunFilter] | None = _says(AND, name="and")
    or_: list[RunFilter] | None = _says(OR, name="or")
    not_: RunFilter | None = _says(NOT, name="not")
    system: SystemFilter | None = _compare("system")
    external_id: StringFilter | None = _compare("external_id")
    status: RunStatusFilter | None = _compare("status")
    title: StringFilter | None = _compare("title")
    depth: IntFilter | None = _compare("depth")
    error: StringFilter | None = _compare("error")
    task_id: StringFilter | None = _compare("task_id")
    model_id: StringFilter | None = _compare("model_id")
    created_at: DateTimeFilter | None = _compare("created_at")
    started_at: DateTimeFilter | None = _compare("started_at")
    completed_at: DateTimeFilter | None = _compare("completed_at")
    agent: AgentFilter | None = _means(
        "It is done by an agent for whom this holds.", ToOneFilter(Related(agents, agents.c.id, local="agent_id"))
    )
    workspace: WorkspaceFilter | None = _its_workspace()


def _list_filter(noun: str) -> str:
    return f"Asks for {noun}. All given hold at once."


@strawberry.input(description=_list_filter("agents"))
class AgentListFilter:
    some: AgentFilter | None = _operator(SOME, weight=RELATED)
    every: AgentFilter | None = _operator(EVERY, weight=RELATED)
    none: AgentFilter | None = _operator(NONE, weight=RELATED)


@strawberry.input(description=_list_filter("computers"))
class ComputerListFilter:
    some: ComputerFilter | None = _operator(SOME, weight=RELATED)
    every: ComputerFilter | None = _operator(EVERY, weight=RELATED)
    none: ComputerFilter | None = _operator(NONE, weight=RELATED)


@strawberry.input(description=_list_filter("charts"))
class ChartListFilter:
    some: ChartRecordFilter | None = _operator(SOME, weight=RELATED)
    every: ChartRecordFilter | None = _operator(EVERY, weight=RELATED)
    none: ChartRecordFilter | None = _operator(NONE, weight=RELATED)


@strawberry.input(description=_list_filter("sessions"))
class SessionListFilter:
    some: SessionFilter | None = _operator(SOME, weight=RELATED)
    every: SessionFilter | None = _operator(EVERY, weight=RELATED)
    none: SessionFilter | None = _operator(NONE, weight=RELATED)


@strawberry.input(description=_list_filter("messages"))
class MessageListFilter:
    some: MessageFilter | None = _operator(SOME, weight=RELATED)
    every: MessageFilter | None = _operator(EVERY, weight=RELATED)
    none: MessageFilter | None = _operator(NONE, weight=RELATED)


@strawberry.input(description=_list_filter("runs"))
class RunListFilter:
    some: RunFilter | None = _operator(SOME, weight=RELATED)
    every: RunFilter | None = _operator(EVERY, weight=RELATED)
    none: RunFilter | None = _operator(NONE, weight=RELATED)


@strawberry.input(description="Which workspaces. All that is given holds at once.")
class WorkspaceFilter:
    and_: list[WorkspaceFilter] | None = _says(AND, name="and")
    or_: list[WorkspaceFilter] | None = _says(OR, name="or")
    not_: WorkspaceFilter | None = _says(NOT, name="not")
    systems: SystemSetFilter | None = _means("Asks which systems hold a part of it.", Bits("systems", SYSTEM_BITS))
    status: WorkspaceStatusFilter | None = _compare("status")
    name: StringFilter | None = _compare("name")
    description: StringFilter | None = _compare("description")
    is_archived: BooleanFilter | None = _compare("is_archived")
    created_at: DateTimeFilter | None = _compare("created_at")
    updated_at: DateTimeFilter | None = _compare("updated_at")
    last_active_at: DateTimeFilter | None = _compare("last_active_at")
    archived_at: DateTimeFilter | None = _compare("archived_at")
    owner: UserFilter | None = _means(
        "It has an owner for whom this holds.", ToOneFilter(Related(users, users.c.id, local="owner_id"))
    )
    tags: TagSetFilter | None = _means(
        "Asks for its tags.", TagSet(Related(tags, workspace_tags.c.workspace_id, pair=workspace_tags.c.tag_id))
    )
    shared_with_me: bool | None = _means(
        "Whether it is shared with the viewer; shares that have expired or were revoked do not count.",
        SharedWithMe(),
    )
    agents: AgentListFilter | None = _means(
        "Asks for its agents.",
        ToManyFilter(Related(agents, workspace_agents.c.workspace_id, pair=workspace_agents.c.agent_id)),
    )
    computers: ComputerListFilter | None = _means(
        "Asks for its computers.", ToManyFilter(Related(computers, computers.c.workspace_id))
    )
    charts: ChartListFilter | None = _means(
        "Asks for its charts.", ToManyFilter(Related(charts, charts.c.workspace_id))
    )
    sessions: SessionListFilter | None = _means(
        "Asks for its sessions.", ToManyFilter(Related(sessions, sessions.c.workspace_id))
    )
    runs: RunListFilter | None = _means("Asks for its runs.", ToManyFilter(Related(runs, runs.c.workspace_id)))
    parent: WorkspaceFilter | None = _means(
        "It was forked from a workspace for which this holds.",
        ToOneFilter(Related(workspaces, workspaces.c.id, local="parent_id")),
    )
