"""Workspaces as a whole, applied here. Source: VAI `POST`, `PATCH`, `DELETE /api/v1/workspaces` and below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from db.ids import is_id_of
from db.keys import among
from db.snapshots import drop_table_of
from db.tags import tags
from db.types import written
from db.workspaces import workspaces
from errors import InvalidInputError, InvalidStateError, UnsupportedError
from operations.operation import Outcome
from operations.workspaces import (
    ArchiveWorkspace,
    DeleteWorkspace,
    LinkWorkspaces,
    RestoreWorkspace,
    SetTags,
    UnlinkWorkspace,
    UpdateWorkspace,
)
from rest.joins import JoinError, Member, join_parts, parted, planned_joins
from rest.local.desk import SYSTEM_NAMES, Desk, Part, WorkspacePlace
from rest.merge import DELETED
from rest.unify import NAME_ORDER

ARCHIVABLE = ("VAI", "EVERSHELL")
POD_ARCHIVABLE = ("stopped", "failed")  # states of Evershell's; in others 409 invalid_state
UPDATED = {"VAI": "updatedAt", "AITASKER": "updated_at", "ORGO": "updated_at", "EVERSHELL": "updated_at"}


def touched(desk: Desk, part: Part, fields: Mapping[str, Any]) -> None:
    """Say these fields of a workspace's part, and that it changed now."""
    desk.amend(part, {**fields, UPDATED[part.system]: desk.stamp})


def expect_workspace(desk: Desk, place: WorkspacePlace) -> None:
    """Refuse an edit that is based on an older state of the workspace."""
    row = place.row
    archived_at = row.archived_at and written(row.archived_at)
    desk.expect(
        row,
        {"name": row.name, "description": row.description, "isArchived": row.is_archived, "archivedAt": archived_at},
    )


def first_part(place: WorkspacePlace) -> Part:
    """The part whose activity tells what was done to the whole."""
    return next(place.parts[system] for system in NAME_ORDER if system in place.parts)


async def update_workspace(desk: Desk, given: UpdateWorkspace) -> Outcome:
    """The fields given; a title is the workspace's name in the graph, and VAI's title."""
    place = await desk.workspace(given.id)
    expect_workspace(desk, place)
    wanted = {
        name: getattr(given, name) for name in given.model_fields_set & {"title", "description", "renderer_config"}
    }
    if not wanted:
        raise InvalidInputError({"input": "give at least one of title, description and rendererConfig"})
    kept_by_vai = wanted.keys() - {"title"}
    if kept_by_vai:
        place.part("VAI", "descriptions and settings of the renderer")
    if "title" in wanted:
        await _give_name(desk, place.id, wanted["title"])
    names = {"title": "title", "description": "description", "renderer_config": "rendererConfig"}
    part = first_part(place)
    fields = {names[name]: value for name, value in wanted.items() if value is not None or name != "title"}
    touched(desk, part, fields if part.system == "VAI" else {})
    desk.tell(part, "workspace.updated", "The workspace was changed", {"fields": sorted(names[one] for one in wanted)})
    desk.note(place.id)
    return Outcome(workspace_id=place.id)


async def _give_name(desk: Desk, workspace_id: str, name: str | None) -> None:
    meant = (workspaces.c.organization_id == desk.organization_id) & (workspaces.c.id == workspace_id)
    await desk.connection.execute(update(workspaces).where(meant).values(given_name=name))


async def archive_workspace(desk: Desk, given: ArchiveWorkspace) -> Outcome:
    """Every part that can be put away is; a pod that is neither stopped nor failed refuses for all."""
    place = await desk.workspace(given.id)
    expect_workspace(desk, place)
    parts = _archivable(place)
    for part in parts:
        state = pod_state(part)
        if part.system == "EVERSHELL" and not _is_archived(part) and state not in POD_ARCHIVABLE:
            raise InvalidStateError(
                f"a pod can be archived when it is stopped or failed, and this one is {state}; stop it"
            )
    changed = [part for part in parts if not _is_archived(part)]
    for part in changed:
        touched(desk, part, {"status": "archived"} if part.system == "VAI" else {"archived_at": desk.stamp})
    return _put(desk, place, changed, "archived")


async def restore_workspace(desk: Desk, given: RestoreWorkspace) -> Outcome:
    """Every part that was put away is taken out again."""
    place = await desk.workspace(given.id)
    expect_workspace(desk, place)
    changed = [part for part in _archivable(place) if _is_archived(part)]
    for part in changed:
        touched(desk, part, {"status": "active"} if part.system == "VAI" else {"archived_at": None})
    return _put(desk, place, changed, "restored")


