"""So many requests in a minute: for each account, and for each address without a valid token."""

from __future__ import annotations

import asyncio
import os
from uuid import uuid4

import httpx
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from structlog.testing import capture_logs

from errors import RateLimitedError
from tests.test_socket import opened
from tests.web.sites import ANSWERED, TYPENAME, Site, Sites, code_of
from web.guards.rates import Rates, network_of

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")


@pytest.fixture
async def redis_url() -> str:
    """A Redis that answers."""
    client = Redis.from_url(REDIS, socket_connect_timeout=1)
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        pytest.skip(f"no Redis at {REDIS}: {error}")
    finally:
        await client.aclose()
    return REDIS


async def statuses(requests: int, site: Site, **headers: str) -> list[int]:
    return [(await site.post(**headers)).status_code for _ in range(requests)]


async def test_an_account_may_make_so_many_requests_and_is_told_when_there_is_room(sites: Sites) -> None:
    site = await sites(rate_limit=3)
    assert await statuses(3, site) == [200, 200, 200]
    refused = await site.post()
    assert code_of(refused) == (429, "RATE_LIMITED")
    told = refused.json()["errors"][0]["extensions"]
    seconds = int(refused.headers["retry-after"])
    assert 1 <= seconds <= 120
    assert (told["limit"], told["value"], told["asked"], told["retryable"], told["retryAfterSeconds"]) == (
        "rateLimit", 3, 4, True, seconds
    )  # fmt: skip
    assert refused.headers["ratelimit-policy"] == '"rateLimit";q=3;w=60'
    assert refused.headers["ratelimit"] == f'"rateLimit";r=0;t={seconds}'


async def test_another_token_is_no_more_room_and_another_account_is(sites: Sites) -> None:
    site = await sites(rate_limit=2)
    again, other = await site.another_token("n@x"), await site.another_token("m@x")
    assert await statuses(2, site) == [200, 200]
    site.token = again
    assert await statuses(1, site) == [429]
    site.token = other
    assert await statuses(3, site) == [200, 200, 429]


async def test_every_way_in_is_counted_and_operations_of_sockets_and_batches_each(sites: Sites) -> None:
    site = await sites(rate_limit=10, batch=5)
    await site.post()
    await site.client.get("/graphql", params=TYPENAME, headers=site.signed)
    await site.post(b"{")
    assert len((await site.post(b'[{"query":"{ __typename }"},{"query":"{ __typename }"},{}]')).json()) == 3  # 6
    async with opened(site.app, site.token) as socket:  # 7
        assert await socket.asked("{ __typename }") == ANSWERED
        assert await socket.asked("{ __typename }") == ANSWERED
        refused = await site.post(b'[{"query":"{ __typename }"},{"query":"{ __typename }"}]')  # 10, and no room for 11
        assert code_of(refused) == (429, "RATE_LIMITED")
        (error,) = await socket.asked("{ __typename }")
        assert error["extensions"]["code"] == "RATE_LIMITED"


async def test_zero_is_no_limit(sites: Sites) -> None:
    site = await sites(rate_limit=0, failure_limit=0)
    assert set(await statuses(100, site)) == {200}
    assert set(await statuses(100, site, authorization="Bearer x")) == {401}


async def test_guessing_tokens_is_slow_and_those_who_have_one_go_on(sites: Sites) -> None:
    site = await sites(failure_limit=5)
    assert await statuses(2, site) == [200, 200]
    assert await statuses(7, site, authorization="Bearer x") == [401] * 5 + [429] * 2
    refused = await site.post(authorization="Bearer y")
    assert (code_of(refused), refused.json()["errors"][0]["extensions"]["limit"]) == (
        (429, "RATE_LIMITED"),
        "failureLimit",
    )
    assert code_of(await site.client.get("/sign-in", params={"code": "x"}))[0] == 429
    assert await statuses(2, site) == [200, 200]  # seen lately
    elsewhere = httpx.ASGITransport(app=site.app, client=("10.1.1.1", 1))
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://localhost") as client:
        response = await client.post("/graphql", json=TYPENAME, headers={"Authorization": "Bearer x"})
        assert response.status_code == 401


async def test_codes_to_sign_in_are_not_guessed_either(sites: Sites) -> None:
    site = await sites(failure_limit=3)
    tried = [(await site.client.get("/sign-in", params={"code": str(number)})).status_code for number in range(5)]
    assert tried == [401, 401, 401, 429, 429]


def test_all_addresses_of_one_network_count_as_one() -> None:
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")
    assert (network_of("10.1.2.3"), network_of(""), network_of("socket")) == ("10.1.2.3", "", "socket")


async def test_processes_with_one_redis_count_together(sites: Sites, redis_url: str) -> None:
    one, two = [await sites(rate_limit=4, redis_url=redis_url) for _ in range(2)]
    one.token = two.token = await one.another_token(f"{uuid4()}@x")
    assert await statuses(2, one) == [200, 200]
    assert await statuses(3, two) == [200, 200, 429]
    assert await statuses(1, one) == [429]
    refused = await one.post()
    assert 1 <= int(refused.headers["retry-after"]) <= 120
    for site in (one, two):
        await site.app.state.rates.windows.close()


async def test_while_redis_does_not_answer_each_process_counts_its_own(sites: Sites, unused_tcp_port: int) -> None:
    site = await sites(rate_limit=3, redis_url=f"redis://127.0.0.1:{unused_tcp_port}/0")
    with capture_logs() as logged:
        assert await statuses(4, site) == [200, 200, 200, 429]
    assert [entry["event"] for entry in logged] == ["Redis does not answer; each process counts its own requests"]
    assert str(unused_tcp_port) not in str(logged)
    await site.app.state.rates.windows.close()


async def test_a_redis_that_hangs_holds_up_one_request_for_a_moment() -> None:
    over = asyncio.Event()

    async def hang(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    rates = Rates(3, 0, f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
    async with asyncio.timeout(2):
        for _ in range(3):
            await rates.count("account")
        with pytest.raises(RateLimitedError):  # counted in memory meanwhile
            await rates.count("account")
    await rates.windows.close()
    over.set()
    await asyncio.sleep(0.05)
    server.close()
    await server.wait_closed()
