"""What the tests of access share: the stage, which is set once for a database of each kind and copied, and a walk over it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from db.database import Database
from schema.build import GraphSchema
from tests.access.access_table import Table
from tests.access.access_walk import Stage, Walk, roomy_schema, stage_over, staged
from tests.conftest import BOTH, postgres_database

SHOWN = 40  # of what is wrong
COPY = "CREATE DATABASE {{name}} TEMPLATE {template} STRATEGY FILE_COPY"


@dataclass(frozen=True)
class Staged:
    """A database with the stage in it, to be copied, and everybody's tokens."""

    template: str | Path
    tokens: dict[str, str]


async def _staged(url: str, folder: Path) -> dict[str, str]:
    database = Database(url)
    tokens = await staged(database, folder)
    await database.close()
    return tokens


@pytest.fixture(scope="session", name="sqlite_stage")
def staged_on_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Staged:
    """The stage in a file."""
    folder = tmp_path_factory.mktemp("stage")
    path = shutil.copy(sqlite_template, folder / "stage.db")
    return Staged(path, asyncio.run(_staged(f"sqlite+aiosqlite:///{path}", folder)))


@pytest.fixture(scope="session", name="postgresql_stage")
def staged_on_postgresql(postgres_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    """The stage in a database of PostgreSQL's."""
    with asyncio.Runner() as runner:
        kept = postgres_database(COPY.format(template=postgres_template))
        url = runner.run(kept.__aenter__())
        tokens = runner.run(_staged(url, tmp_path_factory.mktemp("stage")))
        yield Staged(url.rpartition("/")[2], tokens)
        runner.run(kept.__aexit__(None, None, None))


@pytest.fixture(params=BOTH, name="set_stage")
def stage_of_each_kind(request: pytest.FixtureRequest) -> Staged:
    """The stage, once on each kind of database."""
    found: Staged = request.getfixturevalue(f"{request.param}_stage")
    return found


@pytest.fixture(name="template")
def template_with_stage(set_stage: Staged) -> str | Path:
    """What `database` is a copy of, in place of an empty one."""
    return set_stage.template


@pytest.fixture(scope="module", name="roomy")
def roomy_once() -> GraphSchema:
    """The served schema, without limits on documents."""
    return roomy_schema()


@pytest.fixture(name="stage")
async def stage_of_its_own(database: Database, roomy: GraphSchema, set_stage: Staged) -> Stage:
    """The stage, for one test alone."""
    return await stage_over(database, roomy, set_stage.tokens)


@pytest.fixture(name="walk")
async def walk_learnt(stage: Stage) -> AsyncIterator[Walk]:
    """A walk over the stage, in which the reader has read all there is; at its end nothing was wrong."""
    made = Walk(stage, Table(stage.schema._schema))
    await made.learn()
    yield made
    assert made.wrong[:SHOWN] == []
