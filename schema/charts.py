"""Charts and their specifications."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from operations.chart_specs import DEFAULT_POINTS
from resolvers.echarts import option_of
from resolvers.svg import svg_of
from resolvers.users import users_by_id
from resolvers.workspaces import workspaces_by_id
from schema.chart_data import ChartData, chart_data
from schema.chart_pictures import picture
from schema.enums import ChartAggregate, ChartKind, ChartTheme, DateUnit, SortDirection, member
from schema.fields import batch_field, column, item, made
from schema.lazy import WorkspaceType
from schema.nodes import Record, entity, object_type
from schema.scalars import JSON
from schema.users import User


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _unit(value: Any) -> str | None:
    return member(DateUnit, "")(value) or None


@object_type
class ChartAxis:
    """The column that a chart's x axis shows."""

    column: str = item("Name of the column; empty where the document names none.", "column", _text)
    truncate: DateUnit | None = item("Unit that moments are cut to; null for as they are.", "truncate", _unit)


@object_type
class ChartMeasure:
    """A figure that a chart shows: a column, summed up."""

    column: str | None = item("Name of the column; null where rows are counted.", "column")
    agg: ChartAggregate = item("How its rows are summed up.", "agg", member(ChartAggregate, "UNKNOWN"))
    label: str | None = item("How it is called in the chart.", "label")


@object_type
class ChartGroup:
    """The column that splits a chart's figures into series."""

    column: str = item("Name of the column; empty where the document names none.", "column", _text)


@object_type
class ChartFilter:
    """A condition on the rows that a chart sums up. VAI does not document its members."""

    column: str | None = item("Name of the column.", "column")
    op: str | None = item("Operator, in the document's own word.", "op")
    value: JSON | None = item("What the column is compared with.", "value")
    document: JSON = made("The condition as it came.", lambda source: source)


@object_type
class ChartSort:
    """The order of a chart's points."""

    by: str | None = item("What counts: `x`, or a word that VAI does not document.", "by")
    order: SortDirection = item("Which way.", "order", member(SortDirection, "ASC"))


def _of(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [_of(one) for one in value] if isinstance(value, list) else []


def _whole(fallback: int) -> Any:
    return lambda value: fallback if value is None else int(value)


@object_type
class ChartSpec:
    """What a chart shows, version 1 of VAI's specification. Words that nobody knows are UNKNOWN here."""

    v: int = item("Version of the specification; 1 where the document gives none.", "v", _whole(1))
    kind: ChartKind = item("How it is drawn.", "kind", member(ChartKind, "UNKNOWN"))
    title: str | None = item("Heading.", "title")
    subtitle: str | None = item("Second heading.", "subtitle")
    theme: ChartTheme = item("Colours; AUTO where the document gives none.", "theme", member(ChartTheme, "AUTO"))
    x: ChartAxis = item("The x axis.", "x", _of)
    y: list[ChartMeasure] = item("The figures.", "y", _dicts)
    group: ChartGroup | None = item("What splits the figures into series; null for one series.", "group")
    filters: list[ChartFilter] = item("Which rows are summed up.", "filters", _dicts)
    sort: ChartSort | None = item("Order of the points.", "sort")
    limit: int = item("Most points; 1,000 where the document gives none.", "limit", _whole(DEFAULT_POINTS))


@entity("CHART")
class Chart(Record):
    """A chart of a workspace over its table (VAI)."""

    title: str | None = column("Title.")
    position: int = column("Place in the workspace, from 0.")
    collapsed: bool = column("Whether it is shown folded.")
    artifact_id: str | None = column("Id of the artifact that VAI keeps it as.")
    chart_spec_version: int | None = column("Number of the specification's version, as VAI counts changes.")
    spec: ChartSpec = column("What it shows.")
    renderer_config: JSON | None = column("Settings of the renderer, free in form.")
    created_at: datetime | None = column("When it was made.")
    updated_at: datetime | None = column("When it last changed.")
    created_by: User | None = batch_field(users_by_id, "Who made it.", key="created_by_id")
    last_edited_by: User | None = batch_field(users_by_id, "Who last changed it.", key="last_edited_by_id")
    workspace: WorkspaceType = batch_field(workspaces_by_id, "The workspace it stands in.", key="workspace_id")
    echarts_option: JSON = picture(option_of, "Its figures as an option of Apache ECharts 5 or 6, pure JSON.")
    svg: str | None = picture(svg_of, "Its figures drawn as SVG, 800 by 450; safe to put into a page.")
    data: ChartData = chart_data("Its figures: the specification, run over the workspace's table as one SELECT.")
