"""Filters: every operator on every kind against a model in Python, and/or/not, related records, tags, shares."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from graphql import GraphQLEnumType, get_named_type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Integer, Table

from db.access import READ, READ_OWN, Viewer
from db.agents import agents
from db.charts import charts
from db.computers import computers
from db.runs import runs
from db.sessions import messages, sessions
from db.tags import tags, workspace_tags
from db.types import UtcDateTime
from db.users import users
from db.workspaces import workspace_agents, workspaces
from execution.limits import DocumentLimits
from resolvers.filters import FILTER, Compare
from schema import filters
from tests.conftest import ORGANIZATION_ID, Graph, Importer, exchange
from tests.test_pages import day, failures, put

MOST = DocumentLimits().root_fields  # in one operation

Value = Any
OPERATORS: dict[str, Callable[[Value, Value], bool]] = {
    "eq": lambda value, operand: value is not None and value == operand,
    "ne": lambda value, operand: value != operand,
    "in": lambda value, operands: value is not None and value in operands,
    "notIn": lambda value, operands: value not in operands,
    "lt": lambda value, operand: value is not None and value < operand,
    "lte": lambda value, operand: value is not None and value <= operand,
    "gt": lambda value, operand: value is not None and value > operand,
    "gte": lambda value, operand: value is not None and value >= operand,
    "contains": lambda value, part: value is not None and part.lower() in value.lower(),
    "startsWith": lambda value, part: value is not None and value.lower().startswith(part.lower()),
    "isNull": lambda value, wanted: (value is None) == wanted,
}


# --------------------------------------------------------------------------------- every operator of every comparison

# Each filter input: its table, and how a list is filtered by it so that a row's `name` or id comes out.
LISTS: dict[str, tuple[Table, str]] = {
    "WorkspaceFilter": (workspaces, "workspaces(filter: $) { nodes { id } }"),
    "AgentFilter": (agents, "agents(filter: $) { nodes { id } }"),
    "ComputerFilter": (computers, "computers(filter: $) { nodes { id } }"),
    "ChartRecordFilter": (charts, "charts(filter: $) { nodes { id } }"),
    "SessionFilter": (sessions, "sessions(filter: $) { nodes { id } }"),
    "RunFilter": (runs, "runs(filter: $) { nodes { id } }"),
    "MessageFilter": (messages, "sessions(filter: {messages: {some: $}}) { nodes { id } }"),
    "UserFilter": (users, "workspaces(filter: {owner: $}) { nodes { id } }"),
}
TEXTS = ("100%", "a_b", "A/b", "o'x\"", "ab\\c")
NUMBERS = (-1, 0, 7, 2**31 - 1)
MOMENTS = (day(0), day(1), day(1) + timedelta(microseconds=1))


def _comparisons(name: str) -> dict[str, str]:
    """The fields of a filter input that compare a column: the field's name in the graph, the column."""
    found = {}
    for field in dataclasses.fields(getattr(filters, name)):
        meaning = field.metadata.get(FILTER)
        if isinstance(meaning, Compare):
            first, *others = field.name.split("_")
            found[first + "".join(map(str.capitalize, others))] = meaning.column
    return found


def _values(column: Any, operators: Any) -> tuple[Any, ...]:
    kind = get_named_type(operators.fields["eq"].type)
    if isinstance(kind, GraphQLEnumType):
        return tuple(kind.values)[:3]
    for sort, values in ((UtcDateTime, MOMENTS), (Boolean, (True, False)), (Integer, NUMBERS)):
        if isinstance(column.type, sort):
            return values
    return TEXTS


def _operands(name: str, values: tuple[Any, ...]) -> list[Any]:
    if name == "isNull":
        return [True, False]
    if name in ("in", "notIn"):
        return [[], [values[0]], list(values[:2])]
    if name in ("contains", "startsWith"):
        return [values[0], values[1][1:], "A", "%", "_", "/", ""]
    return [values[0], values[1]]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


async def _asked_together(graph: Graph, name: str, query: str, inputs: list[Any]) -> dict[str, Any]:
    """The answers to a query for each of these filters, so many in an operation as its root may have fields."""
    data: dict[str, Any] = {}
    for first in range(0, len(inputs), MOST):
        numbers = range(first, min(first + MOST, len(inputs)))
        aliases = "\n".join(f"a{n}: " + query.replace("$", f"$f{n}") for n in numbers)
        declared = ", ".join(f"$f{n}: {name}" for n in numbers)
        data |= await graph.data(f"query ({declared}) {{ {aliases} }}", **{f"f{n}": inputs[n] for n in numbers})
    return data


