"""A Strawberry schema of plain attributes of every type, inputs, generics, interfaces and unions; for the tests beside it."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, NewType, TypeVar
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig
from strawberry.schema_directives import OneOf

T = TypeVar("T")


Reversed = NewType("Reversed", str)


@strawberry.enum
class Flavour(enum.Enum):
    VANILLA = "van"
    STRAWBERRY = 2
    NONE = None
    RENAMED = strawberry.enum_value("other", name="called_otherwise")


@strawberry.enum(name="Level")
class Grade(enum.IntEnum):
    LOW = 1
    HIGH = 2


@strawberry.enum
class Word(str, enum.Enum):  # noqa: UP042  values that are texts
    ONE = "one"
    TWO = "two"


def _reversed(value: str) -> str:
    if value == "bad":
        raise GraphQLError("cannot be reversed", extensions={"code": "BAD"})
    return value[::-1]


@strawberry.type
class Leaves:
    """Every field is an attribute, whatever is put there."""

    whole: int | None = None
    part: float | None = None
    text: str | None = None
    truth: bool | None = None
    id: strawberry.ID | None = None
    flavour: Flavour | None = None
    grade: Grade | None = None
    word: Word | None = None
    moment: datetime | None = None
    day: date | None = None
    uuid: UUID | None = None
    amount: Decimal | None = None
    anything: JSON | None = None
    backwards: Reversed | None = None
    wholes: list[int] | None = None
    flavours: list[Flavour | None] | None = None
    grid: list[list[int | None]] | None = None
    leaves: Leaves | None = None
    many: list[Leaves] | None = None
    private: strawberry.Private[str] = "hidden"


@strawberry.type
class Musts:
    whole: int
    text: str
    flavour: Flavour
    wholes: list[int]
    leaves: Leaves
    truth: bool


@strawberry.interface
class Being:
    name: str

    @strawberry.field
    def greeting(self) -> str:
        return f"I am {self.name}"


@strawberry.type
class Human(Being):
    height: int = 180

    @strawberry.field
    async def friends(self) -> list[Being]:
        await asyncio.sleep(0)
        return [Droid(name="R2"), Human(name="Leia")]


@strawberry.type
class Droid(Being):
    task: str = "repair"

    @strawberry.field
    def greeting(self) -> str:
        return "beep"


@strawberry.type
class Stone:
    weight: int


class Like:
    """Looks like a human to anyone who reads attributes."""

    name, height = "Like", 1


HumanOrStone = Annotated[Human | Stone, strawberry.union("HumanOrStone")]


@strawberry.type
class Edge(Generic[T]):
    node: T
    cursor: str


@strawberry.type
class Page(Generic[T]):
    edges: list[Edge[T]]
    first: T | None = None

    @strawberry.field
    async def total(self) -> int:
        return len(self.edges)


@strawberry.input
class Window:
    first: int = 10
    after: str | None = None
    before: str | None = strawberry.UNSET
    flavours: list[Flavour] = strawberry.field(default_factory=lambda: [Flavour.VANILLA])
    renamed: int = strawberry.field(default=1, name="calledOtherwise")
    inner: Window | None = None


@strawberry.input
class Change:
    name: strawberry.Maybe[str | None]
    level: strawberry.Maybe[int]


@strawberry.input(directives=[OneOf()])
class Choice:
    by_id: strawberry.ID | None = strawberry.UNSET
    by_name: str | None = strawberry.UNSET


@strawberry.type
class Query:
    leaves: Leaves | None
    musts: Musts | None
    many: list[Leaves] | None
    many_musts: list[Musts | None] | None
    must: Musts
    being: Being | None
    beings: list[Being | None] | None
    either: HumanOrStone | None
    eithers: list[HumanOrStone | None] | None
    human: Human | None

    @strawberry.field
    def windowed(self, window: Window | None = None, windows: list[Window] | None = None) -> str:
        return f"{window} {windows}"

    @strawberry.field
    def changed(self, change: Change) -> str:
        name = change.name.value if change.name else "absent"
        return f"{name!r} {change.level and change.level.value!r}"

    @strawberry.field
    def chosen(self, choice: Choice) -> str:
        return f"{choice.by_id!r} {choice.by_name!r}"

    @strawberry.field
    def echoed(
        self,
        flavour: Flavour = Flavour.STRAWBERRY,
        grade: Grade | None = None,
        unset: int | None = strawberry.UNSET,
        moment: datetime | None = None,
        backwards: Reversed | None = None,
        renamed: Annotated[int, strawberry.argument(name="calledOtherwise")] = 3,
    ) -> str:
        return f"{flavour!r} {grade!r} {unset!r} {moment} {backwards!r} {renamed}"

    @strawberry.field
    def flavours(self) -> list[Flavour]:
        return list(Flavour)

    @strawberry.field
    def page(self) -> Page[Human]:
        return Page(edges=[Edge(node=Human(name=name), cursor=name) for name in "ab"], first=Human(name="a"))

    @strawberry.field
    def numbers(self) -> Page[int]:
        return Page(edges=[Edge(node=number, cursor="c") for number in range(2)])


SCHEMA = strawberry.Schema(
    Query,
    types=[Human, Droid],
    config=StrawberryConfig(
        scalar_map={Reversed: strawberry.scalar(name="Reversed", serialize=_reversed, parse_value=_reversed)}
    ),
)


def root(**fields: Any) -> Any:
    """A root whose fields are these attributes."""
    return type("Root", (), {"windowed": None, **fields})()


async def later(value: Any) -> Any:
    await asyncio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


async def each_later(*items: Any) -> AsyncIterator[Any]:
    for item in items:
        yield await later(item)
