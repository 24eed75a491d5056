"""Every answer has its request's id and its headers, and every error the same form, whatever the path."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from db.database import Database
from errors import ERRORS, GatewayError, LimitError, UnavailableError
from tests.web.sites import ANSWERED, TYPENAME, Site, Sites, code_of

DOCS = Path(__file__).parent.parent.parent / "docs"
SYNTAX_ERROR, FIELD_ERROR = b'{"query": "{"}', b'{"query": "{ workspaces(first: 0) { totalCount } }"}'
GRAPHQL = "application/graphql-response+json"


async def test_the_id_of_a_request_is_taken_if_it_can_be_and_told_everywhere(site: Site) -> None:
    for given in ("a", "A-z_0.9", "x" * 128):
        for response in (await site.post(x_request_id=given), await site.post(SYNTAX_ERROR, x_request_id=given)):
            assert response.headers["x-request-id"] == given
        assert response.json()["errors"][0]["extensions"]["requestId"] == given
    for given in ("", "x" * 129, "a b", "a\tb", "<script>", "a;b", "%0a"):
        response = await site.post(SYNTAX_ERROR, x_request_id=given)
        assert re.fullmatch(r"[0-9a-f]{16}", response.headers["x-request-id"])
        assert response.json()["errors"][0]["extensions"]["requestId"] == response.headers["x-request-id"]


async def test_the_same_id_is_in_all_errors_of_an_answer_and_in_the_log(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_values: Any, **_more: Any) -> Any:
        raise RuntimeError("SELECT secret FROM hidden /home/somebody")

    assert (await site.post()).json() == ANSWERED  # the token is known from now on
    monkeypatch.setattr(Database, "rows", failing)
    with capture_logs() as logged:
        response = await site.post(
            b'{"query": "{ workspaces { totalCount } agents { totalCount } }"}', x_request_id="it"
        )
    errors = response.json()["errors"]
    assert {error["extensions"]["requestId"] for error in errors} == {"it"}
    assert {error["extensions"]["code"] for error in errors} == {"INTERNAL"}
    assert {(entry["request_id"], str(entry["exc_info"])) for entry in logged} == {
        ("it", "SELECT secret FROM hidden /home/somebody")
    }
    assert not re.search("SELECT|hidden|/home|Runtime|Traceback", response.text)


async def test_why_the_database_is_out_of_reach_is_in_the_log_under_the_id(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_values: Any, **_more: Any) -> Any:
        raise UnavailableError("the database does not answer; try again") from OSError("no route to host")

    async def told(query: bytes) -> tuple[str, list[tuple[str, str, str]]]:
        with capture_logs() as logged:
            response = await site.post(query, x_request_id="it")
        (error,) = response.json()["errors"]
        assert "no route" not in response.text
        return error["extensions"]["code"], [(one["request_id"], one["cause"], one["text"]) for one in logged]

    logged = ("UNAVAILABLE", [("it", "OSError", "no route to host")])
    known = site.token
    assert (await site.post()).json() == ANSWERED  # the token is known from now on
    monkeypatch.setattr(Database, "rows", failing)
    assert await told(b'{"query": "{ workspaces { totalCount } }"}') == logged
    monkeypatch.setattr(site, "token", f"{known}x")  # of which nobody can tell
    assert await told(b'{"query": "{ __typename }"}') == logged


PATHS: dict[str, tuple[str, str, dict[str, Any], tuple[int, str]]] = {
    "an unknown path": ("GET", "/nothing", {}, (404, "NOT_FOUND")),
    "a path above": ("GET", "/graphiql/../gateway.py", {}, (404, "NOT_FOUND")),
    "a hidden path above": ("GET", "/graphiql/%2e%2e%2fgateway.py", {}, (404, "NOT_FOUND")),
    "the graph with a slash": ("POST", "/graphql/", {"json": TYPENAME}, (404, "NOT_FOUND")),
    "a method of pages": ("POST", "/", {}, (405, "METHOD_NOT_ALLOWED")),
    "a method of files": ("DELETE", "/graphiql/page.js", {}, (405, "METHOD_NOT_ALLOWED")),
    "a method of all files": ("PUT", "/graphiql/graphiql.min.js", {}, (405, "METHOD_NOT_ALLOWED")),
    "a method of health": ("POST", "/livez", {}, (405, "METHOD_NOT_ALLOWED")),
    "a method of signing in": ("POST", "/sign-in", {}, (405, "METHOD_NOT_ALLOWED")),
    "no token": ("POST", "/graphql", {"json": TYPENAME}, (401, "UNAUTHENTICATED")),
    "no token by address": ("GET", "/graphql", {"params": TYPENAME}, (401, "UNAUTHENTICATED")),
    "metrics": ("GET", "/metrics", {}, (401, "UNAUTHENTICATED")),
    "a form": ("POST", "/graphql", {"data": TYPENAME}, (415, "UNSUPPORTED_MEDIA_TYPE")),
}


async def test_errors_of_every_path_have_the_form_of_errors(site: Site) -> None:
    for name, (method, path, request, wanted) in PATHS.items():
        response = await site.client.request(method, path, **request)
        assert code_of(response) == wanted, name
        assert response.headers["content-type"] == "application/json"
        assert "server" not in response.headers
        assert ("www-authenticate" in response.headers) == (wanted[0] == 401)
        assert ("allow" in response.headers) == (wanted[0] == 405)


async def test_other_methods_are_refused_and_told_which_there_are(site: Site) -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "QUERY", "X"):
        response = await site.client.request(method, "/graphql", headers=site.signed, json=TYPENAME)
        assert code_of(response) == (405, "METHOD_NOT_ALLOWED")
        assert response.headers["allow"] == "GET, HEAD, POST"


async def test_a_mutation_by_get_is_refused(site: Site) -> None:
    for query in (
        "mutation { setTags(input: {}) { clientMutationId } }",
        "mutation M { __typename } query Q { __typename }",
    ):
        parameters = {"query": query} | ({"operationName": "M"} if "M" in query.split() else {})
        response = await site.client.get("/graphql", params=parameters, headers=site.signed)
        assert code_of(response) in ((405, "METHOD_NOT_ALLOWED"), (400, "BAD_REQUEST"))
    response = await site.client.get("/graphql", params={"query": "mutation { __typename }"}, headers=site.signed)
    assert (code_of(response), response.headers["allow"]) == ((405, "METHOD_NOT_ALLOWED"), "POST")
    parameters = {"query": "mutation M { __typename } query Q { __typename }", "operationName": "Q"}
    assert (await site.client.get("/graphql", params=parameters, headers=site.signed)).json() == ANSWERED


async def test_head_is_get_without_the_body(site: Site) -> None:
    for path, parameters in (("/graphql", TYPENAME), ("/livez", {}), ("/graphiql/page.js", {}), ("/nothing", {})):
        got = await site.client.get(path, params=parameters, headers=site.signed)
        head = await site.client.head(path, params=parameters, headers=site.signed)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert {**head.headers, "x-request-id": ""} == {**got.headers, "x-request-id": ""}


async def test_the_answer_is_called_as_the_client_knows_it_and_has_the_same_status(site: Site) -> None:
    for accept, kind in ((GRAPHQL, GRAPHQL), (f"{GRAPHQL}, application/json;q=0.9", GRAPHQL), ("*/*", "application/json"),
                         ("application/json", "application/json"), ("", "application/json")):  # fmt: skip
        for body, status in (
            (b'{"query": "{ __typename }"}', 200),
            (FIELD_ERROR, 200),
            (SYNTAX_ERROR, 400),
            (b"{", 400),
        ):
            response = await site.post(body, accept=accept)
            assert (response.status_code, response.headers["content-type"]) == (status, kind)
            assert ("data" in response.json()) == (status == 200)


async def test_every_answer_says_how_it_may_be_used(sites: Sites) -> None:
    site = await sites(hsts_seconds=60)
    for response in (
        await site.post(), await site.post(SYNTAX_ERROR), await site.client.get("/nothing"), await site.client.get("/livez"),
        await site.client.get("/graphql", headers={"Accept": "text/html"}), await site.client.get("/graphiql/page.js"),
        await site.client.get("/"),
    ):  # fmt: skip
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert response.headers["cache-control"] == ("no-cache" if "page.js" in str(response.url) else "no-store")
        assert "strict-transport-security" not in response.headers
    https = await site.client.get("https://localhost/livez")
    assert https.headers["strict-transport-security"] == "max-age=60"
    redirect = await site.client.get("/", headers={"Host": "evil.test"})
    assert (redirect.status_code, redirect.headers["location"]) == (307, "/graphql")


def _all_errors() -> set[type[GatewayError]]:
    found, new = set(), {GatewayError}
    while new:
        found |= new
        new = {one for known in new for one in known.__subclasses__()} - found
    return found


def test_the_list_of_errors_is_closed() -> None:
    kinds = {error for error in _all_errors() if error.__module__ == "errors"} - {GatewayError, LimitError}
    assert kinds == set(ERRORS)
    assert len({error.code for error in ERRORS}) == len(ERRORS)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_every_error_is_documented(error: type[GatewayError]) -> None:
    meaning = " ".join(str(error.__doc__).split()).partition(" Source:")[0]
    row = f"| `{error.code}` | {error.status} | {'yes' if error.is_retryable else 'no'} | {meaning} |"
    assert row in (DOCS / "errors.md").read_text(), row
