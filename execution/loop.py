"""Stage: loop. Goes through an operation level by level: all fields of a level, each for all its parents at once.

A) values that need no waiting are made.  B) the calls of batch functions are collected, those of equal batches put
together, and awaited at once.  C) plain resolvers are called for each parent; if they wait, their field goes on in a
task of its own, so that it holds up nothing else.  D) the objects found are the next level.  E) when there is none
left, the dicts are built from the lowest frames up.  F) only if a value was lost, the second pass finds the errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter, itemgetter
from typing import Any

from graphql import ExecutionResult, GraphQLError, OperationType, get_named_type
from graphql.execution.executor import Executor
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import Path

from errors import LimitError, TooLargeError
from execution.complete import Assembly, Completing, Frame, Owners, Values, Where, gathered
from execution.costs import Quote
from execution.faults import Settling
from execution.feeds import Batch, Call
from execution.limits import DocumentLimits, refused
from execution.listing import Listing
from execution.plan import Attribute, Batched, FieldPlan, Local, Planner, SelectionPlan, Source
from execution.rows import bytes_of, dicts_of
from execution.sizes import Size
from execution.telling import cost_of, tells_cost, told
from execution.trace import trace_of
from execution.waiting import HANDOVER, Rest, begin

MOST_OBJECTS = 1_000_000  # in one answer; with ten fields each they are some 200 MB of text
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

    context: Any
    variables: VariableValues
    planner: Planner
    make_executor: Callable[[], Executor[Any]]
    listing: Listing = field(default_factory=Listing)
    quote: Quote | None = None  # what it may cost
    limits: DocumentLimits | None = None  # on the answer
    is_eager: bool = False  # begun where nobody has said yet that it may wait
    _frames: list[Frame] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _is_faulty: bool = False
    _objects: float = 0
    _cost: float = 0

    def __post_init__(self) -> None:
        self.trace = trace_of(self.context)
        self.size = Size(self.limits)
        self._tells_cost = tells_cost(self.context)

    @cached_property
    def executor(self) -> Executor[Any]:
        """graphql-core's, for what plain resolvers and abstract types ask of it."""
        return self.make_executor()

    async def result(self, root: Any) -> ExecutionResult:
        """The result, as the encoder takes it."""
        plan = self.planner.root
        is_mutation = self.planner.operation.operation is OperationType.MUTATION
        try:
            data = await (self._in_series(plan, root) if is_mutation else self._at_once(plan, root))
        except TooLargeError as error:
            return ExecutionResult(None, [GraphQLError(str(error), original_error=error)])
        except LimitError as error:
            return ExecutionResult(None, [refused(error)])
        return ExecutionResult(data, self.listing.errors or None, self._extensions())

    def _extensions(self) -> dict[str, Any] | None:
        """What the answer says besides data and errors."""
        cost = told(self.quote, self._cost) if self._tells_cost and self.quote else {}
        return self.listing.extensions | cost or None

    async def _at_once(self, plan: SelectionPlan, root: Any) -> dict[str, Any] | None:
        """The data of an operation whose root fields are independent of each other; None where it is all null."""
        self._frames = [Frame(plan, [root], _root)]
        try:
            await self._levels(self._frames[:])
            await self._tasks_done()
        except BaseException:
            await self._tasks_ended()
            raise
        if self._tells_cost and self.quote:
            self._cost += cost_of(self.quote, self._frames)
        data = self._built()
        return self._settled(data) if self._is_faulty else data

    async def _in_series(self, plan: SelectionPlan, root: Any) -> dict[str, Any] | None:
        """The data of a mutation: a root field begins when the one before it is done. Source: GraphQL, 6.2.2."""
        data: dict[str, Any] = {}
        for alone in plan.alone:
            self._is_faulty = False
            part = await self._at_once(alone, root)
            if part is None:
                return None
            data |= part
        return data

    def _lost(self) -> None:
        self._is_faulty = True

    async def _tasks_done(self) -> None:
        """Waits for the tasks that went off, and for those that they sent off."""
        while self._tasks:
            done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            self._tasks -= done
            for task in done:
                task.result()

    async def _tasks_ended(self) -> None:
        """Gives up the tasks that still run. None outlives the operation."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _levels(self, frames: list[Frame]) -> None:
        while frames:
            if self.trace:
                self.trace.levels += 1
            below: list[Frame] = []
            asked: list[Asked] = []
            for frame in frames:
                frame.assemblies = [list] * len(frame.fields)
                for number, one in enumerate(frame.fields):
                    refusal = None if one.gate is None else self._refusal(one)
                    if refusal is not None:
                        refused: list[Any] = [refusal] * len(frame.sources)
                        await self._complete(self._completing(frame, number), frame, number, refused, below)
                    elif isinstance(one.source, Batched):
                        asked += await self._asked(frame, number, one.source, below)
                    else:
                        await self._by_parent(frame, number, below)
            if asked:
                await self._batches(asked, below)
            frames = below  # D

    def _refusal(self, one: FieldPlan) -> Exception | None:
        """Why the request is not answered the field; wrong arguments are told first, as graphql-core does."""
        refusal = one.gate(self.context) if one.gate else None
        if refusal is None:
            return None
        try:
            self._arguments(one)
        except Exception as error:
            return error
        return refusal

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
        if one.is_trusted and frame.kind is None:  # a page, which passes its rows on
            completing.owners = frame.owners
        await self._complete(completing, frame, number, values, below)

    def _local(self, source: Local, sources: Values) -> list[Any]:
        ctx = self.context
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
        hides = self.planner.hides_suggestions
        return get_argument_values(one.definition, detail.node, self.variables, scope, hides)

    # ------------------------------------------------------------------------------------------------------ B) batches

    async def _asked(self, frame: Frame, number: int, source: Batched, below: list[Frame]) -> list[Asked]:
        count = len(frame.sources)
        try:
            arguments = source.arguments(self.variables)
            call = source.feed.call(source.selection, arguments)
            keys = [None] * count if call is None else _keys(call, source.feed.key, frame)
        except Exception as error:
            await self._complete(self._completing(frame, number), frame, number, [error] * count, below)
            return []
        places = dict.fromkeys(keys, 0)
        places.pop(None, None)
        places = dict(zip(places, range(len(places)), strict=True))
        if call is None or not places:
            await self._complete(self._completing(frame, number), frame, number, [None] * count, below)
            return []
        asked = Asked(frame, number, call, keys, places)
        known = _known(frame, frame.fields[number], source)
        if known is not None and places.keys() <= known.keys():
            await self._spread(asked, known, below)
            return []
        return [asked]

    async def _batches(self, asked: list[Asked], below: list[Frame]) -> None:
        together: dict[Batch, list[Asked]] = {}
        for one in asked:
            together.setdefault(one.call.batch, []).append(one)
        await self._hand_over()
        answers = await gathered([self._batch(batch, asking) for batch, asking in together.items()])
        for asking, found in zip(together.values(), answers, strict=True):
            for one in asking:
                await self._spread(one, found, below)

    async def _batch(self, batch: Batch, asking: list[Asked]) -> dict[Any, Any]:
        keys = list(asking[0].places) if len(asking) == 1 else list(dict.fromkeys(k for a in asking for k in a.places))
        columns = asking[0].call.columns.union(*(one.call.columns for one in asking[1:]))
        if self.trace:
            names = [f"{one.frame.plan.on}.{one.frame.fields[one.number].nodes[0].name.value}" for one in asking]
            self.trace.note_batch(names, len(keys))
        answers = await batch(keys, ctx=self.context, columns=columns)
        return dict(zip(keys, answers, strict=True))

    async def _spread(self, one: Asked, found: Any, below: list[Frame]) -> None:
        """Completes what was found for each key once, and gives it to every parent with the key."""
        frame, keys, places = one.frame, one.keys, one.places
        completing = self._completing(frame, one.number)
        plan = completing.plan
        values = [found] * len(places) if isinstance(found, Exception) else [found[key] for key in places]
        completing.owners = _owners(frame, plan.source, keys)
        if len(places) == len(keys):
            await self._complete(completing, frame, one.number, values, below)
            return
        if None in keys and plan.is_required:
            self._lost()
        completing.shared_by = (len(keys) - keys.count(None)) / len(places)
        where = _below(frame, plan)
        names = list(places)

        async def of_keys() -> Assembly:
            return _shared(
                await completing.completed(plan.returns, values, lambda place: where(keys.index(names[place]))),
                keys,
                places,
            )

        await self._kept(completing, frame, one.number, of_keys(), below)

    # -------------------------------------------------------------------------------------------------- what is shared

    def _completing(self, frame: Frame, number: int) -> Completing:
        return Completing(self, self.planner, frame.fields[number], self._lost, times=frame.times)

    async def _complete(
        self, completing: Completing, frame: Frame, number: int, values: list[Any], below: list[Frame]
    ) -> None:
        one = completing.plan

        async def completed() -> Assembly:
            return await completing.completed(one.returns, await completing.awaited(values), _below(frame, one))

        await self._kept(completing, frame, number, completed(), below)

    async def _kept(
        self,
        completing: Completing,
        frame: Frame,
        number: int,
        work: Coroutine[Any, Any, Assembly],
        below: list[Frame],
    ) -> None:
        """Does the work of completing a field; if it waits, it goes on in a task, and so does what is below it."""
        assembly = begin(work)
        if not isinstance(assembly, Rest):
            frame.assemblies[number] = assembly
            self._count(frame, completing.frames)
            below += completing.frames
            return
        await self._hand_over(assembly)
        self._tasks.add(asyncio.create_task(self._later(completing, frame, number, assembly)))

    async def _later(self, completing: Completing, frame: Frame, number: int, rest: Rest[Assembly]) -> None:
        frame.assemblies[number] = await rest
        self._count(frame, completing.frames)
        await self._levels(completing.frames)

    def _count(self, frame: Frame, found: list[Frame]) -> None:
        """Takes frames in. Raises TooLargeError and AnswerBytesExceededError where the answer gets too large.

        An object that many lead to is made once and stands in the answer many times, so that a short document could
        ask for an answer that no memory holds.
        """
        self._frames += found
        for one in found:
            one.times *= frame.times
            self._objects += len(one.sources) * one.times
            self.size.add(bytes_of(one) * one.times)
        if self._objects > MOST_OBJECTS:
            raise TooLargeError(f"the answer would hold more than {MOST_OBJECTS:,} objects; ask for less at once")

    async def _hand_over(self, rest: Rest[Any] | None = None) -> None:
        """Before the first wait of an operation that was begun eagerly."""
        if not self.is_eager:
            return
        self.is_eager = False
        try:
            await HANDOVER
        except GeneratorExit:
            if rest is not None:
                rest.close()
            raise

    def _built(self) -> dict[str, Any]:  # E
        for frame in reversed(self._frames):
            lists = [assembly() for assembly in frame.assemblies]
            frame.assemblies = []  # which lead to the frames below, and those back here: a circle of the whole answer
            frame.built = dicts_of(frame, lists, self._lost)
            if self.trace:
                self.trace.objects += len(frame.built)
        data: dict[str, Any] = self._frames[0].built[0]
        return data

    def _settled(self, data: dict[str, Any]) -> dict[str, Any] | None:  # F
        plans = {id(made): frame.plan for frame in self._frames for made in frame.built}
        try:
            return Settling(plans, self.listing).of_root(data)
        except RecursionError as error:
            failed = GraphQLError(
                "The answer is nested too deeply to tell what is wrong with it.", original_error=error
            )
            self.listing.errors[:] = [failed]
            return None


def _root(_place: int) -> Path | None:
    return None


def _below(frame: Frame, one: FieldPlan) -> Where:
    return lambda place: Path(frame.where(place), one.key, one.parent.name)


def _each(function: Callable[[Any], Any], sources: Values) -> list[Any]:
    """What a function gives for each; an exception in the place of one it fails for."""
    values = []
    for source in sources:
        try:
            values.append(function(source))
        except Exception as error:
            values.append(error)
    return values


def _keys(call: Call, column: str | None, frame: Frame) -> list[Any]:
    if call.key is not None or column is None:
        return [ROOT if call.key is None else call.key] * len(frame.sources)
    return list(map(_reader(column, frame.kind), frame.sources))


def _reader(column: str, kind: Any) -> Callable[[Any], Any]:
    """Reads a column of rows of a kind where it lies, or an attribute of other objects."""
    for place, one in enumerate(kind.layout if kind else ()):
        if one.name == column and one.read is None:
            return itemgetter(place)
    return attrgetter(column)


def _owners(frame: Frame, source: Source, keys: Sequence[Any]) -> Owners | None:
    found_by = getattr(source.feed, "found_by", None) if isinstance(source, Batched) else None
    return Owners(frame.plan.on, found_by, dict(zip(keys, frame.sources, strict=True))) if found_by else None


def _known(frame: Frame, one: FieldPlan, source: Batched) -> Mapping[Any, Any] | None:
    """By id, the objects that a field leads back to, if it does: those that its parents were found by."""
    owners = frame.owners
    if owners is None or not getattr(source.feed, "is_by_id", False) or source.feed.key != owners.column:
        return None
    return owners.by_id if get_named_type(one.returns) is owners.on else None


def _shared(of_keys: Assembly, keys: Sequence[Any], places: dict[Any, int]) -> Assembly:
    def values() -> list[Any]:
        by_key = dict(zip(places, of_keys(), strict=True))
        return list(map(by_key.get, keys))

    return values
