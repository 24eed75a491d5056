"""Stage: merging. What a document selects once its fragments are spread and equal fields are one.

A) of some selection sets, the fields by their keys in the answer, fragments spread.  B) the fields of one key that
apply to the same objects are one field; what lies below them is one selection.  C) whether the fields that are one
ask for the same thing. Source: GraphQL, 5.3.2 and 6.3.2.

Each selection is looked at once for all places that lead to it, and the work is bounded, so that fragments that
multiply cost no more time than it takes to find out. graphql-core's own rule compares each field with each other one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

Source = tuple[GraphQLNamedType | None, SelectionSetNode]  # a selection set and the type it is on
Occurrence = tuple[GraphQLNamedType | None, FieldNode]  # a field and the type it is on
Key = tuple[int, ...]


class WorkExceeded(Exception):  # noqa: N818  it is no error yet; whoever counts says what is refused
    """So many selections would have to be looked at that it is not worth it."""


@dataclass(eq=False)
class Merging:
    """The fields of one document, merged. `work` is how many selections may be looked at.

    `conditions` are the values of the variables in @skip and @include; without any, all is taken to be selected.
    """

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    work: int
    conditions: Mapping[str, Any] | None = None
    _fields: dict[Key, dict[str, list[Occurrence]]] = field(default_factory=dict)
    _seen: list[Any] = field(default_factory=list)  # keeps alive what the keys stand for

    def root(self, operation: OperationDefinitionNode) -> tuple[Source, ...]:
        """The operation's own selection."""
        return ((self.schema.get_root_type(operation.operation), operation.selection_set),)

    def fields(self, sources: Sequence[Source]) -> dict[str, list[Occurrence]]:
        """The fields of these selection sets by their keys in the answer. Raises WorkExceeded."""
        key = key_of(sources)
        if key not in self._fields:
            self._fields[key] = self._collected(sources)
            self._seen.append(sources)
        return self._fields[key]

    def _collected(self, sources: Sequence[Source]) -> dict[str, list[Occurrence]]:  # A
        found: dict[str, list[Occurrence]] = {}
        spread: set[str] = set()
        waiting = list(reversed(sources))
        while waiting:
            parent, selection_set = waiting.pop()
            self.work -= len(selection_set.selections) + 1
            if self.work < 0:
                raise WorkExceeded
            inner_sources: list[Source] = []
            for selection in selection_set.selections:
                if selection.directives and self._is_left_out(selection):
                    continue
                if isinstance(selection, FieldNode):
                    name = (selection.alias or selection.name).value
                    found.setdefault(name, []).append((parent, selection))
                    continue
                inner: Any = selection
                if isinstance(selection, FragmentSpreadNode):
                    inner = self.fragments.get(selection.name.value)
                    if inner is None or selection.name.value in spread:
                        continue
                    spread.add(selection.name.value)
                condition = inner.type_condition
                on = parent if condition is None else self.schema.get_type(condition.name.value)
                inner_sources.append((on, inner.selection_set))
            waiting += reversed(inner_sources)
        return found

    def _is_left_out(self, selection: Any) -> bool:
        if self.conditions is None:
            return False
        for directive in selection.directives:
            name = directive.name.value
            if name in {"skip", "include"} and self._condition(directive, self.conditions) is (name == "skip"):
                return True
        return False

    @staticmethod
    def _condition(directive: DirectiveNode, conditions: Mapping[str, Any]) -> Any:
        """The value of `if`; None for none that validation let through."""
        written = next((one.value for one in directive.arguments or ()), None)
        return (
            conditions.get(written.name.value) if isinstance(written, VariableNode) else getattr(written, "value", None)
        )

    def below(self, occurrences: Iterable[Occurrence]) -> tuple[Source, ...]:
        """The selection below fields that are one."""
        return tuple(
            (self._type_of(one), one[1].selection_set) for one in occurrences if one[1].selection_set is not None
        )

    def _type_of(self, occurrence: Occurrence) -> GraphQLNamedType | None:
        definition = self.definition(occurrence)
        return None if definition is None else get_named_type(definition.type)

    def definition(self, occurrence: Occurrence) -> Any:
        """The definition of a field; None for one that there is not, and for those of introspection's root."""
        parent, node = occurrence
        return getattr(parent, "fields", {}).get(node.name.value)


def key_of(sources: Sequence[Source]) -> Key:
    """Tells selection sets on their types from others."""
    return tuple(id(one) for source in sources for one in source)


