"""The hot path of HTTP: POST of a JSON object, straight from the body's bytes to the answer's.

Whatever is not plainly that, or cannot be answered breadth-first without an error before execution, goes to another
application with its body untouched: batches, uploads, streams, introspection, documents and variables with errors.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLSchema, default_field_resolver, default_type_resolver
from starlette.requests import HTTPConnection
from strawberry.execution import optimized_is_awaitable

from execution.documents import Document, Documents
from execution.encode import encoded
from execution.engine import BreadthFirstExecutor
from execution.loop import Run
from execution.trace import trace_of
from execution.variables import variable_values

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]

JSON_TYPES = (b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8")
STREAMS = (b"multipart/", b"text/event-stream")


@dataclass(frozen=True)
class Asked:
    """What a request asks for."""

    text: str
    variables: Mapping[str, Any]
    operation_name: str | None


@dataclass(frozen=True, eq=False)
class PostRoute:
    """An ASGI application that answers POST requests with a JSON body.

    `context_of` finds out who asks, and may raise; `answer_of` makes the answer of a result and its context.
    """

    schema: GraphQLSchema
    executor: type[BreadthFirstExecutor]
    documents: Documents
    context_of: Callable[[HTTPConnection], Awaitable[Any]]
    answer_of: Callable[[ExecutionResult, Any], Mapping[str, Any]]
    otherwise: Application

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body, more = await _body(receive)
        asked = None if more or not _is_plain(scope) else _asked(body)
        if asked is None:
            await self.otherwise(scope, _again(body, more, receive), send)
            return
        context = await self.context_of(HTTPConnection(scope))
        result = await self._result(asked, context)
        if result is None:
            await self.otherwise(scope, _again(body, more, receive), send)
            return
        await _answer(send, encoded(self.answer_of(result, context)))

    async def _result(self, asked: Asked, context: Any) -> ExecutionResult | None:
        """The result; None for what the other application is to answer."""
        trace = trace_of(context)
        document = self.documents.known(asked.text)
        if trace:
            trace.is_document_cached = document is not None
        if document is None:
            try:
                document = self.documents.of(self.schema, asked.text)
            except Exception:
                return None  # the other application says what is wrong with it
        run = None if document.errors else self._run(document, asked, context)
        return None if run is None else await run.result(None)

    def _run(self, document: Document, asked: Asked, context: Any) -> Run | None:
        operation = document.operation(self.schema, asked.operation_name, self.executor.operations)
        if operation is None or operation.fallback:
            return None
        node = operation.node
        variables = variable_values(self.schema, node, operation.signatures, asked.variables)
        if isinstance(variables, list):
            return None
        planner = operation.known_planner(variables)
        trace = trace_of(context)
        if trace:
            trace.is_plan_cached = planner is not None
        if planner is None:
            planner = operation.planner(variables, document.fragments, document.definitions, self.executor.native)
        if not planner.is_possible:
            return None
        executor = partial(
            self.executor, self.schema, document.definitions, document.fragments, None, context, node, variables,
            default_field_resolver, default_type_resolver, default_field_resolver, is_awaitable=optimized_is_awaitable,
        )  # fmt: skip
        return Run(context, variables, planner, executor)


def _is_plain(scope: Any) -> bool:
    content_type = accepted = b""
    for name, value in scope["headers"]:
        if name == b"content-type":
            content_type = value.lower()
        elif name == b"accept":
            accepted = value
    return content_type in JSON_TYPES and not any(stream in accepted for stream in STREAMS)


async def _body(receive: Receive) -> tuple[bytes, Message | None]:
    """The whole body, and the message that came instead of its end, if the client has gone."""
    message = await receive()
    parts = []
    while message["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts), None
        message = await receive()
    return b"".join(parts), message


def _asked(body: bytes) -> Asked | None:
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(read, dict) or not isinstance(read.get("query"), str) or read.get("extensions") is not None:
        return None
    variables, name = read.get("variables"), read.get("operationName")
    if variables is not None and not isinstance(variables, dict):
        return None
    return None if name is not None and not isinstance(name, str) else Asked(read["query"], variables or {}, name)


def _again(body: bytes, more: Message | None, receive: Receive) -> Receive:
    """A `receive` that gives the body, which was read already, once more."""
    coming: list[Message] = [{"type": "http.request", "body": body, "more_body": more is not None}]
    if more is not None:
        coming.append(more)

    async def replayed() -> Message:
        return coming.pop(0) if coming else await receive()

    return replayed


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
