"""Whether the process lives and is ready, and what it has counted."""

from __future__ import annotations

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from db.access import ADMIN
from db.database import Database, explained
from db.migrate import is_at_head
from errors import PermissionDeniedError
from resolvers.accounts import Viewers
from web.viewers import viewer_of

log = structlog.get_logger("workgraph")


def add_health(app: FastAPI) -> None:
    """`/livez` and `/readyz`."""

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


def add_metrics(app: FastAPI, registry: CollectorRegistry, viewers: Viewers) -> None:
    """`/metrics`, for administrators."""

    async def metrics(request: Request) -> Response:
        if ADMIN not in (await viewer_of(request, viewers)).scopes:
            raise PermissionDeniedError(f"metrics need a token with the scope `{ADMIN}`")
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    app.add_api_route("/metrics", metrics, methods=["GET"])
