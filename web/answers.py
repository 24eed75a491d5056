"""The form of answers and errors; whatever is unexpected becomes INTERNAL and a request id."""

from __future__ import annotations

import secrets
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.responses import JSONResponse
from graphql import GraphQLError

from db.access import ADMIN
from errors import BadRequestError, GatewayError, InternalError, UnauthenticatedError
from web.context import RequestContext, is_socket
from web.pages import page

log = structlog.get_logger("workgraph")


def error_body(error: GatewayError, request_id: str) -> dict[str, Any]:
    """An error as GraphQL's response has it."""
    extensions = {"code": error.code, "requestId": request_id, "retryable": error.is_retryable, **error.details}
    return {"message": str(error), "extensions": extensions}


def answer_of(result: Any, context: RequestContext | None) -> dict[str, Any]:
    """The answer to a request, every error with its code and the request's id."""
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        request_id = new_request_id()
        answer["errors"] = [formatted(error, request_id) for error in result.errors]
    if context is not None and context.is_explained:
        explained = context.trace.report() if context.trace else {"refused": f"needs a token with the scope `{ADMIN}`"}
        answer["extensions"] = {"explain": explained}
    return answer


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
        log.error("unexpected failure", request_id=request_id, path=error.path, exc_info=cause)
        known = InternalError(f"something went wrong here; the log has it under {request_id}")
    return {**error.formatted, **error_body(known, request_id)}


def new_request_id() -> str:
    """Tells a request from others, in answers and in the log."""
    return secrets.token_hex(8)


def tell_socket(errors: list[GraphQLError], operation: Any) -> None:
    """Gives errors that go over a socket the form that HTTP gives them when it answers."""
    if is_socket(operation):
        request_id = new_request_id()
        for error in errors:
            told = formatted(error, request_id)
            error.message, error.extensions = told["message"], told["extensions"]


async def answer_error(request: Request, error: Exception) -> Response:
    """The answer to a request that was refused."""
    if isinstance(error, UnauthenticatedError) and "text/html" in request.headers.get("accept", ""):
        return page("signed-out.html", 401)
    known = error if isinstance(error, GatewayError) else InternalError()
    headers = {"WWW-Authenticate": "Bearer"} if known.status == 401 else {}
    return JSONResponse({"errors": [error_body(known, new_request_id())]}, known.status, headers)


async def answer_unexpected(request: Request, error: Exception) -> Response:
    """The answer where something unforeseen went wrong; the log has the text."""
    request_id = new_request_id()
    log.error("unexpected failure", request_id=request_id, path=request.url.path, exc_info=error)
    known = InternalError(f"something went wrong here; the log has it under {request_id}")
    return JSONResponse({"errors": [error_body(known, request_id)]}, known.status)
