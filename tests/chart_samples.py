"""Charts to draw: a specification and its figures for each of the ten kinds, as a workspace's table gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from operations.chart_specs import ChartSpec, chart_spec
from resolvers.chart_answers import ChartData, ChartPoint

REGIONS = ("Benelux", "DACH", "France", "Nordics", None)
CHANNELS = ("Sales desk", "Web shop")
MONTHS = ("2026-06-01", "2026-07-01", "2026-08-01", "2026-09-01")


def sample(
    kind: str,
    points: Sequence[tuple[Any, ...]],
    *,
    measures: Sequence[str] = ("Revenue",),
    group: str | None = None,
    x_type: str = "text",
    **more: Any,
) -> tuple[ChartSpec, ChartData]:
    """A chart of points (x, y), (x, y, group) or (x, y, group, measure)."""
    document = {
        "kind": kind,
        "title": f"{kind.title()} of orders",
        "subtitle": "A second line",
        "x": {"column": "region", "truncate": more.pop("truncate", None)},
        "y": [{"column": "total", "agg": more.get("agg", "sum"), "label": measure} for measure in measures],
        "group": {"column": group} if group else None,
    }
    rows = [ChartPoint(x, y, *(rest or (None,))[:1], (*rest, *measures)[1] if rest[1:] else measures[0])
            for x, y, *rest in points]  # fmt: skip
    more.pop("agg", None)
    data = ChartData(
        chart_id="chart-1",
        x_column="region",
        x_type=x_type,
        group_column=group,
        y_label=measures[0] if len(measures) == 1 else None,
        series=tuple(measures),
        rows=rows,
        truncated=more.get("truncated", False),
        is_live=True,
        stale=False,
        reason=None,
        bin_width=more.get("bin_width"),
    )
    return chart_spec(document), data


_BY_REGION = [(region, 1000.5 * number) for number, region in enumerate(REGIONS, 1)]
_BY_CHANNEL = [(month, 100 * number + 7 * place, channel) for number, month in enumerate(MONTHS, 1)
               for place, channel in enumerate(CHANNELS) if (month, channel) != (MONTHS[1], CHANNELS[0])]  # fmt: skip
_CELLS = [(region, number * 10 + place, channel) for number, region in enumerate(REGIONS[:4])
          for place, channel in enumerate(CHANNELS) if (region, channel) != ("DACH", "Web shop")]  # fmt: skip

SAMPLES: dict[str, tuple[ChartSpec, ChartData]] = {
    "BAR": sample("bar", _BY_REGION),
    "LINE": sample("line", _BY_CHANNEL, group="channel", x_type="date", truncate="month"),
    "AREA": sample("area", _BY_CHANNEL, group="channel", x_type="date", truncate="month"),
    "PIE": sample("pie", _BY_REGION),
    "DONUT": sample("donut", _BY_REGION),
    "SCATTER": sample("scatter", [(n, n * n % 17 + n / 4) for n in range(1, 25)], x_type="integer"),
    "HEATMAP": sample("heatmap", _CELLS, group="channel"),
    "HISTOGRAM": sample("histogram", [(n * 2.5, 40 - n * n) for n in range(6)], x_type="decimal", bin_width=2.5),
    "TABLE": sample("table", _CELLS, group="channel"),
    "VALUE": sample("value", [(None, 1234567.891)]),
}
