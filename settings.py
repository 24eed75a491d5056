"""Settings, read once at start from `WORKGRAPH_*` variables. An unknown or wrong one stops the start, and says why."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as SourceError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "WORKGRAPH_"
CENTURY = 100 * 365 * 86_400  # seconds
SECRET = ("database_url", "tables_url", "cursor_key")  # fields whose values no message repeats
DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")


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
    page_default: int = Field(50, ge=1, description="Rows of a page where neither `first` nor `last` is given.")
    page_ceiling: int = Field(200, ge=1, description="Most rows of a page; a larger `first` or `last` is an error.")
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
