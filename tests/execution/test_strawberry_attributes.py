"""Fields of Strawberry's types that are attributes of their objects, whatever is put there."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import strawberry
from graphql import Undefined

from tests.execution.agreement import both, never_awaited, on, ran, told, watched
from tests.execution.strawberry_leaves import (
    SCHEMA,
    Flavour,
    Grade,
    Leaves,
    Musts,
    Word,
    each_later,
    later,
    root,
)

UUID_ = "00000000-0000-0000-0000-00000000002a"


LEAVES = [
    pytest.param("whole", 3, 3, id="int"),
    pytest.param("whole", 3.0, 3, id="whole float as int"),
    pytest.param("whole", "3", 3, id="text as int"),
    pytest.param("whole", True, 1, id="true as int"),
    pytest.param("part", 2.5, 2.5, id="float"),
    pytest.param("part", 2, 2.0, id="int as float"),
    pytest.param("text", "t", "t", id="text"),
    pytest.param("text", 5, "5", id="int as text"),
    pytest.param("text", True, "true", id="true as text"),
    pytest.param("truth", False, False, id="false"),
    pytest.param("truth", 1, True, id="one as boolean"),
    pytest.param("id", "x", "x", id="id"),
    pytest.param("id", 7, "7", id="int as id"),
    pytest.param("flavour", Flavour.VANILLA, "VANILLA", id="enum"),
    pytest.param("flavour", Flavour.STRAWBERRY, "STRAWBERRY", id="enum of a number"),
    pytest.param("flavour", Flavour.NONE, "NONE", id="enum of None"),
    pytest.param("flavour", Flavour.RENAMED, "called_otherwise", id="enum by another name"),
    pytest.param("grade", Grade.HIGH, "HIGH", id="int enum"),
    pytest.param("word", Word.TWO, "TWO", id="text enum"),
    pytest.param("moment", datetime(2026, 11, 22, 5, tzinfo=UTC), "2026-11-22T05:00:00+00:00", id="moment"),
    pytest.param("day", date(2026, 11, 22), "2026-11-22", id="day"),
    pytest.param("uuid", UUID(UUID_), UUID_, id="uuid"),
    pytest.param("amount", Decimal("1.50"), "1.50", id="decimal"),
    pytest.param("anything", {"a": [1, None]}, {"a": [1, None]}, id="json"),
    pytest.param("backwards", "abc", "cba", id="a scalar of one's own"),
    pytest.param("wholes", [1, 2], [1, 2], id="list"),
    pytest.param("wholes", (1, 2), [1, 2], id="tuple"),
    pytest.param("wholes", [], [], id="empty list"),
    pytest.param("wholes", {7: 1}.keys(), [7], id="view of keys"),
    pytest.param("flavours", [Flavour.VANILLA, None], ["VANILLA", None], id="list of enums"),
    pytest.param("grid", [[1, None], []], [[1, None], []], id="list of lists"),
]


@pytest.mark.parametrize("is_awaited", [False, True], ids=["at once", "awaited"])
@pytest.mark.parametrize(("name", "value", "answered"), LEAVES)
async def test_an_attribute_is_answered(name: str, value: Any, answered: Any, is_awaited: bool) -> None:
    query = f"{{ leaves {{ {name} }} many {{ text {name} }} }}"

    def made() -> Any:
        one = lambda: Leaves(**{name: later(value) if is_awaited else value})  # noqa: E731
        return root(leaves=one(), many=[one(), Leaves()])

    rest = {} if name == "text" else {"text": None}
    data = {"leaves": {name: answered}, "many": [{**rest, name: answered}, {**rest, name: None}]}
    assert await both(SCHEMA, query, root_value=made) == (data, [])


WRONG = [
    pytest.param("whole", "x", "Int cannot represent non-integer value: 'x'", id="text as int"),
    pytest.param("whole", 2**31, "Int cannot represent non 32-bit signed integer value: 2147483648", id="int too large"),
    pytest.param("whole", [1], "Int cannot represent non-integer value: [1]", id="list as int"),
    pytest.param("part", math.nan, "Float cannot represent non numeric value: nan", id="nan"),
    pytest.param("text", [1], "String cannot represent value: [1]", id="list as text"),
    pytest.param("text", {"a": 1}, "String cannot represent value: {'a': 1}", id="mapping as text"),
    pytest.param("truth", "yes", "Boolean cannot represent a non boolean value: 'yes'", id="text as boolean"),
    pytest.param("id", 1.5, "ID cannot represent value: 1.5", id="fraction as id"),
    pytest.param("flavour", "nothing", "Enum 'Flavour' cannot represent value: 'nothing'", id="no such enum value"),
    pytest.param("backwards", "bad", "cannot be reversed", id="a scalar of one's own"),
    pytest.param("backwards", 3, "'int' object is not subscriptable", id="a scalar that breaks"),
    pytest.param("text", ValueError("given"), "given", id="an exception as a text"),
    pytest.param("whole", ValueError("given"), "given", id="an exception as an int"),
    pytest.param("leaves", ValueError("given"), "given", id="an exception as an object"),
    pytest.param("wholes", ValueError("given"), "given", id="an exception as a list"),
    pytest.param("wholes", "12", "Expected Iterable, but did not find one for field 'Leaves.wholes'.", id="text as list"),
    pytest.param("wholes", {"a": 1}, "Expected Iterable, but did not find one for field 'Leaves.wholes'.", id="mapping as list"),
    pytest.param("many", 3, "Expected Iterable, but did not find one for field 'Leaves.many'.", id="int as list of objects"),
]  # fmt: skip


@pytest.mark.parametrize("is_awaited", [False, True], ids=["at once", "awaited"])
@pytest.mark.parametrize(("name", "value", "message"), WRONG)
async def test_an_attribute_that_cannot_be_answered_is_null(
    name: str, value: Any, message: str, is_awaited: bool
) -> None:
    selection = f"{name} {{ text }}" if name in {"leaves", "many"} else name
    rest = "uuid" if name != "uuid" else "day"

    def made() -> Any:
        one = Leaves(**{name: later(value) if is_awaited else value})
        return root(many=[Leaves(), one])

    data = {"many": [{name: None, rest: None}, {name: None, rest: None}]}
    assert await both(SCHEMA, f"{{ many {{ {selection} {rest} }} }}", root_value=made) == (
        data,
        [f"many.1.{name}: {message}"],
    )


@pytest.mark.parametrize("value", [None, Undefined], ids=["None", "Undefined"])
@pytest.mark.parametrize("name", ["whole", "text", "truth", "id", "flavour", "moment", "wholes", "anything"])
async def test_an_attribute_that_is_nothing_is_null(name: str, value: Any) -> None:
    answer = await both(SCHEMA, f"{{ leaves {{ {name} }} }}", root_value=root(leaves=Leaves(**{name: value})))
    assert answer == ({"leaves": {name: None}}, [])


async def test_an_attribute_that_is_unset_is_a_value() -> None:
    leaves = Leaves(text=strawberry.UNSET, whole=strawberry.UNSET, wholes=strawberry.UNSET)  # type: ignore[arg-type]
    assert await both(SCHEMA, "{ leaves { text whole wholes } }", root_value=root(leaves=leaves)) == (
        {"leaves": {"text": "", "whole": None, "wholes": None}},
        [
            "leaves.whole: Int cannot represent non-integer value: <UnsetType instance>",
            "leaves.wholes: Expected Iterable, but did not find one for field 'Leaves.wholes'.",
        ],
    )


@pytest.mark.parametrize("value", [None, Undefined], ids=["None", "Undefined"])
@pytest.mark.parametrize("name", ["whole", "text", "flavour", "wholes", "leaves { text }", "truth"])
@pytest.mark.parametrize("is_awaited", [False, True], ids=["at once", "awaited"])
async def test_an_attribute_that_must_not_be_nothing_nulls_its_object(name: str, value: Any, is_awaited: bool) -> None:
    field, *_below = name.split()
    whole = {"whole": 1, "text": "t", "flavour": Flavour.VANILLA, "wholes": [], "leaves": Leaves(), "truth": True}

    def made() -> Any:
        return root(many_musts=[Musts(**whole), Musts(**whole | {field: later(value) if is_awaited else value})])

    data, errors = await both(SCHEMA, f"{{ manyMusts {{ {name} }} }}", root_value=made)
    assert data["manyMusts"][1] is None
    assert data["manyMusts"][0] is not None
    assert errors == [f"manyMusts.1.{field}: Cannot return null for non-nullable field Musts.{field}."]


class Raising:
    """Has attributes that raise, and lacks others."""

    text = "t"

    @property
    def whole(self) -> int:
        raise ValueError("no whole")


async def test_an_attribute_that_raises_or_is_not_there_is_an_error_of_its_field() -> None:
    many = [Raising(), Leaves(text="u", whole=1), Raising()]
    assert await both(SCHEMA, "{ many { text whole truth } }", root_value=root(many=many)) == (
        {
            "many": [
                {"text": "t", "whole": None, "truth": None},
                {"text": "u", "whole": 1, "truth": None},
                {"text": "t", "whole": None, "truth": None},
            ]
        },
        [
            f"many.{n}.{name}: {message}"
            for n in (0, 2)
            for name, message in [("truth", "'Raising' object has no attribute 'truth'"), ("whole", "no whole")]
        ],
    )


async def test_objects_of_several_classes_stand_in_one_list() -> None:
    other = dataclasses.make_dataclass("Other", ["whole", "text", "leaves"])
    many = [
        Leaves(whole=1, text="a"),
        other(2, "b", Leaves(whole=3)),
        root(whole="4", text=None, leaves=other(5, 6, None)),
    ]
    assert await both(SCHEMA, "{ many { whole text leaves { whole } } }", root_value=root(many=many)) == (
        {
            "many": [
                {"whole": 1, "text": "a", "leaves": None},
                {"whole": 2, "text": "b", "leaves": {"whole": 3}},
                {"whole": 4, "text": None, "leaves": {"whole": 5}},
            ]
        },
        [],
    )


async def test_one_faulty_object_at_several_places_has_an_error_at_each() -> None:
    shared = Leaves(whole="x", text="t")  # type: ignore[arg-type]
    many = [shared, Leaves(leaves=shared), shared]
    message = "Int cannot represent non-integer value: 'x'"
    assert await both(SCHEMA, "{ leaves { whole } many { text whole leaves { whole } } }", root_value=root(leaves=shared, many=many)) == (
        {
            "leaves": {"whole": None},
            "many": [
                {"text": "t", "whole": None, "leaves": None},
                {"text": None, "whole": None, "leaves": {"whole": None}},
                {"text": "t", "whole": None, "leaves": None},
            ],
        },
        [f"{path}: {message}" for path in ("leaves.whole", "many.0.whole", "many.1.leaves.whole", "many.2.whole")],
    )  # fmt: skip


async def test_a_root_attribute_that_must_not_be_nothing_nulls_all() -> None:
    assert await both(SCHEMA, "{ leaves { text } must { text } }", root_value=root(leaves=Leaves(), must=None)) == (
        None,
        ["must: Cannot return null for non-nullable field Query.must."],
    )


@pytest.mark.parametrize(
    ("items", "answered", "paths"),
    [
        pytest.param(lambda: [Leaves(text="a"), later(Leaves(text="b"))], [{"text": "a"}, {"text": "b"}], [], id="some awaited"),
        pytest.param(lambda: each_later(Leaves(text="a")), [{"text": "a"}], [], id="asynchronous generator"),
        pytest.param(lambda: (one for one in [Leaves(text="a")]), [{"text": "a"}], [], id="generator"),
        pytest.param(lambda: [Leaves(), None], None, ["many.1"], id="null among what must not be null"),
        pytest.param(lambda: each_later(Leaves(), None), None, ["many.1"], id="the same, asynchronous"),
    ],
)  # fmt: skip
async def test_an_attribute_may_be_any_kind_of_list(items: Any, answered: Any, paths: list[str]) -> None:
    message = "Cannot return null for non-nullable field Query.many."
    answer = await both(SCHEMA, "{ many { text } }", root_value=lambda: root(many=items()))
    assert answer == ({"many": answered}, [f"{path}: {message}" for path in paths])


def items_of(count: int) -> Iterator[Leaves]:
    for number in range(count):
        yield Leaves(whole=number, many=[Leaves(text=str(number))] * (number % 3))


async def test_many_objects_are_answered_in_order() -> None:
    result = await ran(SCHEMA, "{ many { whole many { text } } }", watched()[0], root_value=root(many=items_of(1000)))
    assert told(result) == (
        {"many": [{"whole": n, "many": [{"text": str(n)}] * (n % 3)} for n in range(1000)]},
        [],
    )


def test_objects_that_need_no_waiting_need_no_loop() -> None:
    executor, reasons = watched()
    result = on(SCHEMA, executor).execute_sync(
        "{ leaves { text many { whole } } }", root_value=root(leaves=Leaves(text="t"))
    )
    assert told(result) == ({"leaves": {"text": "t", "many": None}}, [])
    assert reasons == []


class Stopping:
    """Its attributes raise StopIteration, which must not be taken for the end of a list."""

    @property
    def many(self) -> list[Leaves]:
        raise StopIteration("over")

    @property
    def whole(self) -> int:
        raise StopIteration("over")

    text = "t"


async def test_an_attribute_that_raises_stop_iteration_is_an_error_of_its_field() -> None:
    many = [Leaves(text="a", whole=1, many=[]), Stopping(), Leaves(text="b", whole=2, many=[Leaves(text="c")])]
    assert await both(SCHEMA, "{ many { text whole many { text } } }", root_value=root(many=many)) == (
        {
            "many": [
                {"text": "a", "whole": 1, "many": []},
                {"text": "t", "whole": None, "many": None},
                {"text": "b", "whole": 2, "many": [{"text": "c"}]},
            ]
        },
        ["many.1.many: over", "many.1.whole: over"],
    )


class Counting:
    """Counts how often its attributes are read; the last of them raises."""

    def __init__(self, raises: bool = False) -> None:
        self.raises = raises
        self.reads: dict[str, int] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self.reads[name] = self.reads.get(name, 0) + 1
        if self.raises:
            raise ValueError("no")
        return [] if name == "many" else "1"


async def test_an_attribute_is_read_once_for_each_time_it_is_asked_for() -> None:
    many = [Counting(), Counting(raises=True), Counting()]
    result = await ran(SCHEMA, "{ many { text whole many { text } } }", watched()[0], root_value=root(many=many))
    answer = {"text": "1", "whole": 1, "many": []}
    assert told(result) == (
        {"many": [answer, {"text": None, "whole": None, "many": None}, answer]},
        [f"many.1.{name}: no" for name in ("many", "text", "whole")],
    )
    assert [one.reads for one in many] == [{"text": 1, "whole": 1, "many": 1}] * 3


async def test_attributes_that_make_what_is_to_be_awaited_make_it_once() -> None:
    class Making:
        """Makes a new coroutine each time it is read."""

        def __init__(self, raises: bool = False) -> None:
            self.raises = raises

        @property
        def many(self) -> Any:
            if self.raises:
                raise ValueError("no")
            return later([Leaves(text="a")])

    many = [Making(), Making(raises=True), Making()]
    with never_awaited() as left:
        answer = await both(SCHEMA, "{ many { many { text } } }", root_value=root(many=many))
    assert answer == (
        {"many": [{"many": [{"text": "a"}]}, {"many": None}, {"many": [{"text": "a"}]}]},
        ["many.1.many: no"],
    )
    assert left == []


async def test_attributes_of_a_root_that_is_nothing_are_errors() -> None:
    data, errors = await both(SCHEMA, "{ leaves { text } being { name } }")
    assert data == {"leaves": None, "being": None}
    assert errors == [f"{name}: 'NoneType' object has no attribute '{name}'" for name in ("being", "leaves")]


@pytest.mark.parametrize(
    "value", [(Leaves(text="t"),), {1: Leaves(text="t")}.values(), Leaves(text="t")], ids=["tuple", "view", "no list"]
)
def test_lists_that_need_no_waiting_need_no_loop(value: Any) -> None:
    result = on(SCHEMA, watched()[0]).execute_sync("{ many { text } }", root_value=root(many=value))
    expected = "many: Expected Iterable, but did not find one for field 'Query.many'."
    assert told(result) == (
        ({"many": None}, [expected]) if isinstance(value, Leaves) else ({"many": [{"text": "t"}]}, [])
    )
