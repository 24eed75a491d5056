"""The types of the synthetic schema: beings, things, persons, and fields of every make.

Attributes, functions, coroutines, loaders, permissions and extensions; lists of lists, lists of awaitables, iterables
that are no lists, asynchronous iterators; interfaces and unions.
"""

from __future__ import annotations

import asyncio
import decimal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, NewType

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission

from tests.differential.synthetic_world import DEPTH, Waiting, World, attribute

KINDS = ("Cat", "Dog", "Stone")


@strawberry.enum
class Colour(Enum):
    RED = "red"
    GREEN = strawberry.enum_value("green", description="Like grass.")
    BLUE = 3


Even = NewType("Even", int)


def _even(value: Any) -> int:
    if not isinstance(value, int) or value % 2:
        raise ValueError(f"{value!r} is not even")
    return value


SCALARS: dict[object, Any] = {Even: strawberry.scalar(name="Even", serialize=_even, parse_value=_even)}


@strawberry.input
class Span:
    start: int = 0
    end: int | None = None
    inner: Span | None = strawberry.UNSET
    colours: list[Colour | None] | None = None


class Allowed(BasePermission):
    """Denies where the world says so."""

    message = "not allowed"

    def has_permission(self, source: Any, info: strawberry.Info, **_: Any) -> bool:
        return info.context.fate(source.key, "allowed") == "well"


class AllowedLater(BasePermission):
    """Denies where the world says so, after a while."""

    message = "not allowed later"

    async def has_permission(self, source: Any, info: strawberry.Info, **_: Any) -> bool:
        await asyncio.sleep(0)
        return bool(info.context.fate(source.key, "allowed later") == "well")


class Louder(FieldExtension):
    """Makes what a resolver answers louder."""

    def resolve(self, next_: Any, source: Any, info: strawberry.Info, **arguments: Any) -> Any:
        answer = next_(source, info, **arguments)
        return f"{answer}!" if isinstance(answer, str) else answer


def text_of(value: Any) -> str:
    """What a resolver was given, as text."""
    return (
        getattr(value, "value", value)
        if not isinstance(value, Span)
        else f"{value.start}..{value.end}/{value.colours}/{value.inner is strawberry.UNSET}"
    )


@strawberry.interface
class Being:
    """Has a key, by which everything about it is drawn."""

    key: strawberry.ID
    world: strawberry.Private[World]

    @strawberry.field
    def name(self) -> str:
        return self.world.value(self.key, "name", f"name of {self.key}", [1])

    @strawberry.field
    async def nickname(self, style: Colour = Colour.RED, short: bool | None = None) -> str | None:
        await asyncio.sleep(0)
        return self.world.value(self.key, "nickname", f"{text_of(style)} {short}", {"no": "text"})

    @strawberry.field
    def size(self, info: strawberry.Info, unit: float = 1.0) -> int | None:
        return info.context.value(self.key, "size", int(unit) if abs(unit) < 100 else 7, 2**40)

    @strawberry.field
    def friends(self, first: int = 2) -> list[Being | None]:
        return self.world.value(self.key, "friends", beings(self.world, self.key, "friends", first), "no list")

    @strawberry.field
    async def best_friend(self) -> Being:
        return self.world.value(self.key, "best_friend", being(self.world, self.key, "best"), object())


@strawberry.type
class Cat(Being):
    label: str
    ratio: float
    lives: int | None
    colour: Colour
    born: datetime | None
    even: Even | None

    @strawberry.field
    def where(self, info: strawberry.Info) -> str:
        """What a resolver is told of its place."""
        raw = info._raw_info
        nodes = [node.name.value for node in raw.field_nodes]
        return f"{info.path.as_list()} {nodes} {raw.parent_type} {raw.return_type} {raw.operation.name and raw.operation.name.value} {sorted(info.variable_values)}"

    @strawberry.field
    async def kittens(self, span: Span | None = None) -> list[Cat] | None:
        await asyncio.sleep(0)
        number = 1 + bool(span and span.colours)
        return self.world.value(
            self.key, "kittens", [cat(self.world, f"{self.key}.k{n}") for n in range(number)], [self, 5]
        )

    @strawberry.field
    def grid(self) -> list[list[int]]:
        return self.world.value(self.key, "grid", [[1, 2], [], [3]], [[1, "x"], None, [None]])

    @strawberry.field
    async def loaded(self) -> str | None:
        return await self.world.loaded(self.key)

    @strawberry.field(permission_classes=[Allowed])
    def secret(self) -> str | None:
        return "secret"

    @strawberry.field(permission_classes=[AllowedLater])
    async def later_secret(self) -> str:
        return "later"

    @strawberry.field(extensions=[Louder()])
    def loud(self) -> str | None:
        return self.world.value(self.key, "loud", "miaow", 1.5)


