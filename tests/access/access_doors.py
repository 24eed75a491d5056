"""The doors to records: each asks for all records of our organisation, those hidden from the role too, in its own way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from tests.access import access_rules as rules
from tests.access.access_expected import Answer, plain
from tests.access.access_rules import Role
from tests.access.access_table import Spot
from tests.access.access_walk import CHUNK, THEIR_TAG, Walk, told_codes
from tests.access.access_world import AT, HOMES, LATER, marks_in
from tests.conftest import Graph

NOT_VISIBLE = "WORKSPACE_NOT_VISIBLE"
WHOLE = 3  # records of a type, of those that a role sees and of the others, that it asks for by all their fields
Door = Callable[[Walk, Role, Graph, str], Awaitable[None]]


def _without_type(node: Answer | None) -> Answer | None:
    return None if node is None else {key: value for key, value in node.items() if key != "__typename"}


def _hold_errors(walk: Walk, role: Role, door: str, result: Any, named: Mapping[Any, str]) -> None:
    """The errors are those that Evershell defines, in the places of the ids that were named, and no others."""
    homes = walk.known.homes
    expected = {
        (place, NOT_VISIBLE) for place, one in named.items() if one in homes and rules.is_pod_hidden(role, homes[one])
    }
    told = {(tuple(path or ()), code) for path, code in told_codes(result)}
    if told != expected:
        walk.wrong.append(f"{role.name}, {door}: errors {sorted(map(str, told ^ expected))[:4]}")


async def through_nodes(walk: Walk, role: Role, graph: Graph, on: str) -> None:
    """`nodes`, of all ids at once."""
    ids = walk.ids(on)
    result = await graph.ask(walk.nodes_query(on), ids=ids)
    _hold_errors(walk, role, "nodes", result, {("nodes", place): one for place, one in enumerate(ids)})
    walk.records(role, "nodes", on, [_without_type(node) for node in result.data["nodes"]], ids)  # type: ignore[index]


async def through_entities(walk: Walk, role: Role, graph: Graph, on: str) -> None:
    """`_entities`, of all representations at once."""
    ids = walk.ids(on)
    text = f"query ($them: [_Any!]!) {{ _entities(representations: $them) {{ __typename ...F{on} }} }}\n{walk.table.fragment(on)}"
    result = await graph.ask(text, them=[{"__typename": on, "id": one} for one in ids])
    _hold_errors(walk, role, "_entities", result, {("_entities", place): one for place, one in enumerate(ids)})
    nodes = result.data["_entities"]  # type: ignore[index]
    walk.records(role, "_entities", on, [_without_type(node) for node in nodes], ids)


@dataclass(frozen=True)
class Root:
    """A root that answers one record: `fixed` and `variable` are its arguments, the latter by name, with their types."""

    name: str
    variable: Mapping[str, str]
    fixed: str = ""

    def text(self, place: int, selection: str) -> str:
        """The root, aliased, with variables of its own."""
        given = ", ".join(f"{name}: ${name}{place}" for name in self.variable)
        return f"r{place}: {self.name}({', '.join(filter(None, (self.fixed, given)))}) {{ __typename {selection} }}"

    def document(self, size: int, selection: str, fragment: str = "") -> str:
        """So many of them in one document, which is the same for every role."""
        taken = ", ".join(f"${name}{place}: {of}" for place in range(size) for name, of in self.variable.items())
        return f"query ({taken}) {{ {' '.join(self.text(one, selection) for one in range(size))} }}\n{fragment}"


Asked = tuple[str, Mapping[str, str]]  # the id of a record, and the variables that ask for it


async def _one_by_one(
    walk: Walk, role: Role, graph: Graph, door: str, on: str, root: Root, asked: Sequence[Asked]
) -> None:
    """A root that answers one record: some that the role sees and some that it does not by all fields, all by their id."""
    expected = walk.expected(role)
    there = {one: one in walk.base and walk.known.sees_id(role, one) for one, _variables in asked}
    whole = root.document(1, f"...F{on}", walk.table.fragment(on))
    for is_there in (True, False):
        for one, variables in [each for each in asked if there[each[0]] is is_there][:WHOLE]:
            result = await graph.ask(whole, **{f"{name}0": value for name, value in variables.items()})
            _hold_errors(walk, role, door, result, {("r0",): one})
            node = _without_type((result.data or {})["r0"])
            walk.hold(role, door, one, node, expected.record(on, one) if is_there else None)
    for start in range(0, len(asked), CHUNK):
        chunk = (list(asked[start:]) + list(asked))[:CHUNK]  # the last one filled up, so that it is the same document
        given = {f"{name}{place}": value for place, (_one, each) in enumerate(chunk) for name, value in each.items()}
        result = await graph.ask(root.document(len(chunk), f"... on {on} {{ id }}"), **given)
        _hold_errors(walk, role, door, result, {(f"r{place}",): one for place, (one, _given) in enumerate(chunk)})
        for place, (one, _variables) in enumerate(chunk):
            node = _without_type((result.data or {})[f"r{place}"])
            walk.hold(role, door, one, node, {"id": walk.base[one]["id"]} if there[one] else None)
    walk.note(role, door, walk.table.spots[on])


async def through_node(walk: Walk, role: Role, graph: Graph, on: str) -> None:
    """`node`, of each id."""
    await _one_by_one(
        walk, role, graph, "node", on, Root("node", {"id": "ID!"}), [(one, {"id": one}) for one in walk.ids(on)]
    )


async def through_root_by_id(walk: Walk, role: Role, graph: Graph, on: str) -> None:
    """`workspace(id:)` and its like, of each id."""
    root = Root(walk.table.by_id[on], {"id": "ID!"})
    await _one_by_one(walk, role, graph, "by id", on, root, [(one, {"id": one}) for one in walk.ids(on)])


async def through_lookup(walk: Walk, role: Role, graph: Graph, on: str) -> None:
    """`lookup`, by the systems' own ids."""
    root = Root("lookup", {"system": "System!", "externalId": "String!"}, f"type: {walk.table.kinds[on]}")
    asked = [(one, {"system": system, "externalId": own}) for system, own, one in walk.external_ids(on)]
    if not role.is_foreign:
        await _one_by_one(walk, role, graph, "lookup", on, root, asked)
        return
    whole = root.document(1, f"...F{on}", walk.table.fragment(on))  # its own records have the same external ids
    for _one, variables in asked[: 2 * WHOLE]:
        result = await graph.ask(whole, **{f"{name}0": value for name, value in variables.items()})
        if told_codes(result) or any(not mark.startswith(THEIR_TAG) for mark in marks_in(str(result.data))):
            walk.wrong.append(f"{role.name}, lookup, {variables}: tells of ours")
    walk.note(role, "lookup", walk.table.spots[on])


