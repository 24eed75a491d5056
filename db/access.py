"""Who may see which rows: the viewer, and `visible()`, through which every read passes."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Join, Select, false

from db.ids import id_of
from db.own import NOW, ORGANIZATION, USERS, VIEWER, organization, within
from db.users import organizations

# Scopes, in Evershell's words; the form without `:own` includes the one with it.
READ, READ_OWN = "workspace:read", "workspace:read:own"
WORKSPACE_WRITE, WORKSPACE_WRITE_OWN = "workspace:write", "workspace:write:own"
AGENT_WRITE, TABLE_WRITE, SHARE_WRITE = "agent:write", "table:write", "share:write"
BILLING_READ, ADMIN = "billing:read", "admin"
WRITES = (WORKSPACE_WRITE, AGENT_WRITE, TABLE_WRITE, SHARE_WRITE)
SCOPES = (READ, READ_OWN, *WRITES, WORKSPACE_WRITE_OWN, BILLING_READ, ADMIN)
OWN_USERS = ("VAI", "EVERSHELL")  # the systems whose records name who made them


@dataclass(frozen=True)
class Viewer:
    """Who asks: an account of one organisation, the users of the four systems it is, and what its token allows."""

    organization_id: str
    account_id: str
    email: str
    scopes: frozenset[str] = frozenset()
    user_ids: tuple[str, ...] = field(default=())

    @property
    def shape(self) -> Hashable:
        """Viewers of one shape run the same statements; they differ in the parameters' values only."""
        return READ if READ in self.scopes else READ_OWN if READ_OWN in self.scopes else None

    @property
    def is_limited(self) -> bool:
        """Whether it sees at most what is its own or shared with it, and not all that the organisation holds."""
        return READ not in self.scopes

    @property
    def everywhere(self) -> Viewer:
        """The same viewer, who sees all that the organisation holds: for what an operation entails."""
        return replace(self, scopes=self.scopes | {READ})

    @property
    def values(self) -> dict[str, Any]:
        """The values of the parameters that stand for the viewer in a statement, as of now."""
        return {**self._lasting, NOW: datetime.now(UTC)}

    @cached_property
    def _lasting(self) -> dict[str, Any]:
        return {ORGANIZATION: self.organization_id, USERS: [*self.user_ids, *self.own_user_ids]}

    @property
    def own_user_ids(self) -> tuple[str, ...]:
        """The users that stand for the account in systems where it has no user of its own, once it made something."""
        return tuple(id_of("USER", self.organization_id, system, self.account_id) for system in OWN_USERS)


def visible(statement: Select[Any], viewer: Viewer) -> Select[Any]:
    """The statement, restricted to the rows that the viewer may see.

    With the scope `workspace:read` those are the rows of the token's organisation, with `workspace:read:own` those of
    them that are within its own reach (db/own.py); without either there is but the organisation itself. Call it before
    adding conditions that correlate with an outer statement. Raises TypeError for a table of which nothing says who may
    see it. The statement is the same for all viewers of one `shape`; it runs with their `values`.
    """
    sources = _sources(statement)
    if viewer.shape is None and any(source.description != organizations.name for source in sources):
        return statement.where(false())
    for source in sources:
        statement = statement.where(_organization_of(source) == organization())
        if viewer.is_limited:
            statement = statement.where(within(source, VIEWER))
    return statement


def may_see_billing(viewer: Viewer, owner_id: str | None) -> bool:
    """Whether the viewer is told what is paid for an agent: its owner is, and whoever holds `billing:read`."""
    return BILLING_READ in viewer.scopes or owner_id in viewer.user_ids


def _sources(statement: Select[Any]) -> list[FromClause]:
    """The tables that the statement reads, joins taken apart."""
    found: list[FromClause] = []
    waiting = list(statement.get_final_froms())
    while waiting:
        source = waiting.pop(0)
        if isinstance(source, Join):
            waiting += [source.left, source.right]
        else:
            found.append(source)
    return found


def _organization_of(source: FromClause) -> ColumnElement[str]:
    if "organization_id" in source.c:
        return source.c.organization_id
    if source.description == organizations.name:
        return source.c.id
    raise TypeError(f"{source.description} belongs to no organisation, so nothing says who may see it")
