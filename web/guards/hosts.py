"""Hosts: the names under which Workgraph is served, and those under which a browser's sign-in counts.

A page of another site can have a name of its own point to this machine (DNS rebinding), and is then "the same origin"
as Workgraph under that name. It can do so with no address and not with `localhost`; other names must be told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address

from errors import UnknownHostError

HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:]*)(?::\d*)?")  # and a port


@dataclass(frozen=True)
class Hosts:
    """The names that were told; none where any will do."""

    allowed: tuple[str, ...]

    def check(self, host: bytes) -> None:
        """Raises UnknownHostError for a name that is not among those told."""
        if self.allowed and _name(host) not in self.allowed:
            raise UnknownHostError("Workgraph is not served under this name; see WORKGRAPH_ALLOWED_HOSTS")

    def is_own(self, host: bytes) -> bool:
        """Whether a request to this host can only come from pages of our own, where it comes from its pages."""
        name = _name(host)
        return name in self.allowed if self.allowed else _is_address(name) or name.split(".")[-1] == "localhost"


def _name(host: bytes) -> str:
    """The name without its port; nothing for what is none."""
    found = HOST.fullmatch(host.decode("latin-1").lower())
    return found[1] if found else ""


def _is_address(name: str) -> bool:
    try:
        return bool(ip_address(name.strip("[]")))
    except ValueError:
        return False
