"""The command: `python -m bench.fuzz [--requests 100000] [--seed 1] [--system postgresql] [--write]`.

It serves a graph of its own with the example documents in a database of its own, with the limits that are on by
default but for the rate limit, and asks. Exit code 1 if an answer was not as it must be.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.data import POSTGRES, new_postgresql, new_sqlite
from bench.fuzz.client import answer_to, run
from bench.fuzz.documents import corpus
from bench.fuzz.report import as_text, write_figures
from bench.fuzz.requests import Known
from bench.fuzz.serving import Served
from bench.fuzz.verdicts import Tally

FINDINGS = Path("fuzz-findings")
DOCUMENTS = 400  # that each process has drawn
WARM_UP = 2_000  # requests before the memory is taken that growth is counted from


def main() -> None:
    arguments = _arguments()
    if arguments.replay:
        sys.exit(asyncio.run(_replayed(arguments.replay, arguments.port)))
    with tempfile.TemporaryDirectory() as folder, _served(arguments.system, Path(folder)) as served:
        tally, memory, seconds = _fuzzed(served, arguments)
        log_faults = served.faults()
    print(as_text(tally, memory, seconds, arguments.seed, log_faults))
    _keep(tally)
    if arguments.write:
        write_figures(as_text(tally, memory, seconds, arguments.seed, log_faults))
    sys.exit(1 if tally.findings or log_faults else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--processes", type=int, default=2, help="that ask")
    parser.add_argument("--connections", type=int, default=6, help="of each process")
    parser.add_argument("--documents", type=int, default=DOCUMENTS, help="that each process draws")
    parser.add_argument("--system", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/load.md")
    parser.add_argument("--replay", type=Path, help="send the request of a file of fuzz-findings/ to --port")
    parser.add_argument("--port", type=int, default=8000)
    return parser.parse_args()


@contextmanager
def _served(system: str, folder: Path) -> Iterator[Served]:
    if system == "sqlite":
        with Served(new_sqlite(folder), folder) as served:
            yield served
        return
    with new_postgresql(POSTGRES) as url, Served(url, folder) as served:
        yield served


def _fuzzed(served: Served, arguments: argparse.Namespace) -> tuple[Tally, list[float], float]:
    """All requests, in ten parts, with the memory after each; the first part's is after a warm-up."""
    tally, memory = Tally(), [served.memory_mb()]
    ids = served.ids()
    asked = (served.host, served.token, ids, arguments.seed, arguments.documents, arguments.connections)
    with ProcessPoolExecutor(arguments.processes) as processes:
        list(processes.map(_prepared, [(number, *asked) for number in range(arguments.processes)]))
        began = time.perf_counter()
        bounds = [0, min(WARM_UP, arguments.requests // 10)]
        bounds += [bounds[1] + (arguments.requests - bounds[1]) * part // 10 for part in range(1, 11)]
        for start, end in pairwise(bounds):
            shares = [(start + number, end, arguments.processes) for number in range(arguments.processes)]
            for part in processes.map(_asked, shares):
                tally.add(part)
            memory.append(served.memory_mb())
            rate = end / (time.perf_counter() - began)
            print(
                f"{end:,} requests, {rate:.0f}/s, {memory[-1]:.0f} MB, {len(tally.findings)} findings", file=sys.stderr
            )
        return tally, memory, time.perf_counter() - began


_OWN: dict[str, Any] = {}  # of a process that asks


def _prepared(given: tuple[Any, ...]) -> None:
    number, host, token, ids, seed, documents, connections = given
    known = Known(token, host, corpus(ids, hash_of(seed) + number, documents))
    _OWN.update(known=known, seed=seed, connections=connections)
    time.sleep(0.5)  # so that each process takes one of these


def hash_of(seed: str) -> int:
    """A number for a seed, the same in every process."""
    return int.from_bytes(seed.encode()[:8], "big") + len(seed)


def _asked(share: tuple[int, int, int]) -> Tally:
    if not _OWN:
        raise RuntimeError("a process was not prepared")
    return asyncio.run(run(_OWN["known"], _OWN["seed"], list(range(*share)), _OWN["connections"]))


def _keep(tally: Tally) -> None:
    seen: dict[str, int] = {}
    for what, raw, body in tally.findings:
        seen[what] = seen.get(what, 0) + 1
        if seen[what] > 3:
            continue
        FINDINGS.mkdir(exist_ok=True)
        path = FINDINGS / f"{len(list(FINDINGS.iterdir())):03}.http"
        path.write_bytes(raw)
        print(
            f"\n{what}\n  {raw[:600]!r}\n  -> {body[:600]!r}\n  again: python -m bench.fuzz --replay {path} --port PORT"
        )


async def _replayed(path: Path, port: int) -> int:
    """Send a finding's request once more, with the token of `FUZZ_TOKEN` in place of its own."""
    raw = await asyncio.to_thread(path.read_bytes)
    if token := os.environ.get("FUZZ_TOKEN"):
        head, _, rest = raw.partition(b"Authorization: Bearer ")
        raw = head + b"Authorization: Bearer " + token.encode() + b"\r\n" + rest.partition(b"\r\n")[2]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    answer = await answer_to(reader, is_head=raw.startswith(b"HEAD "))
    print(
        json.dumps({"status": answer.status, "headers": answer.headers}, indent=2), answer.body.decode(errors="replace")
    )
    writer.close()
    return 0 if answer.status < 500 else 1


if __name__ == "__main__":
    main()
