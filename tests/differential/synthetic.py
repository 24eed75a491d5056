"""A Strawberry schema of what the graph does not have, over a world that is random but the same for the same seed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import strawberry
from graphql import DirectiveLocation, GraphQLArgument, GraphQLDirective, GraphQLNonNull, GraphQLString
from graphql.type.directives import GraphQLDisableErrorPropagationDirective
from strawberry.schema.config import StrawberryConfig

from tests.differential.arguments import Place, Values
from tests.differential.synthetic_types import (
    MOMENT,
    SCALARS,
    Being,
    Cat,
    Colour,
    Even,
    Person,
    Span,
    Thing,
    being,
    cat,
    text_of,
    thing,
)
from tests.differential.synthetic_world import BrokenError, World


def _things_of_world(world: World) -> Iterator[Any]:
    for number in range(3):
        yield thing(world, f"w{number}", "thing")


@strawberry.type
class Query:
    """The read side."""

    @strawberry.field
    def being(self, info: strawberry.Info, key: strawberry.ID) -> Being | None:
        return info.context.value(key, "being", being(info.context, key, "being"), 3)

    @strawberry.field
    async def must(self, info: strawberry.Info, key: strawberry.ID = "must") -> Being:
        return info.context.value(key, "must", being(info.context, key, "must"), None)

    @strawberry.field
    def cats(self, info: strawberry.Info, first: int = 2) -> list[Cat | None] | None:
        return [cat(info.context, f"c{number}") for number in range(max(0, min(first, 4)))]

    @strawberry.field
    async def things(self, info: strawberry.Info) -> list[Thing]:
        return list(_things_of_world(info.context))

    @strawberry.field
    def person(self, info: strawberry.Info, key: strawberry.ID | None = None) -> Person | None:
        return Person(key=key or "p", world=info.context) if key != "none" else None

    @strawberry.field
    def echo(
        self,
        span: Span,
        spans: list[Span] | None = None,
        even: Even | None = strawberry.UNSET,
        words: list[list[str]] | None = None,
    ) -> str:
        return f"{text_of(span)} {[text_of(one) for one in spans or ()]} {even} {words}"

    @strawberry.field
    def colours(self, of: list[Colour | None] | None = None) -> list[Colour | None]:
        return of if of is not None else list(Colour)

    @strawberry.field
    def when(self, moment: datetime | None = None) -> datetime | None:
        return moment or MOMENT


@strawberry.type
class Step:
    """What the world was like when something had been done."""

    number: int
    world: strawberry.Private[World]

    @strawberry.field
    async def now(self) -> int:
        await asyncio.sleep(0)
        return len(self.world.effects)

    @strawberry.field
    def being(self) -> Being:
        return self.world.value(f"e{self.number}", "step", being(self.world, f"e{self.number}", "step"), None)


async def _done(info: strawberry.Info, what: str) -> Step:
    await asyncio.sleep(0)
    info.context.effects.append(what)
    return Step(number=len(info.context.effects), world=info.context)


@strawberry.type
class Mutation:
    """The write side: fields run one after another."""

    @strawberry.mutation
    async def write(self, info: strawberry.Info, text: str) -> Step:
        return info.context.value(text, "write", await _done(info, text), None)

    @strawberry.mutation
    async def perhaps(self, info: strawberry.Info, number: int = 0) -> Step | None:
        return info.context.value(str(number), "perhaps", await _done(info, str(number)), 5)

    @strawberry.mutation
    def at_once(self, info: strawberry.Info) -> int | None:
        info.context.effects.append("at once")
        return info.context.value(str(len(info.context.effects)), "at once", len(info.context.effects), "x")

    @strawberry.mutation
    async def fails(self, info: strawberry.Info, hard: bool) -> int:
        await asyncio.sleep(0)
        info.context.effects.append(f"fails {hard}")
        if hard and info.context.broken:
            raise BrokenError("it failed")
        return 1


class QuietSchema(strawberry.Schema):
    """Writes no errors to the log."""

    def process_errors(self, errors: list[Any], execution_context: Any = None) -> None:
        """Nothing: they are in the answer."""


def synthetic_schema(execution_context_class: Any = None) -> strawberry.Schema:
    """The schema, with a directive of no meaning wherever there can be one, and the one that keeps nulls in place."""
    made = QuietSchema(
        Query, Mutation, execution_context_class=execution_context_class,
        config=StrawberryConfig(scalar_map=SCALARS),
    )  # fmt: skip
    note = GraphQLDirective("note", EXECUTABLE, args={"text": GraphQLArgument(GraphQLNonNull(GraphQLString), "none")})
    made._schema.directives = (*made._schema.directives, note, GraphQLDisableErrorPropagationDirective)
    return made


EXECUTABLE = tuple(
    DirectiveLocation[name]
    for name in ("QUERY", "MUTATION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD", "INLINE_FRAGMENT", "VARIABLE_DEFINITION")
)  # fmt: skip


class SyntheticValues(Values):
    """Values that the synthetic world answers to."""

    def scalar(self, name: str, place: Place) -> Any:
        """A value of a scalar type, mostly one that is taken."""
        if name == "Even":
            return self.random.choice((2, 4, -6))
        if name == "DateTime":
            return self.random.choice(("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.120000+02:00"))
        if place[-1] == "first":
            return self.random.choice((0, 1, 2, 3))
        if name == "ID":
            return self.random.choice(("a", "b", "c", "d.e", "none", "5"))
        return super().scalar(name, place)
