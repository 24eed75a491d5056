"""One recorded exchange, checked and taken apart: which records it holds, which it only mentions.

A) check the answer against the endpoint's model.  B) walk the model: every `RecordDocument` in it is a record.
C) add what the answer says of records it does not hold (patches).  D) list the records that are mentioned by id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_args

import orjson
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rest.dialect import UNDER_WORKSPACE, Dialect, Endpoint, Params, is_id
from rest.dialects import AmbiguousCallError, matched
from rest.models.types import MAX_ID_CHARACTERS, RecordDocument
from rest.secrets import is_suspicious, without_secrets

LINK = "LINK"  # in the place of a method: an exchange that only mentions workspaces
Key = tuple[str, str]  # kind and external id
MOST_STEPS = 30  # of a pointer; a deeper place is shown by its beginning
MOST_PROBLEMS = 20  # of one exchange, enough to see what is wrong with it


@dataclass(frozen=True)
class Place:
    """Where an exchange was read: shown with every problem."""

    file: str
    line: int | None = None
    pointer: str = ""  # JSON pointer (RFC 6901) of the body inside the line or file


@dataclass(frozen=True)
class Exchange:
    """One recorded call and its answer. `at` is in microseconds since 1970; `path` may end in a query."""

    place: Place
    method: str
    path: str
    status: int
    at: int
    body: Any = None
    system: str | None = None
    host: str | None = None
    text: bytes | None = None  # the body as text, where the file holds it so (HAR)
    is_captured: bool = False  # captured with whatever else went by, so that a foreign call is no fault


@dataclass(frozen=True)
class Problem:
    """Why an exchange was refused, and where: a JSON pointer from the line's or file's root."""

    pointer: str
    message: str


class RefusedError(Exception):
    """An exchange that cannot be taken in; nothing of it is."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.pointer or '/'}: {problem.message}" for problem in problems))
        self.problems = problems


class SkippedError(Exception):
    """An exchange that holds nothing to take in, such as an error answer or an image."""


@dataclass
class Taken:
    """What an exchange says, ready to be merged. `documents` keeps their order; later ones of one key are patches."""

    exchange: Exchange
    system: str
    endpoint: Endpoint
    documents: list[tuple[Key, dict[str, Any]]] = field(default_factory=list)
    mentions: dict[Key, dict[str, Any]] = field(default_factory=dict)
    unknown_fields: list[str] = field(default_factory=list)
    workspace: str | None = None  # the external id of the workspace in the path
    subject: Key | None = None  # the chart or, without one, the workspace in the path
    body: Any = None


def taken_apart(exchange: Exchange) -> Taken:
    """The records of an exchange. Raises RefusedError with every problem found, or SkippedError."""
    dialect, endpoint, params = _endpoint_of(exchange)
    if not 200 <= exchange.status < 300:
        raise SkippedError(f"the answer's status is {exchange.status}")
    if endpoint.response is None:
        raise SkippedError(f"{endpoint.name} answers no record of the graph")
    body = _body(exchange)
    checked = _checked(endpoint, body, exchange.place)  # A
    if is_suspicious(_text(body, exchange.place)):
        body = without_secrets(body)
    taken = Taken(exchange, dialect.system, endpoint, workspace=params.get("workspace_id"), body=body)
    if dialect.system == "EVERSHELL" and endpoint.path.startswith("/workspaces/{id}/"):
        taken.workspace = params["id"]
    if "chart_id" in params:
        taken.subject = ("CHART", params["chart_id"])
    elif named := taken.workspace or _workspace_itself(endpoint, params):
        taken.subject = ("WORKSPACE", named)
    context = {"$workspace": taken.workspace, "$session": params.get("session_id")}
    _take(taken, dialect, checked, body, {name: value for name, value in context.items() if value})  # B
    for patch in endpoint.patches(params, body):  # C
        taken.documents.append(((patch.kind, patch.external_id), patch.fields))
        for kind, external_id in patch.mentions:
            taken.mentions.setdefault((kind, external_id), {"id": external_id})
    for (kind, _external_id), document in taken.documents:  # D
        mention(taken, dialect, kind, document)
    if taken.workspace:
        taken.mentions.setdefault(("WORKSPACE", taken.workspace), {"id": taken.workspace})
    return taken


def _workspace_itself(endpoint: Endpoint, params: Params) -> str | None:
    """The workspace that the path names as what is asked for; Orgo and Evershell call that parameter `id`."""
    return params.get("id") if endpoint.path in ("/workspaces/{id}", "/projects/{id}") else None


