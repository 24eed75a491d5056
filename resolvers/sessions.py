"""Sessions and messages."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import and_, exists, or_, select

from db.access import users, visible
from db.keys import among
from db.pages import Term
from db.sessions import messages, sessions
from db.users import recipients
from db.workspaces import workspaces
from resolvers.context import Context
from resolvers.pages import Connection
from resolvers.relations import one

NEWEST = (Term("created_at", descending=True),)

sessions_by_id = one(sessions.c.id)
all_sessions = Connection("sessions", sessions, NEWEST)
sessions_of_workspaces = Connection("workspace.sessions", sessions, NEWEST, match=sessions.c.workspace_id)
sessions_of_agents = Connection("agent.sessions", sessions, NEWEST, match=sessions.c.agent_id)

messages_by_id = one(messages.c.id)
messages_of_sessions = Connection("session.messages", messages, (Term("created_at"),), match=messages.c.session_id)


async def access_of_sessions(keys: Sequence[str], *, ctx: Context, columns: Collection[str]) -> list[str]:
    """What the viewer is to each session: OWNER of its workspace or who shared it, VIEWER by a share, or
    ORGANIZATION. Statements: 1.
    """
    owns = exists().where(
        workspaces.c.organization_id == sessions.c.organization_id,
        workspaces.c.id == sessions.c.workspace_id,
        among(workspaces.c.owner_id, users()),
    )
    shared = exists().where(
        and_(recipients.c.organization_id == sessions.c.organization_id, recipients.c.record_id == sessions.c.id),
        among(recipients.c.user_id, users()),
    )
    is_owner = or_(owns, among(sessions.c.shared_by_id, users()))
    statement = select(sessions.c.id, is_owner.label("is_owner"), shared.label("is_shared"))
    rows = await ctx.rows(visible(statement, ctx.viewer).where(among(sessions.c.id, set(keys))))
    found = {row.id: "OWNER" if row.is_owner else "VIEWER" if row.is_shared else "ORGANIZATION" for row in rows}
    return [found.get(key, "ORGANIZATION") for key in keys]
