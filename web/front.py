"""What every request meets first: its id, the headers of every answer, rules by its headers, and the form of errors."""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from errors import BadRequestError, NotFoundError, UnauthenticatedError
from settings import Settings
from web.answers import known_error, media_type_of, new_request_id, refusal
from web.guards.hosts import Hosts
from web.guards.origins import with_origins
from web.guards.overload import Overload
from web.pages import page

GRAPH = "/graphql"
HEALTH = ("/livez", "/readyz")
ONCE = (b"host", b"authorization", b"content-type", b"content-length", b"content-encoding", b"origin")  # headers
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
EVERYWHERE = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}


@dataclass(frozen=True, eq=False)
class Front:
    """Stands before the graph, its sockets, and whatever else there is."""

    graph: ASGIApp
    sockets: ASGIApp
    others: ASGIApp
    hosts: Hosts
    overload: Overload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] == "lifespan":
            await self.others(scope, receive, send)
            return
        stamped: Stamped = scope["state"]["stamped"]
        try:
            self._check(scope)
            is_counted = scope["type"] == "http" and scope["path"] not in (*HEALTH, GRAPH)  # the graph counts itself
            with self.overload.one() if is_counted else nullcontext():
                await self._place(scope)(scope, receive, send)
        except Exception as error:
            known = known_error(error, scope["state"]["request_id"], scope["path"])
            if not stamped.is_begun:
                await _refusal(scope, known)(scope, receive, send)
            elif scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1011})
            else:
                raise  # the server cuts off what was begun

    def _check(self, scope: Scope) -> None:
        headers = scope["state"]["headers"]
        if len(headers) < len(scope["headers"]):
            names = [name for name, _ in scope["headers"]]
            if any(names.count(name) > 1 for name in ONCE):
                raise BadRequestError("a header that a request has once is there twice")
        if scope["path"] not in HEALTH:
            self.hosts.check(headers.get(b"host", b""))

    def _place(self, scope: Scope) -> ASGIApp:
        if scope["path"] == GRAPH:
            return self.graph if scope["type"] == "http" else self.sockets
        if scope["type"] == "websocket":
            raise NotFoundError("there is nothing at this address; the graph is at /graphql")
        return self.others


def _refusal(scope: Scope, error: Any) -> Response:
    accept = scope["state"]["headers"].get(b"accept", b"")
    if isinstance(error, UnauthenticatedError) and b"text/html" in accept and scope.get("method") == "GET":
        return page("signed-out.html", 401)
    return refusal(error, scope["state"]["request_id"], media_type_of(accept))


@dataclass(eq=False)
class Stamped:
    """What sends an answer, with the headers that every answer has."""

    send: Send
    scope: Scope
    hsts: bytes
    is_begun: bool = False

    async def __call__(self, message: Message) -> None:
        """Send a message of the answer."""
        if message["type"] in ("http.response.start", "websocket.http.response.start", "websocket.accept"):
            self.is_begun = True
            message["headers"] = [*message.get("headers", ()), *self._missing(message)]
        elif self.scope["state"]["is_head"] and message["type"] == "http.response.body":
            message["body"] = b""
        await self.send(message)

    def _missing(self, message: Message) -> list[tuple[bytes, bytes]]:
        state = self.scope["state"]
        given = {name for name, _ in message.get("headers", ())}
        missing = [(b"x-request-id", state["request_id"].encode())]
        missing += [header for header in EVERYWHERE.items() if header[0] not in given]
        if self.hsts and self.scope["scheme"] in ("https", "wss"):
            missing.append((b"strict-transport-security", self.hsts))
        if not state["is_read"] and (b"content-length" in state["headers"] or b"transfer-encoding" in state["headers"]):
            missing.append((b"connection", b"close"))  # nobody is going to read that body
        return missing


@dataclass(frozen=True, eq=False)
class Stamping:
    """Gives every request its id, and every answer its headers; answers HEAD as GET without the body."""

    app: ASGIApp
    hsts_seconds: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        state = scope.setdefault("state", {})
        state["request_id"] = given.decode() if REQUEST_ID.fullmatch(given) else new_request_id()
        state["headers"], state["is_read"], state["is_head"] = headers, False, scope.get("method") == "HEAD"
        if state["is_head"]:
            scope = {**scope, "method": "GET"}  # a copy: the server goes by its own, which tells it of no body
        hsts = f"max-age={self.hsts_seconds}".encode() if self.hsts_seconds else b""
        state["stamped"] = Stamped(send, scope, hsts)
        await self.app(scope, receive, state["stamped"])


def in_front(front: Front, settings: Settings) -> ASGIApp:
    """The whole way in: proxies that are believed, ids and headers, other origins, and what stands in front."""
    stamping = Stamping(with_origins(front, settings.cors_origins), settings.hsts_seconds)
    if not settings.trusted_proxies:
        return stamping
    outer: ASGIApp = ProxyHeadersMiddleware(stamping, list(settings.trusted_proxies))  # type: ignore[arg-type,assignment]
    return outer
