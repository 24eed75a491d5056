"""Other origins, other hosts, and what a browser's sign-in is good for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.sites import ANSWERED, TYPENAME, Site, Sites, code_of
from web.viewers import COOKIE

APP, EVIL = "https://app.example.com", "https://evil.test"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}


async def signed_in(site: Site) -> str:
    """The cookie of a browser that is signed in."""
    cookie: str = (await site.client.get("/sign-in", params={"code": await site.code()})).cookies[COOKIE]
    site.client.cookies.clear()
    return cookie


# other origins


async def test_no_page_of_another_origin_may_ask_unless_it_is_set(site: Site) -> None:
    preflight = await site.client.options("/graphql", headers={"Origin": APP, **PREFLIGHT})
    assert code_of(preflight) == (405, "METHOD_NOT_ALLOWED")
    asked = await site.post(origin=APP)
    assert asked.json() == ANSWERED  # a token is no browser's own doing; but no page gets to read this
    for response in (preflight, asked, await site.client.get("/livez", headers={"Origin": APP})):
        assert [name for name in response.headers if name.startswith("access-control")] == []


async def test_an_origin_that_is_set_may_ask_with_a_token_and_others_may_not(sites: Sites) -> None:
    site = await sites(cors_origins=(APP,))
    preflight = await site.client.options("/graphql", headers={"Origin": APP, **PREFLIGHT})
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, APP)
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
    for response in (
        await site.post(origin=APP),
        await site.post(b"{", origin=APP),
        await site.client.get("/graphql", headers={"Origin": APP}),
    ):
        assert response.headers["access-control-allow-origin"] == APP
        assert "Origin" in response.headers["vary"]
        assert "access-control-allow-credentials" not in response.headers
        assert "X-Request-Id" in response.headers["access-control-expose-headers"]
    for origin in (
        EVIL,
        "null",
        f"{APP}.evil.test",
        "http://app.example.com",
        f"{APP}:444",
        APP.upper(),
        "https://example.com",
    ):
        preflight = await site.client.options("/graphql", headers={"Origin": origin, **PREFLIGHT})
        assert (preflight.status_code, preflight.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")
        for response in (preflight, await site.post(origin=origin)):
            assert "access-control-allow-origin" not in response.headers
            assert "Origin" in response.headers["vary"]
    cookie = await signed_in(site)
    response = await site.client.post(
        "/graphql", json=TYPENAME, headers={"Origin": APP, "Cookie": f"{COOKIE}={cookie}"}
    )
    assert code_of(response) == (401, "UNAUTHENTICATED")


async def test_all_origins_may_ask_where_that_is_set_but_never_with_a_sign_in(sites: Sites) -> None:
    site = await sites(cors_origins=("*",))
    cookie = await signed_in(site)
    for origin in (APP, EVIL, "null"):
        response = await site.post(origin=origin)
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers
        headers = {"Origin": origin, "Cookie": f"{COOKIE}={cookie}"}
        assert code_of(await site.client.post("/graphql", json=TYPENAME, headers=headers))[0] == 401


# what a browser could be made to send


async def test_what_a_form_or_an_image_of_another_site_can_send_is_not_answered(site: Site) -> None:
    cookie = {"Cookie": f"{COOKIE}={await signed_in(site)}", "Origin": "http://localhost"}
    assert (await site.client.post("/graphql", json=TYPENAME, headers=cookie)).json() == ANSWERED
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        body = b'{"query":"mutation { __typename }"}'
        response = await site.client.post("/graphql", content=body, headers={**cookie, "Content-Type": kind})
        assert code_of(response) == (415, "UNSUPPORTED_MEDIA_TYPE")
    image = await site.client.get("/graphql", params=TYPENAME, headers=cookie)
    assert code_of(image) == (403, "CROSS_SITE")
    for name in ("X-Workgraph-CSRF", "Apollo-Require-Preflight"):
        response = await site.client.get("/graphql", params=TYPENAME, headers={**cookie, name: "1"})
        assert response.json() == ANSWERED
        assert code_of(await site.client.get("/graphql", params=TYPENAME, headers={**cookie, name: ""}))[0] == 403
    assert (await site.client.get("/graphql", params=TYPENAME, headers=site.signed)).json() == ANSWERED


async def test_no_page_of_another_site_signs_a_browser_in(site: Site) -> None:
    """To an account of its own, say, under which the reader then works."""
    code = await site.code()
    for led in ("cross-site", "same-site"):
        refused = await site.client.get("/sign-in", params={"code": code}, headers={"Sec-Fetch-Site": led})
        assert code_of(refused) == (403, "CROSS_SITE")
        assert "set-cookie" not in refused.headers
    signed = await site.client.get("/sign-in", params={"code": code}, headers={"Sec-Fetch-Site": "none"})
    assert signed.status_code == 303


# hosts


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "192.168.1.5", "a.localhost"]
)
async def test_a_browser_signs_in_under_addresses_and_localhost(sites: Sites, host: str) -> None:
    site = await sites(host)
    signed = await site.client.get("/sign-in", params={"code": await site.code()})
    assert signed.status_code == 303
    headers = {"Cookie": f"{COOKIE}={signed.cookies[COOKIE]}", "Origin": f"http://{host}"}
    assert (await site.client.post("/graphql", json=TYPENAME, headers=headers)).json() == ANSWERED


async def test_a_name_that_another_site_had_point_here_gets_no_sign_in(site: Site) -> None:
    code, cookie = await site.code(), await signed_in(site)
    for host in (
        "evil.test",
        "localhost.evil.test",
        "127.0.0.1.evil.test",
        "",
        "127.0.0.1@evil.test",
        "notlocalhost",
        "0x7f.1",
        "[::1",
        "[::1]evil.test",
        "localhost:evil",
        "::1",
    ):
        refused = await site.client.get("/sign-in", params={"code": code}, headers={"Host": host})
        assert code_of(refused) == (421, "UNKNOWN_HOST")
        headers = {"Host": host, "Origin": f"http://{host}", "Cookie": f"{COOKIE}={cookie}"}
        assert code_of(await site.client.post("/graphql", json=TYPENAME, headers=headers)) == (401, "UNAUTHENTICATED")
        assert (await site.post(host=host)).json() == ANSWERED  # a token no page has
    assert (await site.client.get("/sign-in", params={"code": code})).status_code == 303


async def test_only_hosts_that_are_set_are_answered_to(sites: Sites) -> None:
    site = await sites("graph.example.com", allowed_hosts=("graph.example.com",))
    cookie = await signed_in(site)
    for host in ("graph.example.com", "graph.example.com:8443", "GRAPH.example.com"):
        headers = {"Host": host, "Origin": f"http://{host}", "Cookie": f"{COOKIE}={cookie}"}
        assert (await site.client.post("/graphql", json=TYPENAME, headers=headers)).json() == ANSWERED
    for host in ("evil.test", "localhost", "127.0.0.1", "graph.example.com.evil.test", "x.graph.example.com", ""):
        for path in ("/graphql", "/sign-in", "/graphiql/page.js", "/nothing"):
            assert code_of(await site.client.get(path, headers={"Host": host})) == (421, "UNKNOWN_HOST")
        for path in ("/livez", "/readyz"):
            assert (await site.client.get(path, headers={"Host": host})).status_code == 200


# proxies


@pytest.mark.parametrize(("trusted", "is_believed"), [((), False), (("10.0.0.0/8",), False), (("127.0.0.1",), True)])
async def test_what_a_proxy_says_is_believed_of_those_that_are_set(
    sites: Sites, trusted: tuple[str, ...], is_believed: bool
) -> None:
    site = await sites(trusted_proxies=trusted, hsts_seconds=60, failure_limit=2)
    for number in range(4):
        headers = {"X-Forwarded-For": f"203.0.113.{number}", "X-Forwarded-Proto": "https", "Authorization": "Bearer x"}
        response: Any = await site.client.post("/graphql", json=TYPENAME, headers=headers)
        assert ("strict-transport-security" in response.headers) == is_believed
    assert response.status_code == (401 if is_believed else 429)
