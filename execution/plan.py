"""Stage: plan. A selection on an object type becomes a list of field plans, in the order of the answer's keys.

graphql-core's own field collection merges fields, follows fragments and heeds @skip and @include. A plan is kept
with its operation and holds nothing of a request. What lies below a field is planned when it is first reached, so
that an empty list costs nothing and a deep document no recursion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues, get_argument_values
from graphql.language import ArgumentNode, ValueNode
from graphql.pyutils import Path
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from execution.feeds import BatchFed, ColumnFed, LocalFed
from execution.leaves import Leaf, leaf_of
from execution.variables import PLAIN

DEFINITION = "strawberry-definition"  # where Strawberry keeps its field in a GraphQLField's extensions
GATE = "gate"  # what says there of a request's context why it is refused the field; None where it is not


@dataclass(frozen=True)
class Attribute:
    """Fed by an attribute of the parent."""

    name: str


@dataclass(frozen=True)
class Local:
    """Fed by a function of the parent and the context."""

    value: Callable[[Any, Any], Any]


@dataclass(frozen=True, eq=False)
class Batched:
    """Fed by a batch function."""

    feed: BatchFed
    selection: Any
    arguments: Callable[[VariableValues], Mapping[str, Any]]


@dataclass(frozen=True)
class Resolved:
    """Fed by the resolver that graphql-core would call, whatever it does."""

    resolve: Callable[..., Any] | None


class Typename:
    """Fed by the type's name."""


Source = Attribute | Local | Batched | Resolved | Typename


@dataclass(eq=False)
class FieldPlan:
    """One field of a selection on an object type."""

    key: str
    details: list[FieldDetails]
    parent: GraphQLObjectType
    definition: GraphQLField
    source: Source
    leaf: Leaf | None  # how its value is written, where it is a leaf and no list
    is_trusted: bool  # its objects come from a batch function: they are of the type that the field says
    plans: dict[str, SelectionPlan] = field(default_factory=dict)
    gate: Callable[[Any], Exception | None] | None = None

    @property
    def returns(self) -> GraphQLOutputType:
        """The type that the field answers."""
        return self.definition.type

    @property
    def is_required(self) -> bool:
        """Whether it cannot be null."""
        return is_non_null_type(self.definition.type)

    @property
    def nodes(self) -> list[FieldNode]:
        """The field's nodes in the document."""
        return [detail.node for detail in self.details]

    @property
    def is_inline(self) -> bool:
        """Whether it is written straight from the parent, in the row function."""
        return self.leaf is not None and isinstance(self.source, Attribute) and self.gate is None


@dataclass(eq=False)
class SelectionPlan:
    """A selection on one object type. `functions` are the row functions made so far, by class of row, and
    `measures` what measures rows.

    `outer` are the fields that rows do not hold themselves, `resolved` those that other objects do not.
    """

    on: GraphQLObjectType
    fields: list[FieldPlan]
    outer: list[FieldPlan]
    resolved: list[FieldPlan]
    functions: dict[type | None, Any] = field(default_factory=dict)
    measures: dict[type | None, Any] = field(default_factory=dict)

    @property
    def alone(self) -> list[SelectionPlan]:
        """One plan for each field, as mutations run them."""
        return [selection_plan(self.on, [one]) for one in self.fields]


def selection_plan(of: GraphQLObjectType, fields: list[FieldPlan]) -> SelectionPlan:
    """The plan of these fields."""
    resolved = [one for one in fields if not isinstance(one.source, Typename)]
    return SelectionPlan(of, fields, [one for one in resolved if not one.is_inline], resolved)


