"""What feeds a field: a column, a part of the same row, a relation, a page. The schema says only that.

From the same declaration come the executor's batch call and, for graphql-core, a loader per request: the classes
below say which columns of the parent's row a field reads (`reads`), and how its value comes about (`value`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.types.info import Info

from db.pages import Term
from resolvers.context import Batch, Context
from resolvers.pages import ROOT, Connection, Page, PageArguments
from schema.selection import Selection, selection_of


class Feed(Protocol):
    """What feeds a field."""

    def reads(self, selection: Selection) -> Iterable[str]:
        """The columns of the parent's row that the field needs."""

    def value(self, row: Any, info: Info, arguments: Mapping[str, Any]) -> Any:
        """The field's value; an awaitable where it is read from the database."""


class FedField(StrawberryField):
    """A field with a feed. `feed` is what an executor asks for its columns and its batches."""

    feed: Feed

    @property
    def is_basic_field(self) -> bool:
        """A field that is fed by a column under its own name is as plain as Strawberry's own."""
        return isinstance(self.feed, ColumnFeed) and self.feed.name is None and not self.extensions

    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        """The value of the field for one parent, as graphql-core asks for it."""
        if info is None:
            return self.default_resolver(source, self.python_name)
        return self.feed.value(source, info, kwargs)

    def __copy__(self) -> FedField:
        copied = super().__copy__()
        copied.feed = self.feed
        return copied


def _field(feed: Feed, description: str, **options: Any) -> Any:
    made = FedField(description=description, **options)
    made.feed = feed
    made.init = False
    return made


@dataclass(frozen=True)
class ColumnFeed:
    """A column of the row; `name` where it is not the field's own."""

    name: str | None = None
    convert: Callable[[Any], Any] | None = None

    def reads(self, selection: Selection) -> Iterable[str]:
        """The column."""
        return (self.name or selection.python_name,)

    def value(self, row: Any, info: Info, _arguments: Mapping[str, Any]) -> Any:
        """The column's value."""
        value = getattr(row, self.name or info.python_name)
        return self.convert(value) if self.convert else value


def column(description: str, *, name: str | None = None) -> Any:
    """A field that is a column of the row."""
    return _field(ColumnFeed(name), description)


@dataclass(frozen=True)
class MadeFeed:
    """Made of some columns of the row by a function, which may also take the context."""

    make: Callable[..., Any]
    columns: tuple[str, ...]
    takes_context: bool

    def reads(self, _selection: Selection) -> Iterable[str]:
        """The columns it is made of."""
        return self.columns

    def value(self, row: Any, info: Info, _arguments: Mapping[str, Any]) -> Any:
        """What the function makes of the row."""
        return self.make(row, ctx=info.context) if self.takes_context else self.make(row)


def made(description: str, make: Callable[..., Any], *columns: str, takes_context: bool = False) -> Any:
    """A field that a function makes of columns of the row, without a statement."""
    return _field(MadeFeed(make, columns, takes_context), description)


@dataclass(frozen=True)
class PartFeed:
    """An object made of columns of the very same row; null where all of `present` are, if there are any."""

    present: tuple[str, ...] = ()

    def reads(self, selection: Selection) -> Iterable[str]:
        """What the selection on the object reads, and what tells that it is there."""
        return (*self.present, *selection.columns())

    def value(self, row: Any, _info: Info, _arguments: Mapping[str, Any]) -> Any:
        """The row itself."""
        return row if not self.present or any(getattr(row, name) is not None for name in self.present) else None


def part(description: str, *present: str) -> Any:
    """A field whose object stands in the same row."""
    return _field(PartFeed(present), description)


@dataclass(frozen=True)
class ItemFeed:
    """A member of a JSON object; missing ones are null."""

    name: str
    convert: Callable[[Any], Any] | None

    def reads(self, _selection: Selection) -> Iterable[str]:
        """Nothing of its own: the object is there as a whole."""
        return ()

    def value(self, source: Any, _info: Info, _arguments: Mapping[str, Any]) -> Any:
        """The member, converted."""
        value = source.get(self.name)
        return self.convert(value) if self.convert else value


def item(description: str, name: str, convert: Callable[[Any], Any] | None = None) -> Any:
    """A field that is a member of a JSON object."""
    return _field(ItemFeed(name, convert), description)


