"""Known ways to bring a GraphQL server down with a document or a value: each is refused, or answered, at all doors alike.

What they take is bounded by `tests/test_limits.py`; here it is what comes of them. After each the graph answers as before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Importer, fleet
from tests.doors import Doors, doors

MOST_SECONDS = 10  # for one at all doors, on whatever machine


@pytest.fixture
async def graph_doors(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Doors]:
    """The doors of a graph of two workspaces, with no setting changed but the count of requests."""
    async with doors(tmp_path, sqlite_template) as opened:
        await Importer(opened.database, tmp_path).lines(*fleet(workspaces=2, each=1))
        yield opened
        assert (await opened.post("{ workspaces { totalCount } }"))["data"] == {"workspaces": {"totalCount": 2}}


async def codes(graph: Doors, query: str, **variables: Any) -> tuple[int, list[str]]:
    """The status and the codes, the same at all doors, in good time."""
    async with asyncio.timeout(MOST_SECONDS):
        return await graph.codes(query, variables)


async def test_fragments_that_multiply_aliases_are_counted_where_they_are_spread(graph_doors: Doors) -> None:
    fragments = "fragment A on Workspace { a: name b: name c: name } "
    parts = " ".join(f"p{number}: workspaces {{ nodes {{ ...A }} }}" for number in range(13))
    assert await codes(graph_doors, f"{{ {parts} }} {fragments}") == (400, ["ALIASES_EXCEEDED"])
    parts = " ".join(f"p{number}: workspaces {{ nodes {{ ...A }} }}" for number in range(12))
    assert await codes(graph_doors, f"{{ {parts} }} {fragments}") == (200, [])
    doubling = " ".join(
        f"fragment F{n} on Workspace {{ parent {{ ...F{n + 1} }} root {{ ...F{n + 1} }} }}" for n in range(12)
    )
    query = f"{{ workspaces {{ nodes {{ ...F0 }} }} }} {doubling} fragment F12 on Workspace {{ name }}"
    assert await codes(graph_doors, query) == (400, ["SELECTIONS_EXCEEDED"])


async def test_nested_inline_fragments_do_not_slow_down_the_rule_on_overlapping_fields(graph_doors: Doors) -> None:
    nested = "... { " * 60 + "viewer { email }" + " }" * 60
    assert await codes(graph_doors, "{ " + nested * 15 + " }") == (200, [])
    beside = "... on Query { viewer { email ... on Viewer { email } } } " * 250
    assert await codes(graph_doors, f"{{ {beside} }}") == (200, [])
    differing = "... on Query { viewer { a: email ... on Viewer { a: scopes } } } " * 250
    assert await codes(graph_doors, f"{{ {differing} }}") == (400, ["BAD_REQUEST"])
    assert await codes(graph_doors, "{ " + "... { " * 300 + "viewer { email }" + " }" * 300 + " }") == (
        400,
        ["BAD_REQUEST"],
    )


async def test_padding_with_comments_counts(graph_doors: Doors) -> None:
    assert await codes(graph_doors, "{ __typename }" + "\n#" * 4_997) == (200, [])
    assert await codes(graph_doors, "{ __typename }" + "\n#" * 4_998) == (400, ["TOKENS_EXCEEDED"])
    assert await codes(graph_doors, "{ __typename }" + "#" * 200_000) == (400, ["CHARACTERS_EXCEEDED"])


async def test_a_document_with_thousands_of_errors_has_ten_of_them_looked_for(graph_doors: Doors) -> None:
    many = "{ viewer { " + " ".join(f"no{number}" for number in range(2_400)) + " } }"
    assert await codes(graph_doors, many) == (400, ["BAD_REQUEST"] * 10 + ["ERRORS_EXCEEDED"])
    too_many = "{ viewer { " + "no " * 100_000 + " } }"
    assert await codes(graph_doors, too_many) == (400, ["CHARACTERS_EXCEEDED"])
    assert await codes(graph_doors, "{ viewer { " + "no " * 60_000 + " } }") == (400, ["TOKENS_EXCEEDED"])


async def test_errors_do_not_repeat_long_names(graph_doors: Doors) -> None:
    for query in ("{ viewer { %s } }", "{ viewer(%s: 1) { email } }", "{ ...%s }", "query ($%s: Int) { __typename }"):
        answer = await graph_doors.post(query.replace("%s", "a" * 100_000))
        assert [len(error["message"]) < 600 for error in answer["errors"]] == [True] * len(answer["errors"])


async def test_circular_fragments_are_refused(graph_doors: Doors) -> None:
    itself = "{ ...A } fragment A on Query { viewer { email } ...A }"
    assert await codes(graph_doors, itself) == (400, ["BAD_REQUEST"])
    below = "{ workspaces { nodes { ...A } } } fragment A on Workspace { parent { ...B } } fragment B on Workspace { root { ...A } }"
    assert await codes(graph_doors, below) == (400, ["BAD_REQUEST"])
    circle = "{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ ...F{(n + 1) % 500} }}" for n in range(500))
    assert await codes(graph_doors, circle) == (400, ["BAD_REQUEST"])
    each_other = "".join(f"fragment F{n} on Query {{ {' '.join(f'...F{m}' for m in range(45))} }}" for n in range(45))
    status, found = await codes(graph_doors, "{ ...F0 } " + each_other)
    assert (status, set(found)) == (400, {"BAD_REQUEST", "ERRORS_EXCEEDED"})


@pytest.mark.parametrize(
    "query",
    [
        "{ __typename " + "@skip(if: false) " * 51 + "}",
        "{ __typename " + "@unknown " * 2_000 + "}",
        "query " + "@a " * 51 + "{ __typename }",
        "query (" + " ".join(f"$v{number}: Int @a" for number in range(51)) + ") { __typename }",
        "{ ...F " + "@skip(if: false) " * 51 + "} fragment F on Query { __typename }",
        "{ ...F } fragment F on Query " + "@a " * 51 + "{ __typename }",
        "{ ... on Query " + "@skip(if: false) " * 51 + "{ __typename } }",
    ],
    ids=["field", "unknown", "operation", "variable", "spread", "fragment", "inline fragment"],
)
async def test_floods_of_directives_are_refused_wherever_they_stand(graph_doors: Doors, query: str) -> None:
    assert await codes(graph_doors, query) == (400, ["DIRECTIVES_EXCEEDED"])


@pytest.mark.parametrize(
    "query",
    [
        "directive @include(if: Boolean) on FIELD { viewer @include(if: false) { email } }",
        "directive @mine(if: Boolean) on FIELD { viewer @mine(if: false) { email } }",
        '{ viewer { email } } extend schema @link(url: "https://specs.apollo.dev/link/v1.0")',
        '{ viewer { email } } schema @link(url: "x", import: [{name: "@include", as: "@mine"}]) { query: Query }',
        "{ viewer @Include(if: false) { email } }",
        "{ viewer @federation__requiresScopes(scopes: []) { email } }",
        "{ viewer @cost(weight: 0) { email } }",
        "type Query { viewer: String } { viewer }",
        "{ viewer @skip(if: false) @skip(if: false) { email } }",
    ],
)
async def test_a_document_cannot_rename_or_define_directives(graph_doors: Doors, query: str) -> None:
    status, found = await codes(graph_doors, query)
    assert (status, set(found)) == (400, {"BAD_REQUEST"})


async def test_patterns_of_ten_thousand_characters_are_plain_text(graph_doors: Doors) -> None:
    query = "query ($f: WorkspaceFilter) { workspaces(filter: $f) { nodes { name } } }"
    for letters in ("%", "_", "%_", "\\", "a%", "[", "*"):
        for operator in ("contains", "startsWith"):
            pattern = letters * (10_000 // len(letters))
            answer = await graph_doors.post(query, {"f": {"name": {operator: pattern}}})
            assert answer == {"data": {"workspaces": {"nodes": []}}}, (letters, operator)
            longer = {"name": {operator: pattern + "%" * (10_001 - len(pattern))}}
            assert await codes(graph_doors, query, f=longer) == (200, ["BAD_ARGUMENT"])


async def test_lists_of_a_hundred_thousand_values_are_refused_by_their_bound(graph_doors: Doors) -> None:
    query = "query ($f: ComputerFilter) { computers(filter: $f) { totalCount } }"
    for operator in ("in", "notIn"):
        for field, value in (("name", "a"), ("ram", 1)):
            for number, told in ((10_000, (200, ["BAD_ARGUMENT"])), (100_000, (400, ["INPUT_VALUES_EXCEEDED"]))):
                assert await codes(graph_doors, query, f={field: {operator: [value] * number}}) == told
    assert await codes(graph_doors, query, f={"or": [{"name": {"eq": "a"}}] * 3_000}) == (200, ["BAD_ARGUMENT"])
    literal = "{ computers(filter: {name: {in: [%s]}}) { totalCount } }" % ('"a" ' * 40_000)
    assert await codes(graph_doors, literal) == (400, ["TOKENS_EXCEEDED"])
    ids = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert await codes(graph_doors, ids, ids=["W"] * 1_000) == (200, [])
    assert await codes(graph_doors, ids, ids=["W"] * 1_001) == (400, ["KEYS_EXCEEDED"])
    assert await codes(graph_doors, ids, ids=["W"] * 100_000) == (400, ["INPUT_VALUES_EXCEEDED"])


async def test_pages_of_two_thousand_million_rows_are_refused(graph_doors: Doors) -> None:
    for argument in ("first", "last"):
        query = f"{{ workspaces({argument}: 2147483647) {{ nodes {{ name }} }} }}"
        assert await codes(graph_doors, query) == (200, ["BAD_ARGUMENT"])
        variable = f"query ($n: Int) {{ workspaces({argument}: $n) {{ nodes {{ name }} }} }}"
        assert await codes(graph_doors, variable, n=2_147_483_647) == (200, ["BAD_ARGUMENT"])
        for number in (2**31, 10**400, "9" * 5_000):
            assert await codes(graph_doors, query.replace("2147483647", str(number))) == (400, ["BAD_REQUEST"])
    groups = "{ workspaces { groups(by: [STATUS], first: 2147483647) { count } } }"
    assert await codes(graph_doors, groups) == (400, ["COST_EXCEEDED"])
    below = "{ workspaces { nodes { computers(first: 200) { nodes { workspace { runs(first: 200) { nodes { id } } } } } } } }"
    assert await codes(graph_doors, below) == (400, ["COST_EXCEEDED"])


async def test_json_a_thousand_levels_deep_is_refused_in_variables_and_literals(graph_doors: Doors) -> None:
    free, filtered = {"a": 1}, {"name": {"eq": "a"}}
    listed: Any = [1]
    for _ in range(998):
        free, filtered, listed = {"a": free}, {"not": filtered}, [listed]  # type: ignore[dict-item]
    changing = "mutation ($i: UpdateWorkspaceInput!) { updateWorkspace(input: $i) { workspace { id } } }"
    for value in (free, listed):
        status, found = await codes(graph_doors, changing, i={"id": "W", "rendererConfig": value})
        assert (status, found) in [(400, ["INPUT_DEPTH_EXCEEDED"]), (400, ["BAD_REQUEST"])]
    query = "query ($f: WorkspaceFilter) { workspaces(filter: $f) { totalCount } }"
    status, found = await codes(graph_doors, query, f=filtered)
    assert (status, found) in [(400, ["INPUT_DEPTH_EXCEEDED"]), (400, ["BAD_REQUEST"])]
    for depth, code in ((51, "INPUT_DEPTH_EXCEEDED"), (1_000, "BAD_REQUEST")):  # the parser itself takes 200
        literal = "{ workspaces(filter: %s) { totalCount } }" % ("{not: " * depth + "{}" + "}" * depth)
        assert await codes(graph_doors, literal) == (400, [code])
    unused = "query ($unknown: Int) { workspaces { totalCount } }"
    assert (await codes(graph_doors, unused, other=listed))[0] == 400


SQL = [
    "name; DROP TABLE workspaces",
    "name' OR '1'='1",
    'name" OR 1=1 --',
    "1) UNION SELECT 1",
    "name/**/",
    "\\'; --",
    "$1",
    ":keys",
]


@pytest.mark.parametrize("text", SQL)
async def test_sql_in_names_orders_and_values_is_only_text(graph_doors: Doors, text: str) -> None:
    by_value = (
        "query ($t: String!) { workspaces(filter: {or: [{name: {eq: $t}}, {name: {contains: $t}}, {name: {in: [$t]}}, "
    )
    by_value += "{tags: {any: [$t]}}, {computers: {some: {os: {startsWith: $t}}}}]}) { nodes { name } } }"
    for status, answer in await graph_doors.answers(by_value, {"t": text}):
        assert (status, answer) == (200, {"data": {"workspaces": {"nodes": []}}})
    for argument in ("$t: ID!", "$t: ID!"):
        by_id = f"query ({argument}) {{ workspace(id: $t) {{ name }} node(id: $t) {{ id }} nodes(ids: [$t]) {{ id }} }}"
        for status, answer in await graph_doors.answers(by_id, {"t": text}):
            assert (status, answer) == (200, {"data": {"workspace": None, "node": None, "nodes": [None]}})
    lookup = "query ($t: String!) { lookup(system: VAI, type: WORKSPACE, externalId: $t) { id } tags(namespace: $t) { name } }"
    for status, answer in await graph_doors.answers(lookup, {"t": text}):
        assert (status, answer) == (200, {"data": {"lookup": None, "tags": []}})
    ordered = "query ($o: [WorkspaceOrder!]) { workspaces(orderBy: $o) { nodes { name } } }"
    assert await codes(graph_doors, ordered, o=[{"field": text}]) == (400, ["BAD_REQUEST"])
    assert await codes(graph_doors, ordered, o=[{"field": "NAME", "direction": text}]) == (400, ["BAD_REQUEST"])
    cursor = "query ($t: String!) { workspaces(after: $t) { nodes { name } } }"
    assert await codes(graph_doors, cursor, t=text) == (200, ["BAD_CURSOR"])
    table = "query ($t: String!) { workspaces { nodes { data(orderBy: $t) { rows } } } }"
    status, found = await codes(graph_doors, table, t=text)
    assert (status, set(found)) in [(200, set()), (200, {"BAD_ARGUMENT"})]


FORGED: list[Any] = [
    None, 1, "Workspace", [], {}, {"id": "W"}, {"__typename": "Workspace"}, {"__typename": "Workspace", "id": None},
    {"__typename": "Workspace", "id": 1}, {"__typename": "Workspace", "id": {"eq": "W"}}, {"__typename": 1, "id": "W"},
    {"__typename": "Query", "id": "W"}, {"__typename": "Mutation", "id": "W"}, {"__typename": "_Service", "id": "W"},
    {"__typename": "__Schema", "id": "W"}, {"__typename": "Organization", "id": "W"}, {"__typename": "Node", "id": "W"},
    {"__typename": "workspace", "id": "W"}, {"__typename": "Workspace", "id": "W' OR '1'='1"},
    {"__typename": "Workspace", "id": "W" * 23}, {"__typename": "Agent", "id": "W" * 23}, {"__typename": ["Workspace"], "id": "W"},
]  # fmt: skip


async def test_forged_representations_lead_to_nothing(graph_doors: Doors) -> None:
    query = "query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Workspace { name } } }"
    for one in FORGED:
        for status, answer in await graph_doors.answers(query, {"r": [one]}):
            assert status == (400 if one is None else 200), one
            assert (answer.get("data") or {"_entities": [None]})["_entities"] == [None], one
            found = {error["extensions"]["code"] for error in answer.get("errors", ())}
            assert found <= {"BAD_ARGUMENT", "BAD_ID", "BAD_REQUEST"}, one
    for count, code in ((1_001, "KEYS_EXCEEDED"), (20_000, "INPUT_VALUES_EXCEEDED")):
        given = [{"__typename": "Workspace", "id": "W"}] * count
        assert await codes(graph_doors, query, r=given) == (400, [code])
