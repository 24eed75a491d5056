"""Cursors: the place of a row in an ordered list, signed so that nobody can make one up.

A cursor holds the values of the order's columns at its row. Its signature covers the list it belongs to as well
(organisation, list, order), so that a cursor of another list is refused like one that was tampered with.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import orjson

from errors import BadCursorError

SIGNATURE_BYTES = 12  # 96 bits; a guess succeeds once in 10^28
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CursorKey:
    """Signs and checks cursors. All processes that share a database share the key."""

    def __init__(self, key: bytes) -> None:
        self._key = blake2b(key, digest_size=32, person=b"cursor").digest()

    def write(self, scope: str, values: Sequence[Any]) -> str:
        """The cursor of a row with these values in the list that `scope` names."""
        content = orjson.dumps([_plain(value) for value in values])
        return _text(self._signature(scope, content) + content)

    def read(self, scope: str, cursor: str) -> tuple[Any, ...]:
        """The values in a cursor. Raises BadCursorError."""
        try:
            raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
            if _text(raw) != cursor:  # the decoder passes over what is no base64
                raise ValueError
            signature, content = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
            if not hmac.compare_digest(signature, self._signature(scope, content)):
                raise ValueError
            return tuple(_value(item) for item in orjson.loads(content))
        except ValueError:
            raise BadCursorError(
                "the cursor does not belong to this list and order, or was changed; "
                "take cursors from `pageInfo` or `edges` of the same field with the same `orderBy`"
            ) from None

    def _signature(self, scope: str, content: bytes) -> bytes:
        return blake2b(scope.encode() + b"\0" + content, key=self._key, digest_size=SIGNATURE_BYTES).digest()


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _plain(value: Any) -> Any:
    """A moment as [microseconds since 1970], which no other value is."""
    return [(value - _EPOCH) // timedelta(microseconds=1)] if isinstance(value, datetime) else value


def _value(item: Any) -> Any:
    return _EPOCH + timedelta(microseconds=item[0]) if isinstance(item, list) else item
