"""Which workspaces are shared with whom: the one condition that filters and the viewer's access both ask."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, FromClause, literal, or_, select

from db.access import Viewer, users, visible
from db.keys import among
from db.users import recipients, shares


def shared_with(viewer: Viewer, workspaces: FromClause) -> ColumnElement[bool]:
    """The condition that the workspace is shared with one of the viewer's users.

    Shares that have expired or were revoked do not count.
    """
    people, share = recipients.alias(), shares.alias()
    gone = select(literal(1)).where(
        share.c.organization_id == people.c.organization_id,
        share.c.record_id == people.c.record_id,
        or_(share.c.state == "not_shared", share.c.expires_at <= datetime.now(UTC)),
    )
    named = visible(select(literal(1)).select_from(people), viewer).where(
        people.c.workspace_id == workspaces.c.id, among(people.c.user_id, users())
    )
    return named.where(~gone.correlate(people).exists()).correlate(workspaces).exists()
