"""Tokens: their names, their end, their last use, how they are listed and revoked; and that nothing tells them."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from db.access import READ
from db.database import Database
from db.users import tokens
from errors import UnavailableError
from resolvers import last_uses
from resolvers.accounts import BEARER, BROWSER, SIGN_IN, NameTakenError, Viewers, created_token, redeemed
from resolvers.last_uses import LastUses
from resolvers.tokens import revoked, tokens_called, tokens_of_organization
from tests.conftest import ORGANIZATION_ID
from tests.test_cli import Run, run  # noqa: F401  (a fixture)

SOON = timedelta(hours=1)


async def made(database: Database, email: str = "n@x", **more: Any) -> str:
    return await created_token(database, ORGANIZATION_ID, email, [READ], **more)


async def expire(database: Database, name: str) -> None:
    ended = update(tokens).where(tokens.c.name == name).values(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    async with database.writing() as connection:
        await connection.execute(ended)


async def test_a_token_is_listed_by_what_it_is_called_and_never_by_itself(database: Database) -> None:
    end = datetime.now(UTC) + SOON
    token = await made(database, name="dashboard", expires_at=end)
    unnamed, code = await made(database, "a@x"), await made(database, kind=SIGN_IN)
    browser = await redeemed(database, code)

    rows = await tokens_of_organization(database, ORGANIZATION_ID)

    assert [(row.email, row.kind, row.scopes) for row in rows] == [
        ("a@x", BEARER, [READ]), ("n@x", BEARER, [READ]), ("n@x", BROWSER, [READ]),
    ]  # fmt: skip
    assert [row.name for row in rows] == [f"token {rows[0].id}", "dashboard", None]
    assert (rows[1].expires_at, rows[1].last_used_at, rows[0].expires_at) == (end, None, None)
    assert all(re.fullmatch("[0-9a-f]{12}", row.id) for row in rows)
    told = str([tuple(row) for row in await database.rows(select(*tokens.c))])
    assert [secret for secret in (token, unnamed, code, browser) if str(secret) in told] == []
    assert [secret[3:15] for secret in (token, unnamed) if secret[3:15] in told] == []
    assert await tokens_of_organization(database, "another organisation") == []


async def test_a_name_is_the_accounts_own_and_free_again_once_the_token_has_ended(database: Database) -> None:
    first = await made(database, name="ci")
    with pytest.raises(NameTakenError, match="n@x has a token named 'ci' already"):
        await made(database, name="ci")
    await made(database, "other@x", name="ci")
    assert len(await tokens_called(database, ORGANIZATION_ID, "ci")) == 2
    (mine,) = await tokens_called(database, ORGANIZATION_ID, "ci", "n@x")
    await expire(database, "ci")
    again = await made(database, name="ci")
    (renewed,) = await tokens_called(database, ORGANIZATION_ID, "ci", "n@x")
    assert renewed.id != mine.id
    assert await Viewers(database, 0).of(first, (BEARER,)) is None
    assert await Viewers(database, 0).of(again, (BEARER,)) is not None


async def test_of_many_made_under_one_name_at_the_same_time_one_is_there(database: Database) -> None:
    many = (made(database, name="ci") for _ in range(4))
    answers = await asyncio.gather(*many, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == [*["NameTakenError"] * 3, "str"]
    assert len(await tokens_called(database, ORGANIZATION_ID, "ci")) == 1


async def test_a_token_ends_when_it_says_and_at_once_when_it_is_revoked(database: Database) -> None:
    lasting, ending = await made(database), await made(database, name="ending", expires_at=datetime.now(UTC) + SOON)
    viewers = Viewers(database, 0)
    assert all([await viewers.of(token, (BEARER,)) for token in (lasting, ending)])
    await expire(database, "ending")
    assert await viewers.of(ending, (BEARER,)) is None
    (row,) = [row for row in await tokens_of_organization(database, ORGANIZATION_ID) if row.name != "ending"]
    assert await revoked(database, "another organisation", [row.id]) == 0
    assert await viewers.of(lasting, (BEARER,)) is not None
    assert await revoked(database, ORGANIZATION_ID, [row.id]) == 1
    assert await viewers.of(lasting, (BEARER,)) is None


async def test_uses_are_written_later_and_never_while_somebody_waits(
    database: Database, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(last_uses, "FIRST_SECONDS", 0.05)
    token, viewers = await made(database), Viewers(database, 60)
    statements.clear()
    for _ in range(50):
        assert await viewers.of(token, (BEARER,))
    assert len(statements) == 2  # both of them look the token up
    await asyncio.sleep(0.5)

    assert [text.partition(" ")[0] for text in statements[2:]] == ["BEGIN", "UPDATE", "COMMIT"]
    (row,) = await tokens_of_organization(database, ORGANIZATION_ID)
    first = row.last_used_at
    assert datetime.now(UTC) - first < timedelta(seconds=10)

    statements.clear()
    assert await viewers.of(token, (BEARER,))
    await asyncio.sleep(0.2)
    assert statements == []  # not again within the minute
    await viewers.close()
    (row,) = await tokens_of_organization(database, ORGANIZATION_ID)
    assert row.last_used_at > first


async def test_a_use_that_the_database_does_not_take_disturbs_nobody(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_self: Database) -> Any:
        raise UnavailableError("gone")

    uses = LastUses(database)
    uses.note("d")
    monkeypatch.setattr(Database, "writing", gone)
    await uses.close()


# ------------------------------------------------------------------------------------------------ on the command line


def test_tokens_are_made_listed_and_revoked_on_the_command_line(run: Run) -> None:  # noqa: F811
    token = run("token", "create", "--user", "n@x", "--name", "dash board", "--expires-in", "90d").out.strip()
    run("token", "create", "--user", "m@x", "--scope", "workspace:write:own", "--scope", "workspace:read:own")

    listed = run("token", "list")
    assert (listed.code, listed.err, token in listed.out) == (0, "", False)
    mine, named = [line.split("\t") for line in listed.out.splitlines()]
    assert mine[1:5] == ["bearer", f"token {mine[0]}", "m@x", "workspace:read:own,workspace:write:own"]
    assert (mine[6:], named[1:5], named[7]) == (["-", "-"], ["bearer", "dash board", "n@x", "workspace:read"], "-")
    end = datetime.fromisoformat(named[6]) - datetime.now(UTC)
    assert timedelta(days=89) < end <= timedelta(days=90)
    assert run("token", "list", "--user", "n@x").out == "\t".join(named) + "\n"

    taken = run("token", "create", "--user", "n@x", "--name", "dash board")
    assert (taken.code, taken.out) == (1, "")
    assert taken.err == "workgraph: n@x has a token named 'dash board' already; revoke it, or take another name\n"
    run("token", "create", "--user", "m@x", "--name", "dash board")
    several = run("token", "revoke", "dash board")
    assert (several.code, "several accounts have a token named 'dash board'" in several.err) == (1, True)
    ended = run("token", "revoke", "dash board", mine[0], "--user", "m@x")
    assert (ended.code, ended.out) == (0, "")
    assert re.fullmatch(r"revoked \w+ \(dash board\) of m@x\nrevoked \w+ \(token \w+\) of m@x\n", ended.err)
    wrong = run("token", "revoke", token)  # somebody took "token" by its word
    assert (wrong.code, token in wrong.err, "no such token" in wrong.err) == (1, False, True)
    assert run("token", "revoke", named[0]).code == 0
    assert run("token", "list").out == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--expires-in", "90"), "--expires-in takes a number and m, h, d or w, such as 90d; got '90'"),
        (("--expires-in", "0d"), "a token ends in the future, and within a century"),
        (("--expires-in", "99999999w"), "a token ends in the future, and within a century"),
        (("--expires-at", "2020-01-01"), "a token ends in the future, and within a century"),
        (("--expires-at", "9999-12-31T23:59-12:00"), "--expires-at takes a date or a moment"),
        (("--expires-at", "soon"), "--expires-at takes a date or a moment"),
        (("--expires-at", "2027-01-01", "--expires-in", "1d"), "give --expires-in or --expires-at, not both"),
        (("--name", ""), "--name takes 1 to 255 printable characters"),
        (("--name", "two\nlines"), "--name takes 1 to 255 printable characters"),
        (("--scope", "workspace:all"), "no such scope: workspace:all; there are workspace:read, workspace:read:own, "),
    ],
)
def test_options_that_mean_nothing_are_refused(run: Run, options: tuple[str, ...], message: str) -> None:  # noqa: F811
    ran = run("token", "create", *options)
    assert (ran.code, ran.out, ran.err.startswith(f"workgraph: {message}")) == (2, "", True), ran.err


def test_no_secret_stands_in_the_data_directory(run: Run, tmp_path: Path) -> None:  # noqa: F811
    secrets = [run("token", "create").out.strip(), run("sign-in").out.strip().partition("code=")[2]]
    stored = b"".join(file.read_bytes() for file in (tmp_path / "data").iterdir())
    assert all(len(secret) == 46 and secret.encode() not in stored for secret in secrets)
