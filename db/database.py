"""The connection to SQLite or PostgreSQL: statements that read, transactions that write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import Any, Protocol

import asyncpg
from cachetools import LRUCache
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from db.commits import Commit
from db.drivers import WAIT_SECONDS, Driver, PostgresDriver, SqliteDriver, opened
from db.interrupts import end_statements
from db.outages import WRITERS, is_outage, told_of
from db.statements import Prepared, Reading, prepared
from errors import UnavailableError

POOL_SIZE = 2  # connections for writing kept open by one process
POOL_OVERFLOW = WRITERS - POOL_SIZE  # and this many more while requests need them
UNCERTAIN = (
    "the database went away while the change was being committed, so that it is made whole or not at all, and nobody "
    "can tell which; send it again with the same `idempotencyKey`"
)
PREPARED = 2_000  # statements kept ready; one for each relation and selection of its columns
POOL_TIMEOUT_SECONDS = 5  # how long a statement waits for a connection
BUSY_SECONDS = 10.0  # how long a writer on SQLite waits for another one, where statements may take as long as they like
IDLE_TIMES = 2  # so many times as long as a statement may PostgreSQL wait for the next one inside a transaction


SQLITE_PRAGMAS = (
    "journal_mode=WAL",  # readers go on while one writes
    "synchronous=NORMAL",
    "cache_size=-16384",  # 16 MB a connection
)


@dataclass
class Ran:
    """A statement that is run: its text; how long it took and how many rows it gave, once it did."""

    text: str
    seconds: float | None = None
    rows: int | None = None


class Database:
    """One database, by its URL; opened on first use, to be closed once.

    A statement that takes longer than `statement_seconds` is ended; without them it may take as long as it likes.
    """

    def __init__(self, url: str, statement_seconds: float | None = None) -> None:
        self.url = make_url(url)
        self.statement_seconds = statement_seconds
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        plain = self.url.render_as_string(hide_password=False)
        if self.is_sqlite:
            busy = f"busy_timeout={round((statement_seconds or BUSY_SECONDS) * 1000)}"
            pragmas = (busy, *SQLITE_PRAGMAS)  # in this order: the others may have to wait
            self.engine = _sqlite_engine(plain, pragmas, statement_seconds)
            self.driver: Driver = SqliteDriver(self.url, pragmas, statement_seconds)
        else:
            self.engine = _postgres_engine(plain, statement_seconds)
            self.driver = PostgresDriver(self.url, statement_seconds)
        self.watch: Callable[[Ran], None] | None = None
        self._prepared: dict[Hashable, Prepared] = {}
        self._rows: LRUCache[Hashable, type[Any]] = LRUCache(PREPARED)

    def prepared(self, key: Hashable, statement: Callable[[], Reading]) -> Prepared:
        """The statement that is known under the key, made ready when it is first asked for."""
        known = self._prepared.get(key)
        if known is None:
            if len(self._prepared) >= PREPARED:
                del self._prepared[next(iter(self._prepared))]  # the oldest; to know the last used costs at each use
            known = self._prepared[key] = prepared(statement(), self.engine.dialect, self._rows)
        return known

    async def rows(
        self, statement: Reading | Prepared, values: Mapping[str, Any] = MappingProxyType({})
    ) -> Sequence[Any]:
        """All rows of a statement that reads; `values` are those of its required parameters, by name.

        Statements: 1. Raises UnavailableError, StatementTimeoutError, and KeyError for a value that is missing.
        """
        ready = statement if isinstance(statement, Prepared) else prepared(statement, self.engine.dialect, self._rows)
        try:
            if self.watch is None:
                return await self.driver.rows(ready, ready.arguments(values))
            ran, began = Ran(ready.text), perf_counter()
            self.watch(ran)
            found = await self.driver.rows(ready, ready.arguments(values))
            ran.seconds, ran.rows = perf_counter() - began, len(found)
        except Exception as error:
            told = told_of(error, self.statement_seconds)
            if told is None:
                raise
            raise told from error
        return found

    def watched(self, watch: Callable[[Ran], None]) -> Database:
        """The same database, which tells `watch` of each statement that reads."""
        watched = copy(self)
        watched.watch = watch
        return watched

    @asynccontextmanager
    async def writing(self, commit: Commit | None = None) -> AsyncIterator[AsyncConnection]:
        """A connection inside ONE transaction: committed at the end, rolled back if the block raises.

        On SQLite the write lock is taken at once, so that what the block reads stays true until it commits. `commit`
        is told when it begins to be committed. Raises UnavailableError and StatementTimeoutError.
        """
        try:
            async with self._in_transaction(commit or Commit()) as connection:
                yield connection
        except Exception as error:
            told = told_of(error, self.statement_seconds)
            if told is None:
                raise
            raise told from error

    @asynccontextmanager
    async def _in_transaction(self, commit: Commit) -> AsyncIterator[AsyncConnection]:
        async with self.engine.connect() as connection:
            try:
                await connection.exec_driver_sql("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
                yield connection
                commit.is_begun = True
                await _commit(connection)
            except Exception:
                await _roll_back(connection)
                raise
            except BaseException:  # cancelled: the connection may be in mid-statement, so it is given up
                await connection.invalidate()
                raise

    async def close(self) -> None:
        """Give every connection back; a thread of aiosqlite would keep the process alive."""
        await self.driver.close()
        await self.engine.dispose()


async def _roll_back(connection: AsyncConnection) -> None:
    """End the transaction, and with it the connection where that cannot be done.

    SQLite has rolled back already where a statement that writes was interrupted, and says so.
    """
    try:
        await connection.exec_driver_sql("ROLLBACK")
    except Exception:
        await connection.invalidate()
    except BaseException:
        await connection.invalidate()
        raise


async def _commit(connection: AsyncConnection) -> None:
    try:
        await connection.exec_driver_sql("COMMIT")
    except Exception as error:
        if is_outage(error):
            raise UnavailableError(UNCERTAIN) from error
        raise


async def refresh_statistics(database: Database) -> None:
    """Let PostgreSQL count anew how its tables are filled, after much has come in; until then it plans as if empty.

    Recursive statements over chains of 1,000 took 15 seconds before it and 70 ms after. SQLite plans without.
    """
    if not database.is_sqlite:
        async with database.engine.connect() as connection:
            await connection.exec_driver_sql("ANALYZE")


def is_collision(error: DBAPIError) -> bool:
    """Whether PostgreSQL broke a transaction off in favour of another one, so that it can be done again."""
    cause = getattr(error.orig, "__cause__", None)
    return isinstance(cause, asyncpg.DeadlockDetectedError | asyncpg.SerializationError)


async def lock_organization(connection: AsyncConnection, organization_id: str) -> None:
    """Let one writer at a time change an organisation's records, until the transaction ends.

    SQLite has one writer at a time by itself.
    """
    if connection.dialect.name == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:organization, 0))")
        await connection.execute(lock, {"organization": organization_id})


POOL: dict[str, Any] = {
    "isolation_level": "AUTOCOMMIT",
    "pool_size": POOL_SIZE,
    "max_overflow": POOL_OVERFLOW,
    "pool_timeout": POOL_TIMEOUT_SECONDS,
    "hide_parameters": True,  # values of filters and digests of tokens stay out of error texts
}


def _postgres_engine(url: str, statement_seconds: float | None) -> AsyncEngine:
    options: dict[str, Any] = {"timeout": WAIT_SECONDS, "async_creator_fn": opened}
    if statement_seconds is not None:
        milliseconds = round(statement_seconds * 1000)
        options["command_timeout"] = statement_seconds + WAIT_SECONDS  # of a server that does not even say that
        options["server_settings"] = {
            "statement_timeout": str(milliseconds),
            # so that a process that hangs in mid-transaction does not keep others from writing
            "idle_in_transaction_session_timeout": str(IDLE_TIMES * milliseconds),
        }
    return create_async_engine(url, **POOL, pool_pre_ping=True, connect_args=options)


def _sqlite_engine(url: str, pragmas: Sequence[str], statement_seconds: float | None) -> AsyncEngine:
    engine = create_async_engine(url, **POOL)
    event.listen(engine.sync_engine, "connect", partial(_prepare_sqlite, pragmas))
    end_statements(engine.sync_engine, statement_seconds)
    return engine


class _SqliteConnection(Protocol):
    def cursor(self) -> Any: ...
    def close(self) -> None: ...


def _prepare_sqlite(pragmas: Sequence[str], connection: _SqliteConnection, _entry: ConnectionPoolEntry) -> None:
    try:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
    except Exception:  # no database, say: the pool forgets the connection, and its thread would stay
        connection.close()
        raise


def folder_of(url: str) -> Path | None:
    """The folder of a SQLite file; None for another database or one in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database).parent


def explained(error: Exception, database: Database) -> str:
    """In one sentence, without a password, why the database could not be used."""
    cause: BaseException = error.__cause__ if isinstance(error, UnavailableError) and error.__cause__ else error
    if isinstance(cause, DBAPIError) and cause.orig:
        cause = cause.orig
    return f"cannot use the database {database.url.render_as_string(hide_password=True)}: {cause}"
