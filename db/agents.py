"""Agents: hired (AITasker), specified (VAI), configured as a role (Evershell)."""

from sqlalchemy import Boolean, Column

from db.metadata import moment, record_table, text
from db.types import Json

agents = record_table(
    "agents",
    text("name", nullable=False),
    text("status", nullable=False),
    text("source_status"),
    text("agent_type"),
    text("tier"),
    text("persona_name"),
    text("display_name"),
    text("description"),
    text("slug"),
    text("mode"),
    text("model"),
    text("provider_id"),
    text("environment"),
    Column("config", Json),
    text("team_id"),
    text("team_type"),
    text("stripe_subscription_id"),
    Column("is_deleted", Boolean),
    text("owner_id"),
    moment("hired_at"),
    moment("paused_at"),
    moment("cancelled_at"),
    moment("archived_at"),
    moment("created_at"),
    moment("updated_at"),
    indexes=(("name",), ("created_at",), ("owner_id",)),
)
