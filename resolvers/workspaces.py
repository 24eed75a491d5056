"""Workspaces, their parts in the four systems, and who may do what with them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, select

from db.access import organization, users, visible
from db.documents import documents
from db.keys import among
from db.pages import Term
from db.shares import shared_with
from db.users import shares
from db.workspaces import (
    aitasker_workspaces,
    evershell_workspaces,
    integrations,
    orgo_workspaces,
    vai_workspaces,
    workspace_parts,
    workspaces,
)
from resolvers.context import Context
from resolvers.pages import Connection
from resolvers.relations import many, one

NEWEST = (Term("created_at", descending=True),)

workspaces_by_id = one(workspaces.c.id)
# By the id of the workspace or of any part of it, so that every old id still resolves after joining.
workspaces_by_any_id = one(workspace_parts.c.id, table=workspaces, pair=workspace_parts.c.workspace_id)

aitasker_of_workspaces = one(aitasker_workspaces.c.workspace_id)
orgo_of_workspaces = one(orgo_workspaces.c.workspace_id)
vai_of_workspaces = one(vai_workspaces.c.workspace_id)
evershell_of_workspaces = one(evershell_workspaces.c.workspace_id)

integrations_of_workspaces = many(integrations.c.workspace_id, Term("position"))
sources_of_workspaces = replace(
    many(workspace_parts.c.workspace_id, Term("system"), table=documents, pair=workspace_parts.c.id),
    only=documents.c.is_deleted.is_(False),
)

all_workspaces = Connection("workspaces", workspaces, NEWEST)
forks_of_workspaces = Connection("forks", workspaces, NEWEST, match=workspaces.c.parent_id)


@dataclass(frozen=True)
class ShareFacts:
    """The share of a workspace that no VAI part has told of: there is none."""

    record_id: str = ""
    id: str = ""
    share_id: str | None = None
    state: str = "not_shared"
    status: str | None = None
    expires_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


shares_by_workspace = one(shares.c.workspace_id)


async def shares_of_workspaces(keys: Sequence[str], *, ctx: Context, columns: Collection[str]) -> list[Any]:
    """The share of each workspace, `not_shared` where nothing is known of one. Statements: 1."""
    found = await shares_by_workspace(keys, ctx=ctx, columns={"record_id", *columns})
    return [row if row is not None else ShareFacts() for row in found]


async def access_of_workspaces(keys: Sequence[str], *, ctx: Context, columns: Collection[str]) -> list[str]:
    """What the viewer is to each workspace: OWNER, EDITOR, VIEWER, or ORGANIZATION. Statements: 1.

    A share makes a viewer; an editor where VAI says so of it. Expired and revoked shares count for nothing.
    """
    mine = among(workspaces.c.owner_id, users())
    shared, edits = shared_with(ctx.viewer, workspaces), _is_editor()
    statement = select(
        workspaces.c.id, mine.label("is_owner"), shared.label("is_shared"), and_(shared, edits).label("is_editor")
    )
    rows = await ctx.rows(visible(statement, ctx.viewer).where(among(workspaces.c.id, set(keys))))
    found = {row.id: row for row in rows}
    return [_access(found.get(key)) for key in keys]


def _access(row: Any) -> str:
    if row is None:
        return "ORGANIZATION"
    return "OWNER" if row.is_owner else "EDITOR" if row.is_editor else "VIEWER" if row.is_shared else "ORGANIZATION"


def _is_editor() -> Any:
    return exists().where(
        vai_workspaces.c.organization_id == organization(),
        vai_workspaces.c.workspace_id == workspaces.c.id,
        vai_workspaces.c.viewer_access == "editor",
    )
