"""Section 6.3: which fields are collected, in which order they answer, and how equal ones are merged."""

from __future__ import annotations

import json
from inspect import isawaitable
from typing import Any

import pytest
from graphql import DocumentNode, execute, parse

from tests.execution.agreement import both, schema_of, told, watched

SCHEMA = schema_of(
    """
    interface Being { name: String, friend: Being }
    type Human implements Being { name: String, friend: Being, height(unit: String): Int, pet: Pet }
    type Droid implements Being { name: String, friend: Being, task: String }
    type Cat { name: String, lives: Int }
    type Dog { name: String, tricks: [String] }
    union Pet = Cat | Dog
    type Query { hero: Being, human: Human, droid: Droid, beings: [Being], a: Int, b: Int, c: Int }
    """,
    {"Human.height": lambda _human, _info, unit=None: f"9{len(unit or '')}"},
)
CAT = {"__typename": "Cat", "name": "Tom", "lives": 9}
DROID = {"__typename": "Droid", "name": "R2", "task": "repair"}
HUMAN = {"__typename": "Human", "name": "Luke", "pet": CAT, "friend": DROID}
ROOT = {"hero": HUMAN, "human": HUMAN, "droid": DROID, "beings": [HUMAN, DROID], "a": 1, "b": 2, "c": 3}


async def text_of(query: str, **variables: Any) -> str:
    """The answer as JSON, so that the order of its keys counts."""
    data, errors = await both(SCHEMA, query, root_value=ROOT, variable_values=variables)
    assert errors == []
    return json.dumps(data)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("{ c a b }", '{"c": 3, "a": 1, "b": 2}', id="of the document"),
        pytest.param("{ x: c y: a c: b }", '{"x": 3, "y": 1, "c": 2}', id="by response names"),
        pytest.param("{ a b a c a }", '{"a": 1, "b": 2, "c": 3}', id="where first seen"),
        pytest.param("{ a ...F c } fragment F on Query { b a }", '{"a": 1, "b": 2, "c": 3}', id="spread in place"),
        pytest.param("{ ...F a } fragment F on Query { c b }", '{"c": 3, "b": 2, "a": 1}', id="spread first"),
        pytest.param("{ a ... { c } b }", '{"a": 1, "c": 3, "b": 2}', id="inline without a type"),
        pytest.param("{ a ... on Query { c } b }", '{"a": 1, "c": 3, "b": 2}', id="inline with a type"),
        pytest.param(
            "{ ...F a ...G } fragment F on Query { c ...G } fragment G on Query { b }",
            '{"c": 3, "b": 2, "a": 1}',
            id="nested spreads, each once",
        ),
        pytest.param(
            "{ human { name } a human { pet { ... on Cat { lives } } name } }",
            '{"human": {"name": "Luke", "pet": {"lives": 9}}, "a": 1}',
            id="merged below",
        ),
        pytest.param(
            "{ droid { task } human { friend { name } } droid { name __typename } }",
            '{"droid": {"task": "repair", "name": "R2", "__typename": "Droid"}, "human": {"friend": {"name": "R2"}}}',
            id="merged below, apart",
        ),
    ],
)
async def test_keys_stand_in_the_order(query: str, expected: str) -> None:
    assert await text_of(query) == expected


