"""Figures of a chart put in order for drawing: names to show, positions on x, and one series of values per line.

Comes in: a specification and the chart's data in long form. Goes out: what ECharts' option and the SVG both draw.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from operations.chart_specs import ChartSpec
from resolvers.chart_answers import ChartData

NONE = "(none)"  # what stands for null on an axis
MOST_LABEL = 60  # characters of a label; a longer one takes the room of the marks
MOST_HEADING = 100  # characters of a title; that is 900 pixels
DRAWN_DIGITS = 12  # of a number that is drawn; more are the dust of binary sums
ADDITIVE = {"SUM", "COUNT"}  # measures whose parts make a whole, so that they may be stacked
MOST_SERIES = 50  # lines that a legend can tell apart, and more than any eye
MOST_ROWS = 500  # rows of a heatmap, which has no legend
MOST_CELLS = 100_000  # places of x in all series together: every series has one for every x
MOST_SYMBOLS = 60  # points of a line that are marked; more of them would hide it
MOST_NUMBERED = 120  # cells of a heatmap that have room for their number
MOST_FIGURES = 12  # single values side by side; more of them are a table
COUNTING = ADDITIVE | {"COUNT_DISTINCT"}  # measures that are 0 where there are no rows

Axis = Literal["category", "time", "value"]
Number = int | float


@dataclass(frozen=True)
class Series:
    """A line of values, one for each x; None where there is none."""

    name: str
    values: list[Number | None]


@dataclass(frozen=True)
class Figures:
    """What is drawn. `xs` are labels on an axis of categories, moments as ISO text in UTC, or numbers.

    `unit` is what moments are cut to, if they are. `is_whole` says that the series are parts of a whole. `note` says
    what is amiss: that points were left out, or that the figures are old.
    """

    kind: str
    title: str
    subtitle: str
    note: str
    x_name: str
    y_name: str
    group_name: str
    axis: Axis
    unit: str | None
    xs: list[Any]
    series: list[Series]
    is_whole: bool

    @property
    def values(self) -> list[Number]:
        """Every value that is there."""
        return [value for one in self.series for value in one.values if value is not None]

    @property
    def heading(self) -> str:
        """The second heading and the note."""
        return " · ".join(filter(None, (self.subtitle, self.note)))

    @property
    def is_stacked(self) -> bool:
        """Whether areas stand upon each other."""
        return self.is_whole and len(self.series) > 1

    @property
    def slices(self) -> list[tuple[str, Number]]:
        """Names and values of the slices of a circle; what is not above 0 has none."""
        is_alone = len(self.series) == 1
        return [
            (x if is_alone else f"{x} · {one.name}", value)
            for one in self.series
            for x, value in zip(self.xs, one.values, strict=True)
            if value is not None and value > 0
        ]

    @property
    def single_values(self) -> list[tuple[str, Number | None]]:
        """Names and values to be shown as figures in large type, at most MOST_FIGURES."""
        named = [
            (one.name if len(self.xs) < 2 else f"{x} · {one.name}", value)
            for one in self.series
            for x, value in zip(self.xs, one.values, strict=True)
        ]
        return named[:MOST_FIGURES]

    @property
    def table(self) -> list[list[str]]:
        """Rows of text: x, and the figure of each series."""
        return [[x, *(_cell(one.values[row]) for one in self.series)] for row, x in enumerate(self.xs)]


def _cell(value: Number | None) -> str:
    return "" if value is None else written(value)


def figures_of(spec: ChartSpec, data: ChartData) -> Figures:
    """The figures of a chart, in the order of its data; on axes of moments and of numbers by x."""
    axis = _axis(spec.kind, data)
    xs = _firsts(_hashable(row.x) for row in data.rows)
    keys = _keys(data)
    shown = keys[: max(1, min(MOST_ROWS if spec.kind == "HEATMAP" else MOST_SERIES, MOST_CELLS // max(1, len(xs))))]
    if axis != "category":
        xs.sort(key=lambda x: _moment(x).timestamp() if axis == "time" else float(x))
    return Figures(
        kind=spec.kind,
        title=cut(spec.title or "", MOST_HEADING),
        subtitle=cut(spec.subtitle or "", MOST_HEADING),
        note=_note(data, len(shown), len(keys)),
        x_name=cut(data.x_column),
        y_name=cut(data.y_label or "") or (cut(spec.y[0].name) if len(spec.y) == 1 else ""),
        group_name=cut(data.group_column or ""),
        axis=axis,
        unit=spec.x.truncate,
        xs=_shown(xs, axis, spec, data),
        series=_series(shown, xs, spec, data),
        is_whole=len(spec.y) == 1 and spec.y[0].agg in ADDITIVE,
    )


def _axis(kind: str, data: ChartData) -> Axis:
    """The kind of x axis. One with a null has to be of categories, for a null has no place on the others."""
    if kind not in {"LINE", "AREA", "SCATTER"} or any(row.x is None for row in data.rows):
        return "category"
    if data.x_type in {"date", "timestamp"}:
        return "time"
    return "value" if data.x_type in {"integer", "decimal", "float"} else "category"


def _note(data: ChartData, shown: int, series: int) -> str:
    notes = [f"{shown:,} of {series:,} series"] if shown < series else []
    if data.truncated:
        notes.append(f"first {len(data.rows):,} points only")
    if data.stale:
        notes.append("as recorded")
    return ", ".join(notes)


Key = tuple[Any, str | None]  # of a series: the value of the group, and the measure


def _keys(data: ChartData) -> list[Key]:
    """The series, measure by measure, as their groups come."""
    keys: list[Key] = _firsts((_hashable(row.group), row.series) for row in data.rows)
    measures = {name: number for number, name in enumerate(data.series)}
    return sorted(keys, key=lambda key: measures.get(key[1] or "", len(measures)))


def _series(keys: Sequence[Key], xs: Sequence[Any], spec: ChartSpec, data: ChartData) -> list[Series]:
    """The values of each series: every x has a place in each."""
    empty = _empty(spec, data)
    found = {(_hashable(row.group), row.series, _hashable(row.x)): number_of(row.y) for row in data.rows}
    names = _unique([_series_name(group, measure, data) for group, measure in keys])
    return [
        Series(name, [found.get((group, measure, x), empty.get(measure or "")) for x in xs])
        for name, (group, measure) in zip(names, keys, strict=True)
    ]


def _empty(spec: ChartSpec, data: ChartData) -> dict[str, Number]:
    """What a line has where it has no point, by measure: sums and counts are 0, unless points were left out."""
    if spec.kind not in {"LINE", "AREA"} or data.truncated:
        return {}
    return {name: 0 for name, one in zip(data.series, spec.y, strict=False) if one.agg in COUNTING}


def _series_name(group: Any, measure: str | None, data: ChartData) -> str:
    if data.group_column is None:
        return cut(measure or data.y_label or "") or NONE
    if len(data.series) < 2:
        return label_of(group)
    return f"{label_of(group)} · {cut(measure or '')}"


def _shown(xs: Sequence[Any], axis: Axis, spec: ChartSpec, data: ChartData) -> list[Any]:
    if axis == "value":
        return [number_of(x) for x in xs]
    if axis == "time":
        return [f"{_moment(x).isoformat()[:19]}Z" for x in xs]  # strftime does not fill years up to four digits
    if spec.kind == "HISTOGRAM" and data.bin_width:
        return _unique([_bin(x, data.bin_width, data.x_type) for x in xs])
    return _unique([_x_label(x, spec.x.truncate, data.x_type) for x in xs])


def _bin(low: Any, width: float, x_type: str) -> str:
    """The range of a bin; of dates, whose width is in days, by their days."""
    if low is None:
        return NONE
    if x_type in {"date", "timestamp"}:
        start = _moment(low)
        return f"{start.isoformat()[:10]} to {_later(start, width).isoformat()[:10]}"
    start_number = number_of(low)
    return label_of(low) if start_number is None else f"{written(start_number)} to {written(start_number + width)}"


def _later(start: datetime, days: float) -> datetime:
    """A moment so many days later, at the latest the last that there is."""
    try:
        return start + timedelta(days=days)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _x_label(x: Any, unit: str | None, x_type: str) -> str:
    if x is None or x_type not in {"date", "timestamp"}:
        return label_of(x)
    try:
        moment = _moment(x)
    except ValueError:  # a recorded answer may hold anything
        return label_of(x)
    if unit:
        return period_label(moment, unit)
    return moment.isoformat(" ")[: 10 if x_type == "date" else 16]


def period_label(moment: datetime, unit: str) -> str:
    """A moment by the unit that it is cut to."""
    if unit == "QUARTER":
        return f"{moment.year} Q{(moment.month + 2) // 3}"
    return moment.isoformat()[: {"MONTH": 7, "YEAR": 4}.get(unit, 10)]


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    moment = datetime.fromisoformat(str(value))
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def label_of(value: Any) -> str:
    """A value as a label: one line, not too long."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        number = number_of(value)
        return NONE if number is None else written(number)
    return cut(str(value)) or "(empty)"


