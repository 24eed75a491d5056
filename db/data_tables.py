"""Tables of rows: those that operators offer, those that VAI workspaces stand on, and what was changed in them."""

from sqlalchemy import BigInteger, Boolean, Column, Table, Text

from db.metadata import index, metadata, moment, text
from db.types import Json

MAIN, TABLES = "main", "tables"  # Workgraph's own database, and the one of WORKGRAPH_TABLES_URL

# The table that a VAI workspace stands on, and under which name its rows stand in SQL.
data_tables = Table(
    "data_tables",
    metadata,
    Column("organization_id", Text, primary_key=True),
    Column("part_id", Text, primary_key=True),  # the VAI part whose table it is
    text("name", nullable=False),
    text("mode", nullable=False),  # SNAPSHOT: a copy of our own; OPERATIONAL: a live table that an operator registered
    text("scope"),
    text("database", nullable=False),  # MAIN or TABLES
    text("schema_name"),  # None: where the connection looks first
    text("sql_name", nullable=False),
    Column("columns", Json, nullable=False),  # [{name, sql_name, type}] in the order of the file
    Column("key", Json, nullable=False),  # names of the columns that identify a row
    Column("can_write", Boolean, nullable=False),
    text("read_only_reason"),  # None where it can be written
    Column("row_count", BigInteger, nullable=False),
    moment("imported_at", nullable=False),
)
index(data_tables, "sql_name")

# The tables that an operator has named as ones that workspaces may stand on.
table_candidates = Table(
    "table_candidates",
    metadata,
    Column("organization_id", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    text("source_type", nullable=False),
    text("owner_task_slug"),
    text("owner_workspace_key"),
    text("database", nullable=False),  # MAIN or TABLES
    text("schema_name"),
    text("sql_name", nullable=False),
    Column("columns", Json, nullable=False),  # [{name, sql_name, type}], as reflected when it was registered
    Column("key", Json, nullable=False),
    Column("can_write", Boolean, nullable=False),
    text("read_only_reason"),
    moment("last_write_at"),
    moment("registered_at", nullable=False),
)

# Every change of a cell: who, when, what it was and what it became.
cell_mutations = Table(
    "cell_mutations",
    metadata,
    Column("organization_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),  # a UUID
    text("part_id", nullable=False),
    text("table_name", nullable=False),
    text("column_name", nullable=False),
    Column("row_identity", Json, nullable=False),
    Column("old_value", Json),
    Column("new_value", Json),
    text("account_id", nullable=False),
    moment("created_at", nullable=False),
)
index(cell_mutations, "part_id", "created_at", "id")
