"""Performs operations here. A writer that asks the live systems would stand in front, with the same one method.

One operation is one transaction: A) one writer of an organisation at a time; B) the first answer again, where the
operation came before under the same key; C) the operation itself; D) what it said is taken in; E) its key is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from weakref import WeakValueDictionary

import orjson
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from db.access import Viewer
from db.commits import Commit, committed
from db.database import Database, is_collision, lock_organization
from db.operations import idempotency_keys
from errors import KeyReusedError, PermissionDeniedError
from operations.operation import Operation, Outcome
from operations.permissions import missing_scope
from rest.local import agents, cells, charts, computers, pods, sessions, shares, tables, tasks, workspaces
from rest.local.desk import Desk

ATTEMPTS = 3  # of an operation that the database broke off in favour of another one, on a live table say
KEY_LIFETIME = timedelta(hours=24)  # as Stripe keeps its keys, of whom clients have the habit

Handler = Callable[[Desk, Any], Awaitable[Outcome]]
HANDLERS: tuple[Handler, ...] = (
    agents.pause_agent,
    agents.resume_agent,
    cells.update_cell,
    charts.create_chart,
    charts.delete_chart,
    charts.move_chart,
    charts.update_chart,
    computers.create_computer,
    computers.delete_computer,
    computers.restart_computer,
    computers.start_computer,
    computers.stop_computer,
    pods.fork_workspace,
    pods.resume_workspace,
    pods.stop_workspace,
    sessions.create_session,
    shares.clear_share,
    shares.revoke_share,
    shares.set_share,
    tables.create_workspace,
    tasks.attach_task,
    tasks.detach_task,
    tasks.update_task_binding,
    workspaces.archive_workspace,
    workspaces.delete_workspace,
    workspaces.link_workspaces,
    workspaces.restore_workspace,
    workspaces.set_tags,
    workspaces.unlink_workspace,
    workspaces.update_workspace,
)
BY_NAME = {handler.__name__: handler for handler in HANDLERS}


class LocalWriter:
    """Applies operations to the database, which is the record. `tables` is the second database, of live tables."""

    def __init__(self, database: Database, tables: Database | None = None) -> None:
        self._database = database
        self._tables = tables
        # So that those who wait for their turn hold no connection, of which there are few.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def perform(self, operation: Operation, viewer: Viewer, commit: Commit) -> Outcome:
        """What came of it. Raises GatewayError, and then nothing was changed."""
        _check_scope(operation, viewer)
        turn = self._turns.setdefault(viewer.organization_id, asyncio.Lock())
        async with turn:
            for _attempt in range(ATTEMPTS - 1):
                try:
                    return await committed(self._performed(operation, viewer, commit), commit)
                except DBAPIError as error:
                    if not is_collision(error):
                        raise
            return await committed(self._performed(operation, viewer, commit), commit)

    async def _performed(self, operation: Operation, viewer: Viewer, commit: Commit) -> Outcome:
        commit.is_begun = False
        async with self._database.writing(commit) as connection, AsyncExitStack() as others:
            await lock_organization(connection, viewer.organization_id)  # A
            key = operation.idempotency_key
            before = None if key is None else await _first_answer(connection, viewer, operation, key)  # B
            desk = Desk(connection, viewer, operation, others, self._tables, commit)
            if before is not None:
                if "row" in before:  # what is told as it was then, to those who still may
                    await desk.workspace(before.workspace_id)
                return before
            outcome = await BY_NAME[operation_name(operation)](desk, operation)  # C
            await desk.finish()  # D
            if key is not None:
                await _keep(connection, viewer, operation, key, outcome)  # E
            return outcome


def operation_name(operation: Operation) -> str:
    """The name of the function that applies it: `PauseAgent` is `pause_agent`."""
    name = type(operation).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _check_scope(operation: Operation, viewer: Viewer) -> None:
    missing = missing_scope(type(operation), viewer)
    if missing is not None:
        raise PermissionDeniedError(f"the token lacks the scope `{missing}`; make one with `workgraph token create`")


def _digest(operation: Operation) -> str:
    given = operation.model_dump(mode="json", exclude={"idempotency_key"}, exclude_unset=True)
    return sha256(orjson.dumps([type(operation).__name__, given], option=orjson.OPT_SORT_KEYS)).hexdigest()


def _of(viewer: Viewer) -> tuple[Any, Any]:
    columns = idempotency_keys.c
    return columns.organization_id == viewer.organization_id, columns.account_id == viewer.account_id


async def _first_answer(connection: AsyncConnection, viewer: Viewer, operation: Operation, key: str) -> Outcome | None:
    """What the operation came to when it came first; None where it did not. Raises KeyReusedError."""
    columns = idempotency_keys.c
    too_old = columns.created_at < datetime.now(UTC) - KEY_LIFETIME
    await connection.execute(delete(idempotency_keys).where(columns.organization_id == viewer.organization_id, too_old))
    statement = select(columns.digest, columns.outcome).where(*_of(viewer), columns.key == key)
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return None
    if row.digest != _digest(operation):
        raise KeyReusedError("the `idempotencyKey` came with another input before; take a new key for each operation")
    return Outcome(row.outcome)


async def _keep(connection: AsyncConnection, viewer: Viewer, operation: Operation, key: str, outcome: Outcome) -> None:
    row = {
        "organization_id": viewer.organization_id,
        "account_id": viewer.account_id,
        "key": key,
        "operation": type(operation).__name__,
        "digest": _digest(operation),
        "outcome": dict(outcome),
        "created_at": datetime.now(UTC),
    }
    await connection.execute(idempotency_keys.insert(), [row])
