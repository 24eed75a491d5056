"""The last answer of each recorded call, as it came: what no record holds is here, and the shape to render."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.documents import answers
from db.ids import id_of
from db.keys import among
from rest.dialects import DIALECTS
from rest.records import LINK, Taken
from rest.rows import plain_text

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def answer_id_of(organization_id: str, system: str, method: str, path: str) -> str:
    """The id of a call's recorded answer; the same with and without the path in front of the API's own."""
    call = f"{method} {path.removeprefix(DIALECTS[system].base)}".encode("utf-8", "surrogatepass")
    return id_of("ANSWER", organization_id, system, blake2b(call, digest_size=16).hexdigest())


def moment_at(microseconds: int) -> datetime:
    """A moment from microseconds since 1970."""
    return EPOCH + timedelta(microseconds=microseconds)


async def newer_answers(
    connection: AsyncConnection, organization_id: str, group: Sequence[Taken]
) -> list[dict[str, Any]]:
    """The rows of each call's last answer in the group, unless a newer one is stored. Statements: 1.

    Of two answers of one moment the greater text stays, so that order has no say.
    """
    rows: dict[str, dict[str, Any]] = {}
    for taken in group:
        if taken.exchange.method == LINK:
            continue
        row = _answer(organization_id, taken)
        if row["id"] not in rows or not _outranks(rows[row["id"]], row):
            rows[row["id"]] = row
    statement = select(answers.c.id, answers.c.as_of, answers.c.status, answers.c.document)
    known = await connection.execute(
        statement.where(answers.c.organization_id == organization_id, among(answers.c.id, rows))
    )
    for stored in known.mappings().all():
        if _outranks(stored, rows[stored["id"]]):
            del rows[stored["id"]]
    return list(rows.values())


def _answer(organization_id: str, taken: Taken) -> dict[str, Any]:
    exchange, subject = taken.exchange, taken.subject
    return {
        "organization_id": organization_id,
        "id": answer_id_of(organization_id, taken.system, exchange.method, exchange.path),
        "system": taken.system,
        "method": exchange.method,
        "path": plain_text(exchange.path),
        "endpoint": taken.endpoint.name,
        "status": exchange.status,
        "as_of": exchange.at,
        "fetched_at": moment_at(exchange.at),
        "document": taken.body,
        "subject_id": subject and id_of(subject[0], organization_id, taken.system, subject[1]),
    }


def _outranks(answer: Any, other: Any) -> bool:
    """Whether an answer stays when the other one comes."""
    if answer["as_of"] != other["as_of"]:
        return bool(answer["as_of"] > other["as_of"])
    return _rank(answer) >= _rank(other)


def _rank(answer: Any) -> tuple[int, bytes]:
    return answer["status"], orjson.dumps(answer["document"], option=orjson.OPT_SORT_KEYS)
