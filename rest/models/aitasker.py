"""AITasker: the desk of one hired agent, the agent, and their tasks; snake_case, bare objects and arrays."""

from typing import Annotated, ClassVar

from pydantic import Field

from rest.models.types import Document, Free, Id, Json, Number, RecordDocument, Reference, Text, Timestamp


class Integration(Document):
    """Source: AITasker GET /api/v1/workspaces/{workspace_id}, items of `integration_credentials` (fields unknown)."""


class Workspace(RecordDocument):
    """Source: AITasker GET /api/v1/workspaces/{workspace_id}."""

    record: ClassVar[str] = "WORKSPACE"

    id: Id
    hired_agent_id: Reference | None = None
    user_id: Reference | None = None
    name: Text | None = None
    status: Text | None = None
    settings: Json = None
    metrics_cache: Json = None
    last_active_at: Timestamp | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None
    hired_agent: "HiredAgent | None" = None
    integration_credentials: list[Integration] | None = None


class HiredAgent(RecordDocument):
    """Source: AITasker POST /api/v1/workspaces/agents/{agent_id}/pause."""

    record: ClassVar[str] = "AGENT"

    id: Id
    user_id: Reference | None = None
    agent_type: Text | None = None
    display_name: Text | None = None
    persona_name: Text | None = None
    status: Text | None = None
    tier: Text | None = None
    stripe_subscription_id: Text | None = None
    config: Json = None
    hired_at: Timestamp | None = None
    paused_at: Timestamp | None = None
    cancelled_at: Timestamp | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None
    team_id: Reference | None = None
    team_type: Text | None = None
    workspace: Workspace | None = None


Workspace.model_rebuild()  # workspace and agent embed each other; now both are known


class WorkspaceTask(RecordDocument):
    """Source: AITasker GET /api/v1/workspaces/{workspace_id}/tasks."""

    record: ClassVar[str] = "RUN"

    id: Id
    workspace_id: Reference | None = None
    hired_agent_id: Reference | None = None
    skill_slug: Text | None = None
    title: Text | None = None
    description: Text | None = None
    schedule_type: Text | None = None
    trigger: Json = None
    status: Text | None = None
    priority: Text | None = None
    output_data: Json = None
    proposed_actions: Json = None
    approval_level: Text | None = None
    approved_by: Reference | None = None
    approved_at: Timestamp | None = None
    cost_usd: Number | None = None
    started_at: Timestamp | None = None
    completed_at: Timestamp | None = None
    created_at: Timestamp | None = None


WorkspaceTasks = list[WorkspaceTask]


class MarketplaceTask(Document):
    """Source: AITasker POST /api/v1/tasks; a budgeted job tied to no workspace."""

    id: Reference | None = None
    user_id: Reference | None = None
    title: Text | None = None
    description: Text | None = None
    category: Text | None = None
    task_type: Text | None = None
    requirements: Json = None
    budget_usd: Number | None = None
    compute_budget: Number | None = None
    status: Text | None = None
    experimentation: Number | None = None
    created_at: Timestamp | None = None
    expires_at: Timestamp | None = None
    attachments: list[Text] | None = None
    brand_kit_id: Reference | None = None
    prototype_tier: Number | None = None


class CreateTaskRequest(Document):
    """Source: AITasker POST /api/v1/tasks, body."""

    category: Text
    task_type: Text
    budget_usd: Annotated[Number, Field(ge=3, le=300)]
    title: Annotated[Text, Field(max_length=200)] | None = None
    description: Annotated[Text, Field(max_length=5000)] | None = ""
    requirements: Free | None = None
    experimentation: Annotated[Number, Field(ge=0, le=1)] | None = 0.3
    brand_kit_id: Reference | None = None