@dataclass(eq=False)
class Planner:
    """Plans the selections of one operation; `conditions` are the values of the variables in @skip and @include."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    definitions: Mapping[str, FragmentDefinitionNode]
    conditions: VariableValues
    native: Mapping[str, type]
    config: Any  # of the Strawberry schema; None for a schema that is not Strawberry's
    scalars: Any
    hides_suggestions: bool = False
    looked_at: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def root(self) -> SelectionPlan:
        """The plan of the operation's own selection."""
        of = self.schema.get_root_type(self.operation.operation)
        if of is None:
            raise GraphQLError(f"Schema is not configured to execute {self.operation.operation.value} operation.")
        collected = collect_fields(
            self.schema, self.fragments, self.conditions, of, self.operation, self.hides_suggestions
        )
        return self._planned(of, collected.grouped_field_set, is_trusted=False)

    @property
    def is_possible(self) -> bool:
        """Whether there is a plan; if not, graphql-core says why."""
        try:
            return bool(self.root.on)
        except (GraphQLError, RecursionError):
            return False

    def below(self, above: FieldPlan, of: GraphQLObjectType) -> SelectionPlan:
        """The plan of the selection below a field, on objects of this type."""
        plan = above.plans.get(of.name)
        if plan is None:
            scope = self.schema, self.fragments, self.conditions, self.operation
            collected = collect_subfields(*scope, of, above.details, self.hides_suggestions)
            plan = self._planned(of, collected.grouped_field_set, is_trusted=above.is_trusted)
            above.plans[of.name] = plan
        return plan

    def _planned(self, of: GraphQLObjectType, grouped: GroupedFieldSet, *, is_trusted: bool) -> SelectionPlan:
        fields = []
        for key, details in grouped.items():
            definition = self.schema.get_field(of, details[0].node.name.value)
            if definition is not None:  # an unknown field is left out, as graphql-core does where nobody validated
                fields.append(self._field(key, details, of, definition, is_trusted=is_trusted))
        return selection_plan(of, fields)

    def _field(
        self,
        key: str,
        details: list[FieldDetails],
        of: GraphQLObjectType,
        definition: GraphQLField,
        *,
        is_trusted: bool,
    ) -> FieldPlan:
        source = self._source(details, of, definition)
        bare = definition.type.of_type if is_non_null_type(definition.type) else definition.type
        leaf = leaf_of(bare, self.native, is_required=bare is not definition.type) if is_leaf_type(bare) else None
        inherits = is_trusted and isinstance(source, Attribute | Local)
        is_trusted = inherits or isinstance(source, Batched)
        gate = definition.extensions.get(GATE)
        return FieldPlan(key, details, of, definition, source, leaf, is_trusted, gate=gate)

    def _source(self, details: list[FieldDetails], of: GraphQLObjectType, definition: GraphQLField) -> Source:
        if details[0].node.name.value == "__typename":
            return Typename()
        field_definition = definition.extensions.get(DEFINITION)
        if not isinstance(field_definition, StrawberryField) or field_definition.extensions:
            return Resolved(definition.resolve)  # its extensions and permissions run as ever
        feed = getattr(field_definition, "feed", None)
        if isinstance(feed, BatchFed):
            return self._batched(details, of, definition, field_definition, feed)
        if isinstance(feed, ColumnFed) or (feed is None and _is_attribute(field_definition, definition)):
            return Attribute(getattr(feed, "column", None) or field_definition.python_name)
        return Local(feed.value) if isinstance(feed, LocalFed) else Resolved(definition.resolve)

    def _batched(
        self, details: list[FieldDetails], of: GraphQLObjectType, definition: GraphQLField, fed: Any, feed: BatchFed
    ) -> Batched:
        nodes = [detail.node for detail in details]
        make: Any = GraphQLResolveInfo  # of which nothing that belongs to a request is filled in
        info = make(
            nodes[0].name.value, nodes, definition.type, of, Path(None, nodes[0].name.value, of.name), self.schema,
            self.definitions, None, self.operation, self.conditions.coerced, None, lambda _: False, None, None,
        )  # fmt: skip
        return Batched(feed, fed.selection(info, self.looked_at), self._arguments(details[0], definition, fed))

    def _arguments(
        self, detail: FieldDetails, definition: GraphQLField, fed: StrawberryField
    ) -> Callable[[VariableValues], Mapping[str, Any]]:
        """Gives the arguments under their Python names. Those that no variable stands in are made once."""
        scope = detail.fragment_variable_values

        def arguments(variables: VariableValues) -> Mapping[str, Any]:
            given = get_argument_values(definition, detail.node, variables, scope, self.hides_suggestions)
            return convert_arguments(given, fed.arguments, self.scalars, self.config)

        nodes = detail.node.arguments or ()
        variable_names = None if scope else _variable_names(nodes, definition, fed, self.config)
        if variable_names is None:
            return arguments if any(map(_has_variable, nodes)) else _once(arguments)
        names = variable_names

        def of_variables(variables: VariableValues) -> Mapping[str, Any]:
            values = variables.coerced
            if all(values.get(name) is not None for name in names.values()):
                return {argument: values[name] for argument, name in names.items()}
            return arguments(variables)

        return of_variables


def _once(arguments: Callable[[VariableValues], Mapping[str, Any]]) -> Callable[[VariableValues], Mapping[str, Any]]:
    made: list[Mapping[str, Any]] = []

    def made_once(variables: VariableValues) -> Mapping[str, Any]:
        if not made:
            made.append(arguments(variables))
        return made[0]

    return made_once


def _variable_names(
    nodes: Sequence[ArgumentNode], definition: GraphQLField, fed: StrawberryField, config: Any
) -> dict[str, str] | None:
    """The variable of each argument by its Python name, if each is a variable of a plain scalar and none is left."""
    names = {config.name_converter.from_argument(one): str(one.python_name) for one in fed.arguments}
    found = {}
    for node in nodes:
        of = get_nullable_type(definition.args[node.name.value].type)
        if not isinstance(node.value, VariableNode) or getattr(of, "name", "") not in PLAIN:
            return None
        found[names[node.name.value]] = node.value.name.value
    others = [one for name, one in definition.args.items() if names[name] not in found]
    return found if found and all(one.default_value in {None, Undefined} for one in others) else None


def _is_attribute(field_definition: StrawberryField, definition: GraphQLField) -> bool:
    """A plain Strawberry field without a resolver, for which graphql-core would call `getattr`."""
    is_default = getattr(definition.resolve, "_is_default", False)
    is_own = type(field_definition).get_result is not StrawberryField.get_result
    is_plain = field_definition.is_basic_field and field_definition.default_resolver is getattr
    return bool(is_default and is_plain and not is_own)


def _has_variable(argument: ArgumentNode) -> bool:
    waiting: list[ValueNode] = [argument.value]
    while waiting:
        value: Any = waiting.pop()
        if isinstance(value, VariableNode):
            return True
        waiting += getattr(value, "values", None) or ()
        waiting += [member.value for member in getattr(value, "fields", None) or ()]
    return False
