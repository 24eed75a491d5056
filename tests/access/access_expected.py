"""What a role is to be answered: what the reader of the whole organisation is, less what the rules hide from the role."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from db.ids import kind_of
from tests.access import access_rules as rules
from tests.access.access_rules import Role
from tests.access.access_table import (
    BILLING,
    DOCUMENT,
    LINEAGE,
    OPERATOR,
    ROWS,
    VIEWER,
    WRITES,
    Spot,
    Table,
)
from tests.access.access_world import BY_NAME, HOMES, World, marks_in

Answer = dict[str, Any]
STRIPE = "stripe_subscription_id"
VOCABULARY = ("USER", "TAG")  # of the organisation: everybody sees them


@dataclass(frozen=True)
class Known:
    """The world by the graph's ids: homes of workspaces, by the id of any part; other records."""

    world: World

    @cached_property
    def homes(self) -> dict[str, str]:
        """The name of the workspace that an id is of."""
        parts = [one for one in self.world.records.values() if one.kind == "WORKSPACE"]
        return {self.world.id_of(one.mark): str(one.home) for one in parts}

    @cached_property
    def marks(self) -> dict[str, str]:
        """The mark of the record that an id is of; workspaces are left out."""
        return {self.world.id_of(mark): mark for mark, one in self.world.records.items() if one.kind != "WORKSPACE"}

    def sees_id(self, role: Role, record_id: str) -> bool:
        """Whether a role sees the record of an id."""
        if kind_of(record_id) in VOCABULARY:
            return not role.is_foreign
        if record_id in self.homes:
            return rules.sees_home(role, self.homes[record_id])
        return rules.sees(role, self.world, self.world.records[self.marks[record_id]])

    def sees_mark(self, role: Role, mark: str) -> bool:
        """Whether a role sees what a mark betrays: a workspace, a record, or what hangs on a workspace alone."""
        if not role.is_limited:
            return True
        if mark in self.world.records:
            return rules.sees(role, self.world, self.world.records[mark])
        home = mark.split("/", 1)[0]
        return rules.sees_home(role, home if home in BY_NAME else None)

    def hidden_in(self, role: Role, answer: Any) -> set[str]:
        """The marks in an answer that betray what the role may not see."""
        told = set(marks_in(json.dumps(answer, ensure_ascii=False)))
        return {mark for mark in told if not self.sees_mark(role, mark)}