async def through_list(walk: Walk, role: Role, graph: Graph, on: str) -> None:
    """The root that lists them: which there are, in which order, how many, and of which kinds; and each whole."""
    spot = walk.table.list_spots[on]
    rows = "nodes { ...F }" if spot.of.endswith("Connection") else "...F"
    whole = f"{{ {spot.name}{spot.arguments} {{ {rows} }} }}\n{walk.table.fragment(on)}".replace(
        "...F }", f"...F{on} }}"
    )
    data = (await graph.data(whole))[spot.name]
    nodes = data["nodes"] if spot.of.endswith("Connection") else data
    listed = (await graph.data(f"{{ {spot.text} }}"))[spot.name]
    walk.note(role, "list", (spot, *walk.table.spots[on]))
    if role.is_foreign:
        _hold_foreign(walk, role, "list", on, nodes, listed)
        return
    expected = walk.expected(role)
    of_list = expected.value(spot, walk.roots[spot.name], "")
    walk.hold(role, "list", on, listed, of_list)
    ids = [one["id"] for one in (of_list["nodes"] if isinstance(of_list, dict) else of_list)]
    walk.hold(role, "list", on, nodes, [expected.record(on, one) for one in ids])


def _hold_foreign(walk: Walk, role: Role, door: str, on: str, nodes: list[Answer], listed: Any) -> None:
    """Another organisation's lists hold its own records alone, and as many as ours, as it has the same."""
    told = set(marks_in(str((nodes, listed))))
    if ours := [mark for mark in told if not mark.startswith(THEIR_TAG)]:
        walk.wrong.append(f"{role.name}, {door}, {on}: tells of {ours[:3]}")
    spot = walk.table.list_spots[on]
    of_reader = walk.roots[spot.name]
    if len(nodes) != len(of_reader["nodes"] if isinstance(of_reader, dict) else of_reader):
        walk.wrong.append(f"{role.name}, {door}, {on}: {len(nodes)} records")
    if isinstance(of_reader, dict) and listed["totalCount"] != of_reader["totalCount"]:
        walk.wrong.append(f"{role.name}, {door}, {on}: counts {listed['totalCount']}")


