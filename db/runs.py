"""Runs (VAI runs, AITasker workspace tasks, Evershell tasks), their steps, and the tasks bound to workspaces."""

from sqlalchemy import Boolean, Column, Float, Index, Integer

from db.costs import Cost
from db.metadata import moment, owned_table, record_table, text
from db.types import Json

runs = record_table(
    "runs",
    text("workspace_id"),
    text("part_id"),
    text("agent_id"),
    text("status", nullable=False),
    text("source_status"),
    text("title"),
    text("description"),
    Column("depth", Integer, nullable=False),
    text("error"),
    Column("result", Json),
    Column("context", Json),
    text("triggered_by"),
    text("trigger_ref"),
    text("task_id"),
    text("task_display_name"),
    text("transcript_content"),
    Column("transcript_raw_data", Json),
    moment("transcript_updated_at"),
    Column("usage_input_tokens", Integer),
    Column("usage_output_tokens", Integer),
    Column("usage_cached_input_tokens", Integer),
    Column("usage_cache_write_tokens", Integer),
    text("usage_total_cost"),  # decimal text as VAI sends it, so that nothing is rounded
    Column("loaded_skill_slugs", Json),
    text("model_id"),
    text("provider"),
    text("trace_provider"),
    text("outcome_artifact_id"),
    text("outcome_artifact_name"),
    text("outcome_renderer_kind"),
    Column("outcome_row_count", Integer),
    text("outcome_summary"),
    Column("outcome_version", Integer),
    text("workflow_document_id"),
    text("workflow_document_title"),
    Column("workflow_document_version", Integer),
    text("workflow_document_version_id"),
    text("workflow_document_version_label"),
    text("snapshot_kind"),
    text("snapshot_document_id"),
    text("snapshot_title"),
    Column("snapshot_document_version", Integer),
    text("snapshot_document_version_id"),
    text("snapshot_document_version_label"),
    moment("snapshot_captured_at"),
    text("origin_thread_id"),
    text("origin_room_id"),
    text("origin_room_run_id"),
    text("parent_id"),
    text("parent_run_id"),
    text("root_id"),
    text("root_run_id"),
    text("skill_slug"),
    text("schedule_type"),
    Column("trigger", Json),
    text("priority"),
    Column("proposed_actions", Json),
    text("approval_level"),
    text("approved_by"),
    moment("approved_at"),
    Column("cost_usd", Float),
    Column("cost", Cost),  # of VAI's `totalCost` and AITasker's `cost_usd`; null where that is no decimal
    Column("duration_seconds", Float),
    moment("created_at"),
    moment("started_at"),
    moment("completed_at"),
    indexes=(
        ("workspace_id", "created_at"), ("part_id",), ("parent_id", "created_at"), ("created_at",),
    ),
)  # fmt: skip

# What use is mostly counted of and by, so that the wide rows of runs are left alone. Texts of any length are not here:
# PostgreSQL has no room for them in an index.
Index(
    "ix_runs_use",
    *(
        runs.c[name]
        for name in (
            "organization_id", "created_at", "agent_id", "workspace_id", "system", "status", "task_id",
            "usage_input_tokens", "usage_output_tokens", "usage_cached_input_tokens", "usage_cache_write_tokens",
            "cost",
        )
    ),
)  # fmt: skip

run_steps = owned_table(
    "run_steps",
    Column("position", Integer, nullable=False),
    text("external_id"),
    Column("sequence", Integer),
    text("step_key"),
    text("status"),
    text("source_type"),
    text("tool_name"),
    text("tool_call_id"),
    Column("input", Json),
    Column("output", Json),
    text("error"),
    Column("duration_ms", Float),
    moment("started_at"),
    moment("completed_at"),
)

task_bindings = owned_table(
    "task_bindings",
    text("workspace_id", nullable=False),
    text("binding_id", nullable=False),
    text("task_id", nullable=False),
    text("name", nullable=False),
    text("display_name"),
    text("description"),
    text("lifecycle", nullable=False),
    Column("mutates_workspace", Boolean, nullable=False),
    indexes=(("workspace_id", "name"),),
)
