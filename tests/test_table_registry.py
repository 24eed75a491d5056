"""Live tables that an operator registers: reflected, offered, read and copied, in either database."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from conftest import ORGANIZATION_ID, POSTGRES, Graph, Importer, exchange
from sqlalchemy import inspect, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from test_cli import Run, run  # noqa: F401

from db.access import READ, TABLE_WRITE
from db.cells import change_cell, note_write
from db.data_rows import DataTable, declared_in
from db.data_tables import MAIN, TABLES, data_tables
from db.database import Database
from db.ids import id_of
from db.reflection import Asked, RegistrationError, candidate_named, forgotten, registered
from db.snapshots import drop_table_of, operational, snapshot

AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
PART = id_of("WORKSPACE", ORGANIZATION_ID, "VAI", "w1")
ORDERS = (
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer VARCHAR(40) NOT NULL, total NUMERIC(10, 2), "
    "paid_on DATE, noted TEXT)",
    "INSERT INTO orders VALUES (1, 'Ada', 10.5, '2026-11-19', NULL), (3, 'Cid', 7, NULL, 'x'), (2, 'Bob', NULL, NULL, 'y')",
)
PAGE = "{ workspaces { nodes { data { rows rowIdentityColumns total mode isLive canEdit readOnlyReason } } } }"


@pytest.fixture
async def tables(database_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    """A second database of the same kind."""
    if database_url.startswith("sqlite"):
        opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'tables.db'}")
        yield opened
        await opened.close()
        return
    name = f"workgraph_tables_{uuid4().hex}"
    server = await asyncpg.connect(POSTGRES)
    try:
        await server.execute(f"CREATE DATABASE {name}")
        opened = Database(f"{database_url.rpartition('/')[0]}/{name}")
        yield opened
        await opened.close()
    finally:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await server.close()


async def run_in(database: Database, *statements: str) -> None:
    async with database.writing() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)


@asynccontextmanager
async def both(main: Database, place: Database) -> AsyncIterator[tuple[AsyncConnection, AsyncConnection]]:
    """Transactions on the main database and on the one where a table lives, which may be the same."""
    async with main.writing() as connection:
        if place is main:
            yield connection, connection
            return
        async with place.writing() as live:
            yield connection, live


async def register(main: Database, place: Database, name: str = "orders", **asked: Any) -> DataTable:
    where = MAIN if place is main else TABLES
    async with both(main, place) as (connection, live):
        whole = Asked(ORGANIZATION_ID, name, asked.pop("sql_name", name), database=where, **asked)
        return await registered(connection, live, whole, AT)


async def refusal(main: Database, *arguments: Any, **asked: Any) -> str:
    with pytest.raises(RegistrationError) as caught:
        await register(main, *arguments, **asked)
    return str(caught.value)


@pytest.fixture(params=(MAIN, TABLES))
def place(request: pytest.FixtureRequest, database: Database, tables: Database) -> Database:
    """Where the live table stands."""
    return database if request.param == MAIN else tables


class World(Graph):
    """The graph with a second database."""

    tables: Database | None = None

    def context(self) -> Any:
        made = super().context()
        made.tables = self.tables
        return made


@pytest.fixture
def world(graph: Graph, tables: Database) -> World:
    """The graph, asked by somebody who may write to tables."""
    made = World(graph.database, graph.schema, replace(graph.viewer, scopes=frozenset((READ, TABLE_WRITE))))
    made.tables = tables
    return made


async def workspace(importer: Importer) -> None:
    await importer.lines(exchange("vai", "GET /api/v1/workspaces/w1", {"workspace": {"id": "w1", "title": "W"}}))


async def data(world: World, query: str = PAGE) -> Any:
    (node,) = (await world.data(query))["workspaces"]["nodes"]
    return node["data"]


ROWS = [
    {"id": 1, "customer": "Ada", "total": 10.5, "paid_on": "2026-11-19", "noted": None},
    {"id": 2, "customer": "Bob", "total": None, "paid_on": None, "noted": "y"},
    {"id": 3, "customer": "Cid", "total": 7.0, "paid_on": None, "noted": "x"},
]


async def test_an_operational_workspace_reads_and_writes_the_live_table(
    world: World, database: Database, place: Database, importer: Importer
) -> None:
    await workspace(importer)
    await run_in(place, *ORDERS)
    await register(database, place)
    async with database.writing() as connection:
        candidate = await candidate_named(connection, ORGANIZATION_ID, "orders")
        assert candidate is not None
        declared = await operational(connection, candidate, part_id=PART, at=AT)

    assert await data(world) == {
        "rows": ROWS,
        "rowIdentityColumns": ["id"],
        "total": 3,
        "mode": "OPERATIONAL",
        "isLive": True,
        "canEdit": True,
        "readOnlyReason": None,
    }
    await run_in(place, "INSERT INTO orders VALUES (4, 'Dot', 1, NULL, NULL)")
    async with both(database, place) as (connection, live):
        change = await change_cell(live, declared, "total", {"id": 3}, "8.25", 7)
        await note_write(connection, declared, AT)
    assert [row["total"] for row in (await data(world))["rows"]] == [10.5, None, 8.25, 1.0]
    assert change.row == ROWS[2] | {"total": 8.25}
    (candidate_now,) = (await world.data("{ tableCandidates { lastWriteAt rowCount } }"))["tableCandidates"]
    assert candidate_now == {"lastWriteAt": "2026-11-20T08:00:00Z", "rowCount": 4}


async def test_a_snapshot_is_not_touched_by_later_changes(
    world: World, database: Database, place: Database, importer: Importer
) -> None:
    await workspace(importer)
    await run_in(place, *ORDERS)
    await register(database, place)
    await copied(database, place)
    await run_in(place, "DELETE FROM orders WHERE id = 1", "UPDATE orders SET total = 99", "DROP TABLE orders")

    assert await data(world) == {
        "rows": ROWS,
        "rowIdentityColumns": ["id"],
        "total": 3,
        "mode": "SNAPSHOT",
        "isLive": False,
        "canEdit": True,
        "readOnlyReason": None,
    }


async def copied(database: Database, place: Database, at: datetime = AT, **options: Any) -> tuple[DataTable, Any]:
    async with both(database, place) as (connection, live):
        candidate = await candidate_named(connection, ORGANIZATION_ID, "orders")
        assert candidate is not None
        source = None if live is connection else live
        return await snapshot(
            connection, candidate, source, organization_id=ORGANIZATION_ID, part_id=PART, at=at, **options
        )


@pytest.mark.parametrize(
    ("column", "why"),
    [
        ("customer", None),
        ("noted", "is null in some rows"),
        ("same", "has the same value in several rows"),
        ("nowhere", "is not there"),
    ],
)
async def test_a_row_id_column_that_identifies_nothing_is_replaced_with_a_warning(
    database: Database, place: Database, column: str, why: str | None
) -> None:
    await run_in(place, *ORDERS, "ALTER TABLE orders ADD COLUMN same INTEGER", "UPDATE orders SET same = 1")
    await register(database, place)

    declared, warnings = await copied(database, place, row_id_column=column)

    if why is None:
        assert (declared.key, warnings) == (("customer",), [])
        return
    assert declared.key == ()
    assert warnings == [
        {
            "code": "row_id_column_replaced",
            "message": f"The column {column} {why}; rows are identified by _row_id instead.",
            "requestedRowIdColumn": column,
            "effectiveRowIdColumn": "_row_id",
        }
    ]


async def test_a_table_is_dropped_with_its_workspace_and_a_live_one_stays(database: Database, place: Database) -> None:
    await run_in(place, *ORDERS)
    await register(database, place)
    await copied(database, place)
    declared, _warnings = await copied(database, place, datetime(2026, 11, 21, tzinfo=UTC))
    assert await own_tables(database) == [declared.sql_name]  # the first copy went when the second came
    async with database.writing() as connection:
        await drop_table_of(connection, ORGANIZATION_ID, PART)
    assert await own_tables(database) == []

    async with database.writing() as connection:
        candidate = await candidate_named(connection, ORGANIZATION_ID, "orders", "organization")
        assert candidate is not None
        await operational(connection, candidate, part_id=PART, at=AT)
        await drop_table_of(connection, ORGANIZATION_ID, PART)
        await drop_table_of(connection, ORGANIZATION_ID, PART)
    assert await database.rows(select(data_tables.c.part_id)) == []
    assert len(await place.rows(select(text("id")).select_from(text("orders")))) == 3  # type: ignore[arg-type]


async def own_tables(database: Database) -> list[str]:
    async with database.engine.connect() as connection:
        names: Sequence[str] = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    return [name for name in names if name.startswith("t_")]


async def test_candidates_are_listed_with_counts_keys_and_reasons(
    world: World, database: Database, tables: Database
) -> None:
    await run_in(database, *ORDERS, "CREATE TABLE bare (a TEXT)", "CREATE VIEW seen AS SELECT id FROM orders")
    await run_in(tables, *ORDERS)
    await register(database, database, owner_task_slug="orders-import", owner_workspace_key="northwind/orders")
    await register(database, database, "bare")
    await register(database, database, "seen", key=("id",))
    await register(
        database, tables, "other_orders", sql_name="orders", scope="task", read_only_reason="Owned by Priya."
    )

    query = """{ tableCandidates { tableName logicalTableName scope sourceType ownerTaskSlug ownerWorkspaceKey
      primaryKeyColumns rowCount canOpenWorkspace canWrite readOnlyReason lastWriteAt columns { name dataType } } }"""
    columns = [
        {"name": name, "dataType": of}
        for name, of in (
            ("id", "integer"), ("customer", "text"), ("total", "decimal"), ("paid_on", "date"), ("noted", "text")
        )
    ]  # fmt: skip
    plain = {
        "scope": "organization", "sourceType": "table", "ownerTaskSlug": None, "ownerWorkspaceKey": None,
        "canOpenWorkspace": True, "canWrite": False, "lastWriteAt": None,
    }  # fmt: skip
    listed = (await world.data(query))["tableCandidates"]
    assert listed == [
        plain | {
            "tableName": "bare", "logicalTableName": "bare", "primaryKeyColumns": [], "rowCount": 0,
            "readOnlyReason": "it has no primary key, and no key was named that identifies its rows",
            "columns": [{"name": "a", "dataType": "text"}],
        },
        plain | {
            "tableName": "orders", "logicalTableName": "orders", "ownerTaskSlug": "orders-import",
            "ownerWorkspaceKey": "northwind/orders", "primaryKeyColumns": ["id"], "rowCount": 3, "canWrite": True,
            "readOnlyReason": None, "columns": columns,
        },
        plain | {
            "tableName": "other_orders", "logicalTableName": "other orders", "scope": "task",
            "primaryKeyColumns": ["id"], "rowCount": 3, "readOnlyReason": "Owned by Priya.", "columns": columns,
        },
        plain | {
            "tableName": "seen", "logicalTableName": "seen", "primaryKeyColumns": ["id"], "rowCount": 3,
            "readOnlyReason": "it is a view", "columns": columns[:1],
        },
    ]  # fmt: skip

    world.tables = None  # the setting is taken away
    (other,) = [one for one in (await world.data(query))["tableCandidates"] if one["tableName"] == "other_orders"]
    assert (other["rowCount"], other["canOpenWorkspace"], other["readOnlyReason"]) == (
        None, False, "The table stands in a second database, and WORKGRAPH_TABLES_URL names none."
    )  # fmt: skip
    world.viewer = replace(world.viewer, organization_id="other")
    assert await world.data(query) == {"tableCandidates": []}


async def test_counts_take_one_statement_for_each_database_and_only_when_selected(
    world: World, database: Database, tables: Database, statements: list[str]
) -> None:
    for number in range(4):
        at = database if number % 2 else tables
        await run_in(at, f"CREATE TABLE x{number} (id INTEGER PRIMARY KEY)")
        await register(database, at, f"x{number}")
    ran: list[str] = []
    tables.watch = lambda told: ran.append(told.text)
    statements.clear()

    assert len((await world.data("{ tableCandidates { tableName } }"))["tableCandidates"]) == 4
    assert (len(statements), len(ran)) == (1, 0)
    await world.data("{ tableCandidates { rowCount } }")
    assert (len(statements), len(ran)) == (3, 1)
    await run_in(tables, "DROP TABLE x2")
    counts = (await world.data("{ tableCandidates { tableName rowCount } }"))["tableCandidates"]
    assert [one["rowCount"] for one in counts] == [0, 0, None, 0]


@pytest.mark.parametrize(
    "name", ["workspaces", "WORKSPACES", "tokens", "answers", "alembic_version", "t_0123456789abcdef01234567"]
)
async def test_workgraphs_own_tables_cannot_be_registered(database: Database, name: str) -> None:
    await run_in(database, "CREATE TABLE t_0123456789abcdef01234567 (id INTEGER)")

    told = f"{name} is a table of Workgraph's own, or of the database's"
    assert await refusal(database, database, "mine", sql_name=name) == told
    schema = "main" if database.is_sqlite else "public"
    assert await refusal(database, database, "mine", sql_name=name, schema_name=schema) == told


async def test_a_key_is_proved_by_a_query(database: Database) -> None:
    await run_in(
        database,
        "CREATE TABLE k (a INTEGER, b INTEGER, c INTEGER)",
        "INSERT INTO k VALUES (1, 1, NULL), (1, 2, 1)",
    )

    assert await refusal(database, database, "k", key=("a",)) == "the key a has the same values in several rows"
    assert await refusal(database, database, "k", key=("c",)) == (
        "the key c is null in some rows, so it identifies no row there"
    )
    assert await refusal(database, database, "k", key=("x",)) == "no column 'x' to be in the key; there are a, b, c"
    declared = await register(database, database, "k", key=("a", "b"))
    assert (declared.key, declared.can_write) == (("a", "b"), True)
    assert await refusal(database, database, "no such") == (
        "the database has no table 'no such'; names are told apart by case"
    )


async def test_a_changed_table_is_told_and_read_anew_once_it_is_registered_again(
    world: World, database: Database, place: Database, importer: Importer
) -> None:
    await workspace(importer)
    await run_in(place, *ORDERS)
    await register(database, place)
    async with database.writing() as connection:
        candidate = await candidate_named(connection, ORGANIZATION_ID, "orders")
        assert candidate is not None
        await operational(connection, candidate, part_id=PART, at=AT)
    assert len((await data(world))["rows"]) == 3
    await run_in(place, "ALTER TABLE orders DROP COLUMN noted", "ALTER TABLE orders ADD COLUMN extra TEXT")

    answer = await world.ask(PAGE)
    assert [error.message for error in answer.errors or ()] == [
        "the table orders has changed since it was registered, or may not be read any more; "
        "`workgraph table register orders` reads its columns anew"
    ]
    await register(database, place)
    assert list((await data(world))["rows"][0]) == ["id", "customer", "total", "paid_on", "extra"]
    (row,) = await database.rows(select(data_tables))
    assert declared_in(row).part_id == PART

    world.tables = None
    answer = await world.ask(PAGE)
    told = ["the table orders stands in a second database, and WORKGRAPH_TABLES_URL names none"]
    assert [error.message for error in answer.errors or ()] == ([] if place is database else told)


async def test_a_registration_is_kept_while_workspaces_stand_on_it(database: Database) -> None:
    await run_in(database, *ORDERS)
    await register(database, database)
    async with database.writing() as connection:
        candidate = await candidate_named(connection, ORGANIZATION_ID, "orders")
        assert candidate is not None
        await operational(connection, candidate, part_id=PART, at=AT)
        with pytest.raises(RegistrationError, match="1 workspaces stand on the table orders"):
            await forgotten(connection, ORGANIZATION_ID, "orders", "organization")
        await drop_table_of(connection, ORGANIZATION_ID, PART)
        assert await forgotten(connection, ORGANIZATION_ID, "orders", "organization")
        assert not await forgotten(connection, ORGANIZATION_ID, "orders", "organization")


async def test_live_names_may_be_anything(world: World, database: Database, importer: Importer) -> None:
    await workspace(importer)
    names = ['a "quoted" one', "per%cent %s %(x)s", "co:lon", "ünï ☃", "x" * 63, "row_id", "select", "it's; DROP"]
    quoted = ", ".join('"{}" TEXT'.format(name.replace('"', '""')) for name in names)
    holes = ", ".join(f"'{number}'" for number in range(len(names)))
    async with database.writing() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection  # for which `:x` is no parameter
        await driver.execute(f'CREATE TABLE "od""d %s :x" (id INTEGER PRIMARY KEY, {quoted})')
        await driver.execute(f'INSERT INTO "od""d %s :x" VALUES (1, {holes})')
    await register(database, database, "odd", sql_name='od"d %s :x')
    async with database.writing() as connection:
        candidate = await candidate_named(connection, ORGANIZATION_ID, "odd")
        assert candidate is not None
        declared = await operational(connection, candidate, part_id=PART, at=AT)
        row = {"id": 1} | {name: str(number) for number, name in enumerate(names)}
        for name in names:
            row[name] = f"new {name}"
            assert (await change_cell(connection, declared, name, {"id": 1}, row[name])).row == row
    assert (await data(world))["rows"] == [row]
    copy, _warnings = await named_copy(database, "odd")
    assert [column.name for column in copy.columns] == ["id", *names]
    assert (await data(world))["rows"] == [row]


async def named_copy(database: Database, name: str) -> tuple[DataTable, Any]:
    async with database.writing() as connection:
        candidate = await candidate_named(connection, ORGANIZATION_ID, name)
        assert candidate is not None
        return await snapshot(connection, candidate, organization_id=ORGANIZATION_ID, part_id=PART, at=AT)


# What only one of the databases has


@pytest.fixture
def postgres_only(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no such types")


@pytest.fixture
def sqlite_only(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL's columns hold what they say")


@pytest.mark.usefixtures("postgres_only")
async def test_live_types_that_are_none_of_ours_are_shown_as_text(
    world: World, database: Database, place: Database, importer: Importer
) -> None:
    await workspace(importer)
    await run_in(
        place,
        "CREATE TYPE mood AS ENUM ('low', 'high')",
        "CREATE TABLE odd (id uuid PRIMARY KEY, at timestamp, tz timestamptz, m mood, j jsonb, a integer[], n numeric, "
        "b bytea, r real, i interval, made integer GENERATED ALWAYS AS (1 + 1) STORED)",
        "INSERT INTO odd VALUES ('0a6a5bd2-0000-4000-8000-000000000001', '2026-11-20 08:30', '2026-11-20 08:30+01', "
        "'high', '{\"a\": 1}', '{1,2}', 12345678901234567.5, '\\x00ff', 1.5, '1 day')",
    )
    declared = await register(database, place, "odd")
    async with database.writing() as connection:
        await operational(connection, declared, part_id=PART, at=AT)
    row = {
        "id": "0a6a5bd2-0000-4000-8000-000000000001", "at": "2026-11-20T08:30:00Z", "tz": "2026-11-20T07:30:00Z",
        "m": "high", "j": '{"a": 1}', "a": "{1,2}", "n": "12345678901234567.5", "b": "\\x00ff", "r": 1.5, "i": "1 day",
        "made": 2,
    }  # fmt: skip
    assert (await data(world))["rows"] == [row]
    assert [column.name for column in declared.columns if not column.can_write] == [
        "id", "m", "j", "a", "b", "i", "made"
    ]  # fmt: skip
    async with both(database, place) as (connection, live):
        await snapshot(connection, declared, live, organization_id=ORGANIZATION_ID, part_id=PART, at=AT)
    assert (await data(world))["rows"] == [row]


@pytest.mark.usefixtures("postgres_only")
async def test_a_table_of_another_schema_is_found_by_it(world: World, database: Database, importer: Importer) -> None:
    await workspace(importer)
    await run_in(
        database,
        "CREATE SCHEMA hr",
        "CREATE TABLE hr.people (id INTEGER PRIMARY KEY)",
        "INSERT INTO hr.people VALUES (7)",
    )
    declared = await register(database, database, "people", schema_name="hr")
    async with database.writing() as connection:
        await operational(connection, declared, part_id=PART, at=AT)

    assert (await data(world))["rows"] == [{"id": 7}]
    for schema in ("pg_catalog", "information_schema"):
        told = await refusal(database, database, "x", sql_name="tables", schema_name=schema)
        assert told == "tables is a table of Workgraph's own, or of the database's"


@pytest.mark.usefixtures("sqlite_only")
async def test_what_sqlite_holds_under_another_type_is_shown_as_it_is(
    world: World, database: Database, place: Database, importer: Importer
) -> None:
    await workspace(importer)
    await run_in(
        place,
        "CREATE TABLE odd (id INTEGER PRIMARY KEY, n INTEGER, t TEXT, at DATETIME, day DATE, ok BOOLEAN, b BLOB)",
        "INSERT INTO odd VALUES (1, 'many', 5, '2026-11-20T08:30:00Z', '20.11.2026', 'yes', x'00ff')",
        "INSERT INTO odd VALUES (2, 1, x'ff', NULL, NULL, 1, NULL)",
    )
    declared = await register(database, place, "odd")
    async with database.writing() as connection:
        await operational(connection, declared, part_id=PART, at=AT)
    rows = [
        {"id": 1, "n": "many", "t": "5", "at": "2026-11-20T08:30:00Z", "day": "20.11.2026", "ok": "yes", "b": "00FF"},
        {"id": 2, "n": 1, "t": "ff", "at": None, "day": None, "ok": True, "b": ""},
    ]
    assert (await data(world))["rows"] == rows
    if place is database:
        await named_copy(database, "odd")
        assert (await data(world))["rows"] == [rows[0], rows[1] | {"t": "FF"}]


# The command line


def test_the_commands_register_list_and_remove(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    second = tmp_path / "second.db"
    with sqlite3.connect(second) as connection:
        for statement in ORDERS:
            connection.execute(statement)
    connection.close()
    refused = run("table", "register", "orders", "--database", "tables")
    assert (refused.code, refused.err.strip()) == (2, "workgraph: WORKGRAPH_TABLES_URL names no second database")
    monkeypatch.setenv("WORKGRAPH_TABLES_URL", f"sqlite+aiosqlite:///{second}")

    made = run("table", "register", "shop", "--sql-name", "orders", "--database", "tables", "--read-only", "Not yours.")
    assert (made.code, made.out) == (0, "")
    assert made.err.splitlines() == [
        "table shop (organization): key id",
        "columns: id integer, customer text, total decimal, paid_on date, noted text",
        "read-only: Not yours.",
    ]
    assert run("table", "list").out == "shop\torganization\ttables\torders\tid\tread-only: Not yours.\n"
    own = run("table", "register", "tokens")
    assert own.code == 1
    assert own.err.strip() == (
        "workgraph: cannot register tokens: tokens is a table of Workgraph's own, or of the database's"
    )
    assert run("table", "remove", "shop").code == 0
    assert run("table", "list").out == ""
    gone = run("table", "remove", "shop")
    assert (gone.code, gone.err.strip()) == (
        1, "workgraph: no table 'shop' is registered in the scope 'organization'"
    )  # fmt: skip
    monkeypatch.setenv("WORKGRAPH_TABLES_URL", "postgresql+asyncpg://me:secret@127.0.0.1:1/none")
    lost = run("table", "register", "orders", "--database", "tables")
    assert lost.code == 1
    assert "secret" not in lost.err
