"""Strawberry's router, for whatever does not take the hot path."""

from __future__ import annotations

from typing import Any

import orjson
from cross_web import HTTPException as StrawberryHTTPException
from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse
from strawberry.fastapi import GraphQLRouter
from strawberry.http import GraphQLHTTPResponse
from strawberry.types import ExecutionResult

from errors import BadRequestError, RequestTimeoutError
from execution.encode import encoded
from web.answers import answer_of, error_body, new_request_id
from web.context import RequestContext
from web.pages import page


class GraphRouter(GraphQLRouter[RequestContext, None]):
    """Strawberry's router, with our form of errors."""

    async def run(self, *args: Any, **kwargs: Any) -> Any:
        """Strawberry's own answers to bad requests are plain text; ours have GraphQL's form."""
        try:
            return await super().run(*args, **kwargs)
        except StrawberryHTTPException as error:
            body = {"errors": [error_body(BadRequestError(error.reason), new_request_id())]}
            return JSONResponse(body, status_code=error.status_code)

    async def execute_operation(self, *args: Any, **kwargs: Any) -> Any:
        """A request that took too long is refused as a whole, as on the hot path."""
        result = await super().execute_operation(*args, **kwargs)
        for error in getattr(result, "errors", None) or ():
            if isinstance(error.original_error, RequestTimeoutError):
                raise error.original_error
        return result

    def decode_json(self, data: str | bytes) -> object:
        """An object or a list; Strawberry's own way with other values, and with deep nesting, ends in a 500."""
        content = {} if (read := orjson.loads(data)) is None else read
        if not isinstance(content, dict | list):
            raise StrawberryHTTPException(400, "A request is a JSON object")
        return content

    async def render_graphql_ide(self, request: Request) -> HTMLResponse:
        """GraphiQL, from files of our own."""
        return page("graphiql.html")

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """The answer, in the form that the hot path gives it."""
        return answer_of(result, getattr(request.state, "context", None))  # type: ignore[return-value]

    def encode_json(self, data: object) -> bytes:
        """JSON, as the hot path writes it."""
        return encoded(data)
