"""The first layer: HTTP. Who asks is found out here, and the unexpected becomes INTERNAL and a request id."""

from __future__ import annotations

import gc
import logging
import os
import secrets
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter
from starlette.types import ASGIApp, Receive, Scope, Send

from db.database import Database
from execution.caches import CacheLimits
from execution.documents import Documents, document_cache
from execution.engine import BreadthFirstExecutor
from execution.limits import DocumentLimits
from execution.operations import Operations
from execution.route import HotPath
from resolvers.accounts import Viewers
from resolvers.context import Limits
from resolvers.cursors import CursorKey
from rest.local.writer import LocalWriter
from schema.build import GraphSchema, build_schema
from settings import Settings, settings_from_environment
from web.context import Contexts
from web.front import Front, in_front
from web.graph import Graph, GraphEndpoint
from web.guards.bodies import BodyLimits
from web.guards.hosts import Hosts
from web.guards.overload import Overload
from web.guards.rates import Rates
from web.guards.shares import Shares
from web.health import Readiness, health_routes, metrics_route
from web.jwts import jwts_of
from web.pages import page_routes
from web.patience import Patience
from web.sockets import SocketEndpoint
from web.viewers import Entrance

GARBAGE_THRESHOLD = 50_000  # objects made between collections; an answer of 5,000 rows makes half as many
CURSOR_KEY_BYTES = 32

Made = TypeVar("Made", bound=Any)  # a dataclass of settings


class Gateway(FastAPI):
    """The application: what stands in front, and none of FastAPI's own layers around it."""

    front: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope["app"] = self
        await self.front(scope, receive, send)


class GraphExecutor(BreadthFirstExecutor):
    """The fast path for our graph: rows hold moments and JSON as the encoder writes them."""

    native = {"DateTime": datetime, "JSON": object}


def executor_class(
    counted: Callable[[str], None], limits: DocumentLimits | None = None, caches: CacheLimits | None = None
) -> type[GraphExecutor]:
    """The fast path with plans of its own; `counted` is told why whenever graphql-core takes over."""
    limits = limits or DocumentLimits()
    members = {
        "operations": Operations(limits, caches),
        "errors_listed": limits.errors_listed,
        "on_fallback": staticmethod(counted),
        "__doc__": GraphExecutor.__doc__,
    }
    return type("GraphExecutor", (GraphExecutor,), members)


def served_schema(executor: type[GraphExecutor] = GraphExecutor, documents: Documents | None = None) -> GraphSchema:
    """The schema with the executor that serves it."""
    return build_schema(executor, [document_cache(documents or Documents())])


def application(settings: Settings) -> FastAPI:
    """The ASGI application; it opens the database when it starts and closes it when it ends."""
    seconds = settings.statement_seconds
    database = Database(settings.url, seconds)
    tables = Database(settings.tables_url, seconds) if settings.tables_url else None
    rates = Rates(settings.rate_limit, settings.failure_limit, settings.redis_url)
    hosts, overload = Hosts(settings.allowed_hosts), Overload(settings.concurrency)
    shares = Shares("accountConcurrency", "requests and operations", settings.account_concurrency)
    open_sockets = Shares("accountSockets", "sockets", settings.account_sockets)
    jwts = jwts_of(settings, database)
    viewers = Viewers(database, settings.token_cache_seconds, jwts.holder if jwts else None, settings.request_seconds)
    entrance = Entrance(viewers, hosts, rates)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await viewers.close()
        await rates.windows.close()
        await database.close()
        if tables is not None:
            await tables.close()

    registry = CollectorRegistry()
    graph = _graph(settings, registry)
    contexts = Contexts(
        entrance,
        database,
        tables,
        LocalWriter(database, tables),
        CursorKey(cursor_key(settings)),
        of_settings(Limits, settings),
        settings.stale_after_seconds,
    )
    routes = [
        *health_routes(Readiness(settings.url)),
        metrics_route(registry, entrance),
        *page_routes(database, entrance),
    ]
    without_docs: Any = dict.fromkeys(("openapi_url", "docs_url", "redoc_url"))  # GraphiQL has them
    app = Gateway(title="Workgraph", routes=routes, lifespan=lifespan, redirect_slashes=False, **without_docs)
    app.state.database, app.state.overload, app.state.rates = database, overload, rates
    app.state.shares = shares
    bodies = BodyLimits(settings.body_bytes, settings.body_seconds)
    front = Front(
        GraphEndpoint(graph, contexts.context, contexts.count, bodies, settings.batch, overload, shares),
        SocketEndpoint(
            graph, contexts.context, overload, shares, open_sockets, settings.body_bytes,
            settings.socket_operations, settings.socket_init_seconds,
        ),
        app.router,
        hosts,
        overload,
    )  # fmt: skip
    app.front = in_front(front, settings)
    return app


def _graph(settings: Settings, registry: CollectorRegistry) -> Graph:
    """What answers operations."""
    fallbacks = Counter("workgraph_fallbacks", "Operations that graphql-core executed.", ["reason"], registry=registry)
    limits, caches = of_settings(DocumentLimits, settings), of_settings(CacheLimits, settings)
    documents = Documents(limits, caches)
    executor = executor_class(lambda reason: fallbacks.labels(reason).inc(), limits, caches)
    schema = served_schema(executor, documents)
    hot = HotPath(schema._schema, executor, documents)
    return Graph(schema, hot, partial(Patience, settings.request_seconds))


def of_settings(kind: type[Made], settings: Settings) -> Made:
    """A layer's own settings, which have the names of the settings."""
    made: Made = kind(**{one.name: getattr(settings, one.name) for one in fields(kind)})
    return made


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
