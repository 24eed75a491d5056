"""Sessions and messages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Select, select

from db.access import visible
from db.keys import among, keys_to_come
from db.own import OWNER, VIEWER, shared_sessions, users
from db.pages import Term
from db.sessions import messages, sessions
from resolvers.context import Context
from resolvers.pages import Connection
from resolvers.relations import one
from resolvers.workspaces import ORGANIZATION, access_columns, access_told

NEWEST = (Term("created_at", descending=True),)

sessions_by_id = one(sessions.c.id)
all_sessions = Connection("sessions", sessions, NEWEST)
sessions_of_workspaces = Connection("workspace.sessions", sessions, NEWEST, match=sessions.c.workspace_id)
sessions_of_agents = Connection("agent.sessions", sessions, NEWEST, match=sessions.c.agent_id)

messages_by_id = one(messages.c.id)
messages_of_sessions = Connection("session.messages", messages, (Term("created_at"),), match=messages.c.session_id)


async def access_of_sessions(keys: Sequence[str], *, ctx: Context, columns: Collection[str] = ()) -> list[str]:
    """What the viewer is to each session: OWNER of it who shared it, VIEWER by a share; else what it is to the
    workspace. Statements: 1.
    """
    rows = await ctx.rows_of(("access", "sessions"), partial(_access, ctx), keys=list(dict.fromkeys(keys)))
    found = {row.id: _told(row) for row in rows}
    return [found.get(key, ORGANIZATION) for key in keys]


def _access(ctx: Context) -> Select[Any]:
    is_theirs = among(sessions.c.shared_by_id, users()).label("is_sharer")
    is_shared = sessions.c.id.in_(shared_sessions()).label("is_shared")
    statement = select(sessions.c.id, is_theirs, is_shared, *access_columns(sessions.c.workspace_id))
    return visible(statement, ctx.viewer).where(among(sessions.c.id, keys_to_come()))


def _told(row: Any) -> str:
    of_workspace = access_told(row)
    if row.is_sharer:
        return OWNER
    return VIEWER if row.is_shared and of_workspace == ORGANIZATION else of_workspace
