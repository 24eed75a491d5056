"""How many bytes an answer has, as far as one can tell before it is encoded: texts and JSON for what is in them.

What rows hold is measured where it lies, when they come in; other leaves when they are written. A text counts as many
bytes as it has characters, and each member of an object its name and a few bytes more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from errors import LimitError
from execution.feeds import RowColumn
from execution.limits import ANSWER_BYTES, DocumentLimits
from execution.plan import Attribute, FieldPlan, SelectionPlan

BYTES_OF_MEMBER = 8  # quotes, colon, comma, and a number, say
TEXTS = (str, object)  # the classes of columns that lie as text, object being JSON's


@dataclass(eq=False)
class Size:
    """The bytes of one answer so far."""

    limits: DocumentLimits | None
    bytes: float = 0

    def __post_init__(self) -> None:
        self.most = self.limits.answer_bytes if self.limits else float("inf")

    def add(self, count: float) -> None:
        """Counts so many more. Raises AnswerBytesExceededError where they are too many."""
        self.bytes += count
        if self.bytes > self.most:
            raise self.refusal()

    @property
    def is_passed(self) -> bool:
        """Whether they are too many."""
        return self.bytes > self.most

    def refusal(self) -> LimitError:
        """The error that refuses the answer."""
        return ANSWER_BYTES.refusal(int(self.bytes), self.limits or DocumentLimits())


@dataclass(frozen=True)
class Measure:
    """How rows of one class are measured for one selection: so many bytes each, and the texts that lie in columns."""

    fixed: int
    columns: tuple[tuple[Callable[[Any], Any], int], ...]  # what reads each, and how often it is selected

    def bytes_of(self, rows: Sequence[Any]) -> int:
        """The bytes that the rows' own values take, each row once."""
        texts = sum(times * sum(map(len, filter(None, map(read, rows)))) for read, times in self.columns)
        return self.fixed * len(rows) + texts


def measure_of(plan: SelectionPlan, kind: type | None) -> Measure:
    """How objects of a class are measured; of those that are no rows all values are measured as leaves."""
    fixed = sum(len(one.key) + BYTES_OF_MEMBER for one in plan.fields)
    places: dict[int, int] = {}
    if kind is not None:
        layout: Sequence[RowColumn] = getattr(kind, "layout", ())
        for place in _text_places(plan.fields, {one.name: place for place, one in enumerate(layout)}, layout):
            places[place] = places.get(place, 0) + 1
    return Measure(fixed, tuple((itemgetter(place), times) for place, times in places.items()))


def _text_places(fields: Iterable[FieldPlan], places: dict[str, int], layout: Sequence[RowColumn]) -> Iterable[int]:
    """The places of columns with texts of any length: those of enums and ids are short."""
    for one in fields:
        if not one.is_inline or not isinstance(one.source, Attribute) or one.leaf is None:
            continue
        place = places.get(one.source.name)
        if place is not None and layout[place].python in TEXTS and not one.leaf.names and one.leaf.of.name != "ID":
            yield place
