"""The synthetic world: what becomes of each field of each object, drawn from a seed.

It depends on the world's seed, the object's key and the field's name, never on the order in which an executor calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from aiodataloader import DataLoader

DEPTH = 9  # generations of beings; the last has no children


@dataclass
class World:
    """One request's world: its seed, how much of it is broken, and what was done to it."""

    seed: int
    broken: float
    effects: list[str] = field(default_factory=list)
    _loader: Any = None

    def pick(self, key: str, name: str) -> Random:
        """What is random about a field of an object."""
        return Random(f"{self.seed} {key} {name}")

    def fate(self, key: str, name: str) -> str:
        """What becomes of a field: `well` mostly, else `null`, `raise`, `return an error` or `wrong`."""
        pick = self.pick(key, f"{name} fate")
        if pick.random() >= self.broken:
            return "well"
        return pick.choice(("null", "null", "raise", "return an error", "wrong"))

    def value(self, key: str, name: str, good: Any, wrong: Any) -> Any:
        """The value of a field, or what breaks it."""
        fate = self.fate(key, name)
        if fate == "raise":
            raise BrokenError(f"{name} of {key} raises")
        return {"well": good, "null": None, "return an error": BrokenError(f"{name} of {key} fails")}.get(fate, wrong)

    def loaded(self, key: str) -> Awaitable[Any]:
        """A text through a loader, or its failure; shielded from graphql-core, which cancels what others wait for."""
        self._loader = self._loader or DataLoader(self._loaded)
        loading = self._loader.load(key)
        loading.add_done_callback(lambda done: done.cancelled() or done.exception())
        return asyncio.shield(loading)

    async def _loaded(self, keys: list[str]) -> list[Any]:
        await asyncio.sleep(0)
        fates = [self.fate(key, "loaded") for key in keys]
        return [
            f"loaded {key}" if fate in ("well", "wrong") else BrokenError(f"{key} is not loaded")
            for key, fate in zip(keys, fates, strict=True)
        ]


class BrokenError(Exception):
    """What resolvers raise."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.extensions = {"code": "BROKEN"}


class Waiting:
    """An awaitable of a number, or of what breaks it."""

    def __init__(self, world: World, key: str, number: int) -> None:
        self.world, self.key, self.number = world, key, number

    def __await__(self) -> Any:
        yield from asyncio.sleep(0).__await__()
        return self.world.value(self.key, "awaited", self.number, "x")


class Raising:
    """An awaitable that raises. It is no coroutine, so that nothing minds if nobody awaits it."""

    def __init__(self, message: str) -> None:
        self.message = message

    def __await__(self) -> Iterator[Any]:
        raise BrokenError(self.message)
        yield


def attribute(world: World, key: str, name: str, good: Any, wrong: Any) -> Any:
    """What an attribute holds; what is wrong with it shows when it is completed."""
    fate = world.fate(key, name)
    if fate == "raise":
        return Raising(f"{name} of {key} raises")
    return {"well": good, "null": None, "return an error": BrokenError(f"{name} of {key} fails")}.get(fate, wrong)
