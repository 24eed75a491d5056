"""One application and the ways in: POST, another content type's POST, GET, a WebSocket. What one refuses, all refuse."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from db.access import READ, WRITES
from db.database import Database
from gateway import application
from resolvers.accounts import created_token, ensure_organization
from settings import Settings
from tests.conftest import ORGANIZATION, ORGANIZATION_ID
from tests.test_socket import Socket

DEEP = 10_000  # of Python's stack, to write what is nested a thousand times


@dataclass(frozen=True)
class Doors:
    """The application, a client of it, and the database that it serves."""

    client: httpx.AsyncClient
    token: str
    database: Database

    async def answers(self, query: str, variables: Mapping[str, Any] | None = None) -> list[tuple[int, Any]]:
        """The status and the answer at each door; over a socket the status that its answer stands for."""
        asked = {"query": query, "variables": dict(variables or {})}
        body, headers = as_json(asked).encode(), {"Content-Type": "application/json"}
        answers = [await self.client.post("/graphql", content=body, headers=headers)]
        headers["Accept"] = "application/graphql-response+json"
        answers.append(await self.client.post("/graphql", content=body, headers=headers))
        address = {**asked, "variables": as_json(asked["variables"])}
        if sum(map(len, address.values())) < 20_000 and not query.startswith("mutation"):
            answers.append(await self.client.get("/graphql", params=address))
        found = [(answer.status_code, answer.json()) for answer in answers]
        told = await self._over_socket(asked)
        return [*found, (200, told) if "data" in told else (found[0][0], told)]

    async def _over_socket(self, asked: dict[str, Any]) -> Any:
        socket = Socket(self.client._transport.app, self.token)  # type: ignore[attr-defined]
        await socket.coming.put({"type": "websocket.connect"})
        await socket.sent.get()
        await socket.say(type="connection_init")
        await socket.heard()
        message = as_json({"type": "subscribe", "id": "1", "payload": asked})
        await socket.coming.put({"type": "websocket.receive", "text": message})
        heard = await socket.sent.get()
        if heard["type"] == "websocket.close":  # what is no message of the protocol
            await socket.running
            return {"errors": [{"extensions": {"code": {4400: "BAD_REQUEST"}[heard["code"]]}}]}
        payload = json.loads(heard["text"])["payload"]
        await socket.coming.put({"type": "websocket.disconnect", "code": 1000})
        await socket.running
        return {"errors": payload} if isinstance(payload, list) else payload

    async def codes(self, query: str, variables: Mapping[str, Any] | None = None) -> tuple[int, list[str]]:
        """The status and the codes of the errors, which are the same at all doors; none has a traceback in it."""
        answers = await self.answers(query, variables)
        told = [(status, _codes(answer)) for status, answer in answers]
        assert all(one == told[0] for one in told), told
        return told[0]

    async def post(self, query: str, variables: Mapping[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        """The answer to a POST."""
        asked = {"query": query, "variables": dict(variables or {})}
        answer: dict[str, Any] = (await self.client.post("/graphql", json=asked, headers=headers)).json()
        return answer


def _codes(answer: Any) -> list[str]:
    assert "Traceback" not in str(answer)
    return [error["extensions"]["code"] for error in answer.get("errors", ())]


def as_json(value: Any) -> str:
    """The value as JSON, however deep."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(DEEP)
    try:
        return json.dumps(value)
    finally:
        sys.setrecursionlimit(usual)


@asynccontextmanager
async def doors(folder: Path, template: Path, **changed: Any) -> AsyncIterator[Doors]:
    """The doors of an application over a migrated database, with these settings changed."""
    shutil.copy(template, folder / "workgraph.db")
    settings = Settings(data_dir=folder, rate_limit=0, **changed)
    database = Database(settings.url)
    await ensure_organization(database, ORGANIZATION)
    token = await created_token(database, ORGANIZATION_ID, "n@x", [READ, *WRITES])
    app = application(settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://graph.test", headers=headers) as client:
        yield Doors(client, token, database)
    await app.state.database.close()
    await database.close()
