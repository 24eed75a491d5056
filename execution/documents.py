"""Stage: documents. The text of a request, parsed and checked once; what is known is kept within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    specified_rules,
)
from graphql.execution.collect_fields import FragmentDetails
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from execution.operations import Operation, Operations
from execution.trace import trace_of

MOST_BYTES = 8_000_000  # of text that is kept; the tree of a document is some thirty times that size
LEAST_BYTES = 16_000  # that a document counts for, so that not more than 500 are kept
NO_NAME = "Must provide operation name if query contains multiple operations."


@dataclass(eq=False)
class Document:
    """A document that was parsed: its operations by name, its fragments, and what is wrong with it."""

    node: DocumentNode
    errors: list[GraphQLError]
    operations: dict[str | None, OperationDefinitionNode] = field(default_factory=dict)
    fragments: dict[str, FragmentDetails] = field(default_factory=dict)
    definitions: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    _known: dict[str | None, Operation] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for definition in self.node.definitions:
            if isinstance(definition, OperationDefinitionNode):
                self.operations[definition.name.value if definition.name else None] = definition
            elif isinstance(definition, FragmentDefinitionNode):
                self.definitions[definition.name.value] = definition
                self.fragments[definition.name.value] = FragmentDetails(definition)

    def operation(self, schema: GraphQLSchema, name: str | None, operations: Operations) -> Operation | None:
        """The operation of this name, as `operations` knows it; without a name the only one there is.

        None where there is no such.
        """
        known = self._known.get(name)
        if known is None:
            node = self.operations.get(name)
            if name is None:
                node = next(iter(self.operations.values())) if len(self.operations) == 1 else None
            if node is None:
                return None
            known = self._known[name] = operations.of(schema, node, self.definitions)
        return known


class Documents:
    """The documents seen last."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._known: LRUCache[str, Document] = LRUCache(most_bytes, lambda known: _size(known.node))

    def known(self, text: str) -> Document | None:
        """The document of this text if it was seen before."""
        return self._known.get(text)

    def of(self, schema: GraphQLSchema, text: str) -> Document:
        """The document of this text. Raises GraphQLError where it cannot be parsed."""
        known = self._known.get(text)
        if known is None:
            node = parse(text)
            known = Document(node, validate_document(schema, node, tuple(specified_rules)))
            if _size(node) <= self._known.maxsize:
                self._known[text] = known
        return known


def _size(node: DocumentNode) -> int:
    return max(LEAST_BYTES, len(node.loc.source.body) if node.loc else 0)


def _again(error: GraphQLError) -> GraphQLError:
    """The error once more: one that is kept must not take up what a request adds to its own."""
    place = error.nodes, error.source, error.positions
    return GraphQLError(error.message, *place, error.path, error.original_error, error.extensions)


def document_cache(documents: Documents) -> type[SchemaExtension]:
    """A Strawberry extension that takes documents from there, and insists on a name where there are several."""

    class DocumentCache(SchemaExtension):
        def on_parse(self) -> Iterator[None]:
            context: Any = self.execution_context
            if context.query and context.graphql_document is None:
                if trace := trace_of(context.context):
                    trace.is_document_cached = documents.known(context.query) is not None
                context.graphql_document = documents.of(context.schema._schema, context.query).node
            yield

        def on_validate(self) -> Iterator[None]:
            context: Any = self.execution_context
            document = documents.known(context.query or "")
            if document is not None and document.node is context.graphql_document:
                context.pre_execution_errors = list(map(_again, document.errors))
                if len(document.operations) > 1 and context._provided_operation_name is None:
                    context.pre_execution_errors.append(GraphQLError(NO_NAME))
            yield

    return DocumentCache
