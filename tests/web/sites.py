"""The application over a database of the test's own: in this process, or served by a real server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn

from db.access import READ
from db.database import Database
from gateway import application
from resolvers.accounts import SIGN_IN, created_token
from settings import Settings
from tests.conftest import ORGANIZATION_ID
from web.protocol import bounded_protocol
from web.socket_protocol import BoundedSocket

TYPENAME = {"query": "{ __typename }"}
ANSWERED = {"data": {"__typename": "Query"}}


@dataclass
class Site:
    """The application, a client that has no token, and a token that it may send."""

    app: Any
    client: httpx.AsyncClient
    token: str
    settings: Settings

    @property
    def signed(self) -> dict[str, str]:
        """The header of who has a token."""
        return {"authorization": f"Bearer {self.token}"}

    async def post(self, body: bytes = b'{"query":"{ __typename }"}', **headers: str) -> httpx.Response:
        """A request of who has a token."""
        sent = {**self.signed, "content-type": "application/json", **_named(headers)}
        return await self.client.post("/graphql", content=body, headers=sent)

    async def another_token(self, email: str = "m@x", *scopes: str, kind: str = "bearer") -> str:
        """A token of somebody else."""
        database = Database(self.settings.url)
        token = await created_token(database, ORGANIZATION_ID, email, scopes or (READ,), kind=kind)
        await database.close()
        return token

    async def code(self) -> str:
        """A code to sign a browser in with."""
        return await self.another_token("n@x", READ, kind=SIGN_IN)


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def code_of(response: httpx.Response) -> tuple[int, str]:
    """The status and the code of the first error, whose form is that of all errors."""
    (error, *_more) = response.json()["errors"]
    assert {"code", "requestId", "retryable"} <= error["extensions"].keys()
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    assert error["message"]
    return response.status_code, error["extensions"]["code"]


Sites = Callable[..., Coroutine[Any, Any, Site]]


@contextmanager
def served(settings: Settings, log_level: str = "critical") -> Iterator[int]:
    """The port of a real server with these settings, as `workgraph serve` has it."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            application(settings), http=bounded_protocol(settings), ws=BoundedSocket, ws_max_size=settings.body_bytes,
            ws_per_message_deflate=False, log_level=log_level, server_header=False, proxy_headers=False,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            while not server.started and thread.is_alive():
                threading.Event().wait(0.01)
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
