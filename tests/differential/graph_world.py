"""Random rows in every table of the graph, the same for the same seed, some of them broken; and what to ask them for.

Two organisations share a database, each the stranger that must never show in answers to the other. The first is
mostly sound: now and then a leaf fails or a record that may be missing is missing. In the second anything goes:
relations that lead nowhere, words that no enum knows, JSON of shapes that no field expects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Boolean, Column, Float, Integer, Table

from db.access import READ, READ_OWN, Viewer
from db.costs import Cost
from db.database import Database
from db.ids import id_of, organization_id_of
from db.tables import metadata
from db.types import Json, UtcDateTime
from db.workspaces import SYSTEM_BITS
from db.writes import insert_missing
from resolvers.accounts import ensure_organization
from resolvers.context import Context, Limits
from resolvers.cursors import CursorKey

SOUND, BROKEN = "Northwind", "Southwind"
START = datetime(2026, 1, 1, tzinfo=UTC)
FAR = timedelta(days=30_000)  # so that nothing ends while the tests run
SYSTEMS = tuple(SYSTEM_BITS)

# Records by table: kind of their ids, and how many there are.
RECORDS = {
    "workspaces": ("WORKSPACE", 7),
    "agents": ("AGENT", 8),
    "users": ("USER", 6),
    "computers": ("COMPUTER", 10),
    "charts": ("CHART", 12),
    "sessions": ("SESSION", 12),
    "messages": ("MESSAGE", 16),
    "runs": ("RUN", 14),
    "tags": ("TAG", 5),
    "activity_items": ("ACTIVITY", 12),
    "workspace_parts": ("WORKSPACE", 7),
}
OWNED = {"run_steps": 16, "task_bindings": 10, "integrations": 8, "recipients": 16, "shares": 5, "workspace_tags": 12}
FACETS = ("aitasker_workspaces", "orgo_workspaces", "vai_workspaces", "evershell_workspaces")
POINTS_TO = {
    "workspace_id": "WORKSPACE", "agent_id": "AGENT", "hired_agent_id": "AGENT", "role_id": "AGENT",
    "owner_id": "USER", "created_by_id": "USER", "last_edited_by_id": "USER", "shared_by_id": "USER",
    "user_id": "USER", "session_id": "SESSION", "root_id": "RUN", "part_id": "WORKSPACE", "tag_id": "TAG",
}  # fmt: skip
STATUSES = {
    "workspaces": ("ACTIVE", "IDLE", "FAILED", "UNKNOWN"),
    "agents": ("ACTIVE", "PAUSED", "DELETED"),
    "computers": ("RUNNING", "STOPPED", "UNKNOWN"),
    "runs": ("COMPLETED", "FAILED", "RUNNING"),
}
WORDS = ("alpha", "Beta", "gamma%", "delta_1", "", "ümlaut €", "two\nlines", '"quoted"', "zeta")
SPEC = {
    "v": 1, "kind": "bar", "title": "Rows", "theme": "dark", "x": {"column": "day", "truncate": "month"},
    "y": [{"column": "n", "agg": "sum", "label": None}, {"agg": "count"}], "group": {"column": "g"},
    "filters": [{"column": "n", "op": ">", "value": [1, None]}], "sort": {"by": "x", "order": "desc"}, "limit": 10,
}  # fmt: skip
BROKEN_SPECS: tuple[Any, ...] = (
    {}, [], "text", 7, {"v": "one"}, {"v": 2**40, "limit": 1.5}, {"title": {"no": "text"}, "y": 3}, {"y": [None, 1]},
    {"kind": ["bar"], "x": []}, {"group": "g", "sort": ["x"]}, {"filters": {"a": 1}, "subtitle": 5, "limit": "many"},
    {"y": [{"label": ["x"]}, {"label": 1.5, "agg": {}}, {"column": True}]}, {"sort": {"by": [], "order": "sideways"}},
)  # fmt: skip
ANY_JSON: tuple[Any, ...] = (
    {}, [], 0, "text", False, [1, [2, None]], {"b": 1, "a": {"z": [], "y": None}}, 2**53, -0.5, 1e300, "\x00\u2028\\/",
    {"": {"$x": 10**18}}, [[[]], {}], 1.0,
)  # fmt: skip
LISTS: tuple[Any, ...] = (["a", "b"], [], ["a"], ["ü"])
BROKEN_LISTS: tuple[Any, ...] = ("ab", {"a": 1}, ["a", None], [None], [["a"]], [1, 2.5, True], 7, [{"a": 1}], "")
WARNINGS: tuple[Any, ...] = ([{"code": "c", "message": "m"}], [], [{"code": None}, {"requestedRowIdColumn": "r"}])
BROKEN_WARNINGS: tuple[Any, ...] = ("w", [None], ["w"], [{"code": {}}, 3], {"code": "c"}, [[]], 0, [{"message": [1]}])


@dataclass(frozen=True)
class Organization:
    """One of the two, and how often something in it is broken."""

    name: str
    broken: float

    @property
    def id(self) -> str:
        """Its id."""
        return organization_id_of(self.name)

    @property
    def marker(self) -> str:
        """What stands in every text that belongs to it, so that a leak would show."""
        return f"[{self.name}]"

    def record_id(self, kind: str, number: object) -> str:
        """The id of one of its records; those from 1,000 on do not exist."""
        return id_of(kind, self.id, "VAI", str(number))


ORGANIZATIONS = (Organization(SOUND, 0.02), Organization(BROKEN, 0.3))


async def fill(database: Database, seed: int) -> None:
    """Put both organisations' rows into an empty database."""
    for organization in ORGANIZATIONS:
        await ensure_organization(database, organization.name)
        rows = Rows(organization, Random(f"{seed} {organization.name}"), is_sqlite=database.is_sqlite)
        async with database.writing() as connection:
            for name, made in rows.all():
                await insert_missing(connection, metadata.tables[name], made)


