"""Lineage: the field of all that came of a record."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from resolvers.context import Batch
from resolvers.lineage import MOST_DEPTH, Lineage, Reach, reach_of
from schema.fields import argument, asked_field
from schema.prices import LINEAGE, priced, size


def descendants(lineage: Lineage, description: str) -> Any:
    """A field that answers the rows below a row, as far as its arguments reach."""
    return asked_field(
        partial(_descendants, lineage),
        description,
        argument("depth", int, "How many generations down; 1 to 100.", MOST_DEPTH),
        argument("first", int, "How many at most; 1 to 1,000.", Reach.first),
        price=priced(LINEAGE, size(Reach.first, ("first",))),
    )


def _descendants(lineage: Lineage, arguments: Mapping[str, Any]) -> Batch:
    batch: Any = partial(lineage.descendants, reach_of(arguments["depth"], arguments["first"]))
    return batch  # type: ignore[no-any-return]
