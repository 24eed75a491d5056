"""The desk of one operation: what it reads, what it says of records, and the one transaction that both stand in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import ColumnElement, Select, Table, select, true
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from db.access import READ, Viewer, visible
from db.commits import Commit
from db.data_rows import DataTable
from db.data_tables import MAIN
from db.database import Database
from db.documents import documents
from db.ids import id_of, is_id_of
from db.keys import among
from db.operations import audit_entries
from db.own import within
from db.types import written
from db.users import users
from db.workspaces import workspace_parts, workspaces
from errors import ConflictError, InvalidStateError, NotFoundError, PermissionDeniedError, UnsupportedError
from operations.operation import Editing, Operation
from operations.permissions import access_needed
from rest.answers import EPOCH
from rest.dialect import Patch
from rest.dialects import DIALECTS
from rest.intake import NO_ENDPOINT, Group
from rest.records import LINK, Exchange, Place, Taken, mention
from rest.secrets import without_secrets

MICROSECOND = timedelta(microseconds=1)
SYSTEM_NAMES = {"AITASKER": "AITasker", "ORGO": "Orgo", "VAI": "VAI", "EVERSHELL": "Evershell"}


def new_id() -> str:
    """A new id of a record, as AITasker, Orgo and VAI have them."""
    return str(uuid4())


@dataclass(frozen=True)
class Part:
    """One system's part of a workspace, or another record: its keys and its document as merged so far."""

    id: str
    system: str
    kind: str
    external_id: str
    document: Mapping[str, Any]
    as_of: int
    part_id: str | None


@dataclass(frozen=True)
class WorkspacePlace:
    """A workspace and its parts by system."""

    row: Row[Any]
    parts: Mapping[str, Part]

    @property
    def id(self) -> str:
        """The graph's id."""
        return str(self.row.id)

    def part(self, system: str, what: str) -> Part:
        """The part of a system. Raises UnsupportedError, which says for `what` it would be needed."""
        if system not in self.parts:
            there = " and ".join(SYSTEM_NAMES[one] for one in self.parts)
            raise UnsupportedError(f"{what} are {SYSTEM_NAMES[system]}'s, and this workspace stands in {there} only")
        return self.parts[system]


