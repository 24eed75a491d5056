"""`Workspace.data`: pages of the table that a workspace stands on, or of what was recorded of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from conftest import ORGANIZATION_ID, Graph, Importer, exchange
from sqlalchemy import text, update

from db.access import READ, TABLE_WRITE
from db.data_rows import DataColumn, DataTable, create_table, insert_rows, register, stored_table
from db.database import Database
from db.ids import id_of
from db.workspaces import workspaces
from schema.build import build_schema

AT = "2026-11-20T08:00:00Z"
COLUMNS = (
    DataColumn("name", "c_1", "text"),
    DataColumn("price", "c_2", "decimal"),
    DataColumn("day", "c_3", "date"),
    DataColumn("at", "c_4", "timestamp"),
    DataColumn("ok", "c_5", "boolean"),
)
QUERY = """
query($limit: Int, $offset: Int, $orderBy: String, $direction: SortDirection) {
  workspaces(first: 100) { nodes { name data(limit: $limit, offset: $offset, orderBy: $orderBy, direction: $direction) {
    name columns { name displayName dataType } rows rowIdentityColumns total hasNext limit offset mode isLive stale
    reason canEdit readOnlyReason backingTableName backingTableScope } } } }
"""


def part_of(workspace: str) -> str:
    return id_of("WORKSPACE", ORGANIZATION_ID, "VAI", workspace)


class Tables:
    """Makes workspaces with tables of rows."""

    def __init__(self, database: Database, importer: Importer) -> None:
        self.database, self.importer = database, importer

    async def workspace(self, *names: str) -> None:
        await self.importer.lines(
            *(
                exchange("vai", f"GET /api/v1/workspaces/{name}", {"workspace": {"id": name, "title": name}})
                for name in names
            )
        )

    async def table(
        self, workspace: str, columns: Sequence[DataColumn], rows: Sequence[Sequence[Any]], key: tuple[str, ...] = ()
    ) -> DataTable:
        sql_name = f"t_{workspace.encode().hex():0>24}"
        declared = DataTable(ORGANIZATION_ID, part_of(workspace), "things", sql_name, tuple(columns), key)
        async with self.database.writing() as connection:
            table = stored_table(declared)
            await create_table(connection, table)
            names = [column.sql_name for column in columns]
            await insert_rows(connection, table, 1, [dict(zip(names, row, strict=True)) for row in rows])
            await register(connection, declared, len(rows), datetime.now(UTC))
        return declared


@pytest.fixture
def tables(database: Database, importer: Importer) -> Tables:
    return Tables(database, importer)


async def things(tables: Tables) -> None:
    await tables.workspace("w1")
    moment = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    await tables.table(
        "w1",
        COLUMNS,
        [
            ("b", Decimal("1.10"), date(2026, 11, 20), moment, True),
            ("a", None, None, None, None),
            ("c", Decimal("1.10"), date(2026, 1, 2), moment.replace(microsecond=5), False),
        ],
    )


B = {"_row_id": 1, "name": "b", "price": 1.1, "day": "2026-11-20", "at": "2026-11-20T08:30:00Z", "ok": True}
A = {"_row_id": 2, "name": "a", "price": None, "day": None, "at": None, "ok": None}
C = {"_row_id": 3, "name": "c", "price": 1.1, "day": "2026-01-02", "at": "2026-11-20T08:30:00.000005Z", "ok": False}


async def page(graph: Graph, **variables: Any) -> Any:
    (node,) = (await graph.data(QUERY, **variables))["workspaces"]["nodes"]
    return node["data"]


async def test_a_page_has_columns_rows_and_what_may_be_done(graph: Graph, tables: Tables) -> None:
    await things(tables)

    assert await page(graph) == {
        "name": "things",
        "columns": [
            {"name": name, "displayName": name, "dataType": of}
            for name, of in (
                ("_row_id", "integer"), ("name", "text"), ("price", "decimal"), ("day", "date"), ("at", "timestamp"),
                ("ok", "boolean"),
            )
        ],
        "rows": [B, A, C],
        "rowIdentityColumns": ["_row_id"],
        "total": 3,
        "hasNext": False,
        "limit": 100,
        "offset": 0,
        "mode": "SNAPSHOT",
        "isLive": False,
        "stale": False,
        "reason": None,
        "canEdit": False,
        "readOnlyReason": "The token lacks the scope `table:write`.",
        "backingTableName": "things",
        "backingTableScope": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("order_by", "direction", "rows"),
    [
        ("name", "ASC", [A, B, C]),
        ("name", "DESC", [C, B, A]),
        ("price", "ASC", [B, C, A]),
        ("price", "DESC", [C, B, A]),
        ("day", "ASC", [C, B, A]),
        ("ok", "DESC", [B, C, A]),
        ("_row_id", "DESC", [C, A, B]),
        (None, None, [B, A, C]),
    ],
)
async def test_rows_are_sorted_by_any_column_null_last(
    graph: Graph, tables: Tables, order_by: str | None, direction: str | None, rows: list[Any]
) -> None:
    await things(tables)

    assert (await page(graph, orderBy=order_by, direction=direction))["rows"] == rows
    windows = [await page(graph, orderBy=order_by, direction=direction, limit=1, offset=n) for n in range(4)]
    assert [window["rows"] for window in windows] == [[rows[0]], [rows[1]], [rows[2]], []]
    assert [window["hasNext"] for window in windows] == [True, True, False, False]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"limit": 0}, "limit must be 1 to 5,000, got 0"),
        ({"limit": 5001}, "limit must be 1 to 5,000, got 5001"),
        ({"offset": -1}, "offset must be 0 to 2,147,483,647, got -1"),
        ({"orderBy": "c_1"}, "the table has no column 'c_1'; there are _row_id, name, price, day, at, ok"),
    ],
)
async def test_an_argument_that_cannot_be_is_refused(
    graph: Graph, tables: Tables, variables: dict[str, Any], message: str
) -> None:
    await things(tables)

    answer = await graph.ask(QUERY, **variables)
    assert [(error.message, error.path) for error in answer.errors or ()] == [
        (message, ["workspaces", "nodes", 0, "data"])
    ]
    assert answer.data == {"workspaces": {"nodes": [{"name": "w1", "data": None}]}}


async def test_only_a_holder_of_the_scope_can_edit_and_not_in_the_archive(graph: Graph, tables: Tables) -> None:
    await things(tables)
    graph.viewer = replace(graph.viewer, scopes=frozenset((READ, TABLE_WRITE)))

    assert (await page(graph))["canEdit"] is True
    async with tables.database.writing() as connection:
        await connection.execute(update(workspaces).values(is_archived=True))
    answer = await page(graph)
    assert (answer["canEdit"], answer["readOnlyReason"]) == (False, "The workspace is archived.")


async def test_other_organisations_see_no_table(graph: Graph, tables: Tables) -> None:
    await things(tables)

    graph.viewer = replace(graph.viewer, organization_id="other")
    assert (await graph.data(QUERY))["workspaces"]["nodes"] == []
    graph.viewer = replace(graph.viewer, scopes=frozenset())
    result = await graph.ask(QUERY)
    assert result.data is None
    assert [one.original_error.code for one in result.errors or ()] == ["PERMISSION_DENIED"]  # type: ignore[union-attr]


async def test_only_what_is_selected_is_read(graph: Graph, tables: Tables, statements: list[str]) -> None:
    await things(tables)
    expected = {
        "columns { name }": (0, 0),
        "rows": (1, 0),
        "total": (0, 1),
        "hasNext": (1, 0),
        "total hasNext": (0, 1),
        "rows total": (1, 1),
    }
    for selected, counts in expected.items():
        statements.clear()
        await graph.data(f"{{ workspaces {{ nodes {{ data {{ {selected} }} }} }} }}")
        ran = [one for one in statements if " t_" in one]
        assert (len([one for one in ran if "v_0" in one]), len([one for one in ran if "count(" in one])) == counts
        assert len(statements) == 2 + sum(counts)  # the workspaces, and their tables


async def test_tables_of_many_workspaces_are_found_in_one_statement(
    graph: Graph, tables: Tables, statements: list[str]
) -> None:
    names = [f"w{number}" for number in range(5)]
    await tables.workspace(*names, "bare")
    for name in names:
        await tables.table(name, COLUMNS[:1], [(name,)], key=("name",))
    statements.clear()

    nodes = (await graph.data("{ workspaces { nodes { name data { rows rowIdentityColumns } } } }"))["workspaces"][
        "nodes"
    ]

    assert {node["name"]: node["data"] for node in nodes} == {
        name: {"rows": [{"name": name}], "rowIdentityColumns": ["name"]} for name in names
    } | {"bare": None}
    assert len(statements) == 1 + 1 + 5 + 1  # workspaces, tables, a page each, and what was recorded for `bare`


async def test_both_executors_agree(graph: Graph, tables: Tables, importer: Importer) -> None:
    await things(tables)
    await importer.lines(*recorded("w2"))
    answers = []
    for schema in (graph.schema, build_schema()):
        graph.schema = schema
        answers.append(await graph.ask(QUERY, orderBy="name", limit=2))
    assert answers[0].data == answers[1].data
    assert [str(error) for error in answers[0].errors or ()] == [str(error) for error in answers[1].errors or ()]


async def test_two_places_may_ask_for_different_windows(graph: Graph, tables: Tables) -> None:
    await things(tables)

    nodes = (
        await graph.data(
            "{ workspaces { nodes { first: data(limit: 1) { rows } rest: data(offset: 1) { rows total } } } }"
        )
    )["workspaces"]["nodes"]
    assert nodes == [{"first": {"rows": [B]}, "rest": {"rows": [A, C], "total": 3}}]


async def test_a_page_of_an_empty_table_and_of_a_very_wide_one(graph: Graph, tables: Tables) -> None:
    await tables.workspace("empty")
    await tables.table("empty", COLUMNS, [])
    answer = await page(graph)
    assert (answer["rows"], answer["total"], answer["hasNext"]) == ([], 0, False)

    await tables.workspace("wide")
    wide = [DataColumn(f"column {number}", f"c_{number}", "integer") for number in range(1, 501)]
    await tables.table("wide", wide, [range(500)] * 3)
    nodes = (await graph.data(QUERY, orderBy=None))["workspaces"]["nodes"]
    (rows,) = [node["data"]["rows"] for node in nodes if node["name"] == "wide"]
    assert rows == [
        {"_row_id": place} | {f"column {number}": number - 1 for number in range(1, 501)} for place in (1, 2, 3)
    ]


HOSTILE = (
    'quote " and \' and %s %(x)s :bind ?', "layout", "organization_id", "v_0", "_row_id", "ünï ☃", "x" * 200, "rows",
    "select", "; DROP TABLE workspaces; --", "a.b[0]", "",
)  # fmt: skip


async def test_names_of_columns_may_be_anything(graph: Graph, tables: Tables) -> None:
    await tables.workspace("w1")
    columns = [DataColumn(name, f"c_{number}", "text") for number, name in enumerate(HOSTILE, start=1)]
    await tables.table("w1", columns, [HOSTILE])

    for name in HOSTILE:
        answer = await page(graph, orderBy=name)
        assert answer["rows"] == [{"_row_id_2": 1} | {one: one for one in HOSTILE}]
        assert answer["rowIdentityColumns"] == ["_row_id_2"]


async def test_a_table_that_is_gone_spoils_its_own_place_only(graph: Graph, tables: Tables) -> None:
    await tables.workspace("w1", "w2")
    gone = await tables.table("w1", COLUMNS[:1], [("x",)])
    await tables.table("w2", COLUMNS[:1], [("y",)])
    async with tables.database.writing() as connection:
        await connection.execute(text(f"DROP TABLE {gone.sql_name}"))

    answer = await graph.ask("{ workspaces(orderBy: {field: NAME}) { nodes { name data { rows } } } }")
    assert answer.data == {
        "workspaces": {
            "nodes": [{"name": "w1", "data": None}, {"name": "w2", "data": {"rows": [{"_row_id": 1, "name": "y"}]}}]
        }
    }
    assert [error.message for error in answer.errors or ()] == ["the table things is being replaced; try again"]


async def test_too_many_rows_at_once_are_refused(graph: Graph, tables: Tables) -> None:
    names = [f"w{number}" for number in range(21)]
    await tables.workspace(*names)

    answer = await graph.ask(QUERY, limit=5000)
    assert {error.message for error in answer.errors or ()} == {
        "a request reads at most 100,000 rows of tables, got 105,000; ask for fewer"
    }


# What was recorded


def recorded(
    workspace: str, offset: int = 0, count: int = 2, query: str = "", at: str = AT, total: int = 5, **more: Any
) -> list[dict[str, Any]]:
    base = f"/api/v1/workspaces/{workspace}"
    body = {
        "columns": [{"name": "n", "displayName": "Number", "dataType": "integer"}],
        "items": [{"n": number} for number in range(offset, offset + count)],
        "rowIdentityColumns": ["n"],
        "mode": "operational",
        "isLive": True,
        "canEdit": True,
        "backingTableName": "numbers",
        "backingTableScope": "workspace",
        "total": total,
        "limit": count,
        "offset": offset,
        "hasNext": offset + count < total,
        **more,
    }
    return [
        exchange("vai", f"GET {base}", {"workspace": {"id": workspace, "title": workspace}}, at=at),
        exchange("vai", f"GET {base}/data?limit={count}&offset={offset}{query}", body, at=at),
    ]


async def test_without_a_table_the_recorded_pages_answer_and_say_so(graph: Graph, importer: Importer) -> None:
    await importer.lines(*recorded("w1"))
    only = "Only pages recorded of the live system are held, not the table."

    assert await page(graph, limit=1) == {
        "name": "numbers",
        "columns": [{"name": "n", "displayName": "Number", "dataType": "integer"}],
        "rows": [{"n": 0}],
        "rowIdentityColumns": ["n"],
        "total": 5,
        "hasNext": True,
        "limit": 1,
        "offset": 0,
        "mode": "OPERATIONAL",
        "isLive": False,
        "stale": False,
        "reason": f"{only} They were fetched at 2026-11-20T08:00:00Z.",
        "canEdit": False,
        "readOnlyReason": only,
        "backingTableName": "numbers",
        "backingTableScope": "workspace",
    }


async def test_recorded_pages_are_put_together_as_far_as_they_reach(graph: Graph, importer: Importer) -> None:
    later = "2026-11-20T09:00:00Z"
    await importer.lines(*recorded("w1"), *recorded("w1", 2, 1, at=later), *recorded("w1", 4, 1))
    windows = {}
    for offset, limit in ((0, 100), (1, 2), (3, 1), (4, 5), (9, 1)):
        answer = await page(graph, offset=offset, limit=limit)
        windows[offset, limit] = [row["n"] for row in answer["rows"]], answer["hasNext"]
        assert answer["reason"].endswith(" They were fetched at 2026-11-20T08:00:00Z and later.")
    assert windows == {
        (0, 100): ([0, 1, 2], True),
        (1, 2): ([1, 2], True),
        (3, 1): ([], True),  # not recorded
        (4, 5): ([4], False),
        (9, 1): ([], False),
    }


async def test_recorded_pages_answer_an_order_they_are_in_or_that_can_be_made(graph: Graph, importer: Importer) -> None:
    await importer.lines(*recorded("w1"), *recorded("w1", 0, 2, "&sortBy=n&sortDir=asc", total=2))
    assert (await page(graph, orderBy="n"))["total"] == 2
    for variables in ({"orderBy": "n", "direction": "DESC"}, {"orderBy": "x"}):
        answer = await graph.ask(QUERY, **variables)
        assert len(answer.errors or ()) == 1
        assert answer.data == {"workspaces": {"nodes": [{"name": "w1", "data": None}]}}

    await importer.lines(*recorded("w2", total=2))  # complete, so that it can be sorted here
    nodes = (await graph.ask(QUERY, orderBy="n", direction="DESC")).data["workspaces"]["nodes"]
    assert [node["data"]["rows"] for node in nodes if node["data"]] == [[{"n": 1}, {"n": 0}]]


async def test_recorded_pages_are_stale_once_they_are_old(graph: Graph, importer: Importer) -> None:
    await importer.lines(*recorded("w1"))
    context = graph.context()
    context.stale_after_seconds["VAI"] = 1

    answer = await graph.schema.execute("{ workspaces { nodes { data { stale } } } }", context_value=context)
    assert answer.data == {"workspaces": {"nodes": [{"data": {"stale": True}}]}}


async def test_a_table_of_our_own_wins_over_recorded_pages(graph: Graph, importer: Importer, tables: Tables) -> None:
    await importer.lines(*recorded("w1"))
    await tables.table("w1", COLUMNS[:1], [("own",)])

    assert (await page(graph))["rows"] == [{"_row_id": 1, "name": "own"}]
