"""Lists in arguments that name what there are a few of: columns to order by, keys to group by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from errors import BadArgumentError

MOST_NAMES = 50  # more than any record has columns


def few(argument: str, names: Sequence[Any] | None) -> Sequence[Any]:
    """The list itself; nothing where there is none. Raises BadArgumentError where it is too long."""
    if names and len(names) > MOST_NAMES:
        raise BadArgumentError(f"{argument} takes at most {MOST_NAMES}, got {len(names)}")
    return names or ()
