"""Who asks: a bearer's token, or a browser's cookie on our own pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from db.access import Viewer
from errors import UnauthenticatedError, UnavailableError
from resolvers.accounts import BEARER, BROWSER, Viewers

COOKIE = "workgraph"


async def viewer_of(connection: HTTPConnection, viewers: Viewers) -> Viewer:
    """Who asks. Raises UnauthenticatedError, and UnavailableError where nobody can tell."""
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