async def test_every_operator_of_every_filter_finds_what_it_says(graph: Graph) -> None:
    schema = graph.schema._schema
    columns = {name: _comparisons(name) for name in LISTS}
    letters = {"ChartRecordFilter": "H"}  # of ids, where it is not the type's first
    inputs: dict[str, Any] = {name: schema.type_map[name] for name in LISTS}
    rows: dict[str, list[dict[str, Any]]] = {}
    for name, (table, _query) in LISTS.items():
        rows[name] = []
        for number in range(6):
            row: dict[str, Any] = {"id": f"{letters.get(name, name[0])}{number}"}
            for place, (field, column) in enumerate(columns[name].items()):
                values = _values(table.c[column], get_named_type(inputs[name].fields[field].type))
                choice = (number + place) % (len(values) + 1)
                row[column] = (
                    values[choice % len(values)] if choice < len(values) or not table.c[column].nullable else None
                )
            rows[name].append(row)
        links = {"MessageFilter": {"session_id": "S"}}.get(name, {})
        await put(
            graph.database,
            table,
            *(
                {
                    **row,
                    **{link: letter + row["id"][1:] for link, letter in links.items()},
                    **({"owner_id": f"U{row['id'][1:]}"} if table is workspaces else {}),
                }
                for row in rows[name]
            ),
        )

    asked = 0
    for name, (table, query) in LISTS.items():
        for field, column in columns[name].items():
            operators: Any = get_named_type(inputs[name].fields[field].type)
            cases = [
                (operator, operand)
                for operator in operators.fields
                for operand in _operands(operator, _values(table.c[column], operators))
            ]
            inputs_of = [
                {field: {operator: [*map(_plain, operand)] if isinstance(operand, list) else _plain(operand)}}
                for operator, operand in cases
            ]
            data = await _asked_together(graph, name, query, inputs_of)
            for n, (operator, operand) in enumerate(cases):
                asked += 1
                wanted = {row["id"][1:] for row in rows[name] if OPERATORS[operator](row.get(column), operand)}
                got = [node["id"][1:] for node in data[f"a{n}"]["nodes"]]
                assert (sorted(got), operator, operand) == (sorted(wanted), operator, operand), (name, field)
    assert asked > 800  # or the walk found nothing to ask


# ------------------------------------------------------------------------------------------------ and, or, not, NULL

COMPUTERS = [
    {
        "id": f"C{number:02d}",
        "name": f"c{number:02d}",
        "os": (None, "Linux", "linux 100%", "win_dows", "a/b\\c", "o'x\" OR 1=1 --")[number % 6],
        "ram": (None, 0, 4, -8)[number * 3 % 4],
        "status": ("RUNNING", "STOPPED", "ERROR")[number % 3],
        "created_at": (None, day(1), day(2))[number * 7 % 3],
    }
    for number in range(24)
]
COLUMNS = {"os": "os", "ram": "ram", "status": "status", "createdAt": "created_at", "name": "name"}


def _choice(column: str, operators: tuple[str, ...], values: list[Any]) -> st.SearchStrategy[dict[str, Any]]:
    def operand(name: str) -> st.SearchStrategy[Any]:
        if name in ("in", "notIn"):
            return st.lists(st.sampled_from(values), max_size=3)
        return st.booleans() if name == "isNull" else st.sampled_from(values)

    chosen = st.fixed_dictionaries({}, optional={name: operand(name) for name in operators})
    return chosen.map(lambda operands: {column: operands})


LEAVES = st.one_of(
    _choice("os", ("eq", "ne", "in", "notIn", "isNull"), [row["os"] for row in COMPUTERS[1:6]]),
    _choice("os", ("contains", "startsWith"), ["lin", "LIN", "%", "_", "/", "\\", "'", "100%", ""]),
    _choice("ram", ("eq", "ne", "in", "notIn", "lt", "lte", "gt", "gte", "isNull"), [0, 4, -8, 5]),
    _choice("status", ("eq", "ne", "in", "notIn"), ["RUNNING", "STOPPED", "ERROR", "DELETING"]),
    _choice("createdAt", ("eq", "ne", "in", "lt", "gte", "isNull"), [day(1), day(2), day(3)]),
    _choice("name", ("lt", "lte", "gt", "gte"), ["c00", "c07", "c19"]),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda those: {"and": those}),
        st.lists(inner, max_size=3).map(lambda those: {"or": those}),
        inner.map(lambda one: {"not": one}),
        st.tuples(inner, inner).map(lambda two: {**two[0], **two[1]}),
    ),
    max_leaves=6,
)


