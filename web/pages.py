"""Pages: GraphiQL, its files, and signing in."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

from resolvers.accounts import redeemed
from web.viewers import COOKIE

COOKIE_SECONDS = 30 * 24 * 3600
PAGES = Path(__file__).parent.parent / "pages"
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def page(name: str, status: int = 200) -> HTMLResponse:
    """One of our pages; what it may load and who may frame it is said with it."""
    headers = PAGE_HEADERS | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return HTMLResponse((PAGES / name).read_text(), status, headers)


def add_pages(app: FastAPI) -> None:
    """The pages, and what they load."""
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
