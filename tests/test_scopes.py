"""What the printed schema says of scopes is what a token meets: at every root field, every type, on both executors."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    parse,
)
from graphql.language import InterfaceTypeDefinitionNode, ObjectTypeDefinitionNode
from graphql.utilities import value_from_ast_untyped
from strawberry.types import ExecutionResult

from db.access import (
    ADMIN,
    AGENT_WRITE,
    BILLING_READ,
    READ,
    READ_OWN,
    SCOPES,
    WORKSPACE_WRITE,
    WORKSPACE_WRITE_OWN,
    Viewer,
)
from db.database import Database
from db.ids import id_of
from gateway import GraphExecutor, served_schema
from schema.build import GraphSchema, build_schema
from schema.guards import enforce, refusal
from tests.conftest import ORGANIZATION_ID, Graph, Importer, fleet

PRINTED = (Path(__file__).parent.parent / "docs" / "schema.graphql").read_text()
Verdicts = dict[str, list[frozenset[str]] | None]  # what is enough for a field or type; None where a token is


def _verdict(node: Any) -> list[frozenset[str]] | None:
    (guard,) = [one for one in node.directives or () if one.name.value in ("requiresScopes", "authenticated")]
    if guard.name.value == "authenticated":
        return None
    scopes: Any = value_from_ast_untyped((guard.arguments or ())[0].value)
    return [frozenset(one) for one in scopes]


def _printed() -> dict[str, ObjectTypeDefinitionNode]:
    nodes = parse(PRINTED).definitions
    return {node.name.value: node for node in nodes if isinstance(node, ObjectTypeDefinitionNode)}


ROOTS: dict[str, Verdicts] = {
    name: {field.name.value: _verdict(field) for field in _printed()[name].fields} for name in ("Query", "Mutation")
}
TYPES: Verdicts = {
    name: _verdict(node)
    for name, node in _printed().items()
    if any(directive.name.value == "requiresScopes" for directive in node.directives or ())
}
SETS = [frozenset(scopes) for size in range(3) for scopes in combinations(SCOPES, size)]


def _example(of: Any, *, is_needed: bool = False) -> Any:
    """A value of an input type, as short as may be; None where none is needed."""
    if not is_non_null_type(of):
        return _example(of.of_type if is_list_type(of) else of, is_needed=True) if is_needed else None
    bare = of.of_type
    if is_list_type(bare):
        return []
    if isinstance(bare, GraphQLEnumType):
        return next(iter(bare.values))
    if isinstance(bare, GraphQLInputObjectType):
        values = {name: _example(field.type) for name, field in bare.fields.items()}
        return {name: value for name, value in values.items() if value is not None}
    return {"Int": 1, "Float": 1.0, "Boolean": True, "JSON": {}, "_Any": {}}.get(bare.name, "x")


def _operation(schema: GraphSchema, root: str, name: str) -> tuple[str, dict[str, Any]]:
    """An operation that asks for one root field, and its variables."""
    field: Any = schema._schema.type_map[root].fields[name]  # type: ignore[attr-defined]
    needed = {argument: one.type for argument, one in field.args.items() if is_non_null_type(one.type)}
    declared = ", ".join(f"${argument}: {of}" for argument, of in needed.items())
    given = ", ".join(f"{argument}: ${argument}" for argument in needed)
    below = "{ __typename }" if is_composite_type(get_named_type(field.type)) else ""
    around = f"({declared})" if declared else "", f"({given})" if given else ""
    text = f"{'mutation' if root == 'Mutation' else 'query'} {around[0]} {{ {name}{around[1]} {below} }}"
    return text, {argument: _example(of) for argument, of in needed.items()}


def _refused(result: ExecutionResult) -> bool:
    """Whether the token is refused the field; an error of another kind is none of ours here."""
    found = [getattr(error.original_error, "code", None) for error in result.errors or ()]
    return "PERMISSION_DENIED" in found


@pytest.fixture(scope="session")
def both() -> dict[str, GraphSchema]:
    """The schema over each executor."""
    return {"breadth-first": served_schema(), "graphql-core": build_schema()}


@pytest.fixture
async def small(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Graph]:
    """A graph over an empty database in a file: who is refused has nothing to do with the database."""
    path = shutil.copy(sqlite_template, tmp_path / "test.db")
    database = Database(f"sqlite+aiosqlite:///{path}")
    yield Graph(database, served_schema())
    await database.close()


def _cases() -> Iterator[tuple[str, str]]:
    for root, fields in ROOTS.items():
        for name in fields:
            yield root, name


async def test_each_root_field_takes_the_scopes_that_are_printed_with_it(
    small: Graph, both: dict[str, GraphSchema]
) -> None:
    graph = small
    wrong = []
    for executor, schema in both.items():
        graph.schema = schema
        for root, name in _cases():
            enough = ROOTS[root][name]
            query, variables = _operation(schema, root, name)
            for scopes in SETS if root == "Mutation" else SETS[: len(SCOPES) + 1]:
                graph.viewer = Viewer(ORGANIZATION_ID, "N", "n@x", scopes)
                if root == "Mutation" and enough and any(one <= scopes for one in enough) and len(scopes) > 1:
                    continue  # it would be done; see the next test
                refused = _refused(await graph.ask(query, **variables))
                if refused is not (enough is not None and not any(one <= scopes for one in enough)):
                    wrong.append((executor, name, sorted(scopes), refused))
    assert wrong == []


async def test_a_mutation_with_its_scopes_is_not_refused_by_them(small: Graph, both: dict[str, GraphSchema]) -> None:
    graph = small
    wrong = []
    for executor, schema in both.items():
        graph.schema = schema
        for name, enough in ROOTS["Mutation"].items():
            query, variables = _operation(schema, "Mutation", name)
            for scopes in enough or ():
                graph.viewer = Viewer(ORGANIZATION_ID, "N", "n@x", scopes)
                if _refused(await graph.ask(query, **variables)):
                    wrong.append((executor, name, sorted(scopes)))
    assert wrong == []


RECORDS = {
    "Workspace": ("WORKSPACE", "VAI", "v-00000"), "Agent": ("AGENT", "AITASKER", "agent-00000"),
    "Computer": ("COMPUTER", "ORGO", "c-00000-0"), "Chart": ("CHART", "VAI", "h-00000-0"),
    "Session": ("SESSION", "VAI", "s-00000-0"), "Message": ("MESSAGE", "VAI", "m-s-00000-0-0"),
    "Run": ("RUN", "VAI", "r-00000-0"), "Tag": ("TAG", "VAI", "tag-0"), "User": ("USER", "VAI", "person-00000"),
}  # fmt: skip
DOORS = """query ($id: ID!, $one: _Any!) { node(id: $id) { __typename } nodes(ids: [$id]) { __typename }
  _entities(representations: [$one]) { __typename } }"""


async def test_each_type_is_seen_with_the_scopes_that_are_printed_with_it(
    graph: Graph, importer: Importer, both: dict[str, GraphSchema]
) -> None:
    assert TYPES.keys() == RECORDS.keys()
    await importer.lines(*fleet(workspaces=1, each=1))
    mine = (id_of("USER", ORGANIZATION_ID, "VAI", "person-00000"),)
    wrong = []
    for executor, schema in both.items():
        graph.schema = schema
        for name, (kind, system, external_id) in RECORDS.items():
            record_id = id_of(kind, ORGANIZATION_ID, system, external_id)
            for scope in SCOPES:
                graph.viewer = Viewer(ORGANIZATION_ID, "N", "n@x", frozenset((scope,)), mine)
                result = await graph.ask(DOORS, id=record_id, one={"__typename": name, "id": record_id})
                sees = result.data == {
                    "node": {"__typename": name}, "nodes": [{"__typename": name}], "_entities": [{"__typename": name}]
                }  # fmt: skip
                if sees is not (frozenset((scope,)) in (TYPES[name] or ())) or sees is _refused(result):
                    wrong.append((executor, name, scope, result))
    assert wrong == []


async def test_a_token_without_a_scope_to_read_is_told_who_it_is_and_no_more(
    graph: Graph, importer: Importer, both: dict[str, GraphSchema]
) -> None:
    await importer.lines(*fleet(workspaces=1, each=1))
    mine = (id_of("USER", ORGANIZATION_ID, "VAI", "person-00000"),)
    graph.viewer = Viewer(ORGANIZATION_ID, "N", "n@x", frozenset((ADMIN, BILLING_READ)), mine)
    for schema in both.values():
        graph.schema = schema
        data = await graph.data("{ viewer { email scopes organization { name } users { id } } __typename }")
        assert data == {
            "viewer": {"email": "n@x", "scopes": [ADMIN, BILLING_READ], "organization": {"name": "Northwind"}, "users": []},
            "__typename": "Query",
        }  # fmt: skip
        assert (await graph.data("{ __schema { queryType { name } } _service { sdl } }"))["_service"]["sdl"]


async def test_what_is_refused_is_null_and_the_rest_is_answered(graph: Graph, both: dict[str, GraphSchema]) -> None:
    graph.viewer = Viewer(ORGANIZATION_ID, "N", "n@x", frozenset((ADMIN,)))
    told = "the token lacks the scope `workspace:read`; make one with `workgraph token create --scope workspace:read`"
    for schema in both.values():
        graph.schema = schema
        result = await graph.ask('{ viewer { email } mine: workspace(id: "W1") { id } again: agent(id: "x") { id } }')
        assert result.data == {"viewer": {"email": "n@x"}, "mine": None, "again": None}
        assert sorted((error.message, error.path) for error in result.errors or ()) == [
            (told, ["again"]),
            (told, ["mine"]),
        ]
        result = await graph.ask("{ viewer { email } workspaces { totalCount } }")  # which cannot be null
        assert (result.data, [error.path for error in result.errors or ()]) == (None, [["workspaces"]])
        result = await graph.ask("{ __schema { queryType { name } } tags { name } }")  # graphql-core has to answer
        assert (result.data, _refused(result)) == (None, True)


async def test_wrong_arguments_are_told_before_a_lack_of_scopes(graph: Graph, both: dict[str, GraphSchema]) -> None:
    graph.viewer = Viewer(ORGANIZATION_ID, "N", "n@x", frozenset((ADMIN,)))
    told = []
    for schema in both.values():
        graph.schema = schema
        result = await graph.ask("query ($r: _Any = {}) { _entities(representations: [$r]) { __typename } }", r=None)
        told.append([error.message for error in result.errors or ()])
    assert told[0] == told[1]
    assert "to be None" in told[0][0]


async def test_neither_a_scope_nor_its_lack_is_a_reason_to_fall_back(graph: Graph) -> None:
    reasons: list[str] = []

    class Counted(GraphExecutor):
        on_fallback = staticmethod(reasons.append)

    graph.schema = served_schema(Counted)
    query = (
        '{ viewer { email } workspaces { totalCount } workspace(id: "x") { id } node(id: "x") { id } tags { name } }'
    )
    await graph.data(query)
    graph.viewer = Viewer(ORGANIZATION_ID, "N", "n@x", frozenset((ADMIN,)))
    assert _refused(await graph.ask(query))
    assert _refused(await graph.ask('mutation { pauseAgent(input: {id: "x"}) { agent { id } } }'))
    assert reasons == []
    await graph.ask("{ __schema { queryType { name } } }")
    assert reasons == ["introspection"]


async def test_a_refused_field_asks_the_database_nothing(
    graph: Graph, database: Database, statements: list[str], both: dict[str, GraphSchema]
) -> None:
    graph.viewer = Viewer(ORGANIZATION_ID, "N", "n@x", frozenset((ADMIN,)))
    statements.clear()
    for schema in both.values():
        graph.schema = schema
        await graph.ask(
            '{ workspaces { nodes { name } } node(id: "W1") { id } usage { totals { runCount } } sources { system } }'
        )
        await graph.ask('mutation { pauseAgent(input: {id: "x"}) { agent { id } } }')
    assert statements == []


def test_a_refusal_names_what_would_change_the_least() -> None:
    needed = [[READ, WORKSPACE_WRITE], [READ, WORKSPACE_WRITE_OWN], [READ_OWN, WORKSPACE_WRITE], [READ_OWN, WORKSPACE_WRITE_OWN]]  # fmt: skip
    assert refusal(needed, frozenset()) == (
        "the token lacks the scopes `workspace:read` and `workspace:write`; make one with "
        "`workgraph token create --scope workspace:read --scope workspace:write`"
    )
    assert refusal(needed, frozenset((READ_OWN, AGENT_WRITE))) == (
        "the token lacks the scope `workspace:write`; make one with "
        "`workgraph token create --scope workspace:read:own --scope workspace:write`"
    )


def test_a_root_field_without_a_verdict_stops_the_start() -> None:
    @strawberry.type
    class Query:
        open: int = 1

    schema = strawberry.Schema(Query)
    assert schema._schema.query_type
    with pytest.raises(TypeError, match=r"Query\.open does not say what a token needs for it"):
        enforce(schema._schema.query_type)


def test_the_printed_schema_links_what_it_uses() -> None:
    link = PRINTED.partition("{")[0]
    assert all(
        f'"@{name}"' in link for name in ("authenticated", "cost", "key", "listSize", "requiresScopes", "shareable")
    )
    assert set(ROOTS["Query"]) >= {"_entities", "_service", "node", "nodes", "lookup", "usage", "viewer"}
    assert {name for name, verdict in ROOTS["Query"].items() if verdict is None} == {"viewer", "_service"}
    assert None not in ROOTS["Mutation"].values()


def test_interfaces_carry_none_of_the_directives_that_composers_refuse_there() -> None:
    nodes = [node for node in parse(PRINTED).definitions if isinstance(node, InterfaceTypeDefinitionNode)]
    fields = [field for node in nodes for field in node.fields or ()]
    assert len(fields) > 4
    assert [one.name.value for node in (*nodes, *fields) for one in node.directives or ()] == []
