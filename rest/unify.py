"""Many parts become one workspace: the unified columns of `workspaces`, computed when a document comes in.

Source: design of the graph, status algebra and names; see docs/mapping.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Row

from db.workspaces import SYSTEM_BITS
from rest.words import most_urgent

# Whose name, owner and id a joined workspace has: the first that has one.
NAME_ORDER = ("VAI", "AITASKER", "ORGO", "EVERSHELL")


def unified_workspace(parts: Sequence[Row[Any]], given_name: str | None, parent_id: str | None) -> dict[str, Any]:
    """The row of `workspaces` that these parts make together."""
    ranked = sorted(parts, key=lambda part: NAME_ORDER.index(part.system))
    name = given_name or _first(part.name for part in ranked) or ranked[0].external_id
    return {
        "organization_id": ranked[0].organization_id,
        "id": ranked[0].workspace_id,
        "name": name,
        "given_name": given_name,
        "description": _first(part.description for part in ranked),
        "status": most_urgent({part.status for part in parts}),
        "is_archived": any(part.is_archived for part in parts),
        "created_at": _extreme(min, (part.created_at for part in parts)),
        "updated_at": _extreme(max, (part.updated_at for part in parts)),
        "last_active_at": _extreme(max, (part.last_active_at for part in parts)),
        "archived_at": _extreme(max, (part.archived_at for part in parts)),
        "owner_id": _first(part.owner_id for part in ranked),
        "parent_id": parent_id,
        "systems": sum(SYSTEM_BITS[part.system] for part in parts),
    }


def joined_id(parts: Iterable[tuple[str, str]]) -> str:
    """The id that workspaces go by once joined: that of the part, given as (system, id), whose system ranks first.

    It does not depend on the order in which they were joined.
    """
    return min(parts, key=lambda part: NAME_ORDER.index(part[0]))[1]


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value), None)


def _extreme(choose: Any, moments: Iterable[datetime | None]) -> datetime | None:
    known = [moment for moment in moments if moment is not None]
    chosen: datetime | None = choose(known) if known else None
    return chosen
