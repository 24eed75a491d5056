"""Stage: operations. What is known of an operation before it runs: whether the fast path takes it, and its plans.

graphql-core executes what the fast path leaves: introspection, @defer and @stream, subscriptions, and operations that
ask for errors without propagation.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
)

from execution.plan import Planner

INTROSPECTION = frozenset({"__schema", "__type"})
INCREMENTAL = frozenset({"defer", "stream"})
CONDITIONS = frozenset({"skip", "include"})
UNPROPAGATED = "experimental_disableErrorPropagation"
PLANS_OF_ONE = 64  # combinations of @skip and @include kept of one operation; others are planned each time


@dataclass(eq=False)
class Operation:
    """One operation of a document: why it falls back, if it does; the variables that @skip and @include name."""

    schema: GraphQLSchema
    node: OperationDefinitionNode
    fallback: str | None
    conditions: tuple[str, ...]
    planners: dict[tuple[Any, ...], Planner] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of source text that it keeps alive, about."""
        return len(self.node.loc.source.body) if self.node.loc else 0


def operation_of(
    schema: GraphQLSchema, node: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Operation:
    """What is known of an operation by its text."""
    if node.operation is OperationType.SUBSCRIPTION:
        return Operation(schema, node, "subscription", ())
    if any(directive.name.value == UNPROPAGATED for directive in node.directives or ()):
        return Operation(schema, node, "errors without propagation", ())
    fallback, conditions = None, set()
    for selection in _selections(node.selection_set, fragments):
        if isinstance(selection, FieldNode) and selection.name.value in INTROSPECTION:
            fallback = "introspection"
        for directive in selection.directives or ():
            if directive.name.value in INCREMENTAL:
                fallback = "incremental delivery"
            if directive.name.value in CONDITIONS:
                conditions |= {
                    one.value.name.value for one in directive.arguments if isinstance(one.value, VariableNode)
                }
    return Operation(schema, node, fallback, tuple(sorted(conditions)))


def _selections(first: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[Any]:
    """Every selection of the operation and of the fragments it spreads, each once."""
    waiting: list[Any] = [first]
    seen = set()
    while waiting:
        for selection in waiting.pop().selections:
            yield selection
            if isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name in fragments and name not in seen:
                    seen.add(name)
                    waiting.append(fragments[name].selection_set)
            elif getattr(selection, "selection_set", None):
                waiting.append(selection.selection_set)


class Operations:
    """The operations seen last, bounded in number and in bytes of text."""

    def __init__(self, most: int = 500, most_bytes: int = 8_000_000) -> None:
        self.most, self.most_bytes = most, most_bytes
        self.bytes = 0
        self._known: OrderedDict[int, Operation] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def of(
        self, schema: GraphQLSchema, node: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> Operation:
        """What is known of the operation. It is found by its node, which stays alive with it."""
        known = self._known.get(id(node))
        if known is not None and known.schema is schema:
            self._known.move_to_end(id(node))
            return known
        made = operation_of(schema, node, fragments)
        if known is not None:
            self.bytes -= known.size
        self._known[id(node)] = made
        self.bytes += made.size
        while self._known and (len(self._known) > self.most or self.bytes > self.most_bytes):
            self.bytes -= self._known.popitem(last=False)[1].size
        return made