@strawberry.type
class Dog(Being):
    tricks: list[str]
    collar: Collar | None

    @strawberry.field
    def nearby(self) -> list[list[Thing | None]] | None:
        inner = [things(self.world, self.key, f"nearby{n}") for n in range(2)]
        return self.world.value(self.key, "nearby", inner, [inner[0], None, [object()]])

    @strawberry.field
    def awaited(self) -> list[int | None]:
        """A list of awaitables."""
        return [Waiting(self.world, f"{self.key}{number}", number) for number in range(3)]  # type: ignore[misc]

    @strawberry.field
    def spread(self) -> list[int]:
        """An iterable that is no list."""
        return self.world.pick(self.key, "spread").choice(
            (range(2), (1, 2), iter([1]), {"a": 1}.values(), frozenset([4]))
        )

    @strawberry.field
    def streamed(self) -> list[int]:
        """An asynchronous iterator."""

        async def numbers() -> AsyncIterator[Any]:
            for number in range(2):
                yield self.world.value(f"{self.key}{number}", "streamed", number, "x")

        return numbers()  # type: ignore[return-value]

    @strawberry.field
    def amount(self) -> decimal.Decimal:
        return self.world.value(self.key, "amount", decimal.Decimal("1.50"), decimal.Decimal("NaN"))


@strawberry.type
class Collar:
    """Everything about it must be there."""

    size: int
    owner: Annotated[Person | None, strawberry.lazy("tests.differential.synthetic_types")]


@strawberry.type
class Person:
    """Not a being of the interface."""

    key: strawberry.ID
    world: strawberry.Private[World]

    @strawberry.field
    async def pets(self) -> list[Being]:
        return self.world.value(self.key, "pets", beings(self.world, self.key, "pets", 2), [None])

    @strawberry.field
    def favourite(self) -> Thing:
        return self.world.value(self.key, "favourite", thing(self.world, self.key, "favourite"), 7)


@strawberry.type
class Stone:
    weight: float
    facets: list[list[Facet | None] | None]


@strawberry.type
class Facet:
    angle: float | None
    moment: datetime


Thing = Annotated[Cat | Dog | Stone, strawberry.union("Thing")]


def cat(world: World, key: str) -> Cat:
    """The cat of this key; what is wrong with its attributes shows when they are completed."""
    return Cat(
        key=key, world=world, label=attribute(world, key, "label", "label", [2]),
        ratio=attribute(world, key, "ratio", 0.5, float("inf")), lives=attribute(world, key, "lives", 9, 2**31),
        colour=attribute(world, key, "colour", Colour.GREEN, "mauve"), born=attribute(world, key, "born", MOMENT, "soon"),
        even=attribute(world, key, "even", 4, 3),
    )  # fmt: skip


MOMENT = datetime(2026, 1, 2, 3, 4, 5, 120_000, tzinfo=UTC)


def dog(world: World, key: str) -> Dog:
    """The dog of this key."""
    person = None if len(key.split(".")) > DEPTH else Person(key=f"{key}.o", world=world)
    collar = Collar(size=attribute(world, key, "collar size", 3, "x"), owner=person)
    return Dog(
        key=key, world=world, tricks=attribute(world, key, "tricks", ["sit", "roll"], ["sit", None]),
        collar=attribute(world, key, "collar", collar, "collar"),
    )  # fmt: skip


def stone(world: World, key: str) -> Stone:
    """The stone of this key."""
    facets = [[Facet(angle=1, moment=MOMENT), None], None, []]
    wrong = [[Facet(angle="x", moment=None)], [3]]  # type: ignore[arg-type, list-item]
    return Stone(weight=attribute(world, key, "weight", 1, True), facets=attribute(world, key, "facets", facets, wrong))


def being(world: World, key: str, name: str) -> Any:
    """A cat or a dog, of the next generation."""
    make = cat if world.pick(key, name).random() < 0.5 else dog
    return make(world, f"{key}.{name[:1]}")


def beings(world: World, key: str, name: str, count: int) -> list[Any]:
    """Some of them; null among them now and then."""
    if len(key.split(".")) > DEPTH:
        return []
    numbers = range(max(0, min(count, 3)))
    return [None if world.fate(f"{key}{n}", name) == "null" else being(world, key, f"{n}{name}") for n in numbers]


def thing(world: World, key: str, name: str) -> Any:
    """Anything."""
    kind = world.pick(key, name).choice(KINDS)
    return stone(world, f"{key}.s") if kind == "Stone" else being(world, key, name)


def things(world: World, key: str, name: str) -> list[Any]:
    """Some of it."""
    return [thing(world, key, f"{n}{name}") for n in range(2)]
