"""The form of answers and errors; whatever is unexpected becomes INTERNAL and a request id."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import structlog
from graphql import GraphQLError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from db.access import ADMIN
from errors import (
    ERRORS,
    BadRequestError,
    GatewayError,
    InternalError,
    MethodNotAllowedError,
    NotFoundError,
    UnavailableError,
)
from execution.encode import encoded
from web.context import RequestContext

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
MOST_CAUSE_CHARACTERS = 500  # of what a database says, in the log
STATUSES = {error.code: error.status for error in ERRORS}
log = structlog.get_logger("workgraph")


def error_body(error: GatewayError, request_id: str) -> dict[str, Any]:
    """An error as GraphQL's response has it."""
    extensions = {"code": error.code, "requestId": request_id, "retryable": error.is_retryable, **error.details}
    return {"message": str(error), "extensions": extensions}


def refused(error: GatewayError, request_id: str) -> dict[str, Any]:
    """The answer to a request that was not executed."""
    return {"errors": [error_body(error, request_id)]}


def refusal(error: GatewayError, request_id: str, media_type: str = JSON) -> Response:
    """The whole response to a request that was not executed."""
    return Response(encoded(refused(error, request_id)), error.status, dict(error.headers), media_type)


def answer_of(result: Any, context: RequestContext) -> dict[str, Any]:
    """The answer to an operation, every error with its code and the request's id.

    It has no `data` where the execution did not begin.
    """
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        if result.data is None and all(error.path is None for error in result.errors):
            del answer["data"]
        answer["errors"] = [formatted(error, context.request_id) for error in result.errors]
    extensions = result.extensions or {}
    if context.is_explained:
        explained = context.trace.report() if context.trace else {"refused": f"needs a token with the scope `{ADMIN}`"}
        extensions = {"explain": explained, **extensions}
    if extensions:
        answer["extensions"] = extensions
    return answer


def status_of(answer: Mapping[str, Any]) -> int:
    """The status of HTTP that goes with an answer: 200 where the execution began, even if fields failed."""
    if "data" in answer:
        return 200
    return max(STATUSES[error["extensions"]["code"]] for error in answer["errors"])


def media_type_of(accept: bytes) -> str:
    """What a response is called: GraphQL's own name where the client knows it."""
    return GRAPHQL_JSON if GRAPHQL_JSON.encode() in accept.lower() else JSON


def formatted(error: GraphQLError, request_id: str) -> dict[str, Any]:
    """A GraphQL error with our extensions. What is no GatewayError of a resolver's is masked and logged."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None:
        known: GatewayError = BadRequestError(error.message)
    elif isinstance(cause, GatewayError):
        known = cause
    elif isinstance(cause, ValueError) and error.path is None and error.nodes:  # what a literal cannot be
        known = BadRequestError(error.message)
    elif isinstance(cause, RecursionError):
        known = BadRequestError("the request is nested too deeply")
    else:
        known = unexpected(cause, request_id, path=error.path)
    _note_outage(known, request_id, error.path)
    return {**error.formatted, **error_body(known, request_id)}


def known_error(error: Exception, request_id: str, place: str) -> GatewayError:
    """The error that a client is told; what is none of the closed list is masked and logged."""
    if isinstance(error, GatewayError):
        _note_outage(error, request_id, place)
        return error
    if isinstance(error, HTTPException) and error.status_code == 404:
        return NotFoundError("there is nothing at this address; the graph is at /graphql")
    if isinstance(error, HTTPException) and error.status_code == 405:
        return MethodNotAllowedError("this address is to be read", "GET", "HEAD")
    if isinstance(error, HTTPException) and error.status_code < 500:
        return BadRequestError(str(error.detail))
    return unexpected(error, request_id, path=place)


def unexpected(error: BaseException, request_id: str, path: Any) -> InternalError:
    """What a client is told where something unforeseen went wrong; the log has the text."""
    log.error("unexpected failure", request_id=request_id, path=path, exc_info=error)
    return InternalError(f"something went wrong here; the log has it under {request_id}")


def _note_outage(error: GatewayError, request_id: str, path: Any) -> None:
    """Log why something is out of reach, of which the client is told no more than that it is."""
    if isinstance(error, UnavailableError):
        cause = error.__cause__ or error
        text = str(cause)[:MOST_CAUSE_CHARACTERS]
        log.warning("unavailable", request_id=request_id, path=path, cause=type(cause).__name__, text=text)


def new_request_id() -> str:
    """Tells a request from others, in answers and in the log."""
    return os.urandom(8).hex()
