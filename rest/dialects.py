"""The four dialects, and which of them a recorded call belongs to."""

from __future__ import annotations

from collections.abc import Mapping

from rest import aitasker, evershell, orgo, vai
from rest.dialect import Dialect, Endpoint, Params

DIALECTS: Mapping[str, Dialect] = {
    dialect.system: dialect for dialect in (aitasker.DIALECT, orgo.DIALECT, vai.DIALECT, evershell.DIALECT)
}
Match = tuple[Dialect, Endpoint, Params]


class AmbiguousCallError(ValueError):
    """More than one system has such a call and nothing tells which is meant."""


def matched(
    method: str, path: str, *, system: str | None = None, host: str | None = None, with_base: bool = False
) -> Match | None:
    """The endpoint of a call; None where the system (or, without one, any system) has no such call.

    Without a system the host tells it, or else the path if only one system has such a call. `with_base` insists on
    the path in front of the API's own (`/api`, `/v1`), behind which a web page may have the same one.
    Raises AmbiguousCallError.
    """
    known = system or (host and system_of_host(host))
    if known:
        dialect = DIALECTS[known]
        found = dialect.match(method, path, with_base=with_base)
        return (dialect, *found) if found else None
    matches: list[Match] = [
        (dialect, *found) for dialect in DIALECTS.values() if (found := dialect.match(method, path, with_base=True))
    ]
    if len(matches) > 1:
        systems = " and ".join(dialect.system.lower() for dialect, *_ in matches)
        raise AmbiguousCallError(f'{systems} both have such a call; name the "system"')
    return matches[0] if matches else None


def system_of_host(host: str) -> str | None:
    """The system whose name stands in the host's."""
    name = host.lower()
    return next((system for system, dialect in DIALECTS.items() if any(word in name for word in dialect.hosts)), None)