def apart(occurrences: list[Occurrence]) -> list[list[Occurrence]]:  # B
    """The fields of one key, those together that are one: on objects of different types they are not.

    Fields on an interface are one of their own beside those on several types of objects.
    """
    if len(occurrences) == 1 or len(kinds := _kinds(occurrences)) < 2:
        return [occurrences]
    parts = [[one for one in occurrences if one[0] is kind] for kind in kinds]
    common = [one for one in occurrences if not isinstance(one[0], GraphQLObjectType)]
    return [*parts, common] if common else parts


def together(occurrences: list[Occurrence]) -> list[list[Occurrence]]:
    """The fields of one key, those together that may be asked of one object: those on interfaces with each."""
    if len(occurrences) == 1 or len(kinds := _kinds(occurrences)) < 2:
        return [occurrences]
    return [
        [one for one in occurrences if one[0] is kind or not isinstance(one[0], GraphQLObjectType)] for kind in kinds
    ]


def _kinds(occurrences: list[Occurrence]) -> list[GraphQLObjectType]:
    return list(dict.fromkeys(parent for parent, _node in occurrences if isinstance(parent, GraphQLObjectType)))


@dataclass(eq=False)
class Conflicts:  # C
    """Fields with one key that ask for different things; at most `most` are found."""

    merging: Merging
    most: int
    errors: list[GraphQLError] = field(default_factory=list)
    _seen: set[tuple[bool, Key]] = field(default_factory=set)

    def look(self, sources: tuple[Source, ...], *, only_shapes: bool = False) -> None:
        """Looks at these selection sets and all below them."""
        waiting = [(only_shapes, sources)]
        while waiting and len(self.errors) < self.most:
            only_shapes, sources = waiting.pop()
            key = (only_shapes, key_of(sources))
            if not sources or key in self._seen:
                continue
            self._seen.add(key)
            for name, occurrences in self.merging.fields(sources).items():
                conflict = self._conflict(occurrences, only_shapes=only_shapes)
                if conflict:
                    self.errors.append(_told(name, *conflict))
                    continue
                parts = [occurrences] if only_shapes else together(occurrences)
                waiting += [(only_shapes, self.merging.below(part)) for part in parts]
                if len(parts) > 1:
                    waiting.append((True, self.merging.below(occurrences)))

    def _conflict(self, occurrences: list[Occurrence], *, only_shapes: bool) -> tuple[str, list[FieldNode]] | None:
        if len(occurrences) == 1:
            return None
        for part in () if only_shapes else together(occurrences):
            first, *others = [node for _parent, node in part]
            for other in others:
                if first.name.value != other.name.value:
                    return f"'{_short(first)}' and '{_short(other)}' are different fields", [first, other]
                if (first.arguments or other.arguments) and _arguments(first) != _arguments(other):
                    return "they have differing arguments", [first, other]
        return self._differing_types(occurrences)

    def _differing_types(self, occurrences: list[Occurrence]) -> tuple[str, list[FieldNode]] | None:
        nodes = [node for _parent, node in occurrences]
        streamed = next(
            (node for node in nodes if any(one.name.value == "stream" for one in node.directives or ())), None
        )
        if streamed:
            return "they have overlapping stream directives", [nodes[0], streamed]
        known: dict[str, tuple[Any, FieldNode]] = {}
        for occurrence in occurrences:
            definition = self.merging.definition(occurrence)
            if definition is not None:
                known.setdefault(_shape(definition.type), (definition.type, occurrence[1]))
        if len(known) < 2:
            return None
        (one, first), (other, second), *_ = known.values()
        return f"they return conflicting types '{one}' and '{other}'", [first, second]


def _told(name: str, reason: str, nodes: list[FieldNode]) -> GraphQLError:
    advice = "Use different aliases on the fields to fetch both if this was intentional."
    return GraphQLError(f"Fields '{name[:100]}' conflict because {reason}. {advice}", nodes)


def _short(node: FieldNode) -> str:
    return node.name.value[:100]


def _arguments(node: FieldNode) -> list[Any]:
    return sorted((one.name.value, repr(_written(one.value))) for one in node.arguments or ())


def _written(value: Any) -> Any:
    """A value as it is written, whatever the order of an object's members."""
    if isinstance(value, VariableNode):
        return "$", value.name.value
    if isinstance(value, ObjectValueNode):
        return "{", sorted((one.name.value, repr(_written(one.value))) for one in value.fields)
    if isinstance(value, ListValueNode):
        return "[", [_written(one) for one in value.values]
    return value.kind, getattr(value, "value", None), getattr(value, "block", None) is True


def _shape(of: Any) -> str:
    """The type as far as answers show it: lists, what cannot be null, leaves by name, and objects all alike."""
    if is_non_null_type(of):
        return f"{_shape(of.of_type)}!"
    if is_list_type(of):
        return f"[{_shape(of.of_type)}]"
    return str(of) if is_leaf_type(of) else "{}"
