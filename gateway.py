"""The first layer: HTTP. Who asks is found out here, and the unexpected becomes INTERNAL and a request id."""

from __future__ import annotations

import gc
import logging
import os
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from copy import copy
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import structlog
from cross_web import HTTPException as StrawberryHTTPException
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from graphql import GraphQLError
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from starlette.requests import HTTPConnection
from strawberry.extensions import SchemaExtension
from strawberry.fastapi import BaseContext, GraphQLRouter
from strawberry.http import GraphQLHTTPResponse
from strawberry.types import ExecutionResult

from db.access import Viewer
from db.database import Database, explained
from db.migrate import is_at_head
from errors import (
    BadRequestError,
    GatewayError,
    InternalError,
    PermissionDeniedError,
    UnauthenticatedError,
    UnavailableError,
)
from execution.documents import Documents, document_cache
from execution.encode import encoded
from execution.engine import BreadthFirstExecutor
from execution.operations import Operations
from execution.route import PostRoute
from execution.trace import Trace
from resolvers.accounts import ADMIN, BEARER, BROWSER, Viewers, redeemed
from resolvers.context import Context, Limits
from resolvers.cursors import CursorKey
from rest.local.writer import LocalWriter
from schema.build import GraphSchema, build_schema
from settings import Settings, settings_from_environment

EXPLAIN = "x-workgraph-explain"  # the header that asks what an answer took
COOKIE = "workgraph"
GARBAGE_THRESHOLD = 50_000  # objects made between collections; an answer of 5,000 rows makes half as many
COOKIE_SECONDS = 30 * 24 * 3600
CURSOR_KEY_BYTES = 32
PAGES = Path(__file__).parent / "pages"
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
log = structlog.get_logger("workgraph")


class RequestContext(Context, BaseContext):
    """A request's context, as Strawberry's FastAPI router takes it."""

    is_explained = False
    is_socket = False

    def __init__(self, **values: Any) -> None:
        BaseContext.__init__(self)
        Context.__init__(self, **values)

    def renewed(self) -> RequestContext:
        """The context of another operation over the same socket, which remembers nothing of those before."""
        made = copy(self)
        made.remembered, made._loaders = {}, {}
        return made


class EachOperation(SchemaExtension):
    """Over a socket, each operation has a context of its own."""

    def on_operation(self) -> Iterator[None]:
        """Around one operation."""
        operation: Any = self.execution_context
        if _is_socket(operation):
            operation.context = operation.context.renewed()
        yield


def _is_socket(operation: Any) -> bool:
    context = getattr(operation, "context", None)
    return isinstance(context, RequestContext) and context.is_socket


def tell_socket(errors: list[GraphQLError], operation: Any) -> None:
    """Gives errors that go over a socket the form that HTTP gives them when it answers."""
    if _is_socket(operation):
        request_id = new_request_id()
        for error in errors:
            told = formatted(error, request_id)
            error.message, error.extensions = told["message"], told["extensions"]


def error_body(error: GatewayError, request_id: str) -> dict[str, Any]:
    """An error as GraphQL's response has it."""
    extensions = {"code": error.code, "requestId": request_id, "retryable": error.is_retryable, **error.details}
    return {"message": str(error), "extensions": extensions}


class Gateway(FastAPI):
    """The application; POST requests to the graph go to the hot path before FastAPI begins."""

    hot: PostRoute

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] != "/graphql" or scope["method"] != "POST":
            await super().__call__(scope, receive, send)
            return
        again: Any = None
        try:
            again = await self.hot.answered(scope, receive, send)
        except GatewayError as error:
            await (await _answer_error(Request(scope), error))(scope, receive, send)
        except Exception as error:
            await (await _answer_unexpected(Request(scope), error))(scope, receive, send)
        if again is not None:
            await super().__call__(scope, again, send)


class GraphRouter(GraphQLRouter[RequestContext, None]):
    """Strawberry's router, with our form of errors."""

    async def run(self, *args: Any, **kwargs: Any) -> Any:
        """Strawberry's own answers to bad requests are plain text; ours have GraphQL's form."""
        try:
            return await super().run(*args, **kwargs)
        except StrawberryHTTPException as error:
            body = {"errors": [error_body(BadRequestError(error.reason), new_request_id())]}
            return JSONResponse(body, status_code=error.status_code)

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


