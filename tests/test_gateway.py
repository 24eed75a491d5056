"""HTTP: who may ask, what is answered to bad requests, signing in, the pages, and health."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from sqlalchemy import update
from structlog.testing import capture_logs

from db.database import Database
from db.migrate import upgrade
from db.users import tokens
from gateway import application, cursor_key, log_plainly
from resolvers.accounts import BROWSER, SIGN_IN, created_token, ensure_organization
from settings import Settings
from tests.conftest import ORGANIZATION_ID
from tests.test_pages import put
from web.pages import PAGES
from web.viewers import COOKIE

NO_TOKEN = "no token; send `Authorization: Bearer TOKEN` (`workgraph token create`)"
WRONG_TOKEN = "the token is not valid (any more); make one with `workgraph token create`"
TYPENAME = {"query": "{ __typename }"}
OF_OUR_PAGES = {"Origin": "http://graph.test"}  # what a browser says of a POST


@dataclass
class Served:
    """The application over a SQLite database of the test's own, and a client that holds a token."""

    settings: Settings
    database: Database
    client: httpx.AsyncClient
    token: str

    @property
    def signed(self) -> dict[str, str]:
        """The header of a caller with a token."""
        return {"Authorization": f"Bearer {self.token}"}

    async def post(self, query: str, **variables: Any) -> httpx.Response:
        """A query of a caller with a token."""
        return await self.client.post("/graphql", json={"query": query, "variables": variables}, headers=self.signed)

    async def code(self) -> str:
        """A new code to sign in with."""
        return await created_token(self.database, ORGANIZATION_ID, "n@x", ["workspace:read"], kind=SIGN_IN)


def _client(settings: Settings) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=application(settings), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://graph.test")


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    settings = Settings(
        data_dir=tmp_path, page_default=2, page_ceiling=3, token_cache_seconds=0, allowed_hosts=("graph.test",)
    )
    database = Database(settings.url)
    await upgrade(database)
    await ensure_organization(database, "Northwind")
    token = await created_token(database, ORGANIZATION_ID, "n@x", ["workspace:read"])
    async with _client(settings) as client:
        yield Served(settings, database, client, token)
        await client._transport.app.state.database.close()  # type: ignore[attr-defined]
    await database.close()


def told(response: httpx.Response) -> tuple[int, list[tuple[str, str, bool]]]:
    """The status, and message, code and retryable of each error; every error has a request id."""
    body = response.json()
    assert body.keys() <= {"data", "errors"}
    assert all(re.fullmatch(r"[0-9a-f]{16}", error["extensions"]["requestId"]) for error in body["errors"])
    for error in body["errors"]:
        of_limit = {"limit", "value", "asked"} if "limit" in error["extensions"] else set()
        assert error["extensions"].keys() == {"code", "requestId", "retryable"} | of_limit
        assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    return response.status_code, [
        (error["message"], error["extensions"]["code"], error["extensions"]["retryable"]) for error in body["errors"]
    ]


# ------------------------------------------------------------------------------------------------------ who may ask


async def test_without_a_good_token_the_answer_is_401_in_the_form_of_graphql(served: Served) -> None:
    code = await served.code()
    browser = (await served.client.get("/sign-in", params={"code": await served.code()})).cookies[COOKIE]
    served.client.cookies.clear()
    headers: dict[str, tuple[dict[str, Any], str]] = {
        "none": ({}, NO_TOKEN),
        "another scheme": ({"Authorization": "Basic bjpu"}, NO_TOKEN),
        "an empty one": ({"Authorization": "Bearer "}, NO_TOKEN),
        "a wrong one": ({"Authorization": "Bearer wg_wrong"}, WRONG_TOKEN),
        "one cut": ({"Authorization": f"Bearer {served.token[:-1]}"}, WRONG_TOKEN),
        "one longer": ({"Authorization": f"Bearer {served.token}x"}, WRONG_TOKEN),
        "odd bytes": ({"Authorization": b"Bearer \xff\xfe"}, WRONG_TOKEN),
        "a sign-in code": ({"Authorization": f"Bearer {code}"}, WRONG_TOKEN),
        "a browser's": ({"Authorization": f"Bearer {browser}"}, WRONG_TOKEN),
        "a bearer token as cookie": ({**OF_OUR_PAGES, "Cookie": f"{COOKIE}={served.token}"}, WRONG_TOKEN),
        "a wrong cookie": ({**OF_OUR_PAGES, "Cookie": f"{COOKIE}=wg_wrong"}, WRONG_TOKEN),
    }
    for name, (sent, message) in headers.items():
        requests: dict[str, dict[str, Any]] = {"POST": {"json": TYPENAME}, "GET": {"params": TYPENAME}}
        for method, request in requests.items():
            headers_sent = {**sent, "X-Workgraph-CSRF": "1"}
            response = await served.client.request(method, "/graphql", headers=headers_sent, **request)
            assert told(response) == (401, [(message, "UNAUTHENTICATED", False)]), (name, method)
            assert response.headers["WWW-Authenticate"] == "Bearer"

    async with served.database.writing() as connection:
        expired = datetime.now(UTC) - timedelta(seconds=1)
        await connection.execute(update(tokens).where(tokens.c.kind == "bearer").values(expires_at=expired))
    assert told(await served.post("{ __typename }")) == (401, [(WRONG_TOKEN, "UNAUTHENTICATED", False)])


