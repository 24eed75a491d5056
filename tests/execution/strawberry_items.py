"""A Strawberry schema of items, with resolvers, permissions and extensions of every kind; for the tests beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.directive import DirectiveLocation, DirectiveValue
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission, PermissionExtension
from strawberry.types import Info


class Allowed(BasePermission):
    message = "not allowed"
    error_extensions = {"code": "FORBIDDEN"}

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:
        return bool(info.context and info.context.get("is_allowed"))


class AllowedLater(BasePermission):
    message = "not allowed, later"

    async def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:
        await asyncio.sleep(0)
        return bool(info.context and info.context.get("is_allowed"))


class EvenOnly(BasePermission):
    message = "odd"

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:
        return source.number % 2 == 0


class Doubled(FieldExtension):
    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        return next_(source, info, **kwargs) * 2

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        return await next_(source, info, **kwargs) * 2


class Wider(FieldExtension):
    """Gives the resolver another argument than was asked for."""

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        return next_(source, info, by=kwargs["by"] + 100)


class Instead(FieldExtension):
    """Never calls the resolver."""

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        await asyncio.sleep(0)
        return -1


def forbidden() -> int:
    raise AssertionError("called without permission")


@strawberry.type
class Item:
    number: int
    name: str = "item"

    @strawberry.field
    def plus(self, by: int = 1) -> int:
        return self.number + by

    @strawberry.field
    async def plus_later(self, by: int = 1) -> int:
        await asyncio.sleep(0)
        return self.number + by

    @strawberry.field
    def child(self) -> Item:
        return Item(number=self.number + 1)

    @strawberry.field
    async def children(self, count: int = 2) -> list[Item]:
        await asyncio.sleep(0)
        return [Item(number=self.number * 10 + place) for place in range(count)]

    @strawberry.field
    async def loaded(self, info: Info) -> int:
        return await info.context["loader"].load(self.number)

    @strawberry.field
    def odd_fails(self) -> int:
        if self.number % 2:
            raise GraphQLError(f"{self.number} is odd", extensions={"code": "ODD"})
        return self.number

    @strawberry.field
    async def odd_fails_later(self) -> int | None:
        await asyncio.sleep(0)
        if self.number % 2:
            raise ValueError(f"{self.number} is odd")
        return self.number

    @strawberry.field
    def given_error(self) -> int | None:
        return ValueError("given")  # type: ignore[return-value]

    @strawberry.field(extensions=[Doubled()])
    def doubled(self) -> int:
        return self.number

    @strawberry.field(extensions=[Doubled()])
    async def doubled_later(self) -> int:
        await asyncio.sleep(0)
        return self.number

    @strawberry.field(extensions=[Doubled(), Doubled()])
    def quadrupled(self) -> int:
        return self.number

    @strawberry.field(extensions=[Wider()])
    def wider(self, by: int) -> int:
        return self.number + by

    @strawberry.field(extensions=[Instead()])
    async def instead(self) -> int:
        return forbidden()

    @strawberry.field(permission_classes=[EvenOnly])
    def even(self) -> int | None:
        return self.number

    @strawberry.field(permission_classes=[EvenOnly])
    def even_must(self) -> int:
        return self.number

    extended: int = strawberry.field(default=4, extensions=[Doubled()])
    guarded: int | None = strawberry.field(default=5, permission_classes=[Allowed])


def described(root: Item, info: Info, text: str = "?") -> str:
    return f"{info.field_name} of {root.number}: {text}"


def from_parent(parent: strawberry.Parent[Item], suffix: str) -> str:
    return f"{parent.number}{suffix}"


@strawberry.type
class Richer(Item):
    described: str = strawberry.field(resolver=described)
    from_parent: str = strawberry.field(resolver=from_parent)

    @strawberry.field
    @classmethod
    def of_class(cls) -> str:
        return cls.__name__

    @strawberry.field
    @staticmethod
    def of_nobody() -> str:
        return "nobody"

    @strawberry.field(name="renamed")
    def called_otherwise(self, argument_of_mine: int = 3) -> int:
        return argument_of_mine


@strawberry.type
class Query:
    @strawberry.field
    def item(self, number: int = 1) -> Item:
        return Item(number=number)

    @strawberry.field
    async def items(self, count: int) -> list[Item]:
        await asyncio.sleep(0)
        return [Item(number=number) for number in range(count)]

    @strawberry.field
    def maybe(self, count: int) -> list[Item | None]:
        return [Item(number=number) if number % 2 else None for number in range(count)]

    @strawberry.field
    def richer(self) -> Richer:
        return Richer(number=7)

    @strawberry.field
    def generated(self) -> list[int]:
        return (number for number in range(3))  # type: ignore[return-value]

    @strawberry.field
    async def yielded(self) -> strawberry.Streamable[Item]:
        for number in range(2):
            await asyncio.sleep(0)
            yield Item(number=number)

    @strawberry.field(permission_classes=[Allowed])
    def secret(self) -> str | None:
        return "secret"

    @strawberry.field(permission_classes=[AllowedLater])
    async def secret_later(self) -> str | None:
        return "secret, later"

    @strawberry.field(permission_classes=[AllowedLater, Allowed])
    async def secret_item(self) -> Item | None:
        return Item(number=1)

    @strawberry.field(permission_classes=[Allowed])
    def secret_must(self) -> str:
        return "secret"

    @strawberry.field(extensions=[PermissionExtension([Allowed()], fail_silently=True)])
    def silent(self) -> str | None:
        return "silent"

    @strawberry.field(extensions=[PermissionExtension([Allowed()], fail_silently=True)])
    def silent_list(self) -> list[str]:
        return ["silent"]

    @strawberry.field(extensions=[PermissionExtension([AllowedLater()], fail_silently=True)])
    async def silent_later(self) -> list[Item]:
        return [Item(number=1)]

    @strawberry.field
    def told_of(self, info: Info, x: int = 1) -> str:
        path = ".".join(map(str, info.path.as_list()))
        return f"{info.field_name} {info.python_name} {path} {info.variable_values} {info.context} {info.operation.operation.value}"

    @strawberry.field
    def selected(self, info: Info, x: int = 1) -> Item:
        info.context["selected"].append(_selected(info.selected_fields))
        return Item(number=x)

    @strawberry.field
    def rooted(self, info: Info) -> str:
        return f"{self} {info.root_value}"


def _selected(fields: list[Any]) -> list[Any]:
    return [
        (type(one).__name__, getattr(one, "name", None), getattr(one, "alias", None), _selected(one.selections))
        for one in fields
    ]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def push(self, info: Info, number: int) -> list[int]:
        seen = list(info.context)
        await asyncio.sleep(0)
        info.context.append(number)
        return [*seen, number]

    @strawberry.mutation
    def fail(self) -> int | None:
        raise ValueError("no")

    @strawberry.mutation
    def fail_must(self, info: Info) -> int:
        info.context.append(-1)
        raise ValueError("no")


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[Item]:
        for number in range(to):
            yield Item(number=number)


@strawberry.directive(locations=[DirectiveLocation.FIELD])
def loud(value: DirectiveValue[str], end: str) -> str:
    return f"{value.upper()}{end}"


SCHEMA = strawberry.Schema(Query, Mutation, Subscription, types=[Richer])
