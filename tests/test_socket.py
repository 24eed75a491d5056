"""Over a WebSocket each operation stands for itself, and errors have the form that HTTP gives them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from db.database import Database
from db.migrate import upgrade
from gateway import application
from resolvers.accounts import created_token, ensure_organization
from settings import Settings
from tests.conftest import ORGANIZATION, ORGANIZATION_ID, Importer, fleet

LOOKUP = """query ($left: Boolean!) { lookup(system: VAI, type: WORKSPACE, externalId: "v-00000") {
  ... on Workspace { name @skip(if: $left) __typename } } }"""
FALLS_BACK = (
    "query ($first: Int) { __schema { queryType { name } } workspaces(first: $first) { nodes { __typename } } }"
)


class Socket:
    """A client of the application's WebSocket, speaking `graphql-transport-ws`."""

    def __init__(self, app: Any, token: str) -> None:
        self.coming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        headers = [(b"authorization", f"Bearer {token}".encode()), (b"host", b"graph.test")]
        scope = {
            "type": "websocket", "path": "/graphql", "raw_path": b"/graphql", "root_path": "", "scheme": "ws",
            "query_string": b"", "headers": headers, "subprotocols": ["graphql-transport-ws"], "state": {},
            "client": ("127.0.0.1", 1), "server": ("graph.test", 80), "asgi": {"version": "3.0"},
        }  # fmt: skip
        self.running = asyncio.create_task(app(scope, self.coming.get, self.sent.put))

    async def say(self, **message: Any) -> None:
        await self.coming.put({"type": "websocket.receive", "text": orjson.dumps(message).decode()})

    async def heard(self) -> dict[str, Any]:
        message = await asyncio.wait_for(self.sent.get(), 10)
        assert message["type"] == "websocket.send", message
        heard: dict[str, Any] = orjson.loads(message.get("text") or message["bytes"])
        return heard

    async def asked(self, query: str, **variables: Any) -> Any:
        """What an operation is answered: its payload."""
        await self.say(type="subscribe", id="1", payload={"query": query, "variables": variables})
        told = await self.heard()
        if told["type"] == "next":
            assert (await self.heard())["type"] == "complete"
        return told["payload"]


@asynccontextmanager
async def opened(app: Any, token: str) -> AsyncIterator[Socket]:
    socket = Socket(app, token)
    await socket.coming.put({"type": "websocket.connect"})
    assert (await asyncio.wait_for(socket.sent.get(), 10))["type"] == "websocket.accept"
    await socket.say(type="connection_init")
    assert (await socket.heard())["type"] == "connection_ack"
    yield socket
    await socket.coming.put({"type": "websocket.disconnect", "code": 1000})
    await asyncio.wait_for(socket.running, 10)


@pytest.fixture
async def socket(tmp_path: Path) -> AsyncIterator[Socket]:
    settings = Settings(data_dir=tmp_path)
    database = Database(settings.url)
    await upgrade(database)
    await ensure_organization(database, ORGANIZATION)
    await Importer(database, tmp_path).lines(*fleet(workspaces=3, each=1))
    token = await created_token(database, ORGANIZATION_ID, "n@x", ["workspace:read"])
    await database.close()
    app = application(settings)
    async with opened(app, token) as client:
        yield client
    await app.state.database.close()


async def test_an_operation_is_not_answered_with_the_arguments_of_one_before(socket: Socket) -> None:
    for first in (1, 3, 2):
        answer = await socket.asked(FALLS_BACK, first=first)
        assert len(answer["data"]["workspaces"]["nodes"]) == first


async def test_an_operation_reads_the_columns_that_it_selects_itself(socket: Socket) -> None:
    assert await socket.asked(LOOKUP, left=True) == {"data": {"lookup": {"__typename": "Workspace"}}}
    whole = {"name": "Workspace 00000", "__typename": "Workspace"}
    assert await socket.asked(LOOKUP, left=False) == {"data": {"lookup": whole}}


async def test_errors_have_their_code_and_the_requests_id(socket: Socket) -> None:
    answer = await socket.asked("{ workspaces(first: 0) { totalCount } }")
    (error,) = answer["errors"]
    assert error["message"] == "first must be 1 to 200, got 0"
    assert error["extensions"] | {"requestId": ""} == {"code": "BAD_ARGUMENT", "requestId": "", "retryable": False}
    (refused,) = await socket.asked("{ nothing }")
    assert refused["extensions"]["code"] == "BAD_REQUEST"


async def test_what_goes_wrong_inside_is_masked(socket: Socket, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(*_values: Any, **_more: Any) -> Any:
        raise RuntimeError("the secret text")

    monkeypatch.setattr(Database, "rows", failing)
    answer = await socket.asked("{ workspaces { totalCount } }")
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["message"].endswith(error["extensions"]["requestId"])


async def test_a_socket_that_is_closed_for_one_message_is_not_closed_again_for_the_next(socket: Socket) -> None:
    for _ in range(3):
        await socket.say(type=1)  # all of them on their way before the first is answered
    assert (await asyncio.wait_for(socket.sent.get(), 10))["code"] == 4400
    await socket.coming.put({"type": "websocket.disconnect", "code": 1000})
    await asyncio.wait_for(socket.running, 10)
    assert socket.sent.empty()
