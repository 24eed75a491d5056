"""JWTs: signed by the issuer that is set, with its keys, for us, and still good. Source: RFC 7519, RFC 8725."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import Any

from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import Key
from joserfc.jws import CompactSignature, JWSRegistry, extract_compact, validate_compact
from joserfc.jwt import JWTClaimsRegistry

from db.access import SCOPES
from db.database import Database
from resolvers.accounts import Holder
from resolvers.foreign_accounts import SUBJECT, Claims, holder_of_claims
from settings import Settings
from web.jwks import Keys, keys_at

MOST_CHARACTERS = 16_384  # of a JWT
MOST_NAME_CHARACTERS = 255  # of a claim that names somebody
LONGEST_SECONDS = 100 * 365 * 86_400  # that a JWT is good; a century
TYPES = ("jwt", "at+jwt")  # of access tokens; others, such as logout tokens, are for something else
REFUSED_HEADERS = frozenset({"crit", "b64", "jku", "jwk", "x5u", "x5c"})  # a JWT does not say what it is checked with
WRONG = (JoseError, ValueError, TypeError, KeyError, RecursionError)  # what comes of a JWT that is none of ours


class Signatures(JWSRegistry):
    """The algorithms that are set, and no other. Unknown members of a header mean nothing to us."""

    max_header_length = 4_096

    def __init__(self, algorithms: Collection[str]) -> None:
        super().__init__(algorithms=algorithms, strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        """The algorithm of this name. Raises UnsupportedAlgorithmError."""
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError("the algorithm is not among those that are set")
        return self.algorithms[name]


@dataclass(eq=False)
class Jwts:
    """Finds out who holds a JWT."""

    settings: Settings
    database: Database
    keys: Keys

    def __post_init__(self) -> None:
        self.signatures = Signatures(self.settings.jwt_algorithms)

    async def holder(self, token: str) -> Holder | None:
        """Who holds a JWT; None where it is none, or not good. Statements: 2. Raises UnavailableError."""
        claims = await self._claims(token)
        named = None if claims is None else self._read(claims)
        return None if named is None else await holder_of_claims(self.database, named)

    async def _claims(self, token: str) -> dict[str, Any] | None:
        """What a JWT claims, once its signature and its times are checked; None where they do not hold."""
        if len(token) > MOST_CHARACTERS or not token.isascii():
            return None
        try:
            signed = extract_compact(token.encode(), registry=self.signatures)
            header = signed.headers()
            keys = await self._keys(header) if _is_access_token(header) else []
            if not any(self._is_signed(signed, key) for key in keys):
                return None
            claims = json.loads(signed.payload or b"")
            if not isinstance(claims, dict):
                return None
            self._checked().validate(claims)
        except WRONG:
            return None
        return claims

    async def _keys(self, header: dict[str, Any]) -> list[Key]:
        key_id, algorithm = header.get("kid"), self.signatures.get_alg(header["alg"])
        return await self.keys.fitting(key_id, algorithm.name) if key_id is None or isinstance(key_id, str) else []

    def _is_signed(self, signed: CompactSignature, key: Key) -> bool:
        try:
            return validate_compact(signed, key, registry=self.signatures)
        except JoseError:
            return False

    def _checked(self) -> JWTClaimsRegistry:
        return JWTClaimsRegistry(
            leeway=self.settings.jwt_leeway_seconds,
            iss={"essential": True, "value": self.settings.jwt_issuer},
            aud={"essential": True, "value": self.settings.jwt_audience},
            exp={"essential": True},
        )

    def _read(self, claims: dict[str, Any]) -> Claims | None:
        """Who a JWT is about; None where it does not say so."""
        email, subject = self._email(claims), _name(claims.get("sub"))
        organization = _name(claims.get(self.settings.jwt_organization_claim))
        if organization is None or (email is None and subject is None):
            return None
        end = min(float(claims["exp"]), time() + LONGEST_SECONDS)
        ends = (datetime.fromtimestamp(end + later, UTC) for later in (0, self.settings.jwt_leeway_seconds))
        return Claims(organization, email, subject, _scopes(claims.get("scope")), *ends)

    def _email(self, claims: dict[str, Any]) -> str | None:
        """The address that a JWT claims, where the issuer says that it is theirs, or vouches for all of them."""
        verified = claims.get("email_verified", self.settings.jwt_emails_verified)
        email = _name(claims.get("email")) if verified is True or verified == "true" else None
        return email if email and "@" in email and not email.startswith(SUBJECT) else None


def jwts_of(settings: Settings, database: Database) -> Jwts | None:
    """What checks JWTs; None where no issuer is set."""
    return Jwts(settings, database, keys_at(settings.jwks)) if settings.jwks else None


def _is_access_token(header: dict[str, Any]) -> bool:
    kind = str(header.get("typ", TYPES[0])).lower().removeprefix("application/")
    return kind in TYPES and REFUSED_HEADERS.isdisjoint(header)


def _name(claimed: Any) -> str | None:
    """A claim that names somebody, if it can be kept as text."""
    is_name = isinstance(claimed, str) and 0 < len(claimed) <= MOST_NAME_CHARACTERS and claimed.isprintable()
    return claimed if is_name else None


def _scopes(claimed: Any) -> frozenset[str]:
    """The scopes that mean something here; text with spaces between them (RFC 8693), or a list."""
    words = claimed.split() if isinstance(claimed, str) else claimed if isinstance(claimed, list) else ()
    return frozenset(word for word in words if isinstance(word, str) and word in SCOPES)
