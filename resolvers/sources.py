"""Where records came from: the documents of records, the recorded answers, and how fresh each system is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from db.access import Viewer, may_see_billing, visible
from db.documents import answers, documents
from db.ids import id_of
from db.pages import Term
from db.workspaces import SYSTEM_BITS
from resolvers.context import Context
from resolvers.pages import Connection
from resolvers.relations import one

BILLING = "stripe_subscription_id"  # AITasker's, of a hired agent, wherever a document holds one

documents_by_id = one(documents.c.id)
answers_of_systems = Connection(
    "source.answers", answers, (Term("fetched_at", descending=True),), match=answers.c.system
)


@dataclass(frozen=True)
class KindCount:
    """How many records of a kind a system holds."""

    kind: str
    count: int


@dataclass
class SystemSource:
    """One system, as far as the organisation's records go."""

    system: str
    record_count: int = 0
    stale_count: int = 0
    fetched_at: datetime | None = None
    last_error: str | None = None
    kinds: list[KindCount] = field(default_factory=list)

    @property
    def records(self) -> list[KindCount]:
        """The counts by kind, by name of the kind."""
        return sorted(self.kinds, key=lambda one: one.kind)


async def sources(*, ctx: Context) -> Sequence[SystemSource]:
    """The four systems in the order of the enum, those without a record too. Statements: 1."""
    now = datetime.now(UTC)
    limits = [
        (documents.c.system == system) & (documents.c.fetched_at < now - timedelta(seconds=seconds))
        for system, seconds in ctx.stale_after_seconds.items()
    ]
    stale = or_(documents.c.last_error.is_not(None), *limits)
    statement = select(
        documents.c.system,
        documents.c.kind,
        func.count().label("records"),
        func.count().filter(stale).label("stale"),
        func.max(documents.c.fetched_at, type_=documents.c.fetched_at.type).label("fetched_at"),
        func.max(documents.c.last_error).label("last_error"),
    ).group_by(documents.c.system, documents.c.kind)
    found = {system: SystemSource(system) for system in SYSTEM_BITS}
    for row in await ctx.rows(visible(statement, ctx.viewer).where(documents.c.is_deleted.is_(False))):
        _add(found[row.system], row)
    return list(found.values())


def _add(source: SystemSource, row: Any) -> None:
    source.record_count += row.records
    source.stale_count += row.stale
    source.fetched_at = max(filter(None, (source.fetched_at, row.fetched_at)), default=None)
    source.last_error = source.last_error or row.last_error
    source.kinds.append(KindCount(row.kind, row.records))


def is_stale(row: Any, *, ctx: Context) -> bool:
    """Older than the freshness declared for its system, or the last refresh failed."""
    return is_too_old(row.system, row.fetched_at, ctx=ctx) or row.last_error is not None


def is_too_old(system: str, fetched_at: datetime, *, ctx: Context) -> bool:
    """Whether what was fetched then is older than the freshness declared for its system."""
    seconds = ctx.stale_after_seconds.get(system)
    return seconds is not None and fetched_at < datetime.now(UTC) - timedelta(seconds=seconds)


def document_as_it_came(row: Any, *, ctx: Context) -> Any:
    """The document without the fields that are ours."""
    return _told({name: value for name, value in row.document.items() if not name.startswith("$")}, ctx.viewer)


def answer_as_it_came(row: Any, *, ctx: Context) -> Any:
    """The answer of a call."""
    return _told(row.document, ctx.viewer)


def _told(document: Any, viewer: Viewer) -> Any:
    """The document, in which what is paid for an agent is null for those who are not to know."""
    if isinstance(document, list):
        return [_told(one, viewer) for one in document]
    if not isinstance(document, dict):
        return document
    told = {name: _told(value, viewer) for name, value in document.items()}
    if BILLING in told:
        owner_id = id_of("USER", viewer.organization_id, "AITASKER", str(document.get("user_id")))
        told[BILLING] = document[BILLING] if may_see_billing(viewer, owner_id) else None
    return told
