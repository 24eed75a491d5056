"""Whether the process lives and is ready, and what it has counted."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import monotonic

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from db.access import ADMIN
from db.database import Database, explained
from db.migrate import is_at_head
from errors import PermissionDeniedError
from web.viewers import Entrance

READY_SECONDS = 3  # that the database may take
KNOWN_SECONDS = 1  # for which what was found is taken to be true; anyone may ask
LACKS_MIGRATIONS = "the database lacks migrations; run `workgraph db upgrade`"
log = structlog.get_logger("workgraph")


@dataclass
class Readiness:
    """Whether the database at this address is ready, by a connection of its own: those of requests may all be busy."""

    url: str
    _found: tuple[str | None, float] = (None, 0.0)
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def lacking(self) -> str | None:
        """Why we are not ready; None if we are."""
        async with self._one:
            if monotonic() >= self._found[1]:
                self._found = await self._looked(), monotonic() + KNOWN_SECONDS
            return self._found[0]

    async def _looked(self) -> str | None:
        database = Database(self.url)
        try:
            async with asyncio.timeout(READY_SECONDS):
                return None if await is_at_head(database) else LACKS_MIGRATIONS
        except Exception as error:  # whatever the driver raises, the answer is that we are not ready
            log.warning("not ready", reason=explained(error, database))
            return "the database does not answer"
        finally:
            await database.close()


def health_routes(readiness: Readiness) -> list[BaseRoute]:
    """`/livez` and `/readyz`."""

    async def livez(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        reason = await readiness.lacking()
        if reason is None:
            return JSONResponse({"status": "ok"})
        return JSONResponse({"status": "unavailable", "reason": reason}, 503)

    return [Route("/livez", livez), Route("/readyz", readyz)]


def metrics_route(registry: CollectorRegistry, entrance: Entrance) -> BaseRoute:
    """`/metrics`, for administrators."""

    async def metrics(request: Request) -> Response:
        if ADMIN not in (await entrance.viewer(request)).scopes:
            raise PermissionDeniedError(f"metrics need a token with the scope `{ADMIN}`")
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return Route("/metrics", metrics)
