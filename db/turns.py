"""Turns: who gets one of so many connections next. No account has all of them, and those who wait take turns."""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import ContextVar

from db.outages import NO_CONNECTION
from errors import OverloadedError

asker: ContextVar[str] = ContextVar("asker", default="")  # the account that a task is at work for


class Turns:
    """So many connections, of which one account has at most `share`; whoever gets none in time is told so."""

    def __init__(self, room: int, share: int, seconds: float) -> None:
        self._room, self._free, self._share, self._seconds = room, room, share, seconds
        self._held: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}  # who had the last turn comes last
        self._whole = asyncio.Event()

    async def take(self) -> str:
        """Take one, and tell for whom. Raises OverloadedError."""
        account_id = asker.get()
        if self._free and self._held.get(account_id, 0) < self._share:  # whoever waits has as many as they may
            self._give(account_id)
        else:
            await self._wait(account_id)
        return account_id

    def give_back(self, account_id: str) -> None:
        """Give one back, to who is next."""
        self._free += 1
        self._held[account_id] -= 1
        if not self._held[account_id]:
            del self._held[account_id]
        if self._waiting:
            self._next()
        elif not self._held:
            self._whole.set()

    async def all_back(self) -> None:
        """Wait until all are given back."""
        while self._held:
            self._whole.clear()
            await self._whole.wait()

    def _give(self, account_id: str) -> None:
        self._free -= 1
        self._held[account_id] = self._held.get(account_id, 0) + 1

    def _next(self) -> None:
        for account_id in tuple(self._waiting):
            if not self._free:
                return
            if self._held.get(account_id, 0) < self._share:
                waiting = self._waiting.pop(account_id)
                waiting.popleft().set_result(None)
                self._give(account_id)
                if waiting:
                    self._waiting[account_id] = waiting

    async def _wait(self, account_id: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(account_id, deque()).append(turn)
        try:
            async with asyncio.timeout(self._seconds):
                await asyncio.shield(turn)
        except BaseException as error:
            self._forget(account_id, turn)
            if isinstance(error, TimeoutError):
                raise OverloadedError(
                    NO_CONNECTION, limit="connections", value=self._room, asked=self._room + 1
                ) from None
            raise

    def _forget(self, account_id: str, turn: asyncio.Future[None]) -> None:
        if turn.done():  # it was given at the very moment
            self.give_back(account_id)
            return
        self._waiting[account_id].remove(turn)
        if not self._waiting[account_id]:
            del self._waiting[account_id]
