"""Orders, cursors and sums as doors: places in a list, pages cut of it, and reports tell of visible records alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from graphql import get_named_type

from tests.access.access_doors import keys_of_run, sums_of_runs
from tests.access.access_expected import Answer
from tests.access.access_rules import Role
from tests.access.access_table import Table
from tests.access.access_walk import Walk, told_codes
from tests.conftest import Graph

STEP = 3  # rows of a page, where a list is read page by page
FOREIGN_CURSORS = 4  # cursors of rows hidden from a role that it is given to each list
KEY_OF_GROUP = {"AGENT": "agentId", "WORKSPACE": "workspaceId", "MODEL": "modelId", "TASK": "taskId"}


def _connections(table: Table) -> Iterator[tuple[str, str, str]]:
    """Each root that is a connection: its type of rows, its name, the enum of its orders."""
    fields: Any = table.schema.query_type.fields  # type: ignore[union-attr]
    for on, name in table.lists.items():
        given = fields[name].args.get("orderBy")
        if given is not None:
            order: Any = get_named_type(given.type)
            yield on, name, str(get_named_type(order.fields["field"].type))


async def through_orders(walk: Walk, role: Role, graph: Graph) -> None:
    """Every order of every list, both ways: that of the reader, less what is hidden."""
    for on, name, orders in _connections(walk.table):
        of_orders: Any = walk.table.schema.type_map[orders]
        terms = [(field, way) for field in of_orders.values for way in ("ASC", "DESC")]
        asked = " ".join(
            f"{field}_{way}: {name}(first: 500, orderBy: [{{field: {field}, direction: {way}}}]) {{ nodes {{ id }} }}"
            for field, way in terms
        )
        key = f"orders of {name}"
        if key not in walk.roots:
            walk.roots[key] = await walk.reader.data(f"{{ {asked} }}")
        data = await graph.data(f"{{ {asked} }}")
        for term, page in data.items():
            of_reader = [one["id"] for one in walk.roots[key][term]["nodes"]]
            wanted = [one for one in of_reader if walk.known.sees_id(role, one)]
            found = [one["id"] for one in page["nodes"]]
            if walk.our_ids.intersection(found) if role.is_foreign else found != wanted:
                walk.wrong.append(f"{role.name}, order, {name} by {term}: other rows or another order of {on}")
        walk.asked["order", role.name] += len(of_orders.values)


async def through_cursors(walk: Walk, role: Role, graph: Graph) -> None:
    """Every list page by page, forward and backward; and from the places of rows that are hidden."""
    for _on, name, _orders in _connections(walk.table):
        if not role.is_foreign:
            await _paged(walk, role, graph, name)
        await _from_hidden_places(walk, role, graph, name)
        walk.asked["cursor", role.name] += 1


async def _paged(walk: Walk, role: Role, graph: Graph, name: str) -> None:
    of_reader = [one["id"] for one in walk.roots[name]["nodes"]]
    wanted = [one for one in of_reader if walk.known.sees_id(role, one)]
    for size, start, more in (("first", "after", "hasNextPage"), ("last", "before", "hasPreviousPage")):
        found: list[str] = []
        cursor = None
        text = f"query ($c: String) {{ {name}({size}: {STEP}, {start}: $c) {{ nodes {{ id }} totalCount pageInfo {{ {more} startCursor endCursor }} }} }}"
        while True:
            page: Answer = (await graph.data(text, c=cursor))[name]
            ids = [one["id"] for one in page["nodes"]]
            found = [*found, *ids] if size == "first" else [*ids, *found]
            has_more = len(found) < len(wanted)
            if page["pageInfo"][more] is not has_more or page["totalCount"] != len(wanted) or len(found) > len(wanted):
                walk.wrong.append(
                    f"{role.name}, cursor, {name}({size}: {STEP}): {more} or totalCount after {len(found)}"
                )
                return
            if not has_more:
                break
            cursor = page["pageInfo"]["endCursor" if size == "first" else "startCursor"]
        if found != wanted:
            walk.wrong.append(f"{role.name}, cursor, {name}: the pages together are other rows")


async def _from_hidden_places(walk: Walk, role: Role, graph: Graph, name: str) -> None:
    """A cursor that the reader took from a row which the role does not see: refused, or a place and nothing more."""
    edges = walk.roots[name]["edges"]
    hidden = [place for place, edge in enumerate(edges) if not walk.known.sees_id(role, edge["node"]["id"])]
    for place in hidden[:: max(1, len(hidden) // FOREIGN_CURSORS)]:
        text = f"query ($c: String) {{ {name}(first: 500, after: $c) {{ nodes {{ id }} }} }}"
        result = await graph.ask(text, c=edges[place]["cursor"])
        if result.errors or role.is_foreign:
            if {code for _path, code in told_codes(result)} != {"BAD_CURSOR"}:
                walk.wrong.append(f"{role.name}, cursor, {name}: {told_codes(result)}")
            continue
        ids = [one["id"] for one in result.data[name]["nodes"]]  # type: ignore[index]
        if ids != [edge["node"]["id"] for edge in edges[place:] if walk.known.sees_id(role, edge["node"]["id"])]:
            walk.wrong.append(f"{role.name}, cursor, {name}: from the place of a hidden row other rows")


async def through_sums(walk: Walk, role: Role, graph: Graph) -> None:
    """The report on use by each key alone, and of the runs of single workspaces, against sums in Python."""
    groups: Any = walk.table.schema.type_map["UsageGroup"]
    sums = "runCount costedCount cost inputTokens outputTokens cachedInputTokens cacheWriteTokens tokens"
    runs = [walk.base[one] for one in walk.ids("Run") if one in walk.base and walk.known.sees_id(role, one)]
    for group in groups.values:
        key = KEY_OF_GROUP.get(group, group.lower())
        text = f"{{ usage(groupBy: [{group}], first: 1000) {{ rows {{ {key} {sums} }} totals {{ {sums} }} }} }}"
        report = (await graph.data(text))["usage"]
        walk.asked["aggregate", role.name] += 1
        if role.is_foreign:
            if walk.our_ids.intersection(str(row[key]) for row in report["rows"]):
                walk.wrong.append(f"{role.name}, aggregate, usage by {group}: tells of ours")
            continue
        by_key: dict[Any, list[Answer]] = {}
        for run in runs:
            by_key.setdefault(keys_of_run(run)[key], []).append(run)
        wanted = {
            "rows": [{key: value, **sums_of_runs(own)} for value, own in by_key.items()],
            "totals": sums_of_runs(runs),
        }
        _hold_sums(walk, role, f"usage by {group}", report, wanted)
    for home in ("hidden-vai", "own-vai", "shared-live"):
        text = f'{{ usage(filter: {{workspace: {{name: {{contains: "«{home}»"}}}}}}) {{ rows {{ {sums} }} totals {{ {sums} }} }} }}'
        report = (await graph.data(text))["usage"]
        workspace_id = walk.stage.ours.workspace_id(home)
        own = [
            run for run in runs if not role.is_foreign and run["workspace"] and run["workspace"]["id"] == workspace_id
        ]
        if role.is_foreign:
            continue
        _hold_sums(
            walk,
            role,
            f"usage of {home}",
            report,
            {"rows": [sums_of_runs(own)] if own else [], "totals": sums_of_runs(own)},
        )


def _hold_sums(walk: Walk, role: Role, what: str, report: Answer, wanted: Answer) -> None:
    for one in (report, wanted):
        one["rows"] = sorted(one["rows"], key=lambda row: json.dumps(row, sort_keys=True))
    walk.hold(role, "aggregate", what, report, wanted)


def places_of(table: Table) -> dict[str, int]:
    """By door how many places each role tries."""
    listed = list(_connections(table))
    orders: list[Any] = [table.schema.type_map[one] for _on, _name, one in listed]
    groups: Any = table.schema.type_map["UsageGroup"]
    return {"order": sum(len(one.values) for one in orders), "cursor": len(listed), "aggregate": len(groups.values)}
