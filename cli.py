"""The command line: `workgraph serve`, `import`, `import-table`, `link`, `db upgrade`, `schema`, `sign-in`.

`table` and `token` stand in `cli_tables.py` and `cli_tokens.py`.

Exit codes: 0 all went well; 1 something was refused or failed; 2 the command, a setting or a file name is wrong.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import IO, Annotated, Any

import typer
import uvicorn
from alembic.util import CommandError as AlembicError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from cli_tables import Command, table_commands
from cli_tokens import Scopes, checked_scopes, token_commands
from db.access import READ, WRITES
from db.database import Database, explained, folder_of, refresh_statistics
from db.documents import documents
from db.migrate import is_at_head, upgrade
from errors import UnavailableError
from gateway import cursor_key
from resolvers.accounts import SIGN_IN, created_token, ensure_organization, has_accounts
from rest.files import files_in, system_named
from rest.importing import Entry, Summary, imported
from rest.intake import link as linked
from rest.joins import JoinError
from rest.tables import TableError, TableReport, imported_table
from schema.build import build_schema
from settings import Settings, SettingsError, settings_from_environment
from web.protocol import bounded_protocol
from web.socket_protocol import BoundedSocket
from web.workers import Workers

EXAMPLES = Path(__file__).parent / "examples"
OWN_SCOPES = (READ, *WRITES)  # of who starts Workgraph on their own machine
REFUSED, WRONG = 1, 2  # exit codes
SHOWN_PROBLEMS = 20  # the report file lists all
LOCAL_ACCOUNT = "you@localhost"

app = typer.Typer(
    name="workgraph",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="One GraphQL graph of AITasker, Orgo, VAI and Evershell. Settings: `WORKGRAPH_*` variables, see "
    "docs/settings.md.",
)
database_commands = typer.Typer(no_args_is_help=True, help="The database itself.")
app.add_typer(database_commands, name="db")
says = Console(stderr=True, highlight=False)

Organization = Annotated[str | None, typer.Option("--org", metavar="NAME", help="The organisation.")]


class CommandError(Exception):
    """A command that cannot do what it was asked; its text is all that is shown."""

    def __init__(self, message: str, code: int = WRONG) -> None:
        super().__init__(message)
        self.code = code


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    """The database of the settings, migrated."""
    folder = folder_of(settings.url)
    if folder is not None:
        _make_folder(folder)
    database = Database(settings.url)
    try:
        if not await is_at_head(database):
            await upgrade(database)
        yield database
    except AlembicError as error:
        raise CommandError(f"the database was made by a newer Workgraph: {error}", REFUSED) from error
    except TypeError as error:  # asyncpg: a parameter of the URL that it does not know
        raise CommandError(f"WORKGRAPH_DATABASE_URL has a parameter that the driver does not know: {error}") from error
    except (OSError, SQLAlchemyError, UnavailableError) as error:
        cause = error.__cause__ if isinstance(error, UnavailableError) else error  # what the driver says
        raise CommandError(explained(cause if isinstance(cause, Exception) else error, database), REFUSED) from error
    finally:
        await database.close()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"cannot make the folder {folder}: {error.strerror}", REFUSED) from error


def _run(work: Coroutine[Any, Any, int | None]) -> None:
    raise typer.Exit(asyncio.run(work) or 0)


@app.command(epilog="**Examples**: `workgraph serve`; `workgraph serve --host 0.0.0.0 --port 9000 --workers 4`")
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Number of processes.")] = None,
) -> None:
    """Serve the graph.

    Migrates the database, imports the example documents if it is empty, makes an account and a token on the first
    start, and prints the address and how to sign in.
    """
    settings = settings_from_environment()
    changed = {"host": host, "port": port, "workers": workers}
    settings = settings.model_copy(update={name: value for name, value in changed.items() if value is not None})
    config = uvicorn.Config(
        "gateway:from_environment", factory=True, host=settings.host, port=settings.port, workers=settings.workers,
        log_level=settings.log_level, access_log=False, server_header=False, proxy_headers=False,
        http=bounded_protocol(settings), ws=BoundedSocket,
        ws_max_size=settings.body_bytes, ws_per_message_deflate=False,
    )  # fmt: skip
    with _listening(config) as listening:  # first of all: the first start's token is shown once only
        _make_folder(settings.data_dir)
        cursor_key(settings)  # made here once, and not by several workers at the same time
        _say_how_to_sign_in(f"http://{_written(listening)}", *asyncio.run(_prepared(settings)))
        if settings.workers > 1:
            Workers(config, sockets=[listening]).run()
        else:
            uvicorn.Server(config).run(sockets=[listening])


def _say_how_to_sign_in(address: str, token: str | None, code: str) -> None:
    says.print(f"\nWorkgraph serves [bold]{address}/graphql[/bold]", soft_wrap=True)
    signed_in = f"[bold]{address}/sign-in?code={code}[/bold]"
    says.print(f"Open GraphiQL, signed in (good once, for an hour): {signed_in}", soft_wrap=True)
    if token:
        says.print(f"Other callers send:  Authorization: Bearer {token}", soft_wrap=True)
        says.print("This token is shown only now; `workgraph token create` makes another.\n", soft_wrap=True)
    else:
        said = "Other callers send `Authorization: Bearer TOKEN`; `workgraph token create` makes one.\n"
        says.print(said, soft_wrap=True)


def _listening(config: uvicorn.Config) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((config.host, config.port))
    except OSError as error:
        listening.close()
        raise CommandError(
            f"cannot listen on {config.host}:{config.port}: {error.strerror}; choose another with --host or --port",
            REFUSED,
        ) from error
    listening.set_inheritable(True)
    return listening


def _written(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _prepared(settings: Settings) -> tuple[str | None, str]:
    """A database that is ready to be served: the token of the first start, and a code to sign in with."""
    async with _opened(settings) as database:
        organization_id = await ensure_organization(database, settings.organization)
        is_first = not await has_accounts(database)
        me = json.loads((EXAMPLES / "account.json").read_text())
        is_example = settings.import_examples and settings.organization == me["organization"]
        if is_example and await _is_empty(database):
            await _import_examples(database, organization_id)
        email, known_as = (me["email"], me["identities"]) if is_example else (LOCAL_ACCOUNT, {})
        token = None
        if is_first:
            token = await created_token(database, organization_id, email, OWN_SCOPES, known_as=known_as)
        code = await created_token(database, organization_id, email, OWN_SCOPES, kind=SIGN_IN, known_as=known_as)
        return token, code


async def _is_empty(database: Database) -> bool:
    rows = await database.rows(select(func.count()).select_from(documents))
    return not rows[0][0]


async def _import_examples(database: Database, organization_id: str) -> None:
    says.print("The database is empty: importing the example documents ...")
    summary = Summary()
    async for entry in imported(database, organization_id, files_in([EXAMPLES]), summary):
        if entry.outcome == "refused":
            _show(entry)
    for table in json.loads((EXAMPLES / "tables.json").read_text()):
        await imported_table(
            database,
            organization_id,
            EXAMPLES / table["file"],
            workspace=table["workspace"],
            name=table["name"],
            key=table["key"],
        )


@app.command(
    "import",
    epilog="**Examples**: `workgraph import recordings/`; `workgraph import session.har.gz fleet.jsonl --org Acme "
    "--report report.jsonl`",
)
def import_files(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            exists=True,
            readable=True,
            help="HAR files, files with one exchange per line, gzip of either, and folders of them.",
        ),
    ],
    org: Organization = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write one JSON line per exchange, and a summary, to FILE.")
    ] = None,
) -> None:
    """Take recorded exchanges in.

    Importing twice changes nothing, and order does not matter. A bad exchange is reported with file, line and JSON
    pointer and leaves no trace; the others go in, and the exit code is 1.
    """
    _run(_import(settings_from_environment(), paths, org, report))


async def _import(settings: Settings, paths: list[Path], org: str | None, report: Path | None) -> int:
    files, summary, shown = files_in(paths), Summary(), 0
    _check_report(report, files)
    if not files:
        raise CommandError(f"nothing to import in {', '.join(map(str, paths))}: no .har, .jsonl or .ndjson file")
    with _report_to(report) as write, _progress(files) as told:
        async with _opened(settings) as database:
            organization_id = await ensure_organization(database, org or settings.organization)
            async for entry in imported(database, organization_id, files, summary, told):
                write(_as_json(entry))
                if entry.outcome == "refused":
                    shown += 1
                    if shown <= SHOWN_PROBLEMS:
                        _show(entry)
            await refresh_statistics(database)
        write(
            {
                "summary": {
                    "outcomes": summary.outcomes,
                    "unknownWords": summary.unknown_words,
                    "unknownFields": summary.unknown_fields,
                }
            }
        )
    if shown > SHOWN_PROBLEMS:
        says.print(f"... and {shown - SHOWN_PROBLEMS} more; --report FILE lists all")
    _summarize(summary)
    return REFUSED if summary.outcomes["refused"] else 0


def _check_report(report: Path | None, files: list[Path]) -> None:
    if report is not None and report.resolve() in {path.resolve() for path in files}:
        raise CommandError(f"the report would replace {report}, which is to be imported; name another file")


def _as_json(entry: Entry) -> dict[str, Any]:
    return {
        "file": entry.place.file,
        "line": entry.place.line,
        "pointer": entry.place.pointer,
        "outcome": entry.outcome,
        "call": entry.call,
        "records": entry.records,
        "problems": [asdict(problem) for problem in entry.problems],
    }


@contextmanager
def _report_to(path: Path | None) -> Iterator[Callable[[dict[str, Any]], None]]:
    try:
        opened: Any = path.open("w", encoding="utf-8") if path else nullcontext()
    except OSError as error:
        raise CommandError(f"cannot write the report {path}: {error.strerror}") from error
    with opened as file:
        yield lambda line: _write_line(file, line)


def _write_line(file: IO[str] | None, line: dict[str, Any]) -> None:
    if file is not None:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


@contextmanager
def _progress(files: list[Path]) -> Iterator[Callable[[Path, int], None]]:
    """A bar on a terminal; nothing elsewhere."""
    if not says.is_terminal:
        yield lambda _path, _bytes: None
        return
    sizes = {path: path.stat().st_size for path in files}
    before = {path: sum(sizes[one] for one in files[:number]) for number, path in enumerate(files)}
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=says, transient=True) as progress:
        task = progress.add_task("importing", total=sum(sizes.values()))
        yield lambda path, read: progress.update(
            task, completed=before[path] + min(read, sizes[path]), description=path.name
        )


def _show(entry: Entry) -> None:
    where = entry.place.file + (f":{entry.place.line}" if entry.place.line else "")
    for problem in entry.problems:
        says.print(f"{where}: {problem.pointer or '/'}: {problem.message}", markup=False, soft_wrap=True)


def _summarize(summary: Summary) -> None:
    words = ("kept", "changed", "unchanged", "skipped", "refused")
    says.print(", ".join(f"{summary.outcomes[word]} {word}" for word in words))
    for title, counts in (("unknown words", summary.unknown_words), ("unknown fields", summary.unknown_fields)):
        if counts:
            told = ", ".join(f"{name} ({count})" for name, count in counts.most_common(SHOWN_PROBLEMS))
            says.print(f"{title}, kept: {told}", markup=False, soft_wrap=True)


@app.command(
    "import-table",
    epilog="**Example**: `workgraph import-table orders.csv --workspace e8390832-6b6d-4bd3-b4a5-0449c2ea3581 "
    "--key order_id`",
)
def import_table(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="CSV or JSON lines.")],
    workspace: Annotated[str, typer.Option(metavar="ID", help="The VAI workspace, by VAI's id or the graph's.")],
    name: Annotated[str | None, typer.Option(help="Name of the table; the file's by default.")] = None,
    key: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="A column that identifies a row; may be repeated.")
    ] = None,
    org: Organization = None,
) -> None:
    """Load a file into a SQL table with typed columns, for a VAI workspace.

    Rows that do not fit are reported by line and left out; the exit code is then 1.
    """
    _run(_import_table(settings_from_environment(), file, workspace, name, key or [], org))


async def _import_table(
    settings: Settings, file: Path, workspace: str, name: str | None, key: list[str], org: str | None
) -> int:
    async with _opened(settings) as database:
        organization_id = await ensure_organization(database, org or settings.organization)
        try:
            report = await imported_table(database, organization_id, file, workspace=workspace, name=name, key=key)
        except TableError as error:
            raise CommandError(str(error), REFUSED) from error
    return _told_table(file, report)


def _told_table(file: Path, report: TableReport) -> int:
    for problem in report.problems[:SHOWN_PROBLEMS]:
        column = f" {problem.column}:" if problem.column else ""
        says.print(f"{file}:{problem.line}:{column} {problem.message}", markup=False, soft_wrap=True)
    columns = ", ".join(f"{column.name} {column.type}" for column in report.columns)
    says.print(f"table {report.name}: {report.row_count} rows kept, {report.problem_count} left out", markup=False)
    says.print(f"columns: {columns}", markup=False, soft_wrap=True)
    return REFUSED if report.problem_count else 0


@app.command(
    epilog="**Example**: `workgraph link orgo=18bbf897-4cf4-4fcb-97cd-cd8ec33c8bb6 vai=e8390832-6b6d-4bd3-b4a5-0449c2ea3581`",  # noqa: E501
)
def link(
    workspaces: Annotated[
        list[str], typer.Argument(metavar="SYSTEM=ID...", help="Workspaces of different systems that are one.")
    ],
    org: Organization = None,
) -> None:
    """Make one workspace of workspaces of different systems."""
    members = [_member(one) for one in workspaces]
    if len(members) < 2:
        raise CommandError("name at least two workspaces, such as `workgraph link orgo=ID vai=ID`")
    _run(_link(settings_from_environment(), members, org))


def _member(written: str, what: str = "a workspace") -> tuple[str, str]:
    system, _, external_id = written.partition("=")
    if not external_id:
        raise CommandError(f"{what} is given as SYSTEM=ID, such as orgo=550e8400-...; got {written!r}")
    try:
        return system_named(system), external_id
    except ValueError as error:
        raise CommandError(f"the system of {written!r} {error}") from error


async def _link(settings: Settings, members: list[tuple[str, str]], org: str | None) -> int:
    async with _opened(settings) as database:
        organization_id = await ensure_organization(database, org or settings.organization)
        (verdict,) = await linked(database, organization_id, [members])
    if isinstance(verdict, JoinError):
        raise CommandError(str(verdict), REFUSED)
    says.print("joined" if verdict else "they are one already")
    return 0


@database_commands.command("upgrade", epilog="**Example**: `workgraph db upgrade`")
def db_upgrade() -> None:
    """Bring the database to the newest version."""

    async def work() -> None:
        settings = settings_from_environment()
        async with _opened(settings) as database:
            says.print(f"at the newest version: {database.url.render_as_string(hide_password=True)}", soft_wrap=True)

    _run(work())


@app.command(epilog="**Example**: `workgraph schema > schema.graphql`")
def schema() -> None:
    """Print the graph's schema (SDL) on standard output."""
    typer.echo(build_schema().as_str())


