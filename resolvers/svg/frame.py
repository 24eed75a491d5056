"""What stands around the marks of a picture: ground, headings, legend; and the room that they leave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape

from resolvers.chart_figures import MOST_SERIES, Figures, Number, Series, written
from resolvers.chart_themes import Theme
from resolvers.svg.elements import LARGE, PLAIN, SMALL, element, text, titled, width_of

WIDTH, HEIGHT = 800, 450  # pixels; a picture can be scaled to any size
MARGIN = 12
MOST_MARKS = 4_000  # in a picture; that is half a megabyte
INHERITED = "currentColor"  # the colour of the page's own text


@dataclass(frozen=True)
class Room:
    """A rectangle to draw in, and the colours to draw with."""

    left: float
    top: float
    right: float
    bottom: float
    theme: Theme

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def text(self) -> str:
        """The colour of what is to be read first."""
        return self.theme.text or INHERITED

    @property
    def faint(self) -> str:
        """The colour of labels."""
        return self.theme.faint or INHERITED

    @property
    def line(self) -> str:
        """The colour of axes; a mid grey, where the page decides, for it shows on any ground."""
        return self.theme.line or "#8886"

    def colour(self, place: int) -> str:
        """The colour of a series or slice."""
        return self.theme.palette[place % len(self.theme.palette)]


@dataclass(frozen=True)
class Drawing:
    """The marks of a kind, and the names that the legend has for their colours."""

    marks: str
    legend: Sequence[str] = ()


Kind = Callable[[Figures, Room], Drawing]
LEGEND_HEIGHT = 26


def framed(figures: Figures, theme: Theme, kind: Kind) -> str:
    """The whole picture."""
    shown = _bounded(figures)
    top = 10 + (28 if shown.title else 0) + (20 if shown.heading else 0)
    room = Room(MARGIN, top, WIDTH - MARGIN, HEIGHT - LEGEND_HEIGHT - 6, theme)
    drawing = kind(shown, room) if shown.xs else _nothing(room)
    ground = element("rect", width=WIDTH, height=HEIGHT, fill=theme.ground) if theme.ground else ""
    return element(
        "svg",
        titled(shown.title or shown.kind.lower())
        + ground
        + _headings(shown, room)
        + drawing.marks
        + _legend(drawing.legend, room),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
        role="img",
        font_family="system-ui, 'Segoe UI', 'DejaVu Sans', Arial, sans-serif",
    )


def _bounded(figures: Figures) -> Figures:
    """The figures that there is room for."""
    series = figures.series[:MOST_SERIES]
    most = max(1, MOST_MARKS // max(1, len(series)))
    if len(figures.xs) <= most and len(series) == len(figures.series):
        return figures
    notes = (
        figures.note,
        f"{min(most, len(figures.xs)) * len(series):,} of {len(figures.xs) * len(figures.series):,} drawn",
    )
    return replace(
        figures,
        xs=figures.xs[:most],
        series=[Series(one.name, one.values[:most]) for one in series],
        note=", ".join(filter(None, notes)),
    )


def _nothing(room: Room) -> Drawing:
    middle = {"x": WIDTH / 2, "y": HEIGHT / 2}
    return Drawing(text("No figures", **middle, size=PLAIN, anchor="middle", fill=room.faint))


def _headings(figures: Figures, room: Room) -> str:
    title = text(figures.title, MARGIN, 28, room=WIDTH - 2 * MARGIN, size=LARGE, font_weight="bold", fill=room.text)
    below = 46 if figures.title else 20
    return title + text(figures.heading, MARGIN, below, room=WIDTH - 2 * MARGIN, size=PLAIN, fill=room.faint)


def _legend(names: Sequence[str], room: Room) -> str:
    """One line of names with their colours; the last says how many had no room."""
    drawn, x, y = [], float(MARGIN), HEIGHT - 12
    for place, name in enumerate(names):
        shown = name if len(name) <= 24 else name[:23] + "…"
        wide = width_of(shown) + 30
        if x + wide > WIDTH - MARGIN - 60:
            drawn.append(text(f"+{len(names) - place} more", x, y, fill=room.faint))
            break
        drawn.append(element("rect", x=x, y=y - 9, width=10, height=10, rx=2, fill=room.colour(place)))
        drawn.append(element("text", escape(shown), x=x + 15, y=y, font_size=SMALL, fill=room.text))
        x += wide
    return "".join(drawn)


def told(figures: Figures, name: str, x: object, value: Number | None) -> str:
    """What is told of a mark: where it stands and its value."""
    parts = [str(x), name if len(figures.series) > 1 else "", "" if value is None else written(value)]
    return titled(", ".join(filter(None, parts)))
