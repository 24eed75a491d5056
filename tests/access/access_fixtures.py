"""What the tests of access share: the stage, and a walk over it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from db.database import Database
from schema.build import GraphSchema
from tests.access.access_table import Table
from tests.access.access_walk import Walk, roomy_schema, staged

SHOWN = 40  # of what is wrong


@pytest.fixture(scope="module", name="roomy")
def roomy_once() -> GraphSchema:
    """The served schema, without limits on documents."""
    return roomy_schema()


@pytest.fixture(name="walk")
async def walk_learnt(database: Database, roomy: GraphSchema, tmp_path: Path) -> AsyncIterator[Walk]:
    """A walk over the world, in which the reader has read all there is."""
    made = Walk(await staged(database, roomy, tmp_path), Table(roomy._schema))
    await made.learn()
    yield made
    assert made.wrong[:SHOWN] == []
