"""The processes that serve, and what looks after them: one that has ended, or does not answer, is replaced."""

from __future__ import annotations

from time import monotonic

from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

SILENT_SECONDS = (
    60  # that a worker may take to start, or to answer; on a busy machine uvicorn's 5 kept it from starting
)


class Worker(Process):
    """One process. uvicorn waits for each one's answer in turn, and meanwhile does not see that another has ended."""

    asked_at: float | None = None

    def is_alive(self, timeout: float = SILENT_SECONDS) -> bool:
        """Whether it runs, and answered in time what it was asked; nobody waits for the answer."""
        if not self.process.is_alive():
            return False
        try:
            if self.asked_at is None:
                self.parent_conn.send(b"ping")
                self.asked_at = monotonic()
            elif self.parent_conn.poll():
                self.parent_conn.recv()
                self.asked_at = None
        except (OSError, EOFError):
            return False
        return self.asked_at is None or monotonic() - self.asked_at < timeout


class Workers(Multiprocess):
    """As many processes as the settings say, over one socket."""

    def init_processes(self) -> None:
        self.processes = [self._started() for _ in range(self.processes_num)]

    def keep_subprocess_alive(self) -> None:
        """Replace whoever is not alive; where one cannot start at all, there is no use in trying again."""
        for place, worker in enumerate(self.processes):
            if self.should_exit.is_set() or worker.is_alive(SILENT_SECONDS):
                continue
            worker.kill()
            worker.join()
            if worker.exitcode == STARTUP_FAILURE:
                self.should_exit.set()
            else:
                self.processes[place] = self._started()

    def _started(self) -> Worker:
        worker = Worker(self.config, self.sockets)
        worker.start()
        return worker
