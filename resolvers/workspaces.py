"""Workspaces, their parts in the four systems, and who may do what with them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from db.access import visible
from db.documents import documents
from db.keys import among, keys_to_come
from db.own import EDITOR, OWNER, VIEWER, workspaces_within
from db.pages import Term
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
RANKS, ORGANIZATION = (OWNER, EDITOR, VIEWER), "ORGANIZATION"  # what a viewer is to a workspace

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


async def access_of_workspaces(keys: Sequence[str], *, ctx: Context, columns: Collection[str] = ()) -> list[str]:
    """What the viewer is to each workspace: OWNER, EDITOR, VIEWER, or ORGANIZATION. Statements: 1."""
    rows = await ctx.rows_of(("access", "workspaces"), partial(_access, ctx), keys=list(dict.fromkeys(keys)))
    found = {row.id: access_told(row) for row in rows}
    return [found.get(key, ORGANIZATION) for key in keys]


def _access(ctx: Context) -> Select[Any]:
    statement = select(workspaces.c.id, *access_columns(workspaces.c.id))
    return visible(statement, ctx.viewer).where(among(workspaces.c.id, keys_to_come()))


def access_columns(workspace_id: ColumnElement[str]) -> list[ColumnElement[bool]]:
    """Whether the viewer is to the workspace what each column is named."""
    return [workspace_id.in_(workspaces_within(access)).label(access) for access in RANKS]


def access_told(row: Any) -> str:
    """The first that holds, of a row with `access_columns`."""
    return next((access for access in RANKS if getattr(row, access)), ORGANIZATION)
