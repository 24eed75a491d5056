"""What the executor asks of fields and rows: fields that say what feeds them, rows that say how they lie.

A Strawberry field may carry a `feed`, one of the three below; a field without one is resolved as graphql-core does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from graphql import GraphQLResolveInfo


@runtime_checkable
class ColumnFed(Protocol):
    """A feed that is nothing but an attribute of the parent: `column`, or the field's own Python name."""

    column: str | None


@runtime_checkable
class LocalFed(Protocol):
    """A feed that makes the value of the parent alone, quickly and without waiting."""

    def value(self, source: Any, ctx: Any, /) -> Any:
        """The value."""


class Batch(Protocol):
    """A batch function: one answer per key, in order. An exception in the place of an answer spoils that place."""

    def __call__(self, keys: Sequence[Any], /, *, ctx: Any, columns: Collection[str]) -> Awaitable[Sequence[Any]]: ...


class Call(Protocol):
    """What to ask a batch function for: these columns, with `key`, or with each parent's own if that is None."""

    @property
    def batch(self) -> Batch: ...
    @property
    def columns(self) -> frozenset[str]: ...
    @property
    def key(self) -> Any: ...


@runtime_checkable
class BatchFed(Protocol):
    """A feed that asks a batch function, once for all parents; `key` names the parent's attribute that is the key.

    It may also have `found_by`, the attribute of the objects answered that holds the parent's key, and `is_by_id`,
    which says that the object answered is the one whose `id` is the key. Then an object's way back to the parent that
    it was found by needs no batch: the parent is known, and has what the way back reads of it.
    """

    key: str | None

    def call(self, selection: Any, arguments: Mapping[str, Any], /) -> Call | None:
        """What to ask for; None where the answer is null anyway. Calls of equal batches are put together."""


class FedField(Protocol):
    """A field definition with a feed."""

    feed: Any
    python_name: str

    def selection(self, info: GraphQLResolveInfo[Any], known: dict[Any, Any], /) -> Any:
        """What is selected below, in the form that the feed's `call` takes it; asked once for each field of a plan.

        `known` belongs to the plan: what was found out for one field may be kept there for the others.
        """


class RowColumn(Protocol):
    """How one column lies in a row."""

    name: str
    python: type | None  # the class of its values, if they all have one
    nullable: bool
    read: Callable[[Any], Any] | None  # makes the value of what lies there; None where it is the value
    written: Callable[[Any], Any] | None  # makes of it what the encoder writes; None where it writes it as it lies


class Layout(Protocol):
    """A class of rows that lie as sequences of raw values, and answer each value as an attribute as well."""

    layout: tuple[RowColumn, ...]