async def through_relations(walk: Walk, role: Role, graph: Graph, on: str) -> None:
    """Every field of another record that leads to them: whatever is found has all its fields as they should be."""
    expected, held = walk.expected(role), set()
    for parent, name in walk.table.relations[on]:
        spot = next(one for one in walk.table.spots[parent] if one.name == name)
        rows = f"nodes {{ ...F{on} }}" if spot.of.endswith("Connection") else f"...F{on}"
        text = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {parent} {{ {name}{spot.arguments} {{ {rows} }} }} }} }}"
        result = await graph.ask(f"{text}\n{walk.table.fragment(on)}", ids=walk.ids(parent))
        told_codes(result)
        for node in result.data["nodes"]:  # type: ignore[index]
            for found in _found(node and node.get(name)):
                key = (found["id"], str(plain(found)))
                if key not in held:
                    held.add(key)
                    is_there = found["id"] in walk.base and walk.known.sees_id(role, found["id"])
                    known = expected.record(on, found["id"]) if is_there else None
                    walk.hold(role, f"relation {parent}.{name}", found["id"], found, known)
    walk.note(role, "relation", walk.table.spots[on])


def _found(value: Any) -> list[Answer]:
    rows = value["nodes"] if isinstance(value, dict) and "nodes" in value else value
    return rows if isinstance(rows, list) else [] if rows is None else [rows]


DOORS: Mapping[str, Door] = {
    "list": through_list, "by id": through_root_by_id, "relation": through_relations, "node": through_node,
    "nodes": through_nodes, "lookup": through_lookup, "_entities": through_entities,
}  # fmt: skip


# Roots that answer what is made of records


async def through_roots(walk: Walk, role: Role, graph: Graph) -> None:
    """The viewer, the sources, the registered tables, the schema, the use of runs."""
    walk.note(role, "root", walk.table.alone)
    for spot in walk.table.alone:
        answer = (await graph.data(f"{{ {spot.text} }}"))[spot.name]
        if role.is_foreign:
            if any(not mark.startswith(THEIR_TAG) for mark in marks_in(str(answer))):
                walk.wrong.append(f"{role.name}, root, {spot.name}: tells of ours")
        else:
            walk.hold(
                role, "root", spot.name, _in_order(spot, answer), _in_order(spot, EXPECTED[spot.name](walk, role, spot))
            )


def _in_order(spot: Spot, answer: Any) -> Any:
    """The rows of the report in one order, whichever the keys' ids have; the SDL left out."""
    if spot.name == "usage":
        return {**answer, "rows": sorted(answer["rows"], key=partial(json.dumps, sort_keys=True))}
    return answer


def _viewer(walk: Walk, role: Role, _spot: Spot) -> Answer:
    world, person = walk.stage.ours, str(role.person)
    known = {**world.known_as(person), "vai": world.user(person, "VAI")} if person != "reader" else {}
    ids = {world.id("USER", system.upper(), one) for system, one in known.items()}
    users = [{"id": one} for one in sorted(ids & walk.base.keys())]
    organization = {"id": world.organization_id, "name": world.organization}
    return {"email": world.email(person), "scopes": sorted(role.scopes), "organization": organization, "users": users}


