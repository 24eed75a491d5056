"""Several operations in one request: off, unless it is set; then each is answered as if it had come alone."""

from __future__ import annotations

import orjson

from tests.web.sites import ANSWERED, TYPENAME, Site, Sites, code_of


async def test_lists_are_refused_as_long_as_nobody_set_them(site: Site) -> None:
    for body in (b"[]", b'[{"query":"{ __typename }"}]', orjson.dumps([TYPENAME] * 1_000)):
        response = await site.post(body)
        assert code_of(response) == (400, "BATCH")
        told = response.json()["errors"][0]["extensions"]
        assert (told["limit"], told["value"], told["asked"]) == ("batch", 0, len(orjson.loads(body)))


async def test_as_many_as_are_set_are_answered_in_order_each_with_its_own_errors(sites: Sites) -> None:
    site = await sites(batch=4)
    several = [TYPENAME, {"query": "{"}, 5, {"query": "{ viewer { email } }", "variables": {}}]
    response = await site.post(orjson.dumps(several), x_request_id="it")
    first, second, third, fourth = response.json()
    assert (response.status_code, first, fourth) == (200, ANSWERED, {"data": {"viewer": {"email": "n@x"}}})
    for wrong in (second, third):
        assert wrong.keys() == {"errors"}
        assert wrong["errors"][0]["extensions"] == {"code": "BAD_REQUEST", "requestId": "it", "retryable": False}
    for many in ([], [TYPENAME] * 5, [[TYPENAME]] * 5):
        assert code_of(await site.post(orjson.dumps(many))) == (400, "BATCH")
    nested = (await site.post(orjson.dumps([[TYPENAME]]))).json()
    assert nested[0]["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert code_of(await site.client.get("/graphql", params={"query": "[]"}, headers=site.signed))[0] == 400


async def test_what_is_written_first_is_read_by_the_next(sites: Sites) -> None:
    site = await sites(batch=2)
    made = {"query": 'mutation { createWorkspace(input: {title: "New"}) { workspace { id } } }'}
    read = {"query": "{ workspaces { nodes { name } } }"}
    first, second = (await site.post(orjson.dumps([made, read]))).json()
    assert "errors" not in first, first
    assert second == {"data": {"workspaces": {"nodes": [{"name": "New"}]}}}
