"""The keys that JWTs are checked with: a JWKS in a file or at an address. Source: RFC 7517."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
import orjson
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key
from joserfc.jws import JWSRegistry

from errors import UnavailableError

MOST_BYTES = 262_144  # of a JWKS; those of large issuers have some 10 kB
MOST_KEYS = 100
LEAST_RSA_CHARACTERS = 341  # of the modulus in base64url, which are 2,048 bits
FETCH_SECONDS = 5  # for the whole fetch
LEAST_SECONDS = 60  # between two fetches, whatever came of the first
RENEW_SECONDS = 600  # after which keys are fetched anew although all asked for are there
KEY_TYPES = ("RSA", "EC", "OKP")  # a symmetric key in a JWKS is a mistake, and would let everybody sign who knows it
PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
log = structlog.get_logger("workgraph")


class Keys(Protocol):
    """Where keys come from."""

    async def fitting(self, key_id: str | None, algorithm: str) -> list[Key]:
        """The keys that may have signed with this algorithm under this id; without one, the only key that fits.

        Raises UnavailableError where there never were any keys.
        """


def keys_at(place: str) -> Keys:
    """The keys at an address, or in a file. Raises ValueError for a file that holds none."""
    return KeysAtAddress(place) if "://" in place else KeysInFile(Path(place))


@dataclass(eq=False)
class KeysInFile:
    """Keys in a file, which is read again when it has changed."""

    path: Path
    keys: Sequence[Key] = ()
    stamp: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        self.stamp, self.keys = self._stamp(), keys_of(self.path.read_bytes())

    async def fitting(self, key_id: str | None, algorithm: str) -> list[Key]:
        """See Keys. A file that is gone or spoilt leaves the keys as they were."""
        try:
            stamp = self._stamp()
            if stamp != self.stamp:
                self.stamp = stamp
                self.keys = keys_of(self.path.read_bytes())
        except (OSError, ValueError) as error:
            log.warning("the JWKS cannot be read; the keys stay as they were", reason=str(error))
        return fitting(self.keys, key_id, algorithm)

    def _stamp(self) -> tuple[int, int]:
        status = self.path.stat()
        return status.st_mtime_ns, status.st_size


@dataclass(eq=False)
class KeysAtAddress:
    """Keys at an address: fetched by one request at a time, and at most once a minute whatever comes of it."""

    address: str
    keys: Sequence[Key] = ()
    tried_at: float = -LEAST_SECONDS
    fetched_at: float = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def fitting(self, key_id: str | None, algorithm: str) -> list[Key]:
        """See Keys."""
        found = fitting(self.keys, key_id, algorithm)
        is_old = monotonic() - self.fetched_at > RENEW_SECONDS
        if not found or (is_old and not self.turn.locked()):
            await self._renew()
            found = fitting(self.keys, key_id, algorithm)
        if not self.keys:
            raise UnavailableError("the keys of the issuer of JWTs cannot be had for now; try again")
        return found

    async def _renew(self) -> None:
        async with self.turn:
            if monotonic() - self.tried_at < LEAST_SECONDS:
                return
            self.tried_at = monotonic()
            try:
                self.keys = keys_of(await fetched(self.address))
            except (OSError, ValueError, httpx.HTTPError, httpx.InvalidURL) as error:
                reason = str(error) or type(error).__name__
                log.warning("the JWKS cannot be fetched; the keys stay as they were", reason=reason)
            else:
                self.fetched_at = monotonic()


async def fetched(address: str) -> bytes:
    """What stands at an address. Redirects are not followed. Raises OSError, ValueError, httpx.HTTPError."""
    body = bytearray()
    plain = {"Accept": "application/json", "Accept-Encoding": "identity"}  # no small answer grows into a large one
    client = httpx.AsyncClient(trust_env=not is_loopback(urlsplit(address).hostname), timeout=FETCH_SECONDS)
    async with asyncio.timeout(FETCH_SECONDS), client, client.stream("GET", address, headers=plain) as response:
        if response.status_code != httpx.codes.OK or "content-encoding" in response.headers:
            raise ValueError(f"the answer has the status {response.status_code}, or is compressed")
        async for part in response.aiter_raw():
            body += part
            if len(body) > MOST_BYTES:
                raise ValueError(f"there are more than {MOST_BYTES} bytes")
    return bytes(body)


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def keys_of(text: bytes) -> list[Key]:
    """The public keys of a JWKS that are for signatures. Raises ValueError where there are none."""
    if len(text) > MOST_BYTES:
        raise ValueError(f"a JWKS has at most {MOST_BYTES} bytes")
    read = orjson.loads(text)
    listed = read.get("keys") if isinstance(read, dict) else None
    if not isinstance(listed, list):
        raise ValueError('a JWKS is an object with a list "keys"')  # noqa: TRY004  (it is told like the others)
    found = [key for key in map(_key, listed[:MOST_KEYS]) if key is not None]
    if not found:
        raise ValueError("there is no public key for signatures in the JWKS")
    return found


def _key(listed: Any) -> Key | None:
    if not isinstance(listed, dict) or listed.get("kty") not in KEY_TYPES or listed.get("use", "sig") != "sig":
        return None
    if listed["kty"] == "RSA" and len(str(listed.get("n"))) < LEAST_RSA_CHARACTERS:
        return None
    public: Any = {name: value for name, value in listed.items() if name not in PRIVATE}
    try:
        return JWKRegistry.import_key(public)
    except Exception as error:  # whatever a library makes of odd numbers, it is a key that cannot be used
        log.warning("a key of the JWKS cannot be used", reason=type(error).__name__)
        return None


def fitting(keys: Sequence[Key], key_id: str | None, algorithm: str) -> list[Key]:
    """The keys of this id that this algorithm goes with; without an id the only one, if it is."""
    found = [key for key in keys if (key_id is None or key.kid == key_id) and _goes_with(key, algorithm)]
    return found if key_id is not None or len(found) == 1 else []


def _goes_with(key: Key, algorithm: str) -> bool:
    if key.get("alg") not in (None, algorithm):
        return False
    try:
        JWSRegistry.algorithms[algorithm].check_key(key)
    except JoseError:
        return False
    return True
