"""Files of rows become typed tables: types, strays, keys, replacement, and nothing half written."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import json
import time
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from conftest import ORGANIZATION_ID, Importer, exchange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, inspect, select

from db.data_rows import DataColumn, DataTable, DecimalNumber, insert_rows, sql_table
from db.data_tables import data_tables
from db.database import Database
from db.ids import id_of
from db.statements import values_of
from db.workspaces import workspace_parts
from rest import tables
from rest.table_types import column_type, kind_of_json, kind_of_text
from rest.tables import RowProblem, TableError, TableReport, imported_table

EXAMPLES = Path(__file__).parent.parent / "examples"
WORKSPACE = "0a6a5bd2-0000-4000-8000-000000000001"
PART_ID = id_of("WORKSPACE", ORGANIZATION_ID, "VAI", WORKSPACE)


class Loader:
    """Loads text as a file into the table of one VAI workspace, and reads tables back."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder

    def file(self, content: str | bytes, file: str = "things.csv") -> Path:
        path = self.folder / file
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    async def load(self, content: str | bytes, file: str = "things.csv", **options: Any) -> TableReport:
        path = self.file(content, file)
        return await imported_table(self.database, ORGANIZATION_ID, path, **{"workspace": WORKSPACE, **options})

    async def csv(self, names: Sequence[str], rows: Sequence[Sequence[str]], **options: Any) -> TableReport:
        text = io.StringIO()
        csv.writer(text).writerows([names, *rows])
        return await self.load(text.getvalue(), **options)

    async def registered(self, part_id: str = PART_ID) -> DataTable:
        names = ("organization_id", "part_id", "name", "sql_name", "columns", "key")
        statement = select(*(data_tables.c[name] for name in names)).where(data_tables.c.part_id == part_id)
        (row,) = await self.database.rows(statement)
        columns = tuple(DataColumn(**column) for column in row.columns)
        return DataTable(row.organization_id, row.part_id, row.name, row.sql_name, columns, tuple(row.key))

    async def rows(self, part_id: str = PART_ID) -> list[tuple[Any, ...]]:
        table = sql_table(await self.registered(part_id))
        return [
            tuple(values_of(row).values())
            for row in await self.database.rows(select(*table.c).order_by(table.c.row_id))
        ]

    async def table_names(self) -> list[str]:
        async with self.database.engine.connect() as connection:
            names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        return [name for name in names if name.startswith("t_")]


@pytest.fixture
async def loader(database: Database, tmp_path: Path) -> Loader:
    async with database.writing() as connection:
        part = {"organization_id": ORGANIZATION_ID, "id": PART_ID, "system": "VAI", "external_id": WORKSPACE}
        state = {"workspace_id": PART_ID, "status": "ACTIVE", "is_archived": False, "is_deleted": False}
        await connection.execute(workspace_parts.insert(), [part | state])
    return Loader(database, tmp_path)


def types_in(report: TableReport) -> dict[str, str]:
    return {column.name: column.type for column in report.columns}


# The examples


async def test_the_examples_are_loaded_with_typed_columns(database: Database, importer: Importer) -> None:
    await importer.files(EXAMPLES / "vai.jsonl")
    reports = {}
    for entry in json.loads((EXAMPLES / "tables.json").read_text()):
        file, name = EXAMPLES / entry["file"], entry["name"]
        reports[name] = await imported_table(
            database, ORGANIZATION_ID, file, workspace=entry["workspace"], name=name, key=entry["key"]
        )

    assert {name: (report.row_count, report.problems) for name, report in reports.items()} == {
        "orders": (400, []),
        "support_tickets": (250, []),
    }
    assert types_in(reports["orders"]) == {
        "order_id": "text", "ordered_at": "timestamp", "order_date": "date", "customer": "text", "region": "text",
        "warehouse": "text", "channel": "text", "carrier": "text", "product_line": "text", "units": "integer",
        "unit_price": "decimal", "discount_rate": "decimal", "total_amount": "decimal", "currency": "text",
        "is_express": "boolean", "promised_date": "date", "delivered_at": "timestamp", "delivery_hours": "decimal",
        "status": "text",
    }  # fmt: skip
    assert types_in(reports["support_tickets"]) == {
        "ticket_id": "integer", "order_id": "text", "opened_at": "timestamp", "opened_on": "date", "closed_on": "date",
        "topic": "text", "priority": "text", "channel": "text", "assignee": "text",
        "first_response_minutes": "integer", "message_count": "integer", "satisfaction_score": "decimal",
        "refund_amount": "decimal", "is_escalated": "boolean", "summary": "text",
    }  # fmt: skip
    with (EXAMPLES / "tables/orders.csv").open(newline="") as stream:
        source = list(csv.DictReader(stream))
    loader = Loader(database, EXAMPLES)
    part_id = reports["orders"].part_id
    orders = sql_table(await loader.registered(part_id))
    amounts = await database.rows(select(func.sum(orders.c.c_13), func.max(orders.c.c_3), func.count(orders.c.c_17)))
    expected = sum(Decimal(row["total_amount"]) for row in source)
    delivered = sum(bool(row["delivered_at"]) for row in source)
    assert tuple(values_of(amounts[0]).values()) == (
        expected,
        max(date.fromisoformat(row["order_date"]) for row in source),
        delivered,
    )
    assert [row[4] for row in await loader.rows(part_id)] == [row["customer"] for row in source]


