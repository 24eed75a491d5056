"""What stands around the marks of every kind: headings, legend, tooltip, room, and words for screen readers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resolvers.chart_figures import Figures

HEADING_HEIGHT, SUBHEADING_HEIGHT, LEGEND_HEIGHT = 34, 22, 34  # pixels


def framed(figures: Figures, drawn: Mapping[str, Any]) -> dict[str, Any]:
    """The option of marks that a kind has drawn, with all that stands around them; the kind's own members win."""
    option: dict[str, Any] = {
        "title": headings(figures),
        "aria": {"enabled": True},
        "useUTC": True,
        "tooltip": {"trigger": "item", "confine": True},
    }
    if len(figures.series) > 1:
        option["legend"] = legend()
    option.update(drawn)
    if not figures.values:
        option["title"].append(_nothing())
    return option


def headings(figures: Figures) -> list[dict[str, Any]]:
    """The title and the second heading."""
    return [{"text": figures.title, "subtext": figures.heading, "left": 8, "top": 4, "itemGap": 6}]


def _nothing() -> dict[str, Any]:
    return {"text": "No figures", "left": "center", "top": "middle", "textStyle": {"fontSize": 14}}


def legend() -> dict[str, Any]:
    """A legend below, on one line that can be scrolled where it is too long."""
    return {"type": "scroll", "bottom": 4, "itemGap": 18, "textStyle": {"width": 180, "overflow": "truncate"}}


def top_of(figures: Figures) -> int:
    """Pixels that the headings take."""
    return 10 + (HEADING_HEIGHT if figures.title else 0) + (SUBHEADING_HEIGHT if figures.heading else 0)


def grid(figures: Figures, *, above: int = 26, below: int = 24) -> dict[str, Any]:
    """The room of the axes, with `above` for the name of y and `below` for that of x, and with that of the legend."""
    bottom = below + (LEGEND_HEIGHT if len(figures.series) > 1 else 0)
    return {"left": 16, "right": 24, "top": top_of(figures) + above, "bottom": bottom, "containLabel": True}
