"""Statements and requests that take too long are ended, and afterwards everything is whole: connections, data, tasks."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
from sqlalchemy import column, func, literal, select, table, text

from db.access import READ, WRITES
from db.charts import charts
from db.commits import GRACE_SECONDS, Commit, committed
from db.database import POOL_OVERFLOW, POOL_SIZE, Database, _commit
from db.operations import audit_entries
from errors import OverloadedError, RequestTimeoutError, StatementTimeoutError, UnavailableError
from gateway import application
from resolvers.accounts import created_token
from rest.local.desk import Desk
from settings import Settings
from tests.conftest import ORGANIZATION_ID, POSTGRES, Importer, fleet
from tests.test_socket import opened
from web.patience import told_of_timeout

LIMIT = 0.3  # seconds, of a statement or a request that is to be ended
SOON = 5  # seconds, in which all of it must be over; the statements below would take an hour


def endless() -> Any:
    """A statement that reads and takes very long on either database."""
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < 2_000_000_000))
    return select(func.count()).select_from(numbers)


VERSIONS = table("alembic_version", column("version_num"))  # a table that no other one leads to
ENDLESS_WRITE = """INSERT INTO alembic_version
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2000000000)
    SELECT CAST(max(n) AS VARCHAR(32)) FROM numbers"""


@pytest.fixture
async def bounded(database: Database, database_url: str) -> AsyncIterator[Database]:
    """The test's database, whose statements may take `LIMIT` seconds."""
    opened = Database(database_url, LIMIT)
    yield opened
    await opened.close()


async def none_is_at_work(database: Database) -> None:
    """Waits until the server runs no statement and holds no transaction for this database; fails if that takes long."""
    if database.is_sqlite:
        await asyncio.wait_for(versions(database, "writing"), SOON)  # behind whatever has the lock
        return
    server = await asyncpg.connect(POSTGRES)
    busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND state <> 'idle'"
    async with asyncio.timeout(SOON):
        while await server.fetchval(busy, database.url.database):  # noqa: ASYNC110  the server tells no event
            await asyncio.sleep(0.02)
    await server.close()


async def connections(database: Database) -> int:
    """How many the server has to this database."""
    server = await asyncpg.connect(POSTGRES)
    found: int = await server.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = $1", database.url.database
    )
    await server.close()
    return found


# statements


async def test_a_statement_that_reads_too_long_is_ended_and_the_next_one_is_answered(bounded: Database) -> None:
    began = perf_counter()
    with pytest.raises(StatementTimeoutError, match=r"longer than 0\.3 s") as told:
        await bounded.rows(endless())
    assert LIMIT <= perf_counter() - began < SOON
    assert told.value.details == {"limit": "statementSeconds", "value": LIMIT, "asked": LIMIT}
    assert [row[0] for row in await bounded.rows(select(literal(7)))] == [7]
    await none_is_at_work(bounded)


async def test_statements_in_time_are_not_ended_however_long_they_take_together(bounded: Database) -> None:
    for number in range(8):
        await asyncio.sleep(LIMIT / 4)
        assert [row[0] for row in await bounded.rows(select(literal(number)))] == [number]


