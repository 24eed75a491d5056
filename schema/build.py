"""The schema: an Apollo Federation v2 subgraph whose entities are answered in batches."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from graphql import GraphQLError
from strawberry import federation
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter
from strawberry.types.info import Info

from errors import BadArgumentError, BadIdError
from schema.query import KINDS_BY_TYPE, Query, record_of
from schema.scalars import SCALARS


class Names(NameConverter):
    """Strawberry's names, but the contract's where it has another."""

    def from_generic(self, generic_type: Any, types: Any) -> str:
        """The page of activity items is `ActivityConnection`."""
        return super().from_generic(generic_type, types).replace("ActivityItem", "Activity")


CACHED_DOCUMENTS = 500  # parsed and validated once; what real clients send stays far below
FEDERATION_VERSION: Final = "2.9"  # the newest that all composers accept


class GraphSchema(federation.Schema):
    """Strawberry's federation schema, with `_entities` that goes through the batch functions of the graph.

    Strawberry's own resolves one representation after another and takes `__typename` out of the variables.
    """

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Errors are logged where they are answered, in the gateway, and nowhere else."""

    def entities_resolver(self, info: Info, representations: list[federation.schema.FederationAny]) -> list[Any]:
        """One awaitable per representation, in order; all of one type share one statement."""
        return [_entity(info, representation) for representation in representations]


def _entity(info: Info, representation: Any) -> Any:
    if not isinstance(representation, dict) or not isinstance(representation.get("__typename"), str):
        return BadArgumentError("a representation is an object with `__typename` and `id`")
    kind = KINDS_BY_TYPE.get(representation["__typename"])
    record_id = representation.get("id")
    if kind is None:
        return BadArgumentError(f"{representation['__typename']} is no entity of this subgraph")
    if not isinstance(record_id, str):
        return BadIdError("a representation's `id` is the text that `id` of the same type answered")
    return record_of(info, record_id, kind)


def build_schema() -> GraphSchema:
    """The schema."""
    return GraphSchema(
        query=Query,
        config=StrawberryConfig(scalar_map=SCALARS, name_converter=Names()),
        federation_version=FEDERATION_VERSION,
        extensions=[partial(ParserCache, maxsize=CACHED_DOCUMENTS), partial(ValidationCache, maxsize=CACHED_DOCUMENTS)],
    )
