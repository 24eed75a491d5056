"""Section 6.4.3, interfaces and unions: which object type a value is of, found at once or awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLSchema

from tests.execution.agreement import agreed, both, schema_of, told

SDL = """
interface Pet { name: String, friend: Pet, weight: Int! }
type Cat implements Pet { name: String, friend: Pet, weight: Int!, lives: Int }
type Dog implements Pet { name: String, friend: Pet, weight: Int!, tricks: [String], owner: Owner }
type Stone { name: String }
input Food { name: String }
union CatOrDog = Cat | Dog
union Owner = Cat | Stone
type Query { pet: Pet, must: Pet!, pets: [Pet], musts: [Pet!], either: CatOrDog, eithers: [CatOrDog], owner: Owner, grid: [[Pet]] }
"""
ABSTRACT = ["Pet", "CatOrDog", "Owner"]


class Cat:
    """A cat that is no mapping."""

    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)


class Dog(Cat):
    """A dog."""


def by_name(kind: Callable[[Any], Any]) -> Callable[[], GraphQLSchema]:
    def made() -> GraphQLSchema:
        schema = schema_of(SDL)
        for name in ABSTRACT:
            schema.type_map[name].resolve_type = lambda value, _info, _type: kind(value)
        return schema

    return made


def by_question(question: Callable[[str], Callable[[Any, Any], Any]]) -> Callable[[], GraphQLSchema]:
    def made() -> GraphQLSchema:
        schema = schema_of(SDL)
        for name in ("Cat", "Dog", "Stone"):
            schema.type_map[name].is_type_of = question(name)
        return schema

    return made


async def later(value: Any, turns: int = 1) -> Any:
    for _ in range(turns):
        await asyncio.sleep(0)
    return value


def kind_of(value: Any) -> str | None:
    return value.get("kind") if isinstance(value, dict) else type(value).__name__


def typename(value: Any, _info: Any = None, _type: Any = None) -> str | None:
    return kind_of(value)


def mixed(name: str) -> Callable[[Any, Any], Any]:
    """One type answers at once, the others later."""
    if name == "Cat":
        return lambda value, _info: kind_of(value) == name
    return lambda value, _info: later(kind_of(value) == name)


WAYS = [
    pytest.param(by_name(kind_of), id="resolve_type"),
    pytest.param(by_name(lambda value: later(kind_of(value))), id="async resolve_type"),
    pytest.param(by_name(lambda value: later(kind_of(value)) if kind_of(value) == "Dog" else kind_of(value)), id="sometimes async"),
    pytest.param(by_question(lambda name: lambda value, _info: kind_of(value) == name), id="is_type_of"),
    pytest.param(by_question(lambda name: lambda value, _info: later(kind_of(value) == name)), id="async is_type_of"),
    pytest.param(by_question(mixed), id="both kinds of is_type_of"),
]  # fmt: skip
TOM = {"kind": "Cat", "name": "Tom", "lives": 9, "weight": 4}
REX = {"kind": "Dog", "name": "Rex", "tricks": ["sit"], "weight": 30, "friend": TOM, "owner": TOM}
STONE = {"kind": "Stone", "name": "Stone"}


@pytest.mark.parametrize("schema", WAYS)
async def test_a_value_answers_as_the_type_it_is_of(schema: Callable[[], GraphQLSchema]) -> None:
    query = """{
      pet { __typename name ...OfDog }
      pets { ... on Cat { lives } name ...OfDog }
      either { ... on Pet { weight } ... on Dog { tricks } }
      eithers { __typename }
      owner { ... on Stone { name } __typename }
      grid { name ... on Cat { lives } }
    }
    fragment OfDog on Dog { tricks friend { __typename weight } owner { ... on Cat { lives } } }"""
    root = {
        "pet": REX, "pets": [TOM, REX, None, TOM], "either": REX, "eithers": [REX, TOM], "owner": STONE,
        "grid": [[TOM, None], None, [], [REX]],
    }  # fmt: skip
    of_dog = {"tricks": ["sit"], "friend": {"__typename": "Cat", "weight": 4}, "owner": {"lives": 9}}
    tom, rex = {"lives": 9, "name": "Tom"}, {"name": "Rex", **of_dog}
    assert await both(schema(), query, root_value=root) == (
        {
            "pet": {"__typename": "Dog", **rex},
            "pets": [tom, rex, None, tom],
            "either": {"weight": 30, "tricks": ["sit"]},
            "eithers": [{"__typename": "Dog"}, {"__typename": "Cat"}],
            "owner": {"name": "Stone", "__typename": "Stone"},
            "grid": [[{"name": "Tom", "lives": 9}, None], None, [], [{"name": "Rex"}]],
        },
        [],
    )


async def test_without_either_the_value_says_its_typename() -> None:
    root = {"pets": [{"__typename": "Cat", "name": "Tom"}, {"__typename": "Dog", "name": "Rex"}]}
    assert await both(schema_of(SDL), "{ pets { name __typename } }", root_value=root) == (
        {"pets": [{"name": "Tom", "__typename": "Cat"}, {"name": "Rex", "__typename": "Dog"}]},
        [],
    )


async def test_a_type_resolver_may_be_given_for_the_whole_request() -> None:
    root = {"pets": [TOM, REX], "either": Dog(name="Rex")}
    query = "{ pets { __typename } either { __typename } }"
    assert await both(schema_of(SDL), query, root_value=root, type_resolver=typename) == (
        {"pets": [{"__typename": "Cat"}, {"__typename": "Dog"}], "either": {"__typename": "Dog"}},
        [],
    )


async def test_the_type_is_asked_for_with_the_field_at_hand() -> None:
    asked: list[tuple[Any, ...]] = []

    def resolve_type(value: Any, info: Any, of: Any) -> str:
        asked.append((value["name"], info.field_name, ".".join(map(str, info.path.as_list())), of.name, info.context))
        return kind_of(value)

    schema = schema_of(SDL)
    schema.type_map["Pet"].resolve_type = resolve_type
    root = {"pets": [TOM, REX], "pet": REX}
    await both(schema, "{ pets { name friend { name } } p: pet { name } }", root_value=root, context_value="ctx")
    assert sorted(asked) == sorted(
        [
            ("Tom", "pets", "pets", "Pet", "ctx"),
            ("Rex", "pets", "pets", "Pet", "ctx"),
            ("Tom", "friend", "pets.1.friend", "Pet", "ctx"),
            ("Rex", "pet", "p", "Pet", "ctx"),
        ]
        * 3
    )


def _raising(value: Any) -> str:
    if value.get("name") == "Rex":
        raise ValueError("no type")
    return "Cat"


async def _raising_later(value: Any) -> str:
    await asyncio.sleep(0)
    return _raising(value)


ABSENT = (
    "Abstract type 'Pet' must resolve to an Object type at runtime for field 'Query.{field}'."
    " Either the 'Pet' type should provide a 'resolve_type' function or each possible type should provide"
    " an 'is_type_of' function."
)
NO_NAME = (
    "Abstract type 'Pet' must resolve to an Object type at runtime for field 'Query.{field}' with value"
    " {{'name': 'Rex', 'weight': 30}}, received '3', which is not a valid Object type name."
)


@pytest.mark.parametrize("is_awaited", [False, True], ids=["at once", "awaited"])
@pytest.mark.parametrize(
    ("resolved", "message"),
    [
        pytest.param(None, ABSENT, id="none"),
        pytest.param(3, NO_NAME, id="no name"),
        pytest.param("Bird", "Abstract type 'Pet' was resolved to a type 'Bird' that does not exist inside the schema.", id="no such type"),
        pytest.param("Food", "Abstract type 'Pet' was resolved to a non-object type 'Food'.", id="no object type"),
        pytest.param("Stone", "Runtime Object type 'Stone' is not a possible type for 'Pet'.", id="no possible type"),
    ],
)  # fmt: skip
async def test_a_wrong_type_nulls_the_value(is_awaited: bool, resolved: Any, message: str) -> None:
    def kind(value: Any) -> Any:
        name = resolved if value["name"] == "Rex" else "Cat"
        return later(name) if is_awaited else name

    rex = {"name": "Rex", "weight": 30}
    root = {"pet": rex, "pets": [TOM, rex, TOM], "musts": [TOM, rex]}
    assert await both(by_name(kind)(), "{ pet { name } pets { name } musts { name } }", root_value=root) == (
        {"pet": None, "pets": [{"name": "Tom"}, None, {"name": "Tom"}], "musts": None},
        [
            f"musts.1: {message.format(field='musts')}",
            f"pet: {message.format(field='pet')}",
            f"pets.1: {message.format(field='pets')}",
        ],
    )


@pytest.mark.parametrize("kind", [_raising, _raising_later], ids=["at once", "awaited"])
@pytest.mark.parametrize("is_question", [False, True], ids=["resolve_type", "is_type_of"])
async def test_an_error_while_asking_for_the_type_nulls_the_value(kind: Any, is_question: bool) -> None:
    schema = by_question(lambda _name: lambda value, _info: kind(value))() if is_question else by_name(kind)()
    root = {"pet": REX, "pets": [TOM, REX], "must": TOM}
    result = await agreed(schema, "{ pet { name } pets { name } must { name } }", root_value=root)
    assert told(result) == (
        {"pet": None, "pets": [{"name": "Tom"}, None], "must": {"name": "Tom"}},
        ["pet: no type", "pets.1: no type"],
    )
    assert all(isinstance(error.original_error, ValueError) for error in result.errors)


async def test_a_wrong_type_that_must_not_be_null_nulls_all() -> None:
    schema = by_name(lambda _value: "Stone")()
    assert await both(schema, "{ pet { name } must { name } }", root_value={"must": TOM}) == (
        None,
        ["must: Runtime Object type 'Stone' is not a possible type for 'Pet'."],
    )


async def test_the_resolved_type_may_deny_the_value() -> None:
    schema = by_name(lambda _value: "Cat")()
    schema.type_map["Cat"].is_type_of = lambda value, _info: later("lives" in value)
    rex = {"name": "Rex"}
    assert await both(schema, "{ pets { name } }", root_value={"pets": [TOM, rex]}) == (
        {"pets": [{"name": "Tom"}, None]},
        ["pets.1: Expected value of type 'Cat' but got: {'name': 'Rex'}."],
    )


async def test_a_null_below_an_abstract_type_goes_up_to_it() -> None:
    light = {"kind": "Dog", "name": "Light"}
    root = {"pets": [TOM, light], "pet": {**REX, "friend": light}, "musts": [TOM, light]}
    query = "{ pets { weight } pet { weight friend { name weight } } musts { ... on Dog { weight } } }"
    message = "Cannot return null for non-nullable field Dog.weight."
    assert await both(by_name(kind_of)(), query, root_value=root) == (
        {"pets": [{"weight": 4}, None], "pet": {"weight": 30, "friend": None}, "musts": None},
        [f"{path}: {message}" for path in ("musts.1.weight", "pet.friend.weight", "pets.1.weight")],
    )


async def test_an_exception_where_an_abstract_value_should_be_is_an_error() -> None:
    root = {"pets": [TOM, GraphQLError("no pet", extensions={"code": "NO_PET"}), None]}
    result = await agreed(by_name(kind_of)(), "{ pets { name } }", root_value=root)
    assert told(result) == ({"pets": [{"name": "Tom"}, None, None]}, ["pets.1: no pet"])
    assert result.errors[0].extensions == {"code": "NO_PET"}


async def test_types_are_asked_for_at_once_where_they_are_awaited() -> None:
    running = {"now": 0, "most": 0}

    async def slow(value: Any) -> Any:
        running["now"] += 1
        running["most"] = max(running["most"], running["now"])
        await asyncio.sleep(0)
        running["now"] -= 1
        return kind_of(value)

    root = {"pets": [TOM, REX] * 10}
    assert (await both(by_name(slow)(), "{ pets { name } }", root_value=root))[1] == []
    assert running["most"] == 20


async def test_objects_of_many_types_keep_their_order() -> None:
    root = {"pets": [TOM if number % 3 else REX for number in range(100)]}
    data, errors = await both(by_name(kind_of)(), "{ pets { __typename } }", root_value=root)
    assert errors == []
    assert [pet["__typename"] for pet in data["pets"]] == ["Cat" if number % 3 else "Dog" for number in range(100)]


@pytest.mark.parametrize("schema", WAYS)
async def test_objects_answer_by_their_attributes_too(schema: Callable[[], GraphQLSchema]) -> None:
    root = {"pets": [Cat(name="Tom", lives=9), Dog(name="Rex", tricks=("sit", "roll"))]}
    assert await both(schema(), "{ pets { name ... on Dog { tricks } ... on Cat { lives } } }", root_value=root) == (
        {"pets": [{"name": "Tom", "lives": 9}, {"name": "Rex", "tricks": ["sit", "roll"]}]},
        [],
    )