@dataclass(frozen=True)
class BatchFeed:
    """A batch function, asked with a column of the parent's row as key; a null key gives null."""

    batch: Batch
    key: str

    def reads(self, _selection: Selection) -> Iterable[str]:
        """The key."""
        return (self.key,)

    def value(self, row: Any, info: Info, _arguments: Mapping[str, Any]) -> Any:
        """The answer of the batch function for this parent, through the request's loader."""
        key = getattr(row, self.key)
        if key is None:
            return None
        ctx: Context = info.context
        return _shielded(ctx.loader(self.batch, selection_of(info).columns()).load(key))


def batch_field(batch: Batch, description: str, *, key: str = "id") -> Any:
    """A field fed by a batch function or a relation, which is one."""
    return _field(BatchFeed(batch, key), description)


@dataclass(frozen=True)
class PageFeed:
    """A connection: a page of related rows per parent, or of all rows where there is no parent."""

    connection: Connection
    key: str | None

    def reads(self, _selection: Selection) -> Iterable[str]:
        """The key."""
        return (self.key,) if self.key else ()

    def value(self, row: Any, info: Info, arguments: Mapping[str, Any]) -> Any:
        """The parent's page."""
        ctx: Context = info.context
        selection = selection_of(info)
        batch = selection.remembered("batch", lambda: page_batch(self.connection, arguments, selection))
        key = getattr(row, self.key) if self.key else ROOT
        return _shielded(ctx.loader(batch, selection.node_columns(), selection.place).load(key))


def page_batch(connection: Connection, arguments: Mapping[str, Any], selection: Selection) -> Batch:
    """The batch function of a connection with its arguments."""
    ask = page_arguments(arguments)
    return partial(
        _pages, connection, ask, wants_rows=selection.wants_rows(), wants_count=selection.selects("totalCount")
    )


async def _pages(
    connection: Connection,
    arguments: PageArguments,
    keys: Sequence[str],
    *,
    ctx: Context,
    columns: Any,
    wants_rows: bool,
    wants_count: bool,
) -> list[Page]:
    return await connection.pages(
        keys, ctx=ctx, columns=columns, arguments=arguments, wants_rows=wants_rows, wants_count=wants_count
    )


def page_arguments(arguments: Mapping[str, Any]) -> PageArguments:
    """The arguments of a connection as the resolvers take them."""
    order = tuple(Term(one.field.value, one.direction.value == "DESC") for one in arguments.get("order_by") or ())
    first_of_each = {term.column: term for term in reversed(order)}
    kept = tuple(term for term in order if first_of_each[term.column] is term)
    plain = {name: arguments.get(name) for name in ("first", "after", "last", "before", "filter")}
    return PageArguments(**plain, order_by=kept)


def connection(
    of: Connection,
    description: str,
    *,
    key: str | None = "id",
    filter: Any = None,
    order: Any = None,
) -> Any:
    """A field that is a connection; `filter` and `order` are input types where it takes them."""
    made = _field(PageFeed(of, key), description)
    made.arguments = [
        _argument("first", int, "Take so many from the start; 1 to the ceiling."),
        _argument("after", str, "Start behind this cursor."),
        _argument("last", int, "Take so many from the end; 1 to the ceiling."),
        _argument("before", str, "End in front of this cursor."),
    ]
    if filter is not None:
        made.arguments.append(_argument("filter", filter, "Only those for which this holds."))
    if order is not None:
        made.arguments.append(
            _argument("order_by", list[order], "Order by these, the first counting most; the id breaks ties.")
        )
    return made


def root_connection(of: Connection, description: str, **options: Any) -> Any:
    """A connection that hangs on no parent."""
    return connection(of, description, key=None, **options)


def _argument(name: str, of: Any, description: str) -> StrawberryArgument:
    return StrawberryArgument(
        python_name=name,
        graphql_name=None,
        type_annotation=StrawberryAnnotation(of | None),
        description=description,
        default=None,
    )


async def _shielded(loading: Any) -> Any:
    """graphql-core cancels siblings when a non-null error nulls their parent; a loader's future is shared."""
    return await asyncio.shield(loading)


__all__ = ["FedField", "batch_field", "column", "connection", "field", "item", "made", "part", "root_connection"]
