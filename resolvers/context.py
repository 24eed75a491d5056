"""What a request carries through every layer: who asks, the database, and the loaders derived from batch functions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, cast

from aiodataloader import DataLoader

from db.access import Viewer
from db.commits import Commit
from db.database import Database
from db.statements import Prepared, Reading
from errors import ReadOnlyError
from operations.operation import Operation, Outcome, Writer
from resolvers.cursors import CursorKey


class Batch(Protocol):
    """A batch function: one answer per key, in the order of the keys; an exception in a place spoils that place."""

    def __call__(
        self, keys: Sequence[str], /, *, ctx: Context, columns: Collection[str]
    ) -> Awaitable[Sequence[Any]]: ...


@dataclass(frozen=True)
class Limits:
    """What a request may ask for; rows."""

    page_default: int = 50
    page_ceiling: int = 200
    table_rows_ceiling: int = 5_000


@dataclass
class Context:
    """One request."""

    db: Database
    viewer: Viewer
    cursors: CursorKey
    limits: Limits = Limits()
    stale_after_seconds: dict[str, int] = field(default_factory=dict)
    remembered: dict[Hashable, Any] = field(default_factory=dict)
    tables: Database | None = None  # the second database, in which live tables may stand
    writer: Writer | None = None  # what performs operations; None where nothing can be changed
    commits: list[Commit] = field(default_factory=list)  # how far each change of the operation has come
    trace: Any = None  # where the executor notes what it does, for those who asked
    _loaders: dict[Hashable, DataLoader[str, Any]] = field(default_factory=dict)
    _loading: set[asyncio.Task[Any]] = field(default_factory=set)  # what loaders are at

    async def perform(self, operation: Operation) -> Outcome:
        """What came of an operation; what was read before it is forgotten. Raises GatewayError."""
        if self.writer is None:
            raise ReadOnlyError("this graph can only be read")
        commit = Commit()
        self.commits.append(commit)
        try:
            return await self.writer.perform(operation, self.viewer, commit)
        finally:
            self._loaders.clear()

    def give_up(self) -> None:
        """Ends what loaders are at, for nobody waits for it any more."""
        for task in self._loading:
            task.cancel()

    async def rows(self, statement: Reading | Prepared, **values: Any) -> Sequence[Any]:
        """All rows of a statement for the viewer. Statements: 1."""
        return await self.db.rows(statement, self.viewer.values | values)

    async def rows_of(self, key: Hashable, statement: Callable[[], Reading], **values: Any) -> Sequence[Any]:
        """All rows of a statement that is kept ready under a key, for viewers of one shape. Statements: 1.

        Whatever the statement is made of must be in the key, and whatever differs from call to call in `values`.
        """
        ready = self.db.prepared((key, self.viewer.shape), statement)
        return await self.db.rows(ready, self.viewer.values | values)

    def loader(self, batch: Batch, columns: frozenset[str], place: Hashable = None) -> DataLoader[str, Any]:
        """The loader of a batch function for these columns; `place` tells calls with other arguments apart."""
        key = (batch, columns, place)
        if key not in self._loaders:
            self._loaders[key] = DataLoader(partial(_answers, batch, self, columns))
        return self._loaders[key]

    async def loaded_once(self, batch: Batch, keys: Sequence[str]) -> list[Any]:
        """The answers of a batch function, in order, errors in their places; what a request has read is not read again.

        Statements: the batch function's, for the keys that were not asked for before.
        """
        loader = self.loader(batch, frozenset())
        return list(await asyncio.gather(*map(loader.load, keys), return_exceptions=True))


async def _answers(batch: Batch, ctx: Context, columns: frozenset[str], keys: list[str]) -> list[Any]:
    task = cast("asyncio.Task[Any]", asyncio.current_task())
    ctx._loading.add(task)
    try:
        return list(await batch(keys, ctx=ctx, columns=columns))
    finally:
        ctx._loading.discard(task)
