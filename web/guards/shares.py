"""Shares: no account takes a whole process, with much to do, slow bodies, or answers that it does not read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from errors import OverloadedError


@dataclass
class Shares:
    """How much of something each account has in one process at the moment."""

    limit: str
    what: str
    most: int
    now: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def one(self, account_id: str) -> Iterator[None]:
        """While the account has one more. Raises OverloadedError where it has as many as it may."""
        had = self.now.get(account_id, 0)
        if had >= self.most:
            message = f"an account has at most {self.most} {self.what} at once; come again when one is done"
            raise OverloadedError(message, limit=self.limit, value=self.most, asked=had + 1)
        self.now[account_id] = had + 1
        try:
            yield
        finally:
            self.now[account_id] -= 1
            if not self.now[account_id]:
                del self.now[account_id]
