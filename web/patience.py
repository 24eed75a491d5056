"""How long an operation may take, and that nobody works for a client that has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from types import TracebackType
from typing import Any

from db.commits import Commit
from errors import RequestTimeoutError
from resolvers.context import Context

LOOK_SECONDS = 1.0  # of work before it is asked whether the client is still there; to ask costs more than most answers
GONE = "http.disconnect"
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Patience:
    """Around one operation: gives it up, with all that it has begun, when its time is over or its client gone.

    Raises RequestTimeoutError. Made by hand, for `asyncio.timeout` costs three times as much, on every request.
    """

    __slots__ = ("_began", "_cancelling", "_context", "_is_over", "_loop", "_receive", "_seconds", "_task", "_timer",
                 "_watch")  # fmt: skip

    def __init__(self, seconds: float, context: Context, receive: Receive | None) -> None:
        self._seconds, self._context, self._receive = seconds, context, receive

    def __enter__(self) -> None:
        self._loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101  requests are answered in tasks
        self._task, self._cancelling = task, task.cancelling()
        self._is_over = False
        self._watch: asyncio.Task[None] | None = None
        self._began = self._loop.time()
        self._timer = self._loop.call_later(min(self._seconds, LOOK_SECONDS), self._look)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()
        if kind is not None:
            self._context.give_up()
        if self._is_over and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise told_of_timeout(self._seconds, self._loop.time() - self._began, self._context.commits) from error

    def _look(self) -> None:
        left = self._began + self._seconds - self._loop.time()
        if left <= 0:
            self._end()
            return
        self._timer = self._loop.call_later(left, self._end)
        if self._receive is not None:
            self._watch = self._loop.create_task(self._end_when_gone(self._receive))

    async def _end_when_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != GONE:
            pass
        self._end()

    def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._task.cancel()


def told_of_timeout(seconds: float, taken: float, commits: Sequence[Commit]) -> RequestTimeoutError:
    """What a client is told of an operation that took too long, and of the changes that it made or was to make."""
    done = sum(one.is_done for one in commits)
    is_uncertain = any(one.is_begun and not one.is_done for one in commits)
    if not commits:
        advice = "ask for less at once, or try again"
    elif is_uncertain:
        advice = "a change was being committed and is made whole or not at all; send it again with its `idempotencyKey`"
    else:
        advice = f"changes made before: {done}; of the one at work nothing is kept"
    return RequestTimeoutError(
        f"the request took longer than {seconds:g} s and was given up; {advice}",
        limit="requestSeconds",
        value=seconds,
        asked=round(max(seconds, taken), 3),
        **({"done": done, "uncertain": is_uncertain} if commits else {}),
    )
