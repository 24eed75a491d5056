"""What goes wrong on purpose, and what is watched meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.process import resident_mb, tree_of
from bench.soak.cluster import Cluster

EVERY_SECONDS = 5


@dataclass
class Watched:
    """What was done and seen while the load was on."""

    faults: list[tuple[float, str]] = field(default_factory=list)
    memory: list[tuple[float, dict[int, float]]] = field(default_factory=list)  # of each worker, MB


def workers_of(pid: int) -> list[int]:
    """The processes that answer requests; the one that was started only looks after them."""
    return [one for one in tree_of(pid) if one != pid and "spawn_main" in _command(one)]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


async def watch(pid: int, until: float, watched: Watched) -> None:
    """Note each worker's memory every few seconds."""
    while time.time() < until:
        found = {one: round(resident_mb([one]) or 0, 1) for one in workers_of(pid)}
        watched.memory.append((time.time(), found))
        await asyncio.sleep(EVERY_SECONDS)


async def break_things(pid: int, cluster: Cluster, seconds: float, watched: Watched) -> None:
    """Kill a worker after a third of the time, restart the database after two thirds."""
    await asyncio.sleep(seconds / 3)
    victim = workers_of(pid)[0]
    watched.faults.append((time.time(), f"worker {victim} killed"))
    os.kill(victim, signal.SIGKILL)
    await asyncio.sleep(seconds / 3)
    watched.faults.append((time.time(), "database stopped"))
    await asyncio.to_thread(cluster.stop, "fast")
    await asyncio.to_thread(cluster.start)
    watched.faults.append((time.time(), "database takes connections again"))
