"""Stage: documents. The text of a request, parsed and checked once; what is known is kept within bounds.

A) its length, before it is read.  B) its tokens, while it is read, comments counted.  C) what its fields and fragments
amount to, before they are looked at one by one.  D) whether it is valid.  E) whether fields that are one agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    parse,
    specified_rules,
    validate,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.validation.validate import ValidationAbortedError
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from errors import LimitError
from execution.caches import BoundedCache, CacheLimits, bytes_of
from execution.counting import WORK, Counting, is_circular
from execution.limits import (
    CHARACTERS,
    SELECTIONS,
    TOKENS,
    DocumentLimits,
    check_input,
    check_tokens,
    more_errors,
    refused,
)
from execution.merging import Conflicts, Merging, WorkExceeded
from execution.operations import Operation, Operations
from execution.trace import trace_of

MOST_REFUSED = 100  # documents that could not be parsed or are not valid; they are asked for twice, once by each route
MOST_CHARACTERS = 500  # of an error's text, which repeats names of the document
TOO_DEEP = "The document's fragments stand in each other too deeply."
NO_NAME = "Must provide operation name if query contains multiple operations."
VALIDATION = (
    *(rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule),  # which takes too long; E
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)


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
    """The documents seen last. Those that are refused are kept apart, lest they drive out the others."""

    def __init__(self, limits: DocumentLimits | None = None, caches: CacheLimits | None = None) -> None:
        self.limits, caches = limits or DocumentLimits(), caches or CacheLimits()
        self._known: BoundedCache[Document] = BoundedCache(
            caches.cached_documents, caches.cached_document_bytes, lambda known: bytes_of(known.node)
        )
        self._refused: BoundedCache[Document | GraphQLError] = BoundedCache(
            MOST_REFUSED, caches.cached_document_bytes // 4, _bytes_of_refused
        )

    @property
    def count(self) -> int:
        """How many are kept."""
        return len(self._known)

    def known(self, text: str) -> Document | None:
        """The document of this text if it was seen before."""
        return self._known.get(text)

    def of(self, schema: GraphQLSchema, text: str) -> Document:
        """The document of this text, with what is wrong with it. Raises GraphQLError where it cannot be parsed."""
        known: Document | GraphQLError | None = self._known.get(text) or self._refused.get(text)
        if known is None:
            known = self._read(schema, text)
            if isinstance(known, Document) and not known.errors:
                self._known[text] = known
            else:
                self._refused[text] = known
        if isinstance(known, GraphQLError):
            raise _again(known)
        return known

    def _read(self, schema: GraphQLSchema, text: str) -> Document | GraphQLError:
        try:
            CHARACTERS.check(len(text), self.limits)  # A
            document = Document(parsed(text, self.limits), [])
        except LimitError as error:
            return refused(error)
        except GraphQLSyntaxError as error:
            return shortened(_again(error))  # without the stack, which holds all that was parsed
        try:
            document.errors += self._errors(schema, document)
        except LimitError as error:
            document.errors.append(refused(error))
        return document

    def _errors(self, schema: GraphQLSchema, document: Document) -> list[GraphQLError]:
        """What is wrong with the document. Raises LimitError."""
        check_tokens(document.node, self.limits)
        merging = Merging(schema, document.definitions, self.limits.document_selections * WORK)
        if not is_circular(document.definitions):  # which validation will tell
            counting = Counting(merging, self.limits)
            for operation in document.operations.values():  # C
                counting.check(operation)
        return invalid(schema, document.node, self.limits) or self._conflicts(document, merging)

    def _conflicts(self, document: Document, merging: Merging) -> list[GraphQLError]:  # E
        conflicts = Conflicts(merging, self.limits.errors_listed)
        try:
            for operation in document.operations.values():
                conflicts.look(merging.root(operation))
        except WorkExceeded:
            SELECTIONS.check(self.limits.document_selections * WORK, self.limits)
        return conflicts.errors


def parsed(text: str, limits: DocumentLimits) -> DocumentNode:
    """The document of a text. Raises GraphQLSyntaxError, and LimitError where it has too many tokens."""
    try:
        return parse(text, max_tokens=limits.document_tokens)  # B
    except GraphQLSyntaxError as error:
        if error.message.endswith(f" {limits.document_tokens} tokens. Parsing aborted."):
            TOKENS.check(limits.document_tokens + 1, limits)
        raise


def invalid(schema: GraphQLSchema, node: DocumentNode, limits: DocumentLimits) -> list[GraphQLError]:  # D
    """What validation has against a document: so many errors as are listed, and one that says if there are more."""
    errors = validate(schema, node, VALIDATION, max_errors=limits.errors_listed)
    if errors and isinstance(errors[-1], ValidationAbortedError):
        errors[-1] = more_errors(limits) if len(errors) > limits.errors_listed else GraphQLError(TOO_DEEP)
    return list(map(shortened, errors))


def shortened(error: GraphQLError) -> GraphQLError:
    """The error with no more of the document's text than helps."""
    if len(error.message) <= MOST_CHARACTERS:
        return error
    text = f"{error.message[:MOST_CHARACTERS]} …"
    return GraphQLError(text, error.nodes, error.source, error.positions, error.path, error.original_error)


def _bytes_of_refused(known: Document | GraphQLError) -> int:
    if isinstance(known, Document):
        return bytes_of(known.node)
    return len(known.source.body) if known.source else 0


def _again(error: GraphQLError) -> GraphQLError:
    """The error once more: one that is kept must not take up what a request adds to its own."""
    place = error.nodes, error.source, error.positions
    return GraphQLError(error.message, *place, error.path, error.original_error, error.extensions)


def document_cache(documents: Documents) -> type[SchemaExtension]:
    """A Strawberry extension that takes documents from there, and insists on a name where there are several."""

    class DocumentCache(SchemaExtension):
        document: Document | None = None

        def on_parse(self) -> Iterator[None]:
            context: Any = self.execution_context
            if context.query and context.graphql_document is None:
                if trace := trace_of(context.context):
                    trace.is_document_cached = documents.known(context.query) is not None
                self.document = documents.of(context.schema._schema, context.query)
                context.graphql_document = self.document.node
            yield

        def on_validate(self) -> Iterator[None]:
            context: Any = self.execution_context
            if self.document is not None and self.document.node is context.graphql_document:
                context.pre_execution_errors = list(map(_again, self.document.errors))
                if len(self.document.operations) > 1 and context._provided_operation_name is None:
                    context.pre_execution_errors.append(GraphQLError(NO_NAME))
                try:
                    check_input(context.variables, documents.limits)
                except LimitError as error:
                    context.pre_execution_errors.append(refused(error))
            yield

        def get_results(self) -> dict[str, Any]:
            """What the executor says besides data and errors."""
            return getattr(self.execution_context.result, "extensions", None) or {}

    return DocumentCache