def cut(text: str, most: int = MOST_LABEL) -> str:
    """Text on one line of at most so many characters, without those that no picture can show."""
    if len(text) <= most and text.isprintable():
        return " ".join(text.split())
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text[: 4 * most]).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def number_of(value: Any) -> Number | None:
    """A number that JSON can hold, without the dust of binary sums; None for what is none."""
    if value is None or isinstance(value, int):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number):
        return None
    number = float(format(number, f".{DRAWN_DIGITS}g"))
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def written(number: Number) -> str:
    """A number for people: thousands set apart, two decimals from 1 up, three digits below."""
    if isinstance(number, int) or float(number).is_integer():
        return f"{number:,.0f}"
    text = f"{number:,.2f}" if abs(number) >= 1 else format(number, ".3g")
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def _firsts(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _hashable(value: Any) -> Hashable:
    """A value of JSON as a key; lists and objects as their text. True is not 1, as Python would have it."""
    if isinstance(value, bool):
        return label_of(value)
    return value if isinstance(value, Hashable) else str(value)


def _unique(names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that are there already: ECharts tells categories apart by name."""
    return list(_numbered(names))


def _numbered(names: Iterable[str]) -> Iterable[str]:
    taken: set[str] = set()
    counts: dict[str, int] = {}
    for name in names:
        free = name
        while free in taken:
            counts[name] = counts.get(name, 1) + 1
            free = f"{name} ({counts[name]})"
        taken.add(free)
        yield free
