"""Live tables of the second database over HTTP: named by a setting, read and changed by requests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from db.access import READ, WRITES
from db.data_tables import TABLES
from db.database import Database
from db.migrate import upgrade
from db.reflection import Asked, registered
from gateway import application
from resolvers.accounts import created_token, ensure_organization
from settings import Settings


async def test_a_live_table_of_the_second_database_is_changed_over_http(tmp_path: Path) -> None:
    second = Database(f"sqlite+aiosqlite:///{tmp_path / 'second.db'}")
    settings = Settings(
        data_dir=tmp_path,
        tables_url=f"sqlite+aiosqlite:///{tmp_path / 'second.db'}",
    )
    token = await _prepared(settings, second)
    app = application(settings)

    async def asked(query: str, **variables: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        return answer.json()

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client,
    ):
        making = """mutation { createWorkspace(input: { title: "Live", mode: OPERATIONAL, backingTableName: "orders" }) {
            workspace { id data { isLive rows } } } }"""
        made = (await asked(making))["data"]["createWorkspace"]["workspace"]
        assert made["data"] == {"isLive": True, "rows": [{"id": 1, "amount": 10}]}
        changing = "mutation($i: UpdateCellInput!) { updateCell(input: $i) { row } }"
        cell = {"workspaceId": made["id"], "rowIdentity": {"id": 1}, "column": "amount", "newValue": 11}
        changed = await asked(changing, i={**cell, "expectedValue": 10})
        refused = await asked(changing, i={**cell, "expectedValue": 10})

    assert changed == {"data": {"updateCell": {"row": {"id": 1, "amount": 11}}}}
    told = refused["errors"][0]["extensions"]
    assert (told["code"], told["current"]) == ("CONFLICT", {"value": 11, "row": {"id": 1, "amount": 11}})
    async with second.writing() as connection:
        assert (await connection.exec_driver_sql("SELECT amount FROM orders")).scalar() == 11
    await second.close()


async def _prepared(settings: Settings, second: Database) -> str:
    """A registered table in the second database; a token that may write."""
    database = Database(settings.url)
    await upgrade(database)
    organization_id = await ensure_organization(database, settings.organization)
    async with second.writing() as live:
        await live.exec_driver_sql("CREATE TABLE orders (id INTEGER PRIMARY KEY, amount INTEGER)")
        await live.exec_driver_sql("INSERT INTO orders VALUES (1, 10)")
    async with database.writing() as connection, second.writing() as live:
        asked = Asked(organization_id, "orders", "orders", database=TABLES)
        await registered(connection, live, asked, datetime.now(UTC))
    token = await created_token(database, organization_id, "live@northwind.example", (READ, *WRITES))
    await database.close()
    return token
