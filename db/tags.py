"""Tags (VAI) and the workspaces that carry them."""

from sqlalchemy import Column, Integer

from db.metadata import moment, owned_table, record_table, text
from db.types import Json

tags = record_table(
    "tags",
    text("name", nullable=False),
    text("slug", nullable=False),
    text("namespace"),
    text("color"),
    text("description"),
    Column("attributes", Json),
    moment("created_at"),
    moment("updated_at"),
    indexes=(("name",),),
)

# `record_id` is the VAI part that carries the tag.
workspace_tags = owned_table(
    "workspace_tags",
    text("workspace_id", nullable=False),
    text("tag_id", nullable=False),
    Column("position", Integer, nullable=False),
    indexes=(("workspace_id",), ("tag_id",)),
)
