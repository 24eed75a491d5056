"""Bodies: what is too large or no JSON by its own account is refused before it is read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.web.sites import ANSWERED, Site, Sites, code_of


async def test_a_body_of_as_many_bytes_as_allowed_is_read_and_one_more_is_refused(sites: Sites) -> None:
    site = await sites(body_bytes=1_000)
    body = b'{"query":"{ __typename }"}'
    assert (await site.post(body.ljust(1_000))).json() == ANSWERED
    refused = await site.post(body.ljust(1_001))
    assert code_of(refused) == (413, "BODY_TOO_LARGE")
    told = refused.json()["errors"][0]["extensions"]
    assert (told["limit"], told["value"], told["asked"], told["retryable"]) == ("bodyBytes", 1_000, 1_001, False)
    assert refused.headers["connection"] == "close"


@pytest.mark.parametrize("told", [None, b"10", b"99999999999", b"1e3", b"-1"])
async def test_what_a_body_says_of_its_size_is_not_believed(sites: Sites, told: bytes | None) -> None:
    site = await sites(body_bytes=1_000)
    read = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            read.append(1)
            yield b" " * 100

    headers: dict[str, Any] = {**site.signed, "Content-Type": "application/json"}
    if told is not None:
        headers["Content-Length"] = told
    response = await site.client.post("/graphql", content=endless(), headers=headers)
    assert code_of(response) in ((413, "BODY_TOO_LARGE"), (400, "BAD_REQUEST"))
    assert len(read) == (11 if told in (None, b"10") else 0)
    assert response.headers["connection"] == "close"


KINDS: dict[str, bool] = {
    "application/json": True, "application/json; charset=utf-8": True, "APPLICATION/JSON;CHARSET=UTF-8": True,
    'application/json; charset="utf-8"': True, "application/json;odata=verbose": True, " application/json ": True,
    "application/json; charset=utf-16": False, "application/json; charset=latin-1": False, "application/json; charset=": False,
    "application/jsonx": False, "text/json": False, "text/plain": False, "text/plain; application/json": False, "": False,
    "application/x-www-form-urlencoded": False, "multipart/form-data; boundary=x": False, "application/graphql": False,
    "application/json, text/plain": False, "multipart/form-data; x=application/json": False, ";": False, "*/*": False,
}  # fmt: skip


async def test_only_json_in_utf_8_is_read(site: Site) -> None:
    answered = {kind: (await site.post(content_type=kind)).status_code for kind in KINDS}
    assert answered == {kind: 200 if is_json else 415 for kind, is_json in KINDS.items()}
    assert code_of(await site.post(content_type="text/plain")) == (415, "UNSUPPORTED_MEDIA_TYPE")
    for encoding in ("gzip", "deflate", "br", "gzip, identity"):
        assert code_of(await site.post(content_encoding=encoding)) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert (await site.post(content_encoding="identity")).json() == ANSWERED


async def test_a_header_that_there_is_once_is_not_taken_twice(site: Site) -> None:
    for name, value in (("Content-Type", "text/plain"), ("Authorization", "Bearer x"), ("Host", "evil.test")):
        headers = [*site.signed.items(), ("Content-Type", "application/json"), ("Host", "localhost"), (name, value)]
        response = await site.client.post("/graphql", content=b'{"query":"{ __typename }"}', headers=headers)
        assert code_of(response) == (400, "BAD_REQUEST")


async def test_a_body_that_comes_slowly_is_given_up(sites: Sites) -> None:
    site = await sites(body_seconds=0.1)

    async def slow() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.02)

    headers = {**site.signed, "Content-Type": "application/json"}
    response = await site.client.post("/graphql", content=slow(), headers=headers)
    assert code_of(response) == (408, "BODY_TIMEOUT")
    assert response.json()["errors"][0]["extensions"]["limit"] == "bodySeconds"
    assert response.headers["connection"] == "close"
