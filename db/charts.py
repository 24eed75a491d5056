"""Charts (VAI)."""

from sqlalchemy import Boolean, Column, Integer

from db.metadata import moment, record_table, text
from db.types import Json

charts = record_table(
    "charts",
    text("workspace_id", nullable=False),
    text("part_id", nullable=False),
    text("title"),
    text("kind"),
    Column("position", Integer, nullable=False),
    Column("collapsed", Boolean, nullable=False),
    text("artifact_id"),
    Column("chart_spec_version", Integer),
    Column("spec", Json, nullable=False),
    Column("renderer_config", Json),
    text("created_by_id"),
    text("last_edited_by_id"),
    moment("created_at"),
    moment("updated_at"),
    indexes=(("workspace_id", "position"), ("part_id",), ("created_at",)),
)
