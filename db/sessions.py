"""Sessions and their messages (VAI)."""

from sqlalchemy import Boolean, Column, Float, Integer

from db.metadata import moment, record_table, text
from db.types import Json

sessions = record_table(
    "sessions",
    text("workspace_id"),
    text("part_id"),
    text("title"),
    text("scope_kind"),
    text("scope_workspace_id"),
    text("scope_document_id"),
    Column("is_shared", Boolean, nullable=False),
    text("viewer_access"),
    text("active_turn_id"),
    text("active_turn_status"),
    Column("active_turn_last_event_seq", Integer),
    text("last_turn_status"),
    text("agent_id"),
    text("shared_by_id"),
    moment("created_at"),
    moment("updated_at"),
    indexes=(
        ("workspace_id", "created_at"), ("part_id",), ("agent_id", "created_at"), ("created_at",), ("shared_by_id",),
    ),
)  # fmt: skip

messages = record_table(
    "messages",
    text("session_id", nullable=False),
    text("part_id"),
    text("role", nullable=False),
    text("content"),
    text("format"),
    Column("raw_data", Json),
    Column("cancelled", Boolean, nullable=False),
    Column("duration_seconds", Float),
    text("turn_id"),
    text("created_by"),
    text("error_code"),
    text("error_title"),
    text("error_description"),
    text("error_reference_id"),
    Column("error_retryable", Boolean),
    moment("created_at"),
    moment("updated_at"),
    indexes=(("session_id", "created_at"), ("part_id",)),
)