def _holds(condition: dict[str, Any], row: dict[str, Any]) -> bool:
    for name, value in condition.items():
        if name == "and":
            holds = all(_holds(one, row) for one in value)
        elif name == "or":
            holds = any(_holds(one, row) for one in value)
        elif name == "not":
            holds = not _holds(value, row)
        else:
            holds = all(OPERATORS[operator](row[COLUMNS[name]], operand) for operator, operand in value.items())
        if not holds:
            return False
    return True


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_json(one) for name, one in value.items()}
    return [_as_json(one) for one in value] if isinstance(value, list) else _plain(value)


FILTERED = """
query ($filter: ComputerFilter, $not: ComputerFilter, $after: String) {
  all: computers(first: 200, filter: $filter) { nodes { id } totalCount }
  others: computers(first: 200, filter: $not) { nodes { id } totalCount }
  page: computers(first: 5, filter: $filter, after: $after) { edges { cursor node { id } } pageInfo { hasNextPage } }
}
"""


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(TREES)
async def test_any_filter_finds_what_python_finds_its_complement_the_rest_and_its_pages_all(
    graph: Graph, tree: dict[str, Any]
) -> None:
    await put(graph.database, computers, *COMPUTERS)
    wanted = [row["id"] for row in COMPUTERS if _holds(tree, row)]
    rest = [row["id"] for row in COMPUTERS if row["id"] not in wanted]
    asked = {"filter": _as_json(tree), "not": {"not": _as_json(tree)}}

    walked: list[str] = []
    after, has_more = None, True
    while has_more:
        data = await graph.data(FILTERED, **asked, after=after)
        walked += [edge["node"]["id"] for edge in data["page"]["edges"]]
        has_more = data["page"]["pageInfo"]["hasNextPage"]
        after = data["page"]["edges"][-1]["cursor"] if data["page"]["edges"] else None

    assert sorted(node["id"] for node in data["all"]["nodes"]) == wanted
    assert sorted(node["id"] for node in data["others"]["nodes"]) == rest
    assert (data["all"]["totalCount"], data["others"]["totalCount"]) == (len(wanted), len(rest))
    assert sorted(walked) == wanted


# --------------------------------------------------------------------------------------------------- related records

