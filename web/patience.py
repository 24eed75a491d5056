"""How long an operation may take, and that nobody works for a client that has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from types import TracebackType
from typing import Any

from strawberry.extensions import SchemaExtension

from errors import RequestTimeoutError
from resolvers.context import Context
from web.context import RequestContext

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
            raise self._told() from error

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

    def _told(self) -> RequestTimeoutError:
        commits = self._context.commits
        details: dict[str, Any] = {}
        if commits:
            details = {"done": sum(one.is_done for one in commits),
                       "uncertain": any(one.is_begun and not one.is_done for one in commits)}  # fmt: skip
        return RequestTimeoutError(
            f"the request took longer than {self._seconds:g} s and was given up; {_advice(details)}",
            limit="requestSeconds",
            value=self._seconds,
            asked=round(max(self._seconds, self._loop.time() - self._began), 3),
            **details,
        )


def _advice(details: dict[str, Any]) -> str:
    if not details:
        return "ask for less at once, or try again"
    if details["uncertain"]:
        return (
            "the change at work is made whole or not at all, and nobody can tell which; send it again with the same "
            "`idempotencyKey`"
        )
    return f"changes that were made before: {details['done']}; of the one at work nothing was kept"


def each_operation_bounded(seconds: float) -> type[SchemaExtension]:
    """A Strawberry extension that gives operations up which do not take the hot path."""

    class EachOperationBounded(SchemaExtension):
        def on_execute(self) -> Iterator[None]:
            """Around an operation's execution."""
            context: Any = self.execution_context.context
            if not isinstance(context, RequestContext):
                yield
                return
            request: Any = context.request
            with Patience(seconds, context, None if context.is_socket else request.receive):
                yield

    return EachOperationBounded
