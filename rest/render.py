"""Documents out again: the answer of a call as it was recorded, with every record in it as it stands today.

The recorded answer gives the shape: which records, in which order, with which of their fields. Their values come
from the records' documents, so that what came in later by another call shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select

from db.database import Database
from db.documents import answers, documents
from db.ids import id_of
from db.keys import among
from rest.answers import answer_id_of
from rest.dialect import Dialect
from rest.dialects import DIALECTS
from rest.models.types import RecordDocument
from rest.records import nesting_of

Part = tuple[str, RecordDocument, dict[str, Any]]  # id, checked record, its JSON value in the answer


async def rendered(database: Database, organization_id: str, system: str, method: str, path: str) -> Any:
    """The answer of a call, rows made into its document again. Raises LookupError where none was recorded.

    Statements: 2.
    """
    dialect = DIALECTS[system]
    found = dialect.match(method, path.partition("?")[0])
    owned = answers.c.organization_id == organization_id
    wanted = answers.c.id == answer_id_of(organization_id, system, method, path)
    rows = await database.rows(select(answers.c.document).where(owned, wanted))
    if found is None or not rows:
        raise LookupError(f"no answer of {method} {path} was recorded")
    document = rows[0].document
    checked = found[0].checker.validate_python(document)
    parts = list(_records_in(dialect, organization_id, checked, document))
    known = await _documents(database, organization_id, [record_id for record_id, _checked, _value in parts])
    for record_id, record, value in parts:
        _refresh(record, value, known.get(record_id, {}))
    return document


def _records_in(dialect: Dialect, organization_id: str, checked: Any, value: Any) -> Iterator[Part]:
    if isinstance(checked, list):
        for one, item in zip(checked, value, strict=True):
            yield from _records_in(dialect, organization_id, one, item)
    elif isinstance(checked, BaseModel):
        if isinstance(checked, RecordDocument) and checked.record in dialect.kinds:
            record_id = id_of(checked.record, organization_id, dialect.system, value[checked.id_field])
            yield record_id, checked, value
        for attribute, name in nesting_of(type(checked)):
            if getattr(checked, attribute) is not None:
                yield from _records_in(dialect, organization_id, getattr(checked, attribute), value[name])


async def _documents(database: Database, organization_id: str, ids: list[str]) -> dict[str, dict[str, Any]]:
    owned = documents.c.organization_id == organization_id
    rows = await database.rows(select(documents.c.id, documents.c.document).where(owned, among(documents.c.id, ids)))
    return {row.id: row.document for row in rows}


def _refresh(record: RecordDocument, value: dict[str, Any], known: dict[str, Any]) -> None:
    """Give the fields that the answer has the record's values of today; records inside it are parts of their own."""
    nested = {name for _attribute, name in nesting_of(type(record))}
    value.update({name: known[name] for name in value if name in known and name not in nested})
