"""Runs, their steps, and tasks bound to workspaces."""

from __future__ import annotations

from datetime import datetime

import strawberry

from resolvers.agents import agents_by_id
from resolvers.lineage import run_lineage
from resolvers.runs import children_of_runs, runs_by_id, steps_of_runs
from resolvers.workspaces import workspaces_by_id
from schema.agents import Agent
from schema.enums import RunStatus
from schema.fields import batch_field, column, connection, part
from schema.filters import RunFilter
from schema.lazy import RunType, WorkspaceType
from schema.lineage import descendants
from schema.nodes import Connection, Record, entity, object_type
from schema.orders import RunOrder
from schema.prices import LINEAGE, priced, size
from schema.scalars import JSON

USAGE = (
    "usage_input_tokens", "usage_output_tokens", "usage_cached_input_tokens", "usage_cache_write_tokens",
    "usage_total_cost",
)  # fmt: skip
OUTCOME = (
    "outcome_artifact_id", "outcome_artifact_name", "outcome_renderer_kind", "outcome_row_count", "outcome_summary",
    "outcome_version",
)  # fmt: skip
WORKFLOW = (
    "workflow_document_id", "workflow_document_title", "workflow_document_version", "workflow_document_version_id",
    "workflow_document_version_label",
)  # fmt: skip
SNAPSHOT = (
    "snapshot_kind", "snapshot_document_id", "snapshot_title", "snapshot_document_version",
    "snapshot_document_version_id", "snapshot_document_version_label", "snapshot_captured_at",
)  # fmt: skip


@object_type
class TokenUsage:
    """What a run used of a language model (VAI)."""

    input_tokens: int | None = column("Tokens read.", name="usage_input_tokens")
    output_tokens: int | None = column("Tokens written.", name="usage_output_tokens")
    cached_input_tokens: int | None = column("Tokens read from the cache.", name="usage_cached_input_tokens")
    cache_write_tokens: int | None = column("Tokens written to the cache.", name="usage_cache_write_tokens")
    total_cost: str | None = column(
        "Cost as a decimal text, exactly as VAI gives it; VAI names no currency.", name="usage_total_cost"
    )


@object_type
class RunObservability:
    """What VAI observed of a run."""

    loaded_skill_slugs: list[str] | None = column("Skills that were loaded.")
    model_id: str | None = column("Language model.")
    provider: str | None = column("Provider of the language model.")
    trace_provider: str | None = column("Where the trace is kept.")
    usage: TokenUsage | None = part("What it used; null where VAI does not say.", *USAGE)


@object_type
class RunOutcome:
    """What a run produced (VAI)."""

    artifact_id: str | None = column("Id of the artifact.", name="outcome_artifact_id")
    artifact_name: str | None = column("Name of the artifact.", name="outcome_artifact_name")
    renderer_kind: str | None = column("How the artifact is shown.", name="outcome_renderer_kind")
    row_count: int | None = column("Rows of the artifact.", name="outcome_row_count")
    summary: str | None = column("What came out, for people.", name="outcome_summary")
    version: int | None = column("Version of the artifact.", name="outcome_version")


@object_type
class WorkflowRuntimeDocument:
    """The workflow document as it was when the run began (VAI)."""

    document_id: str | None = column("Id of the document.", name="snapshot_document_id")
    title: str | None = column("Title.", name="snapshot_title")
    document_version: int | None = column("Number of the version.", name="snapshot_document_version")
    document_version_id: str | None = column("Id of the version.", name="snapshot_document_version_id")
    document_version_label: str | None = column("Label of the version.", name="snapshot_document_version_label")
    captured_at: datetime | None = column("When it was captured.", name="snapshot_captured_at")


@object_type
class WorkflowRuntimeSnapshot:
    """What was captured of the workflow when the run began (VAI)."""

    kind: str | None = column("Kind of the snapshot, `workflow_runtime_snapshot`.", name="snapshot_kind")
    document: WorkflowRuntimeDocument | None = part("The document.", *SNAPSHOT[1:])


@object_type
class WorkflowSnapshot:
    """The workflow that a run followed (VAI)."""

    document_id: str | None = column("Id of the workflow document.", name="workflow_document_id")
    document_title: str | None = column("Its title.", name="workflow_document_title")
    document_version: int | None = column("Number of its version.", name="workflow_document_version")
    document_version_id: str | None = column("Id of its version.", name="workflow_document_version_id")
    document_version_label: str | None = column("Label of its version.", name="workflow_document_version_label")
    runtime_snapshot: WorkflowRuntimeSnapshot | None = part("What was captured when the run began.", *SNAPSHOT)


@object_type
class RunOrigin:
    """Where a run was started from (VAI)."""

    thread_id: str | None = column("Id of the chat thread.", name="origin_thread_id")
    room_id: str | None = column("Id of the room.", name="origin_room_id")
    room_run_id: str | None = column("Id of the run in the room.", name="origin_room_run_id")


@object_type
class Transcript:
    """What was said in the course of a run (VAI)."""

    content: str | None = column("As text.", name="transcript_content")
    raw_data: JSON | None = column("As the agent's library keeps it, free in form.", name="transcript_raw_data")
    updated_at: datetime | None = column("When it last changed.", name="transcript_updated_at")


