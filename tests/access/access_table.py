"""The table: a verdict on every field of the schema, derived by rules that walk its types, and how each is asked for.

A field that no rule knows has no verdict, and the test says where to give it one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_list_type,
)

from schema.fields import ColumnFeed, ItemFeed, MadeFeed, PartFeed
from schema.query import KINDS_BY_TYPE
from schema.selection import DEFINITION

ROWS, OWN, COUNT, GROUPS, PAGE, LINEAGE = "rows", "own", "count", "groups", "page", "lineage"
VIEWER, BILLING, DOCUMENT, WRITES, SHARED, OPERATOR, SUMS = (
    "viewer", "billing", "document", "writes", "shared", "operator", "sums"
)  # fmt: skip
WORDS: Mapping[str, str] = {
    ROWS: "records that the viewer may see; others are left out, or null",
    OWN: "what stands in the record itself, or hangs on it alone: seen with it",
    COUNT: "counted over records that the viewer may see",
    GROUPS: "counted by key over records that the viewer may see",
    SUMS: "summed up over runs that the viewer may see",
    PAGE: "where the page stands among the records that the viewer may see",
    LINEAGE: "the line up or down to the first record that the viewer may not see",
    VIEWER: "what the viewer is, is to the record, or may do with it",
    WRITES: "whether the viewer may change the cells",
    BILLING: "told to the agent's owner and to `billing:read`; null for others",
    DOCUMENT: "the record's document, in which `stripe_subscription_id` is null but for those",
    SHARED: "the same for everybody of the organisation",
    OPERATOR: "for `workspace:read`; an own scope sees none",
}

# What hangs on one record alone, and is read by a statement of its own: seen with the record that it hangs on.
HANGING = frozenset(
    {"AitaskerWorkspace", "OrgoWorkspace", "VaiWorkspace", "EvershellWorkspace", "Share", "SourceInfo", "Integration",
     "TaskBinding", "RunStep", "ActivityItem"}
)  # fmt: skip

# Fields that are made by functions, or of more than the record's own row. Whoever adds one says here what it may tell.
FIELDS: Mapping[str, str] = {
    **dict.fromkeys(("Workspace.viewerAccess", "Workspace.viewerCan", "Session.viewerAccess"), VIEWER),
    **{f"{on}.{name}": LINEAGE for on in ("Workspace", "Run") for name in ("ancestors", "root", "descendants")},
    **dict.fromkeys(("Workspace.data", "Chart.data", "Chart.echartsOption", "Chart.svg"), OWN),
    **dict.fromkeys(("TablePage.canEdit", "TablePage.readOnlyReason"), WRITES),
    "Agent.stripeSubscriptionId": BILLING,
    "SourceInfo.document": DOCUMENT, "RecordedAnswer.document": DOCUMENT,
    "Workspace.organization": SHARED, "Viewer.organization": SHARED, "Query._service": SHARED, "_Service.sdl": SHARED,
    **{f"Query.{name}": ROWS for name in ("node", "nodes", "lookup", "_entities", "tags")},
    "Query.viewer": VIEWER, "Query.usage": SUMS, "Query.sources": COUNT, "Query.tableCandidates": OPERATOR,
    **{f"Source.{name}": COUNT for name in ("recordCount", "staleCount", "records", "fetchedAt", "lastError")},
    "RecordCount.kind": COUNT, "RecordCount.count": COUNT,
    **{f"UsageReport.{name}": SUMS for name in ("rows", "totals", "truncated")},
    **{f"PageInfo.{name}": PAGE for name in ("hasNextPage", "hasPreviousPage", "startCursor", "endCursor")},
    "Group.keys": GROUPS, "Group.count": GROUPS,
    **{f"Viewer.{name}": VIEWER for name in ("email", "scopes", "users")},
    **{f"TablePage.{name}": OWN for name in (
        "name", "columns", "rows", "rowIdentityColumns", "total", "hasNext", "limit", "offset", "mode", "isLive", "stale",
        "reason", "backingTableName", "backingTableScope")},
    **{f"TableColumn.{name}": OWN for name in ("name", "displayName", "dataType")},
    **{f"TableCandidate.{name}": OPERATOR for name in (
        "tableName", "logicalTableName", "scope", "sourceType", "ownerTaskSlug", "ownerWorkspaceKey", "columns",
        "primaryKeyColumns", "rowCount", "canOpenWorkspace", "canWrite", "readOnlyReason", "lastWriteAt")},
}  # fmt: skip
IN_CONNECTIONS = {"nodes": ROWS, "edges": ROWS, "pageInfo": PAGE, "totalCount": COUNT, "groups": GROUPS}
IN_EDGES = {"cursor": PAGE, "node": ROWS}
SUMMED = ("UsageRow", "UsageTotals")  # whose figures are sums, whatever column they are

# Arguments, by name: which door of the walk tries whether they tell of hidden records.
ARGUMENTS: Mapping[str, str] = {
    "first": "cursor", "after": "cursor", "last": "cursor", "before": "cursor", "filter": "filter", "orderBy": "order",
    "by": "group", "groupBy": "aggregate", "id": "by id", "ids": "by id", "system": "by id", "type": "by id",
    "externalId": "by id", "representations": "by id", "namespace": "own", "limit": "own", "offset": "own",
    "direction": "own", "theme": "own", "filters": "own", "depth": "lineage", "input": "mutation",
}  # fmt: skip

# Where the value of a key of groups stands in a record's answer, if not under the key's own name.
KEY_PATHS: Mapping[str, str] = {
    "Workspace.SYSTEM": "systems", "Chart.KIND": "spec.kind", "Session.SCOPE": "scope.kind", "Run.TASK": "taskId",
    "Run.MODEL": "observability.modelId", "Run.PROVIDER": "observability.provider",
}  # fmt: skip
# Kinds of keys that the row itself has no field for: every row of one list has the same.
SAME_FOR_LIST = frozenset({"ActivityItem.WORKSPACE"})


class NoVerdictError(Exception):
    """A field, an argument or a type that no rule of the table knows."""


def verdict_of(schema: GraphQLSchema, on: str, name: str) -> str:
    """What a field may tell. Raises NoVerdictError."""
    place = f"{on}.{name}"
    if place in FIELDS:
        return FIELDS[place]
    made: Any = schema.type_map[on]
    of = get_named_type(made.fields[name].type)
    feed = getattr(made.fields[name].extensions.get(DEFINITION), "feed", None)
    if on.endswith("Connection") and name in IN_CONNECTIONS:
        return IN_CONNECTIONS[name]
    if on.endswith("Edge") and name in IN_EDGES:
        return IN_EDGES[name]
    if on == "Mutation" or of.name in KINDS_BY_TYPE or of.name.endswith("Connection"):
        return ROWS
    if on in SUMMED:
        return SUMS
    if isinstance(feed, ColumnFeed | ItemFeed | MadeFeed | PartFeed):
        return OWN
    if of.name in HANGING or on in ("ChartData", "ChartPoint"):
        return OWN
    kind = type(feed).__name__ if feed else "a function"
    raise NoVerdictError(
        f"{place} has no verdict: it is fed by {kind}, and nothing says whose rows it may tell of. Give it one in "
        "FIELDS of tests/access/access_table.py (or its type in HANGING), and docs/access.md a new print"
    )


@dataclass(frozen=True)
class Spot:
    """A field as the walk asks for it, below a record or a root."""

    path: tuple[str, ...]
    on: str
    name: str
    of: str
    verdict: str
    is_list: bool
    key: str
    arguments: str = ""
    inner: tuple[Spot, ...] = ()

    @property
    def coordinate(self) -> str:
        """`Type.field`."""
        return f"{self.on}.{self.name}"

    @property
    def text(self) -> str:
        """The field as a document has it."""
        alias = "" if self.key == self.name else f"{self.key}: "
        return f"{alias}{self.name}{self.arguments}{self.selection}"

    @property
    def selection(self) -> str:
        """The braces with what is selected below; nothing for a leaf."""
        return f" {{ {' '.join(one.text for one in self.inner)} }}" if self.inner else ""

    def all(self) -> Iterator[Spot]:
        """The spot and all below it."""
        yield self
        for one in self.inner:
            yield from one.all()


@dataclass(frozen=True)
class Table:
    """The table over one schema."""

    schema: GraphQLSchema
    kinds: Mapping[str, str] = field(default_factory=lambda: KINDS_BY_TYPE)

    @cached_property
    def spots(self) -> dict[str, tuple[Spot, ...]]:
        """Below each type of records, all that is asked of one."""
        return {name: self.below(name, (name,)) for name in self.kinds}

    def below(self, on: str, path: tuple[str, ...]) -> tuple[Spot, ...]:
        """All fields of a type; records that they lead to by their id alone."""
        made: Any = self.schema.type_map[on]
        return tuple(spot for name, one in made.fields.items() for spot in self._of(on, name, one, path))

    def _of(self, on: str, name: str, one: GraphQLField, path: tuple[str, ...]) -> Iterator[Spot]:
        of: Any = get_named_type(one.type)
        verdict, way = verdict_of(self.schema, on, name), (*path, name)
        is_list = "[" in str(one.type)
        self._check_arguments(on, name, one)
        if name == "groups" and on.endswith("Connection"):
            for key in self.keys_of(on):
                inner = self.below(of.name, (*way, key))
                yield Spot(
                    (*way, key), on, name, of.name, verdict, True, f"by_{key}", f"(by: [{key}], first: 1000)", inner
                )
            return
        if is_leaf_type(of):
            yield Spot(way, on, name, of.name, verdict, is_list, name)
        elif of.name in self.kinds:
            same = Spot((*way, "id"), of.name, "id", "ID", OWN, False, "id")
            yield Spot(way, on, name, of.name, verdict, is_list, name, "", (same,))
        else:
            first = "(first: 500)" if of.name.endswith("Connection") else ""
            yield Spot(way, on, name, of.name, verdict, is_list, name, first, self.below(of.name, way))

    def _check_arguments(self, on: str, name: str, one: GraphQLField) -> None:
        for given in one.args:
            if given not in ARGUMENTS:
                raise NoVerdictError(
                    f"{on}.{name}({given}:) has no verdict: say in ARGUMENTS of tests/access/access_table.py which door "
                    "tries whether it tells of hidden records"
                )

    def keys_of(self, connection: str) -> list[str]:
        """The keys that the rows of a connection can be counted by."""
        made: Any = self.schema.type_map[connection]
        of: Any = get_named_type(made.fields["groups"].args["by"].type)
        return list(of.values)

    def rows_of(self, connection: str) -> str:
        """The type of the rows of a connection."""
        made: Any = self.schema.type_map[connection]
        return str(get_named_type(made.fields["nodes"].type))

    def path_of_key(self, on: str, key: str) -> tuple[str, ...] | None:
        """Where a record's answer has the value of a key; None where all rows of a list have the same."""
        if f"{on}.{key}" in SAME_FOR_LIST:
            return None
        if f"{on}.{key}" in KEY_PATHS:
            return tuple(KEY_PATHS[f"{on}.{key}"].split("."))
        name = re.sub(r"_([a-z])", lambda found: found[1].upper(), key.lower())
        made: Any = self.schema.type_map[on]
        if name not in made.fields:
            raise NoVerdictError(
                f"{on} is counted by {key}: say in KEY_PATHS of tests/access/access_table.py what that is"
            )
        of: Any = get_named_type(made.fields[name].type)
        return (name,) if is_leaf_type(of) else (name, "id")

    @cached_property
    def fragments(self) -> str:
        """A fragment for each type of records, with all that can be asked of one."""
        parts = [
            f"fragment F{name} on {name} {{ {' '.join(s.text for s in spots)} }}" for name, spots in self.spots.items()
        ]
        return "\n".join(parts)

    def fragment(self, name: str) -> str:
        """The fragment of one type."""
        return f"fragment F{name} on {name} {{ {' '.join(spot.text for spot in self.spots[name])} }}"

    # doors

    @cached_property
    def lists(self) -> dict[str, str]:
        """By type of records the root that lists them."""
        found = {}
        for name, one in self.schema.query_type.fields.items():  # type: ignore[union-attr]
            of = str(get_named_type(one.type))
            if of.endswith("Connection"):
                found[self.rows_of(of)] = name
            elif of in self.kinds and is_list_type(getattr(one.type, "of_type", one.type)):
                found[of] = name
        return found

    @cached_property
    def list_spots(self) -> dict[str, Spot]:
        """By type of records the root that lists them, with all that can be asked of the list."""
        fields: Any = self.schema.query_type.fields  # type: ignore[union-attr]
        return {on: next(self._of("Query", name, fields[name], ("Query",))) for on, name in self.lists.items()}

    @cached_property
    def by_id(self) -> dict[str, str]:
        """By type of records the root that finds one by its id."""
        fields: Any = self.schema.query_type.fields  # type: ignore[union-attr]
        return {str(one.type): name for name, one in fields.items() if str(one.type) in self.kinds and "id" in one.args}

    @cached_property
    def relations(self) -> dict[str, list[tuple[str, str]]]:
        """By type of records the fields of other types of records that lead to it."""
        found: dict[str, list[tuple[str, str]]] = {name: [] for name in self.kinds}
        for on in self.kinds:
            made: Any = self.schema.type_map[on]
            for name, one in made.fields.items():
                of = str(get_named_type(one.type))
                target = self.rows_of(of) if of.endswith("Connection") else of
                if target in found:
                    found[target].append((on, name))
        return found

    @cached_property
    def payloads(self) -> dict[str, list[tuple[str, str]]]:
        """By type of records the mutations, and the fields of their payloads, that answer one."""
        found: dict[str, list[tuple[str, str]]] = {}
        for name, one in self.schema.mutation_type.fields.items():  # type: ignore[union-attr]
            payload: Any = get_named_type(one.type)
            for inner, answered in payload.fields.items():
                found.setdefault(str(get_named_type(answered.type)), []).append((name, inner))
        return found

    def doors_of(self, on: str) -> list[str]:
        """The doors through which records of a type can be reached."""
        doors = {
            "list": on in self.lists, "by id": on in self.by_id, "relation": bool(self.relations[on]), "node": True,
            "nodes": True, "lookup": True, "_entities": True, "mutation": on in self.payloads,
        }  # fmt: skip
        return [name for name, is_there in doors.items() if is_there]

    @cached_property
    def alone(self) -> tuple[Spot, ...]:
        """The roots that answer no records but what is made of them, or tells of the viewer."""
        asked = {
            "viewer": "", "sources": "", "tableCandidates": "", "_service": "",
            "usage": "(groupBy: [AGENT, WORKSPACE, SYSTEM, MODEL, PROVIDER, STATUS, TASK, DAY, WEEK, MONTH], first: 1000)",
        }  # fmt: skip
        found = []
        for name, arguments in asked.items():
            one: Any = self.schema.query_type.fields[name]  # type: ignore[union-attr]
            of: Any = get_named_type(one.type)
            self._check_arguments("Query", name, one)
            verdict = verdict_of(self.schema, "Query", name)
            inner = self.below(of.name, ("Query", name))
            found.append(
                Spot(("Query", name), "Query", name, of.name, verdict, "[" in str(one.type), name, arguments, inner)
            )
        return tuple(found)

    def roots_without_a_door(self) -> set[str]:
        """Roots that the walk would not ask: a new one must be given a door."""
        known = {*self.lists.values(), *self.by_id.values(), "node", "nodes", "lookup", "_entities"}
        fields: Any = self.schema.query_type.fields  # type: ignore[union-attr]
        return set(fields) - known - {spot.name for spot in self.alone}

    def places(self) -> dict[str, int]:
        """By door how many places each role asks through it."""
        doors: Counter[str] = Counter()
        for on, spots in self.spots.items():
            for door in self.doors_of(on):
                doors[door] += count(spots)
        doors["list"] += count(self.list_spots.values())
        doors["root"] = count(self.alone)
        return dict(doors)


def count(spots: Iterable[Spot]) -> int:
    """How many places there are in these and below."""
    return sum(1 for spot in spots for _one in spot.all())
