"""What a run has shown, as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from bench.fuzz.verdicts import SLOWEST, Tally
from bench.report import PAGE, write_part

FUZZ = "fuzz"  # the part of docs/load.md


def as_text(tally: Tally, memory: Sequence[float], seconds: float, seed: str, log_faults: Sequence[str]) -> str:
    """The figures of a run."""
    count = sum(tally.kinds.values())
    server_errors = sum(number for status, number in tally.statuses.items() if status >= 500)
    lines = [
        f"{count:,} requests in {seconds:.0f} s ({count / seconds:.0f} a second), seed {seed}; "
        f"5xx: {server_errors}; answers that were not as they must be: {len(tally.findings)}; lines of the log that "
        f"should not be there: {len(log_faults)}",
        f"kinds: {_counts(tally.kinds)}",
        f"statuses: {_counts(tally.statuses)}",
        f"codes: {_counts(tally.codes)}",
        f"sockets closed with: {_counts(tally.closes)}",
        f"memory: {memory[0]:.0f} MB before, {memory[1]:.0f} MB after a warm-up, then "
        + ", ".join(f"{one:.0f}" for one in memory[2:]),
        "slowest:",
        *(f"  {one:.2f} s  {what}" for one, what in sorted(tally.slowest, reverse=True)[:SLOWEST]),
        *(f"log: {line[:300]}" for line in log_faults[:20]),
    ]
    return "\n".join(lines)


def _counts(counter: Counter[Any]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in counter.most_common()) or "none"


def write_figures(text: str) -> None:
    """Put the figures into docs/load.md."""
    write_part(FUZZ, f"```text\n{text}\n```", PAGE.with_name("load.md"))
