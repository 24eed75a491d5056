"""The command: `python -m bench.soak [--seconds 300] [--connections 200] [--workers 2] [--write]`.

It starts a PostgreSQL server of its own and `workgraph serve` over it, and lets clients read and write for so long. A
third of the time in, a worker is killed; two thirds in, the database is restarted. Exit code 1 if an answer was wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

import asyncpg

from bench.data import plain_url
from bench.fuzz.serving import Served
from bench.soak.clients import Client, Seen
from bench.soak.cluster import Cluster
from bench.soak.faults import Watched, break_things, watch
from bench.soak.report import Outcome, as_text, write_figures

ORGANIZATIONS = ("Northwind", "Contoso", "Fabrikam", "Tailspin")
AT_ONCE = 8  # workspaces that are made at once before the time begins


def main() -> None:
    arguments = _arguments()
    with Cluster() as cluster, tempfile.TemporaryDirectory() as folder:
        options = ("--workers", str(arguments.workers))
        with Served(cluster.url, Path(folder), *options, import_examples=False, log_level="warning") as served:
            outcome = asyncio.run(_loaded(served, cluster, arguments))
            outcome.seen.wrong += asyncio.run(_audited(cluster.url, outcome.seen))
            outcome.log_faults = served.faults()
    text = as_text(outcome, arguments)
    print(text)
    if arguments.write:
        write_figures(text)
    sys.exit(1 if outcome.seen.wrong else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--changes", type=float, default=0.05, help="share of what is asked that changes something")
    parser.add_argument("--think", type=float, default=0.5, help="seconds, on average, between a client's requests")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/load.md")
    return parser.parse_args()


async def _loaded(served: Served, cluster: Cluster, arguments: argparse.Namespace) -> Outcome:
    seen, watched = Seen(), Watched()
    scopes = ("workspace:read", "workspace:write")
    tokens = {name: served.made_token(*scopes, org=name, user=f"load@{name}.example") for name in ORGANIZATIONS}
    clients = []
    for number in range(arguments.connections):
        name = ORGANIZATIONS[number % len(ORGANIZATIONS)]
        others = tuple(one for one in ORGANIZATIONS if one != name)
        clients.append(Client(served.port, tokens[name], name, number, seen, others))
    for start in range(0, len(clients), AT_ONCE):
        await asyncio.gather(*(client.begin() for client in clients[start : start + AT_ONCE]))
    seen.latencies.clear()
    began = time.time()
    until = began + arguments.seconds
    pid = served.process.pid
    await asyncio.gather(
        *(client.run(until, arguments.changes, arguments.think) for client in clients),
        watch(pid, until, watched),
        break_things(pid, cluster, arguments.seconds, watched),
    )
    return Outcome(seen, watched, began, arguments.seconds)


async def _audited(url: str, seen: Seen) -> list[str]:
    """What the database itself has to say: each change was made once, and no order of charts has a gap."""
    server = await asyncpg.connect(plain_url(url))
    found = dict(
        await server.fetch(
            "SELECT o.name, count(*) FROM audit_entries a JOIN organizations o ON o.id = a.organization_id GROUP BY 1"
        )
    )
    gaps = await server.fetch(
        "SELECT workspace_id FROM charts GROUP BY 1 HAVING min(position) <> 0 OR max(position) <> count(*) - 1 "
        "OR count(DISTINCT position) <> count(*)"
    )
    await server.close()
    wrong = [f"the charts of {row['workspace_id']} have a gap" for row in gaps]
    if found != dict(seen.changes):
        wrong.append(f"changes in the database {found}, and those that were answered {dict(seen.changes)}")
    return wrong


if __name__ == "__main__":
    main()
