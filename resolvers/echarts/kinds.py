"""The ten kinds of chart: what each draws of the figures. A kind gives members of the option, without colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from resolvers.chart_figures import MOST_NUMBERED, MOST_SYMBOLS, NONE, Figures, written
from resolvers.chart_themes import Theme
from resolvers.echarts.axes import dataset, x_axis, y_axis
from resolvers.echarts.frame import grid, headings, legend

Drawn = dict[str, Any]
TABLE_ROWS = 14  # rows of a table that are seen at once
TABLE_WIDTH = 720  # pixels that the columns of a table share; a page of 800 has them


def bars(figures: Figures, _theme: Theme) -> Drawn:
    """Bars side by side: a group for each x, a bar for each series."""
    return _on_axes(figures, {"type": "bar", "barMaxWidth": 64}) | _pointing("shadow")


def lines(figures: Figures, _theme: Theme) -> Drawn:
    """A line for each series."""
    return _on_axes(figures, _line(figures)) | _pointing("line")


def areas(figures: Figures, _theme: Theme) -> Drawn:
    """An area for each series, stacked where they are parts of a whole."""
    mark = _line(figures) | {"areaStyle": {"opacity": 0.35}}
    if figures.is_stacked:
        mark["stack"] = "whole"
    return _on_axes(figures, mark) | _pointing("line")


def _line(figures: Figures) -> Drawn:
    return {"type": "line", "showSymbol": len(figures.xs) <= MOST_SYMBOLS, "symbolSize": 6}


def points(figures: Figures, _theme: Theme) -> Drawn:
    """A point for each figure."""
    return _on_axes(figures, {"type": "scatter", "symbolSize": 9})


def histogram(figures: Figures, _theme: Theme) -> Drawn:
    """Bars without gaps, one for each bin."""
    mark = {"type": "bar", "barCategoryGap": "0%", "barGap": "0%", "itemStyle": {"borderWidth": 1}}
    return _on_axes(figures, mark) | _pointing("shadow")


def _on_axes(figures: Figures, mark: Mapping[str, Any]) -> Drawn:
    """The same mark for each series, over the data set."""
    return {
        "dataset": dataset(figures),
        "grid": grid(figures, below=34),
        "xAxis": x_axis(figures),
        "yAxis": y_axis(figures),
        "series": [
            {**mark, "name": one.name, "encode": {"x": "x", "y": f"y{number}"}}
            for number, one in enumerate(figures.series)
        ],
    }


def _pointing(how: str) -> Drawn:
    return {"tooltip": {"trigger": "axis", "confine": True, "axisPointer": {"type": how}}}


def pie(figures: Figures, theme: Theme) -> Drawn:
    """Slices of a full circle, one for each x and series; what is not above 0 has none."""
    return _slices(figures, "62%")


def donut(figures: Figures, theme: Theme) -> Drawn:
    """Slices of a ring."""
    return _slices(figures, ["38%", "62%"])


def _slices(figures: Figures, radius: Any) -> Drawn:
    slices = figures.slices
    series: Drawn = {
        "type": "pie",
        "name": figures.y_name,
        "radius": radius,
        "center": ["50%", "54%"],
        "encode": {"itemName": "x", "value": "y0"},
        "label": _slice_label([name for name, _value in slices]),
        "percentPrecision": 1,
    }
    dimensions = [{"name": "x", "type": "ordinal"}, {"name": "y0", "type": "number", "displayName": figures.y_name}]
    return {
        "dataset": {"dimensions": dimensions, "source": [list(one) for one in slices]},
        "legend": legend(),
        "series": [series],
    }


def _slice_label(names: list[str]) -> Drawn:
    """The name and the share. Names that look like ECharts' own templates would be filled in, so they stand alone."""
    label: Drawn = {"show": True, "overflow": "truncate"}
    if not any("{" in name or "$" in name for name in names):
        label["formatter"] = "{b}: {d}%"
    return label


def heatmap(figures: Figures, theme: Theme) -> Drawn:
    """A cell for each x and group, coloured by its value."""
    cells = [
        [x, y, value] for y, one in enumerate(figures.series) for x, value in enumerate(one.values) if value is not None
    ]
    values = figures.values or [0]
    across = {"data": figures.xs, "splitArea": {"show": False}}
    down = {"type": "category", "name": figures.group_name, "data": [one.name for one in figures.series]}
    return {
        "legend": {"show": False},
        "grid": grid(figures, below=46) | {"bottom": 72},
        "xAxis": x_axis(figures) | across,
        "yAxis": {**y_axis(figures), **down, "axisLabel": {"width": 160, "overflow": "truncate"}},
        "visualMap": _ramp(min(values), max(values), theme),
        "series": [
            {
                "type": "heatmap",
                "name": figures.y_name,
                "data": cells,
                "label": {"show": len(cells) <= MOST_NUMBERED, "formatter": "{@[2]}"},
                "itemStyle": {"borderWidth": 1},
            }
        ],
    }


