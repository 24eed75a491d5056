"""Rates: so many requests in a minute for each account, and for each address without a valid token.

They are counted in Redis for all processes together, or in the memory of each; in memory also while Redis does not
answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine
from ipaddress import IPv6Address, IPv6Network, ip_address
from time import monotonic, time
from typing import Any

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from errors import RateLimitedError

AGAIN_SECONDS = 5  # after which Redis is asked again
REDIS_SECONDS = 0.25  # that it may take
KNOWN_SECONDS, MOST_KNOWN = 300, 10_000  # of those who had a valid token lately
log = structlog.get_logger("workgraph")
Call = Callable[[SlidingWindowCounterRateLimiter], Coroutine[Any, Any, Any]]


class Windows:
    """Sliding windows of a minute, by name."""

    def __init__(self, redis_url: str) -> None:
        self._memory = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._redis: SlidingWindowCounterRateLimiter | None = None
        if redis_url:
            self._pool = ConnectionPool.from_url(
                redis_url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
            )
            told: dict[str, Any] = {
                "implementation": "redispy",
                "key_prefix": "workgraph",
                "connection_pool": self._pool,
            }
            self._redis = SlidingWindowCounterRateLimiter(RedisStorage(f"async+{redis_url}", **told))
        self._down_until = 0.0

    async def ask(self, call: Call) -> Any:
        """What Redis says, or else memory."""
        if self._redis is not None and monotonic() >= self._down_until:
            try:
                said = await call(self._redis)
            except (RedisError, OSError) as error:
                if not self._down_until:
                    log.warning(
                        "Redis does not answer; each process counts its own requests", reason=type(error).__name__
                    )
                self._down_until = monotonic() + AGAIN_SECONDS
            else:
                if self._down_until:
                    log.info("Redis answers again")
                self._down_until = 0.0
                return said
        return await call(self._memory)

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._redis is not None:
            await self._pool.aclose()


class Rates:
    """What may be asked in a minute; 0 for as much as one likes."""

    def __init__(self, requests: int, failures: int, redis_url: str = "") -> None:
        self.windows = Windows(redis_url)
        self._requests = RateLimitItemPerMinute(requests) if requests else None
        self._failures = RateLimitItemPerMinute(failures) if failures else None
        self._good: dict[str, float] = {}  # until when, by credential

    async def count(self, account_id: str, requests: int = 1) -> None:
        """Count requests of an account. Raises RateLimitedError."""
        item = self._requests
        if item is not None and not await self.windows.ask(
            lambda limiter: limiter.hit(item, "account", account_id, cost=requests)
        ):
            raise await self._refused("rateLimit", "this account", item, ("account", account_id), requests)

    async def check(self, address: str, credential: str) -> None:
        """Raises RateLimitedError for an address that lately had too many tokens that are not valid.

        Whoever had a valid token lately is let through: others may have the same address.
        """
        item = self._failures
        if item is None or self._good.get(credential, 0.0) > monotonic():
            return
        place = network_of(address)
        if not await self.windows.ask(lambda limiter: limiter.test(item, "address", place)):
            raise await self._refused("failureLimit", "this address without a valid token", item, ("address", place), 1)

    def note_success(self, credential: str) -> None:
        """The credential was good."""
        if self._failures is not None:
            if len(self._good) >= MOST_KNOWN and credential not in self._good:
                del self._good[next(iter(self._good))]
            self._good[credential] = monotonic() + KNOWN_SECONDS

    async def note_failure(self, address: str) -> None:
        """The credential was not good, or there was none."""
        item = self._failures
        if item is not None:
            place = network_of(address)
            await self.windows.ask(lambda limiter: limiter.hit(item, "address", place))

    async def _refused(
        self, limit: str, who: str, item: RateLimitItem, names: tuple[str, str], asked: int
    ) -> RateLimitedError:
        window = await self.windows.ask(lambda limiter: limiter.get_window_stats(item, *names))
        seconds = max(1, math.ceil(window.reset_time - time()))
        message = f"{who} may make {item.amount} requests in a minute; come again in {seconds} s"
        return RateLimitedError(message, limit=limit, value=item.amount, asked=item.amount + asked, seconds=seconds)


def network_of(address: str) -> str:
    """What an address counts for: of IPv6 its network, of which one machine may have all addresses."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return str(IPv6Network((known, 64), strict=False)) if isinstance(known, IPv6Address) else address
