"""Data tables of VAI workspaces: which exist, and under which name their rows stand in SQL."""

from sqlalchemy import BigInteger, Column, Table, Text

from db.metadata import metadata, moment, text
from db.types import Json

data_tables = Table(
    "data_tables",
    metadata,
    Column("organization_id", Text, primary_key=True),
    Column("part_id", Text, primary_key=True),  # the VAI part whose table it is
    text("name", nullable=False),
    text("sql_name", nullable=False, unique=True),
    Column("columns", Json, nullable=False),  # [{name, sql_name, type}] in the order of the file
    Column("key", Json, nullable=False),  # names of the columns that identify a row
    Column("row_count", BigInteger, nullable=False),
    moment("imported_at", nullable=False),
)
