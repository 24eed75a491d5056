"""A failing operation made small: whatever can be left out while it still fails is left out."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    validate,
    visit,
)

from tests.differential.operations import Operation

SECONDS = 20.0  # that shrinking may take
MANY = ("selections", "directives", "arguments", "variable_definitions", "definitions", "fields", "values")

Fails = Callable[[Operation], Awaitable[bool]]


async def shrunk(operation: Operation, schema: GraphQLSchema, fails: Fails) -> Operation:
    """A smaller operation that fails too, or the same one."""
    until = time.monotonic() + SECONDS
    smallest, progress = operation, True
    while progress and time.monotonic() < until:
        progress = False
        for candidate in _smaller(smallest):
            if time.monotonic() > until:
                break
            if not validate(schema, parse(candidate.text)) and await fails(candidate):
                smallest, progress = candidate, True
                break
    return smallest


def _smaller(operation: Operation) -> Iterator[Operation]:
    document = parse(operation.text, no_location=True)
    for place in _places(document):
        with suppress(NothingLeftError):
            text = print_ast(_tidy(_without(document, place), operation.name))
            if len(text) < len(print_ast(document)):
                yield _given(operation, text)


Place = tuple[str | int, ...]


class NothingLeftError(Exception):
    """There must be something between braces."""


def _places(node: Node, path: Place = ()) -> Iterator[Place]:
    """Where something can be left out, the largest parts first."""
    found: list[tuple[int, Place]] = []

    def walk(current: Any, here: Place) -> None:
        for key in current.keys:
            value = getattr(current, key, None)
            if isinstance(value, (list, tuple)):
                for index, one in enumerate(value):
                    if key in MANY:
                        found.append((-len(print_ast(one)), (*here, key, index)))
                    walk(one, (*here, key, index))
            elif isinstance(value, Node):
                walk(value, (*here, key))

    walk(node, path)
    for _size, place in sorted(found, key=lambda one: one[0]):
        yield place
    for _size, place in found:  # a fragment gives way to what is in it
        yield (*place, "unwrapped")


def _without(node: Any, place: Place) -> Any:
    key = place[0]
    value = getattr(node, str(key), None)
    given = {name: getattr(node, name, None) for name in node.keys}
    if isinstance(value, (list, tuple)):
        index = int(place[1])
        rest = place[2:]
        middle = (
            () if not rest else _inside(value[index]) if rest == ("unwrapped",) else (_without(value[index], rest),)
        )
        given[str(key)] = (*value[:index], *middle, *value[index + 1 :])
        if key in ("selections", "definitions") and not given[str(key)]:
            raise NothingLeftError
    elif isinstance(value, Node):
        given[str(key)] = _without(value, place[1:])
    return type(node)(**given)


def _inside(node: Any) -> tuple[Any, ...]:
    if isinstance(node, InlineFragmentNode):
        return tuple(node.selection_set.selections)
    if isinstance(node, FieldNode) and node.alias:
        return (FieldNode(**{**{name: getattr(node, name, None) for name in node.keys}, "alias": None}),)
    return (node,)


class _Uses(Visitor):
    """Which fragments and variables a node names."""

    def __init__(self) -> None:
        super().__init__()
        self.fragments: set[str] = set()
        self.variables: set[str] = set()

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        self.fragments.add(node.name.value)

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.variables.add(node.name.value)


def _tidy(document: DocumentNode, name: str | None) -> DocumentNode:
    """Without fragments and variables that nothing uses any more."""
    definitions: list[Any] = list(document.definitions)
    if not any(isinstance(one, OperationDefinitionNode) for one in definitions):
        raise NothingLeftError
    while True:
        uses = _Uses()
        for one in definitions:
            visit(one, uses)
        kept = [
            one
            for one in definitions
            if not isinstance(one, FragmentDefinitionNode) or one.name.value in uses.fragments
        ]
        if len(kept) == len(definitions):
            break
        definitions = kept
    return DocumentNode(definitions=tuple(_with_used_variables(one, definitions) for one in definitions))


def _with_used_variables(one: Any, definitions: list[Any]) -> Any:
    if not isinstance(one, OperationDefinitionNode):
        return one
    uses = _Uses()
    visit(one.selection_set, uses)
    for part in (
        *(one.directives or ()),
        *(other for other in definitions if isinstance(other, FragmentDefinitionNode)),
    ):
        visit(part, uses)
    given = {name: getattr(one, name, None) for name in one.keys}
    declared = one.variable_definitions or ()
    given["variable_definitions"] = tuple(of for of in declared if of.variable.name.value in uses.variables)
    return OperationDefinitionNode(**given)


def _given(operation: Operation, text: str) -> Operation:
    uses = _Uses()
    visit(parse(text), uses)
    variables = {name: value for name, value in operation.variables.items() if name in uses.variables}
    return replace(operation, text=text, variables=variables)
