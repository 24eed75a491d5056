"""Filters as a door: what each field of a filter that asks for related records may hold, and what it is to find."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from strawberry.utils.str_converters import to_camel_case

import schema.filters as inputs
from resolvers.filters import FILTER, Bits, Compare, SharedWithMe, TagSet, ToManyFilter, ToOneFilter
from tests.access import access_rules as rules
from tests.access.access_expected import Answer
from tests.access.access_rules import Role
from tests.access.access_table import NoVerdictError, Spot, Table
from tests.access.access_walk import Walk
from tests.access.access_world import BY_NAME
from tests.conftest import Graph

LOGIC = ("and_", "or_", "not_")
INPUTS = {
    "Workspace": "WorkspaceFilter", "Agent": "AgentFilter", "Computer": "ComputerFilter", "Chart": "ChartRecordFilter",
    "Session": "SessionFilter", "Run": "RunFilter", "Message": "MessageFilter", "User": "UserFilter",
}  # fmt: skip
TABLES = {
    "workspaces": "Workspace", "agents": "Agent", "computers": "Computer", "charts": "Chart", "sessions": "Session",
    "runs": "Run", "messages": "Message", "users": "User",
}  # fmt: skip
TEXTS = {
    "Workspace": "name", "Agent": "name", "Computer": "name", "Chart": "title", "Session": "title", "Run": "title",
    "Message": "content", "User": "email",
}  # fmt: skip
ANSWERS = {"Agent.workspace": "workspaces"}  # where a record's answer has what a filter calls otherwise
ALL = "«"  # what the text of every record holds
CHUNK = 40  # aliased probes in one document
COUNTED = 4  # of how many probes one is counted and grouped as well


@dataclass(frozen=True)
class Condition:
    """A field of a filter that asks for related records; `operators` is empty for one that stands alone."""

    on: str
    name: str
    target: str
    operators: tuple[str, ...] = ()

    @property
    def places(self) -> list[str]:
        """What the field is called, with each of its operators."""
        return [f"{self.on}.{self.name}{one and '.'}{one}" for one in self.operators or ("",)]


def conditions_on(on: str) -> list[Condition]:
    """The conditions on related records that a filter of this type has. Raises NoVerdictError."""
    found = []
    for one in dataclasses.fields(getattr(inputs, INPUTS[on])):
        meaning, name = one.metadata.get(FILTER), to_camel_case(one.name)
        if one.name in LOGIC or isinstance(meaning, Compare | Bits):
            continue
        if isinstance(meaning, ToOneFilter):
            found.append(Condition(on, name, TABLES[meaning.related.table.name]))
        elif isinstance(meaning, ToManyFilter):
            found.append(Condition(on, name, TABLES[meaning.related.table.name], ("some", "every", "none")))
        elif isinstance(meaning, TagSet):
            found.append(Condition(on, name, "Tag", ("any", "all")))
        elif isinstance(meaning, SharedWithMe):
            found.append(Condition(on, name, "Viewer"))
        else:
            raise NoVerdictError(
                f"{INPUTS[on]}.{name} has no verdict: {meaning!r} is nothing that tests/access/access_filters.py knows; say "
                "in `conditions_on` whether it asks of the row itself or of related records"
            )
    return found


@dataclass(frozen=True)
class Probe:
    """A filter, and which of the records that a role sees it is to let through."""

    text: str
    wanted: frozenset[str]


class Prober:
    """Makes the probes of one role."""

    def __init__(self, walk: Walk, role: Role) -> None:
        self.walk, self.role = walk, role
        self.places: set[str] = set()

    def seen(self, on: str) -> list[str]:
        """Ids of the records of a type that the role sees."""
        known = self.walk.known
        ids = [
            self.walk.base[one]["id"]
            for one in self.walk.ids(on)
            if one in self.walk.base and known.sees_id(self.role, one)
        ]
        return list(dict.fromkeys(ids))

    def related(self, condition: Condition, record_id: str) -> list[str]:
        """Ids of the records that a record is related to, hidden ones too."""
        answer = self.walk.base[record_id][ANSWERS.get(f"{condition.on}.{condition.name}", condition.name)]
        rows = answer["nodes"] if isinstance(answer, dict) and "nodes" in answer else answer
        return [one["id"] for one in (rows if isinstance(rows, list) else [rows] if rows else [])]

    def _sees(self, record_id: str) -> bool:
        return self.walk.known.sees_id(self.role, record_id)

    def _text(self, of: str, record_id: str) -> str:
        return str(self.walk.base[record_id][TEXTS[of]] or "")

    def targets(self, condition: Condition) -> list[str]:
        """Texts to look for: of a hidden record, rather one that stands beside visible ones; and what all of them hold."""
        beside = [one for row in self.seen(condition.on) for one in self.related(condition, row)]
        others = [self.walk.base[one]["id"] for one in self.walk.ids(condition.target) if one in self.walk.base]
        hidden = [one for one in dict.fromkeys((*beside, *others)) if not self._sees(one)][:1]
        return [*dict.fromkeys(filter(None, (self._text(condition.target, one) for one in hidden))), ALL]

    def probes(self, on: str) -> Iterator[Probe]:
        """One after another, all conditions of a type with all their operators; and each with one more level below."""
        for condition in conditions_on(on):
            self.places.update(condition.places)
            if condition.target == "Viewer":
                yield from self._shared_with_me(condition)
            elif condition.target == "Tag":
                yield from self._tags(condition)
            else:
                yield from self._of_texts(condition)
                for below in conditions_on(condition.target):
                    if below.target in TEXTS:
                        yield from self._below(condition, below)

    def _of_texts(self, condition: Condition) -> Iterator[Probe]:
        for place, text in enumerate(self.targets(condition)):
            for operator in (condition.operators or ("",))[: 1 if place else None]:
                rows = [row for row in self.seen(condition.on) if self.lets_through(condition, text, operator, row)]
                yield Probe(_condition(condition, text, operator), frozenset(rows))

    def _passing(self, condition: Condition, operator: str, holds: Any) -> frozenset[str]:
        return frozenset(row for row in self.seen(condition.on) if self._passes(condition, operator, holds, row))

    def _passes(self, condition: Condition, operator: str, holds: Any, row: str) -> bool:
        truths = [holds(one) for one in self.related(condition, row) if self._sees(one)]
        return all(truths) if operator == "every" else not any(truths) if operator == "none" else any(truths)

    def lets_through(self, condition: Condition, text: str, operator: str, row: str) -> bool:
        """Whether a condition is to let a row through that the role may see."""
        return self._sees(row) and self._passes(
            condition, operator, lambda one: text in self._text(condition.target, one), row
        )

    def _below(self, condition: Condition, below: Condition) -> Iterator[Probe]:
        """A record related to a related one: hidden on either level, it is as if it were not there."""
        if not self.role.is_limited or not self.seen(condition.on):
            return
        field, text = TEXTS[below.target], self.targets(below)[0]
        inner = f"{{{field}: {{contains: {json.dumps(text, ensure_ascii=False)}}}}}"
        low = "some" if below.operators else ""
        middle = f"{{{below.name}: {{some: {inner}}}}}" if low else f"{{{below.name}: {inner}}}"
        operator = "some" if condition.operators else ""
        asked = f"{{{condition.name}: {{{operator}: {middle}}}}}" if operator else f"{{{condition.name}: {middle}}}"

        def holds(one: str) -> bool:
            return self._passes(below, low, lambda last: text in self._text(below.target, last), one)

        yield Probe(asked, self._passing(condition, operator, holds))

    def _tags(self, condition: Condition) -> Iterator[Probe]:
        names = {one: self.walk.base[one]["name"] for one in self.walk.ids("Tag") if one in self.walk.base}
        for home in ("hidden-vai", "shared-live"):
            wanted = ("common", f"tag of {home}")
            for operator in condition.operators:
                is_right = any if operator == "any" else all
                passing = [
                    row for row in self.seen(condition.on)
                    if is_right(word in {names[one] for one in self.related(condition, row)} for word in wanted[operator == "any" :])
                ]  # fmt: skip
                words = json.dumps(wanted[operator == "any" :])
                yield Probe(f"{{{condition.name}: {{{operator}: {words}}}}}", frozenset(passing))

    def _shared_with_me(self, condition: Condition) -> Iterator[Probe]:
        def is_shared(row: str) -> bool:
            home = BY_NAME[self.walk.known.homes[row]]
            return home.share in rules.LIVE_SHARES and self.role.person in home.recipients

        for value in (True, False):
            passing = [row for row in self.seen(condition.on) if is_shared(row) is value]
            yield Probe(f"{{{condition.name}: {json.dumps(value)}}}", frozenset(passing))


async def through_filters(walk: Walk, role: Role, graph: Graph) -> int:
    """Every condition of every list, tried; how many probes that took. Another organisation tries the reader's."""
    prober, number = Prober(walk, rules.READER if role.is_foreign else role), 0
    for on, root in walk.table.lists.items():
        if on not in INPUTS:
            continue
        key = walk.table.keys_of(f"{on}Connection")[0]
        probes = list(prober.probes(on))
        number += len(probes)
        for start in range(0, len(probes), CHUNK):
            await _tried(walk, role, graph, f"{root}|{key}", probes[start : start + CHUNK])
    walk.asked["filter", role.name] += len(prober.places)
    return number