async def test_a_token_asks_by_post_and_by_get_in_its_organisation_and_within_the_settings(served: Served) -> None:
    for name in ("bearer", "Bearer", "BEARER"):
        headers = {"Authorization": f"{name}  {served.token} "}
        response = await served.client.post("/graphql", json=TYPENAME, headers=headers)
        assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})
    variables = {
        "query": "query Q($n: Int) { workspaces(first: $n) { totalCount } }",
        "variables": '{"n": 3}',
        "operationName": "Q",
    }
    response = await served.client.get("/graphql", params=variables, headers=served.signed)
    assert (response.status_code, response.json()) == (200, {"data": {"workspaces": {"totalCount": 0}}})
    assert response.headers["content-type"] == "application/json"

    refused = await served.post("{ workspaces(first: 4) { totalCount } }")
    assert told(refused) == (200, [("first must be 1 to 3, got 4", "BAD_ARGUMENT", False)])
    assert refused.json()["data"] is None
    assert (refused.json()["errors"][0]["path"], refused.json()["errors"][0]["locations"]) == (
        ["workspaces"],
        [{"line": 1, "column": 3}],
    )
    data = (await served.post("{ viewer { email organization { name } } }")).json()["data"]
    assert data == {"viewer": {"email": "n@x", "organization": {"name": "Northwind"}}}


BAD_BODIES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "BAD_REQUEST"), "half": (b'{"query": "{ __typename', 400, "BAD_REQUEST"),
    "null": (b"null", 400, "BAD_REQUEST"), "a number": (b"1", 400, "BAD_REQUEST"),
    "a text": (b'"{ __typename }"', 400, "BAD_REQUEST"), "true": (b"true", 400, "BAD_REQUEST"),
    "a list": (b"[]", 400, "BATCH"), "a batch": (b'[{"query": "{ __typename }"}]', 400, "BATCH"),
    "an empty object": (b"{}", 400, "BAD_REQUEST"), "no UTF-8": (b'{"query": "\xff\xfe"}', 400, "BAD_REQUEST"),
    "deep JSON": (b"[" * 100_000, 400, "BAD_REQUEST"), "deep objects": (b'{"a":' * 100_000, 400, "BAD_REQUEST"),
    "a number as query": (b'{"query": 5}', 400, "BAD_REQUEST"), "null as query": (b'{"query": null}', 400, "BAD_REQUEST"),
    "an empty query": (b'{"query": ""}', 400, "BAD_REQUEST"),
    "a list as variables": (b'{"query": "{ __typename }", "variables": [1]}', 400, "BAD_REQUEST"),
    "a text as variables": (b'{"query": "{ __typename }", "variables": "x"}', 400, "BAD_REQUEST"),
    "a number as extensions": (b'{"query": "{ __typename }", "extensions": 5}', 400, "BAD_REQUEST"),
    "an unknown operation": (b'{"query": "{ __typename }", "operationName": "Q"}', 400, "BAD_REQUEST"),
    "a number as operation": (b'{"query": "{ __typename }", "operationName": 5}', 400, "BAD_REQUEST"),
    "a fragment alone": (b'{"query": "fragment F on Query { __typename }"}', 400, "BAD_REQUEST"),
    "half a surrogate pair": (b'{"query": "query ($i: ID!) { node(id: $i) { id } }", "variables": {"i": "\\ud800"}}', 400, "BAD_REQUEST"),
    "a syntax error": (b'{"query": "{"}', 400, "BAD_REQUEST"), "NUL in a query": (b'{"query": "{ \\u0000 }"}', 400, "BAD_REQUEST"),
    "an unknown field": (b'{"query": "{ nothing }"}', 400, "BAD_REQUEST"),
    "a mutation": (b'{"query": "mutation { x }"}', 400, "BAD_REQUEST"),
    "a subscription": (b'{"query": "subscription { x }"}', 400, "BAD_REQUEST"),
    "a missing variable": (b'{"query": "query ($i: ID!) { node(id: $i) { id } }"}', 400, "BAD_REQUEST"),
    "a text as number": (b'{"query": "{ agents(first: \\"1\\") { totalCount } }"}', 400, "BAD_REQUEST"),
    "a number too large": (b'{"query": "{ agents(first: 2147483648) { totalCount } }"}', 400, "BAD_REQUEST"),
    "no moment": (b'{"query": "{ agents(filter: {createdAt: {eq: \\"yesterday\\"}}) { totalCount } }"}', 400, "BAD_ARGUMENT"),
    "a moment beyond time": (b'{"query": "{ agents(filter: {createdAt: {eq: \\"9999-12-31T23:59:59-12:00\\"}}) { totalCount } }"}', 400, "BAD_ARGUMENT"),
    "a moment in a variable": (b'{"query": "query ($d: DateTime) { agents(filter: {createdAt: {eq: $d}}) { totalCount } }", "variables": {"d": 7}}', 400, "BAD_ARGUMENT"),
    "a deep query": (b'{"query": "' + b"{a" * 5_000 + b'"}', 400, "BAD_REQUEST"),
    "a deep filter": (
        b'{"query": "query ($f: AgentFilter) { agents(filter: $f) { totalCount } }", "variables": {"f": '
        + b'{"not":' * 400 + b"{}" + b"}" * 400 + b"}}", 400, "BAD_REQUEST",
    ),
    "a fragment in itself": (b'{"query": "{ ...F } fragment F on Query { ...F }"}', 400, "BAD_REQUEST"),
    "a cursor": (b'{"query": "{ agents(after: \\"x\\") { totalCount } }"}', 200, "BAD_CURSOR"),
}  # fmt: skip


