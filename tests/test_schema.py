"""The schema as a whole: its printed copy, its descriptions, and the contract with those who write queries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    parse,
    print_ast,
)
from graphql.language import ast

from schema.build import GraphSchema

ROOT = Path(__file__).parent.parent
CONTRACT = ROOT / "tests" / "contract.graphql"
PRINTED = ROOT / "docs" / "schema.graphql"

# What the contract names and later issues bring: types, and members of types.
LATER_TYPES = {"Subscription"}
LATER_MEMBERS: set[str] = set()


def test_the_printed_schema_is_the_one_that_is_served(schema: GraphSchema) -> None:
    assert PRINTED.read_text() == schema.as_str() + "\n", "run `make schema`"


def _described(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """Everything that can have a description, and what it is."""
    for name, kind in schema.type_map.items():
        if name.startswith(("_", "link__")) or name in ("String", "Int", "Float", "Boolean", "ID"):
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in kind.fields.items():
                if field_name.startswith("_"):
                    continue
                yield f"{name}.{field_name}", field.description
                for argument_name, argument in getattr(field, "args", {}).items():
                    yield f"{name}.{field_name}({argument_name})", argument.description
        if isinstance(kind, GraphQLEnumType):
            for value_name, value in kind.values.items():
                yield f"{name}.{value_name}", value.description


def test_everything_has_a_description_that_is_a_sentence(schema: GraphSchema) -> None:
    described = dict(_described(schema._schema))
    assert len(described) > 1_000
    sentence = re.compile(r"[A-Z`].*[.!?]", re.DOTALL)
    assert {name: text for name, text in described.items() if not text or not sentence.fullmatch(text)} == {}


def _members(node: ast.TypeDefinitionNode) -> Iterator[tuple[str, str]]:
    """The members of a type, each with its printed type; '' for values and interfaces."""
    for interface in getattr(node, "interfaces", None) or ():
        yield f"implements {interface.name.value}", ""
    for value in getattr(node, "values", None) or ():
        yield value.name.value, ""
    for field in getattr(node, "fields", None) or ():
        yield field.name.value, print_ast(field.type)
        for argument in getattr(field, "arguments", None) or ():
            yield f"{field.name.value}({argument.name.value})", print_ast(argument.type)


def _types(sdl: str) -> dict[str, dict[str, str]]:
    return {
        node.name.value: dict(_members(node))
        for node in parse(sdl).definitions
        if isinstance(node, ast.TypeDefinitionNode)
    }


def test_the_contract_is_kept_but_for_what_later_issues_bring(schema: GraphSchema) -> None:
    promised, served = _types(CONTRACT.read_text()), _types(schema.as_str())
    missing_types = promised.keys() - served.keys()
    differences = {
        f"{name}.{member}": (kind, served[name].get(member))
        for name, members in promised.items()
        if name in served
        for member, kind in members.items()
        if served[name].get(member) != kind
    }
    assert missing_types == LATER_TYPES
    assert {name for name, (_promised, given) in differences.items() if given is None} == LATER_MEMBERS
    assert {name: both for name, both in differences.items() if both[1] is not None} == {}


def test_connections_take_the_four_page_arguments_and_answer_nodes_edges_page_info_and_count(
    schema: GraphSchema,
) -> None:
    types = _types(schema.as_str())
    pages = {
        f"{on}.{name}": (types[kind.rstrip("!")], members)
        for on, members in types.items()
        for name, kind in members.items()
        if kind.rstrip("!").endswith("Connection")
    }
    assert len(pages) > 15
    for name, (page, members) in pages.items():
        field = name.partition(".")[2]
        arguments = {argument: members.get(f"{field}({argument})") for argument in ("first", "after", "last", "before")}
        assert arguments == {"first": "Int", "after": "String", "last": "Int", "before": "String"}, name
        node = re.fullmatch(r"\[(\w+)!\]!", page["nodes"])
        assert node, name
        edge = types[re.sub(r"\W", "", page["edges"])]
        assert page == {
            "nodes": f"[{node[1]}!]!", "edges": page["edges"], "pageInfo": "PageInfo!", "totalCount": "Int!",
            "groups": "[Group!]!", "groups(by)": page["groups(by)"], "groups(first)": "Int!",
        }  # fmt: skip
        assert edge == {"cursor": "String!", "node": f"{node[1]}!"}, name


def test_every_filter_has_and_or_not_of_its_own_kind(schema: GraphSchema) -> None:
    types = _types(schema.as_str())
    filters = {name: members for name, members in types.items() if "and" in members and name.endswith("Filter")}
    assert len(filters) == 8
    for name, members in filters.items():
        assert (members["and"], members["or"], members["not"]) == (f"[{name}!]", f"[{name}!]", name)


def test_numbers_moments_and_truths_are_no_text(schema: GraphSchema) -> None:
    """A field whose name ends like a moment is one; one that begins like a truth is one."""
    wrong = {
        f"{on}.{name}": kind
        for on, members in _types(schema.as_str()).items()
        if not on.endswith(("Filter", "Order"))
        for name, kind in members.items()
        if (re.search(r"[a-z]At$", name) and kind.rstrip("!") != "DateTime")
        or (re.match(r"(is|has)[A-Z]", name) and kind.rstrip("!") != "Boolean")
    }
    assert wrong == {}
