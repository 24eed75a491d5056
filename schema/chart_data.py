"""The figures of charts, and the field that gives them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

import strawberry

from errors import InvalidInputError
from operations.chart_specs import ChartFilter
from resolvers.chart_data import data_of_charts
from resolvers.context import Batch, Context
from schema.fields import argument, asked_field, column, made
from schema.inputs import checked, input_type
from schema.nodes import object_type
from schema.prices import FIGURES, POINTS, priced, size
from schema.scalars import JSON

ChartFilterInput: Any = input_type(ChartFilter)


def _y(point: Any) -> float | None:
    return None if point.y is None else float(point.y)


@object_type
class ChartPoint:
    """One figure of a chart."""

    x: JSON | None = column(
        "Where it stands on the x axis: a value of the column, the first day of a unit, the lower bound of a "
        "histogram's bin; null for rows that have none, and for a single value."
    )
    y: float | None = made("The figure; null where there is nothing to sum up.", _y, "y")
    group: JSON | None = column("The value of the group's column.")
    series: str | None = column("The label of the measure; null where a recorded answer names none.")


@object_type
class ChartData:
    """The figures of a chart, from its workspace's table or, where none is held, as VAI answered them."""

    chart_id: strawberry.ID = column("Id of the chart.")
    x_column: str = column("Name of the column of x.")
    x_type: str = column(
        "Type of x, after truncation: `text`, `date`, `timestamp`, `integer`, `decimal`, `float` or `boolean`."
    )
    group_column: str | None = column("Name of the column of groups; null where there are none.")
    y_label: str | None = column("What the y axis shows: the labels of the measures.")
    series: list[str] = column("The labels of the measures, in order.")
    rows: list[ChartPoint] = column("The points, in order; one for each measure, x and group.")
    truncated: bool = column("Whether there are more points than the limit.")
    bin_width: float | None = column("How wide a histogram's bins are, in days where x is a date; null for others.")
    is_live: bool = column("Whether they are of the live table as it is now; false for a snapshot and a record.")
    stale: bool = column("Whether a recorded answer is older than the freshness declared for VAI.")
    reason: str | None = column("Why the figures are those of a recorded answer; null where they are not.")


async def _data(
    given: Sequence[Any], limit: int | None, keys: Sequence[str], *, ctx: Context, columns: Collection[str]
) -> list[Any]:
    if not given and limit is None:  # what the pictures show, too: read once in a request
        return await ctx.loaded_once(data_of_charts, keys)
    return await data_of_charts(keys, ctx=ctx, columns=columns, filters=chart_filters(given), limit=limit)


def chart_filters(given: Sequence[Any]) -> list[ChartFilter]:
    """The filters of the argument `filters`. Raises InvalidInputError with the problems of all of them."""
    filters: list[ChartFilter] = []
    problems: dict[str, str] = {}
    for place, one in enumerate(given):
        try:
            filters.append(checked(ChartFilter, one, f"filters[{place}]"))
        except InvalidInputError as error:
            problems |= {fault["path"]: fault["message"] for fault in error.details["fields"]}
    if problems:
        raise InvalidInputError(problems)
    return filters


def chart_data(description: str) -> Any:
    """A field that gives the figures of a chart."""
    return asked_field(
        _asked,
        description,
        argument("filters", list[ChartFilterInput] | None, "Only rows for which these hold as well, all of them."),
        argument("limit", int | None, "Most points; 1 to 10,000; null for the specification's own."),
        price=priced(FIGURES, size(POINTS, ("limit",), ("rows",)), each=True),
    )


def _asked(arguments: Mapping[str, Any]) -> Batch:
    batch: Any = partial(_data, arguments.get("filters") or (), arguments.get("limit"))
    return batch  # type: ignore[no-any-return]
