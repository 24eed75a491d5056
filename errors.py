"""The closed list of failures that a client can see: each a class with a stable code and an HTTP status.

`extensions.code` of a GraphQL error is the class's `code`; whatever is no GatewayError becomes INTERNAL, with its
text only in the log.
"""

from __future__ import annotations

from typing import ClassVar


class GatewayError(Exception):
    """A failure that a client can see. The message says what was wrong and what to do."""

    code: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500
    is_retryable: ClassVar[bool] = False


class InternalError(GatewayError):
    """Something unforeseen; the log has the text, under the request's id."""


class UnauthenticatedError(GatewayError):
    """No token, or one that is not valid (any more)."""

    code = "UNAUTHENTICATED"
    status = 401


class PermissionDeniedError(GatewayError):
    """The token lacks a scope. Source: Evershell `permission_denied`, 403."""

    code = "PERMISSION_DENIED"
    status = 403


class BadArgumentError(GatewayError):
    """An argument that the schema allows and its meaning does not, such as `first: 0`."""

    code = "BAD_ARGUMENT"
    status = 400


class TooLargeError(GatewayError):
    """The answer would hold more objects than one answer may."""

    code = "TOO_LARGE"
    status = 400


class BadCursorError(BadArgumentError):
    """A cursor that was not made here, was changed, or belongs to another list or order."""

    code = "BAD_CURSOR"


class BadRequestError(GatewayError):
    """Not a GraphQL request: no JSON, no query, or a document that does not parse or validate."""

    code = "BAD_REQUEST"
    status = 400


class BadIdError(BadArgumentError):
    """What is no id of the graph, where one was asked for by `_entities`."""

    code = "BAD_ID"


class UnavailableError(GatewayError):
    """The database does not answer for now."""

    code = "UNAVAILABLE"
    status = 503
    is_retryable = True


ERRORS: tuple[type[GatewayError], ...] = (
    InternalError,
    UnauthenticatedError,
    PermissionDeniedError,
    BadArgumentError,
    TooLargeError,
    BadCursorError,
    BadRequestError,
    BadIdError,
    UnavailableError,
)
