"""The fast path behind graphql-core's interface: an execution context for any Strawberry or graphql-core schema.

`strawberry.Schema(..., execution_context_class=BreadthFirstExecutor)` executes breadth-first whatever comes in;
`graphql.execute(..., executor_class=BreadthFirstExecutor)` likewise. A subclass sets what differs by application.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from functools import cached_property
from typing import Any, ClassVar

import orjson
from graphql import ExecutionResult, GraphQLLeafType, OperationType
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from errors import LimitError
from execution.costs import Quote
from execution.encode import encoded
from execution.limits import DocumentLimits, more_errors, refused
from execution.listing import Listing, listed
from execution.loop import Run
from execution.operations import Operation, Operations
from execution.plan import Planner
from execution.sizes import Size
from execution.telling import tells_cost, told
from execution.trace import trace_of
from execution.waiting import Rest, begin


class BreadthFirstExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes an operation level by level; what it does not take, graphql-core does.

    `native` gives the scalars that the encoder writes as rows hold them, and of which class (execution/encode.py).
    `on_fallback` is called whenever an operation is left to graphql-core.
    """

    native: ClassVar[Mapping[str, type]] = {}
    operations: ClassVar[Operations] = Operations()
    errors_listed: ClassVar[int | None] = None  # in an answer; None for all of them

    @classmethod
    def build(cls, *args: Any, **kwargs: Any) -> Any:
        """The executor; or what is wrong with the variables, no more of it than is listed."""
        built = super().build(*args, **kwargs)
        if not isinstance(built, list) or cls.errors_listed is None or len(built) <= cls.errors_listed:
            return built
        return [*built[: cls.errors_listed], more_errors(DocumentLimits(errors_listed=cls.errors_listed))]

    def execute_operation(self, serially: bool | None = None) -> Any:
        """The result, or an awaitable of it if something has to be waited for."""
        is_mutation = self.operation.operation is OperationType.MUTATION
        operation = self.operations.of(self.schema, self.operation, self.fragment_definitions)
        try:
            quote = operation.quote(self.variable_values)
        except LimitError as error:
            return ExecutionResult(None, [refused(error)])
        planner = self._planner(operation) if serially in {None, is_mutation} else "asked for another order"
        trace = trace_of(self.context_value)
        if isinstance(planner, str):
            self.on_fallback(planner)
            if trace:
                trace.fallback = planner
            return self._told(super().execute_operation(serially), quote)
        listing = Listing(self.errors_listed)
        limits = self.operations.limits
        run = Run(
            self.context_value, self.variable_values, planner, lambda: self, listing, quote, limits, is_eager=True
        )
        result = begin(self._result(run))
        return _later(result) if isinstance(result, Rest) else result

    @cached_property
    def size(self) -> Size:
        """The bytes of graphql-core's answer so far."""
        return Size(self.operations.limits)

    def complete_leaf_value(self, return_type: GraphQLLeafType, result: Any) -> Any:  # type: ignore[override]
        """graphql-core's, its bytes counted."""
        value = super().complete_leaf_value(return_type, result)
        if isinstance(value, (str, dict, list)):
            self.size.add(len(value) if isinstance(value, str) else len(encoded(value)))
        return value

    @staticmethod
    def on_fallback(reason: str) -> None:
        """Called whenever an operation is left to graphql-core."""

    async def _result(self, run: Run) -> ExecutionResult:
        result = await run.result(self.root_value)
        data = orjson.loads(encoded(result.data)) if self.native else result.data
        return ExecutionResult(data, result.errors, result.extensions)

    def _told(self, result: Any, quote: Quote | None) -> Any:
        """graphql-core's result, or an awaitable of it, with what we say of errors and costs."""
        if self.is_awaitable(result):
            return self._told_later(result, quote)
        if not isinstance(result, ExecutionResult):
            return result
        if self.size.is_passed:
            return ExecutionResult(None, [refused(self.size.refusal())])
        result = listed(result, self.errors_listed)
        if quote and tells_cost(self.context_value):
            result.extensions = {**(result.extensions or {}), **told(quote, None)}
        return result

    async def _told_later(self, coming: Any, quote: Quote | None) -> Any:
        return self._told(await coming, quote)

    def _planner(self, operation: Operation) -> Planner | str:
        """What plans the operation; or why graphql-core is to execute it."""
        fallback = operation.fallback or self._foreign()
        if fallback is not None:
            return fallback
        if operation.is_odd(self.variable_values):
            return "no plan"
        planner = operation.planner(
            self.variable_values,
            self.fragments,
            self.native,
            trace_of(self.context_value),
            hides_suggestions=self.hide_suggestions,
        )
        return planner or "no plan"

    def _foreign(self) -> str | None:
        """Why graphql-core is to execute, apart from the text of the operation."""
        if self.middleware_manager is not None and self.middleware_manager.middlewares:
            return "middleware"
        return "abort signal" if self.abort_signal is not None or self.hooks is not None else None


def _later(rest: Rest[ExecutionResult]) -> Coroutine[Any, Any, ExecutionResult]:
    """An awaitable of the result, to be awaited where an event loop runs."""
    if asyncio._get_running_loop() is None:
        rest.close()
        raise RuntimeError("the operation has to wait for something; execute it where an event loop runs")

    async def result() -> ExecutionResult:
        return await rest

    return result()
