"""Evershell: pods with snapshots and forks, their roles, providers and tasks; snake_case, one error envelope."""

from typing import ClassVar

from rest.models.types import Count, Document, Id, Json, Number, RecordDocument, Reference, Text, Timestamp, Whole


class Workspace(RecordDocument):
    """Source: Evershell GET /workspaces/{id}; also the answer of create."""

    record: ClassVar[str] = "WORKSPACE"

    id: Id
    org_id: Reference | None = None
    role_id: Reference | None = None
    environment: Text | None = None
    status: Text | None = None
    created_by_user_id: Reference | None = None
    snapshot_ref: Text | None = None
    last_snapshot_error: Text | None = None
    parent_workspace_id: Reference | None = None
    fork_source_snapshot_ref: Text | None = None
    fork_point_task_count: Whole | None = None
    pack_status: Text | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None
    archived_at: Timestamp | None = None


class Workspaces(Document):
    """Source: Evershell GET /workspaces."""

    workspaces: list[Workspace] | None = None


class RoleFields(Document):
    """Source: Evershell GET /agent-roles/{id}, without the id; the bodies of create and update carry the same."""

    org_id: Reference | None = None
    name: Text | None = None
    display_name: Text | None = None
    description: Text | None = None
    provider_id: Reference | None = None
    model: Text | None = None
    capabilities: Text | None = None
    environment: Text | None = None
    environment_description: Text | None = None
    task_timeout_seconds: Whole | None = None
    idle_timeout_seconds: Whole | None = None
    thinking_effort: Text | None = None
    max_continuations: Whole | None = None
    max_context_tokens: Whole | None = None
    pool_policy: Text | None = None
    pool_size: Whole | None = None
    pool_max_size: Whole | None = None
    pack_ids: list[Reference] | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None
    archived_at: Timestamp | None = None


class Role(RecordDocument, RoleFields):
    """Source: Evershell GET /agent-roles/{id}."""

    record: ClassVar[str] = "AGENT"

    id: Id


class Roles(Document):
    """Source: Evershell GET /agent-roles."""

    agent_roles: list[Role] | None = None


class Provider(RecordDocument):
    """Source: Evershell GET /providers, items."""

    record: ClassVar[str] = "PROVIDER"

    id: Id
    org_id: Reference | None = None
    name: Text | None = None
    kind: Text | None = None
    display_name: Text | None = None
    domain: Text | None = None
    credential_name: Text | None = None
    default_model: Text | None = None
    capabilities: Text | None = None
    config: Json = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None
    archived_at: Timestamp | None = None


class Providers(Document):
    """Source: Evershell GET /providers."""

    providers: list[Provider] | None = None


class Task(RecordDocument):
    """Source: Evershell GET /workspaces/{id}/tasks/{tid}."""

    record: ClassVar[str] = "RUN"

    id: Id
    org_id: Reference | None = None
    workspace_id: Reference | None = None
    description: Text | None = None
    status: Text | None = None
    created_at: Timestamp | None = None
    completed_at: Timestamp | None = None
    duration_seconds: Number | None = None
    reason: Text | None = None


Tasks = list[Task]


class TaskAccepted(RecordDocument):
    """Source: Evershell POST /tasks and POST /workspaces/{id}/tasks."""

    record: ClassVar[str] = "RUN"
    id_field: ClassVar[str] = "task_id"

    task_id: Id
    workspace_id: Reference | None = None
    status: Text | None = None


class Status(Document):
    """Source: Evershell POST /workspaces/{id}/fork, /resume, /restart, /archive and POST /agent-roles/{id}/archive."""

    status: Text | None = None


class Stopping(Document):
    """Source: Evershell POST /workspaces/stop-all and POST /agent-roles/{id}/stop-workspaces."""

    stopping: Whole | None = None


class LiveSession(Document):
    """Source: Evershell GET /workspaces/{id}/session; opaque, its shape is the agent's own."""


class AuditPage(Document):
    """Source: Evershell GET /audit; of its fields only the cursor is published."""

    cursor: Text | None = None


class ErrorDetails(Document):
    """Source: Evershell, field `error.details`; `fields` is the per-field map of validation errors."""

    fields: Json = None


class Error(Document):
    """Source: Evershell, field `error` of every error answer."""

    code: Text | None = None
    message: Text | None = None
    request_id: Text | None = None
    details: ErrorDetails | None = None


class ErrorAnswer(Document):
    """Source: Evershell, every call that fails."""

    error: Error | None = None


class CreateWorkspaceRequest(Document):
    """Source: Evershell POST /workspaces, body; one of `role_id` and `role_name`."""

    role_id: Reference | None = None
    role_name: Text | None = None
    environment: Text | None = None


class ForkWorkspaceRequest(Document):
    """Source: Evershell POST /workspaces/{id}/fork, body; 0 is before any task."""

    fork_point_task_count: Count


class SubmitTaskRequest(Document):
    """Source: Evershell POST /workspaces/{id}/tasks, body."""

    description: Text | None = None
    reset_session: bool | None = None
    thinking_effort: Text | None = None
    max_continuations: Whole | None = None
    max_context_tokens: Whole | None = None
    metadata: Json = None


class CreateTaskRequest(Document):
    """Source: Evershell POST /tasks, body; a workspace of the role is created with its first task."""

    role_id: Reference | None = None
    role_name: Text | None = None
    description: Text | None = None
    environment: Text | None = None
    thinking_effort: Text | None = None
    max_continuations: Whole | None = None
    max_context_tokens: Whole | None = None


class CreateRoleRequest(RoleFields):
    """Source: Evershell POST /agent-roles, body."""


class UpdateRoleRequest(RoleFields):
    """Source: Evershell PATCH /agent-roles/{id}, body; `pack_ids` replaces the whole list."""
