"""Workspaces, their parts in the four systems, and who may do what with them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select

from db.access import Viewer, visible
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
from errors import NotVisibleError
from operations.permissions import WORKSPACE_ACTIONS, access_needed, is_allowed
from resolvers.context import Context
from resolvers.pages import Connection
from resolvers.relations import many, one

NEWEST = (Term("created_at", descending=True),)
RANKS, ORGANIZATION = (OWNER, EDITOR, VIEWER), "ORGANIZATION"  # what a viewer is to a workspace
NOT_VISIBLE = "the workspace is somebody else's, and the token sees only what is its own or shared with it"

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


async def workspaces_asked_for(keys: Sequence[str], *, ctx: Context, columns: Collection[str]) -> list[Any]:
    """The workspace of each id that somebody named; None for one that is missing or hidden.

    In the place of a hidden one that Evershell holds a part of stands NotVisibleError, as Evershell has it for those
    with an own scope. Statements: 1, and 1 more for a viewer of limited reach who named what it does not see.
    """
    found: list[Any] = await workspaces_by_any_id(keys, ctx=ctx, columns=columns)
    missing = [key for key, row in zip(keys, found, strict=True) if row is None]
    if not missing or ctx.viewer.shape is None or not ctx.viewer.is_limited:
        return found
    hidden = {row.id for row in await ctx.rows_of(("pods",), partial(_pods, ctx), keys=missing)}
    return [NotVisibleError(NOT_VISIBLE) if key in hidden else row for key, row in zip(keys, found, strict=True)]


def _pods(ctx: Context) -> Select[Any]:
    """Of ids of parts in the organisation, those whose workspace has a part in Evershell."""
    named, pod = workspace_parts, workspace_parts.alias("pod")
    same = and_(pod.c.organization_id == named.c.organization_id, pod.c.workspace_id == named.c.workspace_id)
    statement = visible(select(named.c.id).select_from(named.join(pod, same)), ctx.viewer.everywhere)
    is_there = and_(pod.c.is_deleted.is_(False), named.c.is_deleted.is_(False))
    return statement.where(among(named.c.id, keys_to_come()), pod.c.system == "EVERSHELL", is_there)


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


async def actions_of_workspaces(keys: Sequence[str], *, ctx: Context, columns: Collection[str] = ()) -> list[list[str]]:
    """The names of the actions that the viewer may take with each workspace.

    Statements: 1, or 0 where its scopes alone decide.
    """
    operations = WORKSPACE_ACTIONS.values()
    needs_access = any(access_needed(operation, ctx.viewer) is not None for operation in operations)
    accesses = await access_of_workspaces(keys, ctx=ctx) if needs_access else [ORGANIZATION] * len(keys)
    allowed = {access: _allowed(ctx.viewer, access) for access in set(accesses)}
    return [allowed[access] for access in accesses]


def _allowed(viewer: Viewer, access: str) -> list[str]:
    return [name for name, operation in WORKSPACE_ACTIONS.items() if is_allowed(operation, viewer, access)]
