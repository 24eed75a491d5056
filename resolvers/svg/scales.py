"""Scales: where a value stands on an axis, and which round values are written there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from resolvers.chart_figures import DRAWN_DIGITS, period_label

MOST_LABELS = 40  # of categories; of more, every second or third has one


@dataclass(frozen=True)
class Linear:
    """A scale from `low` to `high` over pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round values from below `low` to above `high`, about so many steps apart."""
    if not high > low:
        low, high = (low - 1, high + 1) if low else (0.0, 1.0)
    raw = (high - low) / about
    size = 10.0 ** math.floor(math.log10(raw))
    step = size * next(factor for factor in (1, 2, 2.5, 5, 10, 20) if raw <= factor * size)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(format(place * step, f".{DRAWN_DIGITS}g")) for place in range(first, last + 1)]


def seconds_of(moment: str) -> float:
    """A moment in ISO form as seconds."""
    return datetime.fromisoformat(moment).timestamp()


def moment_label(seconds: float, span: float, unit: str | None) -> str:
    """A moment as a label on an axis that spans so many seconds, by the unit that moments are cut to."""
    moment = datetime.fromtimestamp(seconds, UTC)
    if unit:
        return period_label(moment, unit)
    return moment.isoformat()[:10] if span > 3 * 86_400 else f"{moment:%m-%d %H:%M}"


def spread(count: int, most: int = MOST_LABELS) -> range:
    """The places of a row that are shown where at most so many can be."""
    return range(0, count, max(1, math.ceil(count / most)))


def evenly(values: Sequence[float], about: int = 6) -> list[float]:
    """Some of the values, from the first to the last, about so many."""
    return [values[place] for place in spread(len(values), about)]