class GraphExecutor(BreadthFirstExecutor):
    """The fast path for our graph: rows hold moments and JSON as the encoder writes them."""

    native = {"DateTime": datetime, "JSON": object}


def executor_class(counted: Callable[[str], None]) -> type[GraphExecutor]:
    """The fast path with plans of its own; `counted` is told why whenever graphql-core takes over."""
    members = {"operations": Operations(), "on_fallback": staticmethod(counted), "__doc__": GraphExecutor.__doc__}
    return type("GraphExecutor", (GraphExecutor,), members)


def served_schema(executor: type[GraphExecutor] = GraphExecutor, documents: Documents | None = None) -> GraphSchema:
    """The schema with the executor that serves it."""
    extensions = [document_cache(documents or Documents()), EachOperation]
    return build_schema(executor, extensions, tell_socket)


def application(settings: Settings) -> FastAPI:
    """The ASGI application; it opens the database when it starts and closes it when it ends."""
    database = Database(settings.url)
    tables = Database(settings.tables_url) if settings.tables_url else None

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await database.close()
        if tables is not None:
            await tables.close()

    app = Gateway(title="Workgraph", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.database = database
    cursors = CursorKey(cursor_key(settings))
    viewers = Viewers(database, settings.token_cache_seconds)
    limits = Limits(settings.page_default, settings.page_ceiling)
    writer = LocalWriter(database, tables)

    async def context(connection: HTTPConnection) -> RequestContext:
        viewer = await _viewer(connection, viewers)
        made = RequestContext(
            db=database,
            viewer=viewer,
            cursors=cursors,
            limits=limits,
            stale_after_seconds=settings.stale_after_seconds,
            tables=tables,
            writer=writer,
        )
        made.is_socket = connection.scope["type"] == "websocket"
        if EXPLAIN in connection.headers:
            _trace(made)
            connection.state.context = made
        return made

    registry = CollectorRegistry()
    fallbacks = Counter("workgraph_fallbacks", "Operations that graphql-core executed.", ["reason"], registry=registry)
    documents, executor = Documents(), executor_class(lambda reason: fallbacks.labels(reason).inc())
    schema = served_schema(executor, documents)
    router = GraphRouter(schema, path="/graphql", context_getter=context)
    app.include_router(router)
    app.hot = PostRoute(schema._schema, executor, documents, context, answer_of)
    app.add_exception_handler(GatewayError, _answer_error)
    app.add_exception_handler(Exception, _answer_unexpected)
    _add_pages(app)
    _add_health(app)
    _add_metrics(app, registry, viewers)
    return app


def _trace(context: RequestContext) -> None:
    """Let the context note what is done, if the viewer may know."""
    if ADMIN in context.viewer.scopes:
        context.trace = Trace()
        context.db = context.db.watched(context.trace.statements.append)
        if context.tables is not None:
            context.tables = context.tables.watched(context.trace.statements.append)
    context.is_explained = True


async def _viewer(connection: HTTPConnection, viewers: Viewers) -> Viewer:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    try:
        if scheme.lower() == "bearer" and token.strip():
            viewer = await viewers.of(token.strip(), (BEARER,))
        elif (cookie := connection.cookies.get(COOKIE)) and _is_same_origin(connection):
            viewer = await viewers.of(cookie, (BROWSER,))
        else:
            raise UnauthenticatedError("no token; send `Authorization: Bearer TOKEN` (`workgraph token create`)")
    except (OSError, UnavailableError) as error:
        raise UnavailableError("the database does not answer; try again") from error
    if viewer is None:
        raise UnauthenticatedError("the token is not valid (any more); make one with `workgraph token create`")
    return viewer


def _is_same_origin(connection: HTTPConnection) -> bool:
    """A cookie is good for our own pages only: a request that names another origin does not count as signed in."""
    origin = connection.headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == connection.headers.get("host")
    except ValueError:  # no address at all
        return False


def page(name: str, status: int = 200) -> HTMLResponse:
    """One of our pages; what it may load and who may frame it is said with it."""
    headers = PAGE_HEADERS | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return HTMLResponse((PAGES / name).read_text(), status, headers)


async def _answer_error(request: Request, error: Exception) -> Response:
    if isinstance(error, UnauthenticatedError) and "text/html" in request.headers.get("accept", ""):
        return page("signed-out.html", 401)
    known = error if isinstance(error, GatewayError) else InternalError()
    headers = {"WWW-Authenticate": "Bearer"} if known.status == 401 else {}
    return JSONResponse({"errors": [error_body(known, new_request_id())]}, known.status, headers)


async def _answer_unexpected(request: Request, error: Exception) -> Response:
    request_id = new_request_id()
    log.error("unexpected failure", request_id=request_id, path=request.url.path, exc_info=error)
    known = InternalError(f"something went wrong here; the log has it under {request_id}")
    return JSONResponse({"errors": [error_body(known, request_id)]}, known.status)


def _add_pages(app: FastAPI) -> None:
    assets = Path(str(files("graphene_django_graphiql_static"))) / "static" / "graphene_django_graphiql_static"

    async def own(name: str) -> FileResponse:
        return FileResponse(PAGES / name, headers=PAGE_HEADERS)

    async def sign_in(request: Request, code: str = "") -> Response:
        token = await redeemed(request.app.state.database, code)
        if token is None:
            return page("signed-out.html", 401)
        answer = RedirectResponse("/graphql", status_code=303, headers={"Cache-Control": "no-store"})
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, token, COOKIE_SECONDS, httponly=True, samesite="strict", secure=secure)
        return answer

    for name in ("page.js", "page.css"):
        app.add_api_route(f"/graphiql/{name}", _bound(own, name), methods=["GET"])
    app.add_api_route("/sign-in", sign_in, methods=["GET"])
    app.mount("/graphiql", StaticFiles(directory=assets))
    app.add_api_route("/", lambda: RedirectResponse("/graphql"), methods=["GET"])


