"""Whether Workgraph grows with its rows and no faster: `python -m bench.scale [--only workgraph,floor] [--write]`.

Over ten times the rows: how long each query takes there, as a multiple of what it takes over the plain rows; how long a
list of ten times the rows takes; and how far memory grows for a list of all computers, as a multiple of its answer.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.compare import Bench, end_tidily, pairs, started
from bench.data import COMPUTERS, WORKSPACES, databases
from bench.process import peak_mb, reset_peaks, resident_mb
from bench.queries import Query, bodies, queries
from bench.report import SCALE, write_part
from bench.servers import PEERS, Server

ALLOWED = {"list": 11.0, "memory": 4.0}  # at most so many times
ROUNDS, SECONDS = 5, 1.0
SHORT_LIST = 5_000  # rows asked for, and so many times as many

Run = tuple[Server, Query]


def growth(plain: Server, large: Server, times: int, bench: Bench) -> Iterator[list[str]]:
    """A line for each comparison: what it is, less, more, and how many times."""
    for query in queries(plain.database.workspace_ids):
        yield [f"{query.name}, over {times} times the rows", *compared((plain, query), (large, query), bench)]
    lists = (SHORT_LIST, SHORT_LIST * times)
    short, long = (queries(large.database.workspace_ids, rows)[2] for rows in lists)
    title = f"list of {lists[1]:,} rather than {lists[0]:,} rows"
    yield [title, *compared((large, short), (large, long), bench, "list")]
    rows = WORKSPACES * COMPUTERS * times
    yield [f"memory for a list of {rows:,} rows, beside its answer", *memory(large, rows)]


def compared(less: Run, more: Run, bench: Bench, rule: str | None = None) -> list[str]:
    """How long two queries take over one connection, in interleaved rounds of which the first warms up."""
    rounds = [[bench.measured(*run, 1, SECONDS).p50_ms for run in (less, more)] for _ in range(ROUNDS + 1)][1:]
    shorter, longer = (median(found) for found in zip(*rounds, strict=True))
    return line(shorter, longer, "ms", median(two / one for one, two in rounds), rule)


def memory(server: Server, rows: int) -> list[str]:
    """The answer's size, by how much memory grew at most while it was made, and how many times the size that is."""
    body = bodies(queries(server.database.workspace_ids, rows)[2], server.peer.dialect)[0]
    grown = []
    for _ in range(3):
        server.stop()
        server.start()
        server.wait_until_ready(bodies(queries(server.database.workspace_ids)[0], server.peer.dialect)[0])
        before = resident_mb(server.pids)
        reset_peaks(server.pids)
        size = len(server.answer(body)) / 2**20
        after = peak_mb(server.pids)
        if before is None or after is None:
            return [f"{size:.1f} MB", "-", "-"]
        grown.append(after - before)
    return line(size, median(grown), "MB", median(grown) / size, "memory")


def line(less: float, more: float, unit: str, ratio: float, rule: str | None) -> list[str]:
    """Both figures and their ratio, with a verdict where there is a rule."""
    verdict = "" if rule is None else f", allowed {ALLOWED[rule]:.0f}: {'met' if ratio <= ALLOWED[rule] else 'missed'}"
    return [f"{less:.2f} {unit}", f"{more:.2f} {unit}", f"{ratio:.2f}{verdict}"]


def lines(names: Sequence[str], systems: Sequence[str], times: int) -> Iterator[list[str]]:
    """All lines, server by server."""
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        plain = stack.enter_context(databases(systems, folder))
        large = stack.enter_context(databases(systems, folder, scale=times))
        bench = Bench(any(one.system == "postgresql" for one in plain))
        stack.callback(bench.close)
        for less, more in zip(pairs(names, plain), pairs(names, large), strict=True):
            with ExitStack() as running:
                servers = [running.enter_context(started(*pair, folder)) for pair in (less, more)]
                for server in servers:
                    server.wait_until_ready(bodies(queries(server.database.workspace_ids)[0], server.peer.dialect)[0])
                for found in growth(*servers, times, bench):
                    print(f"{servers[0].name:<22}", "  ".join(found), flush=True)
                    yield [servers[0].name, *found]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--only", default="workgraph,floor", help=f"of {', '.join(PEERS)}")
    parser.add_argument("--databases", default="postgresql,sqlite")
    parser.add_argument("--times", type=int, default=10, help="the rows")
    parser.add_argument("--write", action="store_true", help="write the table into docs/benchmarks.md")
    options = parser.parse_args()
    end_tidily()
    found = list(lines(options.only.split(","), options.databases.split(","), options.times))
    if options.write:
        head = [["server", "what", "less", "more", "times"], ["---", "---", "---:", "---:", "---:"]]
        write_part(SCALE, "\n".join(f"| {' | '.join(row)} |" for row in [*head, *found]))


if __name__ == "__main__":
    main()
