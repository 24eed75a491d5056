"""Charts, applied here. Source: VAI `/api/v1/workspaces/{workspace_id}/charts` and below.

The charts of a workspace have the positions 0 to n-1; an operation that finds gaps, as imports leave them, closes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row

from db.charts import charts
from errors import InvalidInputError
from operations.charts import CreateChart, DeleteChart, MoveChart, UpdateChart
from operations.operation import Outcome
from rest.dialect import some
from rest.local.desk import Desk, Part, new_id
from rest.local.tables import check_spec
from rest.merge import DELETED


async def create_chart(desk: Desk, given: CreateChart) -> Outcome:
    """A chart behind the others of its workspace."""
    place = await desk.workspace(given.workspace_id)
    part = place.part("VAI", "charts")
    await check_spec(desk, part, given.spec)
    ids = await _in_order(desk, part.id)
    await _put_in_order(desk, ids)
    me, external_id = await desk.me("VAI"), new_id()
    title = given.title or given.spec.title
    fields = {
        "id": external_id,
        "workspaceId": part.external_id,
        "title": title,
        "position": len(ids),
        "collapsed": False,
        "artifactId": new_id(),
        "chartSpecVersion": 1,
        "spec": given.spec.to_document(),
        "rendererConfig": None,
        "createdBy": me,
        "lastEditedBy": me,
        "createdAt": desk.stamp,
        "updatedAt": desk.stamp,
    }
    chart_id = desk.say("VAI", "CHART", external_id, fields)
    desk.tell(part, "chart.created", _told(title, "made"), {"chartId": chart_id})
    desk.note(chart_id)
    return Outcome(chart_id=chart_id, workspace_id=place.id)


async def update_chart(desk: Desk, given: UpdateChart) -> Outcome:
    """The fields given. A changed specification counts its version up."""
    row = await desk.target(charts, given.id, "CHART")
    _expect(desk, row)
    record = await desk.record(given.id)
    wanted = given.model_fields_set & {"spec", "title", "collapsed", "renderer_config"}
    if not wanted:
        raise InvalidInputError({"input": "give at least one of spec, title, collapsed and rendererConfig"})
    fields: dict[str, Any] = {}
    if given.spec is not None:
        await check_spec(desk, await desk.record(row.part_id), given.spec)
        fields |= {"spec": given.spec.to_document(), "chartSpecVersion": (row.chart_spec_version or 0) + 1}
    if "title" in wanted:
        fields["title"] = given.title
        if given.spec is None and some(row.spec).get("title") is not None:  # what its picture is headed by
            fields["spec"] = {**row.spec, "title": given.title}
    if given.collapsed is not None:
        fields["collapsed"] = given.collapsed
    if "renderer_config" in wanted:
        fields["rendererConfig"] = given.renderer_config
    desk.amend(record, {**fields, "lastEditedBy": await desk.me("VAI"), "updatedAt": desk.stamp})
    await _tell(desk, row, "chart.updated", "changed")
    desk.note(given.id)
    return _outcome(row)


async def move_chart(desk: Desk, given: MoveChart) -> Outcome:
    """The chart at its new place, all others in the order that they had."""
    row = await desk.target(charts, given.id, "CHART")
    before = await _in_order(desk, row.part_id)
    after = [one for one in before if one != given.id]
    after.insert(given.position, given.id)
    if await _put_in_order(desk, after):
        await _tell(desk, row, "chart.moved", f"moved to place {after.index(given.id)}")
        desk.note(given.id)
    return _outcome(row)


async def delete_chart(desk: Desk, given: DeleteChart) -> Outcome:
    """Gone; the others close the gap."""
    row = await desk.target(charts, given.id, "CHART")
    _expect(desk, row)
    desk.amend(await desk.record(given.id), {DELETED: True})
    await _put_in_order(desk, [one for one in await _in_order(desk, row.part_id) if one != given.id])
    await _tell(desk, row, "chart.deleted", "deleted")
    desk.note(given.id)
    return Outcome(deleted_id=given.id, workspace_id=row.workspace_id)


def _outcome(row: Row[Any]) -> Outcome:
    return Outcome(chart_id=row.id, workspace_id=row.workspace_id)


def _expect(desk: Desk, row: Row[Any]) -> None:
    shown = {"title": row.title, "position": row.position, "collapsed": row.collapsed, "spec": row.spec}
    desk.expect(row, shown)


async def _tell(desk: Desk, row: Row[Any], kind: str, verb: str) -> None:
    part: Part = await desk.record(row.part_id)
    desk.tell(part, kind, _told(row.title, verb), {"chartId": row.id})


def _told(title: str | None, verb: str) -> str:
    return f"The chart {title} was {verb}" if title else f"The chart was {verb}"


async def _in_order(desk: Desk, part_id: str) -> list[str]:
    """The charts of a workspace's part, by position."""
    statement = select(charts.c.id).where(charts.c.part_id == part_id)
    return [row.id for row in await desk.rows(statement.order_by(charts.c.position, charts.c.id))]


async def _put_in_order(desk: Desk, ids: Sequence[str]) -> bool:
    """Give the charts these places; whether one of them had another."""
    is_changed = False
    records = await desk.records(ids)
    for position, chart_id in enumerate(ids):
        if records[chart_id].document.get("position") != position:
            desk.amend(records[chart_id], {"position": position})
            is_changed = True
    return is_changed
