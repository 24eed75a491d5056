"""Applications for the tests of what stands in front of the graph."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.access import READ, WRITES
from db.database import Database
from gateway import application
from resolvers.accounts import created_token
from settings import Settings
from tests.conftest import ORGANIZATION_ID
from tests.web.sites import Site, Sites


@pytest.fixture
async def sites(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Sites]:
    """Makes applications by the settings that it is given."""
    made: list[Site] = []
    shutil.copy(sqlite_template, tmp_path / "workgraph.db")

    async def site(host: str = "localhost", **settings: Any) -> Site:
        told = Settings(data_dir=tmp_path, **settings)
        database = Database(told.url)
        token = await created_token(database, ORGANIZATION_ID, "n@x", (READ, *WRITES))
        await database.close()
        app = application(told)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=f"http://{host}")
        made.append(Site(app, client, token, told))
        return made[-1]

    yield site
    for one in made:
        await one.client.aclose()
        await one.app.state.database.close()


@pytest.fixture
async def site(sites: Sites) -> Site:
    """The application as it is without configuration."""
    return await sites()