class Rows:
    """The rows of one organisation."""

    def __init__(self, organization: Organization, random: Random, *, is_sqlite: bool) -> None:
        self.organization = organization
        self.pick = random
        self.is_sqlite = is_sqlite

    def all(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """The rows of each table."""
        for name, (kind, count) in RECORDS.items():
            yield name, [self.row(name, id=self.organization.record_id(kind, number)) for number in range(count)]
        workspaces = [self.organization.record_id("WORKSPACE", number) for number in range(RECORDS["workspaces"][1])]
        for name in FACETS:
            chosen = self.pick.sample(workspaces, 5)
            yield name, [self.row(name, id=f"{one}", workspace_id=one) for one in chosen]
        for name, count in OWNED.items():
            yield name, [self._owned(name, number, workspaces) for number in range(count)]
        pairs = {(self._pointer("WORKSPACE"), self._pointer("AGENT")) for _ in range(14)}
        yield "workspace_agents", [self.row("workspace_agents", workspace_id=w, agent_id=a) for w, a in sorted(pairs)]
        yield "documents", list(self._documents())
        yield "answers", [self.row("answers", id=f"answer-{number}") for number in range(12)]

    def row(self, name: str, **known: Any) -> dict[str, Any]:
        """A row of a table; what is not known is random."""
        table = metadata.tables[name]
        made = {column.name: self._value(table, column) for column in table.c}
        return {**made, "organization_id": self.organization.id, **known}

    def _owned(self, name: str, number: int, workspaces: list[str]) -> dict[str, Any]:
        owner = self._pointer({"run_steps": "RUN"}.get(name, "WORKSPACE"), may_break=False)
        known: dict[str, Any] = {"record_id": owner, "id": f"{name}-{number}"}
        if name == "shares":  # one per workspace
            known["record_id"] = known["workspace_id"] = workspaces[number]
        if name == "recipients":
            via = self.pick.choice(("WORKSPACE", "SHARE", "SESSION"))
            known["via"] = via
            known["record_id"] = self._pointer("SESSION" if via == "SESSION" else "WORKSPACE", may_break=False)
        return self.row(name, **known)

    def _documents(self) -> Iterator[dict[str, Any]]:
        for kind, count in RECORDS.values():
            for number in range(count):
                if not self._breaks(0.3):  # a record without a document has null for its `source`, which is not null
                    document = {"text": self._text(), "any": self.pick.choice(ANY_JSON), "$ours": 1}
                    record_id = self.organization.record_id(kind, number)
                    system = self.pick.choice(SYSTEMS)
                    yield self.row("documents", id=record_id, kind=kind, system=system, document=document, times={})

    def _value(self, table: Table, column: Column[Any]) -> Any:
        if column.nullable and self.pick.random() < 0.2:
            return None
        if isinstance(column.type, UtcDateTime):
            return self._moment(column.name)
        if isinstance(column.type, Json):
            return self._json(column.name)
        if isinstance(column.type, Boolean):
            return self.pick.random() < 0.5 and column.name != "is_deleted"
        if isinstance(column.type, Float):
            odd = float("inf") if self.is_sqlite else self.pick.choice((float("inf"), float("nan")))
            return odd if self._breaks() else self.pick.choice((0.0, -0.0, 1.5, 3.0, 1e21, 0.1))
        if isinstance(column.type, Integer):
            return self._whole(column.name)
        if isinstance(column.type, Cost):
            return self.pick.choice(("0", "0.1", "12.50", "-3", "1234567890123456789.000000000000000001"))
        return self._text_of(table, column)

    def _moment(self, name: str) -> datetime:
        if name in ("expires_at", "fetched_at"):
            return START + self.pick.choice((FAR, -FAR))
        if self._breaks() and self.is_sqlite:
            return self.pick.choice((datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)))
        return START + timedelta(days=self.pick.randrange(5), microseconds=self.pick.choice((0, 0, 120_000, 1)))

    def _whole(self, name: str) -> int:
        if name == "systems":
            return self.pick.randrange(16)
        if self._breaks() and self.is_sqlite and name != "position":
            return self.pick.choice((2**31, -(2**40)))
        return self.pick.randrange(4)

    def _json(self, name: str) -> Any:
        is_broken = self._breaks(2.0)
        if name == "spec":
            return self.pick.choice(BROKEN_SPECS) if is_broken else SPEC
        if name in ("backing_row_identity_columns", "loaded_skill_slugs"):
            return self.pick.choice(BROKEN_LISTS if is_broken else LISTS)
        if name == "warnings":
            return self.pick.choice(BROKEN_WARNINGS if is_broken else WARNINGS)
        return self.pick.choice(ANY_JSON)

    def _text_of(self, table: Table, column: Column[Any]) -> str:
        name = column.name
        if name == "parent_id":
            return self._pointer("WORKSPACE" if table.name == "workspaces" else "RUN")
        if name in POINTS_TO and not (name == "user_id" and table.name in FACETS):
            return self._pointer(POINTS_TO[name])
        if name == "system":
            return "NOWHERE" if self._breaks(0.5) else self.pick.choice(SYSTEMS)
        if name == "status" and table.name in STATUSES:
            return "EXPLODED" if self._breaks() else self.pick.choice(STATUSES[table.name])
        if table.name == "vai_workspaces" and name == "viewer_access":
            return self.pick.choice(("editor", "viewer", "owner"))
        if name == "state":
            return self.pick.choice(("shared", "not_shared", "revoked"))
        return self._text()

    def _text(self) -> str:
        return f"{self.pick.choice(WORDS)} {self.organization.marker}"

    def _pointer(self, kind: str, *, may_break: bool = True) -> str:
        """The id of a record, sometimes of one that does not exist or that another organisation holds."""
        count = next(count for of, count in RECORDS.values() if of == kind)
        if may_break and self._breaks(0.5):
            stranger = next(one for one in ORGANIZATIONS if one != self.organization)
            return self.pick.choice((self.organization, stranger)).record_id(kind, self.pick.choice((0, 1, 1_000)))
        return self.organization.record_id(kind, self.pick.randrange(count))

    def _breaks(self, factor: float = 1.0) -> bool:
        return self.pick.random() < self.organization.broken * factor


def viewers(organization: Organization) -> tuple[Viewer, ...]:
    """Who asks: somebody, an owner of things who may see what is paid, and one who sees only what is its own."""
    users = tuple(organization.record_id("USER", number) for number in range(2))
    return (
        Viewer(organization.id, "N-1", f"one@{organization.name}.example", frozenset((READ,))),
        Viewer(organization.id, "N-2", f"two@{organization.name}.example", frozenset((READ, "billing:read")), users),
        Viewer(organization.id, "N-3", f"three@{organization.name}.example", frozenset((READ_OWN,)), users[:1]),
    )


def context_of(database: Database, viewer: Viewer) -> Context:
    """A request's context; one system's documents are all stale, another's are all fresh."""
    key = CursorKey(b"a key for tests")
    return Context(database, viewer, key, Limits(3, 20), stale_after_seconds={"VAI": 3_600, "ORGO": 4 * 10**9})
