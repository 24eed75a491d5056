"""What feeds a field: a column, a part of the same row, a relation, a page. The schema says only that.

From the same declaration come the executor's batch call and, for graphql-core, a loader per request: the classes
below say which columns of the parent's row a field reads (`reads`), and either its value out of the row (`value`) or
what to ask a batch function for (`call`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, runtime_checkable

import strawberry
from graphql import GraphQLResolveInfo, get_named_type
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.types.info import Info

from db.ids import is_id_of
from db.pages import Term
from resolvers.context import Batch, Context
from resolvers.lists import few
from resolvers.pages import ROOT, Connection, Page, PageArguments, Parts
from resolvers.relations import ToMany, ToOne
from schema.prices import FREE, PAGE, STATEMENT, Priced, priced
from schema.selection import Document, Selection, selection_of


class Feed(Protocol):
    """What feeds a field: `LocalFeed` out of the parent's row, or `BatchedFeed` out of the database."""

    def reads(self, selection: Selection) -> Iterable[str]:
        """The columns of the parent's row that the field needs, given what is selected below it."""


class LocalFeed(Feed, Protocol):
    """Feeds a field out of the parent's row, without a statement."""

    def value(self, row: Any, ctx: Context, /) -> Any:
        """The field's value."""


@runtime_checkable
class BatchedFeed(Feed, Protocol):
    """Feeds a field by a batch function, which is called for all parents at once.

    `key` names the column of the parent that is the key; None where there is no parent.
    """

    key: str | None

    def call(self, selection: Selection, arguments: Mapping[str, Any], /) -> Call | None:
        """What to ask for, whoever the parent is; None where the answer is null anyway."""


@dataclass(frozen=True)
class Call:
    """What to ask a batch function for. `key` is the key of every parent; None where each has its own.

    `place` tells apart where in the document the call stands, if its arguments may differ from others'.
    """

    batch: Batch
    columns: frozenset[str]
    key: str | None = None
    place: Hashable = None


class FedField(StrawberryField):
    """A field with a feed. The executor asks `feed` for its columns and its calls; graphql-core gets both from here."""

    feed: Feed

    @property
    def is_basic_field(self) -> bool:
        """A field that is fed by a column under its own name is as plain as Strawberry's own."""
        return isinstance(self.feed, ColumnFeed) and self.feed.column is None and not self.extensions

    def selection(self, info: GraphQLResolveInfo[Any], known: dict[Any, Any]) -> Selection:
        """What is selected below the field, as the feed's `call` takes it; `known` has what was looked at before."""
        document = Document(info.schema, info.fragments, info.variable_values, known)
        of = get_named_type(info.return_type)
        return document.selection(of, info.field_nodes, self.python_name, info.parent_type)

    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        """The value of the field for one parent, as graphql-core asks for it."""
        if info is None:
            return self.default_resolver(source, self.python_name)
        if not isinstance(self.feed, BatchedFeed):
            local: Any = self.feed
            return local.value(source, info.context)
        selection = selection_of(info)
        call = selection.remembered("call", partial(self.feed.call, selection, kwargs))
        key = None if call is None else key_of(call, self.feed.key, source)
        return None if key is None else loaded(info.context, call, key)

    def __copy__(self) -> FedField:
        copied = super().__copy__()
        copied.feed = self.feed
        return copied


def key_of(call: Call, column: str | None, source: Any) -> str | None:
    """The key that a parent has in a call."""
    if call.key is not None or column is None:
        return call.key or ROOT
    key: str | None = getattr(source, column)
    return key


def loaded(ctx: Context, call: Call, key: str) -> Awaitable[Any]:
    """The answer to a call for one key, through the request's loader.

    graphql-core cancels siblings when a non-null error nulls their parent. A loader's future is shared with others,
    so it is shielded; and what it raises after nobody waits any more is taken note of, for asyncio's sake.
    """
    loading = ctx.loader(call.batch, call.columns, call.place).load(key)
    shielded = asyncio.shield(loading)
    for future in (loading, shielded):
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return shielded


def fed_field(feed: Feed, description: str, *arguments: StrawberryArgument, price: Priced | None = None) -> Any:
    """A field with this feed and these arguments; a batch function costs a statement unless another price is given."""
    price = price or (priced(STATEMENT) if isinstance(feed, BatchedFeed) else FREE)
    made = FedField(description=description, directives=price.directives, metadata=price.metadata)
    made.feed = feed
    made.init = False
    if arguments:
        made.arguments = list(arguments)
    return made


