"""The ten kinds of chart as marks of SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from resolvers.chart_figures import MOST_NUMBERED, MOST_SYMBOLS, NONE, Figures, Number, written
from resolvers.svg.axes import Plane, bands, plane
from resolvers.svg.elements import PLAIN, SMALL, element, number, text, titled
from resolvers.svg.frame import WIDTH, Drawing, Kind, Room, told

WIDEST_BAR = 64  # pixels
ROW_HEIGHT = 24  # pixels of a table


def _legend(figures: Figures) -> list[str]:
    return [one.name for one in figures.series] if len(figures.series) > 1 else []


def _from_zero(figures: Figures, room: Room) -> Plane:
    return plane(figures, room, min(0, *figures.values, 0), max(0, *figures.values, 0))


def bars(figures: Figures, room: Room) -> Drawing:
    """Bars side by side: a group for each x, a bar for each series."""
    return _bars(figures, room, share=0.72, widest=WIDEST_BAR)


def histogram(figures: Figures, room: Room) -> Drawing:
    """Bars without gaps, one for each bin."""
    return _bars(figures, room, share=1, widest=room.width)


def _bars(figures: Figures, room: Room, *, share: float, widest: float) -> Drawing:
    ground = _from_zero(figures, room)
    wide = min(ground.band * share / len(figures.series), widest)
    zero, drawn = ground.y.at(0), [ground.marks]
    for place, one in enumerate(figures.series):
        shift = (place - len(figures.series) / 2) * wide
        for x, middle, value in zip(figures.xs, ground.places, one.values, strict=True):
            if value is None:
                continue
            at = ground.y.at(value)
            drawn.append(
                element(
                    "rect",
                    told(figures, one.name, x, value),
                    x=middle + shift + 0.5,
                    y=min(at, zero),
                    width=max(0.5, wide - 1),
                    height=abs(at - zero),
                    fill=room.colour(place),
                )
            )
    return Drawing("".join(drawn), _legend(figures))


def lines(figures: Figures, room: Room) -> Drawing:
    """A line for each series, broken where it has no value."""
    ground = _from_zero(figures, room)
    drawn = [ground.marks]
    for place, one in enumerate(figures.series):
        heights = _heights(ground, one.values)
        drawn += [_line(run, room.colour(place)) for run in _runs(ground.places, heights)]
        if len(figures.xs) <= MOST_SYMBOLS:
            drawn += _dots(figures, place, ground.places, heights, room)
    return Drawing("".join(drawn), _legend(figures))


def points(figures: Figures, room: Room) -> Drawing:
    """A point for each figure."""
    ground = _from_zero(figures, room)
    drawn = [ground.marks]
    for place, one in enumerate(figures.series):
        heights = _heights(ground, one.values)
        drawn += _dots(figures, place, ground.places, heights, room)
    return Drawing("".join(drawn), _legend(figures))


def _heights(ground: Plane, values: Sequence[Number | None]) -> list[float | None]:
    return [None if value is None else ground.y.at(value) for value in values]


def _dots(
    figures: Figures, place: int, places: Sequence[float], heights: Sequence[float | None], room: Room
) -> list[str]:
    one = figures.series[place]
    return [
        element("circle", told(figures, one.name, x, value), cx=at, cy=height, r=3.5, fill=room.colour(place))
        for x, value, at, height in zip(figures.xs, one.values, places, heights, strict=True)
        if height is not None
    ]


Point = tuple[float, float]


def _runs(places: Sequence[float], heights: Sequence[float | None]) -> list[list[Point]]:
    """The stretches of a line without a gap."""
    runs: list[list[Point]] = [[]]
    for place, height in zip(places, heights, strict=True):
        if height is None:
            runs.append([])
        else:
            runs[-1].append((place, height))
    return [run for run in runs if run]


def _path(run: Sequence[Point]) -> str:
    return "L".join(f"{number(x)} {number(y)}" for x, y in run)


def _line(run: Sequence[Point], colour: str) -> str:
    return element("path", d=f"M{_path(run)}", fill="none", stroke=colour, stroke_width=2, stroke_linejoin="round")


def areas(figures: Figures, room: Room) -> Drawing:
    """An area for each series, stacked where they are parts of a whole."""
    levels = _levels(figures)
    flat = [value for one in levels for value in one if value is not None]
    ground = plane(figures, room, min(0, *flat, 0), max(0, *flat, 0))
    drawn = [ground.marks]
    floor = [ground.y.at(0)] * len(figures.xs)
    for place, level in enumerate(levels):
        heights = _heights(ground, level)
        floors = dict(zip(ground.places, floor, strict=True))
        for run in _runs(ground.places, heights):
            back = [(x, floors[x]) for x, _y in reversed(run)]
            drawn.append(element("path", d=f"M{_path([*run, *back])}Z", fill=room.colour(place), fill_opacity="0.35"))
            drawn.append(_line(run, room.colour(place)))
        if len(figures.xs) <= MOST_SYMBOLS:
            drawn += _dots(figures, place, ground.places, heights, room)
        if figures.is_stacked:
            floor = [now if at is None else at for now, at in zip(floor, heights, strict=True)]
    return Drawing("".join(drawn), _legend(figures))


def _levels(figures: Figures) -> list[list[Number | None]]:
    """The upper edge of each area."""
    if not figures.is_stacked:
        return [one.values for one in figures.series]
    sums: list[Number] = [0] * len(figures.xs)
    levels: list[list[Number | None]] = []
    for one in figures.series:
        sums = [total + (value or 0) for total, value in zip(sums, one.values, strict=True)]
        levels.append([*sums])
    return levels


def pie(figures: Figures, room: Room) -> Drawing:
    """Slices of a full circle; what is not above 0 has none."""
    return _slices(figures, room, hole=0)


def donut(figures: Figures, room: Room) -> Drawing:
    """Slices of a ring."""
    return _slices(figures, room, hole=0.6)


def _slices(figures: Figures, room: Room, *, hole: float) -> Drawing:
    slices = figures.slices
    whole = sum(value for _name, value in slices)
    radius = min(room.height, room.width) / 2 - 22
    middle = (WIDTH / 2, (room.top + room.bottom) / 2)
    drawn, turned = [], 0.0
    for place, (name, value) in enumerate(slices):
        share = value / whole
        words = f"{name}: {share:.1%}"
        drawn.append(
            _slice(middle, radius, hole, (turned, turned + share), room.colour(place), f"{words}, {written(value)}")
        )
        if share >= 0.02:  # a narrower one has no room beside it
            drawn.append(_slice_label(middle, radius, turned + share / 2, words, room))
        turned += share
    return Drawing("".join(drawn), [name for name, _value in slices])


def _on_circle(middle: Point, radius: float, turn: float) -> Point:
    angle = 2 * math.pi * turn
    return middle[0] + radius * math.sin(angle), middle[1] - radius * math.cos(angle)


def _slice(middle: Point, radius: float, hole: float, turns: Point, colour: str, words: str) -> str:
    start, end = turns[0], min(turns[1], turns[0] + 0.99999)  # an arc that ends where it began is none
    is_large = int(end - start > 0.5)
    outer = [_on_circle(middle, radius, turn) for turn in (start, end)]
    inner = [_on_circle(middle, radius * hole, turn) for turn in (end, start)]
    r, h = number(radius), number(radius * hole)
    back = f"L{_path(inner[:1])}A{h} {h} 0 {is_large} 0 {_path(inner[1:])}" if hole else f"L{_path([middle])}"
    path = f"M{_path(outer[:1])}A{r} {r} 0 {is_large} 1 {_path(outer[1:])}{back}Z"
    return element("path", titled(words), d=path, fill=colour)


def _slice_label(middle: Point, radius: float, turn: float, words: str, room: Room) -> str:
    x, y = _on_circle(middle, radius + 10, turn)
    is_right = turn < 0.5
    space = (room.right - x) if is_right else (x - room.left)
    return text(words, x, y + 4, anchor="start" if is_right else "end", room=space, fill=room.text)


def heatmap(figures: Figures, room: Room) -> Drawing:
    """A cell for each x and group, coloured by its value."""
    flat = bands(figures, room)
    tall = flat.room.height / len(figures.series)
    values = figures.values
    low, high = min(values, default=0), max(values, default=1)
    is_numbered = len(values) <= MOST_NUMBERED
    drawn = [flat.marks]
    for place, one in enumerate(figures.series):
        top = flat.y.at(place + 1)
        for x, middle, value in zip(figures.xs, flat.places, one.values, strict=True):
            if value is None:
                continue
            share = (value - low) / (high - low) if high > low else 1.0
            box = {"x": middle - flat.band / 2 + 0.5, "y": top + 0.5, "width": flat.band - 1, "height": tall - 1}
            drawn.append(element("rect", told(figures, one.name, x, value), **box, fill=_mixed(room.theme.ramp, share)))
            if is_numbered:
                ink = "#ffffff" if (share > 0.5) != room.theme.is_dark else "#1f2733"
                drawn.append(
                    text(written(value), middle, top + tall / 2 + 4, anchor="middle", room=flat.band, fill=ink)
                )
    return Drawing("".join(drawn))


def _mixed(ramp: Sequence[str], share: float) -> str:
    """The colour at a share of the way along a ramp."""
    place = min(share * (len(ramp) - 1), len(ramp) - 1 - 1e-9)
    first, second = list(pairwise(ramp))[int(place)]
    part = place - int(place)
    channels = (
        round(int(first[at : at + 2], 16) * (1 - part) + int(second[at : at + 2], 16) * part) for at in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def table(figures: Figures, room: Room) -> Drawing:
    """Rows of text: x, and a column for each series; as many rows as there is room for."""
    most = max(1, int(room.height // ROW_HEIGHT) - 2)
    heads = [figures.x_name, *(one.name for one in figures.series)]
    rows = figures.table[:most]
    wide = room.width / len(heads)
    drawn = [_row(heads, 0, wide, room, is_head=True)]
    drawn += [_row(row, place, wide, room) for place, row in enumerate(rows, 1)]
    left_out = len(figures.xs) - len(rows)
    if left_out:
        drawn.append(text(f"+{left_out:,} more", room.left, room.bottom + 8, fill=room.faint))
    return Drawing("".join(drawn))


def _row(cells: Sequence[str], place: int, wide: float, room: Room, *, is_head: bool = False) -> str:
    """Cells side by side over a line: the first to the left, figures to the right."""
    y = room.top + place * ROW_HEIGHT + 16
    weight = "bold" if is_head else None
    line = element("line", x1=room.left, x2=room.right, y1=y + 7, y2=y + 7, stroke=room.line)
    drawn = [text(cells[0], room.left, y, room=wide - 8, size=PLAIN, font_weight=weight, fill=room.text)]
    for column, cell in enumerate(cells[1:], 2):
        x = room.left + column * wide
        drawn.append(text(cell, x, y, room=wide - 8, size=PLAIN, anchor="end", font_weight=weight, fill=room.text))
    return line + "".join(drawn)


def value(figures: Figures, room: Room) -> Drawing:
    """The figure itself in large type, one for each measure and group."""
    shown = figures.single_values
    wide, middle = room.width / len(shown), (room.top + room.bottom) / 2
    size = max(14, 64 - 8 * len(shown))
    drawn = []
    for place, (name, found) in enumerate(shown):
        x = room.left + (place + 0.5) * wide
        words = NONE if found is None else written(found)
        large = min(size, int(wide / (max(1, len(words)) * 0.6)))
        drawn.append(text(words, x, middle, size=large, anchor="middle", font_weight="bold", fill=room.text))
        drawn.append(text(name, x, middle + 28, size=SMALL + 2, anchor="middle", room=wide, fill=room.faint))
    return Drawing("".join(drawn))


KINDS: Mapping[str, Kind] = {
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
