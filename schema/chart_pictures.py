"""What feeds the pictures of a chart: a batch function for each theme that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from resolvers.chart_pictures import Draw, Pictures
from schema.enums import ChartTheme
from schema.fields import Call, argument, fed_field
from schema.prices import PICTURE, priced
from schema.selection import Selection


@dataclass(frozen=True)
class PictureFeed:
    """A picture of the chart, in the theme of the argument or else of its specification."""

    draw: Draw
    key: str = "id"

    def reads(self, _selection: Selection) -> Iterable[str]:
        """The chart's id."""
        return (self.key,)

    def call(self, _selection: Selection, arguments: Mapping[str, Any], /) -> Call:
        """The pictures of a theme; equal ones are drawn once."""
        theme = arguments.get("theme")
        return Call(Pictures(self.draw, theme and theme.value), frozenset())


def picture(draw: Draw, description: str) -> Any:
    """A field that is a picture of the chart, with the argument `theme`."""
    theme = argument("theme", ChartTheme | None, "Colours; null for those of the specification.")
    return fed_field(PictureFeed(draw), description, theme, price=priced(PICTURE, each=True))
