"""Charts against bare SQL: `python -m bench.charts [--rows 1000000] [--rounds 15]`.

A table of so many rows is made in a fresh SQLite file and a fresh PostgreSQL database, with charts over it. Each chart
is asked for by POST /graphql of a served worker and, in turns, by hand-written SQL through the same driver with the
same settings, in this process. What is compared is the median time of either; their figures must be equal.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
from sqlalchemy import select

from bench.data import ORGANIZATION, POSTGRES, Filled, new_postgresql, new_sqlite, plain_url
from bench.servers import PEERS, Server
from db.charts import charts
from db.data_rows import DataColumn, DataTable, create_table, register, sql_name_of, stored_table
from db.database import SQLITE_PRAGMAS, Database
from db.migrate import upgrade
from db.workspaces import workspace_parts
from resolvers.accounts import created_token, ensure_organization
from rest.importing import Summary, imported

MOST_RATIO = 1.2
REGIONS = ("Benelux", "DACH", "France", "Iberia", "Nordics", "UK & Ireland", "Italy", "Poland")
COLUMNS = (
    DataColumn("region", "c_1", "text"),
    DataColumn("day", "c_2", "date"),
    DataColumn("units", "c_3", "integer"),
    DataColumn("amount", "c_4", "decimal"),
)
MONTH = {"sqlite": "substr(c_2, 1, 7) || '-01'", "postgresql": "date_trunc('month', c_2)"}
# Title, specification, and the SQL that one would write by hand; T is the table, M the month of the day.
CASES = (
    (
        "sum by region",
        {"kind": "bar", "x": {"column": "region"}, "y": [{"agg": "sum", "column": "amount"}],
         "sort": {"by": "y", "order": "desc"}},
        "SELECT c_1, sum(c_4) FROM T GROUP BY c_1 ORDER BY 2 DESC LIMIT 1001",
    ),
    (
        "units by month and region",
        {"kind": "area", "x": {"column": "day", "truncate": "month"}, "group": {"column": "region"},
         "y": [{"agg": "sum", "column": "units"}]},
        "SELECT M, c_1, sum(c_3) FROM T GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 1001",
    ),
    (
        "one figure",
        {"kind": "value", "x": {"column": "region"}, "y": [{"agg": "avg", "column": "amount"}],
         "filters": [{"column": "region", "op": "ne", "value": "Italy"}]},
        "SELECT avg(c_4) FROM T WHERE c_1 <> 'Italy'",
    ),
)  # fmt: skip
QUERY = "query($id: ID!) { chart(id: $id) { data { rows { x y group } truncated } } }"


def rows(count: int) -> Iterator[tuple[int, str, date, int, float]]:
    """The rows: about two years of orders."""
    random, first = Random(1), date(2025, 1, 6)
    for number in range(count):
        day = first + timedelta(days=random.randrange(700))
        yield number + 1, random.choice(REGIONS), day, random.randrange(1, 100), random.randrange(100, 100_000) / 100


async def filled(url: str, count: int, folder: Path) -> tuple[Filled, list[str], str]:
    """The database with a workspace, its charts and its table: how to ask it, the charts' ids, the table's SQL name."""
    database = Database(url)
    await upgrade(database)
    organization_id = await ensure_organization(database, ORGANIZATION)
    lines = folder / "charts.jsonl"
    lines.write_text("\n".join(map(json.dumps, _exchanges())))
    async for entry in imported(database, organization_id, [lines], Summary()):
        if entry.outcome == "refused":
            sys.exit(f"the benchmark's own documents are refused: {entry}")
    part_id = (await database.rows(select(workspace_parts.c.id)))[0].id
    now = datetime.now(UTC)
    sql_name = sql_name_of(organization_id, part_id, "orders", now)
    declared = DataTable(organization_id, part_id, "orders", sql_name, COLUMNS, ())
    async with database.writing() as connection:
        await create_table(connection, stored_table(declared))
        await register(connection, declared, count, now)
    await _write(database, sql_name, count)
    found = await database.rows(select(charts.c.id, charts.c.title))
    by_title = {row.title: row.id for row in found}
    token = await created_token(database, organization_id, "ada@northwind.example", scopes=("workspace:read",))
    await database.close()
    return Filled(url, token, ()), [by_title[title] for title, _spec, _sql in CASES], sql_name


def _exchanges() -> Iterator[dict[str, Any]]:
    path, at = "/api/v1/workspaces/orders", "2026-11-01T10:00:00Z"
    body = {"workspace": {"id": "orders", "title": "Orders"}, "boundTasks": []}
    yield {"system": "vai", "method": "GET", "path": path, "status": 200, "at": at, "body": body}
    items = [
        {"id": f"chart-{place}", "workspaceId": "orders", "title": title, "position": place, "spec": {"v": 1, **spec}}
        for place, (title, spec, _sql) in enumerate(CASES)
    ]
    yield {
        "system": "vai",
        "method": "GET",
        "path": f"{path}/charts",
        "status": 200,
        "at": at,
        "body": {"items": items},
    }


async def _write(database: Database, sql_name: str, count: int) -> None:
    if database.is_sqlite:
        file = sqlite3.connect(str(database.url.database))
        with file:
            values = ((number, region, day.isoformat(), *rest) for number, region, day, *rest in rows(count))
            file.executemany(f"INSERT INTO {sql_name} VALUES (?, ?, ?, ?, ?)", values)
        file.execute("ANALYZE")
        file.close()
        return
    server = await asyncpg.connect(plain_url(database.url.render_as_string(hide_password=False)))
    await server.copy_records_to_table(sql_name, records=rows(count))
    await server.execute("VACUUM ANALYZE")
    await server.close()


class Bare:
    """Hand-written SQL through the driver that Workgraph uses, with the same settings."""

    def __init__(self, database: Filled) -> None:
        self.runner = asyncio.Runner()
        self.is_sqlite = database.system == "sqlite"
        if self.is_sqlite:
            self.file = sqlite3.connect(database.name)
            for pragma in SQLITE_PRAGMAS:
                self.file.execute(f"PRAGMA {pragma}")
        else:
            settings = {"jit": "off", "plan_cache_mode": "force_generic_plan"}
            self.server = self.runner.run(asyncpg.connect(plain_url(database.url), server_settings=settings))

    def answer(self, statement: str) -> list[Any]:
        """All rows."""
        if self.is_sqlite:
            return self.file.execute(statement).fetchall()
        return list(self.runner.run(self.server.fetch(statement)))

    def close(self) -> None:
        if self.is_sqlite:
            self.file.close()
        else:
            self.runner.run(self.server.close())
        self.runner.close()


def seconds(work: Callable[[], Any]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def compared(server: Server, bare: Bare, chart_ids: list[str], sql_name: str, rounds: int) -> list[dict[str, Any]]:
    """For each case the median milliseconds of both, and their ratio."""
    found = []
    for (title, _spec, sql), chart_id in zip(CASES, chart_ids, strict=True):
        body = json.dumps({"query": QUERY, "variables": {"id": chart_id}}).encode()
        statement = sql.replace("FROM T", f"FROM {sql_name}").replace(" M,", f" {MONTH[server.database.system]},")
        _check(title, json.loads(server.answer(body)), bare.answer(statement))
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(seconds(lambda body=body: server.answer(body)))
            theirs.append(seconds(lambda statement=statement: bare.answer(statement)))
        graph, plain = (statistics.median(times) * 1000 for times in (ours, theirs))
        found.append({"case": title, "graph_ms": graph, "bare_ms": plain, "ratio": graph / plain})
    return found


def _check(title: str, answer: Any, expected: list[Any]) -> None:
    """Raises RuntimeError where the figures differ."""
    points = [point["y"] for point in answer["data"]["chart"]["data"]["rows"]]
    figures = [float(row[-1]) for row in expected]
    is_equal = len(points) == len(figures) and all(
        abs(one - other) <= 1e-9 * abs(other) for one, other in zip(points, figures, strict=True)
    )
    if not is_equal:
        raise RuntimeError(f"{title}: the graph and SQL differ: {points[:5]} {figures[:5]}")


def measured(url: str, count: int, rounds: int, folder: Path) -> list[dict[str, Any]]:
    """The figures of one database."""
    database, chart_ids, sql_name = asyncio.run(filled(url, count, folder))
    server = Server(PEERS["workgraph"], database, folder)
    try:
        server.wait_until_ready(b'{"query": "{ __typename }"}')
        bare = Bare(database)
        try:
            return compared(server, bare, chart_ids, sql_name, rounds)
        finally:
            bare.close()
    finally:
        server.stop()


def main() -> int:
    """1 where a chart takes more than MOST_RATIO times the bare SQL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    worst = 0.0
    print("| database | chart | graph, ms | bare SQL, ms | ratio |\n| --- | --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name, new_postgresql(POSTGRES) as postgresql:
        for url in (new_sqlite(Path(name)), postgresql):
            for one in measured(url, options.rows, options.rounds, Path(name)):
                figures = f"{one['graph_ms']:.1f} | {one['bare_ms']:.1f} | {one['ratio']:.2f}"
                print(f"| {url.partition('+')[0]} | {one['case']} | {figures} |", flush=True)
                worst = max(worst, one["ratio"])
    return int(worst > MOST_RATIO)


if __name__ == "__main__":
    sys.exit(main())
