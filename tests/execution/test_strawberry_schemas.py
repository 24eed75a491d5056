"""Strawberry's larger pieces on this executor: relay, federation, handled exceptions, incremental delivery."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
import strawberry
from strawberry import relay
from strawberry.federation import Schema as FederationSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info

from tests.execution.agreement import agreed, both, on, path_of, ran, told, watched


@strawberry.type
class Book(relay.Node):
    code: relay.NodeID[int]
    title: str

    @strawberry.field
    async def shouted(self) -> str:
        await asyncio.sleep(0)
        return self.title.upper()

    @classmethod
    def resolve_nodes(cls, *, node_ids: Iterable[str], **_asked: Any) -> list[Book | None]:
        return [Book(code=int(one), title=f"book {one}") if int(one) < 10 else None for one in node_ids]


@strawberry.type
class Missing:
    key: str


class Absent(KeyError):  # noqa: N818  it is told as a value
    """Becomes a `Missing`."""


class OnAbsent(strawberry.ExceptionHandler[Absent, Missing]):
    def handle(self, exception: Absent, *, field: Any, info: Any) -> Missing | None:
        return None if exception.args[0] == "declined" else Missing(key=f"{exception.args[0]} of {info.field_name}")


@strawberry.type
class Query:
    node: relay.Node = relay.node()
    nodes: list[relay.Node] = relay.node()

    @relay.connection(relay.ListConnection[Book])
    def books(self) -> list[Book]:
        return [Book(code=number, title=f"book {number}") for number in range(5)]

    @relay.connection(relay.ListConnection[Book])
    async def books_later(self) -> list[Book]:
        await asyncio.sleep(0)
        return [Book(code=number, title=f"book {number}") for number in range(3)]

    @strawberry.field
    def found(self, key: str) -> Book | Missing | None:
        if key != "there":
            raise Absent(key)
        return Book(code=1, title="there")

    @strawberry.field
    async def found_later(self, key: str) -> Book | Missing | None:
        await asyncio.sleep(0)
        raise Absent(key)


@strawberry.type
class PlainQuery:
    @strawberry.field
    def extended(self, info: Info) -> str:
        return str(info.input_extensions)

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.sleep(0)
        return "slow"


SCHEMA = strawberry.Schema(Query, exception_handlers=[OnAbsent()], types=[Missing])
PLAIN = strawberry.Schema(PlainQuery)


def id_of(number: int) -> str:
    return relay.to_base64("Book", number)


@pytest.mark.parametrize("field", ["books", "booksLater"])
async def test_connections_are_paged(field: str) -> None:
    query = f"{{ {field}(first: 2) {{ pageInfo {{ hasNextPage endCursor }} edges {{ cursor node {{ id title shouted }} }} }} }}"
    cursors = [relay.to_base64("arrayconnection", number) for number in range(2)]
    assert await both(SCHEMA, query) == (
        {
            field: {
                "pageInfo": {"hasNextPage": True, "endCursor": cursors[1]},
                "edges": [
                    {"cursor": cursors[n], "node": {"id": id_of(n), "title": f"book {n}", "shouted": f"BOOK {n}"}}
                    for n in range(2)
                ],
            }
        },
        [],
    )


async def test_nodes_are_found_by_their_ids() -> None:
    query = "query ($one: ID!, $many: [ID!]!) { node(id: $one) { __typename id } nodes(ids: $many) { ... on Book { title } } }"
    given = {"one": id_of(3), "many": [id_of(4), id_of(5)]}
    assert await both(SCHEMA, query, variable_values=given) == (
        {"node": {"__typename": "Book", "id": id_of(3)}, "nodes": [{"title": "book 4"}, {"title": "book 5"}]},
        [],
    )


async def test_a_node_that_is_not_found_is_an_error() -> None:
    result = await agreed(SCHEMA, "query ($one: ID!) { node(id: $one) { id } }", variable_values={"one": id_of(12)})
    assert result.data is None
    assert [path_of(error) for error in result.errors] == ["node"]


async def test_exceptions_that_a_handler_knows_become_values() -> None:
    query = """{
      found(key: "there") { ... on Book { title } }
      lost: found(key: "k") { __typename ... on Missing { key } }
      later: foundLater(key: "l") { ... on Missing { key } }
      declined: found(key: "declined") { __typename }
    }"""
    assert await both(SCHEMA, query) == (
        {
            "found": {"title": "there"},
            "lost": {"__typename": "Missing", "key": "k of found"},
            "later": {"key": "l of foundLater"},
            "declined": None,
        },
        ["declined: 'declined'"],
    )


async def test_extensions_of_the_operation_reach_its_resolvers() -> None:
    executor, reasons = watched()
    result = await on(PLAIN, executor).execute("{ extended }", operation_extensions={"a": 1})
    assert told(result) == ({"extended": "{'a': 1}"}, [])
    assert reasons == []


INCREMENTAL = strawberry.Schema(PlainQuery, config=StrawberryConfig(enable_experimental_incremental_execution=True))


async def test_where_incremental_delivery_is_allowed_other_operations_take_the_fast_path() -> None:
    result = await agreed(INCREMENTAL, "{ slow extended }")
    assert told(result) == ({"slow": "slow", "extended": "None"}, [])


async def test_deferred_fields_are_left_to_graphql_core() -> None:
    executor, reasons = watched()
    result = await ran(INCREMENTAL, "{ extended ... @defer { slow } }", executor)
    assert result.initial_result.data == {"extended": "None"}
    parts = [part async for part in result.subsequent_results]
    assert [one.data for part in parts for one in part.incremental or ()] == [{"slow": "slow"}]
    assert reasons


@strawberry.federation.type(keys=["upc"])
class Product:
    upc: str
    price: int = 3

    @classmethod
    async def resolve_reference(cls, upc: str) -> Product:
        await asyncio.sleep(0)
        return cls(upc=upc)


@strawberry.federation.type
class FederationQuery:
    @strawberry.federation.field
    def product(self) -> Product:
        return Product(upc="1")


async def test_entities_of_a_federation_are_found() -> None:
    schema = FederationSchema(FederationQuery, types=[Product])
    query = """query ($of: [_Any!]!) {
      _entities(representations: $of) { ... on Product { upc price } }
      product { upc }
      _service { __typename }
    }"""
    given = {"of": [{"__typename": "Product", "upc": "7"}, {"__typename": "Product", "upc": "8"}]}
    assert await both(schema, query, variable_values=given) == (
        {
            "_entities": [{"upc": "7", "price": 3}, {"upc": "8", "price": 3}],
            "product": {"upc": "1"},
            "_service": {"__typename": "_Service"},
        },
        [],
    )
