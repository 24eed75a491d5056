"""How fast Workgraph is beside its peers: `python -m bench.compare [--quick] [--only floor,workgraph] [--write]`.

All servers run over the same rows, answers are compared first, and then rounds are interleaved: in each round every
server is loaded once, one after the other, so that what else the machine does falls on all of them alike.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.answers import difference
from bench.data import POSTGRES, Filled, databases
from bench.load import Load, Loader
from bench.process import Backends, Postgres, peak_mb, reset_peaks, server_seconds
from bench.queries import Query, bodies, queries
from bench.report import Case, Measurement, as_text, write_page
from bench.servers import PEERS, Server

CONNECTIONS = (1, 16)
WARM_SECONDS = 1.0  # per server and query, before the first round: compilers and caches of all of them


@dataclass(frozen=True)
class Plan:
    """What is run."""

    peers: Sequence[str]
    databases: Sequence[str]
    queries: Sequence[str]
    rounds: int
    seconds: float
    scale: int
    list_rows: int


def compared(plan: Plan) -> list[Case]:
    """The measurements of each query and number of connections."""
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        filled = stack.enter_context(databases(plan.databases, folder, scale=plan.scale))
        wanted = [one for one in queries(filled[0].workspace_ids, plan.list_rows) if one.name in plan.queries]
        servers = [stack.enter_context(started(*pair, folder)) for pair in pairs(plan.peers, filled)]
        for server in servers:
            server.wait_until_ready(bodies(wanted[0], server.peer.dialect)[0])
        bench = Bench(any(one.system == "postgresql" for one in filled))
        stack.callback(bench.close)
        return [case for query in wanted for case in cases(query, servers, bench, plan)]


def pairs(names: Sequence[str], filled: Sequence[Filled]) -> Iterator[tuple[str, Filled]]:
    """Each peer that can be started with each database that it can use; says which cannot."""
    for name in names:
        if reason := PEERS[name].lack():
            print(f"{name}: left out: {reason}", file=sys.stderr)
            continue
        yield from ((name, database) for database in filled if database.system in PEERS[name].databases)


@contextmanager
def started(name: str, database: Filled, folder: Path) -> Iterator[Server]:
    """A server, as long as it is needed."""
    server = Server(PEERS[name], database, folder)
    try:
        yield server
    finally:
        server.stop()


def cases(query: Query, servers: Sequence[Server], bench: Bench, plan: Plan) -> Iterator[Case]:
    """A query with each number of connections, once all servers have given the same answer."""
    compare_answers(query, servers)
    for server in servers:
        bench.measured(server, query, 1, min(WARM_SECONDS, plan.seconds))
    for connections in CONNECTIONS:
        case = Case(query.name, query.title, connections, {server.name: [] for server in servers})
        for number in range(plan.rounds):
            turn = number % len(servers)
            for server in (*servers[turn:], *servers[:turn]):
                case.rounds[server.name].append(bench.measured(server, query, connections, plan.seconds))
        print(as_text(case), flush=True)
        yield case


def compare_answers(query: Query, servers: Sequence[Server]) -> None:
    """Raises SystemExit where a server's answer differs from the first server's."""
    dialects = {server.peer.dialect: bodies(query, server.peer.dialect) for server in servers}
    for place in range(len(query.variables)):
        first, *others = [(server, server.answer(dialects[server.peer.dialect][place])) for server in servers]
        for server, answer in others:
            if where := difference(first[1], answer):
                raise SystemExit(f"{query.name}: {server.name} and {first[0].name} answer differently: {where}")


class Bench:
    """What measures: the loading process, and PostgreSQL watched."""

    def __init__(self, with_postgres: bool) -> None:
        self.loader = Loader()
        self.postgres = Postgres(POSTGRES) if with_postgres else None

    def measured(self, server: Server, query: Query, connections: int, seconds: float) -> Measurement:
        """One server under one load."""
        texts = [body.decode() for body in bodies(query, server.peer.dialect)]
        pids = server.pids
        reset_peaks(pids)
        server_before, database_before = server_seconds(pids), self._backends(server)
        timing = self.loader.run(Load(server.port, server.database.token, texts, connections, seconds))
        server_after, database_after = server_seconds(pids), self._backends(server)
        used = None if server_before is None or server_after is None else server_after - server_before
        asked = 0.0 if server.database.system == "sqlite" else None
        if database_before is not None and database_after is not None:
            asked = database_before.seconds_until(database_after)
        return Measurement(
            requests_per_second=timing.requests / timing.seconds,
            p50_ms=timing.p50_ms,
            p99_ms=timing.p99_ms,
            server_ms=None if used is None else used * 1000 / timing.requests,
            database_ms=None if asked is None else asked * 1000 / timing.requests,
            memory_mb=peak_mb(pids),
            answer_bytes=timing.answer_bytes,
        )

    def _backends(self, server: Server) -> Backends | None:
        is_there = self.postgres is not None and server.database.system == "postgresql"
        return self.postgres.backends(server.database.name) if is_there else None

    def close(self) -> None:
        self.loader.close()
        if self.postgres:
            self.postgres.close()


def _plan() -> tuple[Plan, bool]:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each server, in each round")
    parser.add_argument("--only", default=",".join(PEERS), help=f"of {', '.join(PEERS)}")
    parser.add_argument("--databases", default="postgresql,sqlite")
    parser.add_argument("--queries", default="point,page,list,deep,back")
    parser.add_argument("--scale", type=int, default=1, help="times the rows")
    parser.add_argument("--list-rows", type=int, default=5_000)
    parser.add_argument("--quick", action="store_true", help="2 rounds of half a second: a look, no figures")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/benchmarks.md")
    options = parser.parse_args()
    rounds, seconds = (2, 0.5) if options.quick else (options.rounds, options.seconds)
    peers, systems, names = (value.split(",") for value in (options.only, options.databases, options.queries))
    return Plan(peers, systems, names, rounds, seconds, options.scale, options.list_rows), options.write


def end_tidily() -> None:
    """Let a signal to end unwind what was started: servers, databases."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))


def main() -> None:
    plan, is_written = _plan()
    end_tidily()
    found = compared(plan)
    if is_written:
        write_page(found)


if __name__ == "__main__":
    main()