@dataclass(frozen=True)
class ColumnFeed:
    """A column of the row; `column` where its name is not the field's own."""

    column: str | None = None

    def reads(self, selection: Selection) -> Iterable[str]:
        """The column."""
        return (self.column or selection.python_name,)

    def value(self, row: Any, _ctx: Context, /) -> Any:
        """The column's value."""
        return getattr(row, self.column or "")


def column(description: str, *, name: str | None = None) -> Any:
    """A field that is a column of the row."""
    return fed_field(ColumnFeed(name), description)


@dataclass(frozen=True)
class MadeFeed:
    """Made of some columns of the row by a function, which may also take the context."""

    make: Callable[..., Any]
    columns: tuple[str, ...]
    takes_context: bool

    def reads(self, _selection: Selection) -> Iterable[str]:
        """The columns it is made of."""
        return self.columns

    def value(self, row: Any, ctx: Context, /) -> Any:
        """What the function makes of the row."""
        return self.make(row, ctx=ctx) if self.takes_context else self.make(row)


def made(
    description: str, make: Callable[..., Any], *columns: str, takes_context: bool = False, price: Priced | None = None
) -> Any:
    """A field that a function makes of columns of the row, without a statement."""
    return fed_field(MadeFeed(make, columns, takes_context), description, price=price)


@dataclass(frozen=True)
class PartFeed:
    """An object made of columns of the very same row; null where all of `present` are, if there are any."""

    present: tuple[str, ...] = ()

    def reads(self, selection: Selection) -> Iterable[str]:
        """What the selection on the object reads, and what tells that it is there."""
        return (*self.present, *selection.columns)

    def value(self, row: Any, _ctx: Context, /) -> Any:
        """The row itself."""
        return row if not self.present or any(getattr(row, name) is not None for name in self.present) else None


def part(description: str, *present: str) -> Any:
    """A field whose object stands in the same row."""
    return fed_field(PartFeed(present), description)


@dataclass(frozen=True)
class ItemFeed:
    """A member of a JSON object; missing ones are null."""

    name: str
    convert: Callable[[Any], Any] | None

    def reads(self, _selection: Selection) -> Iterable[str]:
        """Nothing of its own: the object is there as a whole."""
        return ()

    def value(self, source: Any, _ctx: Context, /) -> Any:
        """The member, converted."""
        value = source.get(self.name)
        return self.convert(value) if self.convert else value


def item(description: str, name: str, convert: Callable[[Any], Any] | None = None) -> Any:
    """A field that is a member of a JSON object."""
    return fed_field(ItemFeed(name, convert), description)


@dataclass(frozen=True)
class BatchFeed:
    """A batch function, asked with a column of the parent's row as key; a null key gives null."""

    batch: Batch
    key: str

    @property
    def is_by_id(self) -> bool:
        """Whether the key is the id of the row that is answered."""
        return isinstance(self.batch, ToOne) and self.batch.pair is None and self.batch.match.name == "id"

    @property
    def found_by(self) -> str | None:
        """The column of the rows answered that holds the parent's id, if they hold it."""
        if not isinstance(self.batch, ToOne | ToMany) or self.batch.pair is not None or self.key != "id":
            return None
        return self.batch.match.name

    def reads(self, selection: Selection) -> Iterable[str]:
        """The key, and what the rows below ask back of their parent."""
        return (self.key, *(selection.columns_asked_back(self.found_by) if self.found_by else ()))

    def call(self, selection: Selection, _arguments: Mapping[str, Any], /) -> Call:
        """The columns that are selected."""
        return Call(self.batch, selection.columns)


def batch_field(batch: Batch, description: str, *, key: str = "id", price: Priced | None = None) -> Any:
    """A field fed by a batch function or a relation, which is one."""
    return fed_field(BatchFeed(batch, key), description, price=price)


@dataclass(frozen=True)
class AskedFeed:
    """A batch function that takes the field's arguments: `asking` makes of them the function to be called."""

    asking: Callable[[Mapping[str, Any]], Batch]
    key: str = "id"

    def reads(self, _selection: Selection) -> Iterable[str]:
        """The key."""
        return (self.key,)

    def call(self, selection: Selection, arguments: Mapping[str, Any], /) -> Call:
        """What the arguments ask; parents at the same place of the document have the same ones."""
        return Call(self.asking(arguments), selection.columns, place=selection.place)