def _endpoint_of(exchange: Exchange) -> tuple[Dialect, Endpoint, Params]:
    path = exchange.path.partition("?")[0]
    try:
        found = matched(
            exchange.method, path, system=exchange.system, host=exchange.host, with_base=exchange.is_captured
        )
    except AmbiguousCallError as error:
        raise RefusedError([Problem(_pointer_in_call(exchange, "/system"), str(error))]) from None
    if found is None and exchange.is_captured:
        raise SkippedError("no call of the four systems")
    if found is None:
        whose = exchange.system.lower() if exchange.system else "of the four systems none"
        raise RefusedError(
            [Problem("/path", f"{whose} has {'no' if exchange.system else 'a'} call {exchange.method} {path}")]
        )
    wrong = [name for name, value in found[2].items() if not is_id(value)]
    if wrong:
        message = f"must have a {{{wrong[0]}}} of 1 to {MAX_ID_CHARACTERS} characters in one line"
        raise RefusedError([Problem(_pointer_in_call(exchange, "/path"), message)])
    return found


def _pointer_in_call(exchange: Exchange, pointer: str) -> str:
    """Where a line has the pointer, an entry of a HAR file has the URL."""
    if not exchange.is_captured:
        return pointer
    return exchange.place.pointer.removesuffix("/response/content/text") + "/request/url"


def _body(exchange: Exchange) -> Any:
    if not exchange.text:
        return exchange.body
    try:
        return orjson.loads(exchange.text)
    except orjson.JSONDecodeError as error:
        raise RefusedError([Problem(exchange.place.pointer, f"is not JSON: {error}")]) from None


def _text(body: Any, place: Place) -> bytes:
    """JSON text of a body. What was read may still be nested deeper than what can be written."""
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError as error:
        raise RefusedError([Problem(place.pointer, f"cannot be kept: {error}")]) from None


def _checked(endpoint: Endpoint, body: Any, place: Place) -> Any:
    try:
        return endpoint.checker.validate_python(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise RefusedError(
            [Problem(place.pointer + pointer_of(fault["loc"]), told(fault)) for fault in faults[:MOST_PROBLEMS]]
        ) from None
    except RecursionError:
        raise RefusedError([Problem(place.pointer, "is nested too deep")]) from None


# What pydantic says in the words of its own types, in JSON's.
_SAID = {
    "missing": "is missing",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dict_type": "must be an object",
    "list_type": "must be a list",
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "too_short": "has too few members",
}


def told(fault: ErrorDetails) -> str:
    """What is wrong with a value, for people."""
    return _SAID.get(fault["type"], fault["msg"].removeprefix("Value error, "))


def pointer_of(steps: tuple[int | str, ...]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps[:MOST_STEPS])


def _take(taken: Taken, dialect: Dialect, checked: Any, raw: Any, context: Mapping[str, str]) -> None:
    """Walk the checked model and the JSON value beside it; every record found is added with its context."""
    if isinstance(checked, list):
        for item, value in zip(checked, raw, strict=True):
            _take(taken, dialect, item, value, context)
    elif isinstance(checked, BaseModel):
        if checked.model_extra:
            whose = getattr(checked, "record", type(checked).__name__).lower()
            taken.unknown_fields += (f"{dialect.system.lower()} {whose}.{name}" for name in checked.model_extra)
        if isinstance(checked, RecordDocument) and checked.record in dialect.kinds:
            context = _add(taken, checked, raw, context)
        for attribute, name in nesting_of(type(checked)):
            nested = getattr(checked, attribute)
            if nested is not None:
                _take(taken, dialect, nested, raw[name], context)


def _add(taken: Taken, checked: RecordDocument, raw: dict[str, Any], context: Mapping[str, str]) -> Mapping[str, str]:
    """Add one record; returns the context of what is nested in it."""
    external_id = raw[checked.id_field]
    if any(name.startswith("$") for name in checked.model_extra or ()):  # such names are ours
        raw = {name: value for name, value in raw.items() if not name.startswith("$")}
    document = {**raw, **context} if checked.record in UNDER_WORKSPACE else raw
    taken.documents.append(((checked.record, external_id), document))
    return {"$workspace": external_id} if checked.record == "WORKSPACE" else context


def mention(taken: Taken, dialect: Dialect, kind: str, document: dict[str, Any]) -> None:
    """Add the records that a document of this kind names by their ids."""
    record_kind = dialect.kinds[kind]
    for _name, workspace in record_kind.workspaces_named(document):
        taken.mentions.setdefault(("WORKSPACE", workspace), {"id": workspace})
    under = document.get("$workspace")
    for name, other in record_kind.references.items():
        external_id = document.get(name)
        if is_id(external_id):
            stub = {"id": external_id}
            if other in UNDER_WORKSPACE and under:
                stub["$workspace"] = under
            taken.mentions.setdefault((other, external_id), stub)


@cache
def nesting_of(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """The fields of a model that hold models, as (attribute, JSON name)."""
    return tuple(
        (attribute, info.alias or attribute)
        for attribute, info in model.model_fields.items()
        if any(_models_in(info.annotation))
    )


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
