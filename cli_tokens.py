"""The commands `workgraph token create`, `list` and `revoke`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console

from cli_tables import Command
from db.access import READ, SCOPES
from db.database import Database
from db.types import written
from resolvers.accounts import NameTakenError, created_token
from resolvers.tokens import revoked, tokens_called, tokens_of_organization
from settings import Settings

REFUSED, WRONG = 1, 2  # exit codes
DEFAULT_SCOPES = (READ,)
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
LONGEST = timedelta(days=100 * 365)
says = Console(stderr=True, highlight=False)

Organization = Annotated[str | None, typer.Option("--org", metavar="NAME", help="The organisation.")]
Account = Annotated[str | None, typer.Option("--user", metavar="EMAIL", help="The account.")]
Scopes = Annotated[
    list[str] | None,
    typer.Option("--scope", help=f"What the token allows, of {', '.join(SCOPES)}; may be repeated."),
]
Member = Callable[[str, str], tuple[str, str]]


def token_commands(command: Command, default_account: Callable[[Settings], str], member: Member) -> typer.Typer:
    """The commands about tokens; `default_account` says whose a token is where nobody is named."""
    commands = typer.Typer(no_args_is_help=True, help="Tokens, which callers send as `Authorization: Bearer`.")
    _add_create(commands, command, default_account, member)
    _add_list(commands, command)
    _add_revoke(commands, command)
    return commands


def checked_scopes(given: list[str] | None, default: Sequence[str], error: Callable[[str, int], Exception]) -> Any:
    """The scopes that were asked for, or the default ones. Raises `error` for one that there is not."""
    unknown = [one for one in given or () if one not in SCOPES]
    if unknown:
        raise error(f"no such scope: {unknown[0]}; there are {', '.join(SCOPES)}", WRONG)
    return given or default


def _add_create(
    commands: typer.Typer, command: Command, default_account: Callable[[Settings], str], member: Member
) -> None:
    @commands.command(
        "create",
        epilog="**Examples**: `TOKEN=$(workgraph token create --user maya@northwind.example --scope workspace:read)`; "
        "`workgraph token create --name dashboard --expires-in 90d`",
    )
    def create(
        org: Organization = None,
        user: Annotated[str | None, typer.Option(metavar="EMAIL", help="The account; made if there is none.")] = None,
        scope: Scopes = None,
        identity: Annotated[
            list[str] | None,
            typer.Option(metavar="SYSTEM=ID", help="The account's user id in a system; may be repeated."),
        ] = None,
        name: Annotated[
            str | None, typer.Option(help="What it is for; the account has no other token of this name.")
        ] = None,
        expires_in: Annotated[
            str | None, typer.Option(metavar="90d", help="How long it is good: minutes (m), hours (h), days, weeks.")
        ] = None,
        expires_at: Annotated[
            str | None, typer.Option(metavar="MOMENT", help="Until when it is good, such as 2027-01-31T12:00Z.")
        ] = None,
    ) -> None:
        """Make a token and print it, alone, on standard output. Only its SHA-256 is stored: it is not shown again."""
        scopes = checked_scopes(scope, DEFAULT_SCOPES, command.error)
        end = _end(expires_in, expires_at, command)
        known_as = dict(member(one, "a user id") for one in identity or ())
        if (name is not None and not 1 <= len(name) <= 255) or not (name or "x").isprintable():
            raise command.error("--name takes 1 to 255 printable characters", WRONG)

        async def work(settings: Settings, database: Database, organization_id: str) -> None:
            account = user or default_account(settings), scopes
            more: Any = {"known_as": known_as, "name": name, "expires_at": end}
            try:
                typer.echo(await created_token(database, organization_id, *account, **more))
            except NameTakenError as error:
                raise command.error(str(error), REFUSED) from error

        command.run(org, work)


def _end(expires_in: str | None, expires_at: str | None, command: Command) -> datetime | None:
    """When a token ends, as either option says."""
    if expires_in and expires_at:
        raise command.error("give --expires-in or --expires-at, not both", WRONG)
    now = datetime.now(UTC)
    end = _after(now, expires_in, command) if expires_in else _moment(expires_at, command) if expires_at else None
    if end is not None and not now < end <= now + LONGEST:
        raise command.error("a token ends in the future, and within a century", WRONG)
    return end


def _after(now: datetime, span: str, command: Command) -> datetime:
    found = re.fullmatch(r"(\d{1,8})([mhdw])", span)
    if found is None:
        raise command.error(f"--expires-in takes a number and m, h, d or w, such as 90d; got {span!r}", WRONG)
    return now + min(timedelta(**{UNITS[found[2]]: int(found[1])}), LONGEST * 2)


def _moment(text: str, command: Command) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise command.error(
            f"--expires-at takes a date or a moment, in UTC if it names no zone, such as 2027-01-31; got {text!r}",
            WRONG,
        ) from error


def _add_list(commands: typer.Typer, command: Command) -> None:
    @commands.command("list", epilog="**Examples**: `workgraph token list`; `workgraph token list --user n@x.example`")
    def list_tokens(org: Organization = None, user: Account = None) -> None:
        """Print the tokens, one a line: id, kind, name, account, scopes, when made, when it ends, when last used.

        A token itself is not known here. `-` stands for what there is not.
        """

        async def work(_settings: Settings, database: Database, organization_id: str) -> None:
            for row in await tokens_of_organization(database, organization_id, user):
                moments = (written(one) if one else "-" for one in (row.created_at, row.expires_at, row.last_used_at))
                typer.echo("\t".join((row.id, row.kind, row.name or "-", row.email, ",".join(row.scopes), *moments)))

        command.run(org, work)


def _add_revoke(commands: typer.Typer, command: Command) -> None:
    @commands.command(
        "revoke", epilog="**Examples**: `workgraph token revoke 1f0c9a7be2d4`; `workgraph token revoke dashboard`"
    )
    def revoke(
        tokens: Annotated[
            list[str], typer.Argument(metavar="TOKEN...", help="Ids or names, as `token list` has them.")
        ],
        org: Organization = None,
        user: Account = None,
    ) -> None:
        """End tokens: requests with them are refused from now on, within WORKGRAPH_TOKEN_CACHE_SECONDS everywhere."""

        async def work(_settings: Settings, database: Database, organization_id: str) -> None:
            ended = [await _meant(database, organization_id, one, user, command) for one in tokens]
            await revoked(database, organization_id, [row.id for row in ended])
            for row in ended:
                says.print(f"revoked {row.id} ({row.name or row.kind}) of {row.email}", markup=False, soft_wrap=True)

        command.run(org, work)


async def _meant(database: Database, organization_id: str, name: str, user: str | None, command: Command) -> Any:
    found = await tokens_called(database, organization_id, name, user)
    if not found:
        raise command.error("there is no such token; `workgraph token list` has their ids and names", REFUSED)
    if len(found) > 1:
        raise command.error(f"several accounts have a token named {name!r}; give its id, or --user", REFUSED)
    return found[0]
