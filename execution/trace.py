"""What one execution did, for those who ask: its batches, its statements, and what was known beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol


class Statement(Protocol):
    """A statement that ran, or failed to: then it has neither time nor rows."""

    text: str
    seconds: float | None
    rows: int | None


@dataclass
class Trace:
    """Filled while an operation runs, where a context has one as its `trace`. Times are in milliseconds."""

    is_document_cached: bool = False
    is_plan_cached: bool = False
    fallback: str | None = None
    levels: int = 0
    objects: int = 0
    batches: list[dict[str, Any]] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    began: float = field(default_factory=perf_counter)

    def note_batch(self, fields: list[str], keys: int) -> None:
        """A batch function is called for these fields with so many keys."""
        self.batches.append({"level": self.levels, "fields": fields, "keys": keys})

    def report(self) -> dict[str, Any]:
        """All of it, as an answer's `extensions.explain` has it."""
        ran = [{"sql": one.text, "ms": _ms(one.seconds), "rows": one.rows} for one in self.statements]
        cost = {
            "totalMs": _ms(perf_counter() - self.began),
            "sqlMs": _ms(sum(one.seconds or 0 for one in self.statements)),
            "statements": len(ran),
            "rows": sum(one.rows or 0 for one in self.statements),
            "objects": self.objects,
            "levels": self.levels,
        }
        return {
            "executor": f"graphql-core ({self.fallback})" if self.fallback else "breadth-first",
            "documentCached": self.is_document_cached,
            "planCached": self.is_plan_cached,
            "cost": cost,
            "batches": self.batches,
            "statements": ran,
        }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)


def trace_of(context: Any) -> Trace | None:
    """Where the context wants to know what is done."""
    trace = getattr(context, "trace", None)
    return trace if isinstance(trace, Trace) else None
