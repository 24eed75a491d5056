"""Agents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from db.access import may_see_billing
from resolvers.agents import workspaces_of_agents
from resolvers.context import Context
from resolvers.sessions import sessions_of_agents
from resolvers.users import users_by_id
from schema.enums import AgentStatus
from schema.fields import batch_field, column, connection, made
from schema.filters import SessionFilter, WorkspaceFilter
from schema.lazy import SessionType, WorkspaceType
from schema.nodes import Connection, Record, entity
from schema.orders import SessionOrder, WorkspaceOrder
from schema.scalars import JSON
from schema.users import User


def _subscription(row: Any, *, ctx: Context) -> str | None:
    """Only its owner and holders of billing:read are told."""
    subscription: str | None = row.stripe_subscription_id
    return subscription if may_see_billing(ctx.viewer, row.owner_id) else None


@entity("AGENT")
class Agent(Record):
    """An AI worker: hired (AITasker), specified (VAI) or configured as a role (Evershell)."""

    name: str = column("Label: display or persona name (AITasker), name (VAI), display name or slug (Evershell).")
    status: AgentStatus = column("Unified state.")
    source_status: str | None = column("The system's own word: `status` (AITasker), `lifecycleStatus` (VAI).")
    agent_type: str | None = column("Kind of agent (AITasker).")
    tier: str | None = column("Price tier (AITasker).")
    persona_name: str | None = column("Name of the persona (AITasker).")
    display_name: str | None = column("Name given to it (AITasker, Evershell).")
    description: str | None = column("What it is for (VAI, Evershell).")
    slug: str | None = column("Short name for addresses (VAI, Evershell `name`).")
    mode: str | None = column("Mode of the specification (VAI).")
    model: str | None = column("Language model that overrides the provider's own (Evershell).")
    provider_id: str | None = column("Id of the language model provider (Evershell).")
    environment: str | None = column("`development`, `staging` or `production` (Evershell).")
    config: JSON | None = column("Configuration: `config` (AITasker), `frontmatter` (VAI), settings (Evershell).")
    is_deleted: bool | None = column("Whether the specification was deleted (VAI).")
    hired_at: datetime | None = column("When it was hired (AITasker).")
    paused_at: datetime | None = column("When it was paused; null unless it is (AITasker).")
    cancelled_at: datetime | None = column("When its hire was cancelled; null unless it was (AITasker).")
    archived_at: datetime | None = column("When it was archived; null unless it was (Evershell).")
    created_at: datetime | None = column("When it was made (all systems).")
    updated_at: datetime | None = column("When it last changed (all systems).")
    team_id: str | None = column("Id of its team (AITasker).")
    team_type: str | None = column("Kind of its team (AITasker).")
    stripe_subscription_id: str | None = made(
        "Stripe's id of what is paid for it (AITasker); told only to its owner and to holders of `billing:read`.",
        _subscription,
        "stripe_subscription_id",
        "owner_id",
        takes_context=True,
    )
    owner: User | None = batch_field(
        users_by_id, "Who hired (AITasker `user_id`) or wrote it (VAI `createdBy`).", key="owner_id"
    )
    workspaces: Connection[WorkspaceType] = connection(
        workspaces_of_agents,
        "Workspaces where it is the hired agent, the role, or the agent of a session; by name.",
        filter=WorkspaceFilter,
        order=WorkspaceOrder,
    )
    sessions: Connection[SessionType] = connection(
        sessions_of_agents, "Sessions held with it, newest first (VAI).", filter=SessionFilter, order=SessionOrder
    )
