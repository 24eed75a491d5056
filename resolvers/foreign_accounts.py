"""Accounts that somebody else vouches for: what an issuer of JWTs claims of them, and the viewer that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from db.access import Viewer
from db.database import Database
from db.ids import id_of
from db.users import organizations
from resolvers.accounts import BEARER, Holder, users_of_account

SUBJECT = "jwt:"  # in front of an issuer's own name of somebody, so that it is nobody's e-mail address


@dataclass(frozen=True)
class Claims:
    """What an issuer says of somebody: an organisation by id or name, an e-mail address that is really theirs, the
    issuer's own name of them; what is allowed; when to look anew, and when it ends.
    """

    organization: str
    email: str | None
    subject: str | None
    scopes: frozenset[str]
    remembered_until: datetime
    expires_at: datetime


async def holder_of_claims(database: Database, claims: Claims) -> Holder | None:
    """Who is meant; None where there is no such organisation. Statements: 2.

    The account is that of the e-mail address, as `workgraph token create --user` makes it; without an address it is
    that of the issuer's own name, behind `jwt:`. It is known in the four systems as that account is.
    """
    named = or_(organizations.c.id == claims.organization, organizations.c.name == claims.organization)
    found = await database.rows(select(organizations.c.id).where(named).order_by(organizations.c.id))
    if not found:
        return None
    known = {row.id for row in found}
    organization_id = claims.organization if claims.organization in known else found[0].id
    name = claims.email or f"{SUBJECT}{claims.subject}"
    account_id = id_of("ACCOUNT", organization_id, "", name)
    people = await users_of_account(database, organization_id, account_id, claims.email)
    viewer = Viewer(organization_id, account_id, name, claims.scopes, people)
    return Holder(viewer, BEARER, claims.expires_at, remembered_until=claims.remembered_until)
