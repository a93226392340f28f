"""Restartable program: can be stopped, killed, hung and started again with the same command, as an outage would."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from testing import ROOT
from testing.processes import start_program, stop_program, wait_for_start


class Restartable:
    """A program and how to tell that it is ready. `start` waits until it is."""

    def __init__(
        self,
        command: list[str],
        ready: Callable[[], bool],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path = ROOT,
        user: str | None = None,
        stop_signal: int = signal.SIGTERM,
    ) -> None:
        self.command, self.env, self.cwd = command, env, cwd
        self._ready, self._log, self._user, self._stop_signal = ready, log, user, stop_signal
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id; the program must be running."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Starts the program and waits until it is ready; raises ProgramEnded when it exits before."""
        with self._log.open("ab") as output:
            self._process = start_program(
                self.command, env=self.env, cwd=self.cwd, user=self._user, stdout=output, stderr=subprocess.STDOUT
            )
        wait_for_start(self._ready, self._process, self._log)

    def stop(self, number: int | None = None) -> None:
        """Stops the program, when it runs."""
        if self._process is not None:
            stop_program(self._process, number=self._stop_signal if number is None else number)
            self._process = None

    def signal(self, number: int) -> None:
        """Sends a signal: SIGSTOP lets it hang until SIGCONT."""
        assert self._process is not None
        self._process.send_signal(number)
