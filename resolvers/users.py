"""People: by id, and those something is shared with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from db.pages import Term
from db.users import organizations, recipients, users
from resolvers.context import Context
from resolvers.relations import ToMany, many, one

users_by_id = one(users.c.id)
organizations_by_id = one(organizations.c.id)


def _recipients(via: str) -> ToMany:
    shared = many(recipients.c.record_id, Term("position"), table=users, pair=recipients.c.user_id)
    return replace(shared, only=recipients.c.via == via)


recipients_of_shares = _recipients("SHARE")
recipients_of_parts = _recipients("WORKSPACE")
recipients_of_sessions = _recipients("SESSION")


async def users_of_accounts(account_ids: Sequence[str], *, ctx: Context, columns: Collection[str]) -> list[list[Any]]:
    """The users that the viewer's own account is, by id; none for the accounts of others. Statements: 1."""
    found = await users_by_id(ctx.viewer.user_ids, ctx=ctx, columns=columns)
    mine = [row for row in found if row is not None]
    return [mine if account_id == ctx.viewer.account_id else [] for account_id in account_ids]
