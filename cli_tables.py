"""The commands `workgraph table register`, `list` and `remove`: the live tables that workspaces may stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from db.data_tables import MAIN, TABLES, table_candidates
from db.database import Database, explained
from db.reflection import Asked, RegistrationError, candidate_of, forgotten, registered
from errors import UnavailableError
from settings import Settings

REFUSED = 1  # exit code
Work = Callable[[Settings, Database, str], Awaitable[None]]
says = Console(stderr=True, highlight=False)

Organization = Annotated[str | None, typer.Option("--org", metavar="NAME", help="The organisation.")]
Scope = Annotated[str, typer.Option(help="Who the table is meant for, a word of your own.")]


@dataclass(frozen=True)
class Command:
    """What the commands are run with: `run` opens the database for an organisation; `error` ends a command."""

    run: Callable[[str | None, Work], None]
    error: Callable[[str, int], Exception]


def table_commands(command: Command) -> typer.Typer:
    """The commands about tables."""
    commands = typer.Typer(no_args_is_help=True, help="Live tables that workspaces may stand on.")
    _add_register(commands, command)
    _add_list(commands, command)
    _add_remove(commands, command)
    return commands


def _add_register(commands: typer.Typer, command: Command) -> None:
    @commands.command(
        "register",
        epilog="**Examples**: `workgraph table register orders`; `workgraph table register shifts --database tables "
        "--schema hr --sql-name shift_log --key shift_id`",
    )
    def register(
        name: Annotated[str, typer.Argument(metavar="NAME", help="Name that workspaces mean the table by.")],
        org: Organization = None,
        scope: Scope = Asked.scope,
        database: Annotated[
            str, typer.Option(metavar="main|tables", help="Workgraph's own database, or that of WORKGRAPH_TABLES_URL.")
        ] = MAIN,
        schema: Annotated[
            str | None, typer.Option(help="Schema of the table; the connection's first if left out.")
        ] = None,
        sql_name: Annotated[str | None, typer.Option(help="Name of the table in SQL; NAME by default.")] = None,
        key: Annotated[
            list[str] | None,
            typer.Option(
                metavar="COLUMN", help="A column that identifies a row, if it is not the primary key; repeat."
            ),
        ] = None,
        read_only: Annotated[str | None, typer.Option(metavar="REASON", help="Why nobody may write to it.")] = None,
        source_type: Annotated[str, typer.Option(help="What it is, a word of your own.")] = Asked.source_type,
        owner_task_slug: Annotated[str | None, typer.Option(help="The task that owns it.")] = None,
        owner_workspace_key: Annotated[str | None, typer.Option(help="The workspace that owns it.")] = None,
    ) -> None:
        """Register a table of the database, or register it anew after its columns have changed.

        Columns, types and key are read from the database itself. A table without a key is read-only.
        """
        if database not in (MAIN, TABLES):
            raise command.error(f"--database is {MAIN} or {TABLES}, got {database!r}", 2)
        asked = Asked(
            "",
            name,
            sql_name or name,
            schema,
            database,
            scope,
            tuple(key or ()),
            read_only,
            source_type,
            owner_task_slug,
            owner_workspace_key,
        )

        async def work(settings: Settings, main: Database, organization_id: str) -> None:
            whole = replace(asked, organization_id=organization_id)
            try:
                async with _live(settings, whole, command) as live, main.writing() as connection:
                    declared = await registered(connection, live or connection, whole, datetime.now(UTC))
            except RegistrationError as error:
                raise command.error(f"cannot register {name}: {error}", REFUSED) from error
            columns = ", ".join(f"{column.name} {column.type}" for column in declared.columns)
            says.print(f"table {name} ({scope}): key {', '.join(declared.key) or 'none'}", markup=False, soft_wrap=True)
            says.print(f"columns: {columns}", markup=False, soft_wrap=True)
            if not declared.can_write:
                says.print(f"read-only: {declared.read_only_reason}", markup=False, soft_wrap=True)

        command.run(org, work)


@asynccontextmanager
async def _live(settings: Settings, asked: Asked, command: Command) -> AsyncIterator[AsyncConnection | None]:
    """A transaction on the second database; None where the table stands in Workgraph's own."""
    if asked.database == MAIN:
        yield None
        return
    if not settings.tables_url:
        raise command.error("WORKGRAPH_TABLES_URL names no second database", 2)
    tables = Database(settings.tables_url)
    try:
        async with tables.writing() as live:
            yield live
    except (OSError, SQLAlchemyError, UnavailableError) as error:
        raise command.error(explained(error, tables), REFUSED) from error
    finally:
        await tables.close()


def _add_list(commands: typer.Typer, command: Command) -> None:
    @commands.command("list", epilog="**Example**: `workgraph table list`")
    def list_tables(org: Organization = None) -> None:
        """Print the registered tables, one a line: name, scope, database, table, key, whether it can be written."""

        async def work(_settings: Settings, main: Database, organization_id: str) -> None:
            known = table_candidates.c
            statement = select(table_candidates).where(known.organization_id == organization_id)
            for row in await main.rows(statement.order_by(known.name, known.scope)):
                declared = candidate_of(row)
                place = ".".join(filter(None, (declared.schema_name, declared.sql_name)))
                told = "writable" if declared.can_write else f"read-only: {declared.read_only_reason}"
                fields = (row.name, row.scope, row.database, place, ",".join(declared.key), told)
                typer.echo("\t".join(fields))

        command.run(org, work)


def _add_remove(commands: typer.Typer, command: Command) -> None:
    @commands.command("remove", epilog="**Example**: `workgraph table remove orders`")
    def remove(
        name: Annotated[str, typer.Argument(metavar="NAME", help="Name that the table was registered by.")],
        org: Organization = None,
        scope: Scope = Asked.scope,
    ) -> None:
        """Forget a registered table that no workspace stands on. The table itself stays as it is."""

        async def work(_settings: Settings, main: Database, organization_id: str) -> None:
            try:
                async with main.writing() as connection:
                    was_there = await forgotten(connection, organization_id, name, scope)
            except RegistrationError as error:
                raise command.error(str(error), REFUSED) from error
            if not was_there:
                raise command.error(f"no table {name!r} is registered in the scope {scope!r}", REFUSED)
            says.print(f"table {name} ({scope}) is forgotten", markup=False)

        command.run(org, work)
