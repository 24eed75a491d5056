"""Statements that write to SQLite, ended when they take too long or nobody waits for them.

PostgreSQL's server does that itself. SQLAlchemy closes a connection whose statement was cancelled, but in the
connection's thread, behind the statement; and a connection that is closed in mid-transaction keeps the write lock for
as long as anything in Python holds a cursor of it, such as the traceback of what cancelled it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

TIMER = "timer"  # of the statement that a connection is running, in what SQLAlchemy keeps with the connection


def end_statements(engine: Engine, seconds: float | None) -> None:
    """Let each statement of the engine's connections be interrupted after so many seconds, and when it is given up."""
    if seconds is not None:
        _end_long_ones(engine, seconds)
    event.listen(engine.pool, "invalidate", _let_go)


def _end_long_ones(engine: Engine, seconds: float) -> None:
    def begin(connection: Any, *_statement: Any) -> None:
        raw = _raw(connection.connection.driver_connection)
        connection.info[TIMER] = asyncio.get_running_loop().call_later(seconds, raw.interrupt)

    def end(connection: Any, *_statement: Any) -> None:
        _stop(connection.info)

    def fail(context: ExceptionContext) -> None:
        if context.connection is not None and not context.connection.invalidated:
            _stop(context.connection.info)

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
    event.listen(engine, "handle_error", fail)


def _stop(info: Any) -> None:
    timer = info.pop(TIMER, None)
    if timer is not None:
        timer.cancel()


def _let_go(connection: Any, record: Any, _error: Any) -> None:
    """Before a connection is closed because nobody knows what it is at."""
    _stop(record.info)
    raw = _raw(connection.driver_connection)
    raw.interrupt()
    connection.driver_connection._tx.put_nowait((None, raw.rollback))  # in its thread, behind what was interrupted


def _raw(connection: Any) -> sqlite3.Connection:
    """The connection in aiosqlite's thread; its own `interrupt` is a coroutine, which no timer can call."""
    raw: sqlite3.Connection = connection._conn
    return raw
