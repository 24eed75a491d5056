"""Exchanges into the database: whole exchanges, many to a transaction.

A group of exchanges is taken in thus:
A) read the documents stored of every record that the group holds or mentions;  B) merge, exchange by exchange;
C) make the rows of each record whose document changed;  D) write documents, answers and rows;
E) make the unified rows of every workspace touched. All in ONE transaction, so that a kill leaves whole exchanges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.database import Database, lock_organization
from db.documents import answers, documents
from db.ids import id_of
from db.keys import among
from db.workspaces import (
    workspace_parts,
)
from db.writes import remove, upsert
from errors import OverloadedError, UnavailableError
from rest.answers import EPOCH, moment_at, newer_answers
from rest.dialect import Endpoint, Facts, moment_of
from rest.dialects import DIALECTS
from rest.joins import (
    JoinError,
    Member,
    join_parts,
    place_computers_by_name,
    planned_joins,
    refresh_workspaces,
)
from rest.merge import DELETED, Merged, merge
from rest.records import LINK, Exchange, Place, Problem, Taken
from rest.rows import RECORD_TABLES, complete
from rest.words import UNKNOWN

NO_ENDPOINT = Endpoint(LINK, "")
Members = Sequence[tuple[str, str]]  # workspaces, as (system, external id)


@dataclass
class Stored:
    """A record as it stands in the database, and what became of it since it was read."""

    system: str
    kind: str
    external_id: str
    merged: Merged
    fetched_at: datetime
    part_id: str | None
    part_id_before: str | None = None
    must_write: bool = False
    must_make_rows: bool = False


@dataclass
class Outcome:
    """What became of one exchange: `kept` (it brought a new record), `changed`, `unchanged` or `refused`."""

    taken: Taken
    word: str
    records: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


async def take_in(
    database: Database, organization_id: str, group: Sequence[Taken], unknown: Counter[str]
) -> list[Outcome]:
    """Take a group of exchanges into an organisation; one outcome each, in order.

    `unknown` counts the words of a status that nobody knew. Statements: some twenty, however many exchanges.
    Where the database refuses the group, it is halved until the exchange at fault stands alone and is refused.
    Raises UnavailableError where the database itself is out of reach, and OverloadedError where it has too much to do.
    """
    counted: Counter[str] = Counter()
    try:
        async with database.writing() as connection:
            await lock_organization(connection, organization_id)
            outcomes = await Group(connection, organization_id, counted).take(group)
    except (UnavailableError, OverloadedError):
        raise
    except Exception as error:
        if len(group) == 1:
            return [Outcome(group[0], "refused", problems=[Problem("", f"cannot be stored: {_reason(error)}")])]
        middle = len(group) // 2
        first = await take_in(database, organization_id, group[:middle], unknown)
        return first + await take_in(database, organization_id, group[middle:], unknown)
    unknown.update(counted)
    return outcomes


async def link(database: Database, organization_id: str, links: Sequence[Members]) -> list[bool | JoinError]:
    """Make one workspace of several, for each link; whether that changed anything, or why it cannot be.

    A workspace of which no document came in yet is there by its id from then on. One transaction for all links.
    """
    nothing = Exchange(Place("link"), LINK, "", 200, 0)
    wanted = [
        [Member(id_of("WORKSPACE", organization_id, *member), *member) for member in members] for members in links
    ]
    async with database.writing() as connection:
        await lock_organization(connection, organization_id)
        joined = await planned_joins(connection, organization_id, wanted)
        accepted = [members for members, verdict in zip(wanted, joined.verdicts, strict=True) if verdict is True]
        group = [
            Taken(nothing, one.system, NO_ENDPOINT, mentions={("WORKSPACE", one.external_id): {"id": one.external_id}})
            for one in {member for members in accepted for member in members}
        ]
        await Group(connection, organization_id, Counter()).take(group)
        await join_parts(connection, organization_id, joined.targets)
    return joined.verdicts


def _reason(error: Exception) -> str:
    """The database's own words, without the statement and its values."""
    cause = getattr(error, "orig", None) or error
    return f"{type(cause).__name__}: {str(cause).splitlines()[0] if str(cause) else ''}"


