"""Stage: operations. What is known of an operation before it runs: whether the fast path takes it, and its plans.

graphql-core executes what the fast path leaves: introspection, @defer and @stream, subscriptions, and operations that
ask for errors without propagation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from functools import cached_property
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
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues

from execution.caches import BoundedCache, CacheLimits, bytes_of
from execution.costs import Bill, Billing, Quote, check_cost
from execution.counting import WORK
from execution.limits import SELECTIONS, DocumentLimits
from execution.merging import Merging, WorkExceeded
from execution.plan import DEFINITION, Planner
from execution.prices import Prices
from execution.trace import Trace
from execution.variables import Signatures, plain_signatures

INTROSPECTION = frozenset({"__schema", "__type"})
INCREMENTAL = frozenset({"defer", "stream"})
CONDITIONS = frozenset({"skip", "include"})
UNPROPAGATED = "experimental_disableErrorPropagation"
BYTES_OF_PLAN = 100  # that the plans of an operation take for each character of its document
MOST_BILLS = 16  # of one operation, which has one for each set of values of its conditions


@dataclass(frozen=True)
class Pricing:
    """By what operations are priced."""

    prices: Prices
    limits: DocumentLimits


@dataclass(eq=False)
class Operation:
    """One operation of a document: why it falls back, if it does; the variables that @skip and @include name."""

    schema: GraphQLSchema
    node: OperationDefinitionNode
    definitions: Mapping[str, FragmentDefinitionNode]
    fallback: str | None
    conditions: tuple[str, ...]
    planners: MutableMapping[Any, Planner]
    pricing: Pricing | None = None
    _bills: dict[Any, Bill] = field(default_factory=dict)
    _quote: Quote | None = None

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
            if key is not None:
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

    def quote(self, variables: VariableValues) -> Quote | None:
        """What it may cost with these values of the variables; None where nothing is priced.

        Raises LimitError where that is too much, or too many keys are given.
        """
        if self.pricing is None or self._quote is not None:
            return self._quote
        key = self._key(variables)
        bill = self._bills.get(key)
        if bill is None:
            bill = self._billed(variables, self.pricing)
            if len(self._bills) >= MOST_BILLS:
                del self._bills[next(iter(self._bills))]
            self._bills[key] = bill
        total = bill.total(variables.coerced)
        check_cost(total, self.pricing.limits)
        quote = Quote(total, self.pricing.prices, self.pricing.limits)
        if bill.known is not None and not self.conditions:
            self._quote = quote  # nothing that a request brings changes it
        return quote

    def _billed(self, variables: VariableValues, by: Pricing) -> Bill:
        work = by.limits.document_selections * WORK
        merging = Merging(
            self.schema, self.definitions, work, {name: variables.coerced.get(name) for name in self.conditions}
        )
        try:
            return Billing(merging, by.prices, by.limits).bill(self.node)
        except WorkExceeded:
            SELECTIONS.check(work, by.limits)
            raise


def _bytes_of_plans(planner: Planner) -> int:
    location = planner.operation.loc
    return len(location.source.body) * BYTES_OF_PLAN if location else 0


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
    """The operations seen last. Each is found by its node, which stays alive with it.

    They are priced by `limits`; where there are none, nothing is.
    """

    def __init__(self, limits: DocumentLimits | None = None, caches: CacheLimits | None = None) -> None:
        self.limits, caches = limits, caches or CacheLimits()
        self._prices: dict[int, tuple[GraphQLSchema, Prices]] = {}
        self._known: BoundedCache[Operation] = BoundedCache(
            caches.cached_documents, caches.cached_document_bytes, lambda known: bytes_of(known.node)
        )
        self.planners: BoundedCache[Planner] = BoundedCache(
            caches.cached_plans, caches.cached_plan_bytes, _bytes_of_plans
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
            known.pricing = self._pricing(schema)
            self._known[id(node)] = known
        return known

    def _pricing(self, schema: GraphQLSchema) -> Pricing | None:
        if self.limits is None:
            return None
        _schema, prices = self._prices.setdefault(id(schema), (schema, Prices()))
        return Pricing(prices, self.limits)


def _are_same(some: Mapping[str, FragmentDefinitionNode], others: Mapping[str, FragmentDefinitionNode]) -> bool:
    """Whether these are the very same nodes: a document put together in code may share its operation with another."""
    return some is others or (some.keys() == others.keys() and all(node is others[name] for name, node in some.items()))