# Types


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        *((cell, "boolean") for cell in ("true", "False", "TRUE")),
        *((cell, "integer") for cell in ("0", "-1", "-0", "999999999999999")),
        *((cell, "long") for cell in ("1000000000000000", str(2**63 - 1), str(-(2**63)))),
        *((cell, "decimal") for cell in ("0.00", "-8.35", ".5", "12345678.1234567", "0.000000000000001")),
        *((cell, "float") for cell in ("1e5", "-6.02E+23", "1.000000000000000056e-01", "0.1234567890123456")),
        *((cell, "number") for cell in ("007", "+5", "5.", "00.5", str(2**63), "1e999", "12345678901234567.89")),
        *((cell, "date") for cell in ("2026-11-20", "2024-02-29")),
        *(
            (cell, "timestamp")
            for cell in ("2026-11-20T08:30", "2026-11-20 08:30:00.123456000", "2026-11-20T08:30:00Z")
        ),
        *((cell, "timestamp") for cell in ("2026-11-20T08:30:00+0100", "2026-11-20 08:30:00-05:30")),
        *((cell, "text") for cell in ("tRUE", "t", " 1", "1 ", "1,5", "1_000", "-", ".", "e5", "nan", "inf", "٣")),
        *((cell, "text") for cell in ("2026-02-30", "2026-W01-1", "2026-11-20T25:00", "2026-11-20T08", "20-11-2026")),
        *((cell, "text") for cell in ("2026-11-20T08:30:00.1234567", "0001-01-01T00:00+01:00", "+49 30 1")),
    ],
)
def test_a_cell_has_one_kind(cell: str, kind: str) -> None:
    assert kind_of_text(cell) == kind


@pytest.mark.parametrize(
    ("value", "kind"),
    [(True, "boolean"), (7, "integer"), (2**63, "number"), (8.35, "decimal"), (1e300, "float"), ("7", "text"),
     ("", "text"), ("true", "text"), ("2026-11-20", "date"), ({"a": 1}, "text"), ([1], "text")],
)  # fmt: skip
def test_a_json_value_has_one_kind(value: Any, kind: str) -> None:
    assert kind_of_json(value) == kind


@pytest.mark.parametrize(
    ("counts", "type_name"),
    [
        ({}, "text"),
        ({"integer": 1}, "integer"),
        ({"integer": 1, "decimal": 1}, "decimal"),
        ({"integer": 1, "decimal": 1, "float": 1}, "float"),
        ({"integer": 1, "long": 1}, "integer"),
        ({"long": 1, "decimal": 1}, "text"),
        ({"date": 1, "timestamp": 1}, "text"),
        ({"boolean": 1, "integer": 1}, "text"),
        ({"integer": 99, "text": 1}, "integer"),
        ({"integer": 98, "text": 1}, "text"),
        ({"integer": 19, "text": 0}, "integer"),
        ({"date": 1000, "timestamp": 5, "text": 5}, "date"),
        ({"integer": 995, "decimal": 4, "text": 1}, "decimal"),
        ({"integer": 995, "number": 5}, "text"),  # 007 is no slip of a pen
        ({"decimal": 995, "long": 5}, "text"),
        ({"date": 995, "number": 5}, "date"),
    ],
    ids=str,
)
def test_a_column_has_the_type_that_holds_most_of_it(counts: dict[str, int], type_name: str) -> None:
    assert column_type(counts) == type_name


