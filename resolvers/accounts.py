"""Accounts, the tokens that name them, and the viewer that a token makes. A token is stored only as its SHA-256."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from time import monotonic

from sqlalchemy import delete, func, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from db.access import READ, WRITES, Viewer
from db.database import Database
from db.ids import id_of, organization_id_of
from db.users import accounts, identities, organizations, tokens, users
from db.writes import insert_missing

ADMIN = "admin"
SCOPES = (READ, *WRITES, "billing:read", ADMIN)  # those that mean something so far; see docs/settings.md
BEARER, BROWSER, SIGN_IN = "bearer", "browser", "sign-in"
PREFIX = "wg_"  # so that people and secret scanners know one when they see it
TOKEN_BYTES = 32
MOST_KNOWN = 10_000  # tokens whose holders are remembered
LIFETIMES = {SIGN_IN: timedelta(hours=1), BROWSER: timedelta(days=30)}  # a bearer token has no end of its own


async def ensure_organization(database: Database, name: str) -> str:
    """The id of the organisation of this name, which is there from then on."""
    organization_id = organization_id_of(name)
    row = {"id": organization_id, "name": name, "created_at": datetime.now(UTC)}
    async with database.writing() as connection:
        await insert_missing(connection, organizations, [row])
    return organization_id


async def has_accounts(database: Database) -> bool:
    """Whether anyone could have a token yet."""
    rows = await database.rows(select(func.count()).select_from(accounts))
    return bool(rows[0][0])


async def created_token(
    database: Database,
    organization_id: str,
    email: str,
    scopes: Collection[str],
    *,
    kind: str = BEARER,
    known_as: Mapping[str, str] | None = None,
) -> str:
    """A new token of the account with this e-mail address, which is made if need be. Told once, never stored.

    `known_as` gives the account's user id in systems, by the system's name.
    """
    account_id = id_of("ACCOUNT", organization_id, "", email)
    now, token = datetime.now(UTC), PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    account = {"organization_id": organization_id, "id": account_id, "email": email, "created_at": now}
    people = [
        {
            "organization_id": organization_id,
            "account_id": account_id,
            "user_id": id_of("USER", organization_id, system.upper(), external_id),
        }
        for system, external_id in (known_as or {}).items()
    ]
    async with database.writing() as connection:
        await insert_missing(connection, accounts, [account])
        await insert_missing(connection, identities, people)
        await _store(connection, token, organization_id, account_id, kind, scopes)
    return token


async def _store(
    connection: AsyncConnection, token: str, organization_id: str, account_id: str, kind: str, scopes: Collection[str]
) -> None:
    now = datetime.now(UTC)
    row = {
        "digest": digest(token),
        "organization_id": organization_id,
        "account_id": account_id,
        "kind": kind,
        "scopes": sorted(scopes),
        "created_at": now,
        "expires_at": now + LIFETIMES[kind] if kind in LIFETIMES else None,
    }
    await insert_missing(connection, tokens, [row])


async def redeemed(database: Database, code: str) -> str | None:
    """A token for a browser in exchange for a one-time code; None where the code is wrong, used or too old."""
    is_it = (tokens.c.digest == digest(code)) & (tokens.c.kind == SIGN_IN)
    if not await database.rows(select(tokens.c.kind).where(is_it)):
        return None  # nobody without a code gets to wait for the write lock
    async with database.writing() as connection:
        # Deleted and read at once, so that of two who come with the same code at the same time one goes without.
        row = (await connection.execute(delete(tokens).where(is_it).returning(*tokens.c))).one_or_none()
        if row is None or _has_expired(row.expires_at):
            return None
        token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
        await _store(connection, token, row.organization_id, row.account_id, BROWSER, row.scopes)
        return token


@dataclass(frozen=True)
class Holder:
    """Who holds a token, of which kind it is, and when it ends."""

    viewer: Viewer
    kind: str
    expires_at: datetime | None


class Viewers:
    """Who holds which token. What was found is taken to be true for some seconds."""

    def __init__(self, database: Database, seconds: float) -> None:
        self._database = database
        self._seconds = seconds
        self._known: dict[str, tuple[Holder, float]] = {}

    async def of(self, token: str, kinds: Collection[str]) -> Viewer | None:
        """Who holds the token; None where it is wrong, has expired, or is of another kind.

        Statements: 2 for a token that was not seen lately.
        """
        holder, until = self._known.get(token, (None, 0.0))
        if holder is None or until <= monotonic():
            self._known.pop(token, None)
            holder = await holder_of(self._database, digest(token))
            if holder is None:
                return None
            if len(self._known) >= MOST_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[token] = holder, monotonic() + self._seconds
        return holder.viewer if holder.kind in kinds and not _has_expired(holder.expires_at) else None


async def holder_of(database: Database, token_digest: str) -> Holder | None:
    """Who holds the token with this digest; None where there is none. Statements: 2."""
    joined = tokens.join(
        accounts,
        (accounts.c.organization_id == tokens.c.organization_id) & (accounts.c.id == tokens.c.account_id),
    )
    columns = (tokens.c.organization_id, tokens.c.account_id, tokens.c.kind, tokens.c.scopes, tokens.c.expires_at)
    statement = select(*columns, accounts.c.email).select_from(joined).where(tokens.c.digest == token_digest)
    rows = await database.rows(statement)
    if not rows:
        return None
    row = rows[0]
    known = select(identities.c.user_id.label("id")).where(
        identities.c.organization_id == row.organization_id, identities.c.account_id == row.account_id
    )
    by_mail = select(users.c.id).where(users.c.organization_id == row.organization_id, users.c.email == row.email)
    mine = union(by_mail, known)  # each by its index
    people = tuple(sorted(user.id for user in await database.rows(mine)))
    viewer = Viewer(row.organization_id, row.account_id, row.email, frozenset(row.scopes), people)
    return Holder(viewer, row.kind, row.expires_at)


def digest(token: str) -> str:
    """What is stored of a token."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _has_expired(moment: datetime | None) -> bool:
    return moment is not None and moment <= datetime.now(UTC)
