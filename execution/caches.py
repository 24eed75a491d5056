"""What the executor keeps between requests: caches bounded in entries and in bytes, the oldest use going first."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from cachetools import LRUCache
from graphql import Node

BYTES_OF_TOKEN = 650  # that a token of a document takes with its nodes, measured on documents of one-letter fields
BYTES_OF_ENTRY = 4_000  # that an entry counts for, however small
BYTES_TO_COLLECT = 16_000_000  # as estimated: a thousand documents; to look takes a tenth of a second
TOKEN = re.compile(r"\w+|[^\s,\w]")  # or a part of one: a text in quotes counts for more

Kept = TypeVar("Kept")


@dataclass(frozen=True)
class CacheLimits:
    """The bounds of the caches. The settings have what each of them means, and the same defaults."""

    cached_documents: int = 1_000
    cached_document_bytes: int = 64_000_000
    cached_plans: int = 1_000
    cached_plan_bytes: int = 64_000_000


class BoundedCache(LRUCache[Any, Kept]):
    """Keeps what was used last, as many entries and bytes as it may; what is larger than all of it, it never takes."""

    def __init__(self, most: int, most_bytes: int, bytes_of: Callable[[Kept], int]) -> None:
        super().__init__(most_bytes, lambda kept: max(BYTES_OF_ENTRY, bytes_of(kept)))
        self.most = most
        self._dropped = 0.0

    def __setitem__(self, key: Any, kept: Kept) -> None:
        if self.getsizeof(kept) > self.maxsize:
            return
        while len(self) >= self.most and key not in self:
            self.popitem()
        super().__setitem__(key, kept)

    def popitem(self) -> tuple[Any, Kept]:
        """What was not used for the longest time, which is kept no more.

        Trees and plans lead back to themselves, so that Python finds only by looking that nobody needs them; it looks
        seldom. When enough was dropped, it is told to.
        """
        dropped = super().popitem()
        self._dropped += self.getsizeof(dropped[1])
        if self._dropped >= BYTES_TO_COLLECT:
            self._dropped = 0
            gc.collect()
        return dropped


def bytes_of(node: Node) -> int:
    """The memory that the document of a node takes, as far as can be told by its text."""
    text = node.loc.source.body if node.loc else ""
    return sum(1 for _ in TOKEN.finditer(text)) * BYTES_OF_TOKEN + len(text)
