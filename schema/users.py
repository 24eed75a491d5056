"""People, organisations and the viewer."""

from __future__ import annotations

from datetime import datetime

import strawberry

from resolvers.users import organizations_by_id, recipients_of_shares, users_of_accounts
from schema.fields import batch_field, column, made
from schema.nodes import Record, entity, object_type


@entity("USER")
class User(Record):
    """A person as one system knows them. VAI gives names; of the others only the id is known."""

    email: str | None = column("E-mail address (VAI).")
    first_name: str | None = column("First name (VAI).")
    last_name: str | None = column("Last name (VAI).")
    profile_picture_url: str | None = column("Address of a picture (VAI).")


@object_type
class Organization:
    """The organisation that rows belong to; a token sees those of its own."""

    id: strawberry.ID = column("Opaque id, made of the name.")
    name: str = column("The name that documents were imported under.")


@object_type
class Share:
    """How a workspace is shared (VAI). A workspace of which nothing is known is `not_shared`."""

    share_id: str | None = column("VAI's id of the share.")
    state: str = column("VAI's word: `not_shared`, `shared` and others that VAI does not document.")
    status: str | None = column("VAI's second word, such as `active`; `revoked` once the share was revoked.")
    expires_at: datetime | None = column("When it ends; null for never, or not known.")
    created_at: datetime | None = column("When it was made.")
    updated_at: datetime | None = column("When it was last changed.")
    recipients: list[User] = batch_field(
        recipients_of_shares, "Who it is shared with, in VAI's order.", key="record_id"
    )


@object_type
class Viewer:
    """Who is asking: the account that the token belongs to."""

    email: str = column("E-mail address of the account.")
    scopes: list[str] = made("What the token allows.", lambda viewer: sorted(viewer.scopes))
    organization: Organization = batch_field(
        organizations_by_id, "The organisation whose records the token sees.", key="organization_id"
    )
    users: list[User] = batch_field(
        users_of_accounts, "The people of the four systems that the account is.", key="account_id"
    )
