"""What the databases' own errors mean: out of reach, in whichever way, or ended because a statement took too long."""

from __future__ import annotations

import sqlite3

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from errors import GatewayError, OverloadedError, StatementTimeoutError, UnavailableError

NO_ANSWER = "the database does not answer; try again"
NO_CONNECTION = "no connection to the database was free in time; come again"
WRITERS = 10  # connections that write, at most
POSTGRES_OUTAGES = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.OperatorInterventionError,  # shut down, starting up
    asyncpg.InsufficientResourcesError,  # too many connections, disk full
    asyncpg.IdleInTransactionSessionTimeoutError,
)
SQLITE_OUTAGES = ("locked", "busy", "unable to open", "disk", "readonly", "malformed", "not a database")


def told_of(error: Exception, statement_seconds: float | None) -> GatewayError | None:
    """What a client is told of a database's error; None for what is no matter of the database's state."""
    if isinstance(error, GatewayError):
        return None
    if statement_seconds is not None and _was_ended(error):
        return StatementTimeoutError(
            f"a statement took longer than {statement_seconds:g} s and was ended; ask for less at once, or try again",
            limit="statementSeconds",
            value=statement_seconds,
            asked=statement_seconds,
        )
    if isinstance(error, PoolTimeoutError):
        return OverloadedError(NO_CONNECTION, limit="connections", value=WRITERS, asked=WRITERS + 1)
    return UnavailableError(NO_ANSWER) if is_outage(error) else None


def is_outage(error: Exception) -> bool:
    """Whether a database is out of reach, in whichever way: gone, locked, full, all busy."""
    cause = _of_driver(error)
    if isinstance(cause, sqlite3.DatabaseError):  # SQLite says so of a statement that is too complex, too
        return any(word in str(cause) for word in SQLITE_OUTAGES)
    if isinstance(error, DBAPIError):
        is_lost = error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))
        return is_lost or isinstance(cause, POSTGRES_OUTAGES)
    is_misuse = isinstance(error, ValueError)  # asyncpg's word for a value that a parameter cannot have
    return isinstance(error, (OSError, PoolTimeoutError, *POSTGRES_OUTAGES)) and not is_misuse


def _was_ended(error: Exception) -> bool:
    """Whether the database ended a statement that took too long."""
    cause = _of_driver(error)
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
    return isinstance(cause, asyncpg.QueryCanceledError)


def _of_driver(error: Exception) -> BaseException:
    """The error of the driver's own; SQLAlchemy wraps it, and asyncpg's once more."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return error
    within = error.orig.__cause__
    return within if isinstance(within, asyncpg.PostgresError) else error.orig
