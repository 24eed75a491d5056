"""Stage: complete. The values of one field, for all its parents, become leaves and objects. Source: GraphQL, 6.4.3.

Values come as one list. A) what is null or failed keeps its place and the rest goes on.  B) lists are laid end to end,
so that the objects of all parents are one list again.  C) leaves are written.  D) objects become a frame of the next
level; those of an abstract type one frame for each concrete type.  What comes back is a function that gives the
completed values, to be called when the frames below are built: each step undoes what it did to the list.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, islice
from types import GeneratorType
from typing import Any, Protocol

import orjson
from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    Undefined,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.executor import Executor, invalid_return_type_error
from graphql.pyutils import Path, is_iterable

from execution.encode import encoded
from execution.faults import Fault
from execution.leaves import AS_THEY_ARE
from execution.plan import FieldPlan, Planner, SelectionPlan
from execution.sizes import Size
from execution.waiting import HANDOVER

Values = Sequence[Any]
Assembly = Callable[[], list[Any]]
Where = Callable[[int], Path | None]  # the path of a value in the answer, by its place in the list
ABSENT = (type(None), type(Undefined))


@dataclass(frozen=True, eq=False)
class Owners:
    """By whom objects were found: objects `on` a type, by their id, which the objects found hold in `column`."""

    on: GraphQLObjectType
    column: str
    by_id: Mapping[Any, Any]


@dataclass(eq=False)
class Frame:
    """Objects of one type at one place of the document: each becomes a dict when all below them is there.

    `kind` is the class of the objects, if they are rows of one class; `fields` are those that are not written inline.
    """

    plan: SelectionPlan
    sources: Values
    where: Where
    assemblies: list[Assembly] = field(default_factory=list)
    built: list[Any] = field(default_factory=list)
    owners: Owners | None = None
    times: float = 1  # how often each of the objects stands in the answer, on average

    def __post_init__(self) -> None:
        self.kind = kind_of(self.sources)
        self.fields = self.plan.outer if self.kind else self.plan.resolved


class HasExecutor(Protocol):
    """What can give graphql-core's executor, should it be needed, and counts the bytes of the answer."""

    @property
    def executor(self) -> Executor[Any]: ...
    @property
    def size(self) -> Size: ...


