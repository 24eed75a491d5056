"""One operation on both executors, and in which way their answers disagree, if they do.

They agree when the data is the same to the byte, so with the same order of keys, and the errors are such as
graphql-core gives with error propagation disabled: none that it does not give; all that lie below no propagated
null; and below each propagated null at least one.
"""

from __future__ import annotations

import gc
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
from graphql import (
    DirectiveNode,
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    NameNode,
    OperationDefinitionNode,
    execute,
)
from graphql.execution import Executor
from strawberry.execution import optimized_is_awaitable
from strawberry.schema import Schema
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution.documents import Documents
from execution.encode import encoded
from execution.route import Asked, HotPath
from tests.differential.operations import Operation

NO_PROPAGATION = "experimental_disableErrorPropagation"
Place = tuple[str | int, ...]  # of a value in an answer
ErrorKey = tuple[Place | None, str]


def encode(data: Any) -> bytes:
    """Data as it is sent: `execution.encode` where the engine leaves objects in it that only the encoder writes."""
    return orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS)


@dataclass
class Requests:
    """Where operations run: the schema, and how a request's context is made; each run has a fresh one.

    `effects` tells what a run did to its context, for operations that do something. `way` is how ours are executed:
    as graphql-core calls an executor, as Strawberry does, or as HTTP does.
    """

    schema: Schema
    context: Callable[[], Any]
    effects: Callable[[Any], Any] = lambda _context: None
    way: str = "executed"
    documents: Documents = field(default_factory=Documents)


@dataclass
class Answer:
    """What one executor answered."""

    data: Any
    errors: list[GraphQLError]
    effects: Any = None

    def keys(self) -> list[ErrorKey]:
        """Path and message of each error."""
        return [(tuple(one.path) if one.path is not None else None, one.message) for one in self.errors]


@dataclass
class Comparison:
    """Both answers, and every disagreement, in words."""

    ours: Answer
    expected: Answer
    propagated: list[Place] = field(default_factory=list)
    disagreements: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    most_errors: int = 0


async def compared(requests: Requests, operation: Operation, document: DocumentNode) -> Comparison:
    """The operation on both executors."""
    expected = await executed(requests, operation, document, StrawberryGraphQLCoreExecutionContext)
    try:
        with left_undone() as undone:
            ours = await WAYS[requests.way](requests, operation, document)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        return Comparison(Answer(None, []), expected, [], [f"raised: {type(error).__name__} {error!s:.200} ({where})"])
    found = Comparison(ours, expected)
    found.disagreements += sorted({f"left undone: {one.message}" for one in undone})
    if operation.kind == "mutation" and ours.effects != expected.effects:
        found.disagreements.append(f"the effects differ: {ours.effects} instead of {expected.effects}")
    if ours.errors or expected.errors:
        unpropagated = without_propagation(document)
        everything = await executed(requests, operation, unpropagated, StrawberryGraphQLCoreExecutionContext)
        found.propagated = list(propagated_nulls(expected.data, everything.data))
        found.disagreements += _disagreements_of_errors(found, everything)
        found.most_errors = len(everything.errors)
        found.details = details_that_differ(ours, everything.errors)
    if encode(ours.data) != encode(expected.data):
        found.disagreements.append("the data differs")
    return found


@contextmanager
def left_undone() -> Iterator[list[warnings.WarningMessage]]:
    """What is warned of meanwhile, such as coroutines that nobody awaited; not those of earlier executions."""
    gc.disable()
    try:
        with patch("execution.caches.BYTES_TO_COLLECT", inf), warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            yield warned
    finally:
        gc.enable()


async def served(requests: Requests, operation: Operation, _document: DocumentNode) -> Answer:
    """What Strawberry answers, parser and validation included."""
    context = requests.context()
    result = await requests.schema.execute(
        operation.text,
        variable_values=operation.variables,
        context_value=context,
        operation_name=operation.name,
    )
    return Answer(result.data, list(result.errors or ()), requests.effects(context))