def _bound(answer: Any, name: str) -> Any:
    async def route() -> Response:
        response: Response = await answer(name)
        return response

    return route


def _add_health(app: FastAPI) -> None:
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    async def readyz(request: Request) -> JSONResponse:
        database: Database = request.app.state.database
        try:
            ready, why = await is_at_head(database), "the database lacks migrations; run `workgraph db upgrade`"
        except Exception as error:  # whatever the driver raises, the answer is that we are not ready
            log.warning("not ready", reason=explained(error, database))
            ready, why = False, "the database does not answer"
        if ready:
            return JSONResponse({"status": "ok"})
        return JSONResponse({"status": "unavailable", "reason": why}, 503)

    app.add_api_route("/livez", livez, methods=["GET"])
    app.add_api_route("/readyz", readyz, methods=["GET"])


def _add_metrics(app: FastAPI, registry: CollectorRegistry, viewers: Viewers) -> None:
    async def metrics(request: Request) -> Response:
        if ADMIN not in (await _viewer(request, viewers)).scopes:
            raise PermissionDeniedError(f"metrics need a token with the scope `{ADMIN}`")
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    app.add_api_route("/metrics", metrics, methods=["GET"])


def cursor_key(settings: Settings) -> bytes:
    """The key that signs cursors: the setting, or a file in the data directory that is made on first use."""
    if settings.cursor_key:
        return settings.cursor_key.encode()
    path = settings.data_dir / "cursor.key"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make_key(path)
    return path.read_bytes()


def _make_key(path: Path) -> None:
    """Write the key in full before it gets its name, for several workers may start at once."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(CURSOR_KEY_BYTES))
    try:
        os.link(draft, path)
    except FileExistsError:
        return  # another worker was first
    finally:
        draft.unlink()


def from_environment() -> FastAPI:
    """The application by the settings of the environment; what uvicorn's workers call."""
    settings = settings_from_environment()
    log_plainly(settings.log_level)
    served = application(settings)
    gc.collect()
    gc.freeze()  # what lives as long as the process need not be looked through again and again
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 20)
    return served


def log_plainly(level: str) -> None:
    """One line per event on standard error; tracebacks without local variables, which may hold secrets."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


if __name__ == "__main__":
    from cli import main

    main()
