"""How far a transaction has come, and waiting for it: it can be given up until it is being committed, and then no more.

Whoever stops waiting in mid-commit could not say what became of the change, so that a commit gets some seconds more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
GRACE_SECONDS = 2  # that a commit gets to end, and a transaction that is given up


@dataclass(eq=False)
class Commit:
    """How far a transaction has come; `is_begun` but not `is_done` when it failed or nobody knows."""

    is_begun: bool = False
    is_done: bool = False


async def committed(work: Coroutine[Any, Any, T], commit: Commit) -> T:
    """What the work gives, whose transaction tells `commit` how far it has come.

    When this is cancelled, so is the work, unless it is being committed: then it is let finish.
    """
    task = asyncio.create_task(work)
    try:
        given = await asyncio.shield(task)
    except asyncio.CancelledError:
        if not commit.is_begun:
            task.cancel()
        await asyncio.wait({task}, timeout=GRACE_SECONDS)
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=GRACE_SECONDS)
        commit.is_done = task.done() and not task.cancelled() and task.exception() is None
        raise
    commit.is_done = True
    return given
