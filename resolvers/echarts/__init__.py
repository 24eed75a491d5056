"""Charts as options of Apache ECharts: pure JSON, without functions, that version 5 and 6 both draw."""

from __future__ import annotations

from typing import Any

from operations.chart_specs import ChartSpec
from resolvers.chart_answers import ChartData
from resolvers.chart_figures import figures_of
from resolvers.chart_themes import theme_of
from resolvers.echarts.frame import framed
from resolvers.echarts.kinds import KINDS
from resolvers.echarts.paint import painted


def option_of(spec: ChartSpec, data: ChartData, theme: str | None = None) -> dict[str, Any]:
    """The whole option of a chart, as `setOption` takes it; `theme` is the specification's where it is None."""
    figures, colours = figures_of(spec, data), theme_of(spec, theme)
    return painted(framed(figures, KINDS[figures.kind](figures, colours)), colours)
