"""People of the four systems, what is shared with them, and who of them an account of Workgraph is."""

from sqlalchemy import Column, Index, Integer, Table, Text

from db.metadata import metadata, moment, owned_table, record_table, text
from db.types import Json

users = record_table(
    "users",
    text("email"),
    text("first_name"),
    text("last_name"),
    text("profile_picture_url"),
    indexes=(("email",),),
)

# Who something is shared with. `record_id` is the VAI part or the session; `via` says which of its lists named the
# person: WORKSPACE (shareRecipients), SHARE (the share's own), SESSION. `id` is `via` and the user.
recipients = owned_table(
    "recipients",
    text("user_id", nullable=False),
    text("via", nullable=False),
    text("workspace_id"),
    Column("position", Integer, nullable=False),
    indexes=(("workspace_id",), ("user_id",)),
)

shares = owned_table(
    "shares",
    text("workspace_id", nullable=False),
    text("share_id"),
    text("state", nullable=False),
    text("status"),
    moment("expires_at"),
    moment("created_at"),
    moment("updated_at"),
    indexes=(("workspace_id",),),
)

organizations = Table(
    "organizations", metadata, Column("id", Text, primary_key=True), text("name", nullable=False), moment("created_at")
)

accounts = Table(
    "accounts",
    metadata,
    Column("organization_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    text("email", nullable=False),
    moment("created_at", nullable=False),
)

# Which users of the four systems an account is.
identities = Table(
    "identities",
    metadata,
    Column("organization_id", Text, primary_key=True),
    Column("account_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
)

# A token is stored as its SHA-256; kind `sign-in` is a one-time address, `bearer` and `browser` are sessions. `id` is
# what people call it by, and tells nothing of the token; only a bearer's token has a name.
tokens = Table(
    "tokens",
    metadata,
    Column("digest", Text, primary_key=True),
    text("id", nullable=False),
    text("organization_id", nullable=False),
    text("account_id", nullable=False),
    text("kind", nullable=False),
    text("name"),
    Column("scopes", Json, nullable=False),
    moment("created_at", nullable=False),
    moment("expires_at"),
    moment("last_used_at"),
)
Index(None, tokens.c.organization_id, tokens.c.id, unique=True)
Index(None, tokens.c.organization_id, tokens.c.account_id, tokens.c.name, unique=True)
