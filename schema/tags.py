"""Tags."""

from __future__ import annotations

from datetime import datetime

from resolvers.tags import workspaces_of_tags
from schema.fields import column, connection
from schema.filters import WorkspaceFilter
from schema.lazy import WorkspaceType
from schema.nodes import Connection, Record, entity
from schema.orders import WorkspaceOrder
from schema.scalars import JSON


@entity("TAG")
class Tag(Record):
    """A tag of the organisation (VAI)."""

    name: str = column("Name.")
    slug: str = column("Short name for addresses; the name where VAI gives none.")
    namespace: str | None = column("What it is a tag of, such as a team.")
    color: str | None = column("Colour that it is shown in.")
    description: str | None = column("What it means.")
    attributes: JSON | None = column("More about it, free in form.")
    created_at: datetime | None = column("When it was made.")
    updated_at: datetime | None = column("When it last changed.")
    workspaces: Connection[WorkspaceType] = connection(
        workspaces_of_tags, "The workspaces that carry it, by name.", filter=WorkspaceFilter, order=WorkspaceOrder
    )
