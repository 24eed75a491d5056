"""Files of recorded exchanges, one exchange after another: HAR, one exchange per line, gzip of either, folders.

A file is read as it streams by, so memory does not grow with it. What cannot be read is reported, never raised:
one bad line does not keep the others out.
"""

from __future__ import annotations

import gzip
import re
import zlib
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import ijson
import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from rest.dialect import is_id
from rest.dialects import DIALECTS
from rest.models.types import utc_moment
from rest.records import Exchange, Place, Problem, pointer_of, told
from rest.secrets import redacted

SUFFIXES = (".har", ".jsonl", ".ndjson")  # what is taken from a folder, each also with .gz behind it
SNIFFED_BYTES = 65_536  # enough to see past the white space in front of a HAR's first key
MOST_NESTING = 500  # of a HAR file; ijson's memory grows with the square of it
_BOM = b"\xef\xbb\xbf"
_HAR = re.compile(rb'\s*\{\s*"log"\s*:')
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Link:
    """A line that joins workspaces of different systems, each given as (system, external id)."""

    place: Place
    members: list[tuple[str, str]]


@dataclass(frozen=True)
class Unreadable:
    """A line or entry that is no exchange."""

    place: Place
    problems: list[Problem]


Item = Exchange | Link | Unreadable


class _Line(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    system: str | None = None
    method: str = "GET"
    path: str = Field(min_length=1, max_length=8_192)
    status: int = 200
    at: str
    host: str | None = None
    body: Any = None

    @field_validator("system")
    @classmethod
    def _known_system(cls, system: str | None) -> str | None:
        return None if system is None else system_named(system)

    @field_validator("at")
    @classmethod
    def _moment(cls, at: str) -> str:
        _microseconds(at)
        return at


class _LinkLine(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    link: list[list[str]] = Field(min_length=2)

    @field_validator("link")
    @classmethod
    def _pairs(cls, link: list[list[str]]) -> list[list[str]]:
        for pair in link:
            if len(pair) != 2 or not is_id(pair[1]):
                raise ValueError('each workspace is given as ["system", "id"]')
            pair[0] = system_named(pair[0])
        return link


_LINES: TypeAdapter[_Line] = TypeAdapter(_Line)
_LINK_LINES: TypeAdapter[_LinkLine] = TypeAdapter(_LinkLine)


def system_named(name: str) -> str:
    """A system by its name in either case. Raises ValueError."""
    if name.upper() not in DIALECTS:
        raise ValueError(f"must be one of {', '.join(system.lower() for system in DIALECTS)}, got {name!r}")
    return name.upper()


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The files meant by these paths: files as they are, folders with all that is in them, in order of name."""
    found: list[Path] = []
    for path in paths:
        found += sorted(filter(_is_recording, path.rglob("*"))) if path.is_dir() else [path]
    return found


def _is_recording(path: Path) -> bool:
    return path.is_file() and path.name.lower().removesuffix(".gz").endswith(SUFFIXES)


def items_of(path: Path, raw: IO[bytes]) -> Iterator[Item]:
    """Everything in one open file, in its order, as far as it can be read."""
    try:
        compressed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream: Any = gzip.GzipFile(fileobj=raw) if compressed else raw
        beginning = stream.read1(SNIFFED_BYTES)
        mark = len(_BOM) if beginning.startswith(_BOM) else 0
        stream.seek(mark)
        yield from _entries(path, stream) if _HAR.match(beginning, mark) else _lines(path, stream)
    except (OSError, EOFError, zlib.error) as error:
        yield Unreadable(Place(str(path)), [Problem("", f"cannot be read: {error}")])


def _lines(path: Path, stream: IO[bytes]) -> Iterator[Item]:
    for number, line in enumerate(stream, start=1):
        if text := line.strip():
            yield _item_of_line(Place(str(path), number), text)


def _item_of_line(place: Place, text: bytes) -> Item:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Unreadable(place, [Problem("", f"is not JSON: {error}")])
    try:
        if isinstance(value, dict) and "link" in value:
            pairs = _LINK_LINES.validate_python(value).link
            return Link(place, [(pair[0], pair[1]) for pair in pairs])
        line = _LINES.validate_python(value)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        return Unreadable(place, [Problem(pointer_of(fault["loc"]), told(fault)) for fault in faults])
    return Exchange(
        Place(place.file, place.line, "/body"), line.method.upper(), redacted(line.path), line.status,
        _microseconds(line.at), line.body, line.system, line.host,
    )  # fmt: skip


def _entries(path: Path, stream: IO[bytes]) -> Iterator[Item]:
    """The entries of a HAR file. Headers and cookies are never looked at."""
    number = -1
    try:
        events = ijson.parse(_shallow(ijson.basic_parse(stream, use_float=True)))
        for number, entry in enumerate(ijson.items(events, "log.entries.item")):
            yield _item_of_entry(Place(str(path), None, f"/log/entries/{number}"), entry)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        place = Place(str(path), None, f"/log/entries/{number + 1}")
        yield Unreadable(place, [Problem(place.pointer, f"is not JSON: {error}")])


def _shallow(events: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The events of a JSON text. Raises JSONError where it is nested deeper than any HAR file."""
    depth = 0
    for event, value in events:
        if event in ("start_map", "start_array"):
            depth += 1
            if depth > MOST_NESTING:
                raise ijson.JSONError("it is nested too deep")
        elif event in ("end_map", "end_array"):
            depth -= 1
        yield event, value


def _item_of_entry(place: Place, entry: Any) -> Item:
    try:
        request, response = entry["request"], entry["response"]
        address = urlsplit(request["url"])
        content = response.get("content") or {}
        text = content.get("text") or ""
        body = b64decode(text) if content.get("encoding") == "base64" else text.encode("utf-8", "surrogatepass")
        query = f"?{address.query}" if address.query else ""
        return Exchange(
            Place(place.file, None, f"{place.pointer}/response/content/text"), request["method"].upper(),
            redacted(address.path + query), int(response["status"]), _microseconds(entry["startedDateTime"]),
            host=address.hostname or "", text=body, is_captured=True,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        return Unreadable(place, [Problem(place.pointer, f"is no HAR entry: {type(error).__name__} {error}")])


def _microseconds(at: str) -> int:
    moment = (utc_moment(at) - _EPOCH) // timedelta(microseconds=1)
    if moment <= 0:  # 0 is kept for what is only mentioned
        raise ValueError("must lie after 1970-01-01T00:00:00Z")
    return moment