async def posted(requests: Requests, operation: Operation, document: DocumentNode) -> Answer:
    """What the hot path answers; what that leaves to others is executed."""
    context = requests.context()
    executor: Any = requests.schema.execution_context_class
    hot = HotPath(requests.schema._schema, executor, requests.documents)
    result = await hot.result(Asked(operation.text, operation.variables or {}, operation.name), context)
    if result is None:
        return await executed(requests, operation, document)
    data = orjson.loads(encoded(result.data))
    return Answer(data, list(result.errors or ()), requests.effects(context))


async def executed(
    requests: Requests, operation: Operation, document: DocumentNode, executor: type[Executor] | None = None
) -> Answer:
    """What an executor answers, the schema's own if none is named, called as Strawberry calls it."""
    context = requests.context()
    result: Any = execute(
        requests.schema._schema,
        document,
        variable_values=operation.variables,
        operation_name=operation.name,
        context_value=context,
        is_awaitable=optimized_is_awaitable,
        executor_class=executor or requests.schema.execution_context_class,
    )
    if not isinstance(result, ExecutionResult):
        result = await result
    return Answer(result.data, list(result.errors or ()), requests.effects(context))


WAYS = {"executed": executed, "served": served, "posted": posted}


def without_propagation(document: DocumentNode) -> DocumentNode:
    """The same document, whose nulls stay where they are."""
    directive = DirectiveNode(name=NameNode(value=NO_PROPAGATION), arguments=())
    definitions = []
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            given = {key: getattr(one, key) for key in one.keys}
            given["directives"] = (*(one.directives or ()), directive)
            definitions.append(OperationDefinitionNode(**given))
        else:
            definitions.append(one)
    return DocumentNode(definitions=tuple(definitions))


def propagated_nulls(data: Any, everything: Any, path: Place = ()) -> Iterator[Place]:
    """Where there is null because of an error further down: `everything` has what would stand there otherwise."""
    if data is None:
        if everything is not None:
            yield path
    elif isinstance(data, dict) and isinstance(everything, dict):
        for key, value in data.items():
            yield from propagated_nulls(value, everything.get(key), (*path, key))
    elif isinstance(data, list) and isinstance(everything, list):
        for index, (one, other) in enumerate(zip(data, everything, strict=False)):
            yield from propagated_nulls(one, other, (*path, index))


def _disagreements_of_errors(found: Comparison, everything: Answer) -> Iterator[str]:
    given, possible = found.ours.keys(), set(everything.keys())
    for extra in sorted(set(given) - possible, key=repr):
        yield f"an error that graphql-core does not give: {extra}"
    if len(given) != len(set(given)):
        yield f"an error twice: {sorted({one for one in given if given.count(one) > 1}, key=repr)}"
    for needed in sorted(possible - set(given), key=repr):
        if not any(_is_below(needed[0], null) for null in found.propagated):
            yield f"an error is missing: {needed}"
    for null in found.propagated:
        if not any(_is_below(path, null) for path, _ in given):
            yield f"no error for the propagated null at {null}"


def _is_below(path: Place | None, null: Place) -> bool:
    return path is not None and path[: len(null)] == null


def details_that_differ(ours: Answer, everything: list[GraphQLError]) -> list[str]:
    """Beyond path and message: where errors stand in the document, and what raised them."""
    known = {(tuple(one.path or ()), one.message): one for one in everything}
    differing = []
    for one in ours.errors:
        other = known.get((tuple(one.path or ()), one.message))
        if other is None:
            continue
        for name, mine, theirs in (
            ("locations", one.locations, other.locations),
            ("extensions", one.extensions, other.extensions),
            ("cause", type(one.original_error).__name__, type(other.original_error).__name__),
        ):
            if mine != theirs:
                differing.append(f"{name} of {one.path} {one.message!r}: {mine} instead of {theirs}")
    return differing
