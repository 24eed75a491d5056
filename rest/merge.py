"""Many partial documents of one record become one, field by field, in whatever order they come.

A field belongs to the newest document that named it: absent keeps, null clears. Of two documents of the same
moment the greater value wins, so that the outcome never depends on which came first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

DELETED = "$deleted"  # a field of ours: the moment when the record was deleted in its system


@dataclass
class Merged:
    """A record's document as merged so far. Moments are microseconds since 1970; 0 means only mentioned."""

    document: dict[str, Any] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)  # of the fields that are older than `as_of`
    as_of: int = 0

    def time_of(self, name: str) -> int:
        """When the field was last said; 0 where it never was."""
        return self.times.get(name, self.as_of) if name in self.document else 0

    @property
    def deleted_at(self) -> int:
        """When the record was last deleted; 0 where it never was."""
        return self.time_of(DELETED)

    @property
    def is_deleted(self) -> bool:
        """Whether nothing was heard of the record since it was deleted."""
        return DELETED in self.document and self.deleted_at >= self.last_said

    @property
    def last_said(self) -> int:
        """The moment of the newest document, deletions aside."""
        return max((self.time_of(name) for name in self.document if name != DELETED), default=0)


def merge(merged: Merged, document: dict[str, Any], at: int) -> bool:
    """Take a document of moment `at` in; whether that changed the merged one."""
    if at > merged.as_of and not merged.times and merged.document.keys() <= document.keys():
        changed = not _same(merged.document, document)
        merged.document, merged.as_of = dict(document), at  # a copy: the answer that it came in stays as it is
        return changed
    changed = False
    moments = {name: merged.time_of(name) for name in merged.document}
    for name, value in document.items():
        known = moments.get(name)
        if known is None or at > known or (at == known and _outranks(value, merged.document[name])):
            changed |= name not in merged.document or not _same(merged.document[name], value)
            merged.document[name], moments[name] = value, at
    merged.as_of = max(merged.as_of, at)
    merged.times = {name: moment for name, moment in moments.items() if moment != merged.as_of}
    return changed


def _same(one: Any, other: Any) -> bool:
    """Python takes 1, 1.0 and true for equal, JSON does not."""
    return bool(one == other) and _text(one) == _text(other)


def _outranks(value: Any, other: Any) -> bool:
    return _text(value) > _text(other)


def _text(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
