"""Limits on documents: what each lets through and what it refuses, and how it says so."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from graphql import GraphQLError, Token, get_introspection_query, parse

from bench.documents import WORST
from errors import ERRORS, InputValuesExceededError, LimitError
from execution.caches import BYTES_OF_ENTRY, BYTES_OF_TOKEN, CacheLimits, bytes_of
from execution.documents import Documents
from execution.limits import RULES, DocumentLimits, check_input
from gateway import served_schema
from schema.build import GraphSchema
from settings import Settings
from tests.doors import Doors, doors

TIGHT = DocumentLimits(
    document_characters=200, document_tokens=40, document_depth=3, document_aliases=2, document_selections=6,
    document_directives=2, root_fields=2, input_depth=3, errors_listed=2,
)  # fmt: skip
ROOMY = DocumentLimits()
MOST_SECONDS = 1.0  # docs/limits.md has what they take, which is less than a sixth of it
DEAR = "workspace { sessions { nodes { workspace { sessions { nodes { messages { nodes { content } } } } } } } }"


def refusals(text: str, limits: DocumentLimits, schema: GraphSchema) -> list[str]:
    """The codes of what refuses a document; BAD_REQUEST for what is wrong with it otherwise."""
    try:
        errors = Documents(limits).of(schema._schema, text).errors
    except GraphQLError as error:
        errors = [error]
    return [getattr(error.original_error, "code", "BAD_REQUEST") for error in errors]


ALLOWED_AND_REFUSED = {
    "CHARACTERS_EXCEEDED": ("{ __typename }" + " " * 186, "{ __typename }" + " " * 187),
    "TOKENS_EXCEEDED": ("{ __typename }" + " #\n" * 37, "{ __typename }" + " #\n" * 38),
    "DEPTH_EXCEEDED": ("{ viewer { organization { name } } }", "{ viewer { users { organization: source { stale } } } }"),
    "ALIASES_EXCEEDED": ("{ a: __typename b: __typename }", "{ viewer { a: email b: email c: email } }"),
    "SELECTIONS_EXCEEDED": (
        "{ viewer { email scopes organization { name id } } }",
        "{ viewer { email scopes organization { name id } } __typename }",
    ),
    "DIRECTIVES_EXCEEDED": (
        "{ viewer { email @skip(if: false) scopes @skip(if: false) } }",
        "{ viewer @skip(if: false) { email @skip(if: false) scopes @skip(if: false) } }",
    ),
    "ROOT_FIELDS_EXCEEDED": ("{ a: __typename __typename }", "{ a: __typename b: __typename __typename }"),
    "INPUT_DEPTH_EXCEEDED": (
        '{ workspaces(filter: {and: [{name: {eq: "a"}}]}) { totalCount } }'.replace("and: [{name: ", "not: {name: ")
        .replace("}}]}", "}}}"),
        '{ workspaces(filter: {and: [{name: {eq: "a"}}]}) { totalCount } }',
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", ALLOWED_AND_REFUSED)
def test_what_is_just_allowed_passes_and_one_more_does_not(code: str, schema: GraphSchema) -> None:
    allowed, refused = ALLOWED_AND_REFUSED[code]
    assert refusals(allowed, TIGHT, schema) == []
    assert refusals(refused, TIGHT, schema) == [code]
    assert refusals(refused, ROOMY, schema) == []


def test_equal_fields_of_fragments_that_stand_together_count_once(schema: GraphSchema) -> None:
    fragment = "fragment F%d on Workspace { name a: status owner { b: email } }"
    fragments = " ".join(fragment % number for number in range(4))
    spreads = " ".join(f"...F{number}" for number in range(4))
    text = f"{{ workspaces {{ nodes {{ {spreads} }} }} }} {fragments}"
    exact = replace(ROOMY, document_aliases=2, document_selections=6, document_depth=4)
    assert refusals(text, exact, schema) == []
    assert refusals(text, replace(exact, document_aliases=1), schema) == ["ALIASES_EXCEEDED"]
    assert refusals(text, replace(exact, document_selections=5), schema) == ["SELECTIONS_EXCEEDED"]
    assert refusals(text, replace(exact, document_depth=3), schema) == ["DEPTH_EXCEEDED"]


def test_fields_of_fragments_in_several_places_count_in_each(schema: GraphSchema) -> None:
    text = "{ a: viewer { ...V } b: viewer { ...V } } fragment V on Viewer { c: email d: scopes }"
    assert refusals(text, replace(ROOMY, document_aliases=6, document_selections=6), schema) == []
    assert refusals(text, replace(ROOMY, document_aliases=5), schema) == ["ALIASES_EXCEEDED"]
    assert refusals(text, replace(ROOMY, document_selections=5), schema) == ["SELECTIONS_EXCEEDED"]


def test_every_operation_of_a_document_has_to_keep_within_the_limits(schema: GraphSchema) -> None:
    text = "query A { __typename } query B { a: __typename b: __typename c: __typename }"
    assert refusals(text, TIGHT, schema) == ["ROOT_FIELDS_EXCEEDED"]


def test_so_many_errors_are_listed_and_one_that_says_that_there_are_more(schema: GraphSchema) -> None:
    assert refusals("{ viewer { a b } }", TIGHT, schema) == ["BAD_REQUEST"] * 2
    assert refusals("{ viewer { a b c } }", TIGHT, schema) == ["BAD_REQUEST", "BAD_REQUEST", "ERRORS_EXCEEDED"]


def test_every_limit_has_an_error_and_a_setting_of_its_own() -> None:
    assert len({rule.error for rule in RULES}) == len(RULES)
    assert {rule.limit for rule in RULES} <= Settings.model_fields.keys()
    assert {rule.error for rule in RULES} <= {error for error in ERRORS if issubclass(error, LimitError)}


def test_what_graphiql_asks_to_know_the_schema_passes(schema: GraphSchema) -> None:
    query = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True,
        one_of=True,
    )  # fmt: skip
    assert refusals(query, ROOMY, schema) == []


@pytest.mark.parametrize("name", WORST)
def test_no_document_takes_longer_than_it_may(name: str, schema: GraphSchema) -> None:
    began = process_time()
    refusals(WORST[name], ROOMY, schema)
    assert process_time() - began < MOST_SECONDS


def test_documents_by_the_thousand_take_no_more_entries_and_bytes_than_they_may() -> None:
    documents = Documents(caches=CacheLimits(cached_documents=50, cached_document_bytes=100_000))
    schema = served_schema()._schema
    for number in range(200):
        documents.of(schema, f"{{ a{number}: __typename }}")
        assert documents.of(schema, f"{{ wrong{number} }}").errors
        with pytest.raises(GraphQLError):
            documents.of(schema, f"{{ wrong{number}")
    assert 15 < documents.count <= 100_000 // BYTES_OF_ENTRY
    assert documents._known.currsize <= 100_000
    assert documents._refused.currsize <= 25_000


def test_what_is_kept_no_more_is_let_go_though_python_seldom_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("execution.caches.BYTES_TO_COLLECT", 10 * 7 * BYTES_OF_TOKEN)
    documents, schema = Documents(caches=CacheLimits(cached_documents=10)), served_schema()._schema
    gc.collect()
    before = _tokens()
    gc.disable()
    try:
        for number in range(100):
            documents.of(schema, f"{{ a{number}: __typename }}")
        assert 0 < _tokens() - before <= 20 * 7  # those that are kept, and as many again
    finally:
        gc.enable()


def _tokens() -> int:
    return sum(isinstance(one, Token) for one in gc.get_objects())


@pytest.mark.parametrize("unit", ["name ", "a: name ", "a(b: 1) ", "@a ", "#\n", 'a(b: {c: ["d"]}) ', "...F "])
def test_a_document_takes_no_more_memory_than_its_bytes_are_estimated(unit: str) -> None:
    text = "{ a " + unit * 100 + "}"
    parse(text)
    gc.collect()
    tracemalloc.start()
    try:
        node = parse(text)
        held, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held <= bytes_of(node)


# ------------------------------------------------------------------------------------------------- at all the doors


@pytest.fixture
async def open_doors(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Doors]:
    async with doors(tmp_path, sqlite_template) as opened:
        yield opened


async def test_a_refusal_says_which_limit_its_value_and_what_was_asked(open_doors: Doors) -> None:
    query = "{ viewer { " + " ".join(f"a{number}: email" for number in range(51)) + " } }"
    (error,) = (await open_doors.post(query))["errors"]
    assert error["message"] == "the document has more than 50 aliases"
    told = {name: error["extensions"][name] for name in ("code", "limit", "value", "asked", "retryable")}
    assert told == {
        "code": "ALIASES_EXCEEDED", "limit": "documentAliases", "value": 50, "asked": 51, "retryable": False,
    }  # fmt: skip
    assert await open_doors.codes(query) == (400, ["ALIASES_EXCEEDED"])


async def test_a_mutation_that_is_refused_changes_nothing(open_doors: Doors) -> None:
    create = 'createWorkspace(input: {title: "A"}) { workspace { name } }'
    many = "mutation { " + " ".join(f"a{number}: {create}" for number in range(21)) + " }"
    dear = f"mutation {{ a: {create} b: {create.replace('workspace { name }', DEAR)} }}"
    assert await open_doors.codes(many) == (400, ["ROOT_FIELDS_EXCEEDED"])
    assert await open_doors.codes(dear) == (400, ["COST_EXCEEDED"])
    deep: Any = 1
    for _ in range(51):
        deep = [deep]
    given = f"mutation($i: UpdateWorkspaceInput!) {{ a: {create} updateWorkspace(input: $i) {{ workspace {{ id }} }} }}"
    assert await open_doors.codes(given, {"i": {"id": "W", "rendererConfig": {"a": deep}}}) == (
        400, ["INPUT_DEPTH_EXCEEDED"],
    )  # fmt: skip
    assert (await open_doors.post("{ workspaces { totalCount } }"))["data"] == {"workspaces": {"totalCount": 0}}


async def test_errors_of_variables_are_listed_within_bounds(open_doors: Doors) -> None:
    query = "query($f: WorkspaceFilter) { workspaces(filter: $f) { totalCount } }"
    wrong = {"f": {"name": {"in": [1] * 100}}}
    status, codes = await open_doors.codes(query, wrong)
    assert (status, len(codes), set(codes)) == (400, 11, {"BAD_REQUEST", "ERRORS_EXCEEDED"})


async def test_of_many_errors_of_fields_ten_are_listed_and_the_others_counted(open_doors: Doors) -> None:
    fields = " ".join(f"a{number}: workspaces(first: {number + 1_000}) {{ totalCount }}" for number in range(14))
    for status, answer in await open_doors.answers(f"{{ {fields} ok: viewer {{ email }} }}"):
        assert status == 200
        assert answer["data"] is None
        assert [error["path"] for error in answer["errors"]] == [["a0"]]
    given = {"r": [{"__typename": "Workspace", "id": number} for number in range(25)]}
    query = "query($r: [_Any!]!) { _entities(representations: $r) { __typename } ok: viewer { email } }"
    for status, answer in await open_doors.answers(query, given):
        assert status == 200
        assert answer["data"] == {"_entities": [None] * 25, "ok": {"email": "n@x"}}
        assert [error["path"] for error in answer["errors"]] == [["_entities", number] for number in range(10)]
        assert answer["extensions"] == {"errors": {"omitted": 15, "codes": {"BAD_ID": 15}}}


async def test_errors_of_graphql_core_are_listed_alike(open_doors: Doors) -> None:
    given = {"r": [{"__typename": "Workspace", "id": number} for number in range(25)]}
    query = "query($r: [_Any!]!) { __schema { queryType { name } } _entities(representations: $r) { __typename } }"
    for _status, answer in await open_doors.answers(query, given):
        assert len(answer["errors"]) == 10
        assert answer["extensions"] == {"errors": {"omitted": 15, "codes": {"BAD_ID": 15}}}


CONFIGURED = "mutation($v: UpdateWorkspaceInput!) { updateWorkspace(input: $v) { workspace { id } } }"
MANY: dict[str, tuple[str, Any]] = {
    "orders": (
        "query($v: [WorkspaceOrder!]) { workspaces(orderBy: $v) { totalCount } }",
        [{"field": "NAME", "direction": "ASC"}] * 25_000,
    ),
    "wrong keys": ("query($v: [RunGroupKey!]!) { runs { groups(by: $v) { count } } }", ["NONE"] * 50_000),
    "keys": ("query($v: [RunGroupKey!]!) { runs { groups(by: $v) { count } } }", ["STATUS"] * 90_000),
    "unknown members": (
        "query($v: WorkspaceFilter) { workspaces(filter: $v) { totalCount } }",
        {f"a{number}": 1 for number in range(60_000)},
    ),
    "lists": (CONFIGURED, {"id": "W", "rendererConfig": [[[]] * 50_000]}),
}  # fmt: skip


@pytest.mark.parametrize("name", MANY)
async def test_so_many_values_are_refused_before_any_is_looked_at(name: str, open_doors: Doors) -> None:
    query, value = MANY[name]
    assert await open_doors.codes(query, {"v": value}) == (400, ["INPUT_VALUES_EXCEEDED"])


def test_values_are_counted_in_all_variables_together() -> None:
    limits = replace(ROOMY, input_values=10)
    check_input({"a": [1] * 4, "b": {"c": {}, "d": [1, 1]}}, limits)  # 2 variables, 4 + 2 + 2 values in them
    with pytest.raises(InputValuesExceededError, match="the variables hold more than 10 values"):
        check_input({"a": [1] * 4, "b": {"c": {}, "d": [1, 1, 1]}}, limits)


async def test_what_other_limits_let_through_has_not_too_many_values(open_doors: Doors) -> None:
    within = {"and": [{"name": {"in": [f"{n}-{k}" for k in range(1_000)]}} for n in range(10)]}
    query = "query($v: WorkspaceFilter) { workspaces(filter: $v) { nodes { id } } }"
    assert await open_doors.codes(query, {"v": within}) == (200, [])
    representations = [{"__typename": "Workspace", "id": "W", "a": 1, "b": 1} for _ in range(1_000)]
    entities = "query($v: [_Any!]!) { _entities(representations: $v) { __typename } }"
    assert "INPUT_VALUES_EXCEEDED" not in (await open_doors.codes(entities, {"v": representations}))[1]


async def test_columns_to_order_by_and_keys_to_group_by_are_few(open_doors: Doors) -> None:
    for query, what in (
        ("{ workspaces(orderBy: %) { totalCount } }", "{field: NAME}"),
        ("{ runs { groups(by: %) { count } } }", "STATUS"),
        ("{ usage(groupBy: %) { truncated } }", "AGENT"),
        ("{ usage(orderBy: %) { truncated } }", "{field: COST}"),
    ):
        for number, codes in ((50, []), (51, ["BAD_ARGUMENT"])):
            given = "[" + " ".join([what] * number) + "]"
            assert (await open_doors.codes(query.replace("%", given)))[1] == codes, query