RELATED: dict[str, tuple[str, str, list[str]]] = {
    # what is asked: list, filter, names found
    "agents some": ("workspaces", '{agents: {some: {name: {eq: "x"}}}}', ["both", "x alone"]),
    "agents every": ("workspaces", '{agents: {every: {name: {eq: "x"}}}}', ["empty", "x alone"]),
    "agents none": ("workspaces", '{agents: {none: {name: {eq: "x"}}}}', ["empty", "y alone"]),
    "agents some of any kind": ("workspaces", "{agents: {some: {}}}", ["both", "x alone", "y alone"]),
    "agents none at all": ("workspaces", "{agents: {none: {}}}", ["empty"]),
    "agents some and every": ("workspaces", '{agents: {some: {}, every: {name: {eq: "x"}}}}', ["x alone"]),
    "every, where a value is null": ("workspaces", '{agents: {every: {tier: {eq: "gold"}}}}', ["empty", "x alone"]),
    "every, where null counts": ("workspaces", '{agents: {every: {tier: {ne: "gold"}}}}', ["empty", "y alone"]),
    "computers some": ("workspaces", "{computers: {some: {ram: {gt: 4}}}}", ["both", "y alone"]),
    "computers every": ("workspaces", "{computers: {every: {ram: {gt: 4}}}}", ["both", "empty", "y alone"]),
    "computers none": ("workspaces", "{computers: {none: {ram: {gt: 4}}}}", ["empty", "x alone"]),
    "charts some": ("workspaces", "{charts: {some: {kind: {eq: BAR}}}}", ["both"]),
    "sessions some": ("workspaces", '{sessions: {some: {title: {eq: "s"}}}}', ["x alone"]),
    "runs some": ("workspaces", "{runs: {some: {status: {eq: FAILED}}}}", ["y alone"]),
    "owner": ("workspaces", '{owner: {email: {eq: "o@x"}}}', ["both"]),
    "owner, any": ("workspaces", "{owner: {}}", ["both"]),
    "not owner": ("workspaces", '{not: {owner: {email: {eq: "o@x"}}}}', ["empty", "x alone", "y alone"]),
    "parent": ("workspaces", '{parent: {name: {eq: "both"}}}', ["x alone"]),
    "parent's agents": ("workspaces", '{parent: {agents: {some: {name: {eq: "y"}}}}}', ["x alone"]),
    "two levels of the same table": ("workspaces", '{parent: {not: {parent: {name: {eq: "both"}}}}}', ["x alone"]),
    "messages of sessions": ("workspaces", '{sessions: {some: {messages: {some: {role: {eq: "user"}}}}}}', ["x alone"]),
    "messages every": ("sessions", '{messages: {every: {role: {eq: "user"}}}}', ["none", "s"]),
    "agent's owner": ("agents", '{owner: {email: {eq: "o@x"}}}', ["x"]),
    "agent's workspace": ("agents", '{workspace: {name: {eq: "both"}}}', ["x", "y"]),
    "agent's sessions": ("agents", '{sessions: {some: {title: {eq: "s"}}}}', ["x"]),
    "agent's sessions none": ("agents", "{sessions: {none: {}}}", ["y"]),
    "computer's workspace": ("computers", '{workspace: {name: {eq: "both"}}}', ["c8"]),
    "computer's workspace's agents": ("computers", '{workspace: {agents: {every: {name: {eq: "x"}}}}}', ["c4"]),
    "computer of no workspace": ("computers", "{not: {workspace: {}}}", ["free"]),
    "chart's maker": ("charts", '{createdBy: {email: {eq: "o@x"}}}', ["h"]),
    "chart's workspace": ("charts", '{workspace: {name: {startsWith: "B"}}}', ["h"]),
    "session's agent": ("sessions", '{agent: {name: {eq: "x"}}}', ["s"]),
    "session's workspace": ("sessions", "{workspace: {owner: {}}}", []),
    "run's agent": ("runs", '{agent: {name: {eq: "y"}}}', ["r"]),
    "run's workspace": ("runs", '{workspace: {computers: {none: {name: {eq: "c8"}}}}}', ["r"]),
    "tag any": ("workspaces", '{tags: {any: ["red", "nothing"]}}', ["both", "x alone"]),
    "tag any by slug": ("workspaces", '{tags: {any: ["slug-b"]}}', ["both"]),
    "tag any in another case": ("workspaces", '{tags: {any: ["RED"]}}', []),
    "tags all": ("workspaces", '{tags: {all: ["red", "slug-b"]}}', ["both"]),
    "tags all, one unknown": ("workspaces", '{tags: {all: ["red", "nothing"]}}', []),
    "tags any of none": ("workspaces", "{tags: {any: []}}", []),
    "tags all of none": ("workspaces", "{tags: {all: []}}", ["both", "empty", "x alone", "y alone"]),
    "tags not": ("workspaces", '{not: {tags: {any: ["red"]}}}', ["empty", "y alone"]),
    "systems any": ("workspaces", "{systems: {hasAny: [VAI, ORGO]}}", ["both", "x alone"]),
    "systems all": ("workspaces", "{systems: {hasAll: [VAI, ORGO]}}", ["both"]),
    "systems any of none": ("workspaces", "{systems: {hasAny: []}}", []),
    "systems all of none": ("workspaces", "{systems: {hasAll: []}}", ["both", "empty", "x alone", "y alone"]),
    "systems all, the same twice": ("workspaces", "{systems: {hasAll: [VAI, VAI]}}", ["both", "x alone"]),
    "systems any but not all": ("workspaces", "{systems: {hasAny: [VAI], hasAll: [EVERSHELL]}}", []),
    "null says nothing": (
        "workspaces",
        "{name: null, agents: null, tags: null}",
        ["both", "empty", "x alone", "y alone"],
    ),
    "nothing says nothing": ("workspaces", "{}", ["both", "empty", "x alone", "y alone"]),
    "and of none": ("workspaces", "{and: []}", ["both", "empty", "x alone", "y alone"]),
    "or of none": ("workspaces", "{or: []}", []),
}