class Group:
    """One transaction's work: what was read, what is to be written."""

    def __init__(self, connection: AsyncConnection, organization_id: str, unknown: Counter[str]) -> None:
        self.connection = connection
        self.organization_id = organization_id
        self.unknown = unknown
        self.stored: dict[str, Stored] = {}
        self.unified_ids: dict[str, str] = {}  # part id -> workspace id, where it is another
        self.rows: dict[Table, list[dict[str, Any]]] = {}
        self.removed: dict[tuple[Table, str], list[str]] = {}

    async def take(self, group: Sequence[Taken]) -> list[Outcome]:
        """A) to E), as the module says."""
        await self._read(group)  # A
        outcomes = [self._merge(taken) for taken in group]  # B
        touched = {record_id for record_id, stored in self.stored.items() if stored.must_make_rows}
        await self._touch_children_of_deleted(touched)
        await self._touch_those_heard_of_again(touched)
        await self._read_unified_ids(touched)
        for record_id in sorted(touched):  # C
            self._make_rows(record_id)
        await self._write(group)  # D
        if any(self.stored[one].system == "ORGO" for one in touched):
            await place_computers_by_name(self.connection, self.organization_id)
        await refresh_workspaces(self.connection, self.organization_id, self._workspaces_of(touched))  # E
        return outcomes

    def _id(self, system: str, kind: str, external_id: str) -> str:
        return id_of(kind, self.organization_id, system, external_id)

    # A) read

    async def _read(self, group: Sequence[Taken]) -> None:
        for taken in group:
            for (kind, external_id), _document in (*taken.documents, *taken.mentions.items()):
                record_id = self._id(taken.system, kind, external_id)
                if record_id not in self.stored:
                    self.stored[record_id] = Stored(taken.system, kind, external_id, Merged(), EPOCH, None)
        self.stored |= await self._stored_by_id(documents.c.id, self.stored)

    async def _stored_by_id(self, column: Any, keys: Iterable[str]) -> dict[str, Stored]:
        names = ("id", "system", "kind", "external_id", "document", "times", "as_of", "fetched_at", "part_id")
        statement = select(*(documents.c[name] for name in names))
        rows = await self.connection.execute(statement.where(*self._owned(documents), among(column, keys)))
        return {
            row.id: Stored(
                row.system, row.kind, row.external_id, Merged(row.document, row.times, row.as_of), row.fetched_at,
                row.part_id, row.part_id,
            )
            for row in rows
        }  # fmt: skip

    def _owned(self, table: Table) -> tuple[Any, ...]:
        return (table.c.organization_id == self.organization_id,)

    async def _read_unified_ids(self, touched: Iterable[str]) -> None:
        records = [self.stored[record_id] for record_id in touched]
        parts = {part_id for stored in records for part_id in (stored.part_id, stored.part_id_before) if part_id}
        statement = select(workspace_parts.c.id, workspace_parts.c.workspace_id)
        wanted = statement.where(*self._owned(workspace_parts), among(workspace_parts.c.id, parts))
        self.unified_ids = {row.id: row.workspace_id for row in await self.connection.execute(wanted)}

    # B) merge

    def _merge(self, taken: Taken) -> Outcome:
        outcome, at = Outcome(taken, "unchanged"), taken.exchange.at
        for (kind, external_id), document in taken.documents:
            record_id = self._id(taken.system, kind, external_id)
            stored = self.stored[record_id]
            as_of, times = stored.merged.as_of, stored.merged.times
            changed = merge(stored.merged, document, at)
            stored.must_write |= changed or (stored.merged.as_of, stored.merged.times) != (as_of, times)
            stored.must_make_rows |= changed or stored.merged.times != times or DELETED in stored.merged.document
            stored.fetched_at = moment_at(stored.merged.as_of)
            if changed:
                outcome.records.append(record_id)
                outcome.word = "kept" if as_of == 0 else ("changed" if outcome.word == "unchanged" else outcome.word)
            stored.part_id = self._part_of(stored)
        for (kind, external_id), stub in taken.mentions.items():
            self._mention(self._id(taken.system, kind, external_id), stub, at)
        return outcome

    def _mention(self, record_id: str, stub: dict[str, Any], at: int) -> None:
        """A record that is only known by its id is there all the same; the newest mention is its freshness."""
        stored = self.stored[record_id]
        if not stored.merged.document.keys() >= stub.keys() or "$workspace" in stub:
            changed = merge(stored.merged, stub, 0)
            stored.must_write |= changed
            stored.must_make_rows |= changed
            stored.part_id = self._part_of(stored)
        if stored.merged.as_of == 0 and moment_at(at) > stored.fetched_at:
            stored.must_write, stored.fetched_at = True, moment_at(at)

    def _part_of(self, stored: Stored) -> str | None:
        """The workspace part that the record stands in, as it was said last; a workspace is its own."""
        merged = stored.merged
        if stored.kind == "WORKSPACE":
            return self._id(stored.system, "WORKSPACE", stored.external_id)
        named = list(DIALECTS[stored.system].kinds[stored.kind].workspaces_named(merged.document))
        if not named:
            return None
        _name, external_id = max(named, key=lambda one: merged.time_of(one[0]))
        return self._id(stored.system, "WORKSPACE", external_id)

    # C) rows

    async def _touch_children_of_deleted(self, touched: set[str]) -> None:
        """Add the records of a deleted workspace, whose rows go with it."""
        workspaces = {record_id for record_id in touched if self.stored[record_id].kind == "WORKSPACE"}
        parts = {part_id for part_id in workspaces if DELETED in self.stored[part_id].merged.document}
        children = await self._stored_by_id(documents.c.part_id, parts) if parts else {}
        self.stored = children | self.stored
        for record_id in children:
            self.stored[record_id].must_write = True
        touched.update(children)

    async def _touch_those_heard_of_again(self, touched: set[str]) -> None:
        """Add the records that say nothing new, but say so after their workspace was deleted.

        Reads the workspaces that did not come in with their records; whether they were deleted counts all the same.
        """
        written = {record_id: stored for record_id, stored in self.stored.items() if stored.must_write}
        parts = {self.stored[record_id].part_id for record_id in touched | written.keys()} - {None, *self.stored}
        if parts:
            self.stored |= await self._stored_by_id(documents.c.id, filter(None, parts))
        touched.update(record_id for record_id, stored in written.items() if self._was_part_deleted(stored))

    def _was_part_deleted(self, stored: Stored) -> bool:
        part = self.stored.get(stored.part_id or "", stored)
        return part is not stored and DELETED in part.merged.document

    def _is_deleted(self, stored: Stored) -> bool:
        """Whether the record was deleted: by itself, or with its workspace after it was last heard of."""
        if stored.merged.is_deleted or not self._was_part_deleted(stored):
            return stored.merged.is_deleted
        return stored.merged.as_of <= self.stored[stored.part_id or ""].merged.deleted_at

    def _make_rows(self, record_id: str) -> None:
        stored = self.stored[record_id]
        kind = DIALECTS[stored.system].kinds[stored.kind]
        for table in kind.owns:
            self.removed.setdefault((table, "record_id"), []).append(record_id)
        if self._is_deleted(stored):
            for table in RECORD_TABLES[stored.kind]:
                self.removed.setdefault((table, "id"), []).append(record_id)
            if stored.kind == "WORKSPACE":
                self.rows.setdefault(workspace_parts, []).append(self._deleted_part(record_id))
            return
        facts = Facts(
            self.organization_id, stored.system, stored.kind, stored.external_id, stored.merged, stored.part_id,
            self._unified_id, self._count_unknown,
        )  # fmt: skip
        for table, values in kind.rows(facts):
            self.rows.setdefault(table, []).append(complete(table, values))

    def _deleted_part(self, record_id: str) -> dict[str, Any]:
        """What is left of a part that is gone: which workspace it was part of, should it come back."""
        stored = self.stored[record_id]
        values = {
            "organization_id": self.organization_id,
            "id": record_id,
            "system": stored.system,
            "external_id": stored.external_id,
            "workspace_id": self._unified_id(record_id),
            "status": UNKNOWN,
            "is_archived": False,
            "is_deleted": True,
        }
        return complete(workspace_parts, values)

    def _unified_id(self, part_id: str | None) -> str | None:
        return None if part_id is None else self.unified_ids.get(part_id, part_id)

    def _count_unknown(self, what: str) -> None:
        self.unknown[what] += 1

    # D) write

    async def _write(self, group: Sequence[Taken]) -> None:
        written = [self._document(record_id) for record_id, stored in self.stored.items() if stored.must_write]
        await upsert(self.connection, documents, written)
        await upsert(self.connection, answers, await newer_answers(self.connection, self.organization_id, group))
        for (table, column), keys in self.removed.items():
            await remove(self.connection, table, self.organization_id, column, keys)
        for table, rows in self.rows.items():
            await upsert(self.connection, table, rows)

    def _document(self, record_id: str) -> dict[str, Any]:
        stored = self.stored[record_id]
        document = stored.merged.document
        return {
            "organization_id": self.organization_id,
            "id": record_id,
            "system": stored.system,
            "external_id": stored.external_id,
            "kind": stored.kind,
            "document": document,
            "times": stored.merged.times,
            "as_of": stored.merged.as_of,
            "fetched_at": stored.fetched_at,
            "updated_at": moment_of(document.get("updated_at", document.get("updatedAt"))),
            "last_error": None,
            "part_id": stored.part_id,
            "is_deleted": self._is_deleted(stored),
        }

    # E) unify

    def _workspaces_of(self, touched: Iterable[str]) -> set[str]:
        """The workspaces whose unified row, agents or forks may be others now."""
        found: set[str | None] = set()
        for record_id in touched:
            stored = self.stored[record_id]
            if stored.kind in ("WORKSPACE", "SESSION"):
                found |= {self._unified_id(part_id) for part_id in (stored.part_id, stored.part_id_before)}
        return {workspace_id for workspace_id in found if workspace_id}
