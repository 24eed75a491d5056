"""A cell is changed by row identity, checked against its column, compared with what the writer expects."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from conftest import ORGANIZATION_ID
from sqlalchemy import text

from db.cells import CellChange, change_cell
from db.data_rows import DataColumn, DataTable, create_table, insert_rows, stored_table
from db.database import Database
from db.reflection import Asked, reflected
from errors import (
    ConflictError,
    GatewayError,
    InvalidInputError,
    InvalidStateError,
    NotFoundError,
    ReadOnlyError,
)

TYPES = ("boolean", "date", "timestamp", "integer", "decimal", "float", "text")
COLUMNS = tuple(DataColumn(f"a {name}", f"c_{number}", name) for number, name in enumerate(TYPES, start=1))
KEYED = DataTable(ORGANIZATION_ID, "part", "things", "t_000000000000000000000001", COLUMNS, ("a text",))
UNKEYED = DataTable(ORGANIZATION_ID, "part", "things", "t_000000000000000000000002", COLUMNS, ())
ROWS = [dict.fromkeys((column.sql_name for column in COLUMNS), None) | {"c_7": name} for name in ("one", "two")]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database without any table of Workgraph's, for cells need none."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def keyed(database: Database) -> DataTable:
    """A snapshot whose rows a column of the file names."""
    await _made(database, KEYED)
    return KEYED


@pytest.fixture
async def unkeyed(database: Database) -> DataTable:
    """A snapshot whose rows have a generated id only."""
    await _made(database, UNKEYED)
    return UNKEYED


async def _made(database: Database, declared: DataTable) -> None:
    async with database.writing() as connection:
        await create_table(connection, stored_table(declared))
        await insert_rows(connection, stored_table(declared), 1, ROWS)


async def changed(database: Database, declared: DataTable, *arguments: Any, **options: Any) -> CellChange:
    async with database.writing() as connection:
        return await change_cell(connection, declared, *arguments, **options)


async def refused(database: Database, kind: type[GatewayError], declared: DataTable, *arguments: Any) -> Any:
    with pytest.raises(kind) as caught:
        await changed(database, declared, *arguments)
    return caught.value


EMPTY = {f"a {name}": None for name in TYPES}


@pytest.mark.parametrize(
    ("column", "given", "kept"),
    [
        ("boolean", True, True),
        ("date", "2026-11-20", "2026-11-20"),
        ("timestamp", "2026-11-20T08:30:00+01:00", "2026-11-20T07:30:00Z"),
        ("timestamp", "2026-11-20 08:30", "2026-11-20T08:30:00Z"),
        ("timestamp", "2026-11-20T08:30:00.000001Z", "2026-11-20T08:30:00.000001Z"),
        ("integer", -(2**63), str(-(2**63))),
        ("integer", 5.0, 5),
        ("decimal", 1.1, 1.1),
        ("decimal", "123456789012.345", 123456789012.345),
        ("decimal", 7, 7.0),
        ("float", 1e300, 1e300),
        ("integer", None, None),
    ],
)
async def test_a_value_of_the_columns_type_is_kept(
    database: Database, keyed: DataTable, column: str, given: Any, kept: Any
) -> None:
    change = await changed(database, keyed, f"a {column}", {"a text": "two"}, given, None)

    assert change == CellChange(None, kept, EMPTY | {"a text": "two", f"a {column}": kept})
    again = await changed(database, keyed, f"a {column}", {"a text": "two"}, given, given)
    assert again == CellChange(kept, kept, change.row)


@pytest.mark.parametrize(
    ("column", "given", "message"),
    [
        ("boolean", 1, "must be true or false, got 1"),
        ("date", "2026-02-30", "must be a date such as 2026-11-20, got '2026-02-30'"),
        ("date", 20261120, "must be a date such as 2026-11-20, got 20261120"),
        ("timestamp", "2026-11-20", "must be a moment such as 2026-11-20T08:30:00Z, got '2026-11-20'"),
        ("timestamp", "0001-01-01T00:00:00+10:00", None),
        ("integer", True, "must be a whole number, got True"),
        ("integer", 1.5, "must be a whole number, got 1.5"),
        ("integer", "5", "must be a whole number, got '5'"),
        ("integer", 2**63, f"must fit into 64 bits, got {2**63}"),
        ("decimal", "1e5", "must be a number, got '1e5'"),
        ("decimal", {"a": 1}, "must be a number, got {'a': 1}"),
        ("float", float("nan"), "must be a number, got nan"),
        ("float", False, "must be a number, got False"),
    ],
)
async def test_a_value_of_another_type_is_refused(
    database: Database, keyed: DataTable, column: str, given: Any, message: str | None
) -> None:
    error = await refused(database, InvalidInputError, keyed, f"a {column}", {"a text": "one"}, given)

    (problem,) = error.details["fields"]
    assert problem["path"] == "newValue"
    assert message is None or problem["message"] == message


async def test_decimals_end_where_the_database_would_lose_digits(database: Database, keyed: DataTable) -> None:
    long = "12345678901234567.89"
    if database.is_sqlite:
        error = await refused(database, InvalidInputError, keyed, "a decimal", {"a text": "one"}, long)
        assert error.details["fields"] == [{"path": "newValue", "message": f"must have at most 15 digits, got {long}"}]
    else:
        change = await changed(database, keyed, "a decimal", {"a text": "one"}, long)
        assert change.new_value == long  # as text, for a double does not hold it


async def test_all_problems_are_told_at_once(database: Database, keyed: DataTable) -> None:
    error = await refused(database, InvalidInputError, keyed, "a text", {"b": 1, "a date": 2}, "x\0")

    assert {one["path"]: one["message"] for one in error.details["fields"]} == {
        "column": "a text identifies the row and cannot be changed",
        "rowIdentity.a text": "is missing",
        "rowIdentity.b": "does not identify a row; rows are named by a text",
        "rowIdentity.a date": "does not identify a row; rows are named by a text",
    }
    error = await refused(database, InvalidInputError, keyed, "no such", {"a text": 5}, 1)
    assert {one["path"]: one["message"] for one in error.details["fields"]} == {
        "column": f"there is no column 'no such'; there are {', '.join(EMPTY)}",
        "rowIdentity.a text": "must be a text, got 5",
    }


async def test_a_row_without_a_key_is_named_by_its_generated_id(database: Database, unkeyed: DataTable) -> None:
    change = await changed(database, unkeyed, "a text", {"_row_id": 2}, "zwei", "two")

    assert change == CellChange("two", "zwei", {"_row_id": 2} | EMPTY | {"a text": "zwei"})
    error = await refused(database, InvalidInputError, unkeyed, "_row_id", {"_row_id": 2}, 3)
    assert error.details["fields"] == [
        {"path": "column", "message": "_row_id identifies the row and cannot be changed"}
    ]
    error = await refused(database, InvalidInputError, unkeyed, "a text", {"_row_id": 1}, "\ud800")
    assert error.details["fields"] == [
        {"path": "newValue", "message": "must be a text of Unicode; it holds half of a character"}
    ]


async def test_a_row_that_is_not_there_is_not_found(database: Database, keyed: DataTable) -> None:
    await refused(database, NotFoundError, keyed, "a date", {"a text": "three"}, None)


async def test_of_two_writers_who_expect_the_same_the_second_is_told_what_is_there(
    database: Database, keyed: DataTable
) -> None:
    await changed(database, keyed, "a integer", {"a text": "one"}, 5, None)

    error = await refused(database, ConflictError, keyed, "a integer", {"a text": "one"}, 6, None)

    row = EMPTY | {"a text": "one", "a integer": 5}
    assert error.details == {"current": {"value": 5, "row": row}}


async def test_a_table_that_is_read_only_says_why(database: Database) -> None:
    declared = DataTable(
        ORGANIZATION_ID, "part", "t", "t", COLUMNS, (), can_write=False, read_only_reason="Owned by Priya."
    )

    assert str(await refused(database, ReadOnlyError, declared, "a text", {}, "x")) == "Owned by Priya."


# Live tables


async def live(database: Database, *statements: str, **asked: Any) -> DataTable:
    async with database.writing() as connection:
        for statement in statements:
            await connection.execute(text(statement))
        return await reflected(connection, Asked(ORGANIZATION_ID, "live", "live", **asked))


async def test_what_a_live_table_refuses_is_told_as_a_problem_of_the_value(database: Database) -> None:
    declared = await live(
        database,
        "CREATE TABLE live (id INTEGER PRIMARY KEY, name VARCHAR(5) NOT NULL, n INTEGER CHECK (n > 0))",
        "INSERT INTO live VALUES (1, 'one', 1)",
    )

    change = await changed(database, declared, "name", {"id": 1}, "uno", "one")
    assert change == CellChange("one", "uno", {"id": 1, "name": "uno", "n": 1})
    problems = {}
    for column, value in (("name", None), ("name", "longer"), ("n", -1), ("id", 2)):
        error = await refused(database, InvalidInputError, declared, column, {"id": 1}, value)
        problems[column, value] = error.details["fields"][0]["message"]
    assert problems["n", -1].startswith("is refused by the table: ")
    del problems["n", -1]
    assert problems == {
        ("name", None): "must not be null",
        ("name", "longer"): "must have at most 5 characters, got 6",
        ("id", 2): "id identifies the row and cannot be changed",
    }


async def test_a_live_table_that_lost_a_column_says_so(database: Database) -> None:
    declared = await live(
        database, "CREATE TABLE live (id INTEGER PRIMARY KEY, a TEXT, b TEXT)", "INSERT INTO live VALUES (1, 'x', 'y')"
    )
    async with database.writing() as connection:
        await connection.execute(text("ALTER TABLE live DROP COLUMN b"))

    error = await refused(database, InvalidStateError, declared, "a", {"id": 1}, "z")
    assert str(error) == (
        "the table live has changed since it was registered, or may not be read any more; "
        "`workgraph table register live` reads its columns anew"
    )


async def test_moments_without_a_zone_and_uuids_are_understood(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no such types")
    declared = await live(
        database,
        "CREATE TABLE live (id uuid PRIMARY KEY, at timestamp, price numeric(6, 2), small smallint, kind json)",
        "INSERT INTO live VALUES ('0a6a5bd2-0000-4000-8000-000000000001', '2026-11-20 08:30', 1.5, 1, '{}')",
    )
    row_id = {"id": "0a6a5bd2-0000-4000-8000-000000000001"}

    change = await changed(database, declared, "at", row_id, "2026-11-21T08:30:00+01:00", "2026-11-20T08:30:00Z")

    assert change.row == {
        **row_id, "at": "2026-11-21T07:30:00Z", "price": 1.5, "small": 1, "kind": "{}",
    }  # fmt: skip
    problems = []
    for column, value in (("price", "1.234"), ("price", 12345), ("small", 40_000), ("kind", "{}")):
        error = await refused(database, InvalidInputError, declared, column, row_id, value)
        problems.append(error.details["fields"][0]["message"])
    assert problems == [
        "must fit into NUMERIC(6, 2), got 1.234",
        "must fit into NUMERIC(6, 2), got 12345",
        "must fit into 16 bits, got 40000",
        "kind is of the type JSON, which can only be read",
    ]
    error = await refused(database, InvalidInputError, declared, "at", {"id": "no uuid"}, None)
    assert error.details["fields"] == [
        {"path": "rowIdentity.id", "message": "must be the text of a value of the type UUID"}
    ]


async def test_a_change_is_undone_with_its_transaction(database: Database, keyed: DataTable) -> None:
    async def broken() -> None:
        async with database.writing() as connection:
            await change_cell(connection, keyed, "a integer", {"a text": "one"}, 5)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await broken()
    assert (await changed(database, keyed, "a integer", {"a text": "one"}, 6)).old_value is None