async def _put_related(graph: Graph) -> None:
    database = graph.database
    await put(
        database, workspaces,
        {"id": "W1", "name": "both", "owner_id": "U1", "systems": 2 + 4},
        {"id": "W2", "name": "x alone", "owner_id": "U-unknown", "parent_id": "W1", "systems": 4},
        {"id": "W3", "name": "y alone", "systems": 1},
        {"id": "W4", "name": "empty", "systems": 8},
    )  # fmt: skip
    await put(
        database, agents,
        {"id": "A1", "name": "x", "tier": "gold", "owner_id": "U1"}, {"id": "A2", "name": "y"},
    )  # fmt: skip
    pairs = (("W1", "A1"), ("W1", "A2"), ("W2", "A1"), ("W3", "A2"), ("W4", "A-unknown"))
    await put(database, workspace_agents, *({"workspace_id": one, "agent_id": other} for one, other in pairs))
    await put(
        database, computers,
        {"id": "C1", "name": "c8", "ram": 8, "workspace_id": "W1"}, {"id": "C2", "name": "c4", "ram": 4, "workspace_id": "W2"},
        {"id": "C3", "name": "free", "ram": 8},
    )  # fmt: skip
    await put(database, computers, {"id": "C4", "name": "c9", "ram": 9, "workspace_id": "W3"})
    await put(database, charts, {"id": "H1", "title": "h", "kind": "BAR", "workspace_id": "W1", "created_by_id": "U1"})
    await put(
        database, sessions,
        {"id": "S1", "title": "s", "workspace_id": "W2", "agent_id": "A1"}, {"id": "S2", "title": "none"},
        {"id": "S3", "title": "mixed"},
    )  # fmt: skip
    await put(
        database, messages,
        {"id": "M1", "session_id": "S1", "role": "user"}, {"id": "M2", "session_id": "S3", "role": "user"},
        {"id": "M3", "session_id": "S3", "role": "assistant"},
    )  # fmt: skip
    await put(database, runs, {"id": "R1", "title": "r", "status": "FAILED", "workspace_id": "W3", "agent_id": "A2"})
    await put(database, users, {"id": "U1", "email": "o@x"})
    await put(
        database, tags, {"id": "T1", "name": "red", "slug": "slug-r"}, {"id": "T2", "name": "blue", "slug": "slug-b"}
    )
    carried = (("W1", "T1"), ("W1", "T2"), ("W2", "T1"))
    await put(
        database, workspace_tags, *({"record_id": w, "id": t, "workspace_id": w, "tag_id": t} for w, t in carried)
    )


async def test_filters_on_related_records_tags_and_systems(graph: Graph) -> None:
    await _put_related(graph)
    # The same of another organisation, under the same ids: none of it may count.
    for table, row in (
        (agents, {"id": "A-unknown", "name": "x"}), (users, {"id": "U-unknown", "email": "o@x"}),
        (workspace_agents, {"workspace_id": "W4", "agent_id": "A1"}), (tags, {"id": "T9", "name": "red"}),
        (computers, {"id": "C9", "name": "c9", "ram": 9, "workspace_id": "W4"}),
    ):  # fmt: skip
        await put(graph.database, table, {"organization_id": "elsewhere", **row})

    answered, expected = {}, {}
    for asked, (name, condition, names) in RELATED.items():
        noun = "title" if name in ("charts", "sessions", "runs") else "name"
        data = await graph.data(f"{{ {name}(filter: {condition}) {{ nodes {{ n: {noun} }} totalCount }} }}")
        answered[asked] = (sorted(node["n"] for node in data[name]["nodes"]), data[name]["totalCount"])
        expected[asked] = (names, len(names))
    assert answered == expected


async def test_filters_of_lists_per_parent_hold_for_each_parent(graph: Graph) -> None:
    await _put_related(graph)
    query = """{ workspaces(orderBy: [{field: NAME}]) { nodes {
        name
        agents(filter: {sessions: {some: {}}}) { nodes { name } totalCount }
        computers(filter: {workspace: {agents: {some: {name: {eq: "y"}}}}}) { nodes { name } totalCount }
        forks(filter: {parent: {owner: {email: {contains: "@"}}}}) { nodes { name } totalCount }
    } } }"""

    found = (await graph.data(query))["workspaces"]["nodes"]

    def page(*names: str) -> dict[str, Any]:
        return {"nodes": [{"name": name} for name in names], "totalCount": len(names)}

    assert found == [
        {"name": "both", "agents": page("x"), "computers": page("c8"), "forks": page("x alone")},
        {"name": "empty", "agents": page(), "computers": page(), "forks": page()},
        {"name": "x alone", "agents": page("x"), "computers": page(), "forks": page()},
        {"name": "y alone", "agents": page(), "computers": page("c9"), "forks": page()},
    ]


