"""Pictures of charts: ECharts' option and SVG of each, both of the same figures, read once in a request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from errors import InvalidInputError, InvalidStateError
from operations.chart_specs import ChartSpec, chart_spec
from resolvers.chart_answers import ChartData
from resolvers.chart_data import data_of_charts
from resolvers.charts import charts_by_id
from resolvers.context import Context

SLOW_POINTS = 200  # beyond which drawing may take 5 ms, and is left to a thread

Draw = Callable[[ChartSpec, ChartData, str | None], Any]


async def drawings_of_charts(
    keys: Sequence[str], *, ctx: Context, columns: Collection[str] = ()
) -> list[tuple[ChartSpec, ChartData] | BaseException]:
    """The specification and the figures of each chart; an error in its place. Statements: 1 and `data_of_charts`'."""
    charts = await charts_by_id(keys, ctx=ctx, columns={"id", "spec", "title"})
    found = await ctx.loaded_once(data_of_charts, keys)
    return [_drawing(chart, data) for chart, data in zip(charts, found, strict=True)]


def _drawing(chart: Any, data: ChartData | BaseException) -> tuple[ChartSpec, ChartData] | BaseException:
    if isinstance(data, BaseException):
        return data
    try:
        spec = chart_spec(chart.spec)
        return spec.model_copy(update={"title": spec.title or chart.title}), data
    except InvalidInputError as error:  # its place takes it; the others are drawn
        return error


@dataclass(frozen=True)
class Pictures:
    """A batch function: what `draw` makes of each chart in a theme, or an error in its place.

    Statements: those of `drawings_of_charts`, once in a request whatever is drawn of the same charts.
    """

    draw: Draw
    theme: str | None = None

    async def __call__(self, keys: Sequence[str], *, ctx: Context, columns: Collection[str] = ()) -> list[Any]:
        drawings = await ctx.loaded_once(drawings_of_charts, keys)
        points = sum(len(one[1].rows) for one in drawings if isinstance(one, tuple))
        if points > SLOW_POINTS:
            return await asyncio.to_thread(self._drawn, drawings)
        return self._drawn(drawings)

    def _drawn(self, drawings: Sequence[Any]) -> list[Any]:
        return [one if isinstance(one, BaseException) else self._one(*one) for one in drawings]

    def _one(self, spec: ChartSpec, data: ChartData) -> Any:
        try:
            return self.draw(spec, data, self.theme)
        except (ValueError, ArithmeticError, TypeError) as error:  # such as infinity, or a text among moments
            told = InvalidStateError(f"the chart holds values that cannot be drawn: {error}")
            told.__cause__ = error
            return told
        except Exception as error:  # its place takes it; the others are drawn
            return error
