"""Live tables that an operator registers: what their columns are is read by reflection, never from anybody's text.

A) the table is found, and is none of Workgraph's own, which hold other organisations' rows;  B) its columns, each
with one of our types or, for a type that is none of ours, shown as text and only to be read;  C) its key: the primary
key, or columns that are named and proved by a query to identify rows;  D) the registration, and the workspaces that
stand on the table already, are brought up to date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    and_,
    delete,
    func,
    inspect,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.exc import CompileError, NoSuchTableError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import CHAR, TypeEngine

from db.data_rows import CAST, HEX, NAIVE, OPERATIONAL, PLAIN, DataColumn, DataTable, stored_table
from db.data_tables import MAIN, data_tables, table_candidates
from db.metadata import metadata
from db.writes import upsert

MAX_COLUMNS = 1_000
OWN_TABLE = re.compile(r"t_[0-9a-f]{24}|alembic_version|sqlite_.*|pg_.*", re.IGNORECASE)
OWN_SCHEMAS = ("pg_catalog", "information_schema", "pg_toast")
VIEW = "it is a view"
NO_KEY = "it has no primary key, and no key was named that identifies its rows"
_MOMENT_ON_SQLITE = "____-__-__ __:__:__%"
_DAY_ON_SQLITE = "____-__-__"


class RegistrationError(ValueError):
    """A table that cannot be registered; nothing was changed."""


@dataclass(frozen=True)
class Asked:
    """What an operator asks to be registered: a name of their own for a table of a database."""

    organization_id: str
    name: str
    sql_name: str
    schema_name: str | None = None
    database: str = MAIN
    scope: str = "organization"
    key: tuple[str, ...] = ()
    read_only_reason: str | None = None
    source_type: str = "table"
    owner_task_slug: str | None = None
    owner_workspace_key: str | None = None


async def registered(connection: AsyncConnection, live: AsyncConnection, asked: Asked, at: datetime) -> DataTable:
    """The table, registered or registered anew; `live` is a connection to the database where it stands.

    Raises RegistrationError.
    """
    declared = await reflected(live, asked)
    former = await connection.execute(select(table_candidates.c.last_write_at).where(*_is(asked)))
    values = _declaration(declared) | {
        "organization_id": asked.organization_id,
        "scope": asked.scope,
        "name": asked.name,
        "source_type": asked.source_type,
        "owner_task_slug": asked.owner_task_slug,
        "owner_workspace_key": asked.owner_workspace_key,
        "last_write_at": former.scalar(),
        "registered_at": at,
    }
    await upsert(connection, table_candidates, [values])  # D
    standing = (data_tables.c.mode == OPERATIONAL, data_tables.c.scope == asked.scope)
    of_table = (data_tables.c.organization_id == asked.organization_id, data_tables.c.name == asked.name)
    await connection.execute(update(data_tables).where(*of_table, *standing).values(**_declaration(declared)))
    return declared


def _declaration(declared: DataTable) -> dict[str, Any]:
    """What a registration and the workspaces that stand on it have in common."""
    return {
        "database": declared.database,
        "schema_name": declared.schema_name,
        "sql_name": declared.sql_name,
        "columns": [asdict(column) for column in declared.columns],
        "key": list(declared.key),
        "can_write": declared.can_write,
        "read_only_reason": declared.read_only_reason,
    }


def _is(asked: Asked) -> tuple[Any, ...]:
    known = table_candidates.c
    return known.organization_id == asked.organization_id, known.scope == asked.scope, known.name == asked.name


async def forgotten(connection: AsyncConnection, organization_id: str, name: str, scope: str) -> bool:
    """Whether a registration was there, and now is not. Raises RegistrationError while workspaces stand on it."""
    standing = select(func.count()).where(
        data_tables.c.organization_id == organization_id,
        data_tables.c.mode == OPERATIONAL,
        data_tables.c.scope == scope,
        data_tables.c.name == name,
    )
    count = (await connection.execute(standing)).scalar_one()
    if count:
        raise RegistrationError(f"{count} workspaces stand on the table {name}; delete them first")
    known = table_candidates.c
    is_it = (known.organization_id == organization_id, known.scope == scope, known.name == name)
    return bool((await connection.execute(delete(table_candidates).where(*is_it))).rowcount)


async def reflected(live: AsyncConnection, asked: Asked) -> DataTable:
    """The table as it is now, without a part that stands on it. Raises RegistrationError."""
    found = await live.run_sync(_found, asked)  # A
    is_sqlite = live.dialect.name == "sqlite"
    columns = tuple(_column(column, live.dialect, is_sqlite) for column in found.columns)  # B
    declared = DataTable(
        asked.organization_id,
        "",
        asked.name,
        asked.sql_name,
        columns,
        (),
        OPERATIONAL,
        asked.scope,
        asked.database,
        asked.schema_name,
    )
    if is_sqlite:
        declared = replace(declared, columns=await _proved_columns(live, declared))
    key = await _proved_key(live, declared, asked.key) if asked.key else found.key  # C
    reason = asked.read_only_reason or (VIEW if found.is_view else None) or (None if key else NO_KEY)
    return replace(declared, key=key, can_write=reason is None, read_only_reason=reason)


# A) the table


@dataclass(frozen=True)
class _Found:
    columns: Sequence[Mapping[str, Any]]
    key: tuple[str, ...]
    is_view: bool


def _found(connection: Any, asked: Asked) -> _Found:
    if _is_own(asked):
        raise RegistrationError(f"{asked.sql_name} is a table of Workgraph's own, or of the database's")
    inspector = inspect(connection)
    schema = asked.schema_name
    tables, views = inspector.get_table_names(schema), inspector.get_view_names(schema)
    if connection.dialect.name == "postgresql":
        views = [*views, *inspector.get_materialized_view_names(schema)]
    if asked.sql_name not in {*tables, *views}:
        where = f"the schema {schema}" if schema else "the database"
        raise RegistrationError(f"{where} has no table {asked.sql_name!r}; names are told apart by case")
    try:
        columns = inspector.get_columns(asked.sql_name, schema)
    except NoSuchTableError as error:
        raise RegistrationError(f"no table {asked.sql_name!r}") from error
    if not 1 <= len(columns) <= MAX_COLUMNS:
        raise RegistrationError(f"a table may have 1 to {MAX_COLUMNS} columns, this one has {len(columns)}")
    key = inspector.get_pk_constraint(asked.sql_name, schema)["constrained_columns"] if asked.sql_name in tables else []
    return _Found(columns, tuple(key), asked.sql_name not in tables)


def _is_own(asked: Asked) -> bool:
    """Workgraph's own tables by any name that leads to them: SQLite does not tell upper from lower case."""
    name = asked.sql_name.lower()
    is_system = (asked.schema_name or "").lower() in OWN_SCHEMAS or OWN_TABLE.fullmatch(name) is not None
    return is_system or name in {table.lower() for table in metadata.tables}