def asked_field(
    asking: Callable[[Mapping[str, Any]], Batch],
    description: str,
    *arguments: StrawberryArgument,
    key: str = "id",
    price: Priced | None = None,
) -> Any:
    """A field fed by a batch function that takes these arguments."""
    return fed_field(AskedFeed(asking, key), description, *arguments, price=price)


@dataclass(frozen=True)
class RecordFeed:
    """A record of one kind, by the argument `id`; null for what is no id of that kind."""

    batch: Batch
    kind: str
    key: None = None

    def reads(self, _selection: Selection) -> Iterable[str]:
        """Nothing: there is no parent."""
        return ()

    def call(self, selection: Selection, arguments: Mapping[str, Any], /) -> Call | None:
        """The id, if it is one of this kind."""
        record_id = str(arguments["id"])
        return Call(self.batch, selection.columns, record_id) if is_id_of(self.kind, record_id) else None


def by_id(batch: Batch, kind: str, description: str) -> Any:
    """A root field that answers the record of an id."""
    record_id = argument("id", strawberry.ID, "The graph's id of the record.", strawberry.UNSET)
    return fed_field(RecordFeed(batch, kind), description, record_id)


@dataclass(frozen=True)
class PageFeed:
    """A connection: a page of related rows per parent, or of all rows where there is no parent."""

    connection: Connection
    key: str | None

    @property
    def found_by(self) -> str | None:
        """The column of the rows answered that holds the parent's id, if they hold it."""
        match = self.connection.match
        return match.name if match is not None and self.connection.pair is None and self.key == "id" else None

    def reads(self, selection: Selection) -> Iterable[str]:
        """The key, and what the rows below ask back of their parent."""
        asked_back = selection.columns_asked_back(self.found_by) if self.found_by else ()
        return (self.key, *asked_back) if self.key else ()

    def call(self, selection: Selection, arguments: Mapping[str, Any], /) -> Call:
        """The page; parents at the same place of the document have the same arguments."""
        batch = page_batch(self.connection, arguments, selection)
        return Call(batch, selection.node_columns, place=selection.place)


def page_batch(connection: Connection, arguments: Mapping[str, Any], selection: Selection) -> Batch:
    """The batch function of a connection with its arguments."""
    parts = Parts(selection.wants_rows, selection.wants_count, selection.wants_cursors)
    return partial(_pages, connection, page_arguments(arguments), parts)


async def _pages(
    connection: Connection, arguments: PageArguments, parts: Parts, keys: Sequence[str], *, ctx: Context, columns: Any
) -> list[Page]:
    return await connection.pages(keys, ctx=ctx, columns=columns, arguments=arguments, parts=parts)


def page_arguments(arguments: Mapping[str, Any]) -> PageArguments:
    """The arguments of a connection as the resolvers take them."""
    order = tuple(
        Term(one.field.value, one.direction.value == "DESC") for one in few("orderBy", arguments.get("order_by"))
    )
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
    made = fed_field(PageFeed(of, key), description, price=priced(STATEMENT, PAGE))
    made.arguments = [
        argument("first", int | None, "Take so many from the start; 1 to the ceiling."),
        argument("after", str | None, "Start behind this cursor."),
        argument("last", int | None, "Take so many from the end; 1 to the ceiling."),
        argument("before", str | None, "End in front of this cursor."),
    ]
    if filter is not None:
        made.arguments.append(argument("filter", filter | None, "Only those for which this holds."))
    if order is not None:
        made.arguments.append(
            argument("order_by", list[order] | None, "Order by these, the first counting most; the id breaks ties.")
        )
    return made


def root_connection(of: Connection, description: str, **options: Any) -> Any:
    """A connection that hangs on no parent."""
    return connection(of, description, key=None, **options)


def argument(name: str, of: Any, description: str, default: Any = None) -> StrawberryArgument:
    """An argument of a field; Strawberry's UNSET as default makes it required."""
    return StrawberryArgument(
        python_name=name,
        graphql_name=None,
        type_annotation=StrawberryAnnotation(of),
        description=description,
        default=default,
    )
