"""Workspaces made over registered tables, and their cells changed through the graph."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import select

from db.access import READ, READ_OWN, TABLE_WRITE, WRITES, Viewer
from db.data_tables import MAIN, TABLES, cell_mutations, table_candidates
from db.database import Database
from db.reflection import Asked, registered
from schema.build import GraphSchema
from tests.conftest import ORGANIZATION_ID, POSTGRES, Graph

ORDERS = "CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT NOT NULL, amount NUMERIC(10,2), note TEXT)"
ROWS = "INSERT INTO orders VALUES (1, 'north', 10.5, NULL), (2, 'south', 20, 'x'), (3, 'north', 30, NULL)"
ALL = "{ columns { name } rows total mode isLive canEdit readOnlyReason rowIdentityColumns backingTableName }"


@pytest.fixture(params=[MAIN, TABLES])
async def where(
    request: pytest.FixtureRequest, database: Database, tmp_path: Path
) -> AsyncIterator[tuple[str, Database]]:
    """The database where the live table stands: Workgraph's own, or a second one."""
    if request.param == MAIN:
        yield MAIN, database
        return
    if database.is_sqlite:
        second = Database(f"sqlite+aiosqlite:///{tmp_path / 'second.db'}")
        yield TABLES, second
        await second.close()
        return
    name = f"workgraph_test_{uuid4().hex}"
    server = await asyncpg.connect(POSTGRES)
    await server.execute(f"CREATE DATABASE {name}")
    second = Database(f"postgresql+asyncpg://{POSTGRES.partition('://')[2].rpartition('/')[0]}/{name}")
    yield TABLES, second
    await second.close()
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()


@pytest.fixture
async def editor(graph: Graph, where: tuple[str, Database], schema: GraphSchema) -> Graph:
    """Somebody who may write, over a registered table `orders`."""
    name, live = where
    async with live.writing() as connection:
        await connection.exec_driver_sql(ORDERS)
        await connection.exec_driver_sql(ROWS)
    asked = Asked(ORGANIZATION_ID, "orders", "orders", database=name)
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(graph.database.writing())
        reading = connection if name == MAIN else await stack.enter_async_context(live.writing())
        await registered(connection, reading, asked, datetime.now(UTC))
    viewer = Viewer(ORGANIZATION_ID, "N-editor", "editor@northwind.example", frozenset((READ, *WRITES)))
    made = Graph(graph.database, schema, viewer)
    made.tables = None if name == MAIN else live
    return made


async def _made(
    editor: Graph, selection: str = f"workspace {{ id data {ALL} }} warnings {{ code }}", **given: Any
) -> Any:
    mutation = f"mutation($i: CreateWorkspaceInput!) {{ createWorkspace(input: $i) {{ {selection} }} }}"
    return (await editor.data(mutation, i={"title": "Orders", "backingTableName": "orders", **given}))[
        "createWorkspace"
    ]


def _page(**changed: Any) -> dict[str, Any]:
    rows = [
        {"id": 1, "region": "north", "amount": 10.5, "note": None},
        {"id": 2, "region": "south", "amount": 20, "note": "x"},
        {"id": 3, "region": "north", "amount": 30, "note": None},
    ]
    names = [{"name": name} for name in ("id", "region", "amount", "note")]
    page = {"columns": names, "rows": rows, "total": 3, "mode": "SNAPSHOT", "isLive": False, "canEdit": True}
    rest = {"readOnlyReason": None, "rowIdentityColumns": ["id"], "backingTableName": "orders"}
    return {**page, **rest, **changed}


async def test_a_snapshot_keeps_what_the_table_held_when_it_was_made(
    editor: Graph, where: tuple[str, Database]
) -> None:
    made = await _made(editor)
    async with where[1].writing() as connection:
        await connection.exec_driver_sql("UPDATE orders SET amount = 99")
        await connection.exec_driver_sql("DELETE FROM orders WHERE id = 3")

    assert made == {"workspace": {"id": made["workspace"]["id"], "data": _page()}, "warnings": []}
    later = await editor.data(f"query($i: ID!) {{ workspace(id: $i) {{ data {ALL} }} }}", i=made["workspace"]["id"])
    assert later["workspace"]["data"] == _page()


