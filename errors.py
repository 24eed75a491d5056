"""The closed list of failures that a client can see: each a class with a stable code and an HTTP status.

`extensions.code` of a GraphQL error is the class's `code`; whatever is no GatewayError becomes INTERNAL, with its
text only in the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar


class GatewayError(Exception):
    """A failure that a client can see. The message says what was wrong and what to do.

    `details` are further members of the error's `extensions`, such as `fields` and `current`; `headers` are those of
    HTTP that belong to it.
    """

    code: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500
    is_retryable: ClassVar[bool] = False
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, message: str = "", **details: Any) -> None:
        super().__init__(message)
        self.details: Mapping[str, Any] = details


class InternalError(GatewayError):
    """Something unforeseen; the log has the text, under the request's id."""


class UnauthenticatedError(GatewayError):
    """No token, or one that is not valid (any more)."""

    code = "UNAUTHENTICATED"
    status = 401
    headers = MappingProxyType({"WWW-Authenticate": "Bearer"})


class PermissionDeniedError(GatewayError):
    """The token lacks a scope. Source: Evershell `permission_denied`, 403."""

    code = "PERMISSION_DENIED"
    status = 403


class NotVisibleError(GatewayError):
    """A workspace of Evershell that is somebody else's. Source: Evershell `workspace_not_visible`, 403, which a token
    with an own scope gets; whatever else is hidden looks as if it were missing.
    """

    code = "WORKSPACE_NOT_VISIBLE"
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


class MethodNotAllowedError(GatewayError):
    """A method of HTTP that does not do this: a mutation by GET, or PUT, PATCH, DELETE. `Allow` names those that do."""

    code = "METHOD_NOT_ALLOWED"
    status = 405

    def __init__(self, message: str, *allowed: str) -> None:
        super().__init__(message)
        self.headers = {"Allow": ", ".join(allowed)}


class MediaTypeError(GatewayError):
    """A body that is no JSON in UTF-8 by its own account: text, a form, files, another character set, a packed one."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415


class CrossSiteError(GatewayError):
    """A request with a browser's sign-in that another site could have made it send."""

    code = "CROSS_SITE"
    status = 403


class UnknownHostError(GatewayError):
    """The request is to a host under whose name Workgraph is not served."""

    code = "UNKNOWN_HOST"
    status = 421


class BodyTooLargeError(LimitError):
    """The body has more bytes than one may."""

    code = "BODY_TOO_LARGE"
    status = 413


class BodyTimeoutError(LimitError):
    """The body was not there in full after as long as it may take."""

    code = "BODY_TIMEOUT"
    status = 408
    is_retryable = True


class HeadersTooLargeError(LimitError):
    """The line and headers of a request have more bytes than they may."""

    code = "HEADERS_TOO_LARGE"
    status = 431


class HeadersTimeoutError(LimitError):
    """The line and headers of a request were not there in full after as long as they may take."""

    code = "HEADERS_TIMEOUT"
    status = 408
    is_retryable = True


class BatchError(LimitError):
    """Several operations in one request, where that is not allowed, or more than are allowed, or none."""

    code = "BATCH"


class SocketBusyError(LimitError):
    """More operations at once over one socket than there may be."""

    code = "SOCKET_BUSY"
    status = 429
    is_retryable = True


class RateLimitedError(LimitError):
    """More requests in a minute than a token's account may make, or an address without a valid token. `Retry-After`
    and `retryAfterSeconds` say when there is room again.
    """

    code = "RATE_LIMITED"
    status = 429
    is_retryable = True

    def __init__(self, message: str, *, limit: str, value: int, asked: int, seconds: int) -> None:
        super().__init__(message, limit=limit, value=value, asked=asked, retryAfterSeconds=seconds)
        self.headers = {
            "Retry-After": str(seconds),
            "RateLimit-Policy": f'"{limit}";q={value};w=60',
            "RateLimit": f'"{limit}";r=0;t={seconds}',
        }