def _sources(walk: Walk, role: Role, spot: Spot) -> list[Answer]:
    """Counted in Python: the documents of records that the role sees."""
    counts: Counter[tuple[str, str]] = Counter()
    for one in walk.stage.ours.records.values():
        if rules.sees(role, walk.stage.ours, one):
            counts[one.system, one.kind] += 1
    for home in HOMES:
        if rules.sees_home(role, home.name) and "VAI" in home.owners:
            counts["VAI", "ACTIVITY"] += 1
    for on in ("User", "Tag"):
        counts.update((walk.base[one]["system"], on.upper()) for one in walk.ids(on) if one in walk.base)
    inner = next(one for one in spot.inner if one.name == "answers")
    found = []
    for source in walk.roots["sources"]:
        kinds = sorted((kind, number) for (system, kind), number in counts.items() if system == source["system"])
        late = [home for home in HOMES if home.share in ("revoked", "cleared") and rules.sees_home(role, home.name)]
        found.append(
            {
                "system": source["system"],
                "recordCount": sum(number for _kind, number in kinds),
                **_failures(walk, role, source["system"]),
                "records": [{"kind": kind, "count": number} for kind, number in kinds],
                "fetchedAt": (LATER if late and source["system"] == "VAI" else AT) if kinds else None,
                "answers": walk.expected(role).value(inner, source["answers"], ""),
            }
        )
    return found


def _failures(walk: Walk, role: Role, system: str) -> Answer:
    failed = [
        one
        for one in walk.stage.failed
        if system == "VAI" and rules.sees(role, walk.stage.ours, walk.stage.ours.records[one])
    ]
    return {"staleCount": len(failed), "lastError": max(map(walk.stage.ours.text, failed), default=None)}


def _usage(walk: Walk, role: Role, _spot: Spot) -> Answer:
    """Summed up in Python: the runs that the role sees."""
    runs = [walk.base[one] for one in walk.ids("Run") if one in walk.base and walk.known.sees_id(role, one)]
    groups: dict[tuple[Any, ...], list[Answer]] = {}
    for run in runs:
        groups.setdefault(tuple(keys_of_run(run).values()), []).append(run)
    rows = [{**sums_of_runs(of_group), **keys_of_run(of_group[0])} for of_group in groups.values()]
    for row in rows:
        for name in ("agent", "workspace"):
            record_id = row[f"{name}Id"]
            row[name] = {"id": record_id} if record_id and walk.known.sees_id(role, record_id) else None
    return {"rows": rows, "totals": sums_of_runs(runs), "truncated": False}


def keys_of_run(run: Answer) -> Answer:
    """What a run is grouped by in a report."""
    observed = run["observability"] or {}
    return {
        "agentId": run["agent"] and run["agent"]["id"], "workspaceId": run["workspace"] and run["workspace"]["id"],
        "system": run["system"], "modelId": observed.get("modelId"), "provider": observed.get("provider"),
        "status": run["status"], "taskId": run["taskId"], "day": "2026-11-01", "week": "2026-10-26", "month": "2026-11-01",
    }  # fmt: skip


def sums_of_runs(runs: Sequence[Answer]) -> Answer:
    """The sums over runs."""
    costs = [Decimal(run["cost"]) for run in runs if run["cost"] is not None]
    usages = [run["usage"] or {} for run in runs]

    def tokens(name: str) -> int:
        return sum(usage.get(name) or 0 for usage in usages)

    names = ("inputTokens", "outputTokens", "cachedInputTokens", "cacheWriteTokens")
    return {
        "runCount": len(runs), "costedCount": len(costs), "cost": f"{sum(costs).normalize():f}" if costs else None,
        **{name: tokens(name) for name in names}, "tokens": tokens("inputTokens") + tokens("outputTokens"),
    }  # fmt: skip


EXPECTED: Mapping[str, Callable[[Walk, Role, Spot], Any]] = {
    "viewer": _viewer,
    "sources": _sources,
    "usage": _usage,
    "_service": lambda walk, _role, _spot: walk.roots["_service"],
    "tableCandidates": lambda walk, role, _spot: [] if role.is_limited else walk.roots["tableCandidates"],
}