async def test_no_malformed_request_is_more_than_refused(served: Served) -> None:
    headers = {**served.signed, "Content-Type": "application/json"}
    answered = {}
    with capture_logs() as logged:
        for name, (body, _status, _code) in BAD_BODIES.items():
            status, errors = told(await served.client.post("/graphql", content=body, headers=headers))
            answered[name] = (status, {code for _message, code, _retryable in errors})
    assert answered == {name: (status, {code}) for name, (_body, status, code) in BAD_BODIES.items()}
    assert logged == []


async def test_other_content_types_and_methods_are_refused(served: Served) -> None:
    body = b'{"query": "{ __typename }"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        response = await served.client.post("/graphql", content=body, headers={**served.signed, "Content-Type": kind})
        message = "send JSON in UTF-8, with `Content-Type: application/json`"
        assert told(response) == (415, [(message, "UNSUPPORTED_MEDIA_TYPE", False)])
    for sent in ({"variables": "{"}, {"variables": "[1]"}, {"variables": "5"}, {"extensions": "["}):
        response = await served.client.get("/graphql", params={**TYPENAME, **sent}, headers=served.signed)
        assert (response.status_code, told(response)[1][0][1]) == (400, "BAD_REQUEST")
    response = await served.client.get("/graphql", headers={**served.signed, "Accept": "application/json"})
    assert (response.status_code, told(response)[1][0][1]) == (400, "BAD_REQUEST")
    for method in ("PUT", "DELETE", "PATCH"):
        assert (await served.client.request(method, "/graphql", headers=served.signed)).status_code == 405
    for path in (
        "/docs",
        "/redoc",
        "/openapi.json",
        "/graphiql/../gateway.py",
        "/graphiql/%2e%2e/gateway.py",
        "/nothing",
    ):
        assert (await served.client.get(path, headers=served.signed)).status_code == 404


