"""What queries cost by the price list, beside what they take: `python -m bench.costs`, over an embedded database."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson

from db.access import READ, Viewer
from db.database import Database
from db.migrate import upgrade
from execution.documents import Documents
from execution.limits import DocumentLimits
from gateway import executor_class, served_schema
from resolvers.accounts import ensure_organization
from resolvers.context import Context
from resolvers.cursors import CursorKey
from rest.importing import Summary, imported
from rest.tables import imported_table
from tests.conftest import fleet

WORKSPACES, EACH, TABLE_ROWS, ROUNDS = 400, 8, 20_000, 15
LIMITS = DocumentLimits(cost=10**12)
VAI = 'lookup(system: VAI, type: WORKSPACE, externalId: "v-00000") { ... on Workspace { % } }'
CHARTS = "charts { nodes { % } }"

QUERIES = {
    "a record": "{ " + VAI.replace("%", "name status") + " }",
    "a page of 200": "{ computers(first: 200) { nodes { id name os status createdAt } } }",
    "a page below each of 50": "{ workspaces { nodes { name computers { nodes { name status } } } } }",
    "four pages below each of 50": "{ workspaces { nodes { name computers { nodes { name } } "
    "charts { nodes { title } } agents { nodes { name } } sessions { nodes { title } } } } }",
    "three levels": "{ workspaces(first: 20) { nodes { sessions(first: 8) { nodes { "
    "messages(first: 20) { nodes { content } } } } } } }",
    "a count": "{ messages: sessions { totalCount } }",
    "groups": "{ runs { groups(by: [STATUS, SYSTEM]) { keys count } } }",
    "a filter by related records": '{ workspaces(filter: {computers: {some: {name: {contains: "7"}}}}) '
    "{ nodes { name } } }",
    "a lineage for each of 50": "{ workspaces { nodes { descendants { name } } } }",
    "use": "{ usage(groupBy: [AGENT, DAY]) { rows { cost tokens } totals { cost } } }",
    "documents as they came": "{ runs { nodes { source { document } } } }",
    "100 keys": None,
    "a page of a table": "{ " + VAI.replace("%", "data(limit: 100) { rows total }") + " }",
    "figures of 8 charts": "{ " + VAI.replace("%", CHARTS.replace("%", "data { rows { x y } }")) + " }",
    "pictures of 8 charts": "{ " + VAI.replace("%", CHARTS.replace("%", "svg")) + " }",
    "the schema": "{ __schema { types { name fields { name args { name } type { name } } } } }",
}


async def measured() -> None:
    """A line for each query: its cost, what was counted in the end, the milliseconds it took."""
    with tempfile.TemporaryDirectory() as name:
        database = Database(f"sqlite+aiosqlite:///{Path(name) / 'costs.db'}")
        await upgrade(database)
        organization = await ensure_organization(database, "Northwind")
        await _filled(database, organization, Path(name))
        schema = served_schema(executor_class(lambda _reason: None, LIMITS), Documents(LIMITS))
        print("| query | cost | cost of what came | ms | cost for a millisecond |")
        print("| --- | --- | --- | --- | --- |")
        for title, query in QUERIES.items():
            asked = query or await _keys(schema, _context(database, organization))
            seconds, result = [], None
            for _ in range(ROUNDS):
                context = _context(database, organization)
                began = perf_counter()
                result = await schema.execute(asked, context_value=context)
                seconds.append(perf_counter() - began)
            told: Any = getattr(result, "extensions", {})["cost"]
            took = sorted(seconds)[ROUNDS // 2] * 1_000
            actual = told.get("actualQueryCost", told["requestedQueryCost"])
            print(f"| {title} | {told['requestedQueryCost']:,} | {actual:,} | {took:.1f} | {actual / took:.0f} |")
        await database.close()


def _context(database: Database, organization: str) -> Context:
    context: Any = Context(
        database, Viewer(organization, "N", "n@x", frozenset((READ,))), CursorKey(b"a key of the bench")
    )
    context.tells_cost = True
    made: Context = context
    return made


async def _keys(schema: Any, context: Context) -> str:
    found = await schema.execute("{ computers(first: 100) { nodes { id } } }", context_value=context)
    ids = [node["id"] for node in found.data["computers"]["nodes"]]
    return "{ nodes(ids: %s) { ... on Computer { name } } }" % orjson.dumps(ids).decode()  # noqa: UP031


async def _filled(database: Database, organization: str, folder: Path) -> None:
    path = folder / "fleet.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, _exchanges())))
    async for _entry in imported(database, organization, [path], Summary()):
        pass
    table = folder / "table.csv"
    table.write_text("id,region,units\n" + "".join(f"{n},r{n % 9},{n % 97}\n" for n in range(TABLE_ROWS)))
    await imported_table(database, organization, table, workspace="v-00000", name="sales", key=["id"])


def _exchanges() -> Iterator[dict[str, Any]]:
    """The exchanges of many workspaces; the first has charts over the table."""
    spec = {"kind": "bar", "x": {"column": "region"}, "y": [{"column": "units", "agg": "sum"}]}
    for one in fleet(WORKSPACES, EACH):
        is_first = one.get("path") == "/api/v1/workspaces/v-00000/charts"
        yield {**one, "body": _drawn(one["body"], spec)} if is_first else one


def _drawn(body: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    return {"items": [{**chart, "chartSpec": spec, "spec": spec} for chart in body["items"]]}


if __name__ == "__main__":
    asyncio.run(measured())
