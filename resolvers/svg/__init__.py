"""Charts as pictures: SVG drawn here, the same for the same figures, without scripts, styles or outward references."""

from __future__ import annotations

from operations.chart_specs import ChartSpec
from resolvers.chart_answers import ChartData
from resolvers.chart_figures import figures_of
from resolvers.chart_themes import theme_of
from resolvers.svg.frame import framed
from resolvers.svg.kinds import KINDS


def svg_of(spec: ChartSpec, data: ChartData, theme: str | None = None) -> str:
    """The picture of a chart, 800 by 450; `theme` is the specification's where it is None.

    At most MOST_MARKS marks are drawn, and the picture says so where there are more.
    """
    figures, colours = figures_of(spec, data), theme_of(spec, theme)
    return framed(figures, colours, KINDS[figures.kind])
