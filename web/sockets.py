"""The graph over a WebSocket, in the protocol `graphql-transport-ws`: each operation is as a request of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.types.unset import UNSET

from errors import GatewayError, OverloadedError, SocketBusyError
from execution.encode import encoded
from web.answers import known_error, new_request_id, refused
from web.context import RequestContext
from web.graph import Graph
from web.guards.overload import Overload
from web.guards.shares import Shares
from web.reading import asked_of, json_of

POLICY, TOO_LARGE, NOT_ACCEPTABLE = 1008, 1009, 4406  # why a socket is closed
REFUSALS = 2  # so many times as many operations as there may be at once are refused; then the socket is closed


@dataclass(frozen=True, eq=False)
class SocketEndpoint:
    """What is at `/graphql` for WebSockets. `context_of` finds out who asks, at first and for each operation."""

    graph: Graph
    context_of: Callable[[HTTPConnection], Awaitable[RequestContext]]
    overload: Overload
    shares: Shares
    open_sockets: Shares
    most_bytes: int
    most_operations: int
    init_seconds: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it is closed."""
        context = await self.context_of(HTTPConnection(scope))
        with self.open_sockets.one(context.viewer.account_id):
            await self._serve(WebSocket(scope, receive, send), context)

    async def _serve(self, websocket: WebSocket, context: RequestContext) -> None:
        if GRAPHQL_TRANSPORT_WS_PROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(NOT_ACCEPTABLE, "Subprotocol not acceptable")
            return
        await websocket.accept(GRAPHQL_TRANSPORT_WS_PROTOCOL)
        await Conversation(self, websocket, context).handle()

    async def on_ws_connect(self, _context: RequestContext) -> Any:
        """What `connection_ack` carries: nothing."""
        return UNSET


@dataclass(frozen=True, eq=False)
class Frames:
    """Messages of JSON over a socket."""

    websocket: WebSocket
    most_bytes: int
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        """The messages that come, until the other side goes."""
        while (message := await self.websocket.receive())["type"] == "websocket.receive":
            text = message.get("text")
            if text is None:
                raise NonTextMessageReceived
            data = text.encode("utf-8", "surrogatepass")
            if len(data) > self.most_bytes:
                await self.close(TOO_LARGE, f"a message has at most {self.most_bytes} bytes")
                return
            try:
                yield json_of(data, "the message")
            except GatewayError as error:
                raise NonJsonMessageReceived from error

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send one, as text: what browsers read as such; the next when the other side reads."""
        try:
            async with self.turn:
                await self.websocket.send_text(encoded(message).decode())
        except (WebSocketDisconnect, RuntimeError) as error:  # RuntimeError: it was closed on our side meanwhile
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        """Close the socket, and say why; what came in before the other side knew may ask for it again."""
        if self.websocket.application_state is not WebSocketState.DISCONNECTED:
            await self.websocket.close(code, reason)


class Asking(Operation[RequestContext, None]):
    """An operation of a socket, as it was sent."""

    __slots__ = ("number", "payload")

    def __init__(self, handler: Any, id: str, payload: dict[str, Any], number: int) -> None:  # noqa: A002  # Strawberry's
        super().__init__(handler, id, "", None, None)
        self.payload, self.number = payload, number  # how many there are, with this one


class Conversation(BaseGraphQLTransportWSHandler[RequestContext, None]):
    """Strawberry's protocol, with our reading, our answers and our limits."""

    def __init__(self, endpoint: SocketEndpoint, websocket: WebSocket, context: RequestContext) -> None:
        frames: Any = Frames(websocket, endpoint.most_bytes)
        patience = timedelta(seconds=endpoint.init_seconds)
        super().__init__(endpoint, frames, context, None, endpoint.graph.schema, patience)  # type: ignore[arg-type]
        self.endpoint = endpoint
        self.connection = HTTPConnection(websocket.scope)

    async def handle_message(self, message: Any) -> None:
        """Take one message in; what is none of the protocol closes the socket with 4400."""
        if isinstance(message, dict) and isinstance(message.get("type"), str) and _is_whole(message):
            await super().handle_message(message)  # type: ignore[arg-type]
        else:
            await self.handle_invalid_message("Invalid message")

    async def handle_subscribe(self, message: Any) -> None:
        """Begin an operation."""
        if not self.connection_acknowledged:
            await self.websocket.close(code=4401, reason="Unauthorized")
        elif message["id"] in self.operations:
            await self.websocket.close(code=4409, reason=f"Subscriber for {message['id'][:50]} already exists")
        elif len(self.operations) >= REFUSALS * self.endpoint.most_operations:
            await self.websocket.close(code=POLICY, reason="More operations at once than are even refused")
        else:
            operation = Asking(self, message["id"], message["payload"], len(self.operations) + 1)
            operation.task = asyncio.create_task(self.run_operation(operation))
            operation.task.add_done_callback(self._task_done)
            self.operations[operation.id] = operation

    async def run_operation(self, operation: Any) -> None:
        """Answer an operation, which is of its account's share until the answer was sent."""
        try:
            with self.endpoint.shares.one(self.context.viewer.account_id):
                await self._send(operation, await self._answer(operation))
        except OverloadedError as error:
            await self._send(operation, refused(error, new_request_id()))

    async def _send(self, operation: Any, answer: dict[str, Any]) -> None:
        try:
            if "data" in answer:
                await operation.send_operation_message({"id": operation.id, "type": "next", "payload": answer})
                await operation.send_operation_message({"id": operation.id, "type": "complete"})
            else:
                await operation.send_operation_message(
                    {"id": operation.id, "type": "error", "payload": answer["errors"]}
                )
        except WebSocketDisconnected:
            self.operations.pop(operation.id, None)

    async def _answer(self, operation: Asking) -> dict[str, Any]:
        request_id = new_request_id()
        try:
            self._check(operation.number)
            with self.endpoint.overload.one():
                context = await self.endpoint.context_of(self.connection)
                context.request_id = request_id
                return await self.endpoint.graph.answer(asked_of(operation.payload), context, None)
        except Exception as error:
            return refused(known_error(error, request_id, "/graphql"), request_id)

    def _check(self, number: int) -> None:
        most = self.endpoint.most_operations
        if number > most:
            message = f"one socket has at most {most} operations at once; wait until one is complete"
            raise SocketBusyError(message, limit="socketOperations", value=most, asked=number)


def _is_whole(message: dict[str, Any]) -> bool:
    """Whether a message has what those of its type have."""
    if message["type"] in ("subscribe", "complete") and not (isinstance(message.get("id"), str) and message["id"]):
        return False
    return message["type"] != "subscribe" or isinstance(message.get("payload"), dict)