async def test_every_type_comes_back_as_python_knows_it(loader: Loader) -> None:
    report = await loader.csv(
        ["flag", "day", "at", "n", "price", "x", "zip", "empty"],
        [
            [
                "true",
                "2026-11-20",
                "2026-11-20T08:30:00.5+01:00",
                str(2**63 - 1),
                "123456789012.35",
                "1e-3",
                "01067",
                "",
            ],
            ["", "", "", "", "", "", "", ""],
            ["false", "0001-01-01", "9999-12-31 23:59", str(-(2**63)), "-0.10", "2.5", "99", ""],
        ],
    )

    assert types_in(report) == {
        "flag": "boolean", "day": "date", "at": "timestamp", "n": "integer", "price": "decimal", "x": "float",
        "zip": "text", "empty": "text",
    }  # fmt: skip
    at = datetime(2026, 11, 20, 7, 30, 0, 500_000, tzinfo=UTC)
    assert await loader.rows() == [
        (1, True, date(2026, 11, 20), at, 2**63 - 1, Decimal("123456789012.35"), 0.001, "01067", None),
        (2, *[None] * 8),
        (
            3,
            False,
            date(1, 1, 1),
            datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
            -(2**63),
            Decimal("-0.1"),
            2.5,
            "99",
            None,
        ),
    ]


async def test_decimals_add_and_compare_as_decimals(loader: Loader) -> None:
    await loader.csv(["price"], [["0.10"], ["0.20"], ["0.70"], ["8.35"]])
    price = sql_table(await loader.registered()).c.c_1

    assert isinstance(price.type, DecimalNumber)
    rows = await loader.database.rows(select(func.sum(price)).where(price < Decimal("8.35")))
    assert rows[0][0] == Decimal("1.00")
    assert len(await loader.database.rows(select(price).where(price == Decimal("8.350")))) == 1
    assert len(await loader.database.rows(select(price).where(price >= 0.2))) == 3


async def test_json_lines_keep_their_types_and_the_union_of_their_keys(loader: Loader) -> None:
    lines = [
        {"id": 1, "name": "Ada", "score": 1.5, "mixed": 1, "tags": ["a", {"b": None}], "at": "2026-11-20T08:30:00Z"},
        {"name": "", "id": 2, "mixed": "one", "extra": True, "code": "12"},
        {"id": 3, "mixed": False, "score": None, "tags": "plain\0", "code": "7"},
    ]
    report = await loader.load("\n\n".join(map(json.dumps, lines)), "things.jsonl")

    assert (report.name, report.row_count, report.problems) == ("things", 3, [])
    assert types_in(report) == {
        "id": "integer", "name": "text", "score": "decimal", "mixed": "text", "tags": "text", "at": "timestamp",
        "extra": "boolean", "code": "text",
    }  # fmt: skip
    at = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert await loader.rows() == [
        (1, 1, "Ada", Decimal("1.5"), "1", '["a",{"b":null}]', at, None, None),
        (2, 2, "", None, "one", None, None, True, "12"),
        (3, 3, None, None, "false", "plain\N{REPLACEMENT CHARACTER}", None, None, "7"),
    ]


@pytest.mark.parametrize("name", ["things.csv.gz", "things.csv"])
async def test_a_gzipped_file_with_a_byte_order_mark_is_read(loader: Loader, name: str) -> None:
    report = await loader.load(gzip.compress('\ufeffa,"b ""c""\nd"\r\n1,"x\r\ny"\r\n'.encode()), name)

    assert (report.name, types_in(report)) == ("things", {"a": "integer", 'b "c"\nd': "text"})
    assert await loader.rows() == [(1, 1, "x\r\ny")]


# Rows that are left out


