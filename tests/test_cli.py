"""The command line: what each command answers, prints and leaves behind, and what serving does."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

import cli
from db.database import Database
from resolvers.accounts import BEARER, SIGN_IN, Viewers, redeemed
from settings import Settings
from tests.conftest import NO_POSTGRES, ORGANIZATION_ID, POSTGRES, exchange

ROOT = Path(__file__).parent.parent


@dataclass
class Ran:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `workgraph ...` in this process, over a data directory of the test's own."""
    for name in [name for name in os.environ if name.startswith("WORKGRAPH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("WORKGRAPH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")

    def ran(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["workgraph", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        written = capsys.readouterr()
        assert "Traceback" not in written.err
        return Ran(int(ended.value.code or 0), written.out, written.err)

    return ran


def _asked(tmp_path: Path, question: Callable[[Database], Any]) -> Any:
    """What a coroutine function answers about the database of the test."""

    async def ask() -> Any:
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'data' / 'workgraph.db'}")
        try:
            return await question(database)
        finally:
            await database.close()

    return asyncio.run(ask())


# -------------------------------------------------------------------------------------------------------- settings

UNKNOWN = "no such setting; there are " + ", ".join(
    sorted(f"WORKGRAPH_{name.upper()}" for name in Settings.model_fields)
)
DRIVERS = "WORKGRAPH_DATABASE_URL: must begin with sqlite+aiosqlite:// or postgresql+asyncpg://"
IN_MEMORY = "WORKGRAPH_DATABASE_URL: must name a file, such as sqlite+aiosqlite:///FILE; a database in memory is none that lasts"
WRONG_SETTINGS: dict[str, tuple[dict[str, str], str]] = {
    "unknown": ({"NOTHING": "1"}, f"WORKGRAPH_NOTHING: {UNKNOWN}"),
    "another driver": ({"DATABASE_URL": "mysql://me:a-password@host/name"}, DRIVERS),
    "no URL": ({"DATABASE_URL": "a-password"}, DRIVERS),
    "a port that is none": ({"DATABASE_URL": "postgresql+asyncpg://me:a-password@host:x/name"}, DRIVERS),
    "in memory": ({"DATABASE_URL": "sqlite+aiosqlite://"}, IN_MEMORY),
    "in memory by name": ({"DATABASE_URL": "sqlite+aiosqlite:///:memory:"}, IN_MEMORY),
    "default above ceiling": (
        {"PAGE_DEFAULT": "11", "PAGE_CEILING": "10", "DATABASE_URL": "postgresql+asyncpg://me:a-password@host/name"},
        "settings: WORKGRAPH_PAGE_DEFAULT (11) must not be greater than WORKGRAPH_PAGE_CEILING (10)",
    ),
    "no number": ({"PORT": "x"}, "WORKGRAPH_PORT: Input should be a valid integer, unable to parse string as an integer, got 'x'"),
    "a number too large": ({"PORT": "65536"}, "WORKGRAPH_PORT: Input should be less than or equal to 65535, got '65536'"),
    "no workers": ({"WORKERS": "0"}, "WORKGRAPH_WORKERS: Input should be greater than or equal to 1, got '0'"),
    "no JSON": ({"STALE_AFTER_SECONDS": "1h"}, 'WORKGRAPH_STALE_AFTER_SECONDS: must be JSON such as {"orgo": 3600}'),
    "an unknown system": (
        {"STALE_AFTER_SECONDS": '{"x": 1}'},
        "WORKGRAPH_STALE_AFTER_SECONDS: must give aitasker, orgo, vai, evershell a number of seconds of at least 1 and at most a century; "
        "wrong: x, got {'x': 1}",
    ),
    "keys without an issuer": (
        {"JWKS": "https://login.example/keys", "JWT_ISSUER": "https://login.example"},
        "settings: WORKGRAPH_JWKS needs WORKGRAPH_JWT_ISSUER and WORKGRAPH_JWT_AUDIENCE as well",
    ),
    "keys over a plain line": ({"JWKS": "http://login.example/keys"}, "WORKGRAPH_JWKS: must begin with https://; http:// is for this machine alone"),
    "keys with a password": ({"JWKS": "https://me:a-password@login.example/keys"}, "WORKGRAPH_JWKS: must name a host, and nobody's password"),
    "keys in no file": ({"JWKS": "/none/a-password"}, "WORKGRAPH_JWKS: must be the path of a JWKS with public keys, or an address that begins with https://"),
    "an algorithm for everybody": (
        {"JWT_ALGORITHMS": "RS256,HS256"},
        "WORKGRAPH_JWT_ALGORITHMS: must be some of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519, "
        "got 'RS256,HS256'",
    ),
    "no algorithm": ({"JWT_ALGORITHMS": "none"}, "WORKGRAPH_JWT_ALGORITHMS: must be some of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519, got 'none'"),
    "too much leeway": ({"JWT_LEEWAY_SECONDS": "61"}, "WORKGRAPH_JWT_LEEWAY_SECONDS: Input should be less than or equal to 60, got '61'"),
    "two at once": (
        {"NOTHING": "1", "LOG_LEVEL": "loud"},
        f"WORKGRAPH_NOTHING: {UNKNOWN}\nworkgraph: WORKGRAPH_LOG_LEVEL: String should match pattern "
        "'^(debug|info|warning|error)$', got 'loud'",
    ),
}  # fmt: skip


def test_wrong_settings_are_one_clear_message_that_tells_no_password(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answered = {}
    for name, (variables, _message) in WRONG_SETTINGS.items():
        with monkeypatch.context() as patched:
            for variable, value in variables.items():
                patched.setenv(f"WORKGRAPH_{variable}", value)
            answered[name] = run("db", "upgrade")
            assert run("serve").code == 2
    expected = {name: Ran(2, "", f"workgraph: {message}\n") for name, (_, message) in WRONG_SETTINGS.items()}
    expected["two at once"].err = expected["two at once"].err.replace("\nworkgraph: ", "\n")
    assert answered == expected
    assert "a-password" not in str(answered)
    assert not (tmp_path / "data").exists()


def test_a_database_out_of_reach_is_one_line_without_its_password(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no database, no folder")
    urls = {
        "postgresql+asyncpg://me:a-password@127.0.0.1:1/name": "postgresql+asyncpg://me:***@127.0.0.1:1/name: ",
    }
    if not NO_POSTGRES:
        at = POSTGRES.partition("://")[2].rpartition("/")[0].rpartition("@")[2]
        urls[f"postgresql+asyncpg://postgres:a-password@{at}/none_such"] = (
            f"postgresql+asyncpg://postgres:***@{at}/none_such: "
        )
    for url, message in urls.items():
        monkeypatch.setenv("WORKGRAPH_DATABASE_URL", url)
        for command in (("db", "upgrade"), ("token", "create")):
            ran = run(*command)
            assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
            assert ran.err.startswith(f"workgraph: cannot use the database {message}")
            assert "a-password" not in ran.err
    monkeypatch.setenv("WORKGRAPH_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/file")
    # In a process of its own: of a connection that fails in the making, aiosqlite keeps a thread, and warns of it.
    told = subprocess.run(  # noqa: S603
        [sys.executable, str(ROOT / "cli.py"), "db", "upgrade"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    message = f"workgraph: cannot use the database sqlite+aiosqlite:///{tmp_path}/file: file is not a database\n"
    assert (told.returncode, told.stdout, told.stderr) == (1, "", message)
    monkeypatch.delenv("WORKGRAPH_DATABASE_URL")
    monkeypatch.setenv("WORKGRAPH_DATA_DIR", str(tmp_path / "file"))
    for words in (("db", "upgrade"), ("serve", "--port", "0")):
        assert run(*words) == Ran(1, "", f"workgraph: cannot make the folder {tmp_path}/file: File exists\n")


# -------------------------------------------------------------------------------------------------------- commands


def test_help_is_there_for_every_command(run: Run) -> None:
    commands = (
        (),
        ("serve",),
        ("import",),
        ("import-table",),
        ("link",),
        ("schema",),
        ("db",),
        ("db", "upgrade"),
        ("token",),
        ("token", "create"),
        ("sign-in",),
    )
    for command in commands:
        ran = run(*command, "--help")
        assert (ran.code, ran.err) == (0, "")
        assert re.search(" ".join(("Usage: .*", *command, r"\[OPTIONS\]")), ran.out)
    assert all(
        f" {name} " in run("--help").out
        for name in ("serve", "import", "import-table", "link", "schema", "db", "token")
    )
    for wrong in (
        ("nothing",),
        ("serve", "--port", "x"),
        ("serve", "--port", "65536"),
        ("import",),
        ("link",),
        ("token", "create", "--nothing"),
    ):
        ran = run(*wrong)
        assert (ran.code, ran.out, "Usage: " in ran.err) == (2, "", True)


def test_schema_prints_the_schema_alone(run: Run) -> None:
    assert run("schema") == Ran(0, (ROOT / "docs" / "schema.graphql").read_text(), "")


def test_db_upgrade_may_run_again(run: Run, tmp_path: Path) -> None:
    told = Ran(0, "", f"at the newest version: sqlite+aiosqlite:///{tmp_path}/data/workgraph.db\n")
    assert (run("db", "upgrade"), run("db", "upgrade")) == (told, told)


def test_token_create_prints_the_token_alone_and_it_is_good(run: Run, tmp_path: Path) -> None:
    first = run(
        "token",
        "create",
        "--user",
        "n@x",
        "--scope",
        "workspace:read",
        "--scope",
        "billing:read",
        "--identity",
        "vai=me",
    )
    second = run("token", "create", "--org", "Elsewhere")
    for ran in (first, second):
        assert (ran.code, ran.err) == (0, "")
        assert re.fullmatch(r"wg_[\w-]{43}\n", ran.out)

    viewer = _asked(tmp_path, lambda database: Viewers(database, 0).of(first.out.strip(), (BEARER,)))
    assert (viewer.organization_id, viewer.email, viewer.scopes) == (
        ORGANIZATION_ID,
        "n@x",
        {"workspace:read", "billing:read"},
    )
    viewer = _asked(tmp_path, lambda database: Viewers(database, 0).of(second.out.strip(), (BEARER,)))
    assert (viewer.organization_id == ORGANIZATION_ID, viewer.scopes) == (False, {"workspace:read"})
    stored = b"".join(file.read_bytes() for file in (tmp_path / "data").iterdir())
    assert first.out.strip().encode() not in stored
    assert "no such scope: all; there are workspace:read," in run("token", "create", "--scope", "all").err
    assert run("token", "create", "--scope", "all").code == 2
    for wrong in ("me", "vai=", "nothing=me", "=me"):
        assert (run("token", "create", "--identity", wrong).code, run("token", "create", "--identity", wrong).out) == (
            2,
            "",
        )


def test_sign_in_prints_an_address_that_is_good_once(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKGRAPH_PORT", "9000")
    ran = run("sign-in", "--user", "n@x")
    address = re.fullmatch(r"http://127\.0\.0\.1:9000/sign-in\?code=(wg_[\w-]{43})\n", ran.out)
    assert address
    assert (ran.code, ran.err) == (0, "")
    assert _asked(tmp_path, lambda database: Viewers(database, 0).of(address[1], (SIGN_IN,))).email == "n@x"
    assert _asked(tmp_path, lambda database: redeemed(database, address[1]))
    assert _asked(tmp_path, lambda database: redeemed(database, address[1])) is None


def test_import_reports_each_exchange_and_ends_with_1_where_one_was_refused(run: Run, tmp_path: Path) -> None:
    good = exchange(
        "orgo", "GET /workspaces/o", {"id": "o", "name": "Folder", "computers": [{"id": "c", "name": "c", "news": 1}]}
    )
    bad = exchange("orgo", "GET /workspaces/p", {"id": "p", "computers": [{"id": 5, "ram": "much"}]})
    file, report = tmp_path / "a.jsonl", tmp_path / "report.jsonl"
    file.write_text("\n".join(map(json.dumps, (good, bad))))

    ran = run("import", file, "--report", report)

    assert (ran.code, ran.out) == (1, "")
    assert f"{file.name}:2: /body/computers/0/" in ran.err
    assert "1 kept, 0 changed, 0 unchanged, 0 skipped, 1 refused" in ran.err
    *entries, summary = map(json.loads, report.read_text().splitlines())
    kept, refused = sorted(entries, key=lambda entry: int(entry["line"]))
    assert {name: kept[name] for name in ("line", "outcome", "call", "problems")} == {
        "line": 1, "outcome": "kept", "call": "GET /workspaces/o", "problems": [],
    }  # fmt: skip
    assert (refused["line"], refused["outcome"], refused["records"]) == (2, "refused", [])
    assert refused["problems"][0].keys() == {"pointer", "message"}
    assert summary["summary"]["outcomes"] == {"kept": 1, "refused": 1}
    assert list(summary["summary"]["unknownFields"].values()) == [1]

    file.write_text(json.dumps(good))
    ran = run("import", file)
    assert (ran.code, ran.out, "1 unchanged" in ran.err) == (0, "", True)
    assert (run("import", file, "--org", "Elsewhere").code, run("import", tmp_path / "none").code) == (0, 2)
    (tmp_path / "empty").mkdir()
    nothing = run("import", tmp_path / "empty")
    assert nothing == Ran(2, "", f"workgraph: nothing to import in {tmp_path}/empty: no .har, .jsonl or .ndjson file\n")
    unwritable = run("import", file, "--report", tmp_path / "none" / "report.jsonl")
    assert unwritable == Ran(
        2, "", f"workgraph: cannot write the report {tmp_path}/none/report.jsonl: No such file or directory\n"
    )


def test_import_table_and_link_say_what_they_did(run: Run, tmp_path: Path) -> None:
    file, table = tmp_path / "a.jsonl", tmp_path / "orders.csv"
    file.write_text("\n".join(map(json.dumps, (
        exchange("vai", "GET /api/v1/workspaces/v", {"workspace": {"id": "v", "title": "V"}}),
        exchange("vai", "GET /api/v1/workspaces/w", {"workspace": {"id": "w", "title": "W"}}),
        exchange("orgo", "GET /workspaces/o", {"id": "o", "name": "O"}),
    ))))  # fmt: skip
    assert run("import", file).code == 0

    table.write_text("id,amount\n1,2.50\n2,3.25\n")
    loaded = run("import-table", table, "--workspace", "v", "--key", "id")
    assert (loaded.code, loaded.out) == (0, "")
    assert "table orders: 2 rows kept, 0 left out" in loaded.err
    table.write_text("id,amount\n1,2.50\n1,3.25\n")
    repeated = run("import-table", table, "--workspace", "v", "--key", "id", "--name", "again")
    assert (repeated.code, "table again: 1 rows kept, 1 left out" in repeated.err, ":3:" in repeated.err) == (
        1,
        True,
        True,
    )
    assert (
        run("import-table", table, "--workspace", "x").err
        == "workgraph: no VAI workspace 'x'; import its documents first\n"
    )
    assert (
        run("import-table", table, "--workspace", "x").code,
        run("import-table", tmp_path, "--workspace", "v").code,
    ) == (1, 2)
    assert run("import-table", table).code == 2

    assert (run("link", "vai=v", "orgo=o"), run("link", "orgo=o", "vai=v")) == (
        Ran(0, "", "joined\n"), Ran(0, "", "they are one already\n"),
    )  # fmt: skip
    refused = run("link", "vai=w", "orgo=o")
    assert (refused.code, refused.out, refused.err.startswith("workgraph: ")) == (1, "", True)
    for wrong in (("vai=v",), ("vai=v", "nothing=o"), ("vai=v", "orgo"), ("vai=v", "orgo=")):
        ran = run("link", *wrong)
        assert (ran.code, ran.out, ran.err.startswith("workgraph: "), ran.err.count("\n")) == (2, "", True, 1)


# --------------------------------------------------------------------------------------------------------- serving


@contextmanager
def serving(tmp_path: Path, *arguments: str, **variables: str) -> Iterator[list[str]]:
    """`workgraph serve` in a process of its own; the lines it wrote until it was ready to answer."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WORKGRAPH_")}
    environment |= {"WORKGRAPH_DATA_DIR": str(tmp_path / "data"), "COLUMNS": "20"}
    environment |= {f"WORKGRAPH_{name}": value for name, value in variables.items()}
    command = [sys.executable, str(ROOT / "cli.py"), "serve", *arguments]
    log = tmp_path / f"log-{time.monotonic_ns()}"
    with log.open("w") as file, subprocess.Popen(command, env=environment, stderr=file, stdout=file) as process:  # noqa: S603
        try:
            _wait_for_start(log, process)
            yield log.read_text().splitlines()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)
    assert process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in log.read_text()


def _wait_for_start(log: Path, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while "Application startup complete" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.05)


def address_of(lines: list[str]) -> str:
    """Where it serves."""
    (line,) = [line for line in lines if line.startswith("Workgraph serves ")]
    found = re.fullmatch(r"Workgraph serves (http://127\.0\.0\.1:\d+)/graphql", line)
    assert found
    return found[1]


def code_of(lines: list[str]) -> str:
    """The address to sign in at."""
    (line,) = [line for line in lines if "/sign-in?code=" in line]
    return line.rpartition(" ")[2]


def test_serve_imports_the_examples_on_the_first_start_alone_and_answers(tmp_path: Path) -> None:
    query = {"query": "{ workspaces { totalCount } viewer { email users { system } organization { name } } }"}
    with serving(tmp_path, "--port", "0") as lines:
        assert "The database is empty: importing the example documents ..." in " ".join(" ".join(lines).split())
        (token,) = re.findall(r"Authorization: Bearer (wg_[\w-]{43})$", "\n".join(lines), re.MULTILINE)
        sent: dict[str, Any] = {"headers": {"Authorization": f"Bearer {token}"}, "timeout": 30}
        first = httpx.post(f"{address_of(lines)}/graphql", json=query, **sent).json()
        people = sorted(user["system"] for user in first["data"]["viewer"].pop("users"))
        assert first == {
            "data": {
                "workspaces": {"totalCount": 12},
                "viewer": {"email": "maya@northwind.example", "organization": {"name": "Northwind"}},
            }
        }
        assert set(people) == {"AITASKER", "EVERSHELL", "ORGO", "VAI"}
        with httpx.Client() as browser:
            assert (
                browser.get(code_of(lines), follow_redirects=True, headers={"Accept": "text/html"}).status_code == 200
            )
            asked = browser.post(f"{address_of(lines)}/graphql", json=query, headers={"Origin": address_of(lines)})
            assert asked.status_code == 200
        assert httpx.get(code_of(lines)).status_code == 401
        assert httpx.get(f"{address_of(lines)}/readyz").status_code == 200

        taken = address_of(lines).rpartition(":")[2]
        refused = subprocess.run(  # noqa: S603
            [sys.executable, str(ROOT / "cli.py"), "serve", "--port", taken],
            env={**os.environ, "WORKGRAPH_DATA_DIR": str(tmp_path / "data")}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        message = f"workgraph: cannot listen on 127.0.0.1:{taken}: Address already in use; choose another with --host or --port\n"
        assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", message)

    with serving(tmp_path, PORT="0") as lines:
        text = "\n".join(lines)
        assert "importing" not in text
        assert not re.search(r"Bearer wg_", text)
        assert "Other callers send `Authorization: Bearer TOKEN`; `workgraph token create` makes one." in text
        again = httpx.post(f"{address_of(lines)}/graphql", json=query, **sent).json()
        assert again["data"]["workspaces"] == {"totalCount": 12}


def test_serve_by_several_processes_without_examples(tmp_path: Path) -> None:
    with serving(tmp_path, "--port", "0", "--workers", "2", IMPORT_EXAMPLES="false") as lines:
        assert "importing" not in "\n".join(lines)
        (token,) = re.findall(r"Authorization: Bearer (wg_[\w-]{43})$", "\n".join(lines), re.MULTILINE)
        headers = {"Authorization": f"Bearer {token}"}
        query = {"query": "{ workspaces { totalCount } viewer { email } }"}
        answers = [
            httpx.post(f"{address_of(lines)}/graphql", json=query, headers=headers, timeout=30).json() for _ in range(8)
        ]
    assert answers == [{"data": {"workspaces": {"totalCount": 0}, "viewer": {"email": "you@localhost"}}}] * 8
    assert [file.name for file in (tmp_path / "data").glob("cursor.key*")] == ["cursor.key"]


def test_serve_says_when_its_address_is_none_of_ours(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = run("serve", "--host", "192.0.2.1", "--port", "0")
    assert (ran.code, ran.err.splitlines()[-1]) == (
        1, "workgraph: cannot listen on 192.0.2.1:0: Cannot assign requested address; choose another with --host or --port",
    )  # fmt: skip


def test_python_gateway_py_is_the_same_command(tmp_path: Path) -> None:
    ran = subprocess.run(  # noqa: S603
        [sys.executable, str(ROOT / "gateway.py"), "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "One GraphQL graph of AITasker, Orgo, VAI and Evershell" in ran.stdout