@dataclass(frozen=True)
class Expected:
    """What one role is to be answered, out of `base`: by id, whole answers to the organisation's reader."""

    table: Table
    known: Known
    role: Role
    base: Mapping[str, Answer]

    def record(self, on: str, record_id: str) -> Answer:
        """All of a record, as the role is to see it."""
        whole = self.base[record_id]
        return {spot.key: self.value(spot, whole[spot.key], record_id) for spot in self.table.spots[on]}

    def value(self, spot: Spot, value: Any, record_id: str) -> Any:
        """What the role is to be answered in the place of what the reader was."""
        by_verdict = {
            VIEWER: self._viewer, BILLING: self._billing, DOCUMENT: self._document, LINEAGE: self._line,
            WRITES: self._writes, OPERATOR: self._operator,
        }  # fmt: skip
        if spot.verdict in by_verdict:
            return by_verdict[spot.verdict](spot, value, record_id)
        if value is None or spot.name.endswith("Cursor") or spot.name == "cursor":
            return value
        if spot.of.endswith("Connection"):
            return self._page(spot, value, record_id)
        if spot.verdict == ROWS and spot.of in self.table.kinds:
            return self._rows(value)
        if not spot.inner:
            return value
        if spot.is_list:
            return [self._object(spot.inner, one, record_id) for one in value]
        return self._object(spot.inner, value, record_id)

    def _object(self, inner: Sequence[Spot], value: Answer, record_id: str) -> Answer:
        return {one.key: self.value(one, value[one.key], record_id) for one in inner}

    def _rows(self, value: Any) -> Any:
        if isinstance(value, list):
            return [one for one in value if self.known.sees_id(self.role, one["id"])]
        return value if self.known.sees_id(self.role, value["id"]) else None

    # pages

    def _page(self, spot: Spot, page: Answer, record_id: str) -> Answer:
        of = self.table.rows_of(spot.of)
        kept = [(node, edge) for node, edge in zip(page["nodes"], page["edges"], strict=True) if self._keeps(of, node)]
        nodes, edges = [node for node, _ in kept], [edge for _, edge in kept]
        inner = {one.name: one for one in spot.inner if one.name != "groups"}
        if of not in self.table.kinds:
            nodes = [self._object(inner["nodes"].inner, node, record_id) for node in nodes]
            edges = [{**edge, "node": node} for edge, node in zip(edges, nodes, strict=True)]
        found: Answer = {"nodes": nodes, "edges": edges, "totalCount": len(nodes)}
        ends = (edges[0]["cursor"], edges[-1]["cursor"]) if edges else (None, None)
        found["pageInfo"] = {
            "hasNextPage": False, "hasPreviousPage": False, "startCursor": ends[0], "endCursor": ends[1],
        }  # fmt: skip
        for one in spot.inner:
            if one.name == "groups":
                found[one.key] = self._groups(of, one.path[-1], nodes, page[one.key])
        return {one.key: found[one.key] for one in spot.inner}

    def _keeps(self, of: str, node: Answer) -> bool:
        if of == "RecordedAnswer":
            return self.sees_answer(node)
        return of not in self.table.kinds or self.known.sees_id(self.role, node["id"])

    def sees_answer(self, node: Answer) -> bool:
        """Whether a recorded answer is about a workspace that the role sees; those of deleted ones stay for readers."""
        about = self.known.world.answers[node["path"]]
        return not self.role.is_limited or (about is not None and rules.sees_home(self.role, about))

    def _groups(self, of: str, key: str, nodes: list[Answer], of_reader: list[Answer]) -> list[Answer]:
        """The groups of these rows, counted in Python."""
        path = self.table.path_of_key(of, key)
        if path is None:
            return of_reader
        name = "".join(word if place == 0 else word.capitalize() for place, word in enumerate(key.lower().split("_")))
        counts: Counter[Any] = Counter()
        for node in nodes:
            value = _at(self.base[node["id"]] if of in self.table.kinds else node, path)
            counts.update(value if isinstance(value, list) else [value])
        return sorted_groups({"keys": {name: value}, "count": count} for value, count in counts.items())

    # what is not simply left out

    def _viewer(self, spot: Spot, value: Any, record_id: str) -> Any:
        known = self.known
        if spot.coordinate == "Workspace.viewerAccess":
            return rules.access(self.role, BY_NAME[known.homes[record_id]])
        if spot.coordinate == "Workspace.viewerCan":
            return rules.allowed(self.role, BY_NAME[known.homes[record_id]])
        if spot.coordinate == "Session.viewerAccess":
            return rules.session_access(self.role, known.world.records[known.marks[record_id]])
        raise NotImplementedError(f"say in Expected._viewer of tests/access what {spot.coordinate} is to answer")

    def _billing(self, _spot: Spot, _value: Any, record_id: str) -> Any:
        record = self.known.world.records[self.known.marks[record_id]]
        is_hired = record.kind == "AGENT" and record.system == "AITASKER"
        told = is_hired and rules.is_told_billing(self.role, record.owner)
        return f"sub {self.known.world.text(record.mark)}" if told else None

    def _document(self, _spot: Spot, value: Any, _record_id: str) -> Any:
        return self._told(value)

    def _told(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._told(one) for one in value]
        if not isinstance(value, dict):
            return value
        found = {name: self._told(one) for name, one in value.items()}
        if STRIPE in found:
            owner = str(value["user_id"]).split(".")[0]
            found[STRIPE] = f"sub {value['display_name']}" if rules.is_told_billing(self.role, owner) else None
        return found

    def _writes(self, spot: Spot, _value: Any, record_id: str) -> Any:
        home = BY_NAME[self.known.homes[record_id]]
        may = home.table == "snapshot" and "UPDATE_CELL" in rules.allowed(self.role, home)
        return may if spot.name == "canEdit" else ("" if may else READ_ONLY)

    def _operator(self, _spot: Spot, value: Any, _record_id: str) -> Any:
        return [] if self.role.is_limited else value

    def _line(self, spot: Spot, value: Any, record_id: str) -> Any:
        """Up and down a line of parents to the first hidden one."""
        above = list(self._above(record_id))
        if spot.name == "ancestors":
            return [{"id": one} for one in above]
        if spot.name == "root":
            return {"id": [self.base[record_id]["id"], *self._above(record_id, is_rooted=True)][-1]}
        return [
            one for one in value if record_id in self._above(one["id"]) and self.known.sees_id(self.role, one["id"])
        ]

    def _above(self, record_id: str, *, is_rooted: bool = False) -> Iterator[str]:
        while True:
            one = self.base[record_id]
            named = one.get("rootRunId") if is_rooted else None
            link = self.known.world.id("RUN", "VAI", named) if named else one["parent"] and one["parent"]["id"]
            if link is None or not self.known.sees_id(self.role, link):
                return
            record_id = link
            yield record_id


READ_ONLY = "why"  # in the place of the reason why a table can only be read
CURSOR = "cursor"  # in the place of cursors, which the doors of pages try by themselves


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = None if value is None else value[name]
    return value


def sorted_groups(groups: Any) -> list[Answer]:
    """Groups in one order, whichever order the database has for words."""
    return sorted(groups, key=lambda one: (-one["count"], json.dumps(one["keys"], sort_keys=True)))


def plain(value: Any, name: str = "") -> Any:
    """An answer in which cursors, reasons and the order of groups do not count."""
    if name.startswith("by_") and isinstance(value, list):
        return sorted_groups(value)
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key: plain(one, key) for key, one in value.items()}
    if name in ("cursor", "startCursor", "endCursor"):
        return value if value is None else CURSOR
    if name == "readOnlyReason":
        return READ_ONLY if value else ""
    return value


def homes_seen(role: Role) -> list[str]:
    """The names of the workspaces that a role sees."""
    return [home.name for home in HOMES if rules.sees_home(role, home.name)]
