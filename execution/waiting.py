"""Work that may have to wait: begun at once, and gone on with elsewhere only if it does.

So an operation that never waits is answered without an event loop, and a field that waits holds up no other.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class _Handover:
    """Awaited by work that is about to wait for the first time: from here on it runs where whoever began it says."""

    def __await__(self) -> Generator[Any, None, None]:
        yield self


HANDOVER = _Handover()


class Rest(Generic[T]):
    """What is left of work that has handed over; to be awaited once, or closed."""

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self._work = work

    def __await__(self) -> Generator[Any, Any, T]:
        return (yield from self._work.__await__())

    def close(self) -> None:
        """Give the work up."""
        self._work.close()


def begin(work: Coroutine[Any, Any, T]) -> T | Rest[T]:
    """What the work gives, or, if it is going to wait, the rest of it."""
    try:
        work.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    return Rest(work)
