"""Colours that charts are drawn in: light, dark, and automatic, which leaves ground and text to the page."""

from __future__ import annotations

from dataclasses import dataclass

from operations.chart_specs import ChartSpec

# Eight colours told apart by people who see few, the first ones most: after Okabe and Ito (2008), evened out so that
# each keeps a contrast of 3:1 against its ground.
_ON_LIGHT = ("#2b6cb0", "#d9701a", "#1f8f6b", "#b83280", "#8a6d00", "#5b5bd6", "#b4412f", "#4a7a8c")
_ON_DARK = ("#63a4ff", "#f5a04c", "#4fd1a5", "#f288c2", "#e2c044", "#a5a0ff", "#f0806a", "#86c5d8")
_ON_BOTH = ("#3f83d6", "#dd7a2a", "#26a27b", "#cc5a9c", "#a98a1c", "#7d7be6", "#cf5f4b", "#5e97ab")


@dataclass(frozen=True)
class Theme:
    """Colours. `ground`, `text`, `faint` and `line` are None where the page is to decide.

    `ramp` goes from the least to the greatest of a heatmap's values.
    """

    is_dark: bool
    palette: tuple[str, ...]
    ramp: tuple[str, ...]
    ground: str | None = None
    text: str | None = None
    faint: str | None = None
    line: str | None = None


THEMES = {
    "LIGHT": Theme(False, _ON_LIGHT, ("#e8f1fa", "#7fb0dc", "#1c4f86"), "#ffffff", "#1f2733", "#5c6773", "#d9dee5"),
    "DARK": Theme(True, _ON_DARK, ("#1f3147", "#3c78b4", "#9fd0ff"), "#151a21", "#e8ecf1", "#9aa5b1", "#39424e"),
    "AUTO": Theme(False, _ON_BOTH, ("#a9c8e8", "#5b93cc", "#1f5a9c")),
}


def theme_of(spec: ChartSpec, asked: str | None) -> Theme:
    """The theme that was asked for, or else that of the specification."""
    return THEMES[asked or spec.theme]