async def test_what_goes_wrong_inside_is_masked_and_logged_under_the_requests_id(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = Database.rows

    async def failing(self: Database, statement: Any, *values: Any) -> Any:
        if "computers" in getattr(statement, "text", ""):
            raise RuntimeError("the secret text")
        return await rows(self, statement, *values)

    monkeypatch.setattr(Database, "rows", failing)
    log_plainly("info")
    try:
        response = await served.post("{ computers { totalCount } }")
    finally:
        structlog.reset_defaults()
    error = response.json()["errors"][0]
    request_id = error["extensions"]["requestId"]
    assert told(response) == (
        200,
        [(f"something went wrong here; the log has it under {request_id}", "INTERNAL", False)],
    )
    assert error["path"] == ["computers"]
    assert "secret text" not in response.text
    log = capsys.readouterr().err
    assert "RuntimeError: the secret text" in log
    assert request_id in log
    assert served.token not in log

    async def failing_everywhere(self: Database, statement: Any, *values: Any) -> Any:
        raise RuntimeError("the secret text")

    monkeypatch.setattr(Database, "rows", failing_everywhere)
    with capture_logs() as logged:
        response = await served.post("{ __typename }")
    request_id = response.json()["errors"][0]["extensions"]["requestId"]
    assert told(response) == (
        500,
        [(f"something went wrong here; the log has it under {request_id}", "INTERNAL", False)],
    )
    assert [(entry["request_id"], str(entry["exc_info"])) for entry in logged] == [(request_id, "the secret text")]


# ------------------------------------------------------------------------------------------------------- signing in


async def test_a_code_signs_a_browser_in_once(served: Served) -> None:
    code = await served.code()

    first = await served.client.get("/sign-in", params={"code": code})
    assert (first.status_code, first.headers["location"], first.headers["cache-control"]) == (
        303,
        "/graphql",
        "no-store",
    )
    cookie, *flags = first.headers["set-cookie"].split("; ")
    assert re.fullmatch(rf"{COOKIE}=wg_[\w-]{{43}}", cookie)
    assert sorted(flags) == ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=strict"]
    assert code not in first.headers["set-cookie"]
    response = await served.client.post("/graphql", json=TYPENAME, headers=OF_OUR_PAGES)
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})

    served.client.cookies.clear()
    for wrong in (code, "", "wg_wrong", served.token, "\0", "é" * 1_000):
        again = await served.client.get("/sign-in", params={"code": wrong})
        assert (again.status_code, "set-cookie" in again.headers) == (401, False)
        assert "Not signed in" in again.text
    assert (await served.client.get("/sign-in")).status_code == 401

    secure = await served.client.get("https://graph.test/sign-in", params={"code": await served.code()})
    assert "Secure" in secure.headers["set-cookie"].split("; ")


async def test_codes_and_cookies_expire(served: Served) -> None:
    async def expire(kind: str) -> None:
        async with served.database.writing() as connection:
            ended = (
                update(tokens).where(tokens.c.kind == kind).values(expires_at=datetime.now(UTC) - timedelta(seconds=1))
            )
            await connection.execute(ended)

    code = await served.code()
    stored = await served.database.rows(tokens.select().where(tokens.c.kind == SIGN_IN))
    assert timedelta(minutes=59) < stored[0].expires_at - datetime.now(UTC) <= timedelta(hours=1)
    assert code not in str(stored)
    await expire(SIGN_IN)
    assert (await served.client.get("/sign-in", params={"code": code})).status_code == 401

    assert (await served.client.get("/sign-in", params={"code": await served.code()})).status_code == 303
    assert (await served.client.post("/graphql", json=TYPENAME, headers=OF_OUR_PAGES)).status_code == 200
    await expire(BROWSER)
    over = await served.client.post("/graphql", json=TYPENAME, headers=OF_OUR_PAGES)
    assert told(over) == (401, [(WRONG_TOKEN, "UNAUTHENTICATED", False)])


async def test_a_cookie_is_good_for_requests_of_our_own_pages_alone(served: Served) -> None:
    await served.client.get("/sign-in", params={"code": await served.code()})

    async def status(origin: str | None, **headers: str) -> int:
        sent = {**headers, **({} if origin is None else {"Origin": origin})}
        return (await served.client.post("/graphql", json=TYPENAME, headers=sent)).status_code

    origins = (
        None,
        "http://graph.test",
        "http://evil.test",
        "http://graph.test.evil.test",
        "null",
        "",
        "http://graph.test:81",
        "graph.test",
    )
    answered = {origin: await status(origin) for origin in origins}
    assert answered == {origin: 200 if origin == "http://graph.test" else 401 for origin in origins}
    # A token is no matter of origin: no browser sends it by itself.
    assert await status("http://evil.test", **served.signed) == 200


async def test_an_open_connection_for_subscriptions_needs_a_token_too(served: Served) -> None:
    app: Any = served.client._transport.app  # type: ignore[attr-defined]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "websocket", "asgi": {"version": "3.0"}, "scheme": "ws", "path": "/graphql", "raw_path": b"/graphql",
        "query_string": b"", "headers": [(b"host", b"graph.test")], "subprotocols": ["graphql-transport-ws"],
        "server": ("graph.test", 80), "client": ("127.0.0.1", 1), "root_path": "",
        "extensions": {"websocket.http.response": {}},
    }  # fmt: skip
    await app(scope, receive, send)
    assert (sent[0]["type"], sent[0]["status"]) == ("websocket.http.response.start", 401)


