"""What a load test has shown, as text."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles

from bench.report import PAGE, write_part
from bench.soak.clients import Seen
from bench.soak.faults import Watched

LOAD = "load"  # the part of docs/load.md
CALM_SECONDS = 15  # after a fault from when on the latencies count as those without one


@dataclass
class Outcome:
    """All that came of it."""

    seen: Seen
    watched: Watched
    began: float
    seconds: float
    log_faults: list[str] = field(default_factory=list)


def as_text(outcome: Outcome, asked: Namespace) -> str:
    """The figures of a run."""
    seen, watched, began = outcome.seen, outcome.watched, outcome.began
    calm = [
        seconds for when, seconds, _ in seen.latencies
        if not any(0 <= when - fault <= CALM_SECONDS for fault, _ in watched.faults)
    ]  # fmt: skip
    lines = [
        f"{asked.connections} connections, {asked.think:g} s between their requests, {asked.changes:.0%} changes, "
        f"{outcome.seconds:.0f} s, {asked.workers} workers, PostgreSQL: "
        f"{len(seen.latencies):,} answers ({len(seen.latencies) / outcome.seconds:.0f} a second), of them "
        f"{sum(seen.changes.values()):,} changes; wrong: {len(seen.wrong)}; errors: {len(seen.errors)}; changes sent "
        f"again with their key: {seen.repeated}",
        f"latency: {_spread(calm)} away from the faults; {_spread([one for _, one, _ in seen.latencies])} in all",
        *(f"{what}: {_spread([s for _, s, w in seen.latencies if w == what])}" for what in _kinds(seen)),
        *(f"fault at {when - began:.0f} s: {what}" for when, what in watched.faults),
        *_errors_by_second(outcome),
        *_memory(watched, began),
        *(f"WRONG {one}" for one in seen.wrong[:20]),
        *(f"log: {line[:200]}" for line in outcome.log_faults[:10]),
    ]
    return "\n".join(lines)


def _kinds(seen: Seen) -> list[str]:
    return sorted({what for _, _, what in seen.latencies})


def _spread(latencies: Sequence[float]) -> str:
    if len(latencies) < 2:
        return "none"
    cuts = quantiles(latencies, n=100)
    return f"p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms, most {max(latencies) * 1000:.0f} ms"


def _errors_by_second(outcome: Outcome) -> list[str]:
    """Errors by the second in which they came; those farther than a few seconds from a fault would stand out."""
    counted = Counter((int(when - outcome.began), what) for when, what in outcome.seen.errors)
    seconds = sorted({second for second, _ in counted})
    told = []
    for second in seconds:
        codes = ", ".join(f"{what} {number}" for (when, what), number in sorted(counted.items()) if when == second)
        told.append(f"errors in second {second}: {codes}")
    return told or ["no errors at all"]


def _memory(watched: Watched, began: float) -> list[str]:
    """Each worker's memory over time."""
    pids = dict.fromkeys(pid for _, found in watched.memory for pid in found)
    told = []
    for pid in pids:
        series = [(when - began, found[pid]) for when, found in watched.memory if pid in found]
        shown = ", ".join(f"{megabytes:.0f}" for _, megabytes in series)
        told.append(f"memory of worker {pid}, MB, every 5 s from second {series[0][0]:.0f}: {shown}")
    return told


def write_figures(text: str) -> None:
    """Put the figures into docs/load.md."""
    write_part(LOAD, f"```text\n{text}\n```", PAGE.with_name("load.md"))