async def test_without_a_limit_statements_take_as_long_as_they_need(database: Database) -> None:
    """As imports, migrations and commands have it."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(LIMIT * 3):
            await database.rows(endless())


async def test_a_transaction_with_a_statement_that_takes_too_long_leaves_nothing(bounded: Database) -> None:
    for number, statement in enumerate((endless(), text(ENDLESS_WRITE)), start=1):
        began = perf_counter()
        with pytest.raises(StatementTimeoutError):  # noqa: PT012  the transaction's end is part of it
            async with bounded.writing() as connection:
                await connection.execute(text("DELETE FROM alembic_version"))
                await connection.execute(text("INSERT INTO alembic_version VALUES ('half')"))
                await connection.execute(statement)
        assert perf_counter() - began < SOON
        assert await versions(bounded) == number
        async with bounded.writing() as connection:  # on the connection of before, in a transaction of its own
            await connection.execute(text("INSERT INTO alembic_version VALUES (:n)"), {"n": f"whole {number}"})
        assert await versions(bounded) == number + 1
    await none_is_at_work(bounded)


async def versions(database: Database, how: str = "reading") -> int:
    if how == "writing":
        async with database.writing() as connection:
            return int((await connection.execute(select(func.count()).select_from(VERSIONS))).scalar_one())
    rows = await database.rows(select(func.count()).select_from(VERSIONS))
    return int(rows[0][0])


async def test_many_statements_that_take_too_long_at_once_leave_everything_whole(bounded: Database) -> None:
    before = asyncio.all_tasks()
    many = (bounded.rows(endless()) for _ in range(40))
    found = await asyncio.wait_for(asyncio.gather(*many, return_exceptions=True), 10)
    # on SQLite, whose one thread is busy, others are told that there was no time for them
    assert {type(one) for one in found} <= {StatementTimeoutError, OverloadedError}
    assert any(isinstance(one, StatementTimeoutError) for one in found)
    await none_is_at_work(bounded)
    answers = await asyncio.gather(*(bounded.rows(select(literal(n))) for n in range(40)))
    assert [rows[0][0] for rows in answers] == list(range(40))
    assert asyncio.all_tasks() == before
    if not bounded.is_sqlite:
        assert await connections(bounded) <= 12


async def test_statements_that_are_cancelled_at_any_moment_leave_nothing_in_the_log(
    bounded: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Left alone, asyncpg makes one where it is cancelled while it opens a connection."""

    async def write() -> None:
        async with bounded.writing() as connection:
            await connection.execute(select(literal(1)))

    for number in range(12):
        await bounded.close()  # so that connections are opened anew
        asked = [asyncio.create_task(bounded.rows(select(literal(1)))) for _ in range(5)]
        asked += [asyncio.create_task(write()) for _ in range(3)]
        await asyncio.sleep(number / 400)
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        gc.collect()
    await asyncio.sleep(0.05)
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
    assert [row[0] for row in await bounded.rows(select(literal(7)))] == [7]


async def test_transactions_that_are_cancelled_at_any_moment_leave_nothing(bounded: Database) -> None:
    """In the midst of waiting for a connection, beginning, writing, committing and rolling back."""

    async def write(number: int) -> None:
        async with bounded.writing() as connection:
            await connection.execute(text("INSERT INTO alembic_version VALUES (:n)"), {"n": f"a{number}"})
            await connection.execute(text("INSERT INTO alembic_version VALUES (:n)"), {"n": f"b{number}"})
            if number % 3 == 0:
                raise ValueError("no")

    for number in range(60):
        task = asyncio.create_task(write(number))
        await asyncio.sleep(number % 30 / 3_000)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await none_is_at_work(bounded)
    kept = [row[0] for row in await bounded.rows(select(VERSIONS.c.version_num))]
    assert sorted(one[1:] for one in kept if one[0] == "a") == sorted(one[1:] for one in kept if one[0] == "b")
    assert not [one for one in kept if one[0] == "a" and int(one[1:]) % 3 == 0]
    pool: Any = bounded.engine.pool
    assert pool.checkedout() == 0
    for number in range(POOL_SIZE + POOL_OVERFLOW):
        await write(1_000 + 3 * number + 1)


async def test_a_process_that_hangs_in_a_transaction_does_not_keep_others_waiting(bounded: Database) -> None:
    if bounded.is_sqlite:
        pytest.skip("a file has no server that could end it")
    with pytest.raises(UnavailableError):  # noqa: PT012  the transaction's end is part of it
        async with bounded.writing() as connection:
            await connection.execute(text("DELETE FROM accounts"))
            await asyncio.sleep(LIMIT * 4)
            await connection.execute(select(literal(1)))
    assert await versions(bounded) == 1


