"""Race of workers that die at random lines, and the environment they run in."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from testing.processes import start_program, stop_program
from testing.running_desk import SECRET_KEY, UNLIMITED, desk_environment
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until

SILENT = 5.0  # seconds after which a worker counts as dead
UNFINISHED = "('queued', 'running', 'paused', 'reading', 'writing')"


@dataclass
class Race:
    """Workers on one snapshot. Mortal ones die at a random line of the first so many; `kills` counts them."""

    env: dict[str, str]
    randomness: random.Random
    lines: int
    program: str = "testing.worker"
    table: str = "contacts_ui_snapshot"
    kills: int = 0
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """A worker."""
        command = [sys.executable, "-m", self.program, "--silent", str(SILENT), *options]
        self.workers.append(start_program(command, env=self.env, stdout=subprocess.PIPE))
        return self.workers[-1]

    def start_mortal(self, *options: str) -> None:
        """A worker that dies."""
        self.start("--die-at", str(self.randomness.randrange(1, self.lines)), *options)

    def kill(self, kills: int) -> None:
        """Starts a snapshot; until so many workers have died or it is finished, the dead ones are replaced."""
        self.start_mortal("--start")
        if kills > 1:
            self.start_mortal()
        while self.kills < kills:
            wait_until(lambda: self._dead() or (self._started() and not self._unfinished()))
            if not (dead := self._dead()):
                return  # it was faster than they were mortal
            for worker in dead:
                assert worker.returncode == -signal.SIGKILL
                self.workers.remove(worker)
                self.kills += 1
                if self.kills + len(self.workers) < kills:
                    self.start_mortal()

    def content(self) -> str:
        """Takes the snapshot to its end; the hash of its contents, and whether it is whole."""
        output, _ = self.start("--until-finished").communicate(timeout=120)
        return output.decode().splitlines()[-1]

    def stop(self) -> None:
        """Ends the workers that are left."""
        for worker in self.workers:
            stop_program(worker)

    def _dead(self) -> list[subprocess.Popen[bytes]]:
        return [one for one in self.workers if one.poll() is not None]

    def _started(self) -> bool:
        return self._count(f"SELECT count(*) FROM {self.table}") > 0  # noqa: S608  # our own names

    def _unfinished(self) -> int:
        return self._count(f"SELECT count(*) FROM {self.table} WHERE state IN {UNFINISHED}")  # noqa: S608  # as above

    def _count(self, statement: str) -> int:
        url = self.env["DATABASE_URL"]
        if url.startswith("sqlite"):
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60)) as database:
                return int(database.execute(statement).fetchone()[0])
        with psycopg.connect(url) as connection:
            row = connection.execute(statement.encode()).fetchone()
            assert row is not None
            return int(row[0])


def environment_of(folder: Path, api: SandboxServer, **settings: str) -> dict[str, str]:
    """Environment of workers with all files in `folder`."""
    given = {"DJANGO_SETTINGS_MODULE": "testing.desk_settings", "SECRET_KEY": SECRET_KEY}
    return desk_environment(folder, api.url, 8000, **given | UNLIMITED | settings)