async def test_an_operational_workspace_shows_and_changes_the_live_table(
    editor: Graph, where: tuple[str, Database]
) -> None:
    made = await _made(editor, mode="OPERATIONAL")
    assert made["workspace"]["data"] == _page(mode="OPERATIONAL", isLive=True)
    async with where[1].writing() as connection:
        await connection.exec_driver_sql("UPDATE orders SET region = 'west' WHERE id = 1")
    changed = await editor.data(
        """mutation($i: UpdateCellInput!) { updateCell(input: $i) { mutationId row workspace { data { rows } } } }""",
        i={
            "workspaceId": made["workspace"]["id"],
            "column": "amount",
            "rowIdentity": {"id": 1},
            "newValue": 11.25,
            "expectedValue": 10.5,
        },
    )
    row = {"id": 1, "region": "west", "amount": 11.25, "note": None}
    assert changed["updateCell"]["row"] == row
    assert changed["updateCell"]["workspace"]["data"]["rows"][0] == row
    async with where[1].writing() as connection:
        (live,) = (await connection.exec_driver_sql("SELECT amount, region FROM orders WHERE id = 1")).all()
    assert (float(live.amount), live.region) == (11.25, "west")
    (noted,) = await editor.database.rows(select(*cell_mutations.c))
    assert (noted.id, noted.column_name, noted.row_identity, noted.old_value, noted.new_value, noted.account_id) == (
        changed["updateCell"]["mutationId"], "amount", {"id": 1}, 10.5, 11.25, "N-editor",
    )  # fmt: skip
    (candidate,) = await editor.database.rows(select(table_candidates.c.last_write_at))
    assert candidate.last_write_at == noted.created_at


async def test_a_cell_that_is_not_as_expected_is_left_alone(editor: Graph) -> None:
    made = await _made(editor)
    given = {"workspaceId": made["workspace"]["id"], "column": "note", "rowIdentity": {"id": 2}, "newValue": "y"}
    mutation = "mutation($i: UpdateCellInput!) { updateCell(input: $i) { row } }"
    result = await editor.ask(mutation, i={**given, "expectedValue": None})

    assert result.errors is not None
    error: Any = result.errors[0].original_error
    row = {"id": 2, "region": "south", "amount": 20, "note": "x"}
    assert (error.code, error.details) == ("CONFLICT", {"current": {"value": "x", "row": row}})
    assert (await editor.data(mutation, i=given))["updateCell"]["row"] == {**row, "note": "y"}  # nothing expected
    assert len(await editor.database.rows(select(cell_mutations.c.id))) == 1


async def test_a_key_tells_the_row_again_only_to_those_who_may_change_it_still(editor: Graph) -> None:
    whole = editor.viewer
    editor.viewer = replace(whole, account_id="N-owner", email="owner@northwind.example")
    made = await _made(editor)
    editor.viewer = whole
    given = {"workspaceId": made["workspace"]["id"], "column": "note", "rowIdentity": {"id": 2}, "newValue": "y"}
    mutation = "mutation($i: UpdateCellInput!) { updateCell(input: $i) { row } }"
    first = await editor.data(mutation, i={**given, "idempotencyKey": "k"})
    assert await editor.data(mutation, i={**given, "idempotencyKey": "k"}) == first
    editor.viewer = replace(whole, scopes=frozenset((READ_OWN, TABLE_WRITE)))  # none of it is the account's own

    result = await editor.ask(mutation, i={**given, "idempotencyKey": "k"})
    assert result.errors is not None and result.data is None
    error: Any = result.errors[0].original_error
    assert error.code == "NOT_FOUND"


