"""Activity of workspaces."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema.fields import column
from schema.nodes import object_type
from schema.scalars import JSON


@object_type
class ActivityItem:
    """Something that happened in a workspace (VAI)."""

    id: strawberry.ID = column("Opaque id.")
    external_id: str = column("VAI's id.")
    kind: str = column("Kind: `run` and other words that VAI does not document.")
    title: str | None = column("What happened, for people.")
    status: str | None = column("How it stands, in VAI's own word.")
    detail: JSON | None = column("More about it, free in form.")
    created_at: datetime | None = column("When it happened.")
