"""What a query selects below a field: which columns of the rows there are needed, and which parts of a page.

The executor looks once per plan, graphql-core once per field of the document and request.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
)

if TYPE_CHECKING:
    from strawberry.types.info import Info

DEFINITION = "strawberry-definition"  # where Strawberry keeps its field in a GraphQLField's extensions


@dataclass(frozen=True)
class Document:
    """What is the same for every selection of a request."""

    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    variables: Any
    known: dict[Hashable, Selection]

    def selection(
        self, of: GraphQLNamedType, nodes: Sequence[FieldNode], python_name: str, parent: GraphQLNamedType | None
    ) -> Selection:
        """The selection below these nodes, made once: fragments may lead to the same nodes in many ways."""
        key = (of.name, parent and parent.name, *map(id, nodes))
        if key not in self.known:
            self.known[key] = Selection(self, of, nodes, python_name, parent)
        return self.known[key]


@dataclass
class Selection:
    """The selection below one field: the field's nodes (several where fragments merge) and the type they are on."""

    document: Document
    type: GraphQLNamedType
    nodes: Sequence[FieldNode]
    python_name: str = ""
    parent: GraphQLNamedType | None = None  # the type that the field is on
    _remembered: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> Hashable:
        """Tells this place in the document from others, wherever the arguments may differ."""
        return tuple(map(id, self.nodes))

    def remembered(self, name: str, make: Callable[[], Any]) -> Any:
        """What was made for this selection before, or is made now."""
        if name not in self._remembered:
            self._remembered[name] = make()
        return self._remembered[name]

    @cached_property
    def columns(self) -> frozenset[str]:
        """The columns that the rows of this field's type need for what is selected on them."""
        return frozenset(self._column_names())

    def _column_names(self) -> Iterator[str]:
        for feed, inner in self._fed():
            yield from feed.reads(inner)

    def _fed(self) -> Iterator[tuple[Any, Selection]]:
        """The fields that are selected and have a feed, each with what is selected below it."""
        for concrete in self._concrete_types():
            for name, nodes in self._named(concrete).items():
                known = concrete.fields.get(name)
                definition = known.extensions.get(DEFINITION) if known else None
                feed = getattr(definition, "feed", None)
                if known is not None and definition is not None and feed is not None:
                    of = get_named_type(known.type)
                    yield feed, self.document.selection(of, nodes, definition.python_name, concrete)

    def columns_asked_back(self, column: str) -> Iterator[str]:
        """What is asked of this field's parent by the rows below, which hold its id in a column."""
        for below in (self, self.child("nodes"), self.child("edges", "node")):
            for feed, inner in below._fed() if below else ():
                if inner.type is self.parent and getattr(feed, "is_by_id", False) and feed.key == column:
                    yield from inner.columns

    def child(self, *path: str) -> Selection | None:
        """The selection of a field further down, such as `edges`, `node`; None where it is not selected."""
        current: Selection | None = self
        for name in path:
            concrete = next(iter(current._concrete_types()), None) if current else None
            nodes = current._named(concrete).get(name) if current and concrete else None
            if not nodes or concrete is None:
                return None
            current = self.document.selection(get_named_type(concrete.fields[name].type), nodes, name, concrete)
        return current

    def selects(self, name: str) -> bool:
        """Whether a field of this name is selected below."""
        return self.child(name) is not None

    @cached_property
    def wants_rows(self) -> bool:
        """Whether a connection's rows are needed at all, or only their number."""
        return any(self.selects(name) for name in ("nodes", "edges", "pageInfo"))

    @cached_property
    def wants_count(self) -> bool:
        """Whether the number of a connection's rows is needed."""
        return self.selects("totalCount")

    @cached_property
    def wants_cursors(self) -> bool:
        """Whether the place of a connection's rows in the order is needed."""
        return self.child("edges", "cursor") is not None or self.selects("pageInfo")

    @cached_property
    def node_columns(self) -> frozenset[str]:
        """The columns that the rows of a connection need."""
        below = (self.child("nodes"), self.child("edges", "node"))
        return frozenset(name for selection in below if selection for name in selection.columns)

    def _concrete_types(self) -> Sequence[GraphQLObjectType]:
        if isinstance(self.type, GraphQLObjectType):
            return (self.type,)
        if isinstance(self.type, GraphQLInterfaceType):
            return self.document.schema.get_possible_types(self.type)
        return ()

    def of_type_named(self, name: str) -> Selection:
        """The same selection, on rows that are known to be of one type."""
        return self.document.selection(self.document.schema.type_map[name], self.nodes, self.python_name, self.parent)

    def _named(self, concrete: GraphQLObjectType) -> dict[str, list[FieldNode]]:
        found: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()  # of all nodes, or a fragment that several of them spread would multiply
        for node in self.nodes:
            if node.selection_set:
                self._collect(node.selection_set, concrete, found, visited)
        return found

    def _collect(
        self,
        selections: SelectionSetNode,
        concrete: GraphQLObjectType,
        found: dict[str, list[FieldNode]],
        visited: set[str],
    ) -> None:
        for node in selections.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                found.setdefault(node.name.value, []).append(node)
                continue
            fragment: Any = node
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in visited:
                    continue
                visited.add(node.name.value)
                fragment = self.document.fragments[node.name.value]
            if self._applies(fragment, concrete):
                self._collect(fragment.selection_set, concrete, found, visited)

    def _applies(self, fragment: Any, concrete: GraphQLObjectType) -> bool:
        if fragment.type_condition is None or fragment.type_condition.name.value == concrete.name:
            return True
        condition = self.document.schema.get_type(fragment.type_condition.name.value)
        return is_abstract_type(condition) and self.document.schema.is_sub_type(condition, concrete)

    def _is_included(self, node: Any) -> bool:
        for directive in node.directives or ():
            name = directive.name.value
            if name in ("skip", "include") and self._condition(directive.arguments[0].value) is (name == "skip"):
                return False
        return True

    def _condition(self, written: Any) -> bool:
        """The `if` of a directive, which validation has made sure of."""
        value = self.document.variables[written.name.value] if isinstance(written, VariableNode) else written.value
        return bool(value)


def selection_of(info: Info) -> Selection:
    """The selection below the field that is being resolved."""
    raw: GraphQLResolveInfo[Any] = info._raw_info  # Strawberry has no public way to the nodes
    remembered = info.context.remembered
    document = remembered.get(Document)
    if document is None or document.fragments is not raw.fragments:
        document = remembered[Document] = Document(raw.schema, raw.fragments, raw.variable_values, {})
    of = get_named_type(raw.return_type)
    found: Selection = document.selection(of, raw.field_nodes, info.python_name, raw.parent_type)
    return found
