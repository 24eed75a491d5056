"""The closed list of failures that a client can see: each a class with a stable code and an HTTP status.

`extensions.code` of a GraphQL error is the class's `code`; whatever is no GatewayError becomes INTERNAL, with its
text only in the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class GatewayError(Exception):
    """A failure that a client can see. The message says what was wrong and what to do.

    `details` are further members of the error's `extensions`, such as `fields` and `current`.
    """

    code: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500
    is_retryable: ClassVar[bool] = False

    def __init__(self, message: str = "", **details: Any) -> None:
        super().__init__(message)
        self.details: Mapping[str, Any] = details


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


class LimitError(GatewayError):
    """More was asked than a limit lets through: `limit` is its name, `value` what it is, `asked` what was asked, or at
    least so much. Each limit has a class of its own.
    """

    status = 400

    def __init__(self, message: str, *, limit: str, value: float, asked: float, **details: Any) -> None:
        super().__init__(message, limit=limit, value=value, asked=asked, **details)


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


class InvalidInputError(BadArgumentError):
    """An input that does not hold together. `fields` lists every problem as {path, message}, the path from the input
    on, such as `spec.y[0].column`. Source: Evershell `details.fields`, VAI `detail[].loc`.
    """

    code = "INVALID_INPUT"

    def __init__(self, problems: Mapping[str, str]) -> None:
        listed = [{"path": path, "message": message} for path, message in problems.items()]
        super().__init__("; ".join(f"{path}: {message}" for path, message in problems.items()), fields=listed)


class NotFoundError(GatewayError):
    """There is no such record that the viewer may see."""

    code = "NOT_FOUND"
    status = 404


class ConflictError(GatewayError):
    """Somebody else was faster: what the writer expected is no longer so. `current` has what is there now."""

    code = "CONFLICT"
    status = 409


class InvalidStateError(GatewayError):
    """The record's state does not allow it. Source: Evershell `invalid_state`, 409; Orgo, 409."""

    code = "INVALID_STATE"
    status = 409


class UnsupportedError(GatewayError):
    """Something that the record's system does not know, such as a pause of a role. Source: Orgo, 405."""

    code = "NOT_SUPPORTED"
    status = 405


class ReadOnlyError(GatewayError):
    """A table that cannot be written; the message says why. Source: VAI `readOnlyReason`."""

    code = "READ_ONLY"
    status = 409


class KeyReusedError(GatewayError):
    """An `idempotencyKey` that came with another input before."""

    code = "IDEMPOTENCY_KEY_REUSED"
    status = 409


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


class StatementTimeoutError(LimitError):
    """A statement took longer than one may, and was ended; where it was to change something, all of it was undone."""

    code = "STATEMENT_TIMEOUT"
    status = 504
    is_retryable = True


class RequestTimeoutError(LimitError):
    """A request took longer than one may, and was given up with all that it had begun. Of a mutation `done` says how
    many of its fields were done before, and `uncertain` whether nobody can tell of the one that was at work.
    """

    code = "TIMEOUT"
    status = 504
    is_retryable = True


ERRORS: tuple[type[GatewayError], ...] = (
    InternalError,
    UnauthenticatedError,
    PermissionDeniedError,
    BadArgumentError,
    TooLargeError,
    BadCursorError,
    InvalidInputError,
    NotFoundError,
    ConflictError,
    InvalidStateError,
    UnsupportedError,
    ReadOnlyError,
    KeyReusedError,
    BadRequestError,
    BadIdError,
    UnavailableError,
    StatementTimeoutError,
    RequestTimeoutError,
)
