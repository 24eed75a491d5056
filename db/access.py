"""Who may see which rows: the viewer, and `visible()`, through which every read passes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import FromClause, Join, Select


@dataclass(frozen=True)
class Viewer:
    """Who asks: an account of one organisation, the users of the four systems it is, and what its token allows."""

    organization_id: str
    account_id: str
    email: str
    scopes: frozenset[str] = frozenset()
    user_ids: tuple[str, ...] = field(default=())


def visible(statement: Select[Any], viewer: Viewer) -> Select[Any]:
    """The statement, restricted to the rows that the viewer may see: those of the token's organisation.

    Call it before adding conditions that correlate with an outer statement.
    """
    for source in _sources(statement):
        statement = statement.where(source.c.organization_id == viewer.organization_id)
    return statement


def _sources(statement: Select[Any]) -> list[FromClause]:
    """The tables that the statement reads, joins taken apart."""
    found: list[FromClause] = []
    waiting = list(statement.get_final_froms())
    while waiting:
        source = waiting.pop(0)
        if isinstance(source, Join):
            waiting += [source.left, source.right]
        elif "organization_id" in source.c:
            found.append(source)
    return found