# B) the columns


def _column(reflected_column: Mapping[str, Any], dialect: Any, is_sqlite: bool) -> DataColumn:
    name, of = str(reflected_column["name"]), reflected_column["type"]
    type_name, form = _type_of(of, is_sqlite)
    is_made = bool(reflected_column.get("computed")) or (reflected_column.get("identity") or {}).get("always", False)
    return DataColumn(
        name=name,
        sql_name=name,
        type=type_name,
        form=form,
        is_nullable=bool(reflected_column.get("nullable", True)),
        can_write=form in (PLAIN, NAIVE) and not is_made,
        live_type=_words(of, dialect),
    )


def _type_of(of: TypeEngine[Any], is_sqlite: bool) -> tuple[str, str]:
    """One of SQL_TYPES, and the column's form. The order counts: some of SQLAlchemy's types are others', too."""
    if isinstance(of, Boolean):
        return "boolean", PLAIN
    if isinstance(of, DateTime):
        return "timestamp", PLAIN if is_sqlite or of.timezone else NAIVE
    if isinstance(of, Date):
        return "date", PLAIN
    if isinstance(of, BigInteger | Integer):
        return "integer", PLAIN
    if isinstance(of, Float):
        return "float", PLAIN
    if isinstance(of, Numeric):
        return "decimal", PLAIN
    if isinstance(of, String) and not isinstance(of, Enum) and (is_sqlite or not isinstance(of, CHAR)):
        return "text", PLAIN
    return "text", HEX if is_sqlite and isinstance(of, LargeBinary) else CAST


