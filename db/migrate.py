"""Migrations: bring a database to the newest version, and tell whether it is there.

`python -m db.migrate "what changed"` writes a new migration from the tables as they are declared now.
"""

from __future__ import annotations

import asyncio
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from db.database import Database, lock_organization
from db.metadata import NEWEST
from db.tables import metadata

FOLDER = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


@cache
def _head() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


async def upgrade(database: Database) -> None:
    """Bring the database to the newest version, in one transaction; two processes at once do no harm."""
    async with database.writing() as connection:
        await lock_organization(connection, "migrations")
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), "head"))


async def is_at_head(database: Database) -> bool:
    """Whether the database has the newest version. Raises what the driver raises if it cannot be reached."""
    async with database.engine.connect() as connection:
        return (
            await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision()) == _head()
        )


async def differences(database: Database) -> list[Any]:
    """What the tables declared in db/ have and the migrated database lacks, or the other way round."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_differences)


def _differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"include_name": is_ours, "compare_type": True})
    return list(compare_metadata(context, metadata))


def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Data tables that were imported or registered (`t_...`) are no matter of migrations, and indexes of one database
    are none of a comparison.
    """
    foreign = {"table": "t_", "index": NEWEST}.get(kind)
    return not (foreign and name is not None and name.startswith(foreign))


async def write_migration(message: str) -> None:
    """Write the migration that brings a database at the newest version to the tables declared in db/."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{folder}/empty.db")
        await upgrade(database)
        number = len(list((FOLDER / "versions").glob("*.py"))) + 1
        async with database.writing() as connection:
            await connection.run_sync(
                lambda sync: command.revision(_config(sync), message, autogenerate=True, rev_id=f"{number:04d}")
            )
        await database.close()


if __name__ == "__main__":
    asyncio.run(write_migration(sys.argv[1]))
