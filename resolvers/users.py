"""People: by id, and those something is shared with."""

from dataclasses import replace

from db.pages import Term
from db.users import organizations, recipients, users
from resolvers.relations import ToMany, many, one

users_by_id = one(users.c.id)
organizations_by_id = one(organizations.c.id)


def _recipients(via: str) -> ToMany:
    shared = many(recipients.c.record_id, Term("position"), table=users, pair=recipients.c.user_id)
    return replace(shared, only=recipients.c.via == via)


recipients_of_shares = _recipients("SHARE")
recipients_of_parts = _recipients("WORKSPACE")
recipients_of_sessions = _recipients("SESSION")
