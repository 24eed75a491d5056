"""Who asks: a bearer's token, or a browser's cookie on our own pages; and no more often than they may."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from db.access import Viewer
from errors import UnauthenticatedError, UnavailableError
from resolvers.accounts import BEARER, BROWSER, Viewers, remembered_as
from web.guards.cookies import may_use_cookie
from web.guards.hosts import Hosts
from web.guards.rates import Rates

COOKIE = "workgraph"


@dataclass(frozen=True, eq=False)
class Entrance:
    """Where it is found out who asks, and counted."""

    viewers: Viewers
    hosts: Hosts
    rates: Rates

    async def viewer(self, connection: HTTPConnection) -> Viewer:
        """Who asks. Raises UnauthenticatedError, RateLimitedError, and UnavailableError where nobody can tell."""
        credential, kind = self._credential(connection)
        address = address_of(connection)
        known_as = remembered_as(credential)
        await self.rates.check(address, known_as)
        try:
            viewer = await self._holder(credential, kind)
        except UnauthenticatedError:
            await self.rates.note_failure(address)
            raise
        self.rates.note_success(known_as)
        await self.rates.count(viewer.account_id)
        return viewer

    def _credential(self, connection: HTTPConnection) -> tuple[str, str]:
        told = connection.scope["state"]["headers"].get(b"authorization", b"")
        scheme, _, token = told.decode("latin-1").partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            return token.strip(), BEARER
        cookie = connection.cookies.get(COOKIE, "")
        return (cookie, BROWSER) if cookie and may_use_cookie(connection, self.hosts) else ("", BEARER)

    async def _holder(self, credential: str, kind: str) -> Viewer:
        if not credential:
            raise UnauthenticatedError("no token; send `Authorization: Bearer TOKEN` (`workgraph token create`)")
        try:
            viewer = await self.viewers.of(credential, (kind,))
        except OSError as error:
            raise UnavailableError("the database does not answer; try again") from error
        if viewer is None:
            raise UnauthenticatedError("the token is not valid (any more); make one with `workgraph token create`")
        return viewer


def address_of(connection: HTTPConnection) -> str:
    """The address that a request came from, as far as one can tell."""
    return connection.client.host if connection.client else ""
