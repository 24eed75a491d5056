"""What stands around Strawberry's resolvers: permissions, extensions and directives, masked errors, own contexts and fields."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import strawberry
from strawberry.extensions import MaskErrors, SchemaExtension

from tests.execution.agreement import agreed, both, on, path_of, told, watched
from tests.execution.strawberry_items import (
    SCHEMA,
    Query,
    loud,
)


@pytest.mark.parametrize("is_allowed", [True, False], ids=["allowed", "not allowed"])
@pytest.mark.parametrize(
    ("query", "granted", "denied", "errors"),
    [
        pytest.param("{ secret }", {"secret": "secret"}, {"secret": None}, ["secret: not allowed"], id="at once"),
        pytest.param("{ secretLater }", {"secretLater": "secret, later"}, {"secretLater": None}, ["secretLater: not allowed, later"], id="awaited"),
        pytest.param("{ secretItem { number } }", {"secretItem": {"number": 1}}, {"secretItem": None}, ["secretItem: not allowed, later"], id="two, the first is told"),
        pytest.param("{ secretMust }", {"secretMust": "secret"}, None, ["secretMust: not allowed"], id="must not be null"),
        pytest.param("{ silent }", {"silent": "silent"}, {"silent": None}, [], id="silently null"),
        pytest.param("{ silentList }", {"silentList": ["silent"]}, {"silentList": []}, [], id="silently empty"),
        pytest.param("{ silentLater { number } }", {"silentLater": [{"number": 1}]}, {"silentLater": []}, [], id="silently empty, awaited"),
        pytest.param("{ item { guarded number } }", {"item": {"guarded": 5, "number": 1}}, {"item": {"guarded": None, "number": 1}}, ["item.guarded: not allowed"], id="an attribute"),
    ],
)  # fmt: skip
async def test_permissions_are_asked(
    query: str, granted: Any, denied: Any, errors: list[str], is_allowed: bool
) -> None:
    answer = await both(SCHEMA, query, context_value={"is_allowed": is_allowed})
    assert answer == ((granted, []) if is_allowed else (denied, errors))


async def test_permissions_are_asked_for_each_parent() -> None:
    assert await both(SCHEMA, "{ maybe(count: 4) { even } items(count: 3) { even } }") == (
        {"maybe": [None, {"even": None}, None, {"even": None}], "items": [{"even": 0}, {"even": None}, {"even": 2}]},
        ["items.1.even: odd", "maybe.1.even: odd", "maybe.3.even: odd"],
    )
    assert await both(SCHEMA, "{ maybe(count: 2) { evenMust } }") == (
        {"maybe": [None, None]},
        ["maybe.1.evenMust: odd"],
    )


async def test_an_error_of_a_permission_has_its_extensions() -> None:
    result = await agreed(SCHEMA, "{ secret }", context_value={})
    assert [(error.extensions, path_of(error)) for error in result.errors] == [({"code": "FORBIDDEN"}, "secret")]


class Noted(SchemaExtension):
    """Notes every stage, but has no `resolve`."""

    log: list[str] = []

    def on_operation(self) -> Iterator[None]:
        self.log.append("operation begins")
        yield
        self.log.append("operation ends")

    async def on_execute(self) -> AsyncIterator[None]:
        self.log.append("execution begins")
        yield
        self.log.append(f"execution ends: {self.execution_context.result.data}")

    def get_results(self) -> dict[str, Any]:
        return {"noted": len(self.log)}


class Shouted(SchemaExtension):
    """Wraps every resolver."""

    def resolve(self, next_: Callable[..., Any], root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        value = next_(root, info, *args, **kwargs)
        return f"{value}!".upper() if isinstance(value, str) else value


async def test_extensions_of_the_schema_that_wrap_no_resolver_leave_the_fast_path() -> None:
    Noted.log.clear()
    schema = strawberry.Schema(Query, extensions=[Noted])
    executor, reasons = watched()
    result = await on(schema, executor).execute("{ item { number } }")
    assert (told(result), result.extensions) == (({"item": {"number": 1}}, []), {"noted": 4})
    assert Noted.log == [
        "operation begins", "execution begins", "execution ends: {'item': {'number': 1}}", "operation ends",
    ]  # fmt: skip
    assert reasons == []


async def test_extensions_of_the_schema_that_wrap_resolvers_are_called() -> None:
    schema = strawberry.Schema(Query, extensions=[Shouted])
    executor, reasons = watched()
    result = await on(schema, executor).execute("{ item { name number } silent }", context_value={"is_allowed": True})
    assert told(result) == ({"item": {"name": "ITEM!", "number": 1}, "silent": "SILENT!"}, [])
    assert reasons


async def test_operation_directives_are_heeded() -> None:
    schema = strawberry.Schema(Query, directives=[loud])
    result = await agreed(schema, '{ item { name @loud(end: "?") n: name number } }', falls_back=True)
    assert told(result) == ({"item": {"name": "ITEM?", "n": "item", "number": 1}}, [])


async def test_masked_errors_hide_what_went_wrong_and_originals_are_kept_for_the_log() -> None:
    schema = strawberry.Schema(Query, extensions=[lambda: MaskErrors(error_message="masked")])
    executor, _reasons = watched()
    seen: list[Any] = []
    masked = on(schema, executor)
    masked.process_errors = lambda errors, _context: seen.extend(errors)
    result = await masked.execute("{ item { oddFailsLater } }")
    assert told(result) == ({"item": {"oddFailsLater": None}}, ["item.oddFailsLater: masked"])
    assert [type(error.original_error) for error in seen] == [ValueError]


async def test_errors_that_are_not_masked_know_their_exception() -> None:
    result = await agreed(SCHEMA, "{ item { oddFailsLater } }")
    assert [type(error.original_error) for error in result.errors] == [ValueError]
    assert [(error.locations, error.path) for error in result.errors] == [([(1, 10)], ["item", "oddFailsLater"])]


class Mine:
    """A context with attributes that mean something else to its owner."""

    trace, viewer, ctx = "trace 7", None, 3


@pytest.mark.parametrize(
    ("query", "data"),
    [
        pytest.param(
            "{ items(count: 2) { plusLater children(count: 1) { number } } }",
            {"items": [{"plusLater": n + 1, "children": [{"number": n * 10}]} for n in range(2)]},
            id="on the fast path",
        ),
        pytest.param('{ __type(name: "Item") { name } }', {"__type": {"name": "Item"}}, id="left to graphql-core"),
    ],
)
async def test_a_context_may_be_any_object(query: str, data: dict[str, Any]) -> None:
    result = await agreed(SCHEMA, query, context_value=Mine, falls_back="__type" in data)
    assert told(result) == (data, [])


class Traced(strawberry.types.field.StrawberryField):
    """A field whose class overrides how its values are had."""

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return f"traced {super().get_result(source, info, args, kwargs)}"


@strawberry.type
class TracedQuery:
    plain: str = Traced(python_name="plain", default="plain")


async def test_a_field_of_a_class_of_ones_own_is_asked() -> None:
    answer = await both(strawberry.Schema(TracedQuery), "{ plain }", root_value=TracedQuery())
    assert answer == ({"plain": "traced plain"}, [])