@object_type
class RunStep:
    """One step of a run (VAI)."""

    id: strawberry.ID | None = column("VAI's id of the step.", name="external_id")
    sequence: int | None = column("Number of the step, in the order of the run.")
    step_key: str | None = column("Name of the step in its workflow.")
    status: str | None = column("State, in VAI's own word.")
    source_type: str | None = column("What kind of thing the step is.")
    tool_name: str | None = column("Tool that was called.")
    tool_call_id: str | None = column("Id of the call.")
    input: JSON | None = column("What the tool was given, free in form.")
    output: JSON | None = column("What the tool answered, free in form.")
    error: str | None = column("Why it failed; null if it did not.")
    duration_ms: float | None = column("How long it took, in milliseconds.")
    started_at: datetime | None = column("When it began.")
    completed_at: datetime | None = column("When it ended.")


@entity("RUN")
class Run(Record):
    """One execution: a run (VAI), a workspace task (AITasker), a task (Evershell)."""

    status: RunStatus = column("Unified state.")
    source_status: str | None = column("The system's own word.")
    title: str | None = column("Title: AITasker's, or the task's display name (VAI). Evershell's tasks have none.")
    description: str | None = column("What is to be done: AITasker's description, the prompt of an Evershell task.")
    agent: Agent | None = batch_field(agents_by_id, "The agent that does it (AITasker, VAI).", key="agent_id")
    depth: int = column("How deep it stands in its tree of runs; 0 for a root.")
    error: str | None = column("Why it failed: `error` (VAI), `reason` (Evershell).")
    result: JSON | None = column("What came out, free in form: `result` (VAI), `output_data` (AITasker).")
    context: JSON | None = column("What it was given, free in form (VAI).")
    created_at: datetime | None = column("When it was asked for.")
    started_at: datetime | None = column("When it began.")
    completed_at: datetime | None = column("When it ended.")
    duration_seconds: float | None = column("How long it took, in seconds (Evershell).")
    triggered_by: str | None = column("What started it (VAI).")
    trigger_ref: str | None = column("Id of what started it (VAI).")
    task_id: str | None = column("Id of the task definition (VAI).")
    task_display_name: str | None = column("Name of the task definition (VAI).")
    transcript: Transcript | None = part(
        "What was said; null where VAI does not say.", "transcript_content", "transcript_raw_data",
        "transcript_updated_at",
    )  # fmt: skip
    steps: list[RunStep] = batch_field(steps_of_runs, "Its steps, in order (VAI).")
    usage: TokenUsage | None = part("What it used of a language model; null where VAI does not say.", *USAGE)
    observability: RunObservability | None = part(
        "What VAI observed of it.", "loaded_skill_slugs", "model_id", "provider", "trace_provider", *USAGE
    )
    outcome: RunOutcome | None = part("What it produced; null where VAI does not say.", *OUTCOME)
    workflow: WorkflowSnapshot | None = part("The workflow it followed; null for none (VAI).", *WORKFLOW, *SNAPSHOT)
    origin: RunOrigin | None = part(
        "Where it was started from (VAI).", "origin_thread_id", "origin_room_id", "origin_room_run_id"
    )
    skill_slug: str | None = column("Skill that does it (AITasker).")
    schedule_type: str | None = column("How it is scheduled (AITasker).")
    trigger: JSON | None = column("What starts it, free in form (AITasker).")
    priority: str | None = column("Priority, in AITasker's own word.")
    proposed_actions: JSON | None = column("What the agent proposes to do, free in form (AITasker).")
    approval_level: str | None = column("What approval it needs, in AITasker's own word.")
    approved_by: str | None = column("AITasker's id of who approved it.")
    approved_at: datetime | None = column("When it was approved (AITasker).")
    cost_usd: float | None = column("What it cost, in US dollars (AITasker).")
    cost: str | None = column(
        "What it cost, as an exact decimal text: `usage.totalCost` (VAI, which names no currency) or `costUsd` "
        "(AITasker); null where the document has none, or no decimal number. What `usage` sums up."
    )
    parent: RunType | None = batch_field(
        runs_by_id, "The run that started it (VAI); null where no document of that came in.", key="parent_id"
    )
    parent_run_id: str | None = column("VAI's id of the run that started it.")
    root: RunType | None = batch_field(
        run_lineage.roots,
        "The first run of its tree: the one that its document names (VAI), null where no document of that came in; "
        "without a name the last of its ancestors, or itself.",
        price=priced(LINEAGE),
    )
    root_run_id: str | None = column("VAI's id of the first run of its tree.")
    children: Connection[RunType] = connection(
        children_of_runs, "The runs that it started, oldest first (VAI).", filter=RunFilter, order=RunOrder
    )
    ancestors: list[RunType] = batch_field(
        run_lineage.ancestors,
        "The runs that led to it, its parent first; the chain ends where the next is not there, not to be seen, or in "
        "it already (VAI).",
        price=priced(LINEAGE, size(10)),
    )
    descendants: list[RunType] = descendants(
        run_lineage, "The runs that it led to, the nearest first, then the oldest (VAI)."
    )
    workspace: WorkspaceType | None = batch_field(workspaces_by_id, "The workspace it runs in.", key="workspace_id")


@object_type
class TaskBinding:
    """A task definition bound to a workspace (VAI). Task, binding and run are three things."""

    id: strawberry.ID = column("Opaque id of the binding.")
    binding_id: str = column("VAI's id of the binding.")
    task_id: str = column("VAI's id of the task definition.")
    name: str = column("Name of the task.")
    display_name: str | None = column("Name for people.")
    description: str | None = column("What the task does.")
    lifecycle: str = column("State of the task definition, in VAI's own word, such as `draft`.")
    mutates_workspace: bool = column("Whether the task may change the workspace's table.")
