"""Workspaces: the unified row, its parts (one per system), and what only one system knows of it."""

from sqlalchemy import Boolean, Column, Integer, Table, Text

from db.metadata import index, metadata, moment, owned_table, record_table, text
from db.types import Json

SYSTEM_BITS = {"AITASKER": 1, "ORGO": 2, "VAI": 4, "EVERSHELL": 8}

workspaces = Table(
    "workspaces",
    metadata,
    Column("organization_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    text("name", nullable=False),
    text("given_name"),  # set through the graph; wins over every system's own
    text("description"),
    text("status", nullable=False),
    Column("is_archived", Boolean, nullable=False),
    moment("created_at"),
    moment("updated_at"),
    moment("last_active_at"),
    moment("archived_at"),
    text("owner_id"),
    text("parent_id"),  # the workspace this one was forked from
    Column("systems", Integer, nullable=False),  # SYSTEM_BITS, added up
)
index(workspaces, "name", "id")
index(workspaces, "created_at", "id")
index(workspaces, "updated_at", "id")
index(workspaces, "parent_id", "created_at", "id")
index(workspaces, "owner_id", "id")

# What every system's workspace says in common; `workspace_id` is the unified one that the part belongs to.
workspace_parts = record_table(
    "workspace_parts",
    text("workspace_id", nullable=False),
    text("name"),
    text("description"),
    text("status", nullable=False),
    Column("is_archived", Boolean, nullable=False),
    moment("created_at"),
    moment("updated_at"),
    moment("last_active_at"),
    moment("archived_at"),
    text("owner_id"),
    text("agent_id"),  # the hired agent (AITasker) or the role (Evershell)
    text("parent_part_id"),  # the part this one was forked from (Evershell)
    Column("is_deleted", Boolean, nullable=False),  # gone in its system; kept so that it is known what it was part of
    indexes=(("workspace_id",), ("parent_part_id",), ("owner_id",)),
)

aitasker_workspaces = record_table(
    "aitasker_workspaces",
    text("workspace_id", nullable=False),
    text("name"),
    text("status"),
    text("user_id"),
    text("hired_agent_id"),
    Column("settings", Json),
    Column("metrics_cache", Json),
    moment("last_active_at"),
    moment("created_at"),
    moment("updated_at"),
    indexes=(("workspace_id",),),
)

orgo_workspaces = record_table(
    "orgo_workspaces",
    text("workspace_id", nullable=False),
    text("name"),
    text("status"),
    text("user_id"),
    text("icon_url"),
    Column("computer_count", Integer),
    moment("created_at"),
    moment("updated_at"),
    indexes=(("workspace_id",), ("name",)),
)

vai_workspaces = record_table(
    "vai_workspaces",
    text("workspace_id", nullable=False),
    text("title"),
    text("description"),
    text("status"),
    text("mode"),
    text("owner_user_id"),
    text("storage_key"),
    text("seed_artifact_version_id"),
    text("row_id_column"),
    text("backing_owner_task_slug"),
    Column("backing_row_identity_columns", Json),
    text("backing_source_type"),
    text("backing_table_name"),
    text("backing_table_scope"),
    text("backing_workspace_key"),
    Column("renderer_config", Json),
    Column("is_shared", Boolean, nullable=False),
    text("shared_by_id"),
    text("viewer_access"),
    Column("warnings", Json),
    moment("created_at"),
    moment("updated_at"),
    indexes=(("workspace_id",),),
)

evershell_workspaces = record_table(
    "evershell_workspaces",
    text("workspace_id", nullable=False),
    text("org_id"),
    text("role_id"),
    text("environment"),
    text("status"),
    text("created_by_user_id"),
    text("snapshot_ref"),
    text("last_snapshot_error"),
    text("parent_workspace_id"),
    text("fork_source_snapshot_ref"),
    Column("fork_point_task_count", Integer),
    text("pack_status"),
    moment("created_at"),
    moment("updated_at"),
    moment("archived_at"),
    indexes=(("workspace_id",),),
)

# Pairs, made anew from the parts and sessions of a workspace whenever one of them changes.
workspace_agents = Table(
    "workspace_agents",
    metadata,
    Column("organization_id", Text, primary_key=True),
    Column("workspace_id", Text, primary_key=True),
    Column("agent_id", Text, primary_key=True),
)
index(workspace_agents, "agent_id", "workspace_id")

integrations = owned_table(
    "integrations",
    text("workspace_id", nullable=False),
    Column("position", Integer, nullable=False),
    text("provider"),
    text("status"),
    Column("detail", Json, nullable=False),
    indexes=(("workspace_id",),),
)
