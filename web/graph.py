"""The graph over HTTP: what a GET or POST asks, answered; a batch only where settings allow it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from strawberry.schema import Schema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from errors import BadRequestError, BatchError, GatewayError, MethodNotAllowedError
from execution.encode import encoded
from execution.route import Asked, HotPath
from web.answers import answer_of, media_type_of, refused, status_of
from web.context import RequestContext
from web.guards.bodies import BodyLimits
from web.guards.overload import Overload
from web.guards.shares import Shares
from web.pages import page
from web.reading import asked_of, asked_of_address, json_of

QUERIES = frozenset({OperationType.QUERY})
ALL = frozenset({OperationType.QUERY, OperationType.MUTATION})
Bounds = Callable[[RequestContext, Receive | None], AbstractContextManager[None]]


@dataclass(frozen=True, eq=False)
class Graph:
    """Answers operations, whichever door they came in by. `bounds` stands around each execution, and may end it."""

    schema: Schema
    hot: HotPath
    bounds: Bounds = lambda _context, _receive: nullcontext()

    async def answer(self, asked: Asked, context: RequestContext, receive: Receive | None) -> dict[str, Any]:
        """The answer to an operation. Raises GatewayError for what is none that may be executed."""
        with self.bounds(context, receive):
            result = await self.hot.result(asked, context) or await self._executed(asked, context)
        return answer_of(result, context)

    async def _executed(self, asked: Asked, context: RequestContext) -> Any:
        """The result of graphql-core, which says what is wrong with a request as well."""
        try:
            return await self.schema.execute(
                asked.text,
                dict(asked.variables),
                context,
                operation_name=asked.operation_name,
                allowed_operation_types=QUERIES if asked.only_reads else ALL,
            )
        except CannotGetOperationTypeError as error:
            raise BadRequestError(error.as_http_error_reason()) from None
        except InvalidOperationTypeError as error:
            if error.operation_type is OperationType.SUBSCRIPTION:
                raise BadRequestError("there are no subscriptions") from None
            raise MethodNotAllowedError("a mutation is sent by POST; by GET one only reads", "POST") from None


@dataclass(frozen=True, eq=False)
class GraphEndpoint:
    """What is at `/graphql` for HTTP. `context_of` finds out who asks, before a body is read, and may raise;
    `counted` is told of further operations in a request, and may raise as well.

    A request takes room of the process while something is done for it, and of its account's share all the while.
    """

    graph: Graph
    context_of: Callable[[HTTPConnection], Awaitable[RequestContext]]
    counted: Callable[[RequestContext, int], Awaitable[None]]
    bodies: BodyLimits
    most_in_batch: int
    overload: Overload
    shares: Shares

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. A client that goes in the middle of its body gets no answer."""
        headers, method = scope["state"]["headers"], scope["method"]
        if method == "POST":
            self.bodies.check(headers)
        elif method != "GET":
            raise MethodNotAllowedError("the graph answers GET and POST", "GET", "HEAD", "POST")
        with self.overload.one():
            context = await self.context_of(HTTPConnection(scope))
        if method == "GET" and _is_for_people(scope, headers):
            await page("graphiql.html")(scope, receive, send)
            return
        with self.shares.one(context.viewer.account_id):
            answer = await (self._posted if method == "POST" else self._asked)(scope, receive, context)
            if answer is not None:
                status = 200 if isinstance(answer, list) else status_of(answer)
                await _send(send, encoded(answer), status, media_type_of(headers.get(b"accept", b"")))

    async def _asked(self, scope: Scope, receive: Receive, context: RequestContext) -> Any:
        with self.overload.one():
            return await self.graph.answer(asked_of_address(scope["query_string"]), context, receive)

    async def _posted(self, scope: Scope, receive: Receive, context: RequestContext) -> Any:
        body = await self.bodies.body(receive)
        if body is None:
            return None
        scope["state"]["is_read"] = True
        with self.overload.one():
            value = json_of(body)
            if isinstance(value, list):
                return await self._batch(value, context, receive)
            return await self.graph.answer(asked_of(value), context, receive)

    async def _batch(self, values: list[Any], context: RequestContext, receive: Receive) -> list[dict[str, Any]]:
        """The answers to several operations, one after the other: one that writes may stand before one that reads."""
        if not 1 <= len(values) <= self.most_in_batch:
            message = f"a request has at most {self.most_in_batch} operations in a list, and at least one"
            if not self.most_in_batch:
                message = "a request has one operation; lists of them are off, see WORKGRAPH_BATCH"
            raise BatchError(message, limit="batch", value=self.most_in_batch, asked=len(values))
        await self.counted(context, len(values) - 1)
        return [await self._one(value, context.renewed(), receive) for value in values]

    async def _one(self, value: Any, context: RequestContext, receive: Receive | None) -> dict[str, Any]:
        try:
            return await self.graph.answer(asked_of(value), context, receive)
        except GatewayError as error:
            return refused(error, context.request_id)


async def _send(send: Send, body: bytes, status: int, media_type: str) -> None:
    """What Starlette's Response does in twice the time."""
    headers = [(b"content-length", str(len(body)).encode()), (b"content-type", media_type.encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _is_for_people(scope: Scope, headers: dict[bytes, bytes]) -> bool:
    return b"text/html" in headers.get(b"accept", b"") and b"query=" not in scope["query_string"]
