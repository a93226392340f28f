"""desk_worker: it ends when it is told to, alone or with its parent, and goes on after errors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from contacts_ui import snapshots
from contacts_ui.management.commands import desk_worker
from testing.desk_template import DeskTemplate
from testing.processes import start_program, stop_program
from testing.running_desk import SECRET_KEY, desk_environment
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until
from tests.snapshots.conftest import again


@pytest.fixture
def _stopped_in_the_end() -> Iterator[None]:
    yield
    snapshots.STOP.clear()


def _stop() -> None:
    snapshots.STOP.set()


@pytest.mark.django_db
@pytest.mark.usefixtures("_stopped_in_the_end")
def test_periodic_function_that_fails_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ValueError

    monkeypatch.setattr(desk_worker, "PERIODIC", (fail, _stop))
    desk_worker.work()
    assert snapshots.STOP.is_set()


@pytest.mark.django_db
@pytest.mark.usefixtures("_stopped_in_the_end")
def test_database_that_refuses_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([OperationalError("database is locked"), None])

    def look() -> bool:
        if (error := next(answers)) is not None:
            raise error
        _stop()
        return False

    monkeypatch.setattr(desk_worker, "DATABASE_PAUSE", 0.0)
    monkeypatch.setattr(desk_worker, "run_one_task", look)
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)
    desk_worker.work()
    assert snapshots.STOP.is_set()


@pytest.mark.django_db
def test_task_of_an_older_version_of_the_desk_stops_no_worker(desk_api: SandboxServer) -> None:
    arguments: dict[str, object] = {"args": [], "kwargs": {}}
    DBTaskResult.objects.create(args_kwargs=arguments, task_path="contacts_ui.gone.task", backend_name="default")
    snapshot = snapshots.start(None, "index")
    while desk_worker.run_one_task():
        pass
    assert again(snapshot).whole


def test_worker_without_key_says_so(settings: Settings) -> None:
    settings.SENT_API_KEY = None
    with pytest.raises(CommandError, match="SENT_API_KEY is not set"):
        call_command("desk_worker")


@pytest.fixture
def environment(tmp_path: Path, sandbox: SandboxServer, template: DeskTemplate) -> dict[str, str]:
    """Of a desk whose database has nothing to do."""
    template.copy_database(tmp_path / "desk.sqlite3")
    settings = {"DJANGO_SETTINGS_MODULE": "testing.desk_settings", "SECRET_KEY": SECRET_KEY}
    return desk_environment(tmp_path, sandbox.url, 8000, **settings)


@pytest.mark.outside
def test_worker_ends_with_sigterm_and_with_its_parent(environment: dict[str, str]) -> None:
    """The parent is a process that starts the worker, prints its id, and is killed."""
    command = [sys.executable, "manage.py", "desk_worker", "--ends-with-parent"]
    code = f"import subprocess, sys; p = subprocess.Popen({command!r}); print(p.pid, flush=True); p.wait()"
    alone = start_program(command[:-1], env=environment)
    parent = start_program([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE)
    try:
        assert parent.stdout
        worker = int(parent.stdout.readline())
        wait_until(lambda: _has_database_open(worker) and _has_database_open(alone.pid))
        os.kill(parent.pid, signal.SIGKILL)
        wait_until(lambda: not _is_alive(worker))
    finally:
        stop_program(parent)
    assert stop_program(alone) == 0


def _has_database_open(pid: int) -> bool:
    """True when it is past its start."""
    try:
        return any(one.readlink().name == "desk.sqlite3" for one in Path(f"/proc/{pid}/fd").iterdir())
    except FileNotFoundError:
        return False


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
