"""The first layer: HTTP. Who asks is found out here, and the unexpected becomes INTERNAL and a request id."""

from __future__ import annotations

import gc
import logging
import os
import secrets
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry, Counter
from starlette.requests import HTTPConnection
from strawberry.extensions import SchemaExtension

from db.database import Database
from errors import GatewayError
from execution.documents import Documents, document_cache
from execution.engine import BreadthFirstExecutor
from execution.operations import Operations
from execution.route import PostRoute
from resolvers.accounts import Viewers
from resolvers.context import Limits
from resolvers.cursors import CursorKey
from rest.local.writer import LocalWriter
from schema.build import GraphSchema, build_schema
from settings import Settings, settings_from_environment
from web.answers import answer_error, answer_of, answer_unexpected, tell_socket
from web.context import EXPLAIN, EachOperation, RequestContext, trace
from web.health import add_health, add_metrics
from web.jwts import jwts_of
from web.pages import add_pages
from web.patience import Patience, each_operation_bounded
from web.router import GraphRouter
from web.viewers import viewer_of

GARBAGE_THRESHOLD = 50_000  # objects made between collections; an answer of 5,000 rows makes half as many
CURSOR_KEY_BYTES = 32


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
            await (await answer_error(Request(scope), error))(scope, receive, send)
        except Exception as error:
            await (await answer_unexpected(Request(scope), error))(scope, receive, send)
        if again is not None:
            await super().__call__(scope, again, send)


class GraphExecutor(BreadthFirstExecutor):
    """The fast path for our graph: rows hold moments and JSON as the encoder writes them."""

    native = {"DateTime": datetime, "JSON": object}


def executor_class(counted: Callable[[str], None]) -> type[GraphExecutor]:
    """The fast path with plans of its own; `counted` is told why whenever graphql-core takes over."""
    members = {"operations": Operations(), "on_fallback": staticmethod(counted), "__doc__": GraphExecutor.__doc__}
    return type("GraphExecutor", (GraphExecutor,), members)


def served_schema(
    executor: type[GraphExecutor] = GraphExecutor, documents: Documents | None = None, *bounds: type[SchemaExtension]
) -> GraphSchema:
    """The schema with the executor that serves it."""
    extensions = [document_cache(documents or Documents()), EachOperation, *bounds]
    return build_schema(executor, extensions, tell_socket)


def application(settings: Settings) -> FastAPI:
    """The ASGI application; it opens the database when it starts and closes it when it ends."""
    seconds = settings.statement_seconds
    database = Database(settings.url, seconds)
    tables = Database(settings.tables_url, seconds) if settings.tables_url else None

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await viewers.close()
        await database.close()
        if tables is not None:
            await tables.close()

    app = Gateway(title="Workgraph", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.database = database
    cursors = CursorKey(cursor_key(settings))
    jwts = jwts_of(settings, database)
    viewers = Viewers(database, settings.token_cache_seconds, jwts.holder if jwts else None)
    limits = Limits(settings.page_default, settings.page_ceiling)
    writer = LocalWriter(database, tables)

    async def context(connection: HTTPConnection) -> RequestContext:
        viewer = await viewer_of(connection, viewers)
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
            trace(made)
            connection.state.context = made
        return made

    registry = CollectorRegistry()
    fallbacks = Counter("workgraph_fallbacks", "Operations that graphql-core executed.", ["reason"], registry=registry)
    documents, executor = Documents(), executor_class(lambda reason: fallbacks.labels(reason).inc())
    schema = served_schema(executor, documents, each_operation_bounded(settings.request_seconds))
    router = GraphRouter(schema, path="/graphql", context_getter=context)
    app.include_router(router)
    bounds = partial(Patience, settings.request_seconds)
    app.hot = PostRoute(schema._schema, executor, documents, context, answer_of, bounds)
    app.add_exception_handler(GatewayError, answer_error)
    app.add_exception_handler(Exception, answer_unexpected)
    add_pages(app)
    add_health(app)
    add_metrics(app, registry, viewers)
    return app


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
