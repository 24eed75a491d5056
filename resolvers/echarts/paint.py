"""Colours put on an option: of marks always, of ground, text and lines only where the theme has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from resolvers.chart_themes import Theme

NO_GROUND = "transparent"


def painted(option: dict[str, Any], theme: Theme) -> dict[str, Any]:
    """The option with the theme's colours."""
    option |= {"color": list(theme.palette), "backgroundColor": theme.ground or NO_GROUND}
    if theme.is_dark:
        option["darkMode"] = True
    if theme.text is None:
        return option
    for part, colour in _texts(option, theme):
        part["color"] = colour
    for axis in _parts(option, "xAxis", "yAxis"):
        for line in ("axisLine", "axisTick", "splitLine"):
            axis.setdefault(line, {}).setdefault("lineStyle", {})["color"] = theme.line
    for series in _parts(option, "series"):
        if "borderWidth" in series.get("itemStyle", {}):
            series["itemStyle"]["borderColor"] = theme.ground
    return option


def _texts(option: dict[str, Any], theme: Theme) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Every style of text, and its colour."""
    for title in _parts(option, "title"):
        yield title.setdefault("textStyle", {}), theme.text
        yield title.setdefault("subtextStyle", {}), theme.faint
    for part in _parts(option, "legend", "visualMap"):
        yield part.setdefault("textStyle", {}), theme.text
    for axis in _parts(option, "xAxis", "yAxis"):
        yield axis.setdefault("axisLabel", {}), theme.faint
        yield axis.setdefault("nameTextStyle", {}), theme.faint
    for series in _parts(option, "series"):
        if series["type"] in {"pie", "scatter"} and "label" in series:
            yield series["label"], theme.text


def _parts(option: dict[str, Any], *names: str) -> Iterator[dict[str, Any]]:
    for name in names:
        found = option.get(name, [])
        yield from found if isinstance(found, list) else [found]
