"""The hot path of HTTP: POST of a JSON object, straight from the body's bytes to the answer's.

Whatever is not plainly that, or cannot be answered breadth-first without an error before execution, goes to another
application with its body untouched: batches, uploads, streams, introspection, documents and variables with errors.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager, nullcontext
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
    """Answers POST requests with a JSON body, as ASGI has them.

    `context_of` finds out who asks, and may raise; `answer_of` makes the answer of a result and its context; `bounds`
    stands around the execution, and may end it.
    """

    schema: GraphQLSchema
    executor: type[BreadthFirstExecutor]
    documents: Documents
    context_of: Callable[[HTTPConnection], Awaitable[Any]]
    answer_of: Callable[[ExecutionResult, Any], Mapping[str, Any]]
    bounds: Callable[[Any, Receive], AbstractContextManager[None]] = lambda _context, _receive: nullcontext()

    async def answered(self, scope: Any, receive: Receive, send: Send) -> Receive | None:
        """Answer one request; or what gives its body again, for another application to answer it.

        Who asks is found out before the body is read. A client that has gone meanwhile gets no answer.
        """
        if not _is_plain(scope):
            return receive
        context = await self.context_of(HTTPConnection(scope))
        body = await _body(receive)
        if body is None:
            return None
        asked = _asked(body)
        result = None if asked is None else await self._result(asked, context, receive)
        if result is None:
            return _again(body, receive)
        await _answer(send, encoded(self.answer_of(result, context)))
        return None

    async def _result(self, asked: Asked, context: Any, receive: Receive) -> ExecutionResult | None:
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
        if run is None:
            return None
        with self.bounds(context, receive):
            return await run.result(None)

    def _run(self, document: Document, asked: Asked, context: Any) -> Run | None:
        operation = document.operation(self.schema, asked.operation_name, self.executor.operations)
        if operation is None or operation.fallback:
            return None
        node = operation.node
        variables = variable_values(self.schema, node, operation.signatures, asked.variables)
        if isinstance(variables, list):
            return None
        planner = operation.planner(variables, document.fragments, self.executor.native, trace_of(context))
        if planner is None:
            return None
        executor = partial(
            self.executor, self.schema, document.definitions, document.fragments, None, context, node, variables,
            default_field_resolver, default_type_resolver, default_field_resolver, is_awaitable=optimized_is_awaitable,
        )  # fmt: skip
        return Run(context, variables, planner, executor)


def _is_plain(scope: Any) -> bool:
    content_types = [value.lower() for name, value in scope["headers"] if name == b"content-type"]
    accepted = [value.lower() for name, value in scope["headers"] if name == b"accept"]
    is_json = len(content_types) == 1 and content_types[0] in JSON_TYPES
    return is_json and not any(stream in value for value in accepted for stream in STREAMS)


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None if the client has gone before its end."""
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


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


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body, which was read already, once more."""
    coming: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return coming.pop() if coming else await receive()

    return replayed


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
