"""A PostgreSQL server of the test's own, which can be restarted without anybody else's noticing."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from bench.servers import free_port

FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/pgsql/bin")
SETTINGS = ("max_connections=200", "shared_buffers=256MB", "listen_addresses=127.0.0.1", "logging_collector=off")


class Cluster:
    """A server in a folder of its own, for as long as the block lasts. As root it runs as the user `postgres`."""

    def __init__(self) -> None:
        self.programs = _programs()
        self.user = "postgres" if os.getuid() == 0 else None
        self.port = free_port()
        self.url = f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="soak-postgres-"))
        if self.user:
            shutil.chown(self.folder, self.user)
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "--no-sync")
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start it; returns when it takes connections."""
        options = " ".join(
            f"-c {one}" for one in (*SETTINGS, f"port={self.port}", f"unix_socket_directories={self.folder}")
        )
        self._run("pg_ctl", "-D", self._data, "-l", str(self.folder / "log"), "-o", options, "-w", "start")

    def stop(self, mode: str) -> None:
        """Stop it: `fast` ends the sessions, `immediate` is as a crash."""
        self._run("pg_ctl", "-D", self._data, "-m", mode, "-w", "stop")

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _run(self, name: str, *words: str) -> None:
        done = subprocess.run(  # noqa: S603
            [self.programs / name, *words], user=self.user, cwd="/", check=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{name} failed: {done.stderr}")


def _programs() -> Path:
    known = shutil.which("initdb")
    if known:
        return Path(known).parent
    found = sorted(
        path for folder in FOLDERS for path in Path("/").glob(folder.lstrip("/")) if (path / "initdb").exists()
    )
    if not found:
        raise RuntimeError("no PostgreSQL server's programs (initdb, pg_ctl) on this machine; install PostgreSQL")
    return found[-1]
