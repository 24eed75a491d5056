"""Settings, read once at start from `WORKGRAPH_*` variables. An unknown or wrong one stops the start, and says why."""

from __future__ import annotations

import json
import os
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from pydantic_settings import SettingsError as SourceError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "WORKGRAPH_"
CENTURY = 100 * 365 * 86_400  # seconds
SECRET = ("database_url", "tables_url", "cursor_key", "redis_url", "jwks")  # fields whose values no message repeats
ASYMMETRIC = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)
LOOPBACK = ("localhost", "127.0.0.1", "::1")
DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")


def _split(value: object) -> object:
    """A list of names as one variable has it, with commas between them."""
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


def _has_keys(path: Path) -> bool:
    """Whether a file holds a list of keys, one of which could be used."""
    try:
        keys = json.loads(path.read_bytes())["keys"]
        return any(one["kty"] != "oct" for one in keys)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class SettingsError(ValueError):
    """A setting that is unknown or has a value it cannot have."""


class Settings(BaseSettings):
    """Everything that can be set; the name of a variable is the field's in capitals behind `WORKGRAPH_`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    data_dir: Path = Field(
        Path(".workgraph"), description="Folder of the embedded database and of the key that signs cursors."
    )
    database_url: str = Field(
        "",
        description="Database: `sqlite+aiosqlite:///FILE` or `postgresql+asyncpg://USER:PASSWORD@HOST/NAME`. "
        "Empty: `workgraph.db` in the data directory.",
    )
    tables_url: str = Field(
        "",
        description="Second database, in which live tables may stand that `workgraph table register` names; its URL "
        "has the form of the first one's. Empty: none.",
    )
    organization: str = Field(
        "Northwind", min_length=1, max_length=255, description="Organisation of commands that name none with --org."
    )
    host: str = Field("127.0.0.1", min_length=1, description="Address that `workgraph serve` listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that `workgraph serve` listens on; 0 takes a free one.")
    workers: int = Field(1, ge=1, le=64, description="Processes that `workgraph serve` starts.")
    token_cache_seconds: float = Field(
        5,
        ge=0,
        le=300,
        description="How long, in seconds, a token that was looked up is taken to be as it was; 0 looks it up for each "
        "request. A token that was revoked or given other scopes may go on as before for so long.",
    )
    jwks: str = Field(
        "",
        description="Keys that JWTs are checked with, as a JWKS: the path of a file, or an `https` address (`http` "
        "only on this machine). Empty: no JWT is taken.",
    )
    jwt_issuer: str = Field("", description="The `iss` that a JWT must have.")
    jwt_audience: str = Field("", description="The `aud` that a JWT must have among its own.")
    jwt_algorithms: Names = Field(
        ("RS256", "ES256", "EdDSA", "Ed25519"),
        description="Algorithms that a JWT may be signed with, with commas between them; none that is symmetric.",
    )
    jwt_leeway_seconds: int = Field(
        30, ge=0, le=60, description="How far, in seconds, the clock of a JWT's issuer may be off ours."
    )
    jwt_organization_claim: str = Field(
        "org", min_length=1, description="The claim of a JWT that names the organisation, by its name or id."
    )
    jwt_emails_verified: bool = Field(
        False,
        description="Whether the issuer vouches for every `email`, also where a JWT has no `email_verified`. If not, "
        "only an `email` with `email_verified: true` names an account.",
    )
    page_default: int = Field(50, ge=1, description="Rows of a page where neither `first` nor `last` is given.")
    page_ceiling: int = Field(200, ge=1, description="Most rows of a page; a larger `first` or `last` is an error.")
    table_rows_ceiling: int = Field(
        5_000, ge=1, le=100_000, description="Most rows of a page of a workspace's table; a larger `limit` is an error."
    )
    keys_ceiling: int = Field(
        1_000, ge=1, description="Most representations that `_entities` takes, and most ids that `nodes` takes."
    )
    cost: int = Field(
        10_000,
        ge=1,
        description="Most that an operation may cost, in tenths of a millisecond of work; limits.md has the prices.",
    )
    document_characters: int = Field(200_000, ge=100, description="Most characters of a document.")
    document_tokens: int = Field(5_000, ge=10, description="Most tokens of a document; comments count.")
    document_depth: int = Field(
        15, ge=1, le=100, description="How deep fields may stand in each other, fragments spread."
    )
    document_aliases: int = Field(50, ge=0, description="Most aliases of an operation, fragments spread.")
    document_selections: int = Field(
        5_000, ge=1, description="Most fields of an operation, fragments spread; equal ones count once."
    )
    document_directives: int = Field(50, ge=0, description="Most directives of a document.")
    root_fields: int = Field(20, ge=1, description="Most fields at the root of an operation; equal ones count once.")
    input_depth: int = Field(
        50, ge=1, le=150, description="How deep lists and objects of a value may stand in each other."
    )
    input_values: int = Field(
        12_000,
        ge=100,
        description="Most values that the variables of an operation may hold, lists and objects counted.",
    )
    errors_listed: int = Field(
        10, ge=1, description="Most errors that an answer lists; it says how many more there are."
    )
    answer_bytes: int = Field(
        20_000_000,
        ge=10_000,
        description="Most bytes of an answer, as far as they are known before it is encoded: texts, JSON, names.",
    )
    cached_documents: int = Field(1_000, ge=1, description="Most documents that a process keeps parsed and checked.")
    cached_document_bytes: int = Field(
        64_000_000, ge=100_000, description="Most bytes of memory, as estimated, that these documents may take."
    )
    cached_plans: int = Field(1_000, ge=1, description="Most plans of operations that a process keeps.")
    cached_plan_bytes: int = Field(
        64_000_000, ge=100_000, description="Most bytes of memory, as estimated, that these plans may take."
    )
    cursor_key: str = Field(
        "",
        description="Key that signs cursors; the same for all processes that share a database. "
        "Empty: made on first use, in `cursor.key` in the data directory.",
    )
    stale_after_seconds: dict[str, int] = Field(
        default_factory=dict,
        description='Freshness of each system, in seconds, as JSON such as `{"orgo": 3600}`: a record fetched longer '
        "ago is `stale`. A system that is not named has none declared.",
    )
    body_bytes: int = Field(
        1_000_000, ge=1_000, description="Most bytes of a request's body, and of a message over a socket."
    )
    body_seconds: float = Field(10, gt=0, description="How long, in seconds, a body may take to arrive in full.")
    header_bytes: int = Field(32_768, ge=4_096, description="Most bytes of a request's line and headers together.")
    header_seconds: float = Field(
        10, gt=0, description="How long, in seconds, the line and headers of a request may take to arrive in full."
    )
    concurrency: int = Field(
        256,
        ge=1,
        description="Most requests that one process answers at once; another one is told at once to come again.",
    )
    account_concurrency: int = Field(
        64,
        ge=1,
        description="Most requests and operations of one account at once in one process, from where its token is known "
        "until the answer is sent.",
    )
    account_sockets: int = Field(50, ge=1, description="Most open sockets of one account at once in one process.")
    rate_limit: int = Field(
        6_000, ge=0, description="Most requests and operations of one account in a minute; 0 for as many as it likes."
    )
    failure_limit: int = Field(
        60,
        ge=0,
        description="Most requests in a minute from one address without a valid token; 0 for as many as it likes.",
    )
    redis_url: str = Field(
        "",
        description="Redis in which requests are counted, for all processes together: `redis://HOST:PORT/NUMBER`. "
        "Empty: each process counts its own.",
    )
    batch: int = Field(
        0, ge=0, le=100, description="Most operations in one request, as a JSON list; 0 refuses lists. 10 is plenty."
    )
    socket_operations: int = Field(50, ge=1, description="Most operations at once over one socket.")
    socket_init_seconds: float = Field(
        10, gt=0, description="How long, in seconds, a new socket may take to send `connection_init`."
    )
    cors_origins: Names = Field(
        (),
        description="Origins whose pages may ask with a token, such as `https://app.example.com`, with commas between "
        "them; `*` for all. Empty: none.",
    )
    allowed_hosts: Names = Field(
        (),
        description="Names under which Workgraph is served, without ports, with commas between them; requests to "
        "others are refused. Empty: any name will do for tokens, and signing in works under addresses and `localhost`.",
    )
    trusted_proxies: Names = Field(
        (),
        description="Addresses or networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, "
        "with commas between them. Empty: none.",
    )
    hsts_seconds: int = Field(
        0, ge=0, description="For how long, in seconds, browsers are told to come by HTTPS only, where they do; 0: not."
    )
    statement_seconds: float = Field(
        5,
        ge=0.01,
        le=3_600,
        description="How long, in seconds, one SQL statement of a request may take before it is ended. Imports, "
        "migrations and commands take as long as they need.",
    )
    request_seconds: float = Field(
        10,
        ge=0.01,
        le=3_600,
        description="How long, in seconds, an operation may take before it is given up with all that it has begun.",
    )
    import_examples: bool = Field(
        True, description="Whether the first start on an empty database imports the project's own example documents."
    )
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="Least level that is logged.")

    @field_validator("database_url", "tables_url")
    @classmethod
    def _known_driver(cls, url: str) -> str:
        try:
            parsed = make_url(url) if url else None
            known = parsed is None or parsed.drivername in DRIVERS
        except (ArgumentError, ValueError):  # ValueError: a port that is no number
            known = False
        if not known:
            raise ValueError("must begin with " + " or ".join(f"{driver}://" for driver in DRIVERS))
        if parsed is not None and parsed.drivername == DRIVERS[1] and not (parsed.host and parsed.database):
            raise ValueError(f"must name a host and a database, such as {DRIVERS[1]}://USER:PASSWORD@HOST/NAME")
        if parsed is not None and "sslmode" in parsed.query:
            raise ValueError("has `sslmode`, which asyncpg spells `ssl`, such as `?ssl=require`")
        if parsed is not None and parsed.drivername == DRIVERS[0] and parsed.database in (None, "", ":memory:"):
            raise ValueError(f"must name a file, such as {DRIVERS[0]}:///FILE; a database in memory is none that lasts")
        return url

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, url: str) -> str:
        if url and not url.startswith(("redis://", "rediss://")):
            raise ValueError("must begin with redis:// or rediss://")
        return url

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            parts = urlsplit(origin)
            if origin != "*" and (
                parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                raise ValueError(f"must be origins such as https://app.example.com, or *; wrong: {origin}")
        return origins

    @field_validator("allowed_hosts")
    @classmethod
    def _are_names(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [host for host in hosts if not re.fullmatch(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]", host)]
        if wrong:
            raise ValueError(f"must be names of hosts without ports; wrong: {wrong[0]}")
        return tuple(host.lower() for host in hosts)

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            ip_network(proxy)  # says what is wrong itself
        return proxies

    @field_validator("jwt_algorithms")
    @classmethod
    def _are_asymmetric(cls, algorithms: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [name for name in algorithms if name not in ASYMMETRIC]
        if wrong or not algorithms:
            raise ValueError(f"must be some of {', '.join(ASYMMETRIC)}")
        return algorithms

    @field_validator("jwks")
    @classmethod
    def _is_file_or_safe_address(cls, place: str) -> str:
        address = urlsplit(place)
        if "://" not in place:
            if place and not _has_keys(Path(place)):
                raise ValueError("must be the path of a JWKS with public keys, or an address that begins with https://")
        elif "@" in address.netloc or not address.hostname:
            raise ValueError("must name a host, and nobody's password")
        elif address.scheme != "https" and not (address.scheme == "http" and address.hostname in LOOPBACK):
            raise ValueError("must begin with https://; http:// is for this machine alone")
        return place

    @model_validator(mode="after")
    def _issuer_with_keys(self) -> Self:
        if self.jwks and not (self.jwt_issuer and self.jwt_audience):
            raise ValueError(f"{PREFIX}JWKS needs {PREFIX}JWT_ISSUER and {PREFIX}JWT_AUDIENCE as well")
        return self

    @field_validator("stale_after_seconds")
    @classmethod
    def _known_systems(cls, seconds: dict[str, int]) -> dict[str, int]:
        systems = ("aitasker", "orgo", "vai", "evershell")
        wrong = [name for name, value in seconds.items() if name.lower() not in systems or not 1 <= value <= CENTURY]
        if wrong:
            known = ", ".join(systems)
            raise ValueError(
                f"must give {known} a number of seconds of at least 1 and at most a century; wrong: {wrong[0]}"
            )
        return {name.upper(): value for name, value in seconds.items()}

    @model_validator(mode="after")
    def _default_below_ceiling(self) -> Self:
        if self.page_default > self.page_ceiling:
            raise ValueError(
                f"WORKGRAPH_PAGE_DEFAULT ({self.page_default}) must not be greater than "
                f"WORKGRAPH_PAGE_CEILING ({self.page_ceiling})"
            )
        return self

    @property
    def url(self) -> str:
        """The database's URL; the embedded SQLite file where none is set."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir.absolute() / 'workgraph.db'}"


def settings_from_environment() -> Settings:
    """The settings of this process. Raises SettingsError, which names each variable at fault, and no secret."""
    names = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in names)
    faults = [f"{name}: no such setting; there are {', '.join(sorted(names))}" for name in unknown]
    try:
        settings = Settings()
    except ValidationError as error:
        for fault in error.errors():
            field = str(fault["loc"][0]) if fault["loc"] else None
            got = f", got {fault['input']!r}" if field and field not in SECRET else ""
            name = f"{PREFIX}{field}".upper() if field else "settings"
            faults.append(f"{name}: {fault['msg'].removeprefix('Value error, ')}{got}")
    except SourceError:  # of pydantic-settings, whose text names no variable; the one field that is read as JSON
        faults.append(f'{PREFIX}STALE_AFTER_SECONDS: must be JSON such as {{"orgo": 3600}}')
    if faults:
        raise SettingsError("\n".join(faults))
    return settings