# ------------------------------------------------------------------------------------------------------------- shares


async def test_shared_with_me_leaves_out_expired_and_revoked_shares_and_those_with_others(
    graph: Graph, importer: Importer
) -> None:
    me, other = {"id": "me", "email": "me@northwind.example"}, {"id": "other"}
    lasting = {"shareId": "s", "state": "shared", "recipients": [me]}

    def told(
        name: str, call: str = "GET {}/share", body: Any = None, at: str = "2026-11-01T10:00:00Z"
    ) -> dict[str, Any]:
        return exchange("vai", call.format(f"/api/v1/workspaces/{name}"), body, at=at)

    names = [
        "by share",
        "by its own list",
        "ends later",
        "expired",
        "revoked",
        "cleared",
        "to another",
        "shared again",
        "never",
    ]
    await importer.lines(
        *(told(name.replace(" ", "-"), "GET {}", {"workspace": {"id": name.replace(" ", "-"), "title": name}}) for name in names),
        told("by-share", body=lasting),
        told("by-its-own-list", "GET {}", {"workspace": {"id": "by-its-own-list", "isShared": True, "shareRecipients": [me]}}, "2026-11-02T10:00:00Z"),
        told("ends-later", body={**lasting, "expiresAt": "2999-01-01T00:00:00Z"}),
        told("expired", body={**lasting, "expiresAt": "2020-01-01T00:00:00Z"}),
        told("revoked", body=lasting),
        told("revoked", "DELETE {}/share", at="2026-11-02T10:00:00Z"),
        told("cleared", body=lasting),
        told("cleared", "DELETE {}/share/clear", at="2026-11-02T10:00:00Z"),
        told("to-another", body={**lasting, "recipients": [other]}),
        told("shared-again", "DELETE {}/share", at="2026-10-02T10:00:00Z"),
        told("shared-again", body=lasting),
        exchange("vai", "GET /api/v1/workspaces/never/sessions", {"items": [{"id": "s", "workspaceId": "never", "shareRecipients": [me]}]}),
    )  # fmt: skip
    assert importer.summary.outcomes["refused"] == 0
    users_of_me = await graph.data('{ lookup(system: VAI, type: USER, externalId: "me") { id } }')
    graph.viewer = Viewer(
        ORGANIZATION_ID, "N", "me@northwind.example", frozenset((READ,)), (users_of_me["lookup"]["id"],)
    )
    query = "query ($mine: Boolean) { workspaces(filter: {sharedWithMe: $mine}) { nodes { name viewerAccess } totalCount } }"

    async def found(mine: bool | None) -> dict[str, str]:
        page = (await graph.data(query, mine=mine))["workspaces"]
        assert page["totalCount"] == len(page["nodes"])
        return {node["name"]: node["viewerAccess"] for node in page["nodes"]}

    mine = dict.fromkeys(("by share", "by its own list", "ends later", "shared again"), "VIEWER")
    others = dict.fromkeys(("expired", "revoked", "cleared", "to another", "never"), "ORGANIZATION")
    assert (await found(True), await found(False), await found(None)) == (mine, others, mine | others)

    graph.viewer = Viewer(ORGANIZATION_ID, "N", "nobody@northwind.example", frozenset((READ,)))
    assert (await found(True), len(await found(False))) == ({}, 9)


# ------------------------------------------------------------------------------------------------------ what is odd

ODD_TEXTS = (
    "%",
    "_",
    "100%_",
    "/",
    "//",
    "\\",
    "'",
    "''",
    '"',
    "'; DROP TABLE agents; --",
    "ß",
    "Ökonomie É",
    "日本",
    "😀",
    " ",
    "$1",
    ":x",
    "?",
)