async def test_strays_are_left_out_and_reported_by_line(loader: Loader) -> None:
    rows = [[str(n), f"{n}.5", f"2026-01-{n % 28 + 1:02}"] for n in range(1, 401)]
    rows[100][0], rows[100][1], rows[200][2] = "n/a", "unknown " * 9, "2026-02-30"
    report = await loader.csv(["n", "price", "day"], rows)

    assert types_in(report) == {"n": "integer", "price": "decimal", "day": "date"}
    assert report.problems == [
        RowProblem(102, "n", "must be an integer, got 'n/a'"),
        RowProblem(102, "price", "must be a decimal, got 'unknown unknown unknown unknown unknown ...'"),
        RowProblem(202, "day", "must be a date, got '2026-02-30'"),
    ]
    assert (report.row_count, report.left_out_count, report.problem_count) == (398, 2, 3)
    stored = await loader.rows()
    assert [row[0] for row in stored] == list(range(1, 399))
    assert [row[1] for row in stored] == [n for n in range(1, 401) if n not in (101, 201)]


async def test_broken_lines_are_left_out_and_the_lines_after_them_are_kept(loader: Loader) -> None:
    report = await loader.load(
        b'n,text\n1,"two\nlines"\n2\n\n3,a,b\n4,\xff\xfe\n5,"never closed\n6,fine\n7,"a"b\n8,also "fine"\n9,"last'
    )

    assert await loader.rows() == [(1, 1, "two\nlines"), (2, 6, "fine"), (3, 8, 'also "fine"')]
    assert report.problems == [
        RowProblem(4, None, "must have 2 cells, got 1"),
        RowProblem(6, None, "must have 2 cells, got 3"),
        RowProblem(7, None, "is not UTF-8"),
        RowProblem(8, None, "is not CSV: ',' expected after '\"'"),
        RowProblem(10, None, "is not CSV: ',' expected after '\"'"),
        RowProblem(12, None, "is not CSV: unexpected end of data"),
    ]


async def test_a_quote_that_is_never_closed_costs_one_line(loader: Loader) -> None:
    lines = [f"{n},text of some length to fill the file" for n in range(20_000)]
    lines[7] = '7,"oops'
    report = await loader.load("\n".join(["n,text", *lines]))

    assert report.problems == [RowProblem(9, None, "is not CSV: field larger than field limit (131072)")]
    assert report.row_count == 19_999


async def test_broken_json_lines_are_left_out(loader: Loader) -> None:
    lines = [b'{"a": 1}', b'{"a": 2', b"[3]", b'{"a": "\xff"}', b'{"a": 5}']
    report = await loader.load(b"\n".join(lines), "things.ndjson")

    assert [(problem.line, problem.column, problem.message.split(":")[0]) for problem in report.problems] == [
        (2, None, "is not JSON"),
        (3, None, "must be a JSON object"),
        (4, None, "is not JSON"),
    ]
    assert await loader.rows() == [(1, 1), (2, 5)]


async def test_only_so_many_problems_are_listed(loader: Loader) -> None:
    report = await loader.load("a,b\n" + "1\n" * 1_500)

    assert (report.row_count, report.left_out_count, report.problem_count) == (0, 1_500, 1_500)
    assert len(report.problems) == 1_000


# Keys


async def test_a_key_is_unique_and_never_empty(loader: Loader) -> None:
    report = await loader.csv(
        ["id", "day", "note"],
        [
            ["1", "2026-01-01", "first"],
            ["1", "2026-01-02", "other day"],
            ["1", "2026-01-01", "again"],
            ["", "2026-01-01", "no id"],
            ["2", "", "no day"],
            ["3", "2026-01-03", "last"],
        ],
        key=["day", "id"],
    )

    assert report.problems == [
        RowProblem(4, None, "has the same key as a line before"),
        RowProblem(5, "id", "must not be empty, it is in the key"),
        RowProblem(6, "day", "must not be empty, it is in the key"),
    ]
    days = [date(2026, 1, day) for day in (1, 2, 3)]
    assert await loader.rows() == [(1, 1, days[0], "first"), (2, 1, days[1], "other day"), (3, 3, days[2], "last")]
    declared = await loader.registered()
    assert declared.key == ("day", "id")
    async with loader.database.engine.connect() as connection:
        indexes = await connection.run_sync(lambda sync: inspect(sync).get_indexes(declared.sql_name))
    assert [(index["column_names"], bool(index["unique"])) for index in indexes] == [(["c_2", "c_1"], True)]


