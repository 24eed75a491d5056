"""Origins: pages of other sites may ask only where settings say so, and never with a browser's sign-in."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from errors import BadRequestError
from web.answers import refusal
from web.guards.cookies import PREFLIGHT_HEADERS

ASKED = ("authorization", "content-type", "x-request-id", "x-workgraph-explain", "x-workgraph-cost", *PREFLIGHT_HEADERS)
TOLD = ("X-Request-Id", "Retry-After", "RateLimit", "RateLimit-Policy")


class Cors(CORSMiddleware):
    """Starlette's, whose refusals have the form of all others."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a browser that asks whether a page may ask."""
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        refused = refusal(BadRequestError(bytes(response.body).decode()), request_headers.get("x-request-id", ""))
        refused.headers.update({name: response.headers[name] for name in ("vary",)})
        return refused


def with_origins(app: ASGIApp, origins: tuple[str, ...]) -> ASGIApp:
    """The application, for pages of these origins as well."""
    if not origins:
        return app
    return Cors(app, origins, allow_methods=("GET", "HEAD", "POST"), allow_headers=ASKED, expose_headers=TOLD)