@pytest.mark.parametrize(
    ("directives", "is_there"),
    [
        ("@skip(if: false)", True),
        ("@skip(if: true)", False),
        ("@include(if: true)", True),
        ("@include(if: false)", False),
        ("@skip(if: false) @include(if: true)", True),
        ("@skip(if: true) @include(if: true)", False),
        ("@skip(if: false) @include(if: false)", False),
        ("@skip(if: true) @include(if: false)", False),
        ("@include(if: true) @skip(if: true)", False),
        ("@skip(if: $yes)", False),
        ("@skip(if: $no)", True),
        ("@include(if: $yes)", True),
        ("@include(if: $no)", False),
        ("@include(if: $usually)", True),
    ],
)
@pytest.mark.parametrize("where", ["field", "object", "spread", "inline", "inline without a type", "nested"])
async def test_skip_and_include(directives: str, is_there: bool, where: str) -> None:
    selections = {
        "field": (f"b {directives}", '"b": 2, '),
        "object": (f"droid {directives} {{ name }}", '"droid": {"name": "R2"}, '),
        "spread": (f"...F {directives}", '"b": 2, '),
        "inline": (f"... on Query {directives} {{ b }}", '"b": 2, '),
        "inline without a type": (f"... {directives} {{ b }}", '"b": 2, '),
        "nested": (f"... {{ ... {{ b {directives} }} }}", '"b": 2, '),
    }
    selection, answer = selections[where]
    query = f"""
    query ($yes: Boolean! = true, $no: Boolean!, $usually: Boolean! = true) {{ a {selection} c }}
    fragment F on Query {{ b }}
    """
    assert await text_of(query, no=False) == f'{{"a": 1, {answer if is_there else ""}"c": 3}}'


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("{ a @skip(if: true) }", "{}", id="at the root"),
        pytest.param("{ droid { name @skip(if: true) } }", '{"droid": {}}', id="of an object"),
        pytest.param("{ beings { name @skip(if: true) } }", '{"beings": [{}, {}]}', id="of each in a list"),
        pytest.param("{ hero { ... on Droid { task } } }", '{"hero": {}}', id="of another type"),
    ],
)
async def test_a_selection_may_come_out_empty(query: str, expected: str) -> None:
    assert await text_of(query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("{ a b @skip(if: true) b }", '{"a": 1, "b": 2}', id="skipped in one place only"),
        pytest.param("{ a @skip(if: true) b a }", '{"b": 2, "a": 1}', id="first seen where it is not skipped"),
        pytest.param(
            "{ ...F @skip(if: true) a ...F } fragment F on Query { b }",
            '{"a": 1, "b": 2}',
            id="a spread skipped before may follow",
        ),
        pytest.param(
            "{ ... @include(if: false) { ...F } ...F a } fragment F on Query { b }",
            '{"b": 2, "a": 1}',
            id="within what is left out",
        ),
        pytest.param(
            "{ human { name @skip(if: true) } human { friend { name } } }",
            '{"human": {"friend": {"name": "R2"}}}',
            id="below a merged field",
        ),
    ],
)
async def test_the_same_field_twice(query: str, expected: str) -> None:
    assert await text_of(query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(
            "{ beings { ... on Human { pet { __typename } } name ... on Droid { task } } }",
            '{"beings": [{"pet": {"__typename": "Cat"}, "name": "Luke"}, {"name": "R2", "task": "repair"}]}',
            id="object types",
        ),
        pytest.param(
            "{ beings { ... on Being { name } } human { ... on Being { name } } }",
            '{"beings": [{"name": "Luke"}, {"name": "R2"}], "human": {"name": "Luke"}}',
            id="interface",
        ),
        pytest.param("{ human { pet { ... on Pet { ... on Dog { tricks } ... on Cat { lives } } } } }",
            '{"human": {"pet": {"lives": 9}}}', id="union",
        ),
        pytest.param(
            "{ beings { ...H ...D } } fragment H on Human { x: name } fragment D on Droid { y: name }",
            '{"beings": [{"x": "Luke"}, {"y": "R2"}]}',
            id="spreads of object types",
        ),
        pytest.param("{ a ... on Human { name } }", '{"a": 1}', id="a type that never is"),
        pytest.param("{ a ... on Nothing { name } }", '{"a": 1}', id="a type that is not in the schema"),
        pytest.param("{ a ...Missing b }", '{"a": 1, "b": 2}', id="a fragment that is not in the document"),
        pytest.param("{ a missing b }", '{"a": 1, "b": 2}', id="a field that is not in the schema"),
        pytest.param("{ human { missing { x } name } }", '{"human": {"name": "Luke"}}', id="such a field below"),
    ],
)  # fmt: skip
async def test_fragments_apply_by_type(query: str, expected: str) -> None:
    assert await text_of(query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(
            "{ human { ...L } } fragment L on Human { name friend { ...L2 } } fragment L2 on Being { name }",
            '{"human": {"name": "Luke", "friend": {"name": "R2"}}}',
            id="along a chain",
        ),
        pytest.param("{ ...F } fragment F on Query { a ...F b }", '{"a": 1, "b": 2}', id="that spreads itself"),
        pytest.param(
            "{ hero { ...B } droid { ...B } } fragment B on Being { name ... on Human { pet { __typename } } }",
            '{"hero": {"name": "Luke", "pet": {"__typename": "Cat"}}, "droid": {"name": "R2"}}',
            id="at several places",
        ),
    ],
)
async def test_a_fragment(query: str, expected: str) -> None:
    assert await text_of(query) == expected


