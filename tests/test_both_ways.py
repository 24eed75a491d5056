"""Mutations of the graph on both executors: what is read behind a mutation is what it changed, on either."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from db.access import READ, WRITES, Viewer
from db.database import Database
from db.migrate import upgrade
from gateway import served_schema
from resolvers.accounts import ensure_organization
from schema.build import GraphSchema, build_schema
from tests.conftest import ORGANIZATION, ORGANIZATION_ID, Graph, Importer, fleet

SERIES = """mutation ($chart: ID!, $agent: ID!, $workspace: ID!) {
  first: moveChart(input: { id: $chart, position: 2 }) { ...Moved }
  pauseAgent(input: { id: $agent }) { agent { status sourceStatus workspaces { nodes { name } } } }
  second: moveChart(input: { id: $chart, position: 0 }) { ...Moved }
  tags: setTags(input: { workspaceId: $workspace, tagIds: [] }) { workspace { tags { name } vai { title } } }
  resumeAgent(input: { id: $agent }) { agent { status } }
  stopWorkspace(input: { id: $workspace }) { workspace { status evershell { status } parent { id } } }
  updateWorkspace(input: { id: $workspace, title: "Other" }) { workspace { name vai { title } charts { totalCount } } }
}
fragment Moved on MoveChartPayload {
  chart { title position workspace { name charts(first: 5) { totalCount nodes { title position } } } }
  workspace { charts { nodes { title } } activity { totalCount nodes { kind title } } }
}"""
REFUSED = """mutation ($workspace: ID!) {
  a: updateWorkspace(input: { id: $workspace, description: "b" }) { workspace { description } }
  b: archiveWorkspace(input: { id: $workspace }) { workspace { isArchived } }
  c: updateWorkspace(input: { id: $workspace, description: "c" }) { workspace { description } }
}"""


async def _ran(url: str, schema: GraphSchema, text: str) -> tuple[Any, Any]:
    database = Database(url)
    viewer = Viewer(ORGANIZATION_ID, "N-w", "writer@northwind.example", frozenset((READ, *WRITES)))
    graph = Graph(database, schema, viewer)
    data = await graph.data(
        "{ workspaces { nodes { id name charts { nodes { id } } agents { nodes { id system } } } } }"
    )
    (workspace,) = data["workspaces"]["nodes"]
    (agent,) = [one["id"] for one in workspace["agents"]["nodes"] if one["system"] == "AITASKER"]
    chart = workspace["charts"]["nodes"][0]["id"]
    given = {"workspace": workspace["id"], "agent": agent, "chart": chart}
    used = {name: value for name, value in given.items() if f"${name}:" in text}
    result = await graph.ask(text, **used)
    told = [(error.message, error.path, type(error.original_error).__name__) for error in result.errors or ()]
    await database.close()
    return result.data, told


@pytest.mark.parametrize("text", [SERIES, REFUSED], ids=["a series", "one that is refused"])
async def test_both_executors_answer_a_series_of_mutations_alike(text: str, database_url: str, tmp_path: Path) -> None:
    answers = []
    for schema in (served_schema(), build_schema()):
        if database_url.startswith("sqlite"):
            _removed(database_url)
        await _filled(database_url, tmp_path)
        answers.append(await _ran(database_url, schema, text))

    ours, expected = answers
    assert ours == expected
    assert (expected[0] is None) == (text is REFUSED)
    if text is REFUSED:
        (told,) = expected[1]
        assert (told[1], told[2]) == (["b"], "InvalidStateError")
    else:
        moved = [one["title"] for one in expected[0]["first"]["workspace"]["charts"]["nodes"]]
        back = [one["title"] for one in expected[0]["second"]["workspace"]["charts"]["nodes"]]
        assert (moved, back) == (["Chart 1", "Chart 2", "Chart 0"], ["Chart 0", "Chart 1", "Chart 2"])


def _removed(url: str) -> None:
    Path(url.partition("///")[2]).unlink(missing_ok=True)


async def _filled(url: str, folder: Path) -> None:
    database = Database(url)
    if not database.is_sqlite:
        async with database.writing() as connection:
            await connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            await connection.exec_driver_sql("CREATE SCHEMA public")
    await upgrade(database)
    await ensure_organization(database, ORGANIZATION)
    await Importer(database, folder).lines(*fleet(1))
    await database.close()
