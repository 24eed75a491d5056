"""Models and migrations agree, on both databases; upgrading again or twice at once does no harm."""

from __future__ import annotations

import asyncio

from alembic import command
from sqlalchemy import select

from db.data_tables import data_tables
from db.database import Database
from db.documents import answers
from db.ids import id_of
from db.migrate import _config, differences, is_at_head, upgrade
from db.runs import runs
from db.users import tokens


async def test_a_migrated_database_has_exactly_the_declared_tables(database: Database) -> None:
    assert await differences(database) == []
    assert await is_at_head(database)


async def test_an_empty_database_is_not_at_head(empty_url: str) -> None:
    database = Database(empty_url)
    assert not await is_at_head(database)
    await database.close()


async def test_two_processes_may_upgrade_at_once(empty_url: str) -> None:
    first, second = Database(empty_url), Database(empty_url)
    await asyncio.gather(upgrade(first), upgrade(second))
    assert await is_at_head(first)
    assert await differences(second) == []
    await first.close()
    await second.close()


async def test_rows_from_before_operations_get_what_they_would_have_by_now(empty_url: str) -> None:
    database = Database(empty_url)
    async with database.writing() as connection:
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), "0002"))
        for table, row in ROWS_OF_0002:
            columns, values = ", ".join(row), ", ".join(f"'{value}'" for value in row.values())
            await connection.exec_driver_sql(f"INSERT INTO {table} ({columns}) VALUES ({values})")
    await upgrade(database)

    run = (await database.rows(select(runs.c.cost)))[0]
    table = (await database.rows(select(*data_tables.c)))[0]
    answer = (await database.rows(select(answers.c.subject_id)))[0]
    assert run.cost == "0.10000000000000000001"
    assert (table.mode, table.database, table.can_write, table.key) == ("SNAPSHOT", "main", True, ["id"])
    assert table.columns == [{"name": "id", "sql_name": "c_1", "type": "integer"}]
    assert answer.subject_id == id_of("CHART", "O", "VAI", "chart 1")
    bearer, browser = await database.rows(select(*tokens.c).order_by(tokens.c.kind))
    assert (bearer.digest, bearer.scopes, bearer.last_used_at) == ("d1", ["workspace:read"], None)
    assert len(bearer.id) == 12 and bearer.name == f"token {bearer.id}"
    assert (browser.digest, browser.name, browser.id != bearer.id) == ("d2", None, True)
    await database.close()


ROWS_OF_0002 = (
    ("runs", {
        "organization_id": "O", "id": "R1", "system": "VAI", "external_id": "1", "status": "FAILED", "depth": 0,
        "usage_total_cost": "0.10000000000000000001",
    }),
    ("data_tables", {
        "organization_id": "O", "part_id": "W1", "name": "orders", "sql_name": "t_1", "row_count": 3, "key": '["id"]',
        "columns": '[{"name": "id", "sql_name": "c_1", "type": "integer"}]', "imported_at": "2026-11-01 10:00:00.000000",
    }),
    ("answers", {
        "organization_id": "O", "id": "Z1", "system": "VAI", "method": "POST", "status": 200, "as_of": 0,
        "path": "/api/v1/workspaces/w/charts/chart%201/data", "endpoint": "e", "fetched_at": "2026-11-01 10:00:00.000000",
    }),
    *(
        ("tokens", {
            "digest": digest, "organization_id": "O", "account_id": "N1", "kind": kind,
            "scopes": '["workspace:read"]', "created_at": "2026-11-01 10:00:00.000000",
        })
        for digest, kind in (("d1", "bearer"), ("d2", "browser"))
    ),
)  # fmt: skip