@app.command("sign-in", epilog="**Example**: `workgraph sign-in --user maya@northwind.example`")
def sign_in(
    org: Organization = None,
    user: Annotated[str | None, typer.Option(metavar="EMAIL", help="The account; made if there is none.")] = None,
    port: Annotated[int | None, typer.Option(help="The port that is served, if it is not the setting's.")] = None,
    scope: Scopes = None,
) -> None:
    """Print an address that signs a browser in; good once, for an hour."""
    scopes = checked_scopes(scope, OWN_SCOPES, CommandError)

    async def work(settings: Settings, database: Database, organization_id: str) -> None:
        email = user or _default_account(settings)
        code = await created_token(database, organization_id, email, scopes, kind=SIGN_IN)
        typer.echo(f"http://{settings.host}:{port or settings.port}/sign-in?code={code}")

    _run(_with_organization(org, work))


def _default_account(settings: Settings) -> str:
    """Whose token it is where nobody is named: who the first start made an account for."""
    me = json.loads((EXAMPLES / "account.json").read_text())
    is_example = settings.import_examples and settings.organization == me["organization"]
    return str(me["email"]) if is_example else LOCAL_ACCOUNT


async def _with_organization(org: str | None, work: Callable[[Settings, Database, str], Awaitable[None]]) -> int:
    settings = settings_from_environment()
    async with _opened(settings) as database:
        await work(settings, database, await ensure_organization(database, org or settings.organization))
    return 0


command = Command(lambda org, work: _run(_with_organization(org, work)), CommandError)
app.add_typer(table_commands(command), name="table")
app.add_typer(token_commands(command, _default_account, _member), name="token")


def main() -> None:
    """What the console script and `python gateway.py` run."""
    try:
        app()
    except (CommandError, SettingsError) as error:
        says.print(f"workgraph: {error}", markup=False, soft_wrap=True)
        sys.exit(error.code if isinstance(error, CommandError) else WRONG)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
