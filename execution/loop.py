"""Stage: loop. Goes through an operation level by level: all fields of a level, each for all its parents at once.

A) values that need no waiting are made.  B) the calls of batch functions are collected, those of equal batches put
together, and awaited at once.  C) plain resolvers are called for each parent; if they wait, their field goes on in a
task of its own, so that it holds up nothing else.  D) the objects found are the next level.  E) when there is none
left, the dicts are built from the lowest frames up.  F) only if a value was lost, the second pass finds the errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from graphql import GraphQLError
from graphql.execution.executor import Executor
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path

from execution.complete import Assembly, Completing, Frame, Values, Where, gathered
from execution.faults import Settling
from execution.feeds import Batch, Call
from execution.plan import Attribute, Batched, FieldPlan, Local, Planner, SelectionPlan
from execution.rows import dicts_of
from execution.trace import Trace

ROOT = ""  # the key of a batch that hangs on no parent


@dataclass(eq=False)
class Asked:
    """One field's part in a batch: the key of every parent, and each key once with its place among the answers."""

    frame: Frame
    number: int
    call: Call
    keys: list[Any]
    places: dict[Any, int]


@dataclass(eq=False)
class Run:
    """One execution of an operation."""

    executor: Executor[Any]
    planner: Planner
    trace: Trace | None = None
    errors: list[GraphQLError] = field(default_factory=list)
    _frames: list[Frame] = field(default_factory=list)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _is_faulty: bool = False

    async def answered(self, plan: SelectionPlan, root: Any) -> dict[str, Any] | None:
        """The data of an operation whose root fields are independent of each other; None where it is all null."""
        self._frames = [Frame(plan, [root], _root)]
        await self._with_tasks(self._levels(self._frames[:]))
        data = self._built()
        return self._settled(data) if self._is_faulty else data

    async def answered_in_series(self, plan: SelectionPlan, root: Any) -> dict[str, Any] | None:
        """The data of a mutation: a root field begins when the one before it is done. Source: GraphQL, 6.2.2."""
        data: dict[str, Any] = {}
        for alone in plan.alone:
            self._is_faulty = False
            part = await self.answered(alone, root)
            if part is None:
                return None
            data |= part
        return data

    def _lost(self) -> None:
        self._is_faulty = True

    async def _with_tasks(self, levels: Coroutine[Any, Any, None]) -> None:
        """Goes through the levels and waits for the tasks that went off meanwhile. None outlives this."""
        try:
            await levels
            while self._tasks:
                await self._tasks[0]
                self._tasks.pop(0)
        except BaseException:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            raise

    async def _levels(self, frames: list[Frame]) -> None:
        while frames:
            if self.trace:
                self.trace.levels += 1
            below: list[Frame] = []
            asked: list[Asked] = []
            for frame in frames:
                frame.assemblies = [list] * len(frame.plan.outer)
                for number, one in enumerate(frame.plan.outer):
                    if isinstance(one.source, Batched):
                        asked += await self._asked(frame, number, one.source, below)
                    else:
                        await self._by_parent(frame, number, below)
            if asked:
                await self._batches(asked, below)
            frames = below  # D

    # -------------------------------------------------------------------------------------- A) and C) parent by parent

    async def _by_parent(self, frame: Frame, number: int, below: list[Frame]) -> None:
        completing = self._completing(frame, number)
        one = completing.plan
        if isinstance(one.source, Local):
            values = self._local(one.source, frame.sources)
        elif isinstance(one.source, Attribute):
            values = _each(attrgetter(one.source.name), frame.sources)
        else:
            values = self._resolved(completing, frame, _below(frame, one))
        if completing.has_awaitable(values):
            self._tasks.append(asyncio.create_task(self._later(completing, frame, number, values)))
        else:
            await self._complete(completing, frame, number, values, below)

    def _local(self, source: Local, sources: Values) -> list[Any]:
        ctx = self.executor.context_value
        try:
            return [source.value(one, ctx) for one in sources]
        except Exception:
            return _each(lambda one: source.value(one, ctx), sources)

    def _resolved(self, completing: Completing, frame: Frame, where: Where) -> list[Any]:
        one = completing.plan
        resolve: Any = one.definition.resolve or self.executor.field_resolver
        values = []
        for place, source in enumerate(frame.sources):
            try:
                values.append(resolve(source, completing.info(where(place)), **self._arguments(one)))
            except Exception as error:
                values.append(error)
        return values

    def _arguments(self, one: FieldPlan) -> dict[str, Any]:
        detail = one.details[0]
        if not one.definition.args and not detail.node.arguments:
            return {}
        scope = detail.fragment_variable_values
        return get_argument_values(one.definition, detail.node, self.executor.variable_values, scope)

    async def _later(self, completing: Completing, frame: Frame, number: int, values: list[Any]) -> None:
        below: list[Frame] = []
        await self._complete(completing, frame, number, await completing.awaited(values), below)
        await self._levels(below)

    # ------------------------------------------------------------------------------------------------------ B) batches

    async def _asked(self, frame: Frame, number: int, source: Batched, below: list[Frame]) -> list[Asked]:
        count = len(frame.sources)
        try:
            arguments = source.arguments(self.executor.variable_values)
            call = source.feed.call(source.selection, arguments)
            keys = [None] * count if call is None else _keys(call, source.feed.key, frame.sources)
        except Exception as error:
            await self._complete(self._completing(frame, number), frame, number, [error] * count, below)
            return []
        places = {key: place for place, key in enumerate(dict.fromkeys(key for key in keys if key is not None))}
        if call is None or not places:
            await self._complete(self._completing(frame, number), frame, number, [None] * count, below)
            return []
        return [Asked(frame, number, call, keys, places)]

    async def _batches(self, asked: list[Asked], below: list[Frame]) -> None:
        together: dict[Batch, list[Asked]] = {}
        for one in asked:
            together.setdefault(one.call.batch, []).append(one)
        answers = await gathered([self._batch(batch, asking) for batch, asking in together.items()])
        for asking, found in zip(together.values(), answers, strict=True):
            for one in asking:
                await self._spread(one, found, below)

    async def _batch(self, batch: Batch, asking: list[Asked]) -> dict[Any, Any]:
        keys = list(asking[0].places) if len(asking) == 1 else list(dict.fromkeys(k for a in asking for k in a.places))
        columns = asking[0].call.columns.union(*(one.call.columns for one in asking[1:]))
        if self.trace:
            names = [f"{one.frame.plan.on}.{one.frame.plan.outer[one.number].nodes[0].name.value}" for one in asking]
            self.trace.note_batch(names, len(keys))
        answers = await batch(keys, ctx=self.executor.context_value, columns=columns)
        return dict(zip(keys, answers, strict=True))

    async def _spread(self, one: Asked, found: Any, below: list[Frame]) -> None:
        """Completes what was found for each key once, and gives it to every parent with the key."""
        frame, keys, places = one.frame, one.keys, one.places
        completing = self._completing(frame, one.number)
        plan = completing.plan
        values = [found] * len(places) if isinstance(found, Exception) else [found[key] for key in places]
        if len(places) == len(keys):
            await self._complete(completing, frame, one.number, values, below)
            return
        where = _below(frame, plan)
        of_keys = await completing.completed(plan.returns, values, lambda place: where(keys.index(list(places)[place])))
        if None in keys:
            self._lost_if_required(plan)
        self._keep(completing, frame, one.number, _shared(of_keys, keys, places), below)

    def _lost_if_required(self, plan: FieldPlan) -> None:
        if plan.is_required:
            self._lost()

    # -------------------------------------------------------------------------------------------------- what is shared

    def _completing(self, frame: Frame, number: int) -> Completing:
        return Completing(self.executor, self.planner, frame.plan.outer[number], self._lost)

    async def _complete(
        self, completing: Completing, frame: Frame, number: int, values: Values, below: list[Frame]
    ) -> None:
        one = completing.plan
        assembly = await completing.completed(one.returns, values, _below(frame, one))
        self._keep(completing, frame, number, assembly, below)

    def _keep(self, completing: Completing, frame: Frame, number: int, assembly: Assembly, below: list[Frame]) -> None:
        frame.assemblies[number] = assembly
        self._frames += completing.frames
        below += completing.frames

    def _built(self) -> dict[str, Any]:  # E
        for frame in reversed(self._frames):
            lists = [assembly() for assembly in frame.assemblies]
            frame.built = dicts_of(frame.plan, frame.sources, lists, self._lost)
            if self.trace:
                self.trace.objects += len(frame.built)
        data: dict[str, Any] = self._frames[0].built[0]
        return data

    def _settled(self, data: dict[str, Any]) -> dict[str, Any] | None:  # F
        plans = {id(made): frame.plan for frame in self._frames for made in frame.built}
        return Settling(plans, self.errors).of_root(data)


def _root(_place: int) -> Path | None:
    return None


def _below(frame: Frame, one: FieldPlan) -> Where:
    return lambda place: Path(frame.where(place), one.key, one.parent.name)


def _each(function: Any, sources: Values) -> list[Any]:
    """What a function without effects gives for each; an exception in the place of one it fails for."""
    try:
        return list(map(function, sources))
    except Exception:
        return [_tried(function, source) for source in sources]


def _tried(function: Any, source: Any) -> Any:
    try:
        return function(source)
    except Exception as error:
        return error


def _keys(call: Call, column: str | None, sources: Sequence[Any]) -> list[Any]:
    if call.key is not None or column is None:
        return [ROOT if call.key is None else call.key] * len(sources)
    return list(map(attrgetter(column), sources))


def _shared(of_keys: Assembly, keys: Sequence[Any], places: dict[Any, int]) -> Assembly:
    def values() -> list[Any]:
        made = of_keys()
        return [None if key is None else made[places[key]] for key in keys]

    return values
