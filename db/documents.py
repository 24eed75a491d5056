"""Documents as they came, secrets removed: the truth from which the other tables' rows are made.

`documents` holds one row per record, merged field by field: `times` maps the fields that were last seen
in an older document than `as_of` to their moment (microseconds since 1970), so that the order in which documents
come in does not matter. `answers` holds the last answer of each call, as it came.
"""

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text

from db.metadata import index, metadata, moment, record_table, text
from db.types import Json

documents = record_table(
    "documents",
    text("kind", nullable=False),
    Column("document", Json, nullable=False),
    Column("times", Json, nullable=False),
    Column("as_of", BigInteger, nullable=False),  # microseconds since 1970; 0: only mentioned by another record
    moment("fetched_at", nullable=False),
    moment("updated_at"),
    text("last_error"),
    text("part_id"),  # the workspace part under which the record came in
    Column("is_deleted", Boolean, nullable=False),  # gone in its system, by itself or with its workspace
    indexes=(("part_id",),),
)
index(documents, "is_deleted", "system", "kind", "fetched_at", "last_error")  # all that `sources` counts by

answers = Table(
    "answers",
    metadata,
    Column("organization_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    text("system", nullable=False),
    text("method", nullable=False),
    text("path", nullable=False),
    text("endpoint", nullable=False),
    Column("status", Integer, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    moment("fetched_at", nullable=False),
    Column("document", Json),
    text("subject_id"),  # the graph's id of the chart or, without one, of the workspace part that the path names
)
index(answers, "system", "fetched_at", "id")
index(answers, "subject_id", "endpoint", "id")
