"""A request's context as HTTP and sockets have it."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from db.access import ADMIN
from db.database import Database
from db.turns import asker
from execution.trace import Trace
from operations.operation import Writer
from resolvers.context import Context, Limits
from resolvers.cursors import CursorKey
from web.viewers import Entrance

EXPLAIN = b"x-workgraph-explain"  # the header that asks what an answer took
COST = b"x-workgraph-cost"  # the header that asks what it cost


@dataclass
class RequestContext(Context):
    """What an operation carries, and what belongs to its request alone."""

    request_id: str = ""
    is_explained: bool = False
    tells_cost: bool = False

    def renewed(self) -> RequestContext:
        """The context of another operation of the same request, which remembers nothing of those before."""
        made = copy(self)
        made.remembered, made._loaders = {}, {}
        return made


@dataclass(frozen=True, eq=False)
class Contexts:
    """What contexts of requests are made of."""

    entrance: Entrance
    database: Database
    tables: Database | None
    writer: Writer
    cursors: CursorKey
    limits: Limits
    stale_after_seconds: dict[str, int]

    async def context(self, connection: HTTPConnection) -> RequestContext:
        """The context of a request. Raises GatewayError where it may not be answered."""
        state = connection.scope["state"]
        viewer = await self.entrance.viewer(connection)
        asker.set(viewer.account_id)
        made = RequestContext(
            db=self.database,
            viewer=viewer,
            cursors=self.cursors,
            limits=self.limits,
            stale_after_seconds=self.stale_after_seconds,
            tables=self.tables,
            writer=self.writer,
            request_id=state["request_id"],
            tells_cost=COST in state["headers"],
        )
        if EXPLAIN in state["headers"]:
            _trace(made)
        return made

    async def count(self, context: RequestContext, operations: int) -> None:
        """Count further operations of a request. Raises RateLimitedError."""
        await self.entrance.rates.count(context.viewer.account_id, operations)


def _trace(context: RequestContext) -> None:
    """Let the context note what is done, if the viewer may know."""
    if ADMIN in context.viewer.scopes:
        context.trace = Trace()
        context.db = context.db.watched(context.trace.statements.append)
        if context.tables is not None:
            context.tables = context.tables.watched(context.trace.statements.append)
    context.is_explained = True
