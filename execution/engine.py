"""The fast path behind graphql-core's interface: an execution context for any Strawberry or graphql-core schema.

`strawberry.Schema(..., execution_context_class=BreadthFirstExecutor)` executes breadth-first whatever comes in;
`graphql.execute(..., executor_class=BreadthFirstExecutor)` likewise. A subclass sets what differs by application.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, ClassVar

import orjson
from graphql import ExecutionResult, GraphQLError, OperationType
from graphql.execution.values import VariableValues
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution.encode import encoded
from execution.loop import Run
from execution.operations import PLANS_OF_ONE, Operation, Operations
from execution.plan import DEFINITION, Planner, SelectionPlan
from execution.trace import Trace


class BreadthFirstExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes an operation level by level; what it does not take, graphql-core does.

    `native` names the scalars that the encoder writes as rows hold them (execution/encode.py). `on_fallback` is
    called whenever an operation is left to graphql-core.
    """

    native: ClassVar[frozenset[str]] = frozenset()
    operations: ClassVar[Operations] = Operations()

    def execute_operation(self, serially: bool | None = None) -> Any:
        """The result, or an awaitable of it where a loop runs."""
        planned = self.planned()
        if planned is None or serially not in (None, self._is_mutation):
            return super().execute_operation(serially)
        answering = self._result(planned)
        return answering if asyncio._get_running_loop() is not None else _at_once(answering)

    @staticmethod
    def on_fallback(reason: str) -> None:
        """Called whenever an operation is left to graphql-core."""

    def planned(self) -> tuple[Planner, SelectionPlan] | None:
        """How the fast path goes; None where graphql-core is to execute, which is counted."""
        operation = self.operations.of(self.schema, self.operation, self.fragment_definitions)
        fallback = operation.fallback or self._foreign()
        if fallback is None:
            try:
                return self._plan(operation)
            except (GraphQLError, RecursionError):  # graphql-core says it best
                fallback = "no plan"
        if self.trace:
            self.trace.fallback = fallback
        self.on_fallback(fallback)
        return None

    async def answered(self, planned: tuple[Planner, SelectionPlan]) -> ExecutionResult:
        """The result as the encoder takes it."""
        planner, plan = planned
        run = Run(self, planner, self.trace)
        answering = run.answered_in_series if self._is_mutation else run.answered
        data = await answering(plan, self.root_value)
        return ExecutionResult(data, run.errors or None)

    @property
    def trace(self) -> Trace | None:
        """Where the context wants to know what was done."""
        return getattr(self.context_value, "trace", None)

    async def _result(self, planned: tuple[Planner, SelectionPlan]) -> ExecutionResult:
        result = await self.answered(planned)
        data = orjson.loads(encoded(result.data)) if self.native else result.data
        return ExecutionResult(data, result.errors)

    def _foreign(self) -> str | None:
        """Why graphql-core is to execute, apart from the text of the operation."""
        if self.middleware_manager is not None and self.middleware_manager.middlewares:
            return "middleware"
        if self.schema.get_root_type(self.operation.operation) is None:
            return "no root type"
        return "abort signal" if self.abort_signal is not None or self.hooks is not None else None

    @property
    def _is_mutation(self) -> bool:
        return self.operation.operation is OperationType.MUTATION

    def _plan(self, operation: Operation) -> tuple[Planner, SelectionPlan]:
        values = self.variable_values.coerced
        key = tuple(values.get(name) for name in operation.conditions)
        planner = operation.planners.get(key)
        if self.trace:
            self.trace.is_plan_cached = planner is not None
        if planner is None:
            planner = self._planner(operation)
            if len(operation.planners) < PLANS_OF_ONE:
                operation.planners[key] = planner
        return planner, planner.root

    def _planner(self, operation: Operation) -> Planner:
        known = self.variable_values
        conditions = VariableValues(
            {name: known.sources[name] for name in operation.conditions if name in known.sources},
            {name: known.coerced[name] for name in operation.conditions if name in known.coerced},
        )
        served = self.schema.extensions.get(DEFINITION)
        scalars = served.schema_converter.scalar_registry if served else {}
        return Planner(
            self.schema, self.operation, self.fragments, self.fragment_definitions, conditions, self.native,
            served.config if served else None, scalars,
        )  # fmt: skip


def _at_once(answering: Coroutine[Any, Any, ExecutionResult]) -> ExecutionResult:
    """The result of what does not wait, where no loop runs."""
    try:
        answering.send(None)
    except StopIteration as done:
        result: ExecutionResult = done.value
        return result
    answering.close()
    raise RuntimeError("the operation has to wait for something; execute it where an event loop runs")
