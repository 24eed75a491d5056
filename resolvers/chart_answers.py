"""The figures of a chart, as its drawing takes them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One figure. `x` and `group` are values of JSON; `series` is the label of the measure."""

    x: Any
    y: float | int | Decimal | None
    group: Any
    series: str | None


@dataclass(frozen=True)
class ChartData:
    """The figures of a chart.

    `x_type` is one of the types of data columns, after truncation: text, date, timestamp, integer, decimal, float,
    boolean. `series` are the labels of the measures, in order. `reason` says why recorded figures are given.
    `bin_width` is of histograms only, whose x is the lower bound of a bin.
    """

    chart_id: str
    x_column: str
    x_type: str
    group_column: str | None
    y_label: str | None
    series: tuple[str, ...]
    rows: list[ChartPoint]
    truncated: bool
    is_live: bool
    stale: bool
    reason: str | None
    bin_width: float | None = None
