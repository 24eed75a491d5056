"""Pages: GraphiQL, its files, and signing in."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from db.database import Database
from errors import CrossSiteError, MethodNotAllowedError, UnknownHostError
from resolvers.accounts import redeemed
from web.viewers import COOKIE, Entrance, address_of

COOKIE_SECONDS = 30 * 24 * 3600
PAGES = Path(__file__).parent.parent / "pages"
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FILE_HEADERS = {"Cache-Control": "no-cache"}  # kept by browsers, which ask whether they have changed


def page(name: str, status: int = 200) -> HTMLResponse:
    """One of our pages; what it may load and who may frame it is said with it."""
    headers = PAGE_HEADERS | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return HTMLResponse((PAGES / name).read_text(), status, headers)


class Files(StaticFiles):
    """GraphiQL's files."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """One of them."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers.update(FILE_HEADERS)
        return response


def page_routes(database: Database, entrance: Entrance) -> list[BaseRoute]:
    """The pages, what they load, and where a browser signs in."""
    assets = Path(str(files("graphene_django_graphiql_static"))) / "static" / "graphene_django_graphiql_static"

    async def sign_in(request: Request) -> Response:
        if request.state.is_head:  # a look at the address does not use it up
            raise MethodNotAllowedError("one signs in by GET", "GET")
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise CrossSiteError("a page of another site led here; open the address that you were given yourself")
        if not entrance.hosts.is_own(request.headers.get("host", "").encode("latin-1")):
            raise UnknownHostError("nobody signs in under this name; add it to WORKGRAPH_ALLOWED_HOSTS")
        await entrance.rates.check(address_of(request), "")
        token = await redeemed(database, request.query_params.get("code", ""))
        if token is None:
            await entrance.rates.note_failure(address_of(request))
            return page("signed-out.html", 401)
        return _signed_in(token, request.url.scheme == "https")

    return [
        *(Route(f"/graphiql/{name}", _own_file) for name in ("page.js", "page.css")),
        Route("/sign-in", sign_in),
        Mount("/graphiql", Files(directory=assets)),
        Route("/", _to_graphiql),
    ]


def _signed_in(token: str, is_secure: bool) -> Response:
    answer = RedirectResponse("/graphql", status_code=303)
    answer.set_cookie(COOKIE, token, COOKIE_SECONDS, httponly=True, samesite="strict", secure=is_secure)
    return answer


async def _own_file(request: Request) -> Response:
    return FileResponse(PAGES / request.url.path.rpartition("/")[2], headers=FILE_HEADERS)


async def _to_graphiql(_request: Request) -> Response:
    return RedirectResponse("/graphql")
