"""Overload: a process that answers as many requests as it can refuses another one at once, before any work on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from errors import OverloadedError


@dataclass
class Overload:
    """How many requests and operations one process answers at the moment."""

    most: int
    now: int = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """While one more is answered. Raises OverloadedError where there is no room for it."""
        if self.now >= self.most:
            message = "as many requests as can be answered at once are being answered; come again"
            raise OverloadedError(message, limit="concurrency", value=self.most, asked=self.now + 1)
        self.now += 1
        try:
            yield
        finally:
            self.now -= 1