async def _tried(walk: Walk, role: Role, graph: Graph, where: str, probes: Sequence[Probe]) -> None:
    root, key = where.split("|")
    counted = f"totalCount groups(by: [{key}]) {{ count }}"
    asked = " ".join(
        f"p{place}: {root}(first: 500, filter: {probe.text}) {{ nodes {{ id }} {'' if place % COUNTED else counted} }}"
        for place, probe in enumerate(probes)
    )
    data = await graph.data(f"{{ {asked} }}")
    for place, probe in enumerate(probes):
        page: Answer = data[f"p{place}"]
        ids = frozenset(node["id"] for node in page["nodes"])
        if role.is_foreign and not ids & walk.our_ids:
            continue
        counts = {
            page.get("totalCount", len(ids)),
            sum(one["count"] for one in page.get("groups", [{"count": len(ids)}])),
        }
        if ids != probe.wanted or counts != {len(ids)}:
            tells = f"{len(ids - probe.wanted)} too many, {len(probe.wanted - ids)} too few, counted {counts}"
            walk.wrong.append(f"{role.name}, filter, {root}(filter: {probe.text}): {tells}")


# Lists below records


def _nested(table: Table) -> Iterator[tuple[Spot, list[Condition]]]:
    """Each connection below a record that takes a filter, and the conditions on related records of its rows."""
    for spots in table.spots.values():
        for spot in spots:
            made: Any = table.schema.type_map[spot.on]
            if "filter" in made.fields[spot.name].args:
                yield spot, [one for one in conditions_on(table.rows_of(spot.of)) if one.target in TEXTS]


