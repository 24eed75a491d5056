"""What one execution did, for those who ask: its batches, with how many keys, and what was known beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Trace:
    """Filled while an operation runs, where a context has one as its `trace`."""

    is_document_cached: bool = False
    is_plan_cached: bool = False
    fallback: str | None = None
    levels: int = 0
    objects: int = 0
    batches: list[dict[str, Any]] = field(default_factory=list)

    def note_batch(self, fields: list[str], keys: int) -> None:
        """A batch function ran for these fields with so many keys."""
        self.batches.append({"level": self.levels, "fields": fields, "keys": keys})