@dataclass(eq=False)
class Completing:
    """The completion of one field's values; `frames` takes the objects that are to be gone on with."""

    run: HasExecutor
    planner: Planner
    plan: FieldPlan
    lost: Callable[[], None]
    owners: Owners | None = None
    shared_by: float = 1  # how many parents have each of the values, on average
    times: float = 1  # how often each of the parents stands in the answer
    frames: list[Frame] = field(default_factory=list)
    has_waited: bool = False

    async def completed(self, of: GraphQLOutputType, values: Values, where: Where) -> Assembly:
        """Gives the values completed as the type says; a fault stands for each that could not be."""
        is_required = is_non_null_type(of)
        bare: Any = get_nullable_type(of)
        kinds = set(map(type, values))
        if not any(kind in ABSENT or issubclass(kind, (Exception, Fault)) for kind in kinds):
            return await self._present(bare, values, where)
        kept = [place for place, value in enumerate(values) if not _is_absent(value)]  # A
        others = [_fault_or_none(value) for value in values]
        if is_required or any(others):
            self.lost()
        inner = await self._present(bare, [values[place] for place in kept], _at(where, kept))
        return lambda: _scattered(others, kept, inner())

    async def _present(self, of: Any, values: Values, where: Where) -> Assembly:
        if not values:
            return list
        if is_list_type(of):
            return await self._lists(of.of_type, values, where)
        if is_leaf_type(of):
            written = self._measured(of, self._leaves(of, values))
            return lambda: written
        if is_abstract_type(of):
            return await self._abstract(of, values, where)
        return await self._objects(of, values, where)

    async def _lists(self, of: GraphQLOutputType, values: Values, where: Where) -> Assembly:  # B
        lists: Values = values
        if not set(map(type, values)) <= {list, tuple}:
            lists = [self._listed(value) for value in values]
            lists = await self.awaited(lists)
            if any(isinstance(one, Exception) for one in lists):
                return await self._some_lists(of, lists, where)
        items = await self.awaited(list(chain.from_iterable(lists)))
        sizes = list(map(len, lists))
        assembly = await self.completed(of, items, _within_lists(sizes, where))
        return lambda: _split(assembly(), sizes)

    async def _some_lists(self, of: GraphQLOutputType, lists: Values, where: Where) -> Assembly:
        self.lost()
        others = [_fault_or_none(one) for one in lists]
        kept = [place for place, one in enumerate(others) if one is None]
        inner = await self._lists(of, [lists[place] for place in kept], _at(where, kept)) if kept else list
        return lambda: _scattered(others, kept, inner())

    def _listed(self, value: Any) -> Any:
        """The list, an awaitable of it, or why it is none."""
        try:
            if self.run.executor.is_async_iterable(value):
                return _collected(value)
            if is_iterable(value):
                return list(value)
        except Exception as error:
            return error
        name = f"{self.plan.parent}.{self.plan.nodes[0].name.value}"
        return GraphQLError(f"Expected Iterable, but did not find one for field '{name}'.")

    def _leaves(self, of: Any, values: Values) -> list[Any]:  # C
        if set(map(type, values)) == {AS_THEY_ARE.get(of.name)}:
            return list(values)
        return [self._leaf(of, value) for value in values]

    def _measured(self, of: Any, values: list[Any]) -> list[Any]:
        """The leaves, their bytes counted. JSON is encoded for it, which the encoder then need not do."""
        if of.name == "Boolean":
            return values
        count = sum(len(value) for value in values if type(value) is str)
        if self.planner.native.get(of.name) is object:
            count += self._encode(values)
        self.run.size.add(count * self.times * self.shared_by)
        return values

    def _encode(self, values: list[Any]) -> int:
        """Puts JSON as text in the place of lists and objects, as far as it is not too much; how many bytes it has."""
        count, room = 0, self.run.size.most - self.run.size.bytes
        for place, value in enumerate(values):
            if isinstance(value, (dict, list)) and count <= room:
                try:
                    text = encoded(value)
                except Exception as error:
                    values[place] = self.fault(error)
                else:
                    count += len(text)
                    values[place] = orjson.Fragment(text)
        return count

    def _leaf(self, of: Any, value: Any) -> Any:
        try:
            return Executor.complete_leaf_value(of, value)
        except Exception as error:
            return self.fault(error)

    async def _objects(self, of: GraphQLObjectType, values: Values, where: Where) -> Assembly:  # D
        if of.is_type_of is not None and not self.plan.is_trusted:
            answers = await self.awaited(
                [self._tried(of.is_type_of, value, place, where) for place, value in enumerate(values)]
            )
            wrong = [self._misfit(of, value, answer) for value, answer in zip(values, answers, strict=True)]
            if any(wrong):
                kept = [place for place, one in enumerate(wrong) if one is None]
                self.lost()
                inner = self._framed(of, [values[place] for place in kept], _at(where, kept))
                return lambda: _scattered(wrong, kept, inner())
        return self._framed(of, values, where)

    def _misfit(self, of: GraphQLObjectType, value: Any, answer: Any) -> Fault | None:
        if isinstance(answer, Exception):
            return Fault(answer)
        return None if answer else Fault(invalid_return_type_error(of, value, self.plan.details))

    def _framed(self, of: GraphQLObjectType, sources: Values, where: Where) -> Assembly:
        try:
            frame = Frame(self.planner.below(self.plan, of), sources, where, owners=self.owners, times=self.shared_by)
        except (GraphQLError, RecursionError) as error:  # of a condition that has no value
            faults = [self.fault(error) for _source in sources]
            return lambda: list(faults)
        self.frames.append(frame)
        return lambda: frame.built

    async def _abstract(self, of: Any, values: Values, where: Where) -> Assembly:
        resolve = of.resolve_type or self.run.executor.type_resolver
        names = [self._tried(resolve, value, place, where, of) for place, value in enumerate(values)]
        found = [self._concrete(of, name, value) for name, value in zip(await self.awaited(names), values, strict=True)]
        parts: list[tuple[list[int], Assembly]] = []
        for concrete in dict.fromkeys(one for one in found if isinstance(one, GraphQLObjectType)):
            places = [place for place, one in enumerate(found) if one is concrete]
            assembly = await self._objects(concrete, [values[place] for place in places], _at(where, places))
            parts.append((places, assembly))
        if any(isinstance(one, Fault) for one in found):
            self.lost()
        return lambda: _merged(found, parts)

    def _concrete(self, of: Any, name: Any, value: Any) -> GraphQLObjectType | Fault:
        try:
            if isinstance(name, Exception):
                raise name
            return self.run.executor.ensure_valid_runtime_type(name, of, self.plan.details, self.info(None), value)
        except Exception as error:
            return Fault(error)

    def _tried(self, function: Callable[..., Any], value: Any, place: int, where: Where, *more: Any) -> Any:
        try:
            return function(value, self.info(where(place)), *more)
        except Exception as error:
            return error

    def info(self, path: Path | None) -> GraphQLResolveInfo[Any]:
        """What graphql-core tells a resolver: of a field in a list the path without the place in it."""
        one = self.plan
        while path is not None and path.typename is None:
            path = path.prev
        path = path or Path(None, one.key, one.parent.name)
        return self.run.executor.build_resolve_info(one.definition, one.nodes, one.parent, path)

    def has_awaitable(self, values: Values) -> bool:
        """Whether one of the values is to be awaited."""
        if not any(map(_may_await, set(map(type, values)))):
            return False
        return any(map(self.run.executor.is_awaitable, values))

    async def awaited(self, values: list[Any]) -> list[Any]:
        """The values, those that are awaitable awaited all at once; an exception in the place of one that raised."""
        if not self.has_awaitable(values):
            return values
        is_awaitable = self.run.executor.is_awaitable
        places = [place for place, one in enumerate(values) if is_awaitable(one)]
        waiting = [values[place] for place in places]
        await self._hand_over(waiting)
        for place, answer in zip(places, await gathered(waiting), strict=True):
            values[place] = answer
        return values

    async def _hand_over(self, waiting: Sequence[Any]) -> None:
        """Before the first wait: whoever began the completion may have it go on elsewhere, or not at all."""
        if self.has_waited:
            return
        self.has_waited = True
        try:
            await HANDOVER
        except GeneratorExit:
            for one in waiting:
                getattr(one, "close", bool)()  # else Python would say that a coroutine was never awaited
            raise

    def fault(self, error: Exception) -> Fault:
        """A fault for the place of a value."""
        self.lost()
        return Fault(error)


