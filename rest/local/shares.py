"""Shares, applied here.

Source: VAI `PUT`, `DELETE /api/v1/workspaces/{workspace_id}/share`, `DELETE .../share/clear`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from db.ids import id_of
from db.keys import among
from db.types import written
from db.users import recipients, shares, users
from errors import InvalidInputError
from operations.operation import Outcome
from operations.shares import ClearShare, RevokeShare, SetShare
from rest.local.desk import Desk, Part, WorkspacePlace, new_id
from rest.local.workspaces import touched

SHARED, NOT_SHARED = "shared", "not_shared"  # words of VAI
Person = dict[str, Any]
PERSON = ("id", "email", "firstName", "lastName", "profilePictureUrl")


async def set_share(desk: Desk, given: SetShare) -> Outcome:
    """Shared with these and nobody else; with those it had, where it was revoked and none is named."""
    stand = await _stand(desk, given.workspace_id)
    if given.expires_at is not None and given.expires_at <= desk.now:
        raise InvalidInputError({"expiresAt": "must lie in the future"})
    people = await _people(desk, given.recipient_user_ids) if given.recipient_user_ids else _kept(stand)
    times = {"expiresAt": given.expires_at and written(given.expires_at), "createdAt": stand.created_at or desk.stamp}
    fields = {"shareId": stand.share_id or new_id(), "state": SHARED, "status": "active", **_named(people), **times}
    _say(desk, stand, fields, people)
    _tell(desk, stand, "shared", f"It was shared with {len(people)} {'person' if len(people) == 1 else 'people'}")
    return Outcome(workspace_id=stand.place.id)


async def revoke_share(desk: Desk, given: RevokeShare) -> Outcome:
    """Nobody has access by it any more; who it was is kept. What is not shared stays as it is."""
    stand = await _stand(desk, given.workspace_id)
    if stand.state != NOT_SHARED:
        times = {"expiresAt": stand.expires_at, "createdAt": stand.created_at}
        told = {"shareId": stand.share_id, "state": NOT_SHARED, "status": "revoked", **_named(stand.people), **times}
        _say(desk, stand, told, [])
        _tell(desk, stand, "share_revoked", "Its share was revoked")
    return Outcome(workspace_id=stand.place.id)


async def clear_share(desk: Desk, given: ClearShare) -> Outcome:
    """As if it never had been shared."""
    stand = await _stand(desk, given.workspace_id)
    if stand.state != NOT_SHARED or stand.share_id or stand.people:
        _say(desk, stand, {"state": NOT_SHARED}, [])
        _tell(desk, stand, "share_cleared", "Its share was cleared")
    return Outcome(workspace_id=stand.place.id)


@dataclass(frozen=True)
class _Stand:
    """How a workspace is shared by now: what its rows say, whichever documents and calls made them."""

    place: WorkspacePlace
    part: Part
    state: str
    share_id: str | None
    expires_at: str | None
    created_at: str | None
    people: Sequence[Person]


async def _stand(desk: Desk, workspace_id: str) -> _Stand:
    """Raises ConflictError where the share is not as old as expected. Statements: 5."""
    place = await desk.workspace(workspace_id)
    part = place.part("VAI", "shares")
    found = await desk.rows(select(shares).where(shares.c.record_id == part.id))
    if not found:  # of a workspace that only another record has mentioned
        return _Stand(place, part, NOT_SHARED, None, None, None, [])
    row = found[0]
    expires_at, created_at = (moment and written(moment) for moment in (row.expires_at, row.created_at))
    desk.expect(row, {"state": row.state, "status": row.status, "expiresAt": expires_at})
    of_part = (recipients.c.record_id == part.id, recipients.c.via == "SHARE")
    is_theirs = (recipients.c.organization_id == users.c.organization_id) & (recipients.c.user_id == users.c.id)
    named = select(users).select_from(users.join(recipients, is_theirs)).where(*of_part).order_by(recipients.c.position)
    people = [_person(one) for one in await desk.rows(named)]
    return _Stand(place, part, row.state, row.share_id, expires_at, created_at, people)


def _say(desk: Desk, stand: _Stand, share: Mapping[str, Any], people: Sequence[Person]) -> None:
    """Say the share as a whole, and of the workspace who has access by it."""
    told = {**share, "updatedAt": desk.stamp}
    touched(desk, stand.part, {"$share": told, "isShared": bool(people), "shareRecipients": people})


def _named(people: Sequence[Person]) -> dict[str, Any]:
    return {"recipientUserIds": [one["id"] for one in people], "recipients": people}


def _kept(stand: _Stand) -> Sequence[Person]:
    if not stand.people:
        raise InvalidInputError({"recipientUserIds": "name at least one person; it keeps none of before"})
    return stand.people


def _person(row: Any) -> Person:
    values = (row.external_id, row.email, row.first_name, row.last_name, row.profile_picture_url)
    return dict(zip(PERSON, values, strict=True))


async def _people(desk: Desk, given: Sequence[str]) -> list[dict[str, Any]]:
    """The users meant, by the graph's ids or VAI's own. Raises InvalidInputError for all that are none of VAI's."""
    by_own = {id_of("USER", desk.organization_id, "VAI", one): one for one in given}
    is_meant = or_(among(users.c.id, given), among(users.c.id, by_own))
    found = {row.id: row for row in await desk.rows(select(users).where(is_meant, users.c.system == "VAI"))}
    people, problems = {}, {}
    for number, one in enumerate(given):
        row = found.get(one) or found.get(id_of("USER", desk.organization_id, "VAI", one))
        if row is None:
            problems[f"recipientUserIds[{number}]"] = f"there is no user {one!r} of VAI"
        else:
            people[row.id] = _person(row)
    if problems:
        raise InvalidInputError(problems)
    return list(people.values())


def _tell(desk: Desk, stand: _Stand, kind: str, title: str) -> None:
    desk.tell(stand.part, f"workspace.{kind}", title)
    desk.note(stand.place.id)