async def test_a_database_that_falls_silent_is_given_up(
    bounded: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if bounded.is_sqlite:
        pytest.skip("a file does not fall silent")
    monkeypatch.setattr("db.drivers.WAIT_SECONDS", 0.5)
    monkeypatch.setattr("db.database.WAIT_SECONDS", 0.5)
    async with silent_later(bounded.url) as (url, fall_silent):
        database = Database(url, LIMIT)
        assert (await database.rows(select(literal(1))))[0][0] == 1
        fall_silent()
        began = perf_counter()
        with pytest.raises(UnavailableError):
            await database.rows(select(literal(1)))
        with pytest.raises(UnavailableError):
            async with database.writing():
                pass
        assert perf_counter() - began < 2 * SOON
        await database.close()


@asynccontextmanager
async def silent_later(url: Any) -> AsyncIterator[Any]:
    """The URL of a way to the database on which nothing gets through any more, once one says so."""
    open_way = asyncio.Event()
    open_way.set()
    writers = []

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while content := await reader.read(65_536):
            await open_way.wait()
            writer.write(content)

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        their_reader, their_writer = await asyncio.open_connection(url.host, url.port or 5432)
        writers.extend((writer, their_writer))
        await asyncio.gather(passed_on(reader, their_writer), passed_on(their_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(met, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield url.set(host="127.0.0.1", port=port).render_as_string(hide_password=False), open_way.clear
    open_way.set()
    for writer in writers:
        writer.close()
    server.close()


# requests

COMPUTERS = "{ workspaces { nodes { name agents { nodes { name } } computers { nodes { name } } } } }"
FALLS_BACK = "{ __schema { queryType { name } } workspaces { nodes { name computers { nodes { name } } } } }"
FINE = "{ workspaces { totalCount } }"
MOVE = "mutation($id: ID!) { %s }"
ONE = "%s: moveChart(input: {id: $id, position: %d%s}) { chart { position } }"


class Asking:
    """A client of the application in this process."""

    def __init__(self, settings: Settings, token: str) -> None:
        self.settings, self.token = settings, token
        app: Any = application(settings)
        self.app = app
        headers = {"Authorization": f"Bearer {token}"}
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://graph.test", headers=headers
        )

    async def posted(self, query: str, **variables: Any) -> httpx.Response:
        return await self.client.post("/graphql", json={"query": query, "variables": variables})

    async def got(self, query: str) -> httpx.Response:
        return await self.client.get("/graphql", params={"query": query})


@pytest.fixture
async def asking(database: Database, database_url: str, importer: Importer, tmp_path: Path) -> AsyncIterator[Asking]:
    """The application over three workspaces; an operation may take `LIMIT` seconds, a statement very long."""
    await importer.lines(*fleet(workspaces=3, each=2))
    token = await created_token(database, ORGANIZATION_ID, "n@x", [READ, *WRITES])
    settings = Settings(data_dir=tmp_path, database_url=database_url, request_seconds=LIMIT, statement_seconds=60)
    asking = Asking(settings, token)
    answers = [await asking.posted(FINE) for _ in range(3)]  # from now on the token is known; the first may be slow
    assert answers[-1].status_code == 200
    yield asking
    await asking.app.state.database.close()


@asynccontextmanager
async def another(asking: Asking, **limits: float) -> AsyncIterator[Asking]:
    """The application once more, with other limits."""
    given = {"data_dir": asking.settings.data_dir, "database_url": asking.settings.database_url, **limits}
    other = Asking(Settings(**given), asking.token)
    await other.posted(FINE)
    yield other
    await other.app.state.database.close()


@pytest.fixture
def slow_computers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the statements that read computers take very long."""
    rows = Database.rows

    async def slowly(self: Database, statement: Any, values: Any = None) -> Any:
        is_slow = "computers" in getattr(statement, "text", "")
        return await (rows(self, endless()) if is_slow else rows(self, statement, values or {}))

    monkeypatch.setattr(Database, "rows", slowly)


def refusal(answer: httpx.Response) -> dict[str, Any]:
    """What an answer of nothing but one error says, without the request's id and how long it took."""
    assert answer.headers["content-type"].startswith("application/")
    (error,) = answer.json()["errors"]
    assert answer.json().get("data") is None
    extensions: dict[str, Any] = error["extensions"]
    assert LIMIT <= extensions.pop("asked") < SOON
    assert extensions.pop("requestId")
    return {"status": answer.status_code, **extensions}


REFUSED = {"status": 504, "code": "TIMEOUT", "retryable": True, "limit": "requestSeconds", "value": LIMIT}


@pytest.mark.usefixtures("slow_computers")
async def test_a_request_that_takes_too_long_ends_with_all_that_it_began(asking: Asking, database: Database) -> None:
    ways = ((asking.posted, COMPUTERS), (asking.got, COMPUTERS), (asking.posted, FALLS_BACK), (asking.got, FALLS_BACK))
    for ask, query in ways:
        before = asyncio.all_tasks()
        began = perf_counter()
        answer = await ask(query)
        assert perf_counter() - began < SOON
        assert refusal(answer) == REFUSED
        await asyncio.sleep(0.05)  # the loop closes what was given up
        assert asyncio.all_tasks() == before
        await none_is_at_work(database)
        assert (await ask(FINE)).json() == {"data": {"workspaces": {"totalCount": 3}}}


@pytest.mark.usefixtures("slow_computers")
async def test_over_a_socket_an_operation_that_takes_too_long_ends_and_others_go_on(
    asking: Asking, database: Database
) -> None:
    async with opened(asking.app, asking.token) as socket:
        for query in (COMPUTERS, FALLS_BACK):
            told = await socket.asked(query)
            (error,) = told if isinstance(told, list) else told["errors"]
            assert error["extensions"]["code"] == "TIMEOUT"
            await none_is_at_work(database)
            assert (await socket.asked(FINE))["data"] == {"workspaces": {"totalCount": 3}}


@pytest.mark.usefixtures("slow_computers")
async def test_a_client_that_closes_its_socket_leaves_no_statement(asking: Asking, database: Database) -> None:
    before = asyncio.all_tasks()
    async with opened(asking.app, asking.token) as socket:
        query = {"query": COMPUTERS}
        await socket.say(type="subscribe", id="1", payload=query)
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.05)
    await none_is_at_work(database)
    assert asyncio.all_tasks() == before


# graphql-core hands coroutines to tasks that are cancelled before they begin
@pytest.mark.filterwarnings("ignore:.*coroutine object Executor:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("slow_computers")
async def test_many_requests_that_take_too_long_at_once_leave_everything_whole(
    asking: Asking, database: Database
) -> None:
    before = asyncio.all_tasks()
    slow = [asking.posted(COMPUTERS) for _ in range(30)] + [asking.got(FALLS_BACK) for _ in range(10)]
    answers = await asyncio.wait_for(asyncio.gather(*slow), 15)
    assert {answer.json()["errors"][0]["extensions"]["code"] for answer in answers} == {"TIMEOUT"}
    await asyncio.sleep(0.05)
    assert asyncio.all_tasks() == before
    await none_is_at_work(database)
    fine = await asyncio.gather(*(asking.posted(FINE) for _ in range(30)))
    assert {answer.text for answer in fine} == {'{"data":{"workspaces":{"totalCount":3}}}'}
    if not database.is_sqlite:
        assert await connections(database) <= 24  # those of the application, and the test's own


@pytest.mark.usefixtures("slow_computers")
async def test_nobody_works_for_a_client_that_has_gone(
    asking: Asking, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.patience.LOOK_SECONDS", 0.05)
    async with another(asking, request_seconds=60) as patient:
        for query in (COMPUTERS, FALLS_BACK):
            before = asyncio.all_tasks()
            await asyncio.wait_for(asked_and_gone(patient, query), SOON)
            await asyncio.sleep(0.05)
            assert asyncio.all_tasks() == before
            await none_is_at_work(database)


async def asked_and_gone(asking: Asking, query: str) -> None:
    """A request whose client closes the connection behind it."""
    body = orjson.dumps({"query": query})
    coming = [{"type": "http.disconnect"}, {"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return coming.pop()

    async def send(_message: Any) -> None:
        pass

    headers = {
        "authorization": f"Bearer {asking.token}", "content-type": "application/json",
        "content-length": str(len(body)), "host": "graph.test",
    }  # fmt: skip
    scope = {
        "type": "http", "method": "POST", "path": "/graphql", "raw_path": b"/graphql", "root_path": "",
        "scheme": "http", "query_string": b"", "client": ("127.0.0.1", 1), "http_version": "1.1", "state": {},
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("graph.test", 80), "asgi": {"version": "3.0"},
    }  # fmt: skip
    await asking.app(scope, receive, send)
    assert coming == []


@pytest.mark.usefixtures("slow_computers")
async def test_a_statement_that_takes_too_long_spoils_its_field_only(asking: Asking) -> None:
    async with another(asking, statement_seconds=LIMIT) as other:
        answer = await other.posted("{ viewer { email } computers { totalCount } }")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["path"][0]) == (200, "computers")
    extensions = error["extensions"]
    assert (extensions["code"], extensions["retryable"]) == ("STATEMENT_TIMEOUT", True)
    assert (extensions["limit"], extensions["value"]) == ("statementSeconds", LIMIT)


# changes


async def chart_ids(database: Database) -> list[str]:
    rows = await database.rows(select(charts.c.id).order_by(charts.c.workspace_id, charts.c.position))
    return [row.id for row in rows]


async def moves(database: Database) -> int:
    rows = await database.rows(select(func.count()).select_from(audit_entries))
    return int(rows[0][0])


async def test_a_change_that_takes_too_long_is_undone_whole_and_what_was_before_it_is_told(
    asking: Asking, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await chart_ids(database)
    finish, calls = "rest.local.desk.Desk.finish", []

    async def slowly(desk: Any) -> None:
        calls.append(desk)
        await original(desk)
        if len(calls) > 1:
            await desk.connection.execute(endless())

    original = Desk.finish
    monkeypatch.setattr(finish, slowly)
    both = MOVE % (ONE % ("a", 1, "") + " " + ONE % ("b", 0, ""))
    async with another(asking, request_seconds=2, statement_seconds=60) as patient:
        answer = await patient.posted(both, id=ids[0])
    assert refusal(answer) == REFUSED | {"value": 2, "done": 1, "uncertain": False}
    monkeypatch.undo()
    await none_is_at_work(database)
    assert await chart_ids(database) == [ids[1], ids[0], *ids[2:]]
    assert await moves(database) == 1
    again = await asking.posted(MOVE % ONE % ("b", 0, ""), id=ids[0])
    assert again.json() == {"data": {"b": {"chart": {"position": 0}}}}


async def test_a_change_that_is_being_committed_is_let_finish_for_a_while(
    asking: Asking, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slowly(connection: Any) -> None:
        await asyncio.sleep(LIMIT * 2)
        await _commit(connection)

    ids = await chart_ids(database)
    for number, was_done in ((1, True), (2, False)):
        monkeypatch.setattr("db.database._commit", slowly)
        monkeypatch.setattr("db.commits.GRACE_SECONDS", SOON if was_done else 0.05)
        move = MOVE % ONE % ("a", number % 2, f', idempotencyKey: "{number}"')
        answer = await asking.posted(move, id=ids[0])
        assert refusal(answer) == REFUSED | {"done": int(was_done), "uncertain": not was_done}
        monkeypatch.undo()
        await none_is_at_work(database)
        assert await moves(database) == 1
        again = await asking.posted(move, id=ids[0])  # with the same key it is safe to ask again
        assert again.json() == {"data": {"a": {"chart": {"position": number % 2}}}}
        assert await moves(database) == number


async def test_what_is_not_committed_yet_is_given_up_and_what_is_gets_some_time() -> None:
    async def work(commit: Commit, seconds: float) -> str:
        commit.is_begun = seconds > 0
        await asyncio.sleep(seconds or SOON)
        return "done"

    for seconds, done in ((0, False), (LIMIT, True), (GRACE_SECONDS * 3, False)):
        commit = Commit()
        waiting = asyncio.create_task(committed(work(commit, seconds), commit))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (commit.is_done, commit.is_begun) == (done, seconds > 0)


async def test_the_text_of_a_timeout_says_what_became_of_the_changes() -> None:
    assert "ask for less" in str(told_of_timeout(1, 1, []))
    assert "changes made before: 2; of the one at work nothing" in str(
        told_of_timeout(1, 1, [Commit(True, True)] * 2 + [Commit()])
    )
    assert "idempotencyKey" in str(told_of_timeout(1, 1, [Commit(True)]))
    assert isinstance(told_of_timeout(1, 1, []), RequestTimeoutError)
