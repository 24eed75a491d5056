"""Pages of lists, at the root and per parent: order, walking both ways, flags, counts, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from graphql import GraphQLEnumType, GraphQLField, GraphQLObjectType, GraphQLSchema, get_named_type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Float, Integer, Table, delete
from strawberry.types import ExecutionResult

from db.access import READ, Viewer
from db.agents import agents
from db.charts import charts
from db.computers import computers
from db.database import Database
from db.ids import id_of, organization_id_of
from db.runs import runs
from db.sessions import messages, sessions
from db.tags import tags, workspace_tags
from db.types import Json, UtcDateTime
from db.workspaces import workspace_agents, workspace_parts, workspaces
from db.writes import insert_missing
from errors import BadArgumentError, BadCursorError, GatewayError
from resolvers.context import Limits
from resolvers.cursors import CursorKey
from tests.conftest import ORGANIZATION_ID, Graph

START = datetime(2026, 1, 1, tzinfo=UTC)
STATUSES = ("ACTIVE", "FAILED", "UNKNOWN")


async def put(database: Database, table: Table, *rows: dict[str, Any]) -> None:
    """Insert rows; what they do not name is null, or empty where the table allows no null."""
    blank = {column.name: None if column.nullable else _empty(column.type) for column in table.c}
    values = [{**blank, "organization_id": ORGANIZATION_ID, **row} for row in rows]
    async with database.writing() as connection:
        await insert_missing(connection, table, values)


def _empty(kind: Any) -> Any:
    if isinstance(kind, UtcDateTime):
        return START
    if isinstance(kind, Json):
        return {}
    return False if isinstance(kind, Boolean) else 0 if isinstance(kind, Integer | Float) else ""


def made_id(kind: str, name: object) -> str:
    """The id of a record of the organisation's."""
    return id_of(kind, ORGANIZATION_ID, "VAI", str(name))


def day(number: int) -> datetime:
    """So many days after the first of January."""
    return START + timedelta(days=number)


def failures(result: ExecutionResult) -> list[tuple[str, str]]:
    """Code and message of each error."""
    found = []
    for error in result.errors or ():
        cause: Any = error.original_error
        assert isinstance(cause, GatewayError), error
        found.append((cause.code, str(cause)))
    return found


Terms = Sequence[tuple[str, bool]]  # column, descending


def in_order(rows: Sequence[dict[str, Any]], terms: Terms) -> list[dict[str, Any]]:
    """The rows as a list in this order has them: null last either way, the id last of all, as the last term goes."""
    ranked = sorted(rows, key=lambda row: row["id"], reverse=terms[-1][1])
    for column, is_descending in reversed(terms):
        known = sorted((row for row in ranked if row[column] is not None), key=lambda row: row[column])
        if is_descending:  # stable: equal rows keep the order that the later terms gave them
            known = sorted(
                (row for row in ranked if row[column] is not None), key=lambda row: row[column], reverse=True
            )
        ranked = known + [row for row in ranked if row[column] is None]
    return ranked


# ---------------------------------------------------------------- every connection that can be ordered, both ways

KINDS = {
    "Workspace": (workspaces, "WORKSPACE"), "Agent": (agents, "AGENT"), "Computer": (computers, "COMPUTER"),
    "Chart": (charts, "CHART"), "Session": (sessions, "SESSION"), "Message": (messages, "MESSAGE"),
    "Run": (runs, "RUN"),
}  # fmt: skip
PARENTS = {kind: made_id(kind, "parent") for kind in ("WORKSPACE", "AGENT", "SESSION", "RUN", "TAG")}
LINKS = {  # by which column a row of the list names its parent; None: by a table of pairs
    "Workspace.agents": None, "Workspace.computers": "workspace_id", "Workspace.charts": "workspace_id",
    "Workspace.sessions": "workspace_id", "Workspace.runs": "workspace_id", "Workspace.forks": "parent_id",
    "Agent.workspaces": None, "Agent.sessions": "agent_id", "Tag.workspaces": None,
    "Session.messages": "session_id", "Run.children": "parent_id",
}  # fmt: skip
ROWS_EACH, PAGE_ROWS = 8, 5  # of a list: children of the parent; as many again are children of another


def ordered_connections(schema: GraphQLSchema) -> Iterator[tuple[str, str, GraphQLField]]:
    """Every connection that takes `orderBy`: its type, its name, the field."""
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLObjectType):
            for field_name, field in kind.fields.items():
                if {"orderBy", "after"} <= field.args.keys():
                    yield name, field_name, field


