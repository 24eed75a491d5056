"""Shares, applied here.

Source: VAI `PUT`, `DELETE /api/v1/workspaces/{workspace_id}/share`, `DELETE .../share/clear`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select

from db.ids import id_of
from db.keys import among
from db.types import written
from db.users import shares, users
from errors import ConflictError, InvalidInputError
from operations.operation import Outcome
from operations.shares import ClearShare, RevokeShare, SetShare
from rest.dialect import some
from rest.local.desk import Desk, Part, WorkspacePlace, new_id
from rest.local.workspaces import touched
from rest.vai_rows import CLEARED, REVOKED

PERSON = ("id", "email", "firstName", "lastName", "profilePictureUrl")


async def set_share(desk: Desk, given: SetShare) -> Outcome:
    """Shared with these and nobody else; with those it had, where it was revoked and none is named."""
    place, part = await _place(desk, given.workspace_id)
    share = _share(part)
    if given.expires_at is not None and given.expires_at <= desk.now:
        raise InvalidInputError({"expiresAt": "must lie in the future"})
    people = await _people(desk, given.recipient_user_ids) if given.recipient_user_ids else _kept(share)
    fields = {
        "shareId": share.get("shareId") or new_id(),
        "state": "shared",
        "status": "active",
        "recipientUserIds": [one["id"] for one in people],
        "recipients": people,
        "expiresAt": given.expires_at and written(given.expires_at),
        "createdAt": share.get("createdAt") or desk.stamp,
        "updatedAt": desk.stamp,
    }
    touched(desk, part, {"$share": fields, "isShared": True, "shareRecipients": people})
    _tell(desk, place, part, "shared", f"It was shared with {len(people)} {'person' if len(people) == 1 else 'people'}")
    return Outcome(workspace_id=place.id)


async def revoke_share(desk: Desk, given: RevokeShare) -> Outcome:
    """Nobody has access by it any more; who it was is kept. What is not shared stays as it is."""
    place, part = await _place(desk, given.workspace_id)
    share = _share(part)
    if share.get("state") == "shared":
        _end(desk, part, {**share, "state": "not_shared", "status": "revoked", "updatedAt": desk.stamp})
        _tell(desk, place, part, "share_revoked", "Its share was revoked")
    return Outcome(workspace_id=place.id)


async def clear_share(desk: Desk, given: ClearShare) -> Outcome:
    """As if it never had been shared."""
    place, part = await _place(desk, given.workspace_id)
    if _share(part):
        _end(desk, part, {"state": "not_shared", "updatedAt": desk.stamp})
        _tell(desk, place, part, "share_cleared", "Its share was cleared")
    return Outcome(workspace_id=place.id)


async def _place(desk: Desk, workspace_id: str) -> tuple[WorkspacePlace, Part]:
    place = await desk.workspace(workspace_id)
    part = place.part("VAI", "shares")
    _expect(desk, await desk.rows(select(shares).where(shares.c.record_id == part.id)))
    return place, part


def _expect(desk: Desk, found: Sequence[Any]) -> None:
    """A share that was never set has no `updatedAt`, and whoever expects one is too late or too early."""
    if found:
        row = found[0]
        expires_at = row.expires_at and written(row.expires_at)
        desk.expect(row, {"state": row.state, "status": row.status, "expiresAt": expires_at})
    elif getattr(desk.operation, "expected_updated_at", None) is not None:
        raise ConflictError("there is no share any more", current=None)


def _share(part: Part) -> Mapping[str, Any]:
    """The share as it stands in the document; less what was taken away by calls that only say so."""
    document = part.document
    if REVOKED in document or CLEARED in document or "$share" not in document:
        return _told_otherwise(document)
    share = some(document["$share"])
    return {} if set(share) <= {"state", "updatedAt"} and share.get("state") == "not_shared" else share


def _told_otherwise(document: Mapping[str, Any]) -> Mapping[str, Any]:
    people = document.get("shareRecipients") or ()
    if document.get("isShared") or people:
        return {"state": "shared" if document.get("isShared") else "not_shared", "recipients": people}
    return {}


def _end(desk: Desk, part: Part, share: Mapping[str, Any]) -> None:
    touched(desk, part, {"$share": dict(share), "isShared": False, "shareRecipients": []})


def _kept(share: Mapping[str, Any]) -> list[dict[str, Any]]:
    people = {one["id"]: dict(one) for one in share.get("recipients") or () if one and one.get("id")}
    for user_id in share.get("recipientUserIds") or ():
        people.setdefault(user_id, {"id": user_id})
    if not people:
        raise InvalidInputError({"recipientUserIds": "name at least one person; it keeps none of before"})
    return list(people.values())


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
            values = (row.external_id, row.email, row.first_name, row.last_name, row.profile_picture_url)
            people[row.id] = dict(zip(PERSON, values, strict=True))
    if problems:
        raise InvalidInputError(problems)
    return list(people.values())


def _tell(desk: Desk, place: WorkspacePlace, part: Part, kind: str, title: str) -> None:
    desk.tell(part, f"workspace.{kind}", title)
    desk.note(place.id)