class OverloadedError(LimitError):
    """As many requests as one process takes on, of all or of one account, are being answered, or no connection to the
    database is free.
    """

    code = "OVERLOADED"
    status = 503
    is_retryable = True
    headers = MappingProxyType({"Retry-After": "1"})


class BadIdError(BadArgumentError):
    """What is no id of the graph, where one was asked for by `_entities`."""

    code = "BAD_ID"


class UnavailableError(GatewayError):
    """The database does not answer for now."""

    code = "UNAVAILABLE"
    status = 503
    is_retryable = True


class CharactersExceededError(LimitError):
    """A document of more characters than `WORKGRAPH_DOCUMENT_CHARACTERS`."""

    code = "CHARACTERS_EXCEEDED"


class TokensExceededError(LimitError):
    """A document of more tokens, comments counted, than `WORKGRAPH_DOCUMENT_TOKENS`."""

    code = "TOKENS_EXCEEDED"


class DepthExceededError(LimitError):
    """A document whose fields stand in each other deeper than `WORKGRAPH_DOCUMENT_DEPTH`."""

    code = "DEPTH_EXCEEDED"


class AliasesExceededError(LimitError):
    """A document with more aliases, once its fragments are spread, than `WORKGRAPH_DOCUMENT_ALIASES`."""

    code = "ALIASES_EXCEEDED"


class SelectionsExceededError(LimitError):
    """A document that selects more fields, once its fragments are spread, than `WORKGRAPH_DOCUMENT_SELECTIONS`."""

    code = "SELECTIONS_EXCEEDED"


class DirectivesExceededError(LimitError):
    """A document with more directives than `WORKGRAPH_DOCUMENT_DIRECTIVES`."""

    code = "DIRECTIVES_EXCEEDED"


class RootFieldsExceededError(LimitError):
    """An operation with more fields at its root than `WORKGRAPH_ROOT_FIELDS`."""

    code = "ROOT_FIELDS_EXCEEDED"


class InputDepthExceededError(LimitError):
    """A value, in the document or in its variables, that is nested deeper than `WORKGRAPH_INPUT_DEPTH`."""

    code = "INPUT_DEPTH_EXCEEDED"


class InputValuesExceededError(LimitError):
    """Variables that hold more values, lists and objects counted, than `WORKGRAPH_INPUT_VALUES`."""

    code = "INPUT_VALUES_EXCEEDED"


class KeysExceededError(LimitError):
    """More representations for `_entities`, or ids for `nodes`, than `WORKGRAPH_KEYS_CEILING`."""

    code = "KEYS_EXCEEDED"


class CostExceededError(LimitError):
    """An operation that may cost more than `WORKGRAPH_COST`."""

    code = "COST_EXCEEDED"


class AnswerBytesExceededError(LimitError):
    """An answer of more bytes, counted before it is encoded, than `WORKGRAPH_ANSWER_BYTES`."""

    code = "ANSWER_BYTES_EXCEEDED"


class ErrorsExceededError(LimitError):
    """There are more errors than `WORKGRAPH_ERRORS_LISTED`, which are told before this one."""

    code = "ERRORS_EXCEEDED"


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
    NotVisibleError,
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
    MethodNotAllowedError,
    MediaTypeError,
    CrossSiteError,
    UnknownHostError,
    BodyTooLargeError,
    BodyTimeoutError,
    HeadersTooLargeError,
    HeadersTimeoutError,
    BatchError,
    SocketBusyError,
    RateLimitedError,
    OverloadedError,
    BadIdError,
    UnavailableError,
    StatementTimeoutError,
    RequestTimeoutError,
    CharactersExceededError,
    TokensExceededError,
    DepthExceededError,
    AliasesExceededError,
    SelectionsExceededError,
    DirectivesExceededError,
    RootFieldsExceededError,
    InputDepthExceededError,
    InputValuesExceededError,
    KeysExceededError,
    CostExceededError,
    AnswerBytesExceededError,
    ErrorsExceededError,
)
