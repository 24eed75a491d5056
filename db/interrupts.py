"""Statements that write to SQLite, ended when they take too long; PostgreSQL ends them itself."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncConnection

TIMER = "timer"  # of the statement that a connection is running, in what SQLAlchemy keeps with the connection


def end_long_statements(engine: Engine, seconds: float) -> None:
    """Let each statement of the engine's connections be interrupted after so many seconds."""

    def begin(connection: Any, *_statement: Any) -> None:
        raw: sqlite3.Connection = _raw(connection.connection.driver_connection)
        connection.info[TIMER] = asyncio.get_running_loop().call_later(seconds, raw.interrupt)

    def end(connection: Any, *_statement: Any) -> None:
        _stop(connection.info)

    def fail(context: ExceptionContext) -> None:
        if context.connection is not None and not context.connection.invalidated:
            _stop(context.connection.info)

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
    event.listen(engine, "handle_error", fail)


async def interrupt(connection: AsyncConnection) -> None:
    """End the statement that the connection runs, if it does."""
    if connection.invalidated or connection.closed:
        return
    held = await connection.get_raw_connection()
    _stop(held.info)
    with suppress(ValueError, sqlite3.ProgrammingError):  # closed already
        _raw(held.driver_connection).interrupt()


def _raw(connection: Any) -> sqlite3.Connection:
    """The connection in aiosqlite's thread; its own `interrupt` is a coroutine, which a timer cannot call."""
    raw: sqlite3.Connection = connection._conn
    return raw


def _stop(kept: Any) -> None:
    timer = kept.pop(TIMER, None)
    if timer is not None:
        timer.cancel()
