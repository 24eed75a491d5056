"""Axes of pictures: the scales of x and y, and the lines and labels that show them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from resolvers.chart_figures import Figures, written
from resolvers.svg.elements import LETTER_WIDTH, SMALL, element, text, width_of
from resolvers.svg.frame import Room
from resolvers.svg.scales import Linear, evenly, moment_label, seconds_of, spread, ticks

LONGEST = 22  # characters of a label below the axis
ASLANT = -35  # degrees


@dataclass(frozen=True)
class Plane:
    """Where marks stand: `places` are the pixels of the xs, `band` is what each may take, `y` the scale of values."""

    room: Room
    places: list[float]
    band: float
    y: Linear
    marks: str


def plane(figures: Figures, room: Room, low: float, high: float) -> Plane:
    """The axes for values from `low` to `high`, drawn."""
    steps = ticks(low, high)
    above = across(figures, room, max(width_of(written(step)) for step in steps) + 10)
    y = Linear(steps[0], steps[-1], above.room.bottom, above.room.top)
    drawn = "".join(_step(above.room, y, step) for step in steps)
    return replace(above, y=y, marks=drawn + _name_above(figures.y_name, above.room) + above.marks)


def bands(figures: Figures, room: Room) -> Plane:
    """The axes of categories both ways: a step of y for each series, from the lowest up."""
    names = [one.name for one in figures.series]
    above = across(figures, room, min(160.0, max(map(width_of, names)) + 10))
    y = Linear(0, len(names), above.room.bottom, above.room.top)
    drawn = [
        text(name, above.room.left - 6, y.at(place + 0.5) + 4, anchor="end", room=160, fill=room.faint)
        for place, name in enumerate(names)
    ]
    return replace(above, y=y, marks="".join(drawn) + _name_above(figures.group_name, above.room) + above.marks)


def across(figures: Figures, room: Room, left: float) -> Plane:
    """The axis of x, drawn below; `left` are the pixels that the labels of y take. Others set the scale of y."""
    is_aslant = figures.axis == "category" and _is_aslant(figures.xs, room.width - left)
    below = (26 + _height_aslant(figures.xs) if is_aslant else 22) + (18 if figures.x_name else 0)
    right = room.right - (6 if figures.axis == "category" else 30)  # half a label stands out
    inner = replace(room, left=room.left + left, top=room.top + 26, right=right, bottom=room.bottom - below)
    places, band, labels = _across(figures, inner, is_aslant)
    middle = (inner.left + inner.right) / 2
    name = text(figures.x_name, middle, room.bottom - 4, anchor="middle", room=inner.width, fill=room.faint)
    return Plane(inner, places, band, Linear(0, 1, inner.bottom, inner.top), labels + name)


def _name_above(name: str, room: Room) -> str:
    return text(name, room.left, room.top - 14, room=room.width, fill=room.faint)


def _step(room: Room, y: Linear, value: float) -> str:
    at = y.at(value)
    line = element("line", x1=room.left, x2=room.right, y1=at, y2=at, stroke=room.line)
    return line + text(written(value), room.left - 6, at + 4, anchor="end", fill=room.faint)


def _is_aslant(labels: list[str], width: float) -> bool:
    shown = [labels[place] for place in spread(len(labels))]
    return any(width_of(label) + 8 > width / max(1, len(shown)) for label in shown)


def _height_aslant(labels: list[str]) -> float:
    longest = max((min(len(label), LONGEST) for label in labels), default=0)
    return longest * SMALL * LETTER_WIDTH * 0.57  # the sine of the angle


def _across(figures: Figures, room: Room, is_aslant: bool) -> tuple[list[float], float, str]:
    """The pixels of the xs, the width of one, and their labels."""
    if figures.axis == "category":
        band = room.width / max(1, len(figures.xs))
        places = [room.left + (number + 0.5) * band for number in range(len(figures.xs))]
        shown = spread(len(figures.xs))
        wide = room.width / max(1, len(shown))
        return places, band, "".join(_label(figures.xs[n], places[n], room, is_aslant, wide) for n in shown)
    values = [seconds_of(x) if figures.axis == "time" else float(x) for x in figures.xs]
    low, high = values[0], values[-1]
    steps = evenly(values) if figures.axis == "time" else ticks(low, high)
    if figures.axis == "value" or low == high:
        low, high = (steps[0], steps[-1]) if steps[-1] > steps[0] else (low - 1, high + 1)
    scale = Linear(low, high, room.left + 8, room.right - 8)
    words = [
        moment_label(step, high - low, figures.unit) if figures.axis == "time" else written(step) for step in steps
    ]
    labels = [_label(word, scale.at(step), room, False, room.width) for word, step in zip(words, steps, strict=True)]
    return [scale.at(value) for value in values], room.width / max(1, len(values)), "".join(labels)


def _label(words: str, x: float, room: Room, is_aslant: bool, wide: float) -> str:
    if not is_aslant:
        return text(words, x, room.bottom + 16, anchor="middle", room=wide, fill=room.faint)
    short = words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
    at = (x, room.bottom + 14)
    return text(short, *at, anchor="end", fill=room.faint, transform=f"rotate({ASLANT} {at[0]:.1f} {at[1]:.1f})")
