"""What fields cost: declared once, printed as `@cost` and `@listSize`, and read by the executor, which adds them up.

The unit is a tenth of a millisecond of work. A field that is answered for all its parents by one statement costs its
weight once; one that takes a statement, or a drawing, for each parent costs it each time. docs/limits.md has how the
weights were found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import strawberry
from strawberry.federation.schema_directives import Cost, ListSize

EACH = "each"  # in a field's metadata: whether its weight counts for each parent, whatever feeds it

STATEMENT = 10  # one that finds rows by an index
COUNT = 10  # the number of all rows of a list
GROUPS = 30  # one GROUP BY over a list
LINEAGE = 30  # a recursive statement
KINDS = 30  # one statement for each kind of record
TABLE = 30  # a page of a table, and what it stands on
FIGURES = 80  # one SELECT over a whole table, for each chart
PICTURE = 80  # its figures, drawn
REPORT = 100  # sums over all runs
CHANGE = 100  # a transaction
DOCUMENT = 1  # a document as it came, which may be long
RELATED = 100  # a condition on related records, which is looked at for each row
COMPARED = 1  # a value compared with each row's
FOUND = 5  # a text looked for in each row's
POINTS = 100  # of a chart, where no argument says how many
PAGE_ROWS = 50  # of a page where nothing is asked for; WORKGRAPH_PAGE_DEFAULT goes before it


class Priced(NamedTuple):
    """What makes a field cost something: the directives and the metadata that it has."""

    directives: Sequence[object] = ()
    metadata: Mapping[str, bool] = MappingProxyType({})


FREE = Priced()


def priced(weight: int, size: ListSize | None = None, *, each: bool | None = None) -> Priced:
    """A price. Without `each` the field's feed decides whether it counts for each parent."""
    directives = [Cost(weight=weight)] if size is None else [Cost(weight=weight), size]
    return Priced(directives, {} if each is None else {EACH: each})


def size(assumed: int, slicing: Sequence[str] = (), sized: Sequence[str] = ()) -> ListSize:
    """How many objects a field leads to: as many as one of the arguments `slicing` says, else `assumed`.

    They stand in the fields `sized` of what the field answers; without those it is a list itself.
    """
    return ListSize(
        assumed_size=assumed,
        slicing_arguments=list(slicing) or strawberry.UNSET,
        sized_fields=list(sized) or strawberry.UNSET,
        require_one_slicing_argument=False,
    )


COUNTED = priced(COUNT, each=False)
PAGE = size(PAGE_ROWS, ("first", "last"), ("nodes", "edges"))
