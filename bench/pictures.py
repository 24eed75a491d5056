"""The pictures of docs/chart-pictures.md, drawn anew: `python -m bench.pictures`.

Each specification in the document becomes a chart over examples/tables/orders.csv, imported as `workgraph import` does
it; the graph gives its option, and Apache ECharts (tests/echarts, `npm ci` there first) draws it into docs/pictures.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from db.access import READ, Viewer
from db.database import Database
from db.ids import id_of, organization_id_of
from db.migrate import upgrade
from gateway import served_schema
from resolvers.accounts import ensure_organization
from resolvers.context import Context
from resolvers.cursors import CursorKey
from rest.importing import Summary, imported
from rest.tables import imported_table

ROOT = Path(__file__).parent.parent
DOCUMENT, FOLDER = ROOT / "docs" / "chart-pictures.md", ROOT / "docs" / "pictures"
ORGANIZATION = "Northwind"
WORKSPACE = "0a6a5bd2-0000-4000-8000-000000000001"
QUERY = "query ($id: ID!) { chart(id: $id) { echartsOption(theme: LIGHT) } }"
SIZE = {"width": 800, "height": 420}


def specs() -> dict[str, dict[str, Any]]:
    """The specifications in the document, by kind."""
    found = [json.loads(one) for one in re.findall(r"```json\n(.*?)\n```", DOCUMENT.read_text(), re.DOTALL)]
    return {spec["kind"]: spec for spec in found}


def exchanges() -> list[dict[str, Any]]:
    """The recorded exchanges that make the workspace and its charts."""
    path = f"/api/v1/workspaces/{WORKSPACE}"
    charts = [
        {"id": f"chart-{kind}", "workspaceId": WORKSPACE, "title": spec["title"], "position": place, "spec": spec}
        for place, (kind, spec) in enumerate(specs().items())
    ]
    bodies = {path: {"workspace": {"id": WORKSPACE, "title": "Orders"}}, f"{path}/charts": {"items": charts}}
    return [
        {"system": "vai", "method": "GET", "path": path, "status": 200, "at": "2026-11-01T10:00:00Z", "body": body}
        for path, body in bodies.items()
    ]


async def options() -> dict[str, Any]:
    """The option of each chart, as the graph gives it."""
    organization_id = organization_id_of(ORGANIZATION)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{folder}/pictures.db")
        await upgrade(database)
        await ensure_organization(database, ORGANIZATION)
        recorded = Path(folder) / "charts.jsonl"
        recorded.write_text("\n".join(map(json.dumps, exchanges())))
        async for _entry in imported(database, organization_id, [recorded], Summary()):
            pass
        table = ROOT / "examples" / "tables" / "orders.csv"
        await imported_table(database, organization_id, table, workspace=WORKSPACE)
        viewer = Viewer(organization_id, "pictures", "pictures@northwind.example", frozenset((READ,)))
        answers = {kind: await _option(database, viewer, organization_id, kind) for kind in specs()}
        await database.close()
    return answers


async def _option(database: Database, viewer: Viewer, organization_id: str, kind: str) -> Any:
    context = Context(database, viewer, CursorKey(b"a key for pictures"))
    chart = {"id": id_of("CHART", organization_id, "VAI", f"chart-{kind}")}
    answer: Any = await served_schema().execute(QUERY, variable_values=chart, context_value=context)
    if answer.errors:
        raise SystemExit(f"{kind}: {answer.errors}")
    return answer.data["chart"]["echartsOption"]


def main() -> None:
    """Draw all."""
    wanted = [json.dumps({"name": kind, "option": one, **SIZE}) for kind, one in asyncio.run(options()).items()]
    command = ["node", "tests/echarts/render.mjs"]
    drawn = subprocess.run(command, input="\n".join(wanted), capture_output=True, text=True, cwd=ROOT, check=True)  # noqa: S603
    for line in drawn.stdout.splitlines():
        answer = json.loads(line)
        (FOLDER / f"{answer['name']}.svg").write_text(answer["svg"] + "\n")
        print(f"docs/pictures/{answer['name']}.svg", *answer["warnings"])


if __name__ == "__main__":
    main()
