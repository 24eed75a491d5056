"""The figures as tables: medians of the rounds, and ratios to the floor and to stock Strawberry, round by round."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench.servers import PEERS

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
COMPARED, SCALE = "compared", "scale"  # the parts of the page that are written
SYSTEMS = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}


@dataclass(frozen=True)
class Measurement:
    """One server under one load; what the system cannot tell is None."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    server_ms: float | None
    database_ms: float | None
    memory_mb: float | None
    answer_bytes: float

    @property
    def cpu_ms(self) -> float | None:
        """CPU of server and database per request."""
        return None if self.server_ms is None or self.database_ms is None else self.server_ms + self.database_ms


@dataclass(frozen=True)
class Case:
    """A query at a number of connections: each server's measurements, by `peer/database`, round by round."""

    query: str
    title: str
    connections: int
    rounds: Mapping[str, list[Measurement]]


Figure = Callable[[Measurement], float | None]
FIGURES: dict[str, Figure] = {
    "CPU ms": lambda one: one.cpu_ms,
    "server": lambda one: one.server_ms,
    "database": lambda one: one.database_ms,
    "requests/s": lambda one: one.requests_per_second,
    "p50 ms": lambda one: one.p50_ms,
    "p99 ms": lambda one: one.p99_ms,
    "peak MB": lambda one: one.memory_mb,
}
WITHOUT_RATIO = ("server", "database")
CPU, SPEED = FIGURES["CPU ms"], FIGURES["requests/s"]
ALLOWED = {"point": 1.3}  # times the floor's CPU
ALLOWED_OTHERS = 1.2
OURS, FLOOR = "workgraph", "floor"


def middle(rounds: Sequence[Measurement], figure: Figure) -> float | None:
    """The median of a figure over the rounds."""
    values = [value for one in rounds if (value := figure(one)) is not None]
    return median(values) if values else None


def ratio(rounds: Sequence[Measurement], others: Sequence[Measurement], figure: Figure) -> float | None:
    """The median of a figure's ratio to another server's of the same round."""
    pairs = [(figure(one), figure(other)) for one, other in zip(rounds, others, strict=True)]
    values = [value / other for value, other in pairs if value is not None and other]
    return median(values) if values else None


def cells(case: Case, name: str) -> list[str]:
    """A server's row: each figure, with its ratios to the floor and to stock Strawberry on the same database."""
    rounds, system = case.rounds[name], name.partition("/")[2]
    row = []
    for title, figure in FIGURES.items():
        value = middle(rounds, figure)
        text = "-" if value is None else _written(value)
        if title not in WITHOUT_RATIO:
            to = [ratio(rounds, case.rounds.get(f"{peer}/{system}", ()), figure) for peer in ("floor", "stock")
                  if f"{peer}/{system}" in case.rounds]  # fmt: skip
            text += "".join(f" ·{_written(one)}" for one in to if one is not None)
        row.append(text)
    return row


def _written(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _label(name: str) -> str:
    peer, _, system = name.partition("/")
    return f"{PEERS[peer].title}, {SYSTEMS[system]}"


def _table(case: Case) -> list[list[str]]:
    order = sorted(case.rounds, key=lambda name: (name.partition("/")[2], list(PEERS).index(name.partition("/")[0])))
    return [["", *FIGURES], *([_label(name), *cells(case, name)] for name in order)]


def _heading(case: Case) -> str:
    size = max(one.answer_bytes for rounds in case.rounds.values() for one in rounds)
    plural = "s" if case.connections > 1 else ""
    return f"{case.query}: {case.title}; {case.connections} connection{plural}; answer {size / 1000:,.1f} kB"


def verdicts(case: Case) -> list[str]:
    """Sentences: what of the targets this case meets; none where Workgraph or the floor did not run."""
    found = []
    for system, title in SYSTEMS.items():
        ours, floor = case.rounds.get(f"{OURS}/{system}"), case.rounds.get(f"{FLOOR}/{system}")
        if ours and floor and (times := ratio(ours, floor, CPU)) is not None:
            allowed = ALLOWED.get(case.query, ALLOWED_OTHERS)
            met = "met" if times <= allowed else "missed"
            found.append(
                f"{title}: {times:.2f} times the floor's CPU ({allowed} allowed: {met}); {_place(case, system)}."
            )
    ours, floor = case.rounds.get(f"{OURS}/sqlite"), case.rounds.get(f"{FLOOR}/postgresql")
    if ours and floor and (times := ratio(ours, floor, CPU)) is not None:
        met = "met" if times < 1 else "missed"
        found.append(f"On SQLite {times:.2f} times the CPU of the floor on PostgreSQL (below 1: {met}).")
    return found


def _place(case: Case, system: str) -> str:
    """Which peers are ahead of Workgraph, in CPU per request or in requests per second."""
    ours = case.rounds[f"{OURS}/{system}"]
    peers = [
        name for name in case.rounds if name.endswith(f"/{system}") and name.partition("/")[0] not in (OURS, FLOOR)
    ]
    ahead = [
        PEERS[name.partition("/")[0]].title
        for name in peers
        if (ratio(case.rounds[name], ours, CPU) or 0) < 1 or (ratio(case.rounds[name], ours, SPEED) or 0) > 1
    ]
    return f"behind {' and '.join(ahead)}" if ahead else "ahead of every peer"


def as_text(case: Case) -> str:
    """A case as a table for the terminal."""
    rows = _table(case)
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([f"\n{_heading(case)}", *lines, *verdicts(case)])


def as_markdown(case: Case) -> str:
    """A case as a table of the page."""
    head, *rows = _table(case)
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join([f"### {_heading(case)}\n", *(f"| {' | '.join(line)} |" for line in lines), "", *verdicts(case)])


def write_page(cases: Sequence[Case]) -> None:
    """Put the tables into the page."""
    write_part(COMPARED, "\n\n".join([_circumstances(), *(as_markdown(case) for case in cases)]))


def write_part(name: str, text: str, page: Path = PAGE) -> None:
    """Put the text between a page's two markers of this name."""
    begin, end = f"<!-- {name}: written by the benchmark -->", f"<!-- end of {name} -->"
    before, _, rest = page.read_text().partition(begin)
    after = rest.partition(end)[2]
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")


def _circumstances() -> str:
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    return f"Measured on {today}: {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}."