async def test_texts_are_taken_letter_by_letter_whatever_they_mean_to_sql(graph: Graph) -> None:
    await put(graph.database, agents, *({"id": f"A{n:02d}", "name": f"<{text}>"} for n, text in enumerate(ODD_TEXTS)))
    query = (
        "query ($eq: AgentFilter, $contains: AgentFilter, $starts: AgentFilter) { "
        + " ".join(
            f"{name}: agents(filter: ${name}) {{ nodes {{ id name }} }}" for name in ("eq", "contains", "starts")
        )
        + " }"
    )

    for number, text in enumerate(ODD_TEXTS):
        data = await graph.data(
            query,
            eq={"name": {"eq": f"<{text}>"}},
            contains={"name": {"contains": text}},
            starts={"name": {"startsWith": f"<{text}"}},
        )
        own = {"id": f"A{number:02d}", "name": f"<{text}>"}
        assert data["eq"]["nodes"] == [own]
        for name, part in (("contains", text), ("starts", f"<{text}")):
            assert own in data[name]["nodes"], (name, text)
            assert all(part in node["name"] for node in data[name]["nodes"]), (name, text)


TAKES_A_VALUE = "`{}` takes a value; use `isNull`, where the filter has it, for rows that have none"
UNSTORABLE = "a text holds a NUL character or half a surrogate pair, which no column does"


def _nested(levels: int, wrap: Callable[[Any], Any]) -> Any:
    condition: Any = {"name": {"eq": "x"}}
    for _ in range(levels):
        condition = wrap(condition)
    return condition


REFUSED: dict[str, tuple[Any, str]] = {
    "eq: null": ({"name": {"eq": None}}, TAKES_A_VALUE.format("eq")),
    "notIn: null": ({"name": {"notIn": None}}, TAKES_A_VALUE.format("notIn")),
    "startsWith: null": ({"name": {"startsWith": None}}, TAKES_A_VALUE.format("startsWith")),
    "isNull: null": ({"name": {"isNull": None}}, TAKES_A_VALUE.format("isNull")),
    "1,001 values": ({"name": {"in": ["x"] * 1_001}}, "a list of a filter holds at most 1000 values, got 1001"),
    "1,001 moments": (
        {"createdAt": {"notIn": ["2026-01-01"] * 1_001}},
        "a list of a filter holds at most 1000 values, got 1001",
    ),
    "NUL": ({"name": {"contains": "a\0"}}, UNSTORABLE),
    "NUL in a list": ({"name": {"in": ["a", "\0"]}}, UNSTORABLE),
    "NUL in a tag": ({"tags": {"any": ["\0"]}}, UNSTORABLE),
    "half a surrogate pair": ({"name": {"eq": "\ud800"}}, UNSTORABLE),
    "51 tags": (
        {"tags": {"all": ["x"] * 51}},
        "a filter holds at most 50 conditions on related records and tags, got 51",
    ),
    "51 related records": (
        {"or": [{"agents": {"some": {}}}] * 51},
        "a filter holds at most 50 conditions on related records and tags, got 51",
    ),
    "501 comparisons": ({"or": [{"name": {"eq": "x"}}] * 501}, "a filter holds at most 500 comparisons, got 501"),
    **{
        f"501 that say nothing: {name}": (one, "a filter holds at most 500 members of `and`, `or` and `not`, got 501")
        for name, one in (
            ("and", {"and": [{}] * 501}),
            ("or", {"or": [{}] * 501}),
            ("or in and", {"and": [{"or": []}] * 501}),
            ("not in or", {"or": [{"not": {}}] * 251}),
            ("comparisons in or", {"or": [{"name": {}}] * 501}),
            ("and in and", {"and": [{"and": [{}] * 20}] * 24}),
        )
    },
    "501 sets of systems": (
        {"and": [{"systems": {"hasAny": ["VAI"], "hasAll": ["VAI"]}}] * 251},
        "a filter holds at most 500 comparisons, got 502",
    ),
    "501 shares": ({"and": [{"sharedWithMe": True}] * 501}, "a filter holds at most 500 comparisons, got 501"),
    "11,000 values": (
        {"and": [{"name": {"in": ["x"] * 1_000}}] * 11},
        "a filter holds at most 10000 values in its lists, got 11000",
    ),
    "11 levels": (
        _nested(10, lambda one: {"not": one}),
        "a filter holds at most 10 levels, of which a related record takes two, got 11",
    ),
    "5 related records in each other": (
        _nested(5, lambda one: {"parent": one}),
        "a filter holds at most 10 levels, of which a related record takes two, got 11",
    ),
}