async def test_a_field_merged_from_several_places_is_resolved_once() -> None:
    calls: list[int] = []

    def note(_root: Any, info: Any) -> dict[str, int]:
        calls.append(len(info.field_nodes))
        return {"x": 1, "y": 2}

    schema = schema_of("type Query { it: It } type It { x: Int, y: Int }", {"Query.it": note})
    query = "{ it { x } ...F it { x y } } fragment F on Query { it { y } }"
    assert await both(schema, query) == ({"it": {"x": 1, "y": 2}}, [])
    assert calls == [3, 3, 3]  # nodes of each of three runs


async def test_arguments_of_merged_fields_are_those_of_the_first() -> None:
    assert await text_of('{ human { height(unit: "m") } human { height(unit: "m") } }') == '{"human": {"height": 91}}'


async def test_one_list_item_type_does_not_leak_fields_to_another() -> None:
    query = "{ beings { name friend { ... on Droid { task } ... on Human { name } } ... on Droid { kind: task } } }"
    assert await text_of(query) == (
        '{"beings": [{"name": "Luke", "friend": {"task": "repair"}}, {"name": "R2", "friend": null, "kind": "repair"}]}'
    )


IF_NULL = (
    "Argument 'if' has invalid value: Expected variable '$yes' provided to non-null type 'Boolean!' not to be None."
)


@pytest.mark.parametrize(
    ("query", "data", "path"),
    [
        pytest.param("{ a @include(if: $yes) b }", None, "", id="at the root"),
        pytest.param("{ a human { name @include(if: $yes) } b }", {"a": 1, "human": None, "b": 2}, "human", id="below"),
        pytest.param(
            "{ a human { ... @skip(if: $yes) { name } } }", {"a": 1, "human": None}, "human", id="of a fragment"
        ),
        pytest.param(
            "{ beings { name friend { name @skip(if: $yes) } } a }",
            {"beings": [{"name": "Luke", "friend": None}, {"name": "R2", "friend": None}], "a": 1},
            "beings.0.friend",
            id="below an item",
        ),
    ],
)
async def test_a_condition_that_is_null_after_all_is_an_error(query: str, data: Any, path: str) -> None:
    """A variable with a default may stand where null may not, and be null: so validation lets it pass."""
    given = {"root_value": ROOT, "variable_values": {"yes": None}}
    answer = await both(SCHEMA, f"query ($yes: Boolean = true) {query}", falls_back=not path, **given)
    assert answer == (data, [f"{where}: {IF_NULL}" for where in path.split()] or [f": {IF_NULL}"])


async def test_a_condition_of_the_wrong_kind_is_left_to_graphql_core() -> None:
    """Validation would have found it."""
    query = "query ($list: [Int]) { a human { name @include(if: $list) } b @skip(if: $list) }"
    data, errors = await both(SCHEMA, query, root_value=ROOT, variable_values={"list": [1]}, falls_back=True)
    assert data == {"a": 1, "human": {"name": "Luke"}}
    assert errors == []


async def test_one_operation_may_stand_in_documents_with_different_fragments() -> None:
    first, second = (parse(f"{{ ...F }} fragment F on Query {{ {name} }}") for name in "ab")
    mixed = DocumentNode(definitions=(first.definitions[0], second.definitions[1]))
    executor, _reasons = watched()
    answers = []
    for document in (first, mixed, first):
        result = execute(SCHEMA, document, ROOT, executor_class=executor)
        answers.append(told(await result if isawaitable(result) else result))
    assert answers == [({"a": 1}, []), ({"b": 2}, []), ({"a": 1}, [])]