async def gathered(awaitables: Sequence[Awaitable[Any]]) -> list[Any]:
    """The answers of all, awaited at once; an exception in the place of one that raised. Cancelled ones cancel."""
    if len(awaitables) == 1:
        try:
            return [await awaitables[0]]
        except Exception as error:
            return [error]
    answers = await asyncio.gather(*awaitables, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, Exception):
            raise answer
    return answers


async def _collected(values: AsyncIterable[Any]) -> list[Any]:
    return [value async for value in values]


def kind_of(sources: Values) -> type | None:
    """The class of rows, if all are rows of one; None for other objects, and for a mixture."""
    kinds = set(map(type, sources))
    kind = next(iter(kinds)) if len(kinds) == 1 else None
    return kind if hasattr(kind, "layout") else None


def _may_await(kind: type) -> bool:
    return hasattr(kind, "__await__") or kind is GeneratorType  # a generator may be a coroutine of the old kind


def _is_absent(value: Any) -> bool:
    return value is None or value is Undefined or isinstance(value, (Exception, Fault))


def _fault_or_none(value: Any) -> Fault | None:
    return value if isinstance(value, Fault) else Fault(value) if isinstance(value, Exception) else None


def _scattered(others: Sequence[Any], kept: Sequence[int], values: Sequence[Any]) -> list[Any]:
    whole = list(others)
    for place, value in zip(kept, values, strict=True):
        whole[place] = value
    return whole


def _merged(found: Sequence[Any], parts: Sequence[tuple[list[int], Assembly]]) -> list[Any]:
    whole = list(found)
    for places, assembly in parts:
        for place, value in zip(places, assembly(), strict=True):
            whole[place] = value
    return whole


def _split(items: list[Any], sizes: Sequence[int]) -> list[list[Any]]:
    coming = iter(items)
    return [list(islice(coming, size)) for size in sizes]


def _at(where: Where, places: Sequence[int]) -> Where:
    return lambda place: where(places[place])


def _within_lists(sizes: Sequence[int], where: Where) -> Where:
    ends: list[int] = []

    def of_item(place: int) -> Path:
        ends[:] = ends or accumulate(sizes)
        number = bisect_right(ends, place)
        return Path(where(number), place - (ends[number] - sizes[number]), None)

    return of_item
