"""What comes in, JSON or an address, becomes what is asked: by every door alike, or BAD_REQUEST."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

import jiter
import orjson

from errors import BadRequestError
from execution.route import Asked

MOST_PARAMETERS = 20  # of an address; four mean something
HALF_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
NUL_LITERAL = re.compile(r"\\u(?:0000|\{0+\})")  # as a document can have it
NO_QUERY = "`query` must be a text: the GraphQL document"


def json_of(data: bytes, what: str = "the body") -> Any:
    """The JSON that the bytes are: UTF-8, no key twice in an object, no number beyond a double, no NUL in a text."""
    try:
        value = orjson.loads(data)
        jiter.from_json(data, allow_inf_nan=False, catch_duplicate_keys=True)  # of which orjson takes the last
    except ValueError as error:
        raise BadRequestError(f"{what} is no JSON that can be read: {error}") from None
    if b"\\u0000" in data and _has_nul(value):
        raise BadRequestError(f"{what} has a text with a NUL character, which nothing here holds")
    return value


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_has_nul, value))


def asked_of(value: Any) -> Asked:
    """What an object asks that was sent as a body or over a socket."""
    if not isinstance(value, dict):
        raise BadRequestError("a request is a JSON object")
    text, variables, name = value.get("query"), value.get("variables"), value.get("operationName")
    if not isinstance(text, str) or not text:
        raise BadRequestError(NO_QUERY)
    if variables is not None and not isinstance(variables, dict):
        raise BadRequestError("`variables` must be an object")
    if name is not None and not isinstance(name, str):
        raise BadRequestError("`operationName` must be a text")
    if not isinstance(value.get("extensions") or {}, dict):
        raise BadRequestError("`extensions` must be an object")
    if "\\u" in text and NUL_LITERAL.search(text):
        raise BadRequestError("the document has a text with a NUL character, which nothing here holds")
    return Asked(text, variables or {}, name)


def asked_of_address(query: bytes) -> Asked:
    """What an address asks behind its `?`, which may only read; `variables` and `extensions` are JSON in it."""
    parameters: dict[str, Any] = _parameters(query)
    for name in ("variables", "extensions"):
        if parameters.get(name):
            parameters[name] = json_of(parameters[name].encode(), f"`{name}`")
        else:
            parameters.pop(name, None)
    asked = asked_of(parameters)
    return Asked(asked.text, asked.variables, asked.operation_name, only_reads=True)


def _parameters(query: bytes) -> dict[str, str]:
    if HALF_ESCAPE.search(query):
        raise BadRequestError("the address has a % without two digits behind it")
    try:
        told = query.decode("ascii")
        pairs = parse_qsl(told, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except ValueError as error:  # UnicodeDecodeError is one
        raise BadRequestError(f"the address cannot be read: {error}") from None
    if len(found := dict(pairs)) < len(pairs):
        raise BadRequestError("the address has a parameter twice")
    if any("\0" in part for pair in pairs for part in pair):
        raise BadRequestError("the address has a NUL character")
    return found
