"""Who may see which rows: the viewer, and `visible()`, through which every read passes."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, FromClause, Join, Select, Text, false

from db.ids import id_of
from db.statements import to_come
from db.types import Keys

ORGANIZATION, USERS = "viewer_organization", "viewer_users"  # parameters that each viewer gives a value of its own
READ = "workspace:read"
WORKSPACE_WRITE, AGENT_WRITE, TABLE_WRITE, SHARE_WRITE = (
    "workspace:write",
    "agent:write",
    "table:write",
    "share:write",
)
OWN_USERS = ("VAI", "EVERSHELL")  # the systems whose records name who made them
WRITES = (WORKSPACE_WRITE, AGENT_WRITE, TABLE_WRITE, SHARE_WRITE)


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
        return READ in self.scopes

    @cached_property
    def values(self) -> dict[str, Any]:
        """The values of the parameters that stand for the viewer in a statement."""
        return {ORGANIZATION: self.organization_id, USERS: [*self.user_ids, *self.own_user_ids]}

    @property
    def own_user_ids(self) -> tuple[str, ...]:
        """The users that stand for the account in systems where it has no user of its own, once it made something."""
        return tuple(id_of("USER", self.organization_id, system, self.account_id) for system in OWN_USERS)


def organization() -> BindParameter[str]:
    """The viewer's organisation, as a parameter that has no value until the statement runs for someone."""
    return to_come(ORGANIZATION, Text())


def users() -> BindParameter[Any]:
    """The viewer's users, as a parameter."""
    return to_come(USERS, Keys())


def visible(statement: Select[Any], viewer: Viewer) -> Select[Any]:
    """The statement, restricted to the rows that the viewer may see.

    With the scope `workspace:read` those are the rows of the token's organisation; without it there are none.
    Call it before adding conditions that correlate with an outer statement. Raises TypeError for a table that
    belongs to no organisation. The statement is the same for all viewers of one `shape`; it runs with their `values`.
    """
    if READ not in viewer.scopes:
        return statement.where(false())
    for source in _sources(statement):
        statement = statement.where(_organization_of(source) == organization())
    return statement


def may_see_billing(viewer: Viewer, owner_id: str | None) -> bool:
    """Whether the viewer is told what is paid for an agent: its owner is, and whoever holds `billing:read`."""
    return "billing:read" in viewer.scopes or owner_id in viewer.user_ids


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
    if source.description == "organizations":
        return source.c.id
    raise TypeError(f"{source.description} belongs to no organisation, so nothing says who may see it")