async def test_what_no_filter_can_mean_or_hold_is_refused_before_any_statement(
    graph: Graph, statements: list[str]
) -> None:
    query = "query ($filter: WorkspaceFilter) { workspaces(filter: $filter) { totalCount } }"
    answered = {}
    for name, (condition, _message) in REFUSED.items():
        result = await graph.ask(query, filter=condition)
        answered[name] = (result.data, failures(result))
    assert answered == {name: (None, [("BAD_ARGUMENT", message)]) for name, (_, message) in REFUSED.items()}
    namespace = await graph.ask("query ($text: String) { tags(namespace: $text) { id } }", text="\0")
    assert (namespace.data, failures(namespace)) == (None, [("BAD_ARGUMENT", UNSTORABLE)])
    assert statements == []


async def test_who_sees_but_their_own_may_ask_for_less_of_related_records(graph: Graph) -> None:
    own = Graph(graph.database, graph.schema, Viewer(ORGANIZATION_ID, "N", "n@x", frozenset((READ_OWN,))))
    query = "query ($filter: WorkspaceFilter) { workspaces(filter: $filter) { nodes { id } } }"
    for condition in ({"agents": {"every": {"name": {"contains": "a"}}}}, {"owner": {}}):
        assert (await own.data(query, filter={"and": [condition] * 16}))["workspaces"]["nodes"] == []
        refused = await own.ask(query, filter={"and": [condition] * 17})
        told = "a filter holds at most 50 conditions on related records and tags, got 51"
        assert failures(refused) == [("BAD_ARGUMENT", told)]


LARGEST: dict[str, Any] = {
    "1,000 values": {"name": {"in": [str(number) for number in range(1_000)]}},
    "10,000 values": {"and": [{"name": {"in": [f"{n}-{k}" for k in range(1_000)]}} for n in range(10)]},
    "500 comparisons, one of them": {"or": [{"name": {"eq": str(number)}} for number in range(500)]},
    "500 comparisons, all of them": {"and": [{"name": {"ne": str(number)}} for number in range(500)]},
    "500 that say nothing": {"and": [{}] * 500},
    "500 that say nothing, one of them": {"or": [{"name": {}}] * 500},
    "500 that never hold": {"or": [{"or": []}] * 500},
    "500 that never hold, opposed": {"and": [{"not": {"not": {"or": []}}}] * 166},
    "500 sets of systems": {"or": [{"systems": {"hasAny": ["VAI"], "hasAll": ["VAI"]}}] * 250},
    "50 tags, one of them": {"tags": {"any": [str(number) for number in range(50)]}},
    "50 tags, all of them": {"tags": {"all": [str(number) for number in range(50)]}},
    "50 related records": {"and": [{"agents": {"none": {"name": {"eq": str(number)}}}} for number in range(50)]},
    "10 levels": _nested(9, lambda one: {"not": one}),
    "10 levels of or": _nested(9, lambda one: {"or": [one, {"name": {"eq": "y"}}]}),
    "4 related records in each other": _nested(4, lambda one: {"parent": one}),
    "lists in each other": _nested(2, lambda one: {"agents": {"none": {"workspace": one}}}),
    "every in each other": _nested(2, lambda one: {"sessions": {"every": {"workspace": one}}}),
    "a mixture": _nested(1, lambda one: {"not": {"or": [{"sessions": {"every": {"not": {"workspace": {"not": one}}}}}]}}),
}  # fmt: skip


async def test_the_largest_filters_allowed_work_at_the_root_and_per_parent(graph: Graph) -> None:
    await put(graph.database, workspaces, {"id": "W1", "name": "5", "parent_id": "W1"})
    query = """query ($filter: WorkspaceFilter) {
        workspaces(filter: $filter) { totalCount nodes { id } }
        all: workspaces { nodes { forks(filter: $filter) { totalCount nodes { id } } } }
    }"""
    found = {}
    for name, condition in LARGEST.items():
        data = await graph.data(query, filter=condition)
        assert data["all"]["nodes"][0]["forks"] == data["workspaces"], name
        found[name] = data["workspaces"]["totalCount"]
    assert found == dict.fromkeys(LARGEST, 0) | {
        "1,000 values": 1, "500 comparisons, one of them": 1, "50 related records": 1, "every in each other": 1,
        "lists in each other": 1, "10 levels": 1, "500 that say nothing": 1, "500 that say nothing, one of them": 1,
    }  # fmt: skip
