"""What is known of tokens: lists of them, and their end. Never the tokens themselves, which nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, or_, select

from db.database import Database
from db.users import accounts, tokens

COLUMNS = (
    tokens.c.id,
    tokens.c.kind,
    tokens.c.name,
    accounts.c.email,
    tokens.c.scopes,
    tokens.c.created_at,
    tokens.c.expires_at,
    tokens.c.last_used_at,
)


async def tokens_of_organization(database: Database, organization_id: str, email: str | None = None) -> Sequence[Any]:
    """The organisation's tokens, or those of one account, by account and age. Statements: 1."""
    its = (accounts.c.organization_id == tokens.c.organization_id) & (accounts.c.id == tokens.c.account_id)
    statement = select(*COLUMNS).select_from(tokens.join(accounts, its))
    statement = statement.where(tokens.c.organization_id == organization_id)
    if email is not None:
        statement = statement.where(accounts.c.email == email)
    return await database.rows(statement.order_by(accounts.c.email, tokens.c.created_at, tokens.c.id))


async def tokens_called(database: Database, organization_id: str, name: str, email: str | None = None) -> Sequence[Any]:
    """The tokens with this id or name; of several accounts there may be some of one name."""
    known = await tokens_of_organization(database, organization_id, email)
    return [row for row in known if row.id == name] or [row for row in known if row.name == name]


async def revoked(database: Database, organization_id: str, token_ids: Sequence[str]) -> int:
    """How many of the tokens with these ids were there; they are good for nothing any more."""
    called = or_(*(tokens.c.id == one for one in token_ids))
    ended = delete(tokens).where(tokens.c.organization_id == organization_id, called)
    async with database.writing() as connection:
        return (await connection.execute(ended)).rowcount
