"""Models and migrations agree, on both databases; upgrading again or twice at once does no harm."""

from __future__ import annotations

import asyncio

from db.database import Database
from db.migrate import differences, is_at_head, upgrade


async def test_a_migrated_database_has_exactly_the_declared_tables(database: Database) -> None:
    assert await differences(database) == []
    assert await is_at_head(database)


async def test_an_empty_database_is_not_at_head(database_url: str) -> None:
    database = Database(database_url)
    assert not await is_at_head(database)
    await database.close()


async def test_two_processes_may_upgrade_at_once(database_url: str) -> None:
    first, second = Database(database_url), Database(database_url)
    await asyncio.gather(upgrade(first), upgrade(second))
    assert await is_at_head(first)
    assert await differences(second) == []
    await first.close()
    await second.close()
