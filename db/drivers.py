"""The drivers under the statements that read: asyncpg, and SQLite in threads beside the event loop."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from time import monotonic
from typing import Any, Protocol

import asyncpg
from sqlalchemy import URL
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite

from db.costs import add_exact_sums
from db.statements import Prepared
from db.turns import Turns
from errors import OverloadedError

CONNECTIONS = 10  # of one process to PostgreSQL, at most
SHARE = 8  # of these that read for one account at once, at most
READERS = 1  # threads that read a SQLite file; more would fight for the interpreter at each row
WAIT_SECONDS = 5  # how long a statement waits for a connection, and for a server that should have ended it
CLOSE_SECONDS = 2  # how long the server gets to end a statement that nobody waits for
STATEMENTS = 1_000  # kept prepared on each connection
LOST = (
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.InternalClientError,  # what asyncpg says of a connection that was lost while it looked the other way
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    OSError,
)
SQLALCHEMY_ONLY = {"prepared_statement_cache_size", "prepared_statement_name_func", "async_creator_fn"}


class Driver(Protocol):
    """Runs statements that read."""

    async def rows(self, statement: Prepared, arguments: Sequence[Any]) -> Sequence[Any]:
        """All rows."""

    async def close(self) -> None:
        """Give every connection back."""


class PostgresDriver:
    """asyncpg with prepared statements, over connections of its own.

    A pool of asyncpg's runs a task and a reset for each statement, which cost as much as a small statement itself;
    ours hold no state between statements, so that there is nothing to reset (docs/decisions). The server ends
    statements that take longer than `statement_seconds`; one that does not even do that is as good as gone.
    """

    def __init__(self, url: URL, statement_seconds: float | None = None) -> None:
        make: Any = PGDialect_asyncpg
        options = make().create_connect_args(url)[1]
        self._options = {name: value for name, value in options.items() if name not in SQLALCHEMY_ONLY}
        self._settings = {"jit": "off", "plan_cache_mode": "force_generic_plan"}  # statements are planned once
        self._patience: float | None = None
        if statement_seconds is not None:
            self._settings["statement_timeout"] = str(round(statement_seconds * 1000))
            self._patience = statement_seconds + WAIT_SECONDS
        self._idle: list[asyncpg.Connection] = []
        self._turns = Turns(CONNECTIONS, SHARE, WAIT_SECONDS)

    async def rows(self, statement: Prepared, arguments: Sequence[Any]) -> Sequence[Any]:
        """All rows. A connection that turns out to be lost is replaced once. Raises OverloadedError."""
        holder = await self._turns.take()
        try:
            was_idle = bool(self._idle)
            try:
                return await self._rows(statement, arguments)
            except LOST as error:
                if not was_idle or not _is_lost(error):
                    raise
                self._give_up()
                return await self._rows(statement, arguments)
        finally:
            self._turns.give_back(holder)

    async def _rows(self, statement: Prepared, arguments: Sequence[Any]) -> Sequence[Any]:
        connection = self._idle.pop() if self._idle else await self._opened()
        try:
            found: list[Any] = await connection.fetch(
                statement.text, *arguments, timeout=self._patience, record_class=statement.row
            )
        except Exception as error:
            if isinstance(error, (asyncpg.PostgresError, ValueError)) and not _is_lost(error):
                self._keep(connection)  # the statement was refused, and the connection is as good as before
            else:
                connection.terminate()
            raise
        except BaseException:  # cancelled in mid-statement: the server is told, and the connection closed behind it
            await _closed(connection)
            raise
        self._keep(connection)
        return found

    def _keep(self, connection: asyncpg.Connection) -> None:
        if not connection.is_closed():
            self._idle.append(connection)

    def _give_up(self) -> None:
        while self._idle:
            self._idle.pop().terminate()

    async def _opened(self) -> asyncpg.Connection:
        return await opened(
            **self._options, timeout=WAIT_SECONDS, statement_cache_size=STATEMENTS, server_settings=self._settings
        )

    async def close(self) -> None:
        """Wait for the statements that run, and close."""
        await self._turns.all_back()
        while self._idle:
            await self._idle.pop().close()


def _is_lost(error: Exception) -> bool:
    """Whether a connection was lost. A value that a parameter cannot have is an InterfaceError of asyncpg's, too, and
    a server that keeps silent an OSError, which it would be again.
    """
    return isinstance(error, LOST) and not isinstance(error, ValueError | TimeoutError)


async def opened(*place: Any, **options: Any) -> asyncpg.Connection:
    """A new connection. One that nobody waits for any more is opened to the end and closed.

    asyncpg (0.32) leaves an error behind where its opening is cancelled, which asyncio then logs.
    """
    opening = asyncio.create_task(asyncpg.connect(*place, **options))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        await asyncio.wait({opening}, timeout=CLOSE_SECONDS)
        if not opening.done():
            opening.cancel()
        elif opening.exception() is None:
            await _closed(opening.result())
        raise


async def _closed(connection: asyncpg.Connection) -> None:
    try:
        await connection.close(timeout=CLOSE_SECONDS)
    except Exception:
        connection.terminate()


class _Reading:
    """One statement on its way through a thread; it can be interrupted there."""

    def __init__(self, driver: SqliteDriver, statement: Prepared, arguments: Sequence[Any]) -> None:
        self.driver, self.statement, self.arguments = driver, statement, arguments
        self.lock = threading.Lock()
        self.connection: sqlite3.Connection | None = None
        self.began: float | None = None  # on the clock that event loops go by
        self.is_over = False

    def rows(self) -> list[Any]:
        """All rows; runs in a thread."""
        connection = self.driver.taken()
        with self.lock:
            if self.is_over:
                self.driver.given_back(connection)
                return []
            self.connection, self.began = connection, monotonic()
        try:
            with closing(connection.cursor()) as cursor:
                cursor.row_factory = self.statement.row
                return cursor.execute(self.statement.text, self.arguments).fetchall()
        finally:
            with self.lock:
                self.is_over, self.connection = True, None
            self.driver.given_back(connection)

    def interrupt(self) -> None:
        """End it early: nobody waits for it any more."""
        with self.lock:
            self.is_over = True
            if self.connection is not None:
                self.connection.interrupt()


class _Limit:
    """Ends a statement that takes too long, from when a thread began it, and one that none began for as long."""

    def __init__(self, seconds: float, reading: _Reading, found: asyncio.Future[list[Any]]) -> None:
        self.seconds, self.reading, self.found = seconds, reading, found
        self.is_hopeless = False
        self.timer = found.get_loop().call_later(seconds, self.end)

    def end(self) -> None:
        """Its time is up, unless it began late."""
        began = self.reading.began
        left = 0 if began is None else began + self.seconds - monotonic()
        if left > 0:
            self.timer = self.found.get_loop().call_later(left, self.end)
        elif began is None:
            self.is_hopeless = True
            self.found.cancel()
        else:
            self.reading.interrupt()


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class SqliteDriver:
    """SQLite in a few threads, each statement with a connection of its own.

    A statement that takes longer than `statement_seconds`, or waits so long for a thread, is ended.
    """

    def __init__(self, url: URL, pragmas: Sequence[str], statement_seconds: float | None = None) -> None:
        place, options = SQLiteDialect_aiosqlite().create_connect_args(url)
        self._place, self._options = place, dict(options)
        self._pragmas = pragmas
        self._seconds = statement_seconds
        self._idle: list[sqlite3.Connection] = []
        self._threads: ThreadPoolExecutor | None = None

    async def rows(self, statement: Prepared, arguments: Sequence[Any]) -> Sequence[Any]:
        """All rows. Raises OverloadedError where no thread had time for the statement."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite")
        reading = _Reading(self, statement, arguments)
        found = asyncio.get_running_loop().run_in_executor(self._threads, reading.rows)
        limit = None if self._seconds is None else _Limit(self._seconds, reading, found)
        try:
            return await found
        except asyncio.CancelledError:
            reading.interrupt()
            if limit is not None and limit.is_hopeless and not _is_cancelled():
                message = "the database had no time for a statement, as others are at work; come again"
                raise OverloadedError(message, limit="connections", value=READERS, asked=READERS + 1) from None
            raise
        finally:
            if limit is not None:
                limit.timer.cancel()

    def taken(self) -> sqlite3.Connection:
        """An open connection, for one statement."""
        try:
            return self._idle.pop()
        except IndexError:
            return self._opened()

    def given_back(self, connection: sqlite3.Connection) -> None:
        """Keep the connection for the next statement."""
        self._idle.append(connection)

    def _opened(self) -> sqlite3.Connection:
        options = {**self._options, "check_same_thread": False, "isolation_level": None}
        connect: Any = sqlite3.connect
        connection: sqlite3.Connection = connect(*self._place, **options, cached_statements=STATEMENTS)
        try:
            for pragma in (*self._pragmas, "query_only=1"):
                connection.execute(f"PRAGMA {pragma}")
            add_exact_sums(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    async def close(self) -> None:
        """Wait for the statements that run, and close."""
        threads, self._threads = self._threads, None
        if threads is not None:
            await asyncio.to_thread(threads.shutdown)
        while self._idle:
            self._idle.pop().close()
