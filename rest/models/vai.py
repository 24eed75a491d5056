"""VAI (Virtuous AI): data tables with charts, chats, bound tasks, runs, tags and shares; camelCase JSON."""

from typing import Annotated, ClassVar, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from rest.models.types import (
    Document,
    Free,
    Id,
    Json,
    Number,
    RecordDocument,
    Reference,
    Text,
    Timestamp,
    Whole,
)

ShortText = Annotated[Text, Field(min_length=1, max_length=255)]  # VAI's limit of titles and column names


class VaiDocument(Document):
    """A document whose JSON keys are camelCase."""

    model_config = ConfigDict(alias_generator=to_camel)


class VaiRecord(RecordDocument, VaiDocument):
    """A record whose JSON keys are camelCase."""


class Person(VaiRecord):
    """Source: VAI, fields `sharedBy`, `shareRecipients`, `recipients` and comment authors."""

    record: ClassVar[str] = "USER"

    id: Id
    email: Text | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    profile_picture_url: Text | None = None


class Workspace(VaiRecord):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}, field `workspace`."""

    record: ClassVar[str] = "WORKSPACE"

    id: Id
    title: Text | None = None
    description: Text | None = None
    mode: Text | None = None
    status: Text | None = None
    owner_user_id: Reference | None = None
    viewer_access: Text | None = None
    is_shared: bool | None = None
    shared_by: Person | None = None
    share_recipients: list[Person] | None = None
    backing_owner_task_slug: Text | None = None
    backing_row_identity_columns: list[Text] | None = None
    backing_source_type: Text | None = None
    backing_table_name: Text | None = None
    backing_table_scope: Text | None = None
    backing_workspace_key: Text | None = None
    renderer_config: Json = None
    row_id_column: Text | None = None
    seed_artifact_version_id: Reference | None = None
    storage_key: Text | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None


class TaskBinding(VaiRecord):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}, field `boundTasks`."""

    record: ClassVar[str] = "TASK_BINDING"
    id_field: ClassVar[str] = "bindingId"

    binding_id: Id
    task_id: Reference | None = None
    name: Text | None = None
    display_name: Text | None = None
    description: Text | None = None
    lifecycle: Text | None = None
    mutates_workspace: bool | None = None


class WorkspaceWarning(VaiDocument):
    """Source: VAI POST /api/v1/workspaces, field `warnings`."""

    code: Text | None = None
    message: Text | None = None
    effective_row_id_column: Text | None = None
    requested_row_id_column: Text | None = None


class WorkspaceEnvelope(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}; `warnings` comes with create only."""

    workspace: Workspace | None = None
    bound_tasks: list[TaskBinding] | None = None
    warnings: list[WorkspaceWarning] | None = None

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if self.workspace is None and self.bound_tasks is None:
            raise ValueError("must hold `workspace`, `boundTasks` or both")
        return self


class Workspaces(VaiDocument):
    """Source: VAI GET /api/v1/workspaces and GET /api/v1/workspaces/shared (the latter is paged)."""

    items: list[Workspace] | None = None
    total: Whole | None = None
    limit: Whole | None = None
    offset: Whole | None = None
    has_next: bool | None = None


class TableCandidate(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/table-candidates, items."""

    table_name: Text | None = None
    logical_table_name: Text | None = None
    scope: Text | None = None
    source_type: Text | None = None
    owner_task_slug: Text | None = None
    owner_workspace_key: Text | None = None
    primary_key_columns: list[Text] | None = None
    row_count: Whole | None = None
    can_open_workspace: bool | None = None
    can_write: bool | None = None
    read_only_reason: Text | None = None
    last_write_at: Timestamp | None = None


