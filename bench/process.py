"""What processes have used: CPU seconds and peak memory, as Linux's /proc tells them; None on other systems."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg

PROC = Path("/proc")
IS_MEASURED = (PROC / "self/stat").exists()
TICKS = os.sysconf("SC_CLK_TCK") if IS_MEASURED else 1
PARENT, OWN, CHILDREN = 1, slice(11, 13), slice(13, 15)  # places in /proc/PID/stat, counted from the state


def tree_of(pid: int) -> list[int]:
    """The process and all that it started, directly or not."""
    if not IS_MEASURED:
        return [pid]
    parents = {int(entry.name): fields for entry in PROC.glob("[0-9]*") if (fields := _stat(int(entry.name)))}
    found = [pid]
    for one in found:  # grows while it is walked
        found += [child for child, fields in parents.items() if int(fields[PARENT]) == one]
    return found


def server_seconds(pids: list[int]) -> float | None:
    """CPU seconds that these processes have used, with all their threads."""
    if not IS_MEASURED:
        return None
    return sum(sum(map(int, fields[OWN])) for pid in pids if (fields := _stat(pid))) / TICKS


@dataclass(frozen=True)
class Backends:
    """What PostgreSQL's processes have used so far."""

    own_seconds: Mapping[int, float]  # by those that serve the database now, by process
    ended_seconds: float  # by all that have ended, whatever they served: only their sum is known
    sessions: int  # how many the database has had

    def seconds_until(self, later: Backends) -> float:
        """CPU seconds since then; those that ended count where a server opened connections only to close them."""
        own = sum(seconds - self.own_seconds.get(pid, 0.0) for pid, seconds in later.own_seconds.items())
        if later.sessions == self.sessions:
            return own
        gone = sum(seconds for pid, seconds in self.own_seconds.items() if pid not in later.own_seconds)
        return own + max(0.0, later.ended_seconds - self.ended_seconds - gone)


class Postgres:
    """A PostgreSQL server on this machine, watched."""

    def __init__(self, url: str) -> None:
        self.runner = asyncio.Runner()
        self.connection = self.runner.run(asyncpg.connect(url))

    def backends(self, database: str) -> Backends | None:
        """What those that serve the database have used; None where PostgreSQL runs elsewhere."""
        pids = [int(entry.name) for entry in PROC.glob("[0-9]*") if _text(entry / "comm") == "postgres\n"]
        if not pids:
            return None
        counted = "SELECT sessions FROM pg_stat_database WHERE datname = $1"
        sessions = self.runner.run(self.connection.fetchval(counted, database))
        own = [pid for pid in pids if f" {database} " in _text(PROC / str(pid) / "cmdline")]  # its title says so
        ended = sum(sum(map(int, fields[CHILDREN])) for pid in pids if (fields := _stat(pid))) / TICKS
        return Backends({pid: _precise_seconds(pid) for pid in own}, ended, sessions)

    def close(self) -> None:
        self.runner.run(self.connection.close())
        self.runner.close()


def reset_peaks(pids: list[int]) -> None:
    """Let the peak memory of the processes be counted from now on."""
    for pid in pids:
        try:
            (PROC / str(pid) / "clear_refs").write_text("5")
        except OSError:  # not permitted, or gone: then the peak is that since the start
            continue


def peak_mb(pids: list[int]) -> float | None:
    """The peak memory of the processes, added up."""
    if not IS_MEASURED:
        return None
    return sum(_memory_mb(pid, "VmHWM") for pid in pids)


def resident_mb(pids: list[int]) -> float | None:
    """The memory that the processes hold now."""
    if not IS_MEASURED:
        return None
    return sum(_memory_mb(pid, "VmRSS") for pid in pids)


def _memory_mb(pid: int, name: str) -> float:
    size = _text(PROC / str(pid) / "status").partition(f"{name}:")[2].split()
    return int(size[0]) / 1024 if size else 0.0


def _precise_seconds(pid: int) -> float:
    """CPU seconds of a process of one thread: in nanoseconds where the kernel tells, else in ticks."""
    told = _text(PROC / str(pid) / "schedstat").split()
    if told:
        return int(told[0]) / 1e9
    return server_seconds([pid]) or 0.0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name, which may hold spaces; none if the process is gone."""
    return _text(PROC / str(pid) / "stat").rpartition(")")[2].split()


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