@dataclass
class Desk:
    """One operation at work. Whatever is put on the desk is written by `finish`, all in one transaction."""

    connection: AsyncConnection
    viewer: Viewer
    operation: Operation
    others: AsyncExitStack  # transactions elsewhere, which end with this one
    tables: Database | None = None  # the second database, of live tables
    commit: Commit = field(default_factory=Commit)  # how far the transactions have come
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    _said: list[tuple[str, Patch]] = field(default_factory=list)
    _newest: int = 0  # microseconds since 1970: the newest that was said of any record read here
    _audited: str | None = None

    @property
    def organization_id(self) -> str:
        """The viewer's."""
        return self.viewer.organization_id

    def id_of(self, system: str, kind: str, external_id: str) -> str:
        """The graph's id of a record."""
        return id_of(kind, self.organization_id, system, external_id)

    # reading

    async def rows(self, statement: Select[Any], *, everywhere: bool = False) -> list[Row[Any]]:
        """The rows of a statement that the viewer may see, as they are inside the transaction. Statements: 1.

        `everywhere` takes all that the organisation holds: for what an operation entails where its viewer may not look.
        """
        viewer = self.viewer.everywhere if everywhere else self.viewer
        found = await self.connection.execute(visible(statement, viewer), viewer.values)
        return list(found.all())

    async def row(self, table: Table, record_id: str, kind: str) -> Row[Any]:
        """The row of a record that the viewer may see. Raises NotFoundError."""
        if is_id_of(kind, record_id):
            found = await self.rows(select(table, self._may_change(table)).where(table.c.id == record_id))
            if found:
                return found[0]
        raise NotFoundError(f"there is no {kind.lower().replace('_', ' ')} {record_id!r}")

    async def target(self, table: Table, record_id: str, kind: str) -> Row[Any]:
        """The row of the record that the operation changes. Raises NotFoundError and PermissionDeniedError."""
        row = await self.row(table, record_id, kind)
        self._check_access(row)
        return row

    def _may_change(self, table: Table) -> ColumnElement[bool]:
        needed = access_needed(type(self.operation), self.viewer)
        return (true() if needed is None else within(table, needed)).label("may_change")

    def _check_access(self, row: Row[Any]) -> None:
        if not row.may_change:
            operation = type(self.operation)
            raise PermissionDeniedError(
                f"this takes {operation.needs} access (`viewerCan` of a workspace tells what is allowed), or a token "
                f"with the scopes `{READ}` and `{operation.scope}`"
            )

    async def workspace(self, workspace_id: str) -> WorkspacePlace:
        """The workspace that the operation changes, by an id that it has or ever had, with its parts. Statements: 3.

        Raises NotFoundError and PermissionDeniedError.
        """
        missing = NotFoundError(f"there is no workspace {workspace_id!r}")
        if not is_id_of("WORKSPACE", workspace_id):
            raise missing
        part = workspace_parts
        unified = select(part.c.workspace_id).where(part.c.id == workspace_id)
        parts = select(part.c.id, part.c.workspace_id).where(
            part.c.workspace_id.in_(visible(unified, self.viewer)), part.c.is_deleted.is_(False)
        )
        found = await self.rows(parts)
        meant = among(workspaces.c.id, {one.workspace_id for one in found})
        rows = await self.rows(select(workspaces, self._may_change(workspaces)).where(meant))
        if not rows:
            raise missing
        self._check_access(rows[0])
        records = await self.records(one.id for one in found)
        self.stamp_after(rows[0].updated_at)
        return WorkspacePlace(rows[0], {one.system: one for one in records.values()})

    async def records(self, ids: Iterable[str], *, everywhere: bool = False) -> dict[str, Part]:
        """The records of these ids as they stand, by id. Statements: 1."""
        names = ("id", "system", "kind", "external_id", "document", "as_of", "part_id")
        statement = select(*(documents.c[name] for name in names))
        wanted = statement.where(among(documents.c.id, set(ids)), documents.c.is_deleted.is_(False))
        found = {row.id: Part(*tuple(row)) for row in await self.rows(wanted, everywhere=everywhere)}
        self._newest = max((self._newest, *(one.as_of for one in found.values())))
        return found

    async def record(self, record_id: str) -> Part:
        """The record of an id. Raises NotFoundError."""
        found = await self.records([record_id])
        if record_id not in found:
            raise NotFoundError(f"there is no record {record_id!r}")
        return found[record_id]

    async def connection_to(self, declared: DataTable) -> AsyncConnection:
        """A transaction on the database where a table lives; it is committed just before this one is.

        Raises InvalidStateError where that database is not set.
        """
        if declared.database == MAIN:
            return self.connection
        if self.tables is None:
            raise InvalidStateError(
                f"the table {declared.name} stands in a second database, and WORKGRAPH_TABLES_URL names none"
            )
        return await self.others.enter_async_context(self.tables.writing(self.commit))

    def expect(self, row: Row[Any], current: Mapping[str, Any]) -> None:
        """Refuse an edit that is based on an older state of the record. Raises ConflictError."""
        self.stamp_after(row.updated_at)
        expected = cast("Editing", self.operation).expected_updated_at
        if expected is None or expected == row.updated_at:
            return
        now = row.updated_at and written(row.updated_at)
        raise ConflictError(
            f"it was changed since {written(expected)}, at {now}; look at `current`, and send the change again with "
            "its `updatedAt` if it still holds",
            current={"id": row.id, "updatedAt": now, **current},
        )

    def stamp_after(self, moment: datetime | None) -> None:
        """Let this operation's moment lie behind another one, so that no two states have the same `updatedAt`."""
        if moment is not None and moment >= self.now:
            self.now = moment + MICROSECOND

    # saying

    @property
    def stamp(self) -> str:
        """The moment of the operation, as documents have it."""
        return written(self.now)

    def say(self, system: str, kind: str, external_id: str, fields: Mapping[str, Any]) -> str:
        """Say these fields of a record, new or known; its id. Secrets are taken out."""
        self._said.append((system, Patch(kind, external_id, cast("dict[str, Any]", without_secrets(dict(fields))))))
        return self.id_of(system, kind, external_id)

    def amend(self, record: Part, fields: Mapping[str, Any]) -> None:
        """Say these fields of a record that was read."""
        self.say(record.system, record.kind, record.external_id, fields)

    def note(self, record_id: str) -> None:
        """Let the audit know what was done, and to what."""
        self._audited = record_id

    def tell(self, part: Part | str, kind: str, title: str, detail: Mapping[str, Any] | None = None) -> None:
        """Add to the activity of the workspace that the part belongs to; VAI's id names one that is just being made."""
        system, external_id = ("VAI", part) if isinstance(part, str) else (part.system, part.external_id)
        activity = {
            "id": new_id(),
            "kind": kind,
            "title": title,
            "status": "done",
            "createdAt": self.stamp,
            "$workspace": external_id,
            "detail": {"by": self.viewer.email, **(detail or {})},
        }
        self.say(system, "ACTIVITY", str(activity["id"]), activity)

    async def me(self, system: str) -> str:
        """The viewer's user in a system, by that system's id; one is made that goes by the account's where it has none.

        Statements: 1.
        """
        mine = select(users.c.external_id).where(users.c.system == system, among(users.c.id, self.viewer.user_ids))
        known = await self.rows(mine.order_by(users.c.external_id))
        if known:
            return str(known[0].external_id)
        self.say(system, "USER", self.viewer.account_id, {"id": self.viewer.account_id, "email": self.viewer.email})
        return self.viewer.account_id

    # writing

    async def finish(self) -> None:
        """Take in what was said, and write the audit."""
        if self._said:
            await Group(self.connection, self.organization_id, Counter()).take(list(self._taken()))
        if self._audited is not None:
            await self.connection.execute(audit_entries.insert(), [self._audit(self._audited)])

    def _taken(self) -> Iterable[Taken]:
        """What was said, as if the systems had: one answer for each, all of one moment, newer than all before."""
        moment = max((self.now - EPOCH) // MICROSECOND, self._newest + 1)
        exchange = Exchange(Place("graph"), LINK, "", 200, moment)
        for system in dict.fromkeys(system for system, _patch in self._said):
            taken = Taken(exchange, system, NO_ENDPOINT)
            for whose, patch in self._said:
                if whose == system:
                    taken.documents.append(((patch.kind, patch.external_id), patch.fields))
            for (kind, _external_id), document in taken.documents:
                mention(taken, DIALECTS[system], kind, document)
            yield taken

    def _audit(self, record_id: str) -> dict[str, Any]:
        given = self.operation.model_dump(mode="json", exclude={"idempotency_key"}, exclude_unset=True)
        return {
            "organization_id": self.organization_id,
            "id": new_id(),
            "account_id": self.viewer.account_id,
            "operation": type(self.operation).__name__,
            "record_id": record_id,
            "input": without_secrets(given),
            "created_at": self.now,
        }