class TableCandidates(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/table-candidates."""

    items: list[TableCandidate] | None = None


class ActivityItem(VaiRecord):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/activity, items."""

    record: ClassVar[str] = "ACTIVITY"

    id: Id
    kind: Text | None = None
    title: Text | None = None
    status: Text | None = None
    detail: Json = None
    created_at: Timestamp | None = None


class Activity(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/activity."""

    items: list[ActivityItem] | None = None


class ChartColumn(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/charts/{chart_id}, fields `spec.x` and `spec.group`."""

    column: Text | None = None


class ChartMeasure(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/charts/{chart_id}, field `spec.y`."""

    agg: Text | None = None
    column: Text | None = None
    label: Text | None = None


class ChartSort(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/charts/{chart_id}, field `spec.sort`."""

    by: Text | None = None
    order: Text | None = None


class ChartOptions(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/charts/{chart_id}, field `spec`: its options."""

    v: Whole | None = None
    title: Text | None = None
    subtitle: Text | None = None
    theme: Text | None = None
    group: ChartColumn | None = None
    filters: list[Json] | None = None
    sort: ChartSort | None = None
    limit: Whole | None = None


class ChartSpec(ChartOptions):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/charts/{chart_id}, field `spec`."""

    kind: Text | None = None
    x: ChartColumn | None = None
    y: list[ChartMeasure] | None = None


class Chart(VaiRecord):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/charts/{chart_id}."""

    record: ClassVar[str] = "CHART"

    id: Id
    workspace_id: Reference | None = None
    artifact_id: Reference | None = None
    title: Text | None = None
    position: Whole | None = None
    collapsed: bool | None = None
    chart_spec_version: Whole | None = None
    spec: ChartSpec | None = None
    renderer_config: Json = None
    created_by: Reference | None = None
    last_edited_by: Reference | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None


class Charts(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/charts."""

    items: list[Chart] | None = None


class ChartPoint(VaiDocument):
    """Source: VAI POST /api/v1/workspaces/{workspace_id}/charts/{chart_id}/data, field `rows`."""

    x: Json = None
    y: Number | None = None
    group: Json = None


class ChartData(VaiDocument):
    """Source: VAI POST /api/v1/workspaces/{workspace_id}/charts/{chart_id}/data."""

    chart_id: Reference | None = None
    x_column: Text | None = None
    group_column: Text | None = None
    y_label: Text | None = None
    rows: list[ChartPoint] | None = None
    truncated: bool | None = None


class TableColumn(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/data, field `columns`."""

    name: Text | None = None
    display_name: Text | None = None
    data_type: Text | None = None


class TablePage(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/data."""

    columns: list[TableColumn] | None = None
    items: list[Free] | None = None
    row_identity_columns: list[Text] | None = None
    mode: Text | None = None
    is_live: bool | None = None
    can_edit: bool | None = None
    read_only_reason: Text | None = None
    backing_table_name: Text | None = None
    backing_table_scope: Text | None = None
    total: Whole | None = None
    limit: Whole | None = None
    offset: Whole | None = None
    has_next: bool | None = None


class CellAnswer(VaiDocument):
    """Source: VAI PATCH /api/v1/workspaces/{workspace_id}/data/cells."""

    mutation_id: Reference | None = None
    row: Free | None = None


class TokenUsage(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/runs/{run_id}, field `observability.usage`."""

    input_tokens: Whole | None = None
    output_tokens: Whole | None = None
    cached_input_tokens: Whole | None = None
    cache_write_tokens: Whole | None = None
    total_cost: Text | None = None


class Observability(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/runs/{run_id}, field `observability`."""

    provider: Text | None = None
    model_id: Text | None = None
    trace_provider: Text | None = None
    loaded_skill_slugs: list[Text] | None = None
    usage: TokenUsage | None = None


class RunOutcome(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/runs/{run_id}, field `outcome`."""

    artifact_id: Reference | None = None
    artifact_name: Text | None = None
    renderer_kind: Text | None = None
    row_count: Whole | None = None
    summary: Text | None = None
    version: Whole | None = None


class RunStep(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/runs/{run_id}, field `steps`."""

    id: Reference | None = None
    sequence: Whole | None = None
    step_key: Text | None = None
    source_type: Text | None = None
    tool_name: Text | None = None
    tool_call_id: Text | None = None
    status: Text | None = None
    input: Json = None
    output: Json = None
    error: Text | None = None
    duration_ms: Number | None = None
    started_at: Timestamp | None = None
    completed_at: Timestamp | None = None


class WorkflowDocument(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/runs/{run_id}, field `workflowRuntimeSnapshot.document`."""

    document_id: Reference | None = None
    document_version: Whole | None = None
    document_version_id: Reference | None = None
    document_version_label: Text | None = None
    title: Text | None = None
    captured_at: Timestamp | None = None


class WorkflowSnapshot(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/runs/{run_id}, field `workflowRuntimeSnapshot`."""

    kind: Text | None = None
    document: WorkflowDocument | None = None


class Run(VaiRecord):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/runs/{run_id}."""

    record: ClassVar[str] = "RUN"

    id: Id
    workspace_id: Reference | None = None
    parent_run_id: Reference | None = None
    root_run_id: Reference | None = None
    depth: Whole | None = None
    task_id: Reference | None = None
    task_display_name: Text | None = None
    status: Text | None = None
    triggered_by: Text | None = None
    trigger_ref: Text | None = None
    context: Json = None
    result: Json = None
    error: Text | None = None
    outcome: RunOutcome | None = None
    observability: Observability | None = None
    steps: list[RunStep] | None = None
    origin_room_id: Reference | None = None
    origin_room_run_id: Reference | None = None
    origin_thread_id: Reference | None = None
    transcript_content: Text | None = None
    transcript_raw_data: Json = None
    transcript_updated_at: Timestamp | None = None
    workflow_document_id: Reference | None = None
    workflow_document_title: Text | None = None
    workflow_document_version: Whole | None = None
    workflow_document_version_id: Reference | None = None
    workflow_document_version_label: Text | None = None
    workflow_runtime_snapshot: WorkflowSnapshot | None = None
    created_at: Timestamp | None = None
    started_at: Timestamp | None = None
    completed_at: Timestamp | None = None


class Runs(VaiDocument):
    """Source: VAI GET /api/v1/data-products/runs."""

    items: list[Run] | None = None
    total: Whole | None = None


class AgentRun(VaiRecord):
    """Source: VAI GET /api/v1/agents/runs/{run_id}; not the shape of a workspace's run."""

    record: ClassVar[str] = "RUN"

    id: Id
    agent_spec_id: Reference | None = None
    decision_id: Reference | None = None
    status: Text | None = None
    trigger_method: Text | None = None
    trigger_source_id: Reference | None = None
    trigger_source_type: Text | None = None
    input: Json = None
    result: Json = None
    error: Json = None
    created_by: Reference | None = None
    updated_by: Reference | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None
    started_at: Timestamp | None = None
    completed_at: Timestamp | None = None


class AgentResource(VaiDocument):
    """Source: VAI GET /api/v1/agents/specs, field `resources`."""

    id: Reference | None = None
    agent_spec_id: Reference | None = None
    resource_type: Text | None = None
    source: Text | None = None
    value: Text | None = None
    metadata: Json = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None


class AgentSpec(VaiRecord):
    """Source: VAI GET /api/v1/agents/specs, items; a session's `agentSpec` carries its first four fields."""

    record: ClassVar[str] = "AGENT"

    id: Id
    name: Text | None = None
    is_deleted: bool | None = None
    lifecycle_status: Text | None = None
    slug: Text | None = None
    description: Text | None = None
    mode: Text | None = None
    markdown: Text | None = None
    frontmatter: Json = None
    resources: list[AgentResource] | None = None
    resource_preview: list[Json] | None = None
    created_by: Reference | None = None
    updated_by: Reference | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None


class AgentSpecs(VaiDocument):
    """Source: VAI GET /api/v1/agents/specs."""

    specs: list[AgentSpec] | None = None
    total: Whole | None = None


class SessionScope(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/sessions, field `scope`."""

    kind: Text | None = None
    workspace_id: Reference | None = None
    document_id: Reference | None = None


class Session(VaiRecord):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/sessions and GET /api/v1/chat/threads, items."""

    record: ClassVar[str] = "SESSION"

    id: Id
    workspace_id: Reference | None = None
    title: Text | None = None
    agent_spec_id: Reference | None = None
    agent_spec: AgentSpec | None = None
    scope: SessionScope | None = None
    active_turn_id: Reference | None = None
    active_turn_last_event_seq: Whole | None = None
    active_turn_status: Text | None = None
    last_turn_status: Text | None = None
    viewer_access: Text | None = None
    is_shared: bool | None = None
    shared_by: Person | None = None
    share_recipients: list[Person] | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None


class Sessions(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/sessions and GET /api/v1/chat/threads."""

    items: list[Session] | None = None
    next_cursor: Text | None = None


class MessageError(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/sessions/{session_id}/messages, field `error`."""

    code: Text | None = None
    title: Text | None = None
    description: Text | None = None
    reference_id: Text | None = None
    retryable: bool | None = None


class Message(VaiRecord):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/sessions/{session_id}/messages, items."""

    record: ClassVar[str] = "MESSAGE"

    id: Id
    thread_id: Reference | None = None
    turn_id: Reference | None = None
    role: Text | None = None
    content: Text | None = None
    format: Text | None = None
    raw_data: Json = None
    cancelled: bool | None = None
    duration_seconds: Number | None = None
    error: MessageError | None = None
    created_by: Reference | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None


class Messages(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/sessions/{session_id}/messages."""

    items: list[Message] | None = None
    next_cursor: Text | None = None


class Share(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/share; one per workspace, also when it is not shared."""

    share_id: Reference | None = None
    state: Text | None = None
    status: Text | None = None
    recipients: list[Person] | None = None
    recipient_user_ids: list[Reference] | None = None
    expires_at: Timestamp | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None


class SharedThread(VaiDocument):
    """Source: VAI GET /api/v1/shares/{share_id}; the items of GET /api/v1/shares/received have no `status`."""

    share_id: Reference | None = None
    thread_id: Reference | None = None
    title: Text | None = None
    status: Text | None = None
    agent_spec: AgentSpec | None = None
    shared_by: Person | None = None
    expires_at: Timestamp | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None


class ReceivedShares(VaiDocument):
    """Source: VAI GET /api/v1/shares/received."""

    items: list[SharedThread] | None = None
    next_cursor: Text | None = None


class Tag(VaiRecord):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/tags, items."""

    record: ClassVar[str] = "TAG"

    id: Id
    name: Text | None = None
    slug: Text | None = None
    namespace: Text | None = None
    color: Text | None = None
    description: Text | None = None
    attributes: Json = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None


class Tags(VaiDocument):
    """Source: VAI GET and PUT /api/v1/workspaces/{workspace_id}/tags and GET /api/v1/tags."""

    items: list[Tag] | None = None


class Comment(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/comment-threads, field `comments`."""

    id: Reference | None = None
    comment_thread_id: Reference | None = None
    body: Text | None = None
    author: Person | None = None
    author_user_id: Reference | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None
    edited_at: Timestamp | None = None


class CommentThread(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/comment-threads, items."""

    id: Reference | None = None
    anchor_kind: Text | None = None
    anchor_key: Text | None = None
    anchor_label: Text | None = None
    anchor_excerpt: Text | None = None
    selector_payload: Json = None
    comments: list[Comment] | None = None
    created_by_user: Person | None = None
    created_by_user_id: Reference | None = None
    created_at: Timestamp | None = None
    is_resolved: bool | None = None
    resolved_by_user: Person | None = None
    resolved_by_user_id: Reference | None = None
    resolved_at: Timestamp | None = None


class CommentThreads(VaiDocument):
    """Source: VAI GET /api/v1/workspaces/{workspace_id}/comment-threads."""

    items: list[CommentThread] | None = None


class Fault(VaiDocument):
    """Source: VAI, field `detail` of every error answer."""

    loc: list[Text | Whole] | None = None
    msg: Text | None = None
    type: Text | None = None


class ErrorAnswer(VaiDocument):
    """Source: VAI, every call that fails."""

    detail: list[Fault] | Text | None = None
