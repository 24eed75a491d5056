"""A request's context as HTTP and sockets have it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

from strawberry.extensions import SchemaExtension
from strawberry.fastapi import BaseContext

from db.access import ADMIN
from execution.trace import Trace
from resolvers.context import Context

EXPLAIN = "x-workgraph-explain"  # the header that asks what an answer took


class RequestContext(Context, BaseContext):
    """A request's context, as Strawberry's FastAPI router takes it."""

    is_explained = False
    is_socket = False

    def __init__(self, **values: Any) -> None:
        BaseContext.__init__(self)
        Context.__init__(self, **values)

    def renewed(self) -> RequestContext:
        """The context of another operation over the same socket, which remembers nothing of those before."""
        made = copy(self)
        made.remembered, made._loaders, made._loading, made.commits = {}, {}, set(), []
        return made


class EachOperation(SchemaExtension):
    """Over a socket, each operation has a context of its own."""

    def on_operation(self) -> Iterator[None]:
        """Around one operation."""
        operation: Any = self.execution_context
        if is_socket(operation):
            operation.context = operation.context.renewed()
        yield


def is_socket(operation: Any) -> bool:
    """Whether an operation came over a socket."""
    context = getattr(operation, "context", None)
    return isinstance(context, RequestContext) and context.is_socket


def trace(context: RequestContext) -> None:
    """Let the context note what is done, if the viewer may know."""
    if ADMIN in context.viewer.scopes:
        context.trace = Trace()
        context.db = context.db.watched(context.trace.statements.append)
        if context.tables is not None:
            context.tables = context.tables.watched(context.trace.statements.append)
    context.is_explained = True
