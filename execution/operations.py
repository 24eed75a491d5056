"""Stage: operations. What is known of an operation before it runs: whether the fast path takes it, and its plans.

graphql-core executes what the fast path leaves: introspection, @defer and @stream, subscriptions, and operations that
ask for errors without propagation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cachetools import LRUCache
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
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues

from execution.plan import DEFINITION, Planner
from execution.trace import Trace
from execution.variables import Signatures, plain_signatures

INTROSPECTION = frozenset({"__schema", "__type"})
INCREMENTAL = frozenset({"defer", "stream"})
CONDITIONS = frozenset({"skip", "include"})
UNPROPAGATED = "experimental_disableErrorPropagation"
MOST_BYTES = 8_000_000  # of text whose plans are kept
LEAST_BYTES = 16_000  # that an operation counts for, so that not more than 500 are kept
MOST_BYTES_OF_PLANS = 1_000_000  # of text; the plans of one operation take some hundred times its size
LEAST_BYTES_OF_PLAN = 2_000  # that a plan counts for, so that not more than 500 are kept


@dataclass(eq=False)
class Operation:
    """One operation of a document: why it falls back, if it does; the variables that @skip and @include name."""

    schema: GraphQLSchema
    node: OperationDefinitionNode
    definitions: Mapping[str, FragmentDefinitionNode]
    fallback: str | None
    conditions: tuple[str, ...]
    planners: MutableMapping[Any, Planner]

    @cached_property
    def signatures(self) -> Signatures | None:
        """Its variables, where all are of plain scalars."""
        return plain_signatures(self.schema, self.node)

    def is_odd(self, variables: VariableValues) -> bool:
        """Whether a condition is something that validation would have refused."""
        values = (variables.coerced.get(name) for name in self.conditions)
        return any(value is not None and not isinstance(value, bool) for value in values)

    def planner(
        self,
        variables: VariableValues,
        fragments: dict[str, FragmentDetails],
        native: Mapping[str, type],
        trace: Trace | None,
        *,
        hides_suggestions: bool = False,
    ) -> Planner | None:
        """The planner for these values of the variables in @skip and @include; None where there can be no plan."""
        key = self._key(variables)
        known = None if key is None else self.planners.get(key)
        if trace:
            trace.is_plan_cached = known is not None
        if known is None:
            known = self._made(variables, fragments, native, hides_suggestions=hides_suggestions)
            if key is not None and _size(self.node) <= MOST_BYTES_OF_PLANS:
                self.planners[key] = known
        return known if known.is_possible else None

    def _made(
        self,
        variables: VariableValues,
        fragments: dict[str, FragmentDetails],
        native: Mapping[str, type],
        *,
        hides_suggestions: bool,
    ) -> Planner:
        """A planner, which holds nothing of the request but the values of the conditions."""
        conditions = VariableValues(
            {name: variables.sources[name] for name in self.conditions if name in variables.sources},
            {name: variables.coerced[name] for name in self.conditions if name in variables.coerced},
        )
        served = self.schema.extensions.get(DEFINITION)
        scalars = served.schema_converter.scalar_registry if served else {}
        config = served.config if served else None
        return Planner(
            self.schema, self.node, fragments, self.definitions, conditions, native, config, scalars, hides_suggestions
        )

    def _key(self, variables: VariableValues) -> tuple[int | bool, ...] | None:
        """What a planner is found by: objects that it keeps alive, by their ids, and the values of the conditions.

        None where a condition is neither true nor false, which is an error to be told anew each time.
        """
        values = [variables.coerced.get(name) for name in self.conditions]
        known = tuple(value for value in values if isinstance(value, bool))
        known_by = id(self.schema), id(self.node), id(self.definitions)
        return (*known_by, *known) if len(known) == len(values) else None

    @property
    def size(self) -> int:
        """Bytes of source text that it counts for."""
        return max(LEAST_BYTES, _size(self.node))


def _size(node: OperationDefinitionNode) -> int:
    return len(node.loc.source.body) if node.loc else 0


def operation_of(
    schema: GraphQLSchema,
    node: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    planners: MutableMapping[Any, Planner],
) -> Operation:
    """What is known of an operation by its text; its planners are kept among `planners`."""
    if node.operation is OperationType.SUBSCRIPTION:
        return Operation(schema, node, fragments, "subscription", (), planners)
    if any(directive.name.value == UNPROPAGATED for directive in node.directives or ()):
        return Operation(schema, node, fragments, "errors without propagation", (), planners)
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
    return Operation(schema, node, fragments, fallback, tuple(sorted(conditions)), planners)


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
    """The operations seen last. Each is found by its node, which stays alive with it."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._known: LRUCache[int, Operation] = LRUCache(most_bytes, lambda known: known.size)
        self.planners: LRUCache[Any, Planner] = LRUCache(
            MOST_BYTES_OF_PLANS, lambda planner: max(LEAST_BYTES_OF_PLAN, _size(planner.operation))
        )

    def __len__(self) -> int:
        return len(self._known)

    def of(
        self, schema: GraphQLSchema, node: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> Operation:
        """What is known of the operation."""
        known = self._known.get(id(node))
        if known is None or known.schema is not schema or not _are_same(known.definitions, fragments):
            known = operation_of(schema, node, fragments, self.planners)
            if known.size <= self._known.maxsize:
                self._known[id(node)] = known
        return known


def _are_same(some: Mapping[str, FragmentDefinitionNode], others: Mapping[str, FragmentDefinitionNode]) -> bool:
    """Whether these are the very same nodes: a document put together in code may share its operation with another."""
    return some is others or (some.keys() == others.keys() and all(node is others[name] for name, node in some.items()))
