"""Whether two answers say the same, PostGraphile's other words for it allowed for."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import orjson

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def difference(one: bytes, other: bytes) -> str | None:
    """Where the second answer first differs from the first, and how; None where both say the same."""
    return _difference(_plain(orjson.loads(one)), _plain(orjson.loads(other)), "answer")


def _plain(value: Any) -> Any:
    """Moments without their way of writing; agents without the rows that pair them, by name."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(UTC) if MOMENT.match(value) else value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if nodes := value.get("agents", {}).get("nodes"):
        agents = sorted((node.get("agent", node) for node in nodes), key=lambda agent: agent["name"])
        value = {**value, "agents": {"nodes": agents}}
    return {name: _plain(item) for name, item in value.items()}


def _difference(one: Any, other: Any, path: str) -> str | None:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return next((found for name in one if (found := _difference(one[name], other[name], f"{path}.{name}"))), None)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return next((found for place, pair in pairs if (found := _difference(*pair, f"{path}[{place}]"))), None)
    return None if one == other else f"{path}: {str(one)[:300]} / {str(other)[:300]}"
