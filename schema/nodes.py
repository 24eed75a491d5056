"""What every record has: an id, the system it came from, its document. And pages of such records."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

import strawberry
from strawberry import federation

from db.ids import kind_of
from resolvers.sources import document_as_it_came, documents_by_id, is_stale
from schema.enums import System
from schema.fields import batch_field, column, made
from schema.groups import Group, groups_field
from schema.guards import READING
from schema.prices import COUNTED, DOCUMENT, priced
from schema.scalars import JSON

T = TypeVar("T")
SOURCE_COLUMNS = ("system", "fetched_at", "last_error")


def text_of(cls: type) -> str:
    """A class's docstring, for GraphQL."""
    return inspect.cleandoc(cls.__doc__ or "").replace("\n", " ")


def object_type(cls: type[T]) -> type[T]:
    """A GraphQL object type, described by its docstring."""
    made_type: type[T] = strawberry.type(cls, description=text_of(cls))
    return made_type


def entity(kind: str) -> Callable[[type[T]], type[T]]:
    """A GraphQL object type whose objects are records with an id of `kind`; an entity of the federation."""

    def decorate(cls: type[T]) -> type[T]:
        cls.is_type_of = staticmethod(lambda row, _info: kind_of(row.id) == kind)  # type: ignore[attr-defined]
        decorated: type[T] = federation.type(cls, keys=["id"], description=text_of(cls), requires_scopes=READING)
        return decorated

    return decorate


@strawberry.interface(description="Whatever has an id that `node` finds it by.")
class Node:
    """Whatever has an id."""

    id: strawberry.ID = column(
        "Opaque id, the same for the same record in every database; what `node` finds the record by."
    )


@object_type
class SourceInfo:
    """Where a record came from and how fresh it is."""

    system: System = column("The system that holds the record.")
    external_id: str = column("The record's id in its own system.")
    fetched_at: datetime = column("When the newest document of it was fetched, or the newest that mentions it.")
    updated_at: datetime | None = column("When the system itself says that it last changed.")
    stale: bool = made(
        "Whether it is older than the freshness declared for its system, or its last refresh failed.",
        is_stale,
        *SOURCE_COLUMNS,
        takes_context=True,
    )
    last_error: str | None = column("Why its last refresh failed; null if it did not.")
    document: JSON = made(
        "The document as it came, merged from all that came, secrets removed. Fields that the graph does not know "
        "are here.",
        document_as_it_came,
        "document",
        takes_context=True,
        price=priced(DOCUMENT),
    )


@strawberry.interface(description="A record that one of the four systems holds.")
class Record(Node):
    """A record that one of the four systems holds."""

    system: System = column("The system that holds the record.")
    external_id: str = column("The record's id in its own system, as text.")
    source: SourceInfo = batch_field(documents_by_id, "Where the record came from and how fresh it is.")


@federation.type(shareable=True, description="Where a page stands in its list. Source: Relay's connection page.")
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool = strawberry.field(description="Whether there are rows behind the page.")
    has_previous_page: bool = strawberry.field(description="Whether there are rows in front of the page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first row; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last row; null on an empty page.")


@strawberry.type(description="A row of a list, and its place in it.")
class Edge(Generic[T]):
    """A row of a list, and its place in it."""

    cursor: str = strawberry.field(
        description="The row's place: give it as `after` or `before` of the same field with the same order."
    )
    node: T = strawberry.field(description="The row.")


@strawberry.type(description="A page of a list. Rows inserted meanwhile neither repeat nor hide others.")
class Connection(Generic[T]):
    """A page of a list."""

    nodes: list[T] = strawberry.field(description="The rows of the page.")
    edges: list[Edge[T]] = strawberry.field(description="The rows of the page with their cursors.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in its list.")
    total_count: int = strawberry.field(
        description="How many rows the whole list has that the viewer may see and the filter lets through.",
        directives=COUNTED.directives,
        metadata=COUNTED.metadata,
    )
    groups: list[Group] = groups_field(
        "How many rows there are of each kind, counted over the whole list that the viewer may see and the filter lets "
        "through; the most frequent first, then by the keys, null last. No row is read for it."
    )