async def test_a_row_id_column_that_identifies_no_row_is_replaced_with_a_warning(editor: Graph) -> None:
    selection = """workspace { data { rowIdentityColumns rows } vai { rowIdColumn warnings { code } } }
        warnings { code requestedRowIdColumn effectiveRowIdColumn }"""
    made = await _made(editor, selection, rowIdColumn="region")

    warning = {
        "code": "row_id_column_replaced", "requestedRowIdColumn": "region", "effectiveRowIdColumn": "_row_id",
    }  # fmt: skip
    assert made["warnings"] == [warning]
    assert made["workspace"]["vai"]["warnings"] == [{"code": "row_id_column_replaced"}]
    assert made["workspace"]["data"]["rowIdentityColumns"] == ["_row_id"]


async def test_what_does_not_go_together_is_said_at_once_and_nothing_is_made(editor: Graph) -> None:
    mutation = "mutation($i: CreateWorkspaceInput!) { createWorkspace(input: $i) { workspace { id } } }"
    result = await editor.ask(mutation, i={"title": "A", "mode": "OPERATIONAL", "rowIdColumn": "id"})
    unknown = await editor.ask(mutation, i={"title": "A", "backingTableName": "accounts"})

    paths = [
        [one["path"] for one in error.original_error.details["fields"]]  # type: ignore[union-attr]
        for error in (*(result.errors or ()), *(unknown.errors or ()))
    ]
    assert paths == [["backingTableName", "rowIdColumn"], ["backingTableName"]]
    assert (await editor.data("{ workspaces { totalCount } }"))["workspaces"]["totalCount"] == 0


async def test_deleting_a_workspace_takes_its_snapshot_and_leaves_the_live_table(
    editor: Graph, where: tuple[str, Database]
) -> None:
    frozen, live = await _made(editor), await _made(editor, mode="OPERATIONAL")
    for made in (frozen, live):
        deleting = "mutation($i: ID!) { deleteWorkspace(input: { id: $i }) { deletedId } }"
        await editor.data(deleting, i=made["workspace"]["id"])

    async with editor.database.writing() as connection:
        listed = "SELECT name FROM sqlite_master" if editor.database.is_sqlite else "SELECT tablename FROM pg_tables"
        names = [row[0] for row in await connection.exec_driver_sql(listed)]
    assert [name for name in names if name.startswith("t_")] == []
    async with where[1].writing() as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM orders")).scalar() == 3


async def test_a_chart_is_checked_against_the_table_it_stands_on(editor: Graph) -> None:
    made = await _made(editor)
    spec = {"kind": "BAR", "x": {"column": "regoin"}, "y": [{"agg": "SUM", "column": "note"}]}
    creating = "mutation($i: CreateChartInput!) { createChart(input: $i) { chart { position data { rows { x y } } } } }"
    result = await editor.ask(creating, i={"workspaceId": made["workspace"]["id"], "spec": spec})
    right = {"kind": "BAR", "x": {"column": "region"}, "y": [{"agg": "SUM", "column": "amount"}]}
    chart = await editor.data(creating, i={"workspaceId": made["workspace"]["id"], "spec": right})

    assert result.errors is not None
    error: Any = result.errors[0].original_error
    assert [one["path"] for one in error.details["fields"]] == ["spec.x.column", "spec.y[0].column"]
    rows = [{"x": "north", "y": 40.5}, {"x": "south", "y": 20}]
    assert chart["createChart"]["chart"] == {"position": 0, "data": {"rows": rows}}


async def test_a_refusal_in_the_second_database_leaves_the_first_as_it_was(
    editor: Graph, where: tuple[str, Database]
) -> None:
    made = await _made(editor, mode="OPERATIONAL")
    given = {"workspaceId": made["workspace"]["id"], "column": "region", "rowIdentity": {"id": 1}, "newValue": None}
    result = await editor.ask("mutation($i: UpdateCellInput!) { updateCell(input: $i) { row } }", i=given)

    assert result.errors is not None
    error: Any = result.errors[0].original_error
    assert (error.code, [one["path"] for one in error.details["fields"]]) == ("INVALID_INPUT", ["newValue"])
    assert await editor.database.rows(select(cell_mutations.c.id)) == []
