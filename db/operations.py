"""What was done through the graph: who, when, what; and the answers of operations that came with a key."""

from sqlalchemy import Column, Table, Text

from db.metadata import index, metadata, moment, text
from db.types import Json

# One row for each operation that changed something, written in its transaction.
audit_entries = Table(
    "audit_entries",
    metadata,
    Column("organization_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    text("account_id", nullable=False),
    text("operation", nullable=False),  # the name of the mutation
    text("record_id"),  # what it was done to
    Column("input", Json, nullable=False),
    moment("created_at", nullable=False),
)
index(audit_entries, "created_at", "id")
index(audit_entries, "record_id", "created_at", "id")

# The first answer of an operation that was given an `idempotencyKey`, for when it comes again.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("organization_id", Text, primary_key=True),
    Column("account_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    text("operation", nullable=False),
    text("digest", nullable=False),  # of the input, so that another one under the same key is noticed
    Column("outcome", Json, nullable=False),
    moment("created_at", nullable=False),
)
index(idempotency_keys, "created_at")