def order_columns(field: GraphQLField) -> dict[str, str]:
    """The members of a connection's order, each with its column."""
    order: Any = get_named_type(field.args["orderBy"].type)
    members = get_named_type(order.fields["field"].type)
    assert isinstance(members, GraphQLEnumType)
    return {name: str(getattr(member.value, "value", member.value)) for name, member in members.values.items()}


def node_type(field: GraphQLField) -> str:
    """The name of the type of a connection's rows."""
    page: Any = get_named_type(field.type)
    return str(get_named_type(page.fields["nodes"].type))


def _value(column: Any, number: int, stride: int) -> Any:
    """Values with ties, and with nulls where the column has them."""
    step = number * stride
    if column.nullable and step % 3 == 0:
        return None
    if isinstance(column.type, UtcDateTime):
        return day(step % 4)
    return step % 4 if isinstance(column.type, Integer) else STATUSES[step % 3]


async def _fill(database: Database, table: Table, kind: str, columns: set[str]) -> list[dict[str, Any]]:
    """16 rows; the links of the even ones are to the parents, of the odd ones to others that do not matter."""
    links = {link for link in LINKS.values() if link and link in table.c}
    rows = []
    for number in range(2 * ROWS_EACH):
        row = {"id": made_id(kind, number), "number": number, "system": "VAI", "external_id": str(number)}
        row |= {name: _value(table.c[name], number // 2, stride) for stride, name in enumerate(sorted(columns), 1)}
        for link in links:
            of = {"workspace_id": "WORKSPACE", "agent_id": "AGENT", "session_id": "SESSION"}.get(link, kind)
            row[link] = PARENTS[of] if number % 2 == 0 else made_id(of, "other")
        rows.append({name: value for name, value in row.items() if name in table.c or name == "number"})
    await put(database, table, *({name: row[name] for name in row if name != "number"} for row in rows))
    return rows


async def test_walking_any_list_in_any_order_either_way_gives_every_row_once(graph: Graph) -> None:
    found = list(ordered_connections(graph.schema._schema))
    assert {f"{on}.{name}" for on, name, _ in found if on != "Query"} == LINKS.keys()
    rows: dict[str, list[dict[str, Any]]] = {}
    for name, (table, kind) in KINDS.items():
        columns = {
            column for _, _, field in found if node_type(field) == name for column in order_columns(field).values()
        }
        rows[name] = await _fill(graph.database, table, kind, columns)
    pairs = [(workspace, agent) for workspace in rows["Workspace"] for agent in rows["Agent"]]
    ids = [PARENTS["WORKSPACE"], *(row["id"] for row in rows["Workspace"])]
    await put(
        graph.database,
        workspace_agents,
        *(
            {"workspace_id": PARENTS["WORKSPACE"], "agent_id": agent["id"]}
            for agent in rows["Agent"]
            if agent["number"] % 2 == 0
        ),
        *(
            {"workspace_id": workspace["id"], "agent_id": PARENTS["AGENT"]}
            for workspace in rows["Workspace"]
            if workspace["number"] % 2 == 0
        ),
        *({"workspace_id": workspace["id"], "agent_id": agent["id"]} for workspace, agent in pairs),
    )
    await put(
        graph.database,
        workspace_tags,
        *(
            {
                "record_id": row["id"],
                "id": "1",
                "workspace_id": row["id"],
                "tag_id": PARENTS["TAG"] if row["number"] % 2 == 0 else "T",
            }
            for row in rows["Workspace"]
        ),
    )
    await put(graph.database, workspace_parts, *({"id": one, "workspace_id": one} for one in ids))
    for kind, table in (
        ("WORKSPACE", workspaces),
        ("AGENT", agents),
        ("SESSION", sessions),
        ("RUN", runs),
        ("TAG", tags),
    ):
        await put(graph.database, table, {"id": PARENTS[kind]})

    for on, name, field in found:
        listed = rows[node_type(field)]
        if on != "Query":
            listed = [row for row in listed if row["number"] % 2 == 0]
        elif name not in ("computers", "charts"):  # the parents are rows of these lists as well
            table, kind = KINDS[node_type(field)]
            listed = [
                *listed,
                {column.name: None if column.nullable else _empty(column.type) for column in table.c}
                | {"id": PARENTS[kind]},
            ]
        for direction in ("ASC", "DESC"):  # a request has at most 20 fields at its root
            await _walk(graph, on, name, direction, order_columns(field), listed)


async def _walk(
    graph: Graph, on: str, name: str, direction: str, columns: dict[str, str], rows: list[dict[str, Any]]
) -> None:
    """All orders of one field, forward and backward, side by side under aliases."""
    walks = [(member, way) for member in columns for way in ("first", "last")]
    read: list[list[list[str]]] = [[] for _ in walks]
    cursors: list[str | None] = [None for _ in walks]
    for _page in range(-(-len(rows) // PAGE_ROWS)):
        fields = "\n".join(
            f"w{place}: {name}({way}: {PAGE_ROWS}, {'after' if way == 'first' else 'before'}: $c{place}, "
            f"orderBy: [{{field: {member}, direction: {direction}}}]) "
            "{ nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
            for place, (member, way) in enumerate(walks)
        )
        declared = ", ".join(f"$c{place}: String" for place in range(len(walks)))
        below = (
            fields if on == "Query" else f'parent: node(id: "{PARENTS[on.upper()]}") {{ ... on {on} {{ {fields} }} }}'
        )
        data = await graph.data(f"query ({declared}) {{ {below} }}", **{f"c{n}": c for n, c in enumerate(cursors)})
        pages = data if on == "Query" else data["parent"]
        for place, (_member, way) in enumerate(walks):
            page = pages[f"w{place}"]
            ids = [node["id"] for node in page["nodes"]]
            read[place] = [*read[place], ids] if way == "first" else [ids, *read[place]]
            cursors[place] = page["pageInfo"]["endCursor" if way == "first" else "startCursor"]
            is_last = sum(map(len, read[place])) == len(rows)
            assert page["pageInfo"]["hasNextPage" if way == "first" else "hasPreviousPage"] is not is_last
    for place, (member, way) in enumerate(walks):
        wanted = [row["id"] for row in in_order(rows, [(columns[member], direction == "DESC")])]
        assert [one for page in read[place] for one in page] == wanted, (on, name, member, direction, way)


# ------------------------------------------------------------------------------------------ windows against a model

SESSION_COLUMNS = {"TITLE": "title", "CREATED_AT": "created_at", "UPDATED_AT": "updated_at"}
SESSIONS = [
    {
        "id": made_id("SESSION", number),
        "workspace_id": PARENTS["WORKSPACE"],
        "title": (None, "a", "b", "b")[number * 7 % 4],
        "created_at": (None, day(1), day(2))[number * 5 % 3],
        "updated_at": (None, day(1), day(1), day(3), START + timedelta(microseconds=1))[number * 3 % 5],
    }
    for number in range(24)
]


WINDOW = """
sessions(WAY: $rows, after: $after, before: $before, orderBy: $order) {
  edges { cursor node { id } }
  pageInfo { hasNextPage hasPreviousPage }
}
"""


@st.composite
def windows(draw: st.DrawFn) -> tuple[list[tuple[str, str]], int, bool, int | None, int | None]:
    """An order of several terms, a size, a way, and rows to be behind and in front of."""
    members, ways = st.sampled_from(sorted(SESSION_COLUMNS)), st.sampled_from(("ASC", "DESC"))
    terms = draw(st.lists(st.tuples(members, ways), min_size=1, max_size=4))
    place = st.none() | st.integers(0, len(SESSIONS) - 1)
    return terms, draw(st.integers(1, 26)), draw(st.booleans()), draw(place), draw(place)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(windows(), st.booleans())
async def test_any_window_in_any_order_is_what_python_makes_of_the_rows(
    graph: Graph, window: tuple[list[tuple[str, str]], int, bool, int | None, int | None], is_per_parent: bool
) -> None:
    await put(graph.database, sessions, *SESSIONS)
    await put(graph.database, workspaces, {"id": PARENTS["WORKSPACE"]})
    await put(graph.database, workspace_parts, {"id": PARENTS["WORKSPACE"], "workspace_id": PARENTS["WORKSPACE"]})
    terms, size, is_backward, after, before = window
    first_of_each = dict.fromkeys(member for member, _way in terms)
    ways = dict(reversed(terms))
    listed = in_order(SESSIONS, [(SESSION_COLUMNS[member], ways[member] == "DESC") for member in first_of_each])
    order = [{"field": member, "direction": way} for member, way in terms]
    parent = PARENTS["WORKSPACE"]

    async def page(way: str, rows: int, after: str | None = None, before: str | None = None) -> Any:
        asked = WINDOW.replace("WAY", way)
        asked = f'parent: workspace(id: "{parent}") {{ {asked} }}' if is_per_parent else asked
        query = f"query ($rows: Int, $order: [SessionOrder!], $after: String, $before: String) {{ {asked} }}"
        data = await graph.data(query, rows=rows, order=order, after=after, before=before)
        return (data["parent"] if is_per_parent else data)["sessions"]

    cursors = [edge["cursor"] for edge in (await page("first", 200))["edges"]]
    got = await page(
        "last" if is_backward else "first",
        size,
        None if after is None else cursors[after],
        None if before is None else cursors[before],
    )

    between = listed[0 if after is None else after + 1 : len(listed) if before is None else before]
    wanted = between[-size:] if is_backward else between[:size]
    has_more = len(between) > size
    assert [edge["node"]["id"] for edge in got["edges"]] == [row["id"] for row in wanted]
    assert got["pageInfo"] == {
        "hasNextPage": before is not None if is_backward else has_more,
        "hasPreviousPage": has_more if is_backward else after is not None,
    }


# ------------------------------------------------------------------------------------------------- between two pages


async def test_rows_that_come_and_go_between_pages_neither_repeat_nor_hide_others(graph: Graph) -> None:
    async def page(after: str | None) -> tuple[list[str], str | None]:
        query = (
            "query ($after: String) { computers(first: 3, after: $after) { nodes { name } pageInfo { endCursor } } }"
        )
        data = await graph.data(query, after=after)
        return [node["name"] for node in data["computers"]["nodes"]], data["computers"]["pageInfo"]["endCursor"]

    def computer(number: int) -> dict[str, Any]:
        return {"id": made_id("COMPUTER", number), "name": f"{number:02d}", "created_at": day(number)}

    await put(graph.database, computers, *(computer(number) for number in range(10, 20)))
    first, cursor = await page(None)
    await put(graph.database, computers, computer(5), computer(30), {**computer(13), "id": "C", "name": "13 b"})
    async with graph.database.writing() as connection:  # the row of the cursor, one read before, one yet to come
        await connection.execute(delete(computers).where(computers.c.name.in_(["10", "12", "15"])))
    rest = []
    while cursor:
        names, cursor = await page(cursor)
        rest += names

    assert first == ["10", "11", "12"]
    assert sorted(rest) == ["13", "13 b", "14", "16", "17", "18", "19", "30"]
    assert rest[2:] == ["14", "16", "17", "18", "19", "30"]


# ------------------------------------------------------------------------------------------------ what a page says


async def test_page_info_of_an_empty_list_and_of_a_full_page(graph: Graph) -> None:
    query = "query ($first: Int, $last: Int) { agents(first: $first, last: $last) { nodes { id } edges { cursor } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
    empty = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    assert (await graph.data(query))["agents"] == {"nodes": [], "edges": [], "totalCount": 0, "pageInfo": empty}
    assert (await graph.data(query, last=2))["agents"] == {"nodes": [], "edges": [], "totalCount": 0, "pageInfo": empty}

    await put(graph.database, agents, *({"id": f"A{number}", "name": str(number)} for number in range(3)))
    page = (await graph.data(query, first=3))["agents"]

    cursors = [edge["cursor"] for edge in page["edges"]]
    full = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": cursors[0], "endCursor": cursors[2]}
    assert page == {
        "nodes": [{"id": "A0"}, {"id": "A1"}, {"id": "A2"}],
        "edges": [{"cursor": cursor} for cursor in cursors],
        "totalCount": 3,
        "pageInfo": full,
    }
    assert (await graph.data(query, last=3))["agents"] == page


COUNTED = {
    "rows": ("{ nodes { id } }", 1, 0),
    "rows and their number": ("{ nodes { id } totalCount }", 2, 1),
    "the number alone": ("{ totalCount }", 1, 1),
    "neither": ("{ __typename }", 0, 0),
    "the place of the page": ("{ pageInfo { hasNextPage } }", 1, 0),
    "the number in a fragment": ("{ edges { cursor } ...Count } } fragment Count on %s { totalCount ", 2, 1),
    "the number twice": ("{ edges { cursor } a: totalCount b: totalCount }", 2, 1),
    "the number included": ("{ edges { cursor } totalCount @include(if: true) }", 2, 1),
    "the number left out": ("{ edges { cursor } totalCount @skip(if: true) }", 1, 0),
}


async def test_a_list_is_counted_only_where_its_number_is_selected(graph: Graph, statements: list[str]) -> None:
    await put(graph.database, agents, *({"id": f"A{number}", "name": str(number)} for number in range(3)))

    ran, numbers = {}, {}
    for name, (selection, _all_told, _counting) in COUNTED.items():
        statements.clear()
        page = (await graph.data("{ agents(first: 1) " + selection.replace("%s", "AgentConnection") + " }"))["agents"]
        ran[name] = (len(statements), len([one for one in statements if "count(" in one]))
        numbers[name] = {value for key, value in page.items() if key in ("totalCount", "a", "b")}

    assert ran == {name: (all_told, counting) for name, (_selection, all_told, counting) in COUNTED.items()}
    assert numbers == {name: {3} if counting else set() for name, (_selection, _all_told, counting) in COUNTED.items()}


async def test_the_lists_of_many_parents_are_counted_in_one_statement_that_reads_no_rows(
    graph: Graph, statements: list[str]
) -> None:
    await put(graph.database, workspaces, *({"id": f"W{number}"} for number in range(5)))
    await put(
        graph.database,
        workspace_agents,
        *({"workspace_id": f"W{number}", "agent_id": f"A{other}"} for number in range(5) for other in range(number)),
    )
    await put(graph.database, agents, *({"id": f"A{number}", "name": str(number)} for number in range(5)))
    statements.clear()

    data = await graph.data("{ workspaces(orderBy: [{field: NAME}]) { nodes { agents { totalCount } } } }")

    assert [node["agents"]["totalCount"] for node in data["workspaces"]["nodes"]] == [0, 1, 2, 3, 4]
    assert len(statements) == 2
    assert "count(" in statements[1]
    assert "agents.name" not in statements[1]


async def test_a_page_has_50_rows_unless_told_otherwise_and_200_at_most(graph: Graph) -> None:
    await put(graph.database, agents, *({"id": f"A{number:03d}", "name": f"{number:03d}"} for number in range(205)))

    async def names(arguments: str) -> list[str]:
        return [
            node["name"]
            for node in (await graph.data(f"{{ agents{arguments} {{ nodes {{ name }} }} }}"))["agents"]["nodes"]
        ]

    assert await names("") == [f"{number:03d}" for number in range(50)]
    assert await names("(first: 200)") == [f"{number:03d}" for number in range(200)]
    assert await names("(last: 200)") == [f"{number:03d}" for number in range(5, 205)]
    assert await names(
        "(first: null, after: null, last: null, before: null, filter: null, orderBy: null)"
    ) == await names("")
    assert await names("(orderBy: [])") == await names("")

    graph.limits = Limits(page_default=2, page_ceiling=3)
    assert await names("") == ["000", "001"]
    assert await names("(last: 3)") == ["202", "203", "204"]
    refused = await graph.ask("{ agents(first: 4) { nodes { name } } }")
    assert failures(refused) == [("BAD_ARGUMENT", "first must be 1 to 3, got 4")]


BOTH = "give `first` (from the start) or `last` (from the end), not both"
REFUSED = {
    "first 0": ("first: 0", "first must be 1 to 200, got 0"),
    "first -1": ("first: -1", "first must be 1 to 200, got -1"),
    "first 201": ("first: 201", "first must be 1 to 200, got 201"),
    "first as large as can be": ("first: 2147483647", "first must be 1 to 200, got 2147483647"),
    "last 0": ("last: 0", "last must be 1 to 200, got 0"),
    "last -1": ("last: -1", "last must be 1 to 200, got -1"),
    "last 201": ("last: 201", "last must be 1 to 200, got 201"),
    "last as small as can be": ("last: -2147483648", "last must be 1 to 200, got -2147483648"),
    "both": ("first: 1, last: 1", BOTH),
}


async def test_a_size_that_no_page_has_is_refused(graph: Graph, statements: list[str]) -> None:
    await put(graph.database, workspaces, {"id": "W"})

    at_root, per_parent = {}, {}
    for name, (arguments, _message) in REFUSED.items():
        statements.clear()
        result = await graph.ask(f"{{ workspaces({arguments}) {{ totalCount }} }}")
        at_root[name] = (result.data, failures(result), len(statements))
        statements.clear()
        result = await graph.ask(f"{{ workspaces {{ nodes {{ charts({arguments}) {{ nodes {{ id }} }} }} }} }}")
        per_parent[name] = (result.data, failures(result), len(statements))

    assert at_root == {name: (None, [("BAD_ARGUMENT", message)], 0) for name, (_, message) in REFUSED.items()}
    assert per_parent == {name: (None, [("BAD_ARGUMENT", message)], 1) for name, (_, message) in REFUSED.items()}


# --------------------------------------------------------------------------------------------------------- cursors


async def test_a_cursor_that_is_not_one_of_this_list_and_order_is_refused(graph: Graph) -> None:
    await put(graph.database, workspaces, {"id": "W", "name": "w", "created_at": day(1)})
    await put(
        graph.database,
        computers,
        *({"id": f"C{n}", "name": f"{n}", "workspace_id": "W", "created_at": day(n)} for n in range(3)),
    )
    await put(graph.database, sessions, {"id": "S", "created_at": day(1)})

    async def cursor(field: str) -> str:
        data: Any = await graph.data(f"{{ {field} {{ edges {{ cursor }} }} }}")
        return str(data[field.partition("(")[0]]["edges"][0]["cursor"])

    own = await cursor("computers")
    of_parent = (await graph.data("{ workspaces { nodes { computers { edges { cursor } } } } }"))["workspaces"][
        "nodes"
    ][0]
    ours = graph.viewer
    graph.viewer = Viewer(organization_id_of("Elsewhere"), "N", "other@elsewhere.example", frozenset((READ,)))
    await put(
        graph.database, computers, {"organization_id": graph.viewer.organization_id, "id": "C0", "created_at": day(0)}
    )
    foreign = await cursor("computers")
    graph.viewer = ours
    graph.viewer = Viewer(ORGANIZATION_ID, "N-colleague", "colleague@northwind.example", frozenset((READ,)))
    of_colleague = await cursor("computers")
    graph.viewer = ours
    scope = f"{ORGANIZATION_ID} N-tester computers (Term(column='created_at', descending=False), Term(column='id', descending=False))"
    assert CursorKey(b"a key for tests").write(scope, [day(0), "C0"]) == own  # or the forgery below would prove nothing

    refused = {
        "of another list": await cursor("sessions(orderBy: [{field: CREATED_AT}])"),
        "of the list under a parent": of_parent["computers"]["edges"][0]["cursor"],
        "of another order": await cursor("computers(orderBy: [{field: NAME}])"),
        "of the order turned round": await cursor("computers(orderBy: [{field: CREATED_AT, direction: DESC}])"),
        "of another organisation": foreign,
        "of another account": of_colleague,
        "signed with another key": CursorKey(b"another").write(scope, [day(0), "C0"]),
        "changed in front": ("A" if own[0] != "A" else "B") + own[1:],
        "changed in the middle": own[:30] + ("A" if own[30] != "A" else "B") + own[31:],
        "cut": own[:-1],
        "cut in the signature": own[:9],
        "longer": own + "A",
        "with what is no base64": own[:20] + "!" + own[20:],
        "padded": own + "=",
        "empty": "",
        "of blanks": "   ",
        "in another alphabet": "Ω" * 40,
        "with NUL": own + "\0",
        "huge": "A" * 1_000_000,
    }
    message = (
        "the cursor does not belong to this list and order, or was changed; take cursors from `pageInfo` or "
        "`edges` of the same field with the same `orderBy`"
    )
    answered = {}
    for name, bad in refused.items():
        for argument in ("after", "before"):
            result = await graph.ask(f"query ($c: String) {{ computers({argument}: $c) {{ nodes {{ id }} }} }}", c=bad)
            answered[name, argument] = (result.data, failures(result))
    expected = (None, [(BadCursorError.code, message)])
    assert answered == {(name, argument): expected for name in refused for argument in ("after", "before")}
    assert issubclass(BadCursorError, BadArgumentError)

    works = await graph.data("query ($c: String) { computers(after: $c) { nodes { id } } }", c=own)
    assert [node["id"] for node in works["computers"]["nodes"]] == ["C1", "C2"]


async def test_a_cursor_of_a_very_long_name_is_good(graph: Graph) -> None:
    await put(graph.database, computers, *({"id": f"C{n}", "name": "ñ" * 20_000 + str(n)} for n in range(2)))
    query = "query ($c: String) { computers(first: 1, after: $c, orderBy: [{field: NAME}]) { nodes { id } pageInfo { endCursor } } }"

    first = (await graph.data(query))["computers"]
    second = (await graph.data(query, c=first["pageInfo"]["endCursor"]))["computers"]

    assert (first["nodes"], second["nodes"]) == ([{"id": "C0"}], [{"id": "C1"}])