# ------------------------------------------------------------------------------------------------- pages and health

CSP = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


async def test_graphiql_is_served_with_all_it_needs_from_here_to_who_is_signed_in(served: Served) -> None:
    as_browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    out = await served.client.get("/graphql", headers=as_browser)
    assert (out.status_code, out.headers["content-security-policy"], out.headers["www-authenticate"]) == (
        401,
        CSP,
        "Bearer",
    )
    assert "Not signed in" in out.text

    await served.client.get("/sign-in", params={"code": await served.code()})
    page = await served.client.get("/graphql", headers=as_browser)
    assert (page.status_code, page.headers["content-security-policy"]) == (200, CSP)
    assert (page.headers["x-content-type-options"], page.headers["referrer-policy"]) == ("nosniff", "no-referrer")
    needed = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len([one for one in needed if one != "data:,"]) >= 6
    kinds = {"js": "javascript", "css": "css"}
    for path in needed:
        if path != "data:,":
            served.client.cookies.clear()
            asset = await served.client.get(path)
            assert (asset.status_code, kinds[path.rpartition(".")[2]] in asset.headers["content-type"]) == (
                200,
                True,
            ), path
            assert len(asset.content) > 50
    assert "<script>" not in page.text  # the policy allows no script that stands in the page
    assert (await served.client.get("/")).headers["location"] == "/graphql"


@pytest.mark.parametrize("path", sorted(PAGES.iterdir()), ids=lambda path: path.name)
def test_no_page_names_another_server(path: Path) -> None:
    assert re.findall(r"(?:https?:|wss?:)?//[\w.-]+\.\w+|@import|url\(", path.read_text()) == []


async def test_health_tells_a_database_that_is_ready_from_one_that_is_not(served: Served, tmp_path: Path) -> None:
    async def health(client: httpx.AsyncClient) -> list[tuple[int, Any]]:
        return [(one.status_code, one.json()) for one in (await client.get("/livez"), await client.get("/readyz"))]

    alive = (200, {"status": "ok"})
    assert await health(served.client) == [alive, alive]

    async with _client(
        Settings(data_dir=tmp_path / "empty", database_url=f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    ) as client:
        lacking = {"status": "unavailable", "reason": "the database lacks migrations; run `workgraph db upgrade`"}
        assert await health(client) == [alive, (503, lacking)]
        response = await client.post("/graphql", json=TYPENAME, headers=served.signed)
        assert response.status_code >= 500
        assert told(response)[1][0][1] in ("INTERNAL", "UNAVAILABLE")
        await client._transport.app.state.database.close()  # type: ignore[attr-defined]

    url = "postgresql+asyncpg://someone:a-password@127.0.0.1:1/nothing"
    async with _client(Settings(data_dir=tmp_path / "gone", database_url=url)) as client:
        with capture_logs() as logged:
            assert await health(client) == [
                alive,
                (503, {"status": "unavailable", "reason": "the database does not answer"}),
            ]
        assert "a-password" not in str(logged)
        response = await client.post("/graphql", json=TYPENAME, headers=served.signed)
        assert told(response) == (503, [("the database does not answer; try again", "UNAVAILABLE", True)])


# ------------------------------------------------------------------------------------------------------- cursor key


def test_the_key_of_cursors_is_made_once_for_its_owner_alone_or_set(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new" / "folder")
    key = cursor_key(settings)
    assert (len(key), cursor_key(settings)) == (32, key)
    (file,) = (tmp_path / "new" / "folder").iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("cursor.key", 0o600)
    assert cursor_key(Settings(data_dir=tmp_path / "other")) != key
    assert cursor_key(Settings(data_dir=tmp_path / "none", cursor_key="a key")) == b"a key"
    assert not (tmp_path / "none").exists()


async def test_cursors_of_one_server_are_good_on_another_that_shares_the_key(served: Served, tmp_path: Path) -> None:
    from db.computers import computers

    await put(served.database, computers, *({"id": f"C{n}", "name": str(n)} for n in range(3)))
    query = "query ($c: String) { computers(first: 1, after: $c) { nodes { id } pageInfo { endCursor } } }"
    page = (await served.post(query)).json()["data"]["computers"]
    async with _client(served.settings) as other:
        body = {"query": query, "variables": {"c": page["pageInfo"]["endCursor"]}}
        answer = (await other.post("/graphql", json=body, headers=served.signed)).json()
        await other._transport.app.state.database.close()  # type: ignore[attr-defined]
    assert [node["id"] for node in page["nodes"] + answer["data"]["computers"]["nodes"]] == ["C0", "C1"]
