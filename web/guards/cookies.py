"""A browser's sign-in counts only for what our own pages ask."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from errors import CrossSiteError
from web.guards.hosts import Hosts

PREFLIGHT_HEADERS = ("x-workgraph-csrf", "apollo-require-preflight")  # no form and no image can send one of these


def may_use_cookie(connection: HTTPConnection, hosts: Hosts) -> bool:
    """Whether a browser's sign-in counts: on our own host, and for what no page of another origin made it send.

    Raises CrossSiteError for a query by address that any page could have had it send.
    """
    headers: Any = connection.headers
    reads = connection.scope.get("method") in ("GET", "HEAD")  # a socket has no method
    if not hosts.is_own(headers.get("host", "").encode("latin-1")) or not _is_of_our_pages(headers, reads=reads):
        return False
    is_simple = reads and "query" in connection.query_params
    if is_simple and not any(headers.get(name) for name in PREFLIGHT_HEADERS):
        raise CrossSiteError(f"a query by GET with a browser's sign-in needs the header `{PREFLIGHT_HEADERS[0]}: 1`")
    return True


def _is_of_our_pages(headers: Any, *, reads: bool) -> bool:
    """Whether the browser says that a page of our own asks; or the reader, by address or bookmark, for a page.

    An old browser, and any over plain HTTP under a name, says nothing of a page that is asked for, and names the
    origin of all that could change something.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if origin is not None and _place(origin) != headers.get("host", ""):
        return False
    if site is not None:
        return site == "same-origin" or (site == "none" and reads)
    return origin is not None or reads


def _place(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # no address at all
        return None
