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
    origin, host = headers.get("origin"), headers.get("host", "")
    if not hosts.is_own(host.encode("latin-1")) or headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return False
    if origin is not None and _place(origin) != host:
        return False
    is_simple = connection.scope.get("method") in ("GET", "HEAD") and "query" in connection.query_params
    if is_simple and not any(headers.get(name) for name in PREFLIGHT_HEADERS):
        raise CrossSiteError(f"a query by GET with a browser's sign-in needs the header `{PREFLIGHT_HEADERS[0]}: 1`")
    return True


def _place(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # no address at all
        return None
