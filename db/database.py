"""The connection to SQLite or PostgreSQL: statements that read, transactions that write."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from asyncpg import TooManyConnectionsError
from sqlalchemy import event, make_url, text
from sqlalchemy.engine import Row
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql import Executable

from errors import UnavailableError

POOL_SIZE = 5  # connections kept open by one process
POOL_OVERFLOW = 10  # and this many more while requests need them
POOL_TIMEOUT_SECONDS = 5  # how long a statement waits for a connection
BUSY_TIMEOUT_MS = 10_000  # how long a writer on SQLite waits for another one


SQLITE_PRAGMAS = (
    f"busy_timeout={BUSY_TIMEOUT_MS}",
    "journal_mode=WAL",  # readers go on while one writes
    "synchronous=NORMAL",
    "cache_size=-16384",  # 16 MB a connection
)
SQLITE_OUTAGES = ("locked", "busy", "unable to open", "disk", "readonly", "malformed", "not a database")


class Database:
    """One database, by its URL; opened on first use, to be closed once."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine_of(self.url.render_as_string(hide_password=False), self.is_sqlite)

    async def rows(self, statement: Executable) -> Sequence[Row[Any]]:
        """All rows of a statement that reads. Statements: 1. Raises UnavailableError."""
        with _outages_told():
            async with self.engine.connect() as connection:
                return (await connection.execute(statement)).all()

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
        await self.engine.dispose()


@contextmanager
def _outages_told() -> Iterator[None]:
    """Turns every way in which a database is out of reach into UnavailableError: gone, locked, full, all busy."""
    try:
        yield
    except (OSError, PoolTimeoutError, DBAPIError) as error:
        if isinstance(error, DBAPIError) and not _is_outage(error):
            raise
        raise UnavailableError("the database does not answer; try again") from error


def _is_outage(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.OperationalError):  # SQLite says so of a statement that is too complex, too
        return any(word in str(error.orig) for word in SQLITE_OUTAGES)
    is_refused = isinstance(error.orig, TooManyConnectionsError)
    return is_refused or error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))


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
