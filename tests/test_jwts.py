"""JWTs: whose they are, which are refused, and where the keys come from that they are checked with."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from structlog.testing import capture_logs

from db.database import Database
from db.ids import id_of
from errors import UnavailableError
from gateway import application
from resolvers.accounts import BEARER, Viewers, created_token
from settings import Settings
from tests.conftest import ORGANIZATION, ORGANIZATION_ID, Importer, exchange
from web import jwks
from web.jwks import KeysAtAddress, KeysInFile, keys_of
from web.jwts import Jwts, Signatures, jwts_of

ISSUER, AUDIENCE = "https://login.northwind.example", "workgraph"
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
STRANGER = RSAKey.generate_key(2048, {"kid": "rsa"})
KEYS = (RSA, EC, ED)
SIGNING = Signatures(("RS256", "RS384", "ES256", "EdDSA", "Ed25519", "HS256", "none"))


def public(*keys: Any) -> bytes:
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


def claimed(**changed: Any) -> dict[str, Any]:
    """The claims of a good JWT but for what is changed; None leaves one out."""
    now = int(time.time())
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "exp": now + 600, "iat": now, "sub": "maya",
        "email": "maya@northwind.example", "email_verified": True, "org": ORGANIZATION, "scope": "workspace:read openid billing:read",
    } | changed  # fmt: skip
    return {name: value for name, value in claims.items() if value is not None}


def signed(claims: dict[str, Any] | None = None, key: Any = RSA, alg: str = "RS256", **header: Any) -> str:
    members = {"alg": alg, "kid": key.kid} | header
    members = {name: value for name, value in members.items() if value is not None}
    return jwt.encode(members, claimed() if claims is None else claims, key, registry=SIGNING)


def segment(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    file = tmp_path / "keys.json"
    file.write_bytes(public(*KEYS))
    return Settings(data_dir=tmp_path, jwks=str(file), jwt_issuer=ISSUER, jwt_audience=AUDIENCE, token_cache_seconds=0)


@pytest.fixture
async def jwts(settings: Settings, sqlite_template: Path) -> AsyncIterator[Jwts]:
    shutil.copy(sqlite_template, settings.data_dir / "workgraph.db")
    database = Database(settings.url)
    made = jwts_of(settings, database)
    assert made
    yield made
    await database.close()


# ------------------------------------------------------------------------------------------------------ whose they are


@pytest.mark.parametrize(("key", "alg"), [(RSA, "RS256"), (EC, "ES256"), (ED, "EdDSA"), (ED, "Ed25519")])
async def test_a_jwt_names_an_account_of_an_organisation_and_what_it_may(jwts: Jwts, key: Any, alg: str) -> None:
    holder = await jwts.holder(signed(key=key, alg=alg))
    assert holder
    viewer = holder.viewer
    assert (viewer.organization_id, viewer.email) == (ORGANIZATION_ID, "maya@northwind.example")
    assert viewer.scopes == {"workspace:read", "billing:read"}
    assert (holder.kind, holder.digest) == (BEARER, None)
    assert (holder.expires_at - holder.remembered_until).total_seconds() == 30


async def test_it_is_the_same_account_as_that_of_a_token_with_all_its_people(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    jwts = Jwts(settings, database, KeysInFile(Path(settings.jwks)))
    people = [{"id": "by mail", "email": "maya@northwind.example"}, {"id": "other", "email": "jwt:maya"}]
    workspace = {"id": "v", "title": "v", "isShared": True, "shareRecipients": people}
    await Importer(database, tmp_path).lines(exchange("vai", "GET /api/v1/workspaces/v", {"workspace": workspace}))
    known_as = {"orgo": "by the table"}
    token = await created_token(
        database, ORGANIZATION_ID, "maya@northwind.example", ["workspace:read"], known_as=known_as
    )
    await created_token(database, ORGANIZATION_ID, "jwt:maya", ["workspace:read"], known_as={"orgo": "by subject"})

    def users(**by_system: str) -> set[str]:
        return {id_of("USER", ORGANIZATION_ID, system.upper(), name) for system, name in by_system.items()}

    by_token = await Viewers(database, 0).of(token, (BEARER,))
    by_jwt = await jwts.holder(signed(claimed(scope=["workspace:read", 5, "x"], org=ORGANIZATION_ID)))
    assert by_token and by_jwt and by_jwt.viewer == by_token
    assert set(by_token.user_ids) == users(vai="by mail", orgo="by the table")
    for unproven in (
        {"email_verified": False}, {"email_verified": "false"}, {"email_verified": None}, {"email": None}, {"email": "a\0b"},
        {"email": "maya"}, {"email": "jwt:other@northwind.example"},
    ):  # fmt: skip
        holder = await jwts.holder(signed(claimed(**unproven)))
        assert holder
        assert (holder.viewer.email, set(holder.viewer.user_ids)) == ("jwt:maya", users(orgo="by subject"))
    holder = await jwts.holder(signed(claimed(email_verified=False, sub="maya@northwind.example")))
    assert holder and holder.viewer.account_id != by_token.account_id and holder.viewer.user_ids == ()


async def test_that_an_issuer_vouches_for_every_address_is_a_setting(settings: Settings, jwts: Jwts) -> None:
    trusting = jwts_of(settings.model_copy(update={"jwt_emails_verified": True}), jwts.database)
    assert trusting
    named = {}
    for verified in (None, True, "true", False, "false", 2):
        holder = await trusting.holder(signed(claimed(email_verified=verified)))
        assert holder
        named[verified] = holder.viewer.email
    own, other = "maya@northwind.example", "jwt:maya"
    assert named == {None: own, True: own, "true": own, False: other, "false": other, 2: other}
    holder = await jwts.holder(signed(claimed(email_verified=None)))
    assert holder and holder.viewer.email == other


async def test_the_claim_of_the_organisation_is_a_setting(settings: Settings, jwts: Jwts) -> None:
    other = jwts_of(settings.model_copy(update={"jwt_organization_claim": "https://x.example/tenant"}), jwts.database)
    assert other
    assert await other.holder(signed()) is None
    assert await other.holder(signed(claimed(org=None, **{"https://x.example/tenant": ORGANIZATION})))


# --------------------------------------------------------------------------------------------------- which are refused

NOW = int(time.time())
CLAIMS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"}, "no issuer": {"iss": None}, "a list of issuers": {"iss": [ISSUER]},
    "another audience": {"aud": "someone"}, "no audience": {"aud": None}, "others as audience": {"aud": ["a", "b"]},
    "an audience that begins so": {"aud": "workgraph2"}, "numbers as audience": {"aud": [1]},
    "expired": {"exp": NOW - 31}, "no end": {"exp": None}, "a text as end": {"exp": str(NOW + 600)},
    "true as end": {"exp": True}, "no number as end": {"exp": float("nan")}, "no end ever": {"exp": float("inf")},
    "not yet": {"nbf": NOW + 86_400}, "a text as beginning": {"nbf": "now"}, "made in the future": {"iat": NOW + 86_400},
    "no organisation": {"org": None}, "an unknown organisation": {"org": "Elsewhere"}, "a list of organisations": {"org": [ORGANIZATION]},
    "an organisation with NUL": {"org": "North\0wind"},
    "nobody": {"sub": None, "email": None}, "somebody without a proof": {"sub": None, "email_verified": False},
    "a number as somebody": {"sub": 5}, "a very long name": {"sub": "x" * 256, "email": None},
}  # fmt: skip
HEADERS: dict[str, dict[str, Any]] = {
    "critical members": {"crit": ["exp"], "exp": NOW}, "b64": {"b64": False, "crit": ["b64"]},
    "its own key": {"jwk": STRANGER.as_dict(private=False)}, "its own address of keys": {"jku": "https://evil.example/keys"},
    "its own certificate": {"x5c": ["MIIB"]}, "its own address of certificates": {"x5u": "https://evil.example/cert"},
    "a token for logging out": {"typ": "logout+jwt"}, "an encrypted one's type": {"typ": "JWE"}, "a number as type": {"typ": 5},
    "an unknown key": {"kid": "none"}, "a number as key": {"kid": 5},
    "an algorithm that is not set": {"alg": "RS384"},
}  # fmt: skip


async def test_a_jwt_with_other_claims_is_refused(jwts: Jwts) -> None:
    assert await jwts.holder(signed())
    answered = {name: await jwts.holder(signed(claimed(**changed))) for name, changed in CLAIMS.items()}
    assert answered == dict.fromkeys(CLAIMS)


async def test_a_jwt_with_another_header_is_refused(jwts: Jwts) -> None:
    answered = {}
    for name, changed in {"a good one": {}, **HEADERS}.items():
        header = {"alg": "RS256", "kid": "rsa"} | changed
        body = f"{segment(header)}.{segment(claimed())}"
        signature = JWSRegistry.algorithms[header["alg"]].sign(body.encode(), RSA)
        answered[name] = await jwts.holder(f"{body}.{segment(signature)}")
    assert answered.pop("a good one")
    assert answered == dict.fromkeys(HEADERS)


async def test_types_of_access_tokens_are_taken(jwts: Jwts) -> None:
    for kind in (None, "JWT", "jwt", "at+jwt", "application/at+jwt"):
        assert await jwts.holder(
            jwt.encode(
                {"alg": "RS256", "kid": "rsa", **({"typ": kind} if kind else {})}, claimed(), RSA, default_type=None
            )
        )


async def test_the_public_key_is_no_secret_to_sign_with(jwts: Jwts, settings: Settings) -> None:
    text = public(*KEYS)
    secrets = [
        RSA.as_pem(private=False),
        RSA.as_der(private=False),
        text,
        json.dumps(RSA.as_dict(private=False)).encode(),
    ]
    for secret in secrets:
        body = f"{segment({'alg': 'HS256', 'kid': 'rsa', 'typ': 'JWT'})}.{segment(claimed())}"
        assert await jwts.holder(f"{body}.{segment(hmac.digest(secret, body.encode(), 'sha256'))}") is None
    shared = OctKey.generate_key(256, {"kid": "rsa"})
    jwts.keys = KeysInFile(
        _file(settings, json.dumps({"keys": [shared.as_dict(private=True), *map(_listed, KEYS)]}).encode())
    )
    assert await jwts.holder(signed(key=shared, alg="HS256")) is None
    assert await jwts.holder(signed())


def _listed(key: Any) -> dict[str, Any]:
    listed: dict[str, Any] = key.as_dict(private=False)
    return listed


def _file(settings: Settings, text: bytes) -> Path:
    path = Path(settings.jwks)
    path.write_bytes(text)
    return path


async def test_a_jwt_need_not_name_its_key_where_only_one_can_be_meant(jwts: Jwts, settings: Settings) -> None:
    unnamed = [signed(kid=None), signed(key=EC, alg="ES256", kid=None)]
    assert all([await jwts.holder(one) for one in unnamed])
    jwts.keys = KeysInFile(_file(settings, public(RSA, EC, RSAKey.generate_key(2048, {"kid": "other"}))))
    assert [bool(await jwts.holder(one)) for one in unnamed] == [False, True]
    assert await jwts.holder(signed())


async def test_no_signature_is_none(jwts: Jwts) -> None:
    good = signed()
    head, body, signature = good.split(".")
    for none in ("none", "None", "NONE", ""):
        header = segment({"alg": none, "typ": "JWT", "kid": "rsa"})
        for ending in ("", signature):
            assert await jwts.holder(f"{header}.{body}.{ending}") is None
    wrong = [
        f"{head}.{body}.", f"{head}.{body}", f"{head}.{body}.{signature}.", f"{head}.{body}.{signature[:-4]}", "..", "a.b.c", "",
        f"{head}.{segment(claimed(scope='admin'))}.{signature}", f"{segment({'alg': 'ES256', 'kid': 'ec'})}.{body}.{signature}",
        f"{head}.{segment([1])}.{signature}", f"{segment([1])}.{body}.{signature}", f"{segment(b'{')}.{body}.{signature}",
        signed(key=STRANGER), f"{good}é", f"{head}.{body}.{signature}\n", good + "A" * 20_000, f"{head}.{body}.!!!",
        ".".join(segment(one) for one in (b"[" * 100_000, b"[" * 100_000, b"x")), f"{segment({'alg': ['RS256']})}.{body}.{signature}",
    ]  # fmt: skip
    answers = [await jwts.holder(one) for one in wrong]
    assert answers == [None] * len(wrong)
    assert await jwts.holder(good)


async def test_claims_that_are_no_object_or_endless_are_refused_though_signed(jwts: Jwts) -> None:
    payloads = [b"[]", b"null", b'"x"', b"{", b"\xff", b"[" * 5_000, b'{"exp": ' + b"9" * 5_000 + b"}", b""]
    payloads.append(json.dumps(claimed(org="\ud800")).encode())
    for payload in payloads:
        body = f"{segment({'alg': 'RS256', 'kid': 'rsa'})}.{segment(payload)}"
        signature = JWSRegistry.algorithms["RS256"].sign(body.encode(), RSA)
        assert await jwts.holder(f"{body}.{segment(signature)}") is None, payload[:20]
    holder = await jwts.holder(signed(claimed(exp=10**30)))
    assert holder and holder.expires_at.year > 2100


# ----------------------------------------------------------------------------------------------------- over the network


async def test_over_http_a_good_jwt_asks_and_any_other_is_a_wrong_token(settings: Settings, jwts: Jwts) -> None:
    app = application(settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    query = {"query": "{ viewer { email scopes organization { name } } }"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:

        async def ask(token: str) -> tuple[int, Any]:
            response = await client.post("/graphql", json=query, headers={"Authorization": f"Bearer {token}"})
            body = response.json()
            return response.status_code, body.get("data") or [error["message"] for error in body["errors"]]

        viewer = {
            "email": "maya@northwind.example",
            "scopes": ["billing:read", "workspace:read"],
            "organization": {"name": ORGANIZATION},
        }
        assert await ask(signed()) == (200, {"viewer": viewer})
        own = await created_token(jwts.database, ORGANIZATION_ID, "n@x", ["workspace:read"])
        assert (await ask(own))[0] == 200
        with capture_logs() as logged:
            wrong = [
                await ask(one)
                for one in (signed(key=STRANGER), signed(claimed(exp=NOW - 100)), "a.b.c", "wg_none", "none")
            ]
        assert len({str(one) for one in wrong}) == 1
        assert wrong[0] == (401, ["the token is not valid (any more); make one with `workgraph token create`"])
        assert [entry for entry in logged if "maya" in str(entry)] == []
    await app.state.database.close()


async def test_an_issuer_that_is_gone_takes_nothing_else_down(settings: Settings, jwts: Jwts) -> None:
    app = application(settings.model_copy(update={"jwks": "http://127.0.0.1:1/keys"}))
    own = await created_token(jwts.database, ORGANIZATION_ID, "n@x", ["workspace:read"])
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    answered = []
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for token in (signed(), own, "x.y.z", signed()):
            headers = {"Authorization": f"Bearer {token}"}
            answered.append(await client.post("/graphql", json={"query": "{ __typename }"}, headers=headers))
    assert [answer.status_code for answer in answered] == [503, 200, 401, 503]
    (error,) = answered[0].json()["errors"]
    assert error["message"] == "the keys of the issuer of JWTs cannot be had for now; try again"
    assert (error["extensions"]["code"], error["extensions"]["retryable"]) == ("UNAVAILABLE", True)
    await app.state.database.close()


async def test_without_keys_a_jwt_is_a_wrong_token(settings: Settings, jwts: Jwts) -> None:
    assert jwts_of(Settings(data_dir=settings.data_dir), jwts.database) is None
    assert await Viewers(jwts.database, 0).of(signed(), (BEARER,)) is None


async def test_what_was_found_is_remembered_for_some_seconds_and_not_beyond_the_end(
    jwts: Jwts, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def counted(token: str) -> Any:
        asked.append(token)
        return await jwts.holder(token)

    viewers = Viewers(jwts.database, 60, counted)
    token = signed()
    for _ in range(3):
        assert await viewers.of(token, (BEARER,))
        assert await viewers.of(token, ("browser",)) is None
    assert len(asked) == 1
    ending = signed(claimed(exp=int(time.time())))  # over, but for the leeway
    for _ in range(3):
        assert await viewers.of(ending, (BEARER,))
    assert len(asked) == 4
    assert await viewers.of(signed(claimed(exp=int(time.time()) - 31)), (BEARER,)) is None


# ------------------------------------------------------------------------------------------------- where keys come from


@dataclass
class Issuer:
    """A server of keys."""

    address: str = ""
    answer: Callable[[], bytes] = field(default=lambda: answered(public(*KEYS)))
    seconds: float = 0
    asked: int = 0

    serving: set[Any] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.add(asyncio.current_task())
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            await asyncio.sleep(self.seconds)
            writer.write(self.answer())
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side has gone, or the test is over
        finally:
            writer.close()


def answered(body: bytes, status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{more}\r\n".encode() + body


@asynccontextmanager
async def issuing() -> AsyncIterator[Issuer]:
    issuer = Issuer()
    server = await asyncio.start_server(issuer.serve, "127.0.0.1", 0)
    issuer.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"
    try:
        yield issuer
    finally:
        server.close()
        for task in issuer.serving:
            task.cancel()
        await asyncio.gather(*issuer.serving, return_exceptions=True)
        await asyncio.sleep(0)  # so that the transports are closed


async def test_keys_are_fetched_once_and_for_an_unknown_one_again_at_most_once_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with issuing() as issuer:
        keys = KeysAtAddress(issuer.address)
        found = await asyncio.gather(*(keys.fitting("rsa", "RS256") for _ in range(20)))
        assert (issuer.asked, {len(one) for one in found}) == (1, {1})
        for number in range(20):
            assert await keys.fitting(f"unknown {number}", "RS256") == []
        assert issuer.asked == 1

        new = RSAKey.generate_key(2048, {"kid": "new"})
        issuer.answer = lambda: answered(public(RSA, new))
        assert await keys.fitting("new", "RS256") == []
        keys.tried_at -= jwks.LEAST_SECONDS
        assert [key.kid for key in await keys.fitting("new", "RS256")] == ["new"]
        assert await keys.fitting("ec", "ES256") == []
        assert issuer.asked == 2

        keys.tried_at -= jwks.LEAST_SECONDS
        keys.fetched_at -= jwks.RENEW_SECONDS  # so that a key that was withdrawn is forgotten
        issuer.answer = lambda: answered(public(RSA))
        assert await keys.fitting("new", "RS256") == []
        assert issuer.asked == 3


FAILURES: dict[str, Callable[[], bytes]] = {
    "an error": lambda: answered(b"{}", "500 Internal Server Error"),
    "a redirect": lambda: answered(b"", "302 Found", "Location: http://127.0.0.1:1/\r\n"),
    "too much": lambda: answered(public(*KEYS) + b" " * jwks.MOST_BYTES),
    "compressed": lambda: answered(public(*KEYS), more="Content-Encoding: gzip\r\n"),
    "no JSON": lambda: answered(b"<html>"), "no keys": lambda: answered(b'{"keys": []}'), "a list": lambda: answered(b"[]"),
    "symmetric keys alone": lambda: answered(json.dumps({"keys": [OctKey.generate_key(256).as_dict(private=True)]}).encode()),
    "nothing": lambda: b"", "no HTTP": lambda: b"hello\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("answer", FAILURES.values(), ids=FAILURES.keys())
async def test_a_fetch_that_fails_leaves_the_keys_as_they_were_and_counts(answer: Callable[[], bytes]) -> None:
    async with issuing() as issuer:
        keys = KeysAtAddress(issuer.address)
        issuer.answer = answer
        with capture_logs() as logged:
            for _ in range(3):
                with pytest.raises(UnavailableError, match="cannot be had for now"):
                    await keys.fitting("rsa", "RS256")
        assert (issuer.asked, len(logged)) == (1, 1)

        keys = KeysAtAddress(issuer.address, keys_of(public(RSA)), fetched_at=time.monotonic())
        assert await keys.fitting("other", "RS256") == []
        assert len(await keys.fitting("rsa", "RS256")) == 1
        assert issuer.asked == 2


async def test_a_slow_issuer_holds_up_one_request_and_for_no_longer_than_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jwks, "FETCH_SECONDS", 0.3)
    async with issuing() as issuer:
        issuer.seconds = 30
        keys = KeysAtAddress(issuer.address, keys_of(public(RSA)))
        keys.fetched_at = time.monotonic() - jwks.RENEW_SECONDS - 1
        began = time.monotonic()
        first = asyncio.create_task(keys.fitting("rsa", "RS256"))
        await asyncio.sleep(0.05)
        assert len(await keys.fitting("rsa", "RS256")) == 1
        assert time.monotonic() - began < 0.25
        assert len(await first) == 1
        assert time.monotonic() - began < 3
        assert issuer.asked <= 1


async def test_a_file_is_read_again_when_it_has_changed_and_spoilt_it_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(public(RSA))
    keys = KeysInFile(path)
    assert await keys.fitting("ec", "ES256") == []
    path.write_bytes(public(EC, RSA))
    assert len(await keys.fitting("ec", "ES256")) == 1
    with capture_logs() as logged:
        path.write_bytes(b"{")
        assert len(await keys.fitting("ec", "ES256")) == 1
        path.unlink()
        assert len(await keys.fitting("ec", "ES256")) == 1
    assert len(logged) == 2


def test_keys_that_are_weak_private_or_for_something_else_are_left_out() -> None:
    private = RSA.as_dict(private=True)
    listed = [
        private, RSAKey.generate_key(2048, {"use": "enc"}).as_dict(private=False), OctKey.generate_key(256).as_dict(private=True),
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"}, {"kty": "RSA"}, {"kty": "EC", "crv": "P-1", "x": "a", "y": "b"}, {"kty": "EC"},
        {"kty": "PQ"}, {}, 5, None, {"kty": ["RSA"]}, {"kty": "OKP", "crv": 5, "x": {}},
    ]  # fmt: skip
    (found,) = keys_of(json.dumps({"keys": listed}).encode())
    assert found.is_private is False
    for wrong in (b"[" * 100_000, b'{"keys": 5}', b"\xff"):
        with pytest.raises(ValueError, match=r".+"):
            keys_of(wrong)
    fits = jwks.fitting([found], None, "RS256")
    assert fits == [found]
    assert jwks.fitting([found], None, "ES256") == []
    assert jwks.fitting([*keys_of(public(RSA)), *keys_of(public(STRANGER))], None, "RS256") == []
    bound = RSAKey.import_key(RSA.as_dict(private=False), {"alg": "RS384"})
    assert jwks.fitting([bound], bound.kid, "RS256") == []