async def through_nested_filters(walk: Walk, role: Role, graph: Graph) -> None:
    """Every condition, by its first operator, on every connection below the records that the role sees."""
    prober = Prober(walk, rules.READER if role.is_foreign else role)
    for spot, conditions in _nested(walk.table):
        asked = [(one, prober.targets(one)[0], one.operators[0] if one.operators else "") for one in conditions]
        texts = [
            f"c{place}: {spot.name}(first: 500, filter: {_condition(*one)}) {{ nodes {{ id }} totalCount }}"
            for place, one in enumerate(asked)
        ]
        if texts:
            text = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {spot.on} {{ id {' '.join(texts)} }} }} }}"
            ids = prober.seen(spot.on)
            nodes = (await graph.data(text, ids=ids))["nodes"]
            if role.is_foreign:
                walk.wrong += [f"{role.name}, filter, {spot.coordinate}: tells of ours" for node in nodes if node][:1]
            else:
                _hold_nested(walk, prober, spot, asked, nodes)
        walk.asked["filter", role.name] += len(asked)


def _condition(condition: Condition, text: str, operator: str) -> str:
    inner = f"{{{TEXTS[condition.target]}: {{contains: {json.dumps(text, ensure_ascii=False)}}}}}"
    return f"{{{condition.name}: {{{operator}: {inner}}}}}" if operator else f"{{{condition.name}: {inner}}}"


def _hold_nested(
    walk: Walk, prober: Prober, spot: Spot, asked: Sequence[tuple[Condition, str, str]], nodes: Sequence[Answer]
) -> None:
    for node in nodes:
        rows = [one["id"] for one in walk.base[node["id"]][spot.name]["nodes"]]
        for place, (condition, text, operator) in enumerate(asked):
            wanted = {row for row in rows if prober.lets_through(condition, text, operator, row)}
            found = node[f"c{place}"]
            if {one["id"] for one in found["nodes"]} != wanted or found["totalCount"] != len(wanted):
                walk.wrong.append(
                    f"{prober.role.name}, filter, {spot.coordinate}({condition.name}): other rows or counts"
                )


def places_of(table: Table) -> int:
    """How many conditions each role tries: of roots with all their operators, below records with the first."""
    of_roots = sum(len(one.places) for on in table.lists if on in INPUTS for one in conditions_on(on))
    return of_roots + sum(len(conditions) for _spot, conditions in _nested(table))
