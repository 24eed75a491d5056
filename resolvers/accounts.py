"""Accounts, the tokens that name them, and the viewer that a token makes. A token is stored only as its SHA-256."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from time import monotonic

from sqlalchemy import delete, func, or_, select, union
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from db.access import Viewer
from db.database import Database
from db.ids import id_of, organization_id_of
from db.users import accounts, identities, organizations, tokens, users
from db.writes import insert_missing
from errors import RequestTimeoutError
from resolvers.last_uses import LastUses

BEARER, BROWSER, SIGN_IN = "bearer", "browser", "sign-in"
PREFIX = "wg_"  # so that people and secret scanners know one when they see it
TOKEN_BYTES = 32
ID_BYTES = 6  # of what a token is called by
MOST_KNOWN = 10_000  # tokens whose holders are remembered
OWN_LENGTH = len(PREFIX) + 43  # characters of a token of ours
LIFETIMES = {SIGN_IN: timedelta(hours=1), BROWSER: timedelta(days=30)}  # a bearer token has the end that it is given


class NameTakenError(ValueError):
    """The account has a token of this name that is still good."""


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


@dataclass(frozen=True)
class Issue:
    """A token that is to be made: what it allows, of which kind it is, its name and its end.

    A bearer's token without a name is named after its id; one without an end has none.
    """

    scopes: Collection[str]
    kind: str = BEARER
    name: str | None = None
    expires_at: datetime | None = None


async def created_token(
    database: Database,
    organization_id: str,
    email: str,
    scopes: Collection[str],
    *,
    kind: str = BEARER,
    known_as: Mapping[str, str] | None = None,
    name: str | None = None,
    expires_at: datetime | None = None,
) -> str:
    """A new token of the account with this e-mail address, which is made if need be. Told once, never stored.

    `known_as` gives the account's user id in systems, by the system's name. Raises NameTakenError.
    """
    account_id = id_of("ACCOUNT", organization_id, "", email)
    account = {"organization_id": organization_id, "id": account_id, "email": email, "created_at": datetime.now(UTC)}
    people = [
        {
            "organization_id": organization_id,
            "account_id": account_id,
            "user_id": id_of("USER", organization_id, system.upper(), external_id),
        }
        for system, external_id in (known_as or {}).items()
    ]
    try:
        async with database.writing() as connection:
            await insert_missing(connection, accounts, [account])
            await insert_missing(connection, identities, people)
            return await _stored(connection, organization_id, account_id, Issue(scopes, kind, name, expires_at))
    except IntegrityError as error:  # of the index on names; ids are too long to meet
        raise NameTakenError(f"{email} has a token named {name!r} already; revoke it, or take another name") from error


async def _stored(connection: AsyncConnection, organization_id: str, account_id: str, issue: Issue) -> str:
    now, token, token_id = datetime.now(UTC), PREFIX + secrets.token_urlsafe(TOKEN_BYTES), secrets.token_hex(ID_BYTES)
    await _forget_the_expired(connection, organization_id, account_id, issue.name, now)
    row = {
        "digest": digest(token),
        "id": token_id,
        "organization_id": organization_id,
        "account_id": account_id,
        "kind": issue.kind,
        "name": (issue.name or f"token {token_id}") if issue.kind == BEARER else None,
        "scopes": sorted(issue.scopes),
        "created_at": now,
        "expires_at": now + LIFETIMES[issue.kind] if issue.kind in LIFETIMES else issue.expires_at,
    }
    await connection.execute(tokens.insert(), [row])
    return token


async def _forget_the_expired(
    connection: AsyncConnection, organization_id: str, account_id: str, name: str | None, now: datetime
) -> None:
    """An expired token holds its name no longer; those of browsers and codes that expired are nobody's concern."""
    its_name = (tokens.c.account_id == account_id) & (tokens.c.name == name)
    expired = delete(tokens).where(tokens.c.organization_id == organization_id, tokens.c.expires_at <= now)
    await connection.execute(expired.where(or_(tokens.c.kind != BEARER, its_name)))


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
        return await _stored(connection, row.organization_id, row.account_id, Issue(row.scopes, BROWSER))


@dataclass(frozen=True)
class Holder:
    """Who holds a token, of which kind it is, and when it ends. `digest` is None for one that is not stored here.

    `remembered_until` is when it has to be looked at anew at the latest.
    """

    viewer: Viewer
    kind: str
    expires_at: datetime | None
    digest: str | None = None
    remembered_until: datetime | None = None


Foreign = Callable[[str], Awaitable[Holder | None]]


class Viewers:
    """Who holds which token. What was found is taken to be true for some seconds.

    `foreign` is asked about tokens that are none of ours. To look one up may take as many seconds as `patience` has.
    """

    def __init__(
        self, database: Database, seconds: float, foreign: Foreign | None = None, patience: float | None = None
    ) -> None:
        self._database = database
        self._seconds, self._patience = seconds, patience
        self._foreign = foreign
        self._known: dict[str, tuple[Holder, float]] = {}
        self._uses = LastUses(database)

    async def of(self, token: str, kinds: Collection[str]) -> Viewer | None:
        """Who holds the token; None where it is wrong, has expired, or is of another kind.

        Statements: 2 for a token that was not seen lately. Raises RequestTimeoutError.
        """
        key = remembered_as(token)
        holder, until = self._known.get(key, (None, 0.0))
        if holder is None or until <= monotonic() or _has_expired(holder.remembered_until):
            self._known.pop(key, None)
            holder = await self._looked_up(token)
            if holder is None:
                return None
            if len(self._known) >= MOST_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[key] = holder, monotonic() + self._seconds
        if holder.kind not in kinds or _has_expired(holder.expires_at):
            return None
        if holder.digest is not None:
            self._uses.note(holder.digest)
        return holder.viewer

    async def _looked_up(self, token: str) -> Holder | None:
        try:
            async with asyncio.timeout(self._patience) as limit:
                if self._foreign is not None and not token.startswith(PREFIX):
                    return await self._foreign(token)
                return await holder_of(self._database, digest(token))
        except TimeoutError:
            if self._patience is None or not limit.expired():
                raise
            message = f"it took longer than {self._patience:g} s to find out who asks; try again"
            raise RequestTimeoutError(
                message, limit="requestSeconds", value=self._patience, asked=self._patience
            ) from None

    async def close(self) -> None:
        """Write what is still to be written."""
        await self._uses.close()


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
    people = await users_of_account(database, row.organization_id, row.account_id, row.email)
    viewer = Viewer(row.organization_id, row.account_id, row.email, frozenset(row.scopes), people)
    return Holder(viewer, row.kind, row.expires_at, token_digest)


async def users_of_account(
    database: Database, organization_id: str, account_id: str, email: str | None
) -> tuple[str, ...]:
    """Ids of the users that an account is: those of its e-mail address, if it has one, and those it was said to be.

    Statements: 1.
    """
    mine = select(identities.c.user_id.label("id")).where(
        identities.c.organization_id == organization_id, identities.c.account_id == account_id
    )
    by_mail = select(users.c.id).where(users.c.organization_id == organization_id, users.c.email == email)
    people = mine if email is None else union(by_mail, mine)  # each by its index
    return tuple(sorted(user.id for user in await database.rows(people)))


def remembered_as(token: str) -> str:
    """What a token is remembered by in memory: itself, or something short for a long one."""
    return token if len(token) <= OWN_LENGTH else digest(token)


def digest(token: str) -> str:
    """What is stored of a token."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _has_expired(moment: datetime | None) -> bool:
    return moment is not None and moment <= datetime.now(UTC)
