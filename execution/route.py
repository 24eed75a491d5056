"""The hot path: from what a request asks straight to its result, breadth-first.

Whatever cannot be answered that way without an error before execution is left to graphql-core: introspection, and
documents and variables with errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import ExecutionResult, GraphQLSchema, OperationType, default_field_resolver, default_type_resolver
from strawberry.execution import optimized_is_awaitable

from errors import LimitError
from execution.documents import Document, Documents
from execution.engine import BreadthFirstExecutor
from execution.listing import Listing
from execution.loop import Run
from execution.trace import trace_of
from execution.variables import variable_values


@dataclass(frozen=True)
class Asked:
    """What a request asks for."""

    text: str
    variables: Mapping[str, Any]
    operation_name: str | None
    only_reads: bool = False  # whether it must be a query, as one by GET


@dataclass(frozen=True, eq=False)
class HotPath:
    """Answers what plainly can be answered breadth-first."""

    schema: GraphQLSchema
    executor: type[BreadthFirstExecutor]
    documents: Documents

    async def result(self, asked: Asked, context: Any) -> ExecutionResult | None:
        """The result; None for what graphql-core is to answer."""
        trace = trace_of(context)
        document = self.documents.known(asked.text)
        if trace:
            trace.is_document_cached = document is not None
        if document is None:
            try:
                document = self.documents.of(self.schema, asked.text)
            except Exception:
                return None  # graphql-core says what is wrong with it
        run = None if document.errors else self._run(document, asked, context)
        return None if run is None else await run.result(None)

    def _run(self, document: Document, asked: Asked, context: Any) -> Run | None:
        operation = document.operation(self.schema, asked.operation_name, self.executor.operations)
        if operation is None or operation.fallback:
            return None
        node = operation.node
        if asked.only_reads and node.operation is not OperationType.QUERY:
            return None
        variables = variable_values(self.schema, node, operation.signatures, asked.variables, self.documents.limits)
        if isinstance(variables, list):
            return None
        try:
            quote = operation.quote(variables)
        except LimitError:
            return None  # the other application says which
        planner = operation.planner(variables, document.fragments, self.executor.native, trace_of(context))
        if planner is None:
            return None
        executor = partial(
            self.executor, self.schema, document.definitions, document.fragments, None, context, node, variables,
            default_field_resolver, default_type_resolver, default_field_resolver, is_awaitable=optimized_is_awaitable,
        )  # fmt: skip
        return Run(
            context, variables, planner, executor, Listing(self.executor.errors_listed), quote, self.documents.limits
        )
