"""Axes of ECharts and the data set that stands on them."""

from __future__ import annotations

from typing import Any

from resolvers.chart_figures import Figures

CROWDED = 70  # characters of all labels together, beyond which they stand aslant
_DAY_MS = 86_400_000
_LEAST_DAYS = {"DAY": 1, "WEEK": 7, "MONTH": 28, "QUARTER": 89, "YEAR": 365}  # of the unit that moments are cut to
_MOMENTS = {"year": "{yyyy}", "month": "{MMM}", "day": "{d} {MMM}", "hour": "{HH}:{mm}", "minute": "{HH}:{mm}"}
_DIMENSIONS = {"category": "ordinal", "time": "time", "value": "number"}


def dataset(figures: Figures) -> dict[str, Any]:
    """The figures as a table: x, and a column for each series."""
    columns = [{"name": f"y{number}", "displayName": one.name} for number, one in enumerate(figures.series)]
    return {
        "dimensions": [
            {"name": "x", "type": _DIMENSIONS[figures.axis], "displayName": figures.x_name},
            *({**column, "type": "number"} for column in columns),
        ],
        "source": [list(row) for row in zip(figures.xs, *(one.values for one in figures.series), strict=True)],
    }


def x_axis(figures: Figures) -> dict[str, Any]:
    """The axis of x, with its name below."""
    axis: dict[str, Any] = {"type": figures.axis, "axisLabel": {"hideOverlap": True}}
    if figures.axis == "category":
        axis["axisLabel"] |= {"width": 140, "overflow": "truncate"}
        axis["axisTick"] = {"alignWithLabel": True}
        if is_crowded(figures):
            axis["axisLabel"]["rotate"] = 35
    else:
        axis["splitLine"] = {"show": False}
    if figures.axis == "time":
        axis["axisLabel"]["formatter"] = dict(_MOMENTS)  # a day alone would not say of which month
    if figures.axis == "time" and figures.unit:
        axis["minInterval"] = _LEAST_DAYS[figures.unit] * _DAY_MS  # no labels between two points
    if figures.axis == "value":
        axis["scale"] = True
    return axis | _name_below(figures)


def is_crowded(figures: Figures) -> bool:
    """Whether the labels of x have no room side by side."""
    return sum(len(label) + 2 for label in figures.xs) > CROWDED


def _name_below(figures: Figures) -> dict[str, Any]:
    """The name of x in the middle below the labels, whose height it has to be told."""
    longest = max(map(len, figures.xs), default=0) if figures.axis == "category" and is_crowded(figures) else 0
    gap = 28 + min(80, round(3.6 * longest))
    return {"name": figures.x_name, "nameLocation": "middle", "nameGap": gap}


def y_axis(figures: Figures) -> dict[str, Any]:
    """The axis of values, with its name above, where it is never cut off."""
    return {
        "type": "value",
        "name": figures.y_name,
        "nameLocation": "end",
        "nameGap": 12,
        "nameTextStyle": {"align": "left"},
    }
