"""The schema: an Apollo Federation v2 subgraph whose entities are answered in batches."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Final

from graphql import GraphQLError
from strawberry import federation
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter
from strawberry.types.info import Info

from errors import BadArgumentError, BadIdError, GatewayError
from schema.guards import enforce, guard_roots
from schema.mutations import Mutation
from schema.prices import KINDS, priced
from schema.query import KINDS_BY_TYPE, Query, records_of
from schema.scalars import SCALARS


class Names(NameConverter):
    """Strawberry's names, but the contract's where it has another."""

    def from_generic(self, generic_type: Any, types: Any) -> str:
        """The page of activity items is `ActivityConnection`."""
        return super().from_generic(generic_type, types).replace("ActivityItem", "Activity")


FEDERATION_VERSION: Final = "2.9"  # the newest that all composers accept
INTERFACE: Final = re.compile(r"^interface .*?^}", re.MULTILINE | re.DOTALL)
PRICE: Final = re.compile(r" @(?:cost|listSize)\([^)]*\)")


OnErrors = Callable[[list[GraphQLError], Any], None]


class GraphSchema(federation.Schema):
    """Strawberry's federation schema, with `_entities` that goes through the batch functions of the graph.

    Strawberry's own resolves one representation after another and takes `__typename` out of the variables.
    """

    def __init__(self, *args: Any, on_errors: OnErrors, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_errors = on_errors
        for root in filter(None, (self._schema.query_type, self._schema.mutation_type)):
            enforce(root)
        service: Any = self._schema.type_map["_Service"]
        service.fields["sdl"].resolve = lambda _service, _info: self._sdl

    def _get_federation_query_type(self, *args: Any) -> Any:
        """The query type with federation's fields, all of them guarded."""
        query: Any = super()._get_federation_query_type(*args)
        guard_roots(query.__strawberry_definition__.fields)
        for field in query.__strawberry_definition__.fields:
            if field.python_name == "_entities":
                field.directives = [*field.directives, *priced(KINDS).directives]
        return query

    def as_str(self) -> str:
        """The schema as text. What a field of an interface costs is told at the types alone: composers insist on it."""
        return INTERFACE.sub(lambda found: PRICE.sub("", found[0]), super().as_str())

    @cached_property
    def _sdl(self) -> str:
        """The schema as text, which takes a while to print."""
        return self.as_str()

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Errors are told and logged where they are answered, in the gateway, and nowhere else."""
        self.on_errors(errors, execution_context)

    async def entities_resolver(  # type: ignore[override]  # Strawberry awaits it like any resolver
        self, info: Info, representations: list[federation.schema.FederationAny]
    ) -> list[Any]:
        """The record of each representation, in order; an error in the place of what is none. One statement a kind."""
        wanted = [_wanted(representation) for representation in representations]
        known = [one for one in wanted if isinstance(one, tuple)]
        records = iter(await records_of(info, known))
        return [next(records) if isinstance(one, tuple) else one for one in wanted]


def _wanted(representation: Any) -> tuple[str, str] | GatewayError:
    if not isinstance(representation, dict) or not isinstance(representation.get("__typename"), str):
        return BadArgumentError("a representation is an object with `__typename` and `id`")
    kind = KINDS_BY_TYPE.get(representation["__typename"])
    record_id = representation.get("id")
    if kind is None:
        return BadArgumentError(f"{representation['__typename']} is no entity of this subgraph")
    if not isinstance(record_id, str):
        return BadIdError("a representation's `id` is the text that `id` of the same type answered")
    return kind, record_id


def build_schema(
    execution_context_class: Any = None,
    extensions: Sequence[Any] = (),
    on_errors: OnErrors = lambda _errors, _operation: None,
) -> GraphSchema:
    """The schema, executed by graphql-core unless a class of execution contexts is given."""
    return GraphSchema(
        query=Query,
        mutation=Mutation,
        on_errors=on_errors,
        execution_context_class=execution_context_class,
        config=StrawberryConfig(scalar_map=SCALARS, name_converter=Names()),
        federation_version=FEDERATION_VERSION,
        extensions=extensions,
    )
