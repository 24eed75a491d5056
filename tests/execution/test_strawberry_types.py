"""Strawberry's types: inputs, enums, generics, interfaces and unions, and settings of the schema."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from tests.execution.agreement import agreed, both, path_of, told
from tests.execution.strawberry_leaves import (
    SCHEMA,
    Droid,
    Flavour,
    Human,
    Like,
    Stone,
    Window,
    later,
    root,
)

ARGUMENTS = [
    pytest.param("windowed", "None None", id="nothing"),
    pytest.param(
        "windowed(window: {})", f"{Window()} None", id="all defaults"
    ),
    pytest.param(
        'windowed(window: {first: 2, after: "a", before: null, flavours: [STRAWBERRY, NONE], calledOtherwise: 5})',
        f"{Window(first=2, after='a', before=None, flavours=[Flavour.STRAWBERRY, Flavour.NONE], renamed=5)} None",
        id="all given",
    ),
    pytest.param("windowed(window: {inner: {inner: {first: 3}}})", f"{Window(inner=Window(inner=Window(first=3)))} None", id="in each other"),
    pytest.param("windowed(windows: [{first: 1}, {}])", f"None {[Window(first=1), Window()]}", id="in a list"),
    pytest.param("windowed(windows: {first: 1})", f"None {[Window(first=1)]}", id="one becomes a list"),
    pytest.param("windowed(window: null)", "None None", id="null"),
    pytest.param("windowed(window: $window)", f"{Window(first=4, before=None)} None", id="from a variable"),
    pytest.param("windowed(window: {first: $first, after: $absent})", f"{Window(first=4)} None", id="variables within"),
    pytest.param('changed(change: {name: "n", level: 3})', "'n' 3", id="maybe, given"),
    pytest.param("changed(change: {name: null})", "None None", id="maybe, null"),
    pytest.param("changed(change: {})", "'absent' None", id="maybe, absent"),
    pytest.param("chosen(choice: {byId: 3})", "'3' UNSET", id="one of"),
    pytest.param("chosen(choice: $choice)", "UNSET 'n'", id="one of, from a variable"),
    pytest.param("echoed", "<Flavour.STRAWBERRY: 2> None UNSET None None 3", id="defaults"),
    pytest.param(
        'echoed(flavour: called_otherwise, grade: HIGH, unset: null, moment: "2026-11-22T05:00:00Z", backwards: "abc", calledOtherwise: 9)',
        "<Flavour.RENAMED: 'other'> <Grade.HIGH: 2> None 2026-11-22 05:00:00+00:00 'cba' 9", id="given",
    ),
    pytest.param("echoed(flavour: $flavour, unset: $absent)", "<Flavour.VANILLA: 'van'> None UNSET None None 3", id="variables"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "expected"), ARGUMENTS)
async def test_arguments_come_as_python_knows_them(field: str, expected: str) -> None:
    declared = {
        "window": "Window",
        "first": "Int! = 10",
        "absent": "String",
        "choice": "Choice!",
        "flavour": "Flavour! = NONE",
    }
    if "unset: $absent" in field:
        declared["absent"] = "Int"
    given = {"window": {"first": 4, "before": None}, "first": 4, "choice": {"byName": "n"}, "flavour": "VANILLA"}
    used = {name: kind for name, kind in declared.items() if f"${name}" in field}
    head = f"query ({', '.join(f'${name}: {kind}' for name, kind in used.items())})" if used else ""
    variables = {name: value for name, value in given.items() if name in used}
    name, *_arguments = field.split("(")
    result = await agreed(SCHEMA, f"{head} {{ {field} }}", variable_values=variables, root_value=root())
    expected = expected.replace("UNSET", repr(strawberry.UNSET))
    assert told(result) == ({name: expected}, [])


async def test_an_argument_that_a_scalar_rejects_nulls_the_field_that_asked() -> None:
    result = await agreed(
        SCHEMA, "query ($b: Reversed) { ok: flavours bad: echoed(backwards: $b) }", variable_values={"b": "bad"}
    )
    assert result.data is None
    assert [error.path for error in result.errors] == [None]


async def test_enums_answer_their_names_in_a_list() -> None:
    assert await both(SCHEMA, "{ flavours }") == (
        {"flavours": ["VANILLA", "STRAWBERRY", "NONE", "called_otherwise"]},
        [],
    )


async def test_generic_types_answer_as_what_they_are_made_for() -> None:
    query = """{
      page { __typename total first { name } edges { __typename cursor node { name greeting } } }
      numbers { __typename total first edges { node __typename } }
    }"""
    assert await both(SCHEMA, query) == (
        {
            "page": {
                "__typename": "HumanPage", "total": 2, "first": {"name": "a"},
                "edges": [{"__typename": "HumanEdge", "cursor": n, "node": {"name": n, "greeting": f"I am {n}"}} for n in "ab"],
            },
            "numbers": {
                "__typename": "IntPage", "total": 2, "first": None,
                "edges": [{"node": 0, "__typename": "IntEdge"}, {"node": 1, "__typename": "IntEdge"}],
            },
        },
        [],
    )  # fmt: skip


BEINGS = (
    "{ __typename name greeting ... on Human { height friends { name ... on Droid { task } } } ... on Droid { task } }"
)


LUKE = {
    "__typename": "Human", "name": "Luke", "greeting": "I am Luke", "height": 172,
    "friends": [{"name": "R2", "task": "repair"}, {"name": "Leia"}],
}  # fmt: skip


R2 = {"__typename": "Droid", "name": "R2", "greeting": "beep", "task": "repair"}


@pytest.mark.parametrize("is_awaited", [False, True], ids=["at once", "awaited"])
async def test_interfaces_and_unions_answer_as_the_type_of_the_object(is_awaited: bool) -> None:
    def made() -> Any:
        luke, r2, stone = Human(name="Luke", height=172), Droid(name="R2"), Stone(weight=3)
        wrap = later if is_awaited else lambda one: one
        return root(
            being=wrap(luke), beings=wrap([luke, None, wrap(r2)]), human=wrap(luke),
            either=wrap(stone), eithers=[wrap(luke), wrap(stone), None],
        )  # fmt: skip

    query = f"""{{
      being {BEINGS} beings {BEINGS} human {{ name }}
      either {{ __typename ... on Stone {{ weight }} }}
      eithers {{ ... on Being {{ name }} ... on Stone {{ weight }} }}
    }}"""
    assert await both(SCHEMA, query, root_value=made) == (
        {
            "being": LUKE,
            "beings": [LUKE, None, R2],
            "human": {"name": "Luke"},
            "either": {"__typename": "Stone", "weight": 3},
            "eithers": [{"name": "Luke"}, {"weight": 3}, None],
        },
        [],
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [
        pytest.param("{ being { name } }", "being", id="interface"),
        pytest.param("{ either { ... on Human { name } } }", "either", id="union"),
        pytest.param("{ human { name } }", "human", id="type that has interfaces"),
        pytest.param("{ beings { name } }", "beings", id="list of an interface"),
        pytest.param("{ eithers { __typename } }", "eithers", id="list of a union"),
    ],
)
async def test_an_object_of_another_class_is_no_being(query: str, field: str) -> None:
    is_list = field.endswith("s")
    value = [Human(name="Luke"), Like()] if is_list else Like()
    result = await agreed(SCHEMA, query, root_value=root(**{field: value}))
    luke = {"__typename": "Human"} if "typename" in query else {"name": "Luke"}
    assert result.data == {field: [luke, None] if is_list else None}
    assert [path_of(error) for error in result.errors] == [f"{field}.1" if is_list else field]


@strawberry.type
class Keyed:
    number: int
    text: str | None
    keyed: Keyed | None
    many: list[Keyed]

    @strawberry.field
    def resolved(self) -> str:
        return str(self["number"])  # type: ignore[index]


async def test_a_default_resolver_of_ones_own_is_called() -> None:
    @strawberry.type
    class Root:
        keyed: Keyed
        other: Keyed | None

    schema = strawberry.Schema(
        Root,
        config=StrawberryConfig(
            default_resolver=lambda source, name: source[name] if isinstance(source, dict) else None
        ),
    )
    leaf = {"number": 2, "text": None, "keyed": None, "many": []}
    value = {"keyed": {"number": 1, "text": "t", "keyed": leaf, "many": [leaf, leaf]}, "other": {"many": [{}]}}
    query = (
        "{ keyed { number text resolved keyed { number text } many { number resolved } } other { many { number } } }"
    )
    assert await both(schema, query, root_value=value) == (
        {
            "keyed": {
                "number": 1, "text": "t", "resolved": "1", "keyed": {"number": 2, "text": None},
                "many": [{"number": 2, "resolved": "2"}] * 2,
            },
            "other": None,
        },
        ["other.many.0.number: 'number'"],
    )  # fmt: skip


@strawberry.type
class Odd:
    snake_case: int = 1
    other: int = strawberry.field(default=2, name="UPPER_other")
    from_: int = strawberry.field(default=3, name="from")


@strawberry.type
class OddQuery:
    @strawberry.field
    def odd_one(self) -> list[Odd]:
        return [Odd(), Odd()]


async def test_names_that_are_not_in_camel_case_are_found() -> None:
    odd = {"snake_case": 1, "UPPER_other": 2, "class": 3}
    schema = strawberry.Schema(OddQuery, config=StrawberryConfig(auto_camel_case=False))
    assert await both(schema, "{ odd_one { snake_case UPPER_other class: from } }") == ({"odd_one": [odd, odd]}, [])


async def test_merged_types_answer_the_fields_of_each() -> None:
    @strawberry.type
    class One:
        @strawberry.field
        def one(self) -> int:
            return 1

    @strawberry.type
    class Two:
        @strawberry.field
        async def two(self) -> int:
            return 2

    schema = strawberry.Schema(merge_types("Both", (One, Two)))
    assert await both(schema, "{ two one __typename }") == ({"two": 2, "one": 1, "__typename": "Both"}, [])


@strawberry.type
class Asked:
    text: str

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        return value.text != "no"


@strawberry.type
class AskedQuery:
    @strawberry.field
    def all_asked(self) -> list[Asked | None]:
        return [Asked(text="yes"), Asked(text="no")]


async def test_a_class_that_says_what_it_is_is_asked() -> None:
    result = await agreed(strawberry.Schema(AskedQuery), "{ allAsked { text } }")
    assert result.data == {"allAsked": [{"text": "yes"}, None]}
    assert [path_of(error) for error in result.errors] == ["allAsked.1"]
