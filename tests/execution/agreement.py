"""Runs an operation on graphql-core's executor and on ours: what each answered, after saying whether they agree.

Ours must give the same data in the same order of keys. Where several fields at once null the same parent, which
error is told may differ; so ours is held against what graphql-core tells when no null is propagated.
"""

from __future__ import annotations

import asyncio
import gc
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy, deepcopy
from inspect import isawaitable
from typing import Any

import strawberry
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, build_schema, execute, parse
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as StrawberryExecutor

from execution.engine import BreadthFirstExecutor

Told = tuple[Any, list[str]]


class Unpropagated(StrawberryExecutor):
    """graphql-core where a null stays in its place: it tells every error that there is."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.error_propagation = False


def schema_of(sdl: str, resolvers: dict[str, Callable[..., Any]] | None = None) -> GraphQLSchema:
    """A schema from its text, and what resolves its fields: `{"Hero.name": function}`."""
    schema = build_schema(sdl)
    for name, resolve in (resolvers or {}).items():
        type_name, field_name = name.split(".")
        schema.type_map[type_name].fields[field_name].resolve = resolve
    return schema


def watched() -> tuple[type[BreadthFirstExecutor], list[str]]:
    """Our executor, and the list of reasons for which it will have left operations to graphql-core."""
    reasons: list[str] = []
    return type("Watched", (BreadthFirstExecutor,), {"on_fallback": staticmethod(reasons.append)}), reasons


async def both(schema: GraphQLSchema | strawberry.Schema, query: str, **request: Any) -> Told:
    """What ours told, as data and `path: message` of each error, by path; see `agreed`."""
    return told(await agreed(schema, query, **request))


async def agreed(
    schema: GraphQLSchema | strawberry.Schema, query: str, *, falls_back: bool = False, **request: Any
) -> ExecutionResult:
    """What ours answered, having found it to agree with graphql-core.

    `request` is as `graphql.execute` has it; `root_value` and `context_value` may be functions that make a new one
    for each run. `falls_back` says that the operation is to be left to graphql-core.
    """
    executor, reasons = watched()
    plain = await ran(schema, query, StrawberryExecutor, **request)
    unpropagated = await ran(schema, query, Unpropagated, **request)
    await settled()
    before = asyncio.all_tasks()
    ours = await ran(schema, query, executor, **request)
    assert asyncio.all_tasks() == before, "tasks left behind"
    assert bool(reasons) is falls_back, f"left to graphql-core: {reasons}"
    assert json.dumps(ours.data, default=repr) == json.dumps(plain.data, default=repr)
    assert (ours.errors is None) == (plain.errors is None)
    _agree(ours, unpropagated)
    return ours


async def ran(schema: GraphQLSchema | strawberry.Schema, query: str, executor: type, **request: Any) -> ExecutionResult:
    """What one executor answered."""
    for name in ("root_value", "context_value"):
        if callable(request.get(name)):
            request[name] = request[name]()
    request["variable_values"] = deepcopy(request.get("variable_values"))
    if isinstance(schema, strawberry.Schema):
        return await on(schema, executor).execute(query, **request)
    result = execute(schema, parse(query), executor_class=executor, is_awaitable=optimized_is_awaitable, **request)
    return await result if isawaitable(result) else result


def on(schema: strawberry.Schema, executor: type) -> strawberry.Schema:
    """The same Strawberry schema, run by another executor."""
    other = copy(schema)
    other.execution_context_class = executor
    other.process_errors = lambda _errors, _context=None: None  # the log would keep what the errors hold
    return other


def told(result: ExecutionResult) -> Told:
    """Data, and `path: message` of each error, by path."""
    return result.data, sorted(f"{path_of(error)}: {error.message}" for error in result.errors or ())


def path_of(error: GraphQLError) -> str:
    """Where the error stands, as `heroes.0.name`; nothing where it has no path."""
    return ".".join(map(str, error.path or ()))


@contextmanager
def never_awaited() -> Iterator[list[str]]:
    """What Python says of coroutines that were begun and left, when the block is over."""
    left: list[str] = []
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        yield left
        gc.collect()
    left += [str(one.message) for one in noted if "never awaited" in str(one.message)]


async def settled() -> None:
    """Wait until graphql-core's background work is done, so that it is not taken for ours."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=1)


def _agree(ours: ExecutionResult, unpropagated: ExecutionResult) -> None:
    errors, possible = ours.errors or [], unpropagated.errors or []
    known = [_facts(error) for error in possible]
    for error in errors:
        assert _facts(error) in known, f"graphql-core knows no such error: {_facts(error)}, but {known}"
        assert error.path is None or _is_nulled(ours.data, error.path), f"an error beside its null: {error!r}"
    paths = [tuple(error.path) for error in errors if error.path is not None]
    assert len(paths) == len(set(paths)), f"two errors of one position: {errors}"
    for null in nulls_of(ours.data):
        if any(tuple(error.path or ())[: len(null)] == null for error in possible):
            assert any(path[: len(null)] == null for path in paths) or not paths, (
                f"no error tells of the null at {null}"
            )


def _facts(error: GraphQLError) -> str:
    return json.dumps(error.formatted, sort_keys=True, default=repr)


def _is_nulled(data: Any, path: list[str | int]) -> bool:
    for key in path:
        if data is None:
            return True
        data = data[key]
    return data is None


def nulls_of(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every null."""
    if data is None:
        yield path
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from nulls_of(value, (*path, key))
