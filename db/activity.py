"""What happened in a workspace (VAI's activity feed)."""

from sqlalchemy import Column

from db.metadata import moment, record_table, text
from db.types import Json

activity_items = record_table(
    "activity_items",
    text("workspace_id", nullable=False),
    text("part_id", nullable=False),
    text("kind", nullable=False),
    text("title"),
    text("status"),
    Column("detail", Json),
    moment("created_at"),
    indexes=(("workspace_id", "created_at"), ("part_id",)),
)