def _put(desk: Desk, place: WorkspacePlace, changed: list[Part], verb: str) -> Outcome:
    if changed:
        desk.tell(changed[0], f"workspace.{verb}", f"The workspace was {verb}")
        desk.note(place.id)
    return Outcome(workspace_id=place.id)


def pod_state(pod: Part) -> str:
    """The state of a pod in Evershell's own word, in lower case as the unified state reads it."""
    word = pod.document.get("status")
    return word.strip().lower() if isinstance(word, str) else "unknown"


def _archivable(place: WorkspacePlace) -> list[Part]:
    parts = [place.parts[system] for system in ARCHIVABLE if system in place.parts]
    if not parts:
        there = " and ".join(SYSTEM_NAMES[one] for one in place.parts)
        raise UnsupportedError(f"VAI and Evershell have an archive, and this workspace stands in {there} only")
    return parts


def _is_archived(part: Part) -> bool:
    if part.system == "VAI":
        return part.document.get("status") == "archived"
    return part.document.get("archived_at") is not None


async def delete_workspace(desk: Desk, given: DeleteWorkspace) -> Outcome:
    """All parts, with the records that stand in them and the snapshot of a table."""
    place = await desk.workspace(given.id)
    expect_workspace(desk, place)
    for part in place.parts.values():
        desk.amend(part, {DELETED: True})
        if part.system == "VAI":
            await drop_table_of(desk.connection, desk.organization_id, part.id)
    desk.note(place.id)
    return Outcome(deleted_id=place.id)


async def link_workspaces(desk: Desk, given: LinkWorkspaces) -> Outcome:
    """One workspace of two; what is one already stays so."""
    into, other = await desk.workspace(given.into_id), await desk.workspace(given.from_id)
    members = [_member(first_part(one)) for one in (into, other)]
    planned = await planned_joins(desk.connection, desk.organization_id, [members])
    (verdict,) = planned.verdicts
    if isinstance(verdict, JoinError):
        raise InvalidStateError(f"they cannot be one workspace: {verdict}")
    target = planned.targets.get(members[0].id, into.id)
    if verdict:
        await join_parts(desk.connection, desk.organization_id, planned.targets)
        desk.tell(first_part(into), "workspace.linked", f"{other.row.name} was joined with it", {"fromId": other.id})
        desk.note(target)
    return Outcome(workspace_id=target)


def _member(part: Part) -> Member:
    return Member(part.id, part.system, part.external_id)


async def unlink_workspace(desk: Desk, given: UnlinkWorkspace) -> Outcome:
    """The part goes its own way, by its own id; the others go by the id of theirs that ranks first."""
    place = await desk.workspace(given.id)
    if given.system not in place.parts:
        raise InvalidStateError(f"the workspace has no part in {SYSTEM_NAMES[given.system]}")
    if len(place.parts) == 1:
        raise InvalidStateError(
            f"{SYSTEM_NAMES[given.system]}'s is the workspace's only part; there is nothing to part"
        )
    part = place.parts[given.system]
    rest_id = await parted(desk.connection, desk.organization_id, place.id, part.id)
    remaining = next(one for one in place.parts.values() if one is not part)
    detail = {"system": given.system, "unlinkedId": part.id}
    desk.tell(remaining, "workspace.unlinked", f"{SYSTEM_NAMES[given.system]}'s part was taken out", detail)
    desk.note(rest_id)
    return Outcome(workspace_id=rest_id, unlinked_id=part.id)


async def set_tags(desk: Desk, given: SetTags) -> Outcome:
    """The tags as a whole. Source: VAI `PUT /api/v1/workspaces/{workspace_id}/tags`."""
    place = await desk.workspace(given.workspace_id)
    expect_workspace(desk, place)
    part = place.part("VAI", "tags")
    wanted = list(dict.fromkeys(given.tag_ids))
    statement = select(tags.c.id, tags.c.external_id, tags.c.name).where(
        among(tags.c.id, [one for one in wanted if is_id_of("TAG", one)]), tags.c.system == "VAI"
    )
    known = {row.id: row for row in await desk.rows(statement)}
    unknown = [number for number, one in enumerate(given.tag_ids) if one not in known]
    if unknown:
        raise InvalidInputError({f"tagIds[{number}]": "there is no such tag; `tags` lists them" for number in unknown})
    external_ids = [known[one].external_id for one in wanted]
    if external_ids != part.document.get("$tags", []):
        touched(desk, part, {"$tags": external_ids})
        named = ", ".join(known[one].name for one in wanted)
        desk.tell(part, "workspace.tagged", f"It has the tags {named}" if named else "It has no tags any more")
        desk.note(place.id)
    return Outcome(workspace_id=place.id)
