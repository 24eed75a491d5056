"""What a dialect is: one table of endpoints, and how its records become rows.

The response model of an endpoint is also the map of the records in it: wherever a `RecordDocument` stands in
it, there is a record. So one declaration serves to check a document, to take it apart, and to build it again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeGuard
from urllib.parse import unquote

from pydantic import TypeAdapter
from sqlalchemy import Table

from db.ids import id_of
from rest.merge import Merged
from rest.models.types import MAX_ID_CHARACTERS, MAX_WHOLE, MIN_WHOLE, ONE_LINE, utc_moment
from rest.words import UNKNOWN, Words, unified

Params = Mapping[str, str]
Row = tuple[Table, dict[str, Any]]

# Kinds of record that stand in one workspace; the others (users, agents, tags) belong to the organisation.
UNDER_WORKSPACE = frozenset(("COMPUTER", "CHART", "SESSION", "MESSAGE", "RUN", "ACTIVITY"))


@dataclass(frozen=True)
class Patch:
    """What an answer says of a record that it does not hold: some fields of its document.

    Names that begin with `$` are ours (no system has them): they are merged like others but never rendered.
    """

    kind: str
    external_id: str
    fields: dict[str, Any]
    mentions: tuple[tuple[str, str], ...] = ()  # kind and id of records that the fields name in passing


def no_patches(_params: Params, _body: Any) -> Iterable[Patch]:
    """Most answers speak only of the records in them."""
    return ()


@dataclass(frozen=True)
class Endpoint:
    """One call of a REST API.

    `response` is the pydantic type of its answer; None where the answer holds nothing that the graph has.
    `patches` gives what follows from the answer for records that are not in it.
    """

    method: str
    path: str
    response: Any = None
    request: Any = None
    patches: Callable[[Params, Any], Iterable[Patch]] = no_patches

    @property
    def name(self) -> str:
        """The call as the inventory writes it, such as `GET /workspaces/{id}`."""
        return f"{self.method} {self.path}"

    @cached_property
    def checker(self) -> TypeAdapter[Any]:
        """Checks an answer; a wrong one raises pydantic's ValidationError."""
        return TypeAdapter(self.response)

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path's parts; a parameter is its name in braces."""
        return tuple(self.path.strip("/").split("/"))


@dataclass(frozen=True)
class Facts:
    """All that is known of one record when its rows are made."""

    organization_id: str
    system: str
    kind: str
    external_id: str
    merged: Merged
    part_id: str | None  # the workspace part that the record stands in
    workspace_of: Callable[[str | None], str | None]  # part id -> id of the unified workspace
    count_unknown: Callable[[str], None]

    @property
    def document(self) -> dict[str, Any]:
        """The merged document."""
        return self.merged.document

    @cached_property
    def id(self) -> str:
        """The graph's id of the record."""
        return id_of(self.kind, self.organization_id, self.system, self.external_id)

    def ref(self, kind: str, external_id: Any) -> str | None:
        """The id of another record of the same system."""
        if not isinstance(external_id, str) or not external_id:
            return None
        return id_of(kind, self.organization_id, self.system, external_id)

    def get(self, name: str) -> Any:
        """A field of the document; None where it is null or absent."""
        return self.merged.document.get(name)

    def moment(self, name: str) -> datetime | None:
        """A field of the document that holds a moment."""
        return moment_of(self.get(name))

    def word(self, words: Words, word: str | None) -> str:
        """Our word for a system's own; counts the ones that nobody knew."""
        ours = unified(words, word)
        if ours is None:
            self.count_unknown(f"{self.system.lower()} {self.kind.lower()} status {word!r}")
        return ours or UNKNOWN

    def record(self, **values: Any) -> dict[str, Any]:
        """A row of a record table."""
        return {
            "organization_id": self.organization_id, "id": self.id, "system": self.system,
            "external_id": self.external_id, **values,
        }  # fmt: skip

    def owned(self, **values: Any) -> dict[str, Any]:
        """A row of a table whose rows belong to this record."""
        return {"organization_id": self.organization_id, "record_id": self.id, **values}


@dataclass(frozen=True)
class RecordKind:
    """How records of one kind in one system become rows.

    `references` maps fields that hold another record's id to that record's kind: the records mentioned are there
    from then on, if only by their id. `parts` names the fields that hold the id of the workspace it stands in, such
    as `scope.workspaceId`: the one said last counts, and of one document's the first.
    """

    rows: Callable[[Facts], Iterable[Row]]
    owns: Sequence[Table] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    parts: Sequence[str] = ("$workspace",)

    def workspaces_named(self, document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """The workspaces that a document says its record stands in: the field and the external id of each."""
        for path in self.parts:
            name, _, inner = path.partition(".")
            value = some(document.get(name)).get(inner) if inner else document.get(name)
            if is_id(value):
                yield name, value


@dataclass(frozen=True)
class Dialect:
    """One system's REST API."""

    system: str
    base: str  # the path before the endpoints'
    hosts: tuple[str, ...]  # words of which a host name of the system contains one
    endpoints: tuple[Endpoint, ...]
    kinds: Mapping[str, RecordKind]

    @cached_property
    def _by_shape(self) -> dict[tuple[str, int], list[Endpoint]]:
        found: dict[tuple[str, int], list[Endpoint]] = {}
        for endpoint in sorted(self.endpoints, key=lambda one: one.path.count("{")):  # literal names first
            found.setdefault((endpoint.method, len(endpoint.segments)), []).append(endpoint)
        return found

    def match(self, method: str, path: str, *, with_base: bool = False) -> tuple[Endpoint, Params] | None:
        """The endpoint of a call and the parameters in its path; None where the dialect has no such call."""
        inside = path.removeprefix(self.base)
        if with_base and inside == path and self.base:
            return None
        parts = tuple(inside.strip("/").split("/"))
        for endpoint in self._by_shape.get((method, len(parts)), ()):
            params = _params(endpoint.segments, parts)
            if params is not None:
                return endpoint, params
        return None


def _params(segments: Sequence[str], parts: Sequence[str]) -> Params | None:
    params = {}
    for segment, part in zip(segments, parts, strict=True):
        if segment.startswith("{"):
            params[segment[1:-1]] = unquote(part)
        elif segment != part:
            return None
    return params


_ONE_LINE = re.compile(ONE_LINE)


def is_id(value: Any) -> TypeGuard[str]:
    """Whether this is the id of a record; a field that no model checked may hold anything."""
    return isinstance(value, str) and 0 < len(value) <= MAX_ID_CHARACTERS and _ONE_LINE.match(value) is not None


def moment_of(value: Any) -> datetime | None:
    """A moment from ISO 8601 text; without an offset it is taken as UTC. None for what is no moment."""
    try:
        return utc_moment(value) if isinstance(value, str) else None
    except ValueError:
        return None


def whole(value: Any) -> int | None:
    """A whole number of 32 bits; JSON may write it as `3.0`. None for what is none."""
    fits = isinstance(value, (int, float)) and MIN_WHOLE <= value <= MAX_WHOLE
    return int(value) if fits else None


def some(value: Any) -> dict[str, Any]:
    """A nested object; empty where it is null or absent."""
    return value if isinstance(value, dict) else {}
