"""What the documentation says is true: every query in it runs, every setting is in it, every link leads somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from graphql import parse, validate

from db.access import READ, WRITES, Viewer
from db.ids import id_of
from execution.caches import CacheLimits
from execution.limits import DocumentLimits
from gateway import of_settings
from resolvers.context import Limits
from rest.files import files_in
from rest.tables import imported_table
from schema.build import GraphSchema
from settings import PREFIX, Settings
from tests.conftest import ORGANIZATION_ID, Graph, Importer

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "examples" / "README.md"]
QUERIES = re.compile(r"^( *)```graphql\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def _queries(page: Path) -> list[str]:
    return [query for _indent, query in QUERIES.findall(page.read_text())]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if _queries(page)], ids=lambda page: page.name)
def test_every_query_in_the_docs_is_valid(page: Path, schema: GraphSchema) -> None:
    for query in _queries(page):
        for operation in re.split(r"\n(?=\{)", query.strip()):
            assert validate(schema._schema, parse(operation)) == [], operation


async def test_the_five_queries_of_the_readme_answer_with_the_examples(graph: Graph, importer: Importer) -> None:
    await importer.files(*files_in([ROOT / "examples"]))
    me = json.loads((ROOT / "examples" / "account.json").read_text())
    mine = tuple(id_of("USER", ORGANIZATION_ID, system.upper(), known) for system, known in me["identities"].items())
    graph.viewer = Viewer(ORGANIZATION_ID, "N-maya", me["email"], frozenset((READ,)), mine)
    everything, across, broken, runs, shared, *_changes = _queries(ROOT / "README.md")

    answer = await graph.data(everything)
    assert answer["workspaces"]["totalCount"] == 12
    assert [node["name"] for node in (await graph.data(across))["workspaces"]["nodes"]] == ["Fulfilment control"]
    assert all(
        len(node[noun]["nodes"]) > 0
        for node in (await graph.data(across))["workspaces"]["nodes"]
        for noun in ("agents", "computers", "charts", "sessions")
    )
    assert "ERROR" not in {node["status"] for node in (await graph.data(broken))["workspaces"]["nodes"]}
    assert any(node["computers"]["nodes"] for node in (await graph.data(broken))["workspaces"]["nodes"])
    assert any(node["usage"] and node["steps"] for node in (await graph.data(runs))["runs"]["nodes"])
    answer = await graph.data(shared)
    assert [node["viewerAccess"] for node in answer["workspaces"]["nodes"]] == ["VIEWER"]
    assert {source["system"] for source in answer["sources"] if source["recordCount"]} == {
        "AITASKER", "ORGO", "VAI", "EVERSHELL"
    }  # fmt: skip


async def test_the_changes_of_the_readme_change_the_examples(graph: Graph, importer: Importer) -> None:
    await importer.files(*files_in([ROOT / "examples"]))
    for table in json.loads((ROOT / "examples" / "tables.json").read_text()):
        path = ROOT / "examples" / table["file"]
        told = {name: table[name] for name in ("workspace", "name", "key")}
        await imported_table(graph.database, ORGANIZATION_ID, path, **told)
    graph.viewer = Viewer(ORGANIZATION_ID, "N-maya", "maya@northwind.example", frozenset((READ, *WRITES)))
    chart, cell, pause, sums = _queries(ROOT / "README.md")[5:]

    made = (await graph.data(chart))["createChart"]["chart"]
    assert (made["position"], made["data"]["rows"][0]) == (6, {"x": "Nordics", "y": 72852.25})
    assert made["svg"].startswith("<svg") and made["echartsOption"]["darkMode"] is True
    changed = (await graph.data(cell))["updateCell"]
    assert (changed["row"]["units"], changed["workspace"]["activity"]["nodes"][0]["kind"]) == (80, "cell.updated")
    first, again = [(await graph.data(pause))["pauseAgent"]["agent"] for _ in range(2)]
    assert first == again == {"name": "Order desk agent", "status": "PAUSED", "pausedAt": first["pausedAt"]}
    answer = await graph.data(sums)
    assert answer["usage"]["totals"] == {"runCount": 33, "cost": "2.240672"}
    assert {"keys": {"status": "ACTIVE", "system": "VAI"}, "count": 4} in answer["workspaces"]["groups"]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_meaning(name: str) -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    assert f"| `{PREFIX}{name.upper()}` |" in page
    assert str(Settings.model_fields[name].description) in page


def test_one_default_stands_in_one_place() -> None:
    settings = Settings.model_construct()
    for kind in (Limits, DocumentLimits, CacheLimits):
        assert of_settings(kind, settings) == kind()


def test_no_page_names_this_machine_or_a_registry() -> None:
    texts = [
        page.read_text() for page in (*PAGES, ROOT / "constraints.txt", ROOT / "Makefile", ROOT / "pyproject.toml")
    ]
    assert [text for text in texts if re.search(r"(?<![\w.])/(work|farm|root)/|pypi\.org|npmjs", text)] == []
