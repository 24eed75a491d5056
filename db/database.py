"""The connection to SQLite or PostgreSQL: statements that read, transactions that write."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import Any, Protocol

import asyncpg
from cachetools import LRUCache
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from db.drivers import Driver, PostgresDriver, SqliteDriver
from db.statements import Prepared, Reading, prepared
from errors import UnavailableError

POOL_SIZE = 2  # connections for writing kept open by one process
POOL_OVERFLOW = 8  # and this many more while requests need them
NO_ANSWER = "the database does not answer; try again"
PREPARED = 2_000  # statements kept ready; one for each relation and selection of its columns
POOL_TIMEOUT_SECONDS = 5  # how long a statement waits for a connection
BUSY_TIMEOUT_MS = 10_000  # how long a writer on SQLite waits for another one


SQLITE_PRAGMAS = (
    f"busy_timeout={BUSY_TIMEOUT_MS}",
    "journal_mode=WAL",  # readers go on while one writes
    "synchronous=NORMAL",
    "cache_size=-16384",  # 16 MB a connection
)
POSTGRES_OUTAGES = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.OperatorInterventionError,  # shut down, starting up
    asyncpg.InsufficientResourcesError,  # too many connections, disk full
)
SQLITE_OUTAGES = ("locked", "busy", "unable to open", "disk", "readonly", "malformed", "not a database")


@dataclass
class Ran:
    """A statement that is run: its text; how long it took and how many rows it gave, once it did."""

    text: str
    seconds: float | None = None
    rows: int | None = None


class Database:
    """One database, by its URL; opened on first use, to be closed once."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine_of(self.url.render_as_string(hide_password=False), self.is_sqlite)
        self.driver: Driver = SqliteDriver(self.url, SQLITE_PRAGMAS) if self.is_sqlite else PostgresDriver(self.url)
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

        Statements: 1. Raises UnavailableError, and KeyError for a value that is missing.
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
            if not _is_outage(error):
                raise
            raise UnavailableError(NO_ANSWER) from error
        return found

    def watched(self, watch: Callable[[Ran], None]) -> Database:
        """The same database, which tells `watch` of each statement that reads."""
        watched = copy(self)
        watched.watch = watch
        return watched

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A connection inside ONE transaction: committed at the end, rolled back if the block raises.

        On SQLite the write lock is taken at once, so that what the block reads stays true until it commits.
        Raises UnavailableError.
        """
        with _outages_told():
            async with self._in_transaction() as connection:
                yield connection

    @asynccontextmanager
    async def _in_transaction(self) -> AsyncIterator[AsyncConnection]:
        async with self.engine.connect() as connection:
            await connection.exec_driver_sql("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
            try:
                yield connection
                await connection.exec_driver_sql("COMMIT")
            except Exception:
                await connection.exec_driver_sql("ROLLBACK")
                raise
            except BaseException:  # cancelled: the connection may be in mid-statement, so it is given up
                await connection.invalidate()
                raise

    async def close(self) -> None:
        """Give every connection back; a thread of aiosqlite would keep the process alive."""
        await self.driver.close()
        await self.engine.dispose()


@contextmanager
def _outages_told() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if not _is_outage(error):
            raise
        raise UnavailableError(NO_ANSWER) from error


def _is_outage(error: Exception) -> bool:
    """Whether a database is out of reach, in whichever way: gone, locked, full, all busy."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(cause, sqlite3.DatabaseError):  # SQLite says so of a statement that is too complex, too
        return any(word in str(cause) for word in SQLITE_OUTAGES)
    if isinstance(error, DBAPIError):
        lost = error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))
        return lost or isinstance(cause, asyncpg.TooManyConnectionsError)
    is_misuse = isinstance(error, ValueError)  # asyncpg's word for a value that a parameter cannot have
    return isinstance(error, (OSError, PoolTimeoutError, *POSTGRES_OUTAGES)) and not is_misuse


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


def _engine_of(url: str, is_sqlite: bool) -> AsyncEngine:
    options: dict[str, Any] = {
        "isolation_level": "AUTOCOMMIT",
        "pool_size": POOL_SIZE,
        "max_overflow": POOL_OVERFLOW,
        "pool_timeout": POOL_TIMEOUT_SECONDS,
        "hide_parameters": True,  # values of filters and digests of tokens stay out of error texts
    }
    if not is_sqlite:
        return create_async_engine(url, **options, pool_pre_ping=True)
    engine = create_async_engine(url, **options)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return engine


class _SqliteConnection(Protocol):
    def cursor(self) -> Any: ...
    def close(self) -> None: ...


def _prepare_sqlite(connection: _SqliteConnection, _entry: ConnectionPoolEntry) -> None:
    try:
        cursor = connection.cursor()
        for pragma in SQLITE_PRAGMAS:
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
