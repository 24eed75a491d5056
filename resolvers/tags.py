"""Tags."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from db.access import visible
from db.pages import Term, ordered
from db.tags import tags, workspace_tags
from db.workspaces import workspaces
from resolvers.context import Context
from resolvers.filters import plain
from resolvers.pages import Connection
from resolvers.relations import many, named, one, total

tags_by_id = one(tags.c.id)
tags_of_workspaces = many(workspace_tags.c.workspace_id, Term("position"), table=tags, pair=workspace_tags.c.tag_id)
workspaces_of_tags = Connection(
    "tag.workspaces", workspaces, (Term("name"),), match=workspace_tags.c.tag_id, pair=workspace_tags.c.workspace_id
)


async def all_tags(namespace: str | None, *, ctx: Context, columns: frozenset[str]) -> list[Any]:
    """The organisation's tags by name, of one namespace if it is given. Statements: 1. Raises BadArgumentError."""
    statement = visible(select(*named(tags, columns)), ctx.viewer)
    if namespace is not None:
        statement = statement.where(tags.c.namespace == plain(namespace))
    return list(await ctx.rows(ordered(statement, tags, total([Term("name")], tags))))
