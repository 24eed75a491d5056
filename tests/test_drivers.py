"""Statements that nobody waits for are ended, lost connections are replaced, and nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import func, literal, select

from db.access import READ, Viewer, visible
from db.database import Database
from db.drivers import CONNECTIONS, PostgresDriver, SqliteDriver
from db.keys import among
from db.users import tokens
from db.workspaces import workspaces
from errors import UnavailableError
from resolvers.accounts import BEARER, Viewers, created_token
from tests.conftest import ORGANIZATION_ID, POSTGRES, Graph, Importer, fleet

SECONDS = 20  # that a slow statement would take


def slow() -> Any:
    """A statement that takes long on either database."""
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < 2_000_000_000))
    return select(func.count()).select_from(numbers)


async def none_runs(database: Database) -> None:
    """Waits until no statement runs any more; fails if that takes as long as the slow one would."""
    async with asyncio.timeout(SECONDS / 2):
        if isinstance(database.driver, SqliteDriver):
            await database.rows(select(literal(1)))  # behind whatever its one thread is at
            return
        server = await asyncpg.connect(POSTGRES)
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND state = 'active'"
        while await server.fetchval(asked, database.url.database):  # noqa: ASYNC110  the server tells no event
            await asyncio.sleep(0.05)
        await server.close()


@pytest.mark.parametrize("how", ["cancelled", "timed out"])
async def test_a_statement_that_nobody_waits_for_is_ended(database: Database, how: str) -> None:
    before = asyncio.all_tasks()
    began = asyncio.get_running_loop().time()
    waiting = asyncio.create_task(database.rows(slow()))
    if how == "cancelled":
        await asyncio.sleep(0.3)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    else:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await waiting
    await none_runs(database)
    assert asyncio.get_running_loop().time() - began < SECONDS / 2
    assert asyncio.all_tasks() == before
    assert [row[0] for row in await database.rows(select(func.count()).select_from(workspaces))] == [0]


async def test_a_cancelled_request_leaves_no_task_and_no_statement(
    graph: Graph, importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await importer.lines(*fleet(workspaces=3))
    before = asyncio.all_tasks()
    rows = Database.rows
    begun = asyncio.Event()

    async def slowly(self: Database, statement: Any, values: Any = None) -> Any:
        if "computers" in statement.text:
            begun.set()
            return await rows(self, slow())
        return await rows(self, statement, values)

    monkeypatch.setattr(Database, "rows", slowly)
    query = "{ workspaces { nodes { name agents { nodes { name } } computers { nodes { name } } } } }"
    asking = asyncio.create_task(graph.ask(query))
    await begun.wait()
    await asyncio.sleep(0.1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    monkeypatch.undo()
    await none_runs(graph.database)
    assert asyncio.all_tasks() == before
    assert len((await graph.data(query))["workspaces"]["nodes"]) == 3


async def test_more_statements_than_connections_take_turns(database: Database) -> None:
    one = select(literal(1))
    found = await asyncio.gather(*(database.rows(one) for _ in range(CONNECTIONS * 5)))
    assert [rows[0][0] for rows in found] == [1] * CONNECTIONS * 5
    if isinstance(database.driver, PostgresDriver):
        assert 1 <= len(database.driver._idle) <= CONNECTIONS


async def test_connections_that_the_server_closed_are_replaced(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("a file closes no connections")
    await asyncio.gather(*(database.rows(select(literal(1))) for _ in range(5)))
    server = await asyncpg.connect(POSTGRES)
    end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1"
    assert await server.fetchval(end, database.url.database) >= 5
    await server.close()
    assert (await database.rows(select(literal(1))))[0][0] == 1
    await asyncio.sleep(0.1)  # by now all know that they are lost
    found = await asyncio.gather(*(database.rows(select(literal(1))) for _ in range(5)))
    assert [rows[0][0] for rows in found] == [1] * 5


async def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    for url in (
        f"sqlite+aiosqlite:///{tmp_path / 'no' / 'such.db'}",
        "postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
    ):
        database = Database(url)
        with pytest.raises(UnavailableError):
            await database.rows(select(literal(1)))
        await database.close()


async def test_what_reads_cannot_write(database: Database) -> None:
    """`visible()` is for SELECT; the connections of SQLite that read refuse all else."""
    if not isinstance(database.driver, SqliteDriver):
        pytest.skip("PostgreSQL's own roles are for that")
    connection = database.driver.taken()
    with pytest.raises(Exception, match="readonly"):
        connection.execute("DELETE FROM workspaces")
    database.driver.given_back(connection)


async def test_a_statement_for_nobody_in_particular_does_not_run(database: Database) -> None:
    viewer = Viewer(ORGANIZATION_ID, "a", "n@x", frozenset({READ}))
    statement = visible(select(workspaces.c.id), viewer).where(among(workspaces.c.id, {"x"}))
    with pytest.raises(KeyError, match="viewer_organization"):
        await database.rows(statement)
    assert list(await database.rows(statement, viewer.values)) == []


async def test_what_was_made_ready_for_one_viewer_shows_another_only_its_own(graph: Graph, importer: Importer) -> None:
    await importer.lines(*fleet(workspaces=2))
    query = "{ workspaces { totalCount nodes { name computers { nodes { name } } } } computers { totalCount } }"
    assert (await graph.data(query))["workspaces"]["totalCount"] == 2
    mine = graph.viewer
    nothing = {"workspaces": {"totalCount": 0, "nodes": []}, "computers": {"totalCount": 0}}
    graph.viewer = Viewer("another organisation", mine.account_id, mine.email, mine.scopes, mine.user_ids)
    assert await graph.data(query) == nothing
    graph.viewer = Viewer(mine.organization_id, mine.account_id, mine.email, frozenset(), mine.user_ids)
    refused = await graph.ask(query)
    assert refused.data is None
    assert {getattr(error.original_error, "code", None) for error in refused.errors or ()} == {"PERMISSION_DENIED"}
    graph.viewer = mine
    assert (await graph.data(query))["workspaces"]["totalCount"] == 2


async def test_a_token_is_remembered_for_as_long_as_is_set_and_no_longer_than_it_lasts(
    database: Database, statements: list[str]
) -> None:
    token = await created_token(database, ORGANIZATION_ID, "n@x", [READ])
    remembering, forgetting = Viewers(database, 60), Viewers(database, 0)
    statements.clear()
    for viewers, expected in ((remembering, 2), (forgetting, 6)):
        statements.clear()
        for _ in range(3):
            assert (await viewers.of(token, (BEARER,))).email == "n@x"
        assert len(statements) == expected
    assert await remembering.of(token, ("browser",)) is None
    async with database.writing() as connection:
        await connection.execute(tokens.delete())
    assert await forgetting.of(token, (BEARER,)) is None
    assert (await remembering.of(token, (BEARER,))).email == "n@x"

    holder, until = remembering._known[token]
    remembering._known[token] = replace(holder, expires_at=datetime(2020, 1, 1, tzinfo=UTC)), until
    assert await remembering.of(token, (BEARER,)) is None


async def test_the_way_back_to_a_parent_takes_no_statement(
    graph: Graph, importer: Importer, statements: list[str]
) -> None:
    await importer.lines(*fleet(workspaces=3))
    query = """{ workspaces { nodes { id
        computers { nodes { workspace { id name } } edges { node { workspace { status } } } }
        sessions { nodes { workspace { name owner { email } } agent { name sessions { nodes { agent { name } } } } } }
    } } }"""
    statements.clear()
    data = await graph.data(query)
    # the workspaces, computers, sessions, their agents and owners, the agents' sessions
    assert len(statements) == 6
    for node in data["workspaces"]["nodes"]:
        assert {one["workspace"]["id"] for one in node["computers"]["nodes"]} == {node["id"]}


async def test_an_answer_leaves_no_circles_for_the_garbage_collector(graph: Graph, importer: Importer) -> None:
    await importer.lines(*fleet(workspaces=5))
    query = "{ workspaces { nodes { name computers { nodes { name workspace { name } } } tags { name } } } }"
    await graph.data(query)
    gc.collect()
    gc.disable()
    try:
        data = await graph.data(query)
        assert data["workspaces"]["nodes"]
        del data
        assert gc.collect() < 150  # SQLite's and asyncio's own; the rows of one answer would be several hundred
    finally:
        gc.enable()


async def test_a_server_that_is_shutting_down_is_unavailable_to_readers_and_writers(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLAlchemy has no class for what such a server says, so that to writers it was something unforeseen."""
    if database.is_sqlite:
        pytest.skip("a file does not shut down")

    async def connect(*_place: Any, **_options: Any) -> Any:
        raise asyncpg.CannotConnectNowError("the database system is shutting down")

    monkeypatch.setattr(asyncpg, "connect", connect)
    other = Database(database.url.render_as_string(hide_password=False))
    with pytest.raises(UnavailableError):
        await other.rows(select(literal(1)))
    with pytest.raises(UnavailableError):
        async with other.writing():
            pass
    await other.close()
