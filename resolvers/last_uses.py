"""When tokens were last used: noted in memory, and written now and then, never while somebody waits for an answer."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from time import monotonic, time

from sqlalchemy import BindParameter, bindparam, or_, update
from sqlalchemy.exc import SQLAlchemyError

from db.database import Database
from db.users import tokens
from errors import OverloadedError, UnavailableError

LEAST_SECONDS = 60  # between two writes of a process
FIRST_SECONDS = 5  # after the first use, so that `token list` need not wait a minute for it


class LastUses:
    """The last uses that are still to be written. What is not written when the process dies is lost."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[str, float] = {}
        self._writing: asyncio.Task[None] | None = None
        self._written_at = -float(LEAST_SECONDS)

    def note(self, digest: str) -> None:
        """A token, by its digest, was used just now."""
        self._noted[digest] = time()
        if self._writing is None:
            self._writing = asyncio.create_task(self._written_later())

    async def _written_later(self) -> None:
        await asyncio.sleep(max(FIRST_SECONDS, self._written_at + LEAST_SECONDS - monotonic()))
        try:
            await self.write()
        finally:
            self._writing = None

    async def write(self) -> None:
        """Write what was noted; where the database does not take it, it is forgotten."""
        noted, self._noted, self._written_at = self._noted, {}, monotonic()
        if not noted:
            return
        used = {digest: datetime.fromtimestamp(moment, UTC) for digest, moment in sorted(noted.items())}
        its: BindParameter[str] = bindparam("its_digest")
        at: BindParameter[datetime] = bindparam("its_use", type_=tokens.c.last_used_at.type)
        is_newer = or_(tokens.c.last_used_at.is_(None), tokens.c.last_used_at < at)
        statement = update(tokens).where(tokens.c.digest == its, is_newer).values(last_used_at=at)
        rows = [{"its_digest": digest, "its_use": moment} for digest, moment in used.items()]
        try:
            async with self._database.writing() as connection:
                await connection.execute(statement, rows)
        except (OSError, SQLAlchemyError, OverloadedError, UnavailableError):
            return  # it is told by the next use

    async def close(self) -> None:
        """Write what is left."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await self.write()
