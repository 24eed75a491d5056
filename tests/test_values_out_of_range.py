"""Values beyond what Python, JSON or a double can hold: told, where they stand, and never an internal error."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from db.access import READ, WRITES, Viewer
from db.database import Database
from db.reflection import Asked, registered
from errors import GatewayError
from schema.build import GraphSchema
from tests.conftest import ORGANIZATION_ID, Graph, Importer, exchange

TOO_LONG = "99999999999999999999"


@pytest.fixture
def editor(database: Database, schema: GraphSchema) -> Graph:
    """Somebody who may write."""
    return Graph(database, schema, Viewer(ORGANIZATION_ID, "N-e", "e@northwind.example", frozenset((READ, *WRITES))))


async def _live(editor: Graph, *statements: str) -> str:
    """The id of a workspace over the live table `odd`."""
    async with editor.database.writing() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)
        await registered(connection, connection, Asked(ORGANIZATION_ID, "odd", "odd"), datetime.now(UTC))
    making = """mutation { createWorkspace(input: { title: "Odd", mode: OPERATIONAL, backingTableName: "odd" }) {
        workspace { id } } }"""
    made = await editor.data(making)
    return str(made["createWorkspace"]["workspace"]["id"])


async def _code(editor: Graph, query: str, **variables: Any) -> tuple[str, str]:
    result = await editor.ask(query, **variables)
    assert result.errors, result.data
    error = result.errors[0].original_error
    assert isinstance(error, GatewayError), (query, result.errors)
    return error.code, str(error)


async def test_numbers_that_json_cannot_hold_are_taken_as_doubles_or_refused(editor: Graph) -> None:
    workspace = (await editor.data('mutation { createWorkspace(input: { title: "A" }) { workspace { id } } }'))[
        "createWorkspace"
    ]["workspace"]["id"]
    updating = "mutation($i: ID!) { updateWorkspace(input: { id: $i, rendererConfig: { a: %s } }) { workspace { vai { rendererConfig } } } }"
    taken = await editor.data(updating.replace("%s", TOO_LONG), i=workspace)
    assert taken["updateWorkspace"]["workspace"]["vai"]["rendererConfig"] == {"a": 1e20}
    for wrong in ("1e400", "-1e400", "9" * 400):
        code, told = await _code(editor, updating.replace("%s", wrong), i=workspace)
        assert (code, told.split(":")[0]) == ("INVALID_INPUT", "rendererConfig")
    deep: Any = 1
    for _ in range(250):
        deep = {"a": deep}
    with_variable = "mutation($i: UpdateWorkspaceInput!) { updateWorkspace(input: $i) { workspace { id } } }"
    code, _told = await _code(editor, with_variable, i={"id": workspace, "rendererConfig": deep})
    assert code == "INPUT_DEPTH_EXCEEDED"
    chart = """mutation($i: ID!) { createChart(input: { workspaceId: $i, spec: { kind: BAR, x: { column: "a" },
        y: [{ agg: COUNT }], filters: [{ column: "a", op: %s, value: %s }] } }) { chart { id } } }"""
    for op, value in (("EQ", "1e400"), ("IN", "[1e400]"), ("BETWEEN", "[-1e400, 1]")):
        code, told = await _code(editor, chart.replace("%s", op, 1).replace("%s", value, 1), i=workspace)
        assert (code, told.split(":")[0]) == ("INVALID_INPUT", "spec.filters[0].value")


async def test_a_value_that_cannot_be_read_is_told_and_not_internal(editor: Graph) -> None:
    if editor.database.is_sqlite:
        pytest.skip("SQLite has no dates of its own that Python cannot hold")
    workspace = await _live(
        editor,
        "CREATE TABLE odd (id integer PRIMARY KEY, d date, n numeric)",
        "INSERT INTO odd VALUES (1, '20000-01-01', 1e400), (2, '2020-01-01', 1)",
    )
    page = "query($i: ID!) { workspace(id: $i) { data { rows } } }"
    code, told = await _code(editor, page, i=workspace)
    assert code == "INVALID_STATE" and "20000" in told
    making = """mutation($i: ID!, $s: ChartSpecInput!) { createChart(input: { workspaceId: $i, spec: $s }) {
        chart { data { rows { x y } } } } }"""
    for spec in (
        {"kind": "HISTOGRAM", "x": {"column": "n"}, "y": [{"agg": "COUNT"}]},
        {"kind": "BAR", "x": {"column": "id"}, "y": [{"agg": "MEDIAN", "column": "n"}]},
        {"kind": "LINE", "x": {"column": "d"}, "y": [{"agg": "COUNT"}]},
    ):
        code, _told = await _code(editor, making, i=workspace, s=spec)
        assert code == "INVALID_STATE"


async def test_charts_over_the_first_and_the_last_years_are_drawn(editor: Graph) -> None:
    workspace = await _live(
        editor,
        "CREATE TABLE odd (id integer PRIMARY KEY, d date)",
        "INSERT INTO odd VALUES (1, '0001-01-03'), (2, '0202-03-01'), (3, '2020-01-01'), (4, '9999-12-31')",
    )
    making = """mutation($i: ID!, $s: ChartSpecInput!) { createChart(input: { workspaceId: $i, spec: $s }) {
        chart { data { rows { x y } } echartsOption svg } } }"""
    counted = [{"agg": "COUNT"}]
    for x in ({"column": "d"}, {"column": "d", "truncate": "YEAR"}, {"column": "d", "truncate": "WEEK"}):
        made = await editor.data(making, i=workspace, s={"kind": "LINE", "x": x, "y": counted})
        assert made["createChart"]["chart"]["svg"].startswith("<svg")
        assert "0202-" in str(made["createChart"]["chart"]["echartsOption"])
    made = await editor.data(making, i=workspace, s={"kind": "HISTOGRAM", "x": {"column": "d"}, "y": counted})
    assert sum(row["y"] for row in made["createChart"]["chart"]["data"]["rows"]) == 4


async def test_a_chart_has_ten_thousand_figures_however_many_measures(editor: Graph) -> None:
    rows = ", ".join(f"({number}, {number})" for number in range(700))
    workspace = await _live(
        editor, "CREATE TABLE odd (id integer PRIMARY KEY, n integer)", f"INSERT INTO odd VALUES {rows}"
    )
    spec = {
        "kind": "BAR",
        "x": {"column": "id"},
        "y": [{"agg": "SUM", "column": "n", "label": f"{n}"} for n in range(20)],
    }
    making = """mutation($i: ID!, $s: ChartSpecInput!) { createChart(input: { workspaceId: $i, spec: $s }) {
        chart { data { rows { x } truncated } } } }"""
    data = (await editor.data(making, i=workspace, s={**spec, "limit": 10_000}))["createChart"]["chart"]["data"]
    assert (len(data["rows"]), data["truncated"]) == (10_000, True)


async def test_a_request_reads_so_many_rows_of_tables_and_no_more(editor: Graph) -> None:
    workspace = await _live(editor, "CREATE TABLE odd (id integer PRIMARY KEY)", "INSERT INTO odd VALUES (1)")
    many = " ".join(f"a{n}: data(limit: 5000, offset: {n}) {{ rows }}" for n in range(21))
    code, told = await _code(editor, f"query($i: ID!) {{ workspace(id: $i) {{ {many} }} }}", i=workspace)
    assert (code, told) == ("TOO_LARGE", "a request reads at most 100,000 rows of tables, got 105,000; ask for fewer")


async def test_the_descendants_of_a_run_that_is_its_own_parent_come_once(
    editor: Graph, importer: Importer, statements: list[str]
) -> None:
    runs = [{"id": f"c{n}", "workspaceId": "v", "status": "done", "parentRunId": "c0"} for n in range(300)]
    await importer.lines(*(exchange("vai", f"GET /api/v1/workspaces/v/runs/{run['id']}", run) for run in runs))
    query = (
        """{ lookup(system: VAI, type: RUN, externalId: "c0") { ... on Run { descendants(first: 1000) { id } } } }"""
    )
    data = await editor.data(query)
    assert len(data["lookup"]["descendants"]) == 299


async def test_a_row_that_a_trigger_keeps_as_it_was_is_told(editor: Graph) -> None:
    if editor.database.is_sqlite:
        trigger = ["CREATE TRIGGER keep BEFORE UPDATE ON odd BEGIN SELECT RAISE(IGNORE); END"]
    else:
        trigger = [
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "CREATE TRIGGER keep BEFORE UPDATE ON odd FOR EACH ROW EXECUTE FUNCTION keep()",
        ]
    made = ["CREATE TABLE odd (id integer PRIMARY KEY, a integer)", "INSERT INTO odd VALUES (1, 1)", *trigger]
    workspace = await _live(editor, *made)
    cell = {"workspaceId": workspace, "rowIdentity": {"id": 1}, "column": "a", "newValue": 2}
    code, told = await _code(editor, "mutation($i: UpdateCellInput!) { updateCell(input: $i) { row } }", i=cell)
    assert (code, told) == ("INVALID_INPUT", "newValue: is refused by the table, which left the row as it was")


async def test_a_deferred_constraint_and_a_small_float_refuse_a_cell(editor: Graph) -> None:
    if editor.database.is_sqlite:
        pytest.skip("SQLite has neither deferred unique constraints nor small floats")
    workspace = await _live(
        editor,
        "CREATE TABLE odd (id integer PRIMARY KEY, a text UNIQUE DEFERRABLE INITIALLY DEFERRED, r real)",
        "INSERT INTO odd VALUES (1, 'one', 1), (2, 'two', 2)",
    )
    changing = "mutation($i: UpdateCellInput!) { updateCell(input: $i) { row } }"
    for column, value in (("a", "two"), ("r", 1e300)):
        cell = {"workspaceId": workspace, "rowIdentity": {"id": 1}, "column": column, "newValue": value}
        code, told = await _code(editor, changing, i=cell)
        assert (code, told.split(":")[0]) == ("INVALID_INPUT", "newValue")