async def test_a_key_that_repeats_in_a_later_batch_is_found(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BATCH_CELLS", 10)
    ids = [n if n % 7 else n // 7 for n in range(1, 101)]
    report = await loader.csv(["id", "n"], [[str(id_), str(n)] for n, id_ in enumerate(ids)], key=["id"])

    first = {id_: n for n, id_ in reversed(list(enumerate(ids)))}
    kept = sorted(first.items(), key=lambda item: item[1])
    assert await loader.rows() == [(row_id, *item) for row_id, item in enumerate(kept, start=1)]
    assert [problem.line for problem in report.problems] == [n + 2 for n, id_ in enumerate(ids) if first[id_] != n]


async def test_a_key_too_long_for_an_index_is_left_out(loader: Loader) -> None:
    words = [uuid4().hex * 100, "short"]
    report = await loader.csv(["id"], [[word] for word in words], key=["id"])

    assert report.problems == [RowProblem(2, None, "has a key of more than 2000 bytes")]
    assert await loader.rows() == [(1, "short")]


# Which workspace


async def test_a_workspace_is_found_by_any_of_its_ids(database: Database, importer: Importer, tmp_path: Path) -> None:
    path = Loader(database, tmp_path).file("a\n1\n")
    await importer.lines(
        exchange("vai", "GET /api/v1/workspaces", {"workspaces": [{"id": WORKSPACE, "title": "T"}]}),
        exchange("orgo", "GET /workspaces/1", {"id": "o1", "name": "O"}),
        {"link": [["vai", WORKSPACE], ["orgo", "o1"]]},
    )
    orgo_part = id_of("WORKSPACE", ORGANIZATION_ID, "ORGO", "o1")
    (unified,) = await database.rows(select(workspace_parts.c.workspace_id).distinct())

    for workspace in (WORKSPACE, PART_ID, orgo_part, unified.workspace_id):
        report = await imported_table(database, ORGANIZATION_ID, path, workspace=workspace, name="t", key=[])
        assert report.part_id == PART_ID
    assert len(await database.rows(select(data_tables.c.part_id))) == 1
    for workspace, organization_id in (("o1", ORGANIZATION_ID), ("", ORGANIZATION_ID), (WORKSPACE, "another")):
        with pytest.raises(TableError, match=r"no VAI workspace .*; import its documents first"):
            await imported_table(database, organization_id, path, workspace=workspace, name="t", key=[])


# What is refused as a whole


@pytest.mark.parametrize(
    ("content", "file", "options", "message"),
    [
        ("", "a.csv", {}, "the header, line 1, is missing: the file is empty"),
        ("\n\n", "a.csv", {}, "the header, line 1, is missing"),
        ("a,,c\n", "a.csv", {}, "column 2 of the header has no name"),
        ("a, \n", "a.csv", {}, "column 2 of the header has no name"),
        ("a,b,a\n", "a.csv", {}, "the header names 'a' more than once"),
        (",".join(f"c{n}" for n in range(501)), "a.csv", {}, "a table may have 500 columns, got more"),
        (json.dumps({f"c{n}": n for n in range(501)}), "a.jsonl", {}, "a table may have 500 columns, got more"),
        ("x" * 256, "a.csv", {}, "column 1 of the header has a name of more than 255 characters"),
        (b"\xff\xfe\n", "a.csv", {}, "the header, line 1, is not UTF-8"),
        ('a,"b\n1,2\n', "a.csv", {}, "the header, line 1, is not CSV"),
        ("a;b\n1;2\n", "a.csv", {}, "cells must be separated by commas"),
        ("", "a.jsonl", {}, "holds no rows, hence no columns"),
        ('{"": 1}', "a.jsonl", {}, "column 1 of .* has no name"),
        ("a\n", "a.xlsx", {}, "must be named .csv, .jsonl or .ndjson"),
        (gzip.compress(b"a\n" + b"1\n" * 9, mtime=0)[:-9], "a.csv.gz", {}, "cannot be read: Compressed file ended"),
        ("a\n", "a.csv", {"key": ["b"]}, "no column 'b' to be in the key; there are a"),
        ("a\n", "a.csv", {"key": ["a", "a"]}, "the key names the column 'a' twice"),
        ("a\n", "a.csv", {"name": " "}, "the table has no name"),
    ],
)
async def test_a_file_of_which_no_table_can_be_made_is_refused(
    loader: Loader, content: str | bytes, file: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(TableError, match=message):
        await loader.load(content, file, **options)
    assert await loader.table_names() == []


async def test_a_file_that_changes_between_the_two_readings_is_refused(loader: Loader) -> None:
    def progress(path: Path, _bytes: int) -> None:
        path.write_text("b\n1\n")

    with pytest.raises(TableError, match="was changed while it was read"):
        await loader.load("a\n1\n", progress=progress)
    assert await loader.table_names() == []


async def test_a_file_that_is_not_there_is_refused(loader: Loader) -> None:
    with pytest.raises(TableError, match="cannot be read"):
        await imported_table(loader.database, ORGANIZATION_ID, Path("nowhere.csv"), workspace=WORKSPACE)


async def test_a_table_of_500_columns_is_loaded(loader: Loader) -> None:
    names = [f"column {n}" for n in range(500)]
    await loader.csv(names, [[str(n) for n in range(500)], [f"{n}.5" for n in range(500)]])

    assert [row[500] for row in await loader.rows()] == [Decimal(499), Decimal("499.5")]


async def test_what_the_database_refuses_is_said_and_changes_nothing(loader: Loader) -> None:
    if loader.database.is_sqlite:
        pytest.skip("SQLite has no page that a row must fit")
    names = [f"column {n}" for n in range(500)]
    with pytest.raises(TableError, match="refuses the table: row is too big"):
        await loader.csv(names, [[uuid4().hex * 4 for _ in names]])
    assert await loader.table_names() == []


async def test_names_are_never_sql(loader: Loader) -> None:
    name, column = 'x"; DROP TABLE workspaces; --', "c\"); DROP TABLE data_tables; --':x %(y)s"
    await loader.csv([column, "row_id"], [["1", "2"]], name=name, key=[column])

    declared = await loader.registered()
    assert (declared.name, [column.name for column in declared.columns]) == (name, [column, "row_id"])
    assert await loader.rows() == [(1, 1, 2)]


# In place of the former, or not at all


async def test_a_second_load_replaces_the_first(loader: Loader) -> None:
    first = await loader.load("a,b\n1,2\n", key=["a"])
    second = await loader.load("b\nx\ny\n", file="other.2026.csv")

    assert await loader.rows() == [(1, "x"), (2, "y")]
    assert first.sql_name != second.sql_name
    assert await loader.table_names() == [second.sql_name]
    assert (await loader.registered()).name == "other.2026"
    (row,) = await loader.database.rows(select(data_tables.c.row_count, data_tables.c.imported_at))
    assert row.row_count == 2
    assert datetime.now(UTC) - row.imported_at < timedelta(minutes=1)


async def test_a_table_that_no_load_made_is_never_dropped(loader: Loader) -> None:
    async with loader.database.writing() as connection:
        await connection.exec_driver_sql("CREATE TABLE t_live (a INTEGER)")
        live = DataTable(ORGANIZATION_ID, PART_ID, "live", "t_live", (), ())
        values = {"columns": [], "key": [], "row_count": 0, "imported_at": datetime.now(UTC)}
        values |= {"mode": live.mode, "database": live.database, "can_write": live.can_write}
        row = {"organization_id": live.organization_id, "part_id": PART_ID, "name": "live", "sql_name": "t_live"}
        await connection.execute(data_tables.insert(), [row | values])
    report = await loader.load("a\n1\n")

    assert sorted(await loader.table_names()) == sorted(["t_live", report.sql_name])


@pytest.mark.parametrize("failure", [RuntimeError, asyncio.CancelledError])
async def test_a_load_that_fails_midway_leaves_the_former_table(
    loader: Loader, failure: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "BATCH_CELLS", 10)
    former = await loader.load("a\n1\n")
    size = len("a\n" + "x\n" * 100)

    def progress(_path: Path, bytes_read: int) -> None:
        if bytes_read > size:
            raise failure

    with pytest.raises(failure):
        await loader.load("a\n" + "x\n" * 100, progress=progress)

    assert await loader.rows() == [(1, 1)]
    assert await loader.table_names() == [former.sql_name]
    assert (await loader.load("a\n2\n")).row_count == 1  # no lock is left behind


async def test_a_table_can_be_read_while_it_is_replaced(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BATCH_CELLS", 10)
    await loader.load("a\n1\n")
    declared = await loader.registered()
    seen: list[Any] = []

    async def and_read(*arguments: Any) -> set[int]:
        seen.extend(await asyncio.wait_for(loader.database.rows(select(sql_table(declared).c.c_1)), 5))
        return await insert_rows(*arguments)

    monkeypatch.setattr(tables, "insert_rows", and_read)
    await loader.load("a\n" + "2\n" * 25)
    assert [tuple(values_of(row).values()) for row in seen] == [(1,)] * 3


async def test_two_loads_at_once_leave_one_table(loader: Loader) -> None:
    paths = [loader.file(f"a\n{n}\n", f"{n}.csv") for n in range(4)]
    await asyncio.gather(
        *(imported_table(loader.database, ORGANIZATION_ID, path, workspace=WORKSPACE) for path in paths)
    )

    assert await loader.table_names() == [(await loader.registered()).sql_name]


# Sizes


async def test_memory_stays_flat_and_a_large_file_is_quick(loader: Loader) -> None:
    path = loader.folder / "large.csv"
    with path.open("w") as stream:
        stream.write("id,at,price,flag,note\n")
        for n in range(100_000):
            stream.write(
                f"{n},2026-01-01T00:{n // 60 % 60:02}:{n % 60:02}Z,{n}.25,{'true' if n % 2 else 'false'},note {n}\n"
            )
    read: list[int] = []

    async def load() -> TableReport:
        return await imported_table(
            loader.database, ORGANIZATION_ID, path, workspace=WORKSPACE, key=["id"],
            progress=lambda _path, bytes_read: read.append(bytes_read),
        )  # fmt: skip

    begun = time.perf_counter()
    report = await load()
    assert time.perf_counter() - begun < 30  # some 3 s on an idle machine
    assert (report.row_count, report.problem_count) == (100_000, 0)
    assert read == sorted(read)
    assert read[-1] == 2 * path.stat().st_size

    few = path.read_text().splitlines()[:20_001]
    path.write_text("\n".join(few))
    peaks = []
    for lines in (few[:5_001], few):
        path.write_text("\n".join(lines))
        tracemalloc.start()
        await load()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0] + 2_000_000


# Any table

_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
_names = st.text(st.characters(codec="utf-8", exclude_characters="\0;\t\ufeff"), max_size=20).filter(str.strip)
_moments = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))
_COLUMNS: dict[str, st.SearchStrategy[tuple[str, Any]]] = {
    "boolean": st.booleans().map(lambda value: (str(value).lower(), value)),
    "date": st.dates().map(lambda value: (value.isoformat(), value)),
    "timestamp": _moments.map(lambda value: (value.isoformat(), value)),
    "integer": st.integers(-(2**63), 2**63 - 1).map(lambda value: (str(value), value)),
    "decimal": st.decimals(-(10**9), 10**9, places=5).map(lambda value: (format(value, "f"), value)),
    "float": st.floats(allow_nan=False, allow_infinity=False).map(lambda value: (format(value, ".17e"), value)),
    "text": _texts.map(lambda value: (f"- {value}", f"- {value}")),
}


@st.composite
def _tables(draw: st.DrawFn) -> tuple[list[str], list[str], list[list[tuple[str, Any]]]]:
    names = draw(st.lists(_names, min_size=1, max_size=6, unique=True))
    kinds = draw(st.lists(st.sampled_from(sorted(_COLUMNS)), min_size=len(names), max_size=len(names)))
    row = st.tuples(*(st.one_of(st.just(("", None)), _COLUMNS[kind]) for kind in kinds))
    return names, kinds, [list(cells) for cells in draw(st.lists(row, max_size=12))]


@given(table=_tables())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_table_comes_back_equal(
    loader: Loader, table: tuple[list[str], list[str], list[list[tuple[str, Any]]]]
) -> None:
    names, kinds, rows = table
    report = await loader.csv(names, [[cell for cell, _value in row] for row in rows])

    is_empty = [all(row[position][1] is None for row in rows) for position in range(len(names))]
    expected = ["text" if empty else kind for kind, empty in zip(kinds, is_empty, strict=True)]
    assert [(column.name, column.type) for column in report.columns] == list(zip(names, expected, strict=True))
    assert report.problems == []
    assert await loader.rows() == [
        (row_id, *(value for _cell, value in row)) for row_id, row in enumerate(rows, start=1)
    ]
