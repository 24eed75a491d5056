"""Workers that end are replaced, those that are slow to start are not, and the others go on meanwhile."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing import Pipe
from typing import Any

import pytest

from bench.data import new_sqlite
from bench.fuzz.serving import Served
from bench.soak.faults import workers_of
from web.workers import SILENT_SECONDS, Worker

PATIENCE = 40  # seconds; a worker takes a few to start


class Fake:
    """A process that runs until it is said that it does not."""

    runs = True

    def is_alive(self) -> bool:
        return self.runs


def worker() -> Any:
    made: Any = Worker.__new__(Worker)
    made.process = Fake()
    made.parent_conn, made.child_conn = Pipe()
    return made


def test_a_worker_that_has_ended_is_not_alive_however_long_ago_it_was_asked() -> None:
    one = worker()
    assert one.is_alive()
    one.process.runs = False
    assert not one.is_alive()


def test_a_worker_that_is_slow_to_answer_is_alive_for_a_while_and_nobody_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, began = worker(), time.monotonic()
    assert [one.is_alive() for _ in range(5)] == [True] * 5
    assert time.monotonic() - began < 1
    monkeypatch.setattr("web.workers.monotonic", lambda: began + SILENT_SECONDS - 1)
    assert one.is_alive()
    monkeypatch.setattr("web.workers.monotonic", lambda: began + SILENT_SECONDS + 2)
    assert not one.is_alive()
    one.child_conn.send(True)
    assert one.is_alive()


def test_a_worker_that_is_killed_is_replaced_and_the_others_go_on(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("workers")
    with Served(new_sqlite(folder), folder, "--workers", "2", import_examples=False) as served:
        pid = served.process.pid
        before = workers_of(pid)
        assert len(before) == 2
        os.kill(before[0], signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE
        while len(after := workers_of(pid)) < 2 or before[0] in after:
            assert time.monotonic() < deadline, after
            time.sleep(0.1)
        assert before[1] in after
        assert served.asked("{ viewer { scopes } }")["viewer"]["scopes"]