def _words(of: TypeEngine[Any], dialect: Any) -> str:
    try:
        return str(of.compile(dialect=dialect)).upper()
    except (CompileError, NotImplementedError):
        return "UNKNOWN"


async def _proved_columns(live: AsyncConnection, declared: DataTable) -> tuple[DataColumn, ...]:
    """On SQLite a column holds anything: a date or moment that is not written as SQLAlchemy does is shown as text."""
    patterns = {"timestamp": _MOMENT_ON_SQLITE, "date": _DAY_ON_SQLITE}
    meant = [column for column in declared.columns if column.type in patterns]
    if not meant:
        return declared.columns
    table = stored_table(replace(declared, columns=tuple(replace(column, type="text") for column in declared.columns)))
    misfits = [
        func.count().filter(
            or_(
                func.typeof(table.c[column.sql_name]).not_in(("text", "null")),
                not_(table.c[column.sql_name].like(patterns[column.type])),
            )
        )
        for column in meant
    ]
    counts = (await live.execute(select(*misfits).select_from(table))).one()
    wrong = {column.name for column, count in zip(meant, counts, strict=True) if count}
    return tuple(
        replace(column, type="text", form=CAST, can_write=False) if column.name in wrong else column
        for column in declared.columns
    )


# C) the key


async def _proved_key(live: AsyncConnection, declared: DataTable, key: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of the key, of which a query has shown that they identify every row."""
    known = {column.name for column in declared.columns}
    for name in key:
        if name not in known:
            raise RegistrationError(f"no column {name!r} to be in the key; there are {', '.join(sorted(known))}")
    if len(set(key)) < len(key):
        raise RegistrationError("the key names a column twice")
    table = stored_table(declared)
    columns: list[Column[Any]] = [table.c[name] for name in key]
    is_null = or_(*(column.is_(None) for column in columns))
    if (await live.execute(select(func.count()).select_from(table).where(is_null))).scalar_one():
        raise RegistrationError(f"the key {', '.join(key)} is null in some rows, so it identifies no row there")
    groups = select(func.count().label("rows")).select_from(table).group_by(*columns).having(func.count() > 1)
    repeated = (await live.execute(groups.limit(1))).first()
    if repeated is not None:
        raise RegistrationError(f"the key {', '.join(key)} has the same values in several rows")
    return key


# What is registered


def candidate_of(row: Any) -> DataTable:
    """The table that a row of `table_candidates` declares, without a part that stands on it."""
    columns = tuple(DataColumn(**column) for column in row.columns)
    return DataTable(
        row.organization_id,
        "",
        row.name,
        row.sql_name,
        columns,
        tuple(row.key),
        OPERATIONAL,
        row.scope,
        row.database,
        row.schema_name,
        row.can_write,
        row.read_only_reason,
    )


async def candidate_named(
    connection: AsyncConnection, organization_id: str, name: str, scope: str | None = None
) -> DataTable | None:
    """The registered table of a name; of several scopes, where none is given, the first by name. Statements: 1."""
    known = table_candidates.c
    statement = select(table_candidates).where(and_(known.organization_id == organization_id, known.name == name))
    if scope is not None:
        statement = statement.where(known.scope == scope)
    row = (await connection.execute(statement.order_by(known.scope).limit(1))).first()
    return None if row is None else candidate_of(row)
