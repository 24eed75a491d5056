"""Workspaces and their facets in the four systems."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from db.workspaces import SYSTEM_BITS
from resolvers.activity import activity_of_workspaces
from resolvers.agents import agents_by_id, agents_of_workspaces
from resolvers.charts import charts_of_workspaces
from resolvers.computers import computers_of_workspaces
from resolvers.lineage import workspace_lineage
from resolvers.runs import runs_of_workspaces, tasks_of_workspaces
from resolvers.sessions import sessions_of_workspaces
from resolvers.sources import documents_by_id
from resolvers.tags import tags_of_workspaces
from resolvers.users import organizations_by_id, recipients_of_parts, users_by_id
from resolvers.workspaces import (
    access_of_workspaces,
    actions_of_workspaces,
    aitasker_of_workspaces,
    evershell_of_workspaces,
    forks_of_workspaces,
    integrations_of_workspaces,
    orgo_of_workspaces,
    shares_of_workspaces,
    sources_of_workspaces,
    vai_of_workspaces,
    workspaces_by_id,
)
from schema.activity import ActivityItem
from schema.agents import Agent
from schema.charts import Chart
from schema.computers import Computer
from schema.enums import Access, System, WorkspaceAction, WorkspaceMode, WorkspaceStatus, member
from schema.fields import batch_field, column, connection, item, made
from schema.filters import (
    AgentFilter,
    ChartRecordFilter,
    ComputerFilter,
    RunFilter,
    SessionFilter,
    WorkspaceFilter,
)
from schema.lazy import WorkspaceType
from schema.lineage import descendants
from schema.nodes import Connection, Node, SourceInfo, entity, object_type
from schema.orders import AgentOrder, ChartOrder, ComputerOrder, RunOrder, SessionOrder, WorkspaceOrder
from schema.prices import LINEAGE, priced, size
from schema.runs import Run, TaskBinding
from schema.scalars import JSON
from schema.sessions import Session
from schema.tables import TablePage, table_page
from schema.tags import Tag
from schema.users import Organization, Share, User


def _source() -> Any:
    return batch_field(documents_by_id, "Where the part came from and how fresh it is.")


def _systems(row: Any) -> list[str]:
    return [system for system, bit in SYSTEM_BITS.items() if row.systems & bit]


def _mode(row: Any) -> str | None:
    return member(WorkspaceMode, "")(row.mode) or None


@object_type
class Integration:
    """A service that a hired agent is connected to (AITasker). Secrets are never kept."""

    provider: str | None = column("Name of the service, where the document gives one.")
    status: str | None = column("State of the connection, in AITasker's own word.")
    detail: JSON = column("All that AITasker says of it; its pages do not document the fields.")


@object_type
class AitaskerWorkspace:
    """What AITasker knows of a workspace: the desk of one hired agent."""

    external_id: str = column("AITasker's id.")
    source: SourceInfo = _source()
    name: str | None = column("Name.")
    status: str | None = column("State, in AITasker's own word.")
    user_id: str | None = column("AITasker's id of its owner.")
    hired_agent: Agent | None = batch_field(agents_by_id, "The agent whose desk it is.", key="hired_agent_id")
    settings: JSON | None = column("Settings, free in form.")
    metrics_cache: JSON | None = column("Figures that AITasker has computed, free in form.")
    last_active_at: datetime | None = column("When something was last done in it.")
    created_at: datetime | None = column("When it was made.")
    updated_at: datetime | None = column("When it last changed.")


@object_type
class OrgoWorkspace:
    """What Orgo knows of a workspace: a folder of computers."""

    external_id: str = column("Orgo's id.")
    source: SourceInfo = _source()
    name: str | None = column("Name.")
    status: str | None = column("State, in Orgo's own word: `active` or `inactive` (newer generation).")
    user_id: str | None = column("Orgo's id of its owner (newer generation).")
    icon_url: str | None = column("Address of its icon (newer generation).")
    computer_count: int | None = column("How many computers Orgo says it has (older generation).")
    created_at: datetime | None = column("When it was made.")
    updated_at: datetime | None = column("When it last changed (newer generation).")


@object_type
class WorkspaceWarning:
    """What VAI warned of when a workspace was made."""

    code: str | None = item("Code.", "code")
    message: str | None = item("Text for people.", "message")
    requested_row_id_column: str | None = item("The row id column that was asked for.", "requestedRowIdColumn")
    effective_row_id_column: str | None = item("The row id column that was taken.", "effectiveRowIdColumn")


@object_type
class VaiWorkspace:
    """What VAI knows of a workspace: a data table with charts and chats."""

    external_id: str = column("VAI's id.")
    source: SourceInfo = _source()
    title: str | None = column("Title.")
    description: str | None = column("What it is for.")
    status: str | None = column("State, in VAI's own word: `active` or `archived`.")
    mode: WorkspaceMode | None = made("How it stands to its table; null where VAI does not say.", _mode, "mode")
    owner_user_id: str | None = column("VAI's id of its owner.")
    storage_key: str | None = column("Where VAI keeps it.")
    seed_artifact_version_id: str | None = column("Version of the artifact that the snapshot was taken from.")
    row_id_column: str | None = column("Column that identifies a row.")
    backing_owner_task_slug: str | None = column("Task that owns the backing table.")
    backing_row_identity_columns: list[str] | None = column("Columns that identify a row of the backing table.")
    backing_source_type: str | None = column("Kind of the backing table.")
    backing_table_name: str | None = column("Name of the backing table.")
    backing_table_scope: str | None = column("Scope of the backing table.")
    backing_workspace_key: str | None = column("Key of the workspace that owns the backing table.")
    renderer_config: JSON | None = column("Settings of the renderer, free in form.")
    is_shared: bool = column("Whether VAI says that it is shared.")
    shared_by: User | None = batch_field(users_by_id, "Who shared it.", key="shared_by_id")
    share_recipients: list[User] = batch_field(
        recipients_of_parts, "Who the workspace's own document says it is shared with."
    )
    viewer_access: str | None = column(
        "VAI's own word for what the person who fetched the document is to it, such as `owner`."
    )
    warnings: list[WorkspaceWarning] | None = column("What VAI warned of when it was made; null where none is known.")
    created_at: datetime | None = column("When it was made.")
    updated_at: datetime | None = column("When it last changed.")


@object_type
class EvershellWorkspace:
    """What Evershell knows of a workspace: one pod, with snapshots and forks."""

    external_id: str = column("Evershell's id.")
    source: SourceInfo = _source()
    org_id: str | None = column("Evershell's id of the organisation.")
    role: Agent | None = batch_field(agents_by_id, "The role that it runs.", key="role_id")
    environment: str | None = column("`development`, `staging` or `production`.")
    status: str | None = column("State of the pod, in Evershell's own word.")
    created_by_user_id: str | None = column("Evershell's id of who made it.")
    snapshot_ref: str | None = column("The last snapshot; empty after one that failed.")
    last_snapshot_error: str | None = column("Why the last snapshot failed; null once one succeeded.")
    parent_workspace_id: str | None = column("Evershell's id of the workspace that it was forked from.")
    fork_source_snapshot_ref: str | None = column("The snapshot that it was forked from.")
    fork_point_task_count: int | None = column("Tasks of its parent before the fork; 0 for before any.")
    pack_status: str | None = column("`current`, `stale` or `unknown`, as computed when it was fetched.")
    created_at: datetime | None = column("When it was made.")
    updated_at: datetime | None = column("When it last changed.")
    archived_at: datetime | None = column("When it was archived; null unless it is.")


@entity("WORKSPACE")
class Workspace(Node):
    """One place of work, whichever systems hold a part of it. At most one facet per system."""

    name: str = column(
        "A name given through the graph, or the first there is of VAI's title, AITasker's and Orgo's name, "
        "Evershell's environment and id."
    )
    description: str | None = column("What it is for (VAI).")
    status: WorkspaceStatus = column("Unified state; of several systems' the most urgent.")
    is_archived: bool = column("Whether one of its systems holds it as archived (VAI, Evershell).")
    created_at: datetime | None = column("When its first part was made (all systems).")
    updated_at: datetime | None = column("When one of its parts last changed (all systems).")
    last_active_at: datetime | None = column("When something was last done in it (AITasker).")
    archived_at: datetime | None = column("When it was archived; null where the system does not say (Evershell).")
    owner: User | None = batch_field(
        users_by_id,
        "The first there is of VAI's `ownerUserId`, AITasker's and Orgo's `user_id`, Evershell's `created_by_user_id`.",
        key="owner_id",
    )
    organization: Organization = batch_field(
        organizations_by_id, "The organisation it belongs to.", key="organization_id"
    )
    viewer_access: Access = batch_field(access_of_workspaces, "What the viewer is to it.")
    viewer_can: list[WorkspaceAction] = batch_field(
        actions_of_workspaces,
        "The mutations that the viewer's token and access allow on it and on what stands in it; whether its state "
        "allows them is not looked at.",
    )
    systems: list[System] = made("The systems that hold a part of it.", _systems, "systems")
    sources: list[SourceInfo] = batch_field(sources_of_workspaces, "Where its parts came from, by system.")
    aitasker: AitaskerWorkspace | None = batch_field(aitasker_of_workspaces, "AITasker's part; null for none.")
    orgo: OrgoWorkspace | None = batch_field(orgo_of_workspaces, "Orgo's part; null for none.")
    vai: VaiWorkspace | None = batch_field(vai_of_workspaces, "VAI's part; null for none.")
    evershell: EvershellWorkspace | None = batch_field(evershell_of_workspaces, "Evershell's part; null for none.")
    agents: Connection[Agent] = connection(
        agents_of_workspaces,
        "Its hired agent (AITasker), its role (Evershell) and the agents of its sessions (VAI); by name.",
        filter=AgentFilter,
        order=AgentOrder,
    )
    computers: Connection[Computer] = connection(
        computers_of_workspaces, "Its computers, oldest first (Orgo).", filter=ComputerFilter, order=ComputerOrder
    )
    charts: Connection[Chart] = connection(
        charts_of_workspaces, "Its charts, by position (VAI).", filter=ChartRecordFilter, order=ChartOrder
    )
    sessions: Connection[Session] = connection(
        sessions_of_workspaces, "Its sessions, newest first (VAI).", filter=SessionFilter, order=SessionOrder
    )
    runs: Connection[Run] = connection(
        runs_of_workspaces,
        "Its runs, newest first (VAI runs, AITasker tasks, Evershell tasks).",
        filter=RunFilter,
        order=RunOrder,
    )
    tasks: list[TaskBinding] = batch_field(tasks_of_workspaces, "The tasks bound to it, by name (VAI).")
    tags: list[Tag] = batch_field(tags_of_workspaces, "Its tags, in VAI's order.")
    share: Share = batch_field(shares_of_workspaces, "How it is shared (VAI).")
    activity: Connection[ActivityItem] = connection(activity_of_workspaces, "What happened in it, newest first (VAI).")
    integrations: list[Integration] = batch_field(
        integrations_of_workspaces, "The services its hired agent is connected to (AITasker)."
    )
    data: TablePage | None = table_page(
        "The rows it stands on; null where Workgraph holds neither the table nor recorded pages of it (VAI)."
    )
    parent: WorkspaceType | None = batch_field(
        workspaces_by_id, "The workspace it was forked from (Evershell).", key="parent_id"
    )
    forks: Connection[WorkspaceType] = connection(
        forks_of_workspaces,
        "The workspaces forked from it, newest first (Evershell).",
        filter=WorkspaceFilter,
        order=WorkspaceOrder,
    )
    ancestors: list[WorkspaceType] = batch_field(
        workspace_lineage.ancestors,
        "The workspaces that it comes from by forks, its parent first; the chain ends where the next is not there, not "
        "to be seen, or in it already (Evershell).",
        price=priced(LINEAGE, size(10)),
    )
    root: WorkspaceType = batch_field(
        workspace_lineage.roots,
        "The last of its ancestors; itself where it was not forked (Evershell).",
        price=priced(LINEAGE),
    )
    descendants: list[WorkspaceType] = descendants(
        workspace_lineage, "The workspaces that come from it by forks, the nearest first, then the oldest (Evershell)."
    )
