"""A browser's sign-in counts for our own pages alone; and no token, code, cookie or JWT stands where others can read it."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from db.access import ADMIN, READ
from db.database import Database
from db.users import tokens
from gateway import application
from resolvers.accounts import SIGN_IN, created_token, digest
from resolvers.tokens import revoked, tokens_of_organization
from settings import Settings
from tests.conftest import ORGANIZATION_ID
from tests.test_jwts import AUDIENCE, ISSUER, RSA, STRANGER, public, signed
from tests.test_socket import opened
from web.viewers import COOKIE

HOST = "127.0.0.1:8000"
OWN = f"http://{HOST}"
QUERY = {"query": "{ viewer { email } }"}
ANSWER = {"data": {"viewer": {"email": "n@x"}}}


@dataclass
class Served:
    """The application, a client, and the database below."""

    app: Any
    client: httpx.AsyncClient
    database: Database

    async def signed_in(self) -> str:
        """The cookie of a browser that signed in."""
        code = await created_token(self.database, ORGANIZATION_ID, "n@x", [READ], kind=SIGN_IN)
        cookie = (await self.client.get("/sign-in", params={"code": code})).cookies[COOKIE]
        self.client.cookies.clear()
        return str(cookie)


@pytest.fixture
async def served(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Served]:
    shutil.copy(sqlite_template, tmp_path / "workgraph.db")
    (tmp_path / "keys.json").write_bytes(public(RSA))
    more: dict[str, Any] = {"jwks": str(tmp_path / "keys.json"), "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}
    settings = Settings(data_dir=tmp_path, token_cache_seconds=0, **more)
    app, database = application(settings), Database(settings.url)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
        yield Served(app, client, database)
    await app.state.database.close()
    await database.close()


# What a browser says of a request, and whether its sign-in counts for a POST and for the page itself.
ORIGINS: dict[str, tuple[dict[str, str], bool, bool]] = {
    "our own page": ({"Sec-Fetch-Site": "same-origin", "Origin": OWN}, True, True),
    "our own page, without an origin": ({"Sec-Fetch-Site": "same-origin"}, True, True),
    "the reader, by address": ({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, False, True),
    "our own page in an old browser": ({"Origin": OWN}, True, True),
    "an old browser that says nothing": ({}, False, True),
    "another site": ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, False, False),
    "another site that names ours": ({"Sec-Fetch-Site": "cross-site", "Origin": OWN}, False, False),
    "another name of the site": ({"Sec-Fetch-Site": "same-site"}, False, False),
    "another site in an old browser": ({"Origin": "https://evil.example"}, False, False),
    "another port of this host": ({"Origin": "http://127.0.0.1:3000"}, False, False),
    "another port, as browsers now say": ({"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:3000"}, False, False),
    "a name below ours": ({"Origin": f"http://sub.{HOST}"}, False, False),
    "a name that begins as ours": ({"Origin": f"{OWN}.evil.example"}, False, False),
    "a file, or a frame in a sandbox": ({"Origin": "null"}, False, False),
    "an empty origin": ({"Origin": ""}, False, False),
    "no origin": ({"Origin": "http://["}, False, False),
    "a word of nobody's": ({"Sec-Fetch-Site": "trust-me", "Origin": OWN}, False, False),
}  # fmt: skip


async def test_a_sign_in_counts_for_our_own_pages_alone(served: Served) -> None:
    cookie = {"Cookie": f"{COOKIE}={await served.signed_in()}"}
    answered = {}
    for name, (headers, _posts, _reads) in ORIGINS.items():
        posted = await served.client.post("/graphql", json=QUERY, headers=cookie | headers)
        assert posted.json() == ANSWER or posted.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        read = await served.client.get("/graphql", headers={"Accept": "text/html", **cookie, **headers})
        answered[name] = (posted.status_code, read.status_code)
    status = {True: 200, False: 401}
    assert answered == {name: (status[posts], status[reads]) for name, (_headers, posts, reads) in ORIGINS.items()}


async def is_let_in(app: Any, headers: dict[str, str]) -> bool:
    """Whether a WebSocket is accepted."""
    coming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    told = [(name.lower().encode(), value.encode()) for name, value in {"Host": HOST, **headers}.items()]
    scope = {
        "type": "websocket", "path": "/graphql", "raw_path": b"/graphql", "root_path": "", "scheme": "ws", "query_string": b"",
        "headers": told, "subprotocols": ["graphql-transport-ws"], "state": {}, "asgi": {"version": "3.0"},
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "extensions": {"websocket.http.response": {}},
    }  # fmt: skip
    coming.put_nowait({"type": "websocket.connect"})
    running = asyncio.create_task(app(scope, coming.get, sent.put))
    first = await asyncio.wait_for(sent.get(), 10)
    coming.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await asyncio.wait_for(running, 10)
    return bool(first["type"] == "websocket.accept")


async def test_a_sign_in_opens_sockets_of_our_own_pages_alone(served: Served) -> None:
    cookie = await served.signed_in()
    answered = {}
    for name, (headers, _posts, _reads) in ORIGINS.items():
        answered[name] = await is_let_in(served.app, {"Cookie": f"{COOKIE}={cookie}", **headers})
    assert answered == {name: posts for name, (_headers, posts, _reads) in ORIGINS.items()}


async def test_a_look_at_the_address_does_not_use_it_up(served: Served) -> None:
    code = await created_token(served.database, ORGANIZATION_ID, "n@x", [READ], kind=SIGN_IN)
    for method in ("HEAD", "OPTIONS", "POST"):
        looked = await served.client.request(method, "/sign-in", params={"code": code})
        assert (looked.status_code, "set-cookie" in looked.headers) == (405, False)
    assert (await served.client.get("/sign-in", params={"code": code})).status_code == 303


async def test_forms_of_other_sites_do_nothing(served: Served) -> None:
    cookie = {"Cookie": f"{COOKIE}={await served.signed_in()}"}
    kinds = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain")
    for kind in kinds:
        for headers, _posts, _reads in ORIGINS.values():
            sent = {**cookie, **headers, "Content-Type": kind}
            answer = await served.client.post("/graphql", content=json.dumps(QUERY), headers=sent)
            assert 400 <= answer.status_code < 500 and "n@x" not in answer.text


async def test_a_token_in_a_header_is_no_matter_of_origin(served: Served) -> None:
    token = await created_token(served.database, ORGANIZATION_ID, "n@x", [READ])
    for headers, _posts, _reads in ORIGINS.values():
        sent = {"Authorization": f"Bearer {token}", **headers}
        assert (await served.client.post("/graphql", json=QUERY, headers=sent)).json() == ANSWER


async def test_wrong_tokens_are_answered_alike_whatever_is_wrong_with_them(served: Served) -> None:
    expired, ended = [await created_token(served.database, ORGANIZATION_ID, "n@x", [READ], name=name) for name in "ab"]
    code = await created_token(served.database, ORGANIZATION_ID, "n@x", [READ], kind=SIGN_IN)
    browser = await served.signed_in()
    (row,) = [one for one in await tokens_of_organization(served.database, ORGANIZATION_ID) if one.name == "b"]
    await revoked(served.database, ORGANIZATION_ID, [row.id])
    past = datetime.now(UTC) - timedelta(seconds=1)
    async with served.database.writing() as connection:
        await connection.execute(update(tokens).where(tokens.c.name == "a").values(expires_at=past))
    wrong = (
        expired,
        ended,
        code,
        browser,
        digest(expired),
        "wg_" + "x" * 43,
        "x",
        signed(key=STRANGER),
        "a.b.c",
        "wg_'",
    )
    answers = set()
    for token in wrong:
        answer = await served.client.post("/graphql", json=QUERY, headers={"Authorization": f"Bearer {token}"})
        body = answer.json()
        body["errors"][0]["extensions"].pop("requestId")
        answers.add((answer.status_code, json.dumps(body), answer.headers["www-authenticate"]))
        assert token not in answer.text or len(token) < 3
    assert len(answers) == 1 and next(iter(answers))[0] == 401


async def test_a_socket_that_is_open_ends_with_its_token(served: Served) -> None:
    token = await created_token(served.database, ORGANIZATION_ID, "n@x", [READ])
    async with opened(served.app, token) as socket:
        assert await socket.asked(QUERY["query"]) == ANSWER
        (row,) = await tokens_of_organization(served.database, ORGANIZATION_ID)
        await revoked(served.database, ORGANIZATION_ID, [row.id])
        (refused,) = await socket.asked(QUERY["query"])
        assert refused["extensions"]["code"] == "UNAUTHENTICATED"


async def test_no_secret_stands_in_an_answer_or_in_the_log(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await created_token(served.database, ORGANIZATION_ID, "n@x", [READ, ADMIN])
    code, cookie, jwt = "wg_" + "c" * 43, await served.signed_in(), signed()
    secrets = [token, digest(token), code, digest(code), cookie, digest(cookie), jwt, jwt.rpartition(".")[2]]
    told = []

    async def tell(**headers: str) -> None:
        explained = {"X-Workgraph-Explain": "1", **headers}
        for query in (
            "{ viewer { email users { id } organization { name } } }",
            "{ nothing }",
            "{ workspaces(first: 0) { totalCount } }",
        ):
            answer = await served.client.post("/graphql", json={"query": query}, headers=explained)
            told.append(answer.text)

    with capture_logs() as logged:
        for sent in (
            {"Authorization": f"Bearer {token}"},
            {"Authorization": f"Bearer {jwt}"},
            {"Cookie": f"{COOKIE}={cookie}", "Origin": OWN},
        ):
            await tell(**sent)
            await tell(**{name: value + "x" for name, value in sent.items()})
        told.append((await served.client.get("/sign-in", params={"code": code})).text)
        told.append((await served.client.get("/metrics", headers={"Authorization": f"Bearer {token}"})).text)

        async def failing(*_values: Any, **_more: Any) -> Any:
            raise RuntimeError("something unforeseen")

        monkeypatch.setattr(Database, "rows", failing)
        await tell(Authorization=f"Bearer {token}")
        told.append((await served.client.get("/sign-in", params={"code": code})).text)
    assert any('"statements"' in text for text in told) and any("unexpected" in entry["event"] for entry in logged)
    assert [secret for secret in secrets if secret in "".join(told) + str(logged)] == []