def _ramp(least: float, greatest: float, theme: Theme) -> Drawn:
    return {
        "min": least,
        "max": greatest if greatest > least else least + 1,
        "calculable": True,
        "orient": "horizontal",
        "left": "center",
        "bottom": 4,
        "itemHeight": 160,
        "itemWidth": 12,
        "inRange": {"color": list(theme.ramp)},
    }


def table(figures: Figures, _theme: Theme) -> Drawn:
    """Cells of text: ECharts has no tables, so each cell is the label of a point that has no size.

    Columns are categories of x, rows those of y, so that a table fits whatever room it has, and rows beyond what is
    seen at once can be scrolled to.
    """
    names = [figures.x_name or "x", *(one.name for one in figures.series)]
    rows = figures.table
    columns = [name if names.count(name) == 1 else f"{number + 1}. {name}" for number, name in enumerate(names)]
    width = TABLE_WIDTH // len(columns)
    drawn: Drawn = {
        "legend": {"show": False},
        "tooltip": {"show": False},
        "grid": grid(figures, above=4, below=8) | {"bottom": 8},
        "xAxis": {
            "type": "category",
            "position": "top",
            "data": columns,
            "axisTick": {"show": False},
            "axisLabel": {"interval": 0, "fontWeight": "bold", "width": width, "overflow": "truncate"},
        },
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": [str(number + 1) for number in range(len(rows))],
            "axisLine": {"show": False},
            "axisTick": {"show": False},
            "axisLabel": {"show": False},
            "splitLine": {"show": True},
        },
        "series": [_cells(rows, width)],
    }
    if len(rows) > TABLE_ROWS:
        drawn["dataZoom"] = _scrolling()
    return drawn


def _cells(rows: list[list[str]], width: int) -> Drawn:
    """All cells, as points with a label: column, row, text."""
    return {
        "type": "scatter",
        "symbolSize": 1,
        "itemStyle": {"color": "transparent"},
        "data": [[column, number, text] for number, row in enumerate(rows) for column, text in enumerate(row)],
        "encode": {"x": 0, "y": 1},
        "label": {
            "show": True,
            "formatter": "{@[2]}",
            "position": [0, 0],  # not `inside`, where the colour would be one against that of the point
            "align": "center",
            "verticalAlign": "middle",
            "width": width,
            "overflow": "truncate",
        },
    }


def _scrolling() -> list[Drawn]:
    seen = {"yAxisIndex": 0, "startValue": 0, "endValue": TABLE_ROWS - 1, "zoomLock": True}
    return [{"type": "slider", "right": 4, "width": 12, "showDetail": False, "brushSelect": False, **seen},
            {"type": "inside", "zoomOnMouseWheel": False, "moveOnMouseWheel": True, **seen}]  # fmt: skip


def value(figures: Figures, _theme: Theme) -> Drawn:
    """The figure itself in large type, one for each measure and group.

    As titles, whose colour follows the page's own theme where ours leaves it open.
    """
    shown = figures.single_values
    return {
        "dataset": dataset(figures),
        "legend": {"show": False},
        "tooltip": {"show": False},
        "title": headings(figures) + [_figure(place, len(shown), *one) for place, one in enumerate(shown)],
        "series": [],
    }


def _figure(place: int, count: int, name: str, number: int | float | None) -> Drawn:
    return {
        "text": NONE if number is None else written(number),
        "subtext": name,
        "left": f"{round((place + 0.5) * 100 / count, 2)}%",
        "top": "middle",
        "textAlign": "center",
        "textStyle": {"fontSize": max(14, 64 - 8 * count)},
        "subtextStyle": {"fontSize": 14},
    }


KINDS: Mapping[str, Callable[[Figures, Theme], Drawn]] = {
    "BAR": bars,
    "LINE": lines,
    "AREA": areas,
    "PIE": pie,
    "DONUT": donut,
    "SCATTER": points,
    "HEATMAP": heatmap,
    "HISTOGRAM": histogram,
    "TABLE": table,
    "VALUE": value,
}
