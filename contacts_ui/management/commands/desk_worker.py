"""`manage.py desk_worker`: runs the background tasks, and every 30 seconds what keeps them going.

The queue's own worker takes the tasks, one at a time; every task of the desk gives back within seconds. SIGTERM ends
it after the step under way; kill -9 costs at most one API call (docs/decisions, 29).
"""

from __future__ import annotations

import logging
import os
import signal
import time
from argparse import ArgumentParser
from collections.abc import Callable
from secrets import token_hex
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError, close_old_connections, connections
from django.utils.autoreload import run_with_reloader
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from contacts_ui import number_index, snapshots
from contacts_ui.contacts import lookup_sweep
from contacts_ui.exports import recovery
from contacts_ui.observability.worker_seen import worker_lives

log = logging.getLogger(__name__)

PERIODIC: tuple[Callable[[], object], ...] = (
    worker_lives,
    snapshots.sweep,
    recovery.sweep,
    number_index.maintain,
    lookup_sweep.resume_silent,
)
PERIOD = 30.0  # seconds between two rounds of them
INTERVAL = 1.0  # seconds between two looks into an empty queue
DATABASE_PAUSE = 5.0  # seconds after the database has refused


class Command(BaseCommand):
    """The worker. Any number may run, on any host."""

    help = "Run the desk's background tasks until SIGTERM."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--ends-with-parent is for the launcher, --reload for development."""
        parser.add_argument("--ends-with-parent", action="store_true", help="end when the starting process does")
        parser.add_argument("--reload", action="store_true", help="start again when the code changes")

    def handle(self, *_args: Any, ends_with_parent: bool, reload: bool, **_options: Any) -> None:
        """Runs until it is told to stop."""
        if not settings.SENT_API_KEY:
            raise CommandError("SENT_API_KEY is not set. Put it in .env, or run make run for the demo.")
        parent = os.getppid() if ends_with_parent else None
        if reload:
            run_with_reloader(work, None)
        else:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, _stop)
            work(parent)


def work(parent: int | None = None) -> None:
    """Runs tasks and the periodic functions until STOP is set, or the process `parent` has ended."""
    next_round = 0.0
    while not snapshots.STOP.is_set() and (parent is None or os.getppid() == parent):
        try:
            if time.monotonic() >= next_round:
                next_round = time.monotonic() + PERIOD
                run_periodic()
            if not run_one_task():
                snapshots.STOP.wait(INTERVAL)
        except (DatabaseError, InterfaceError):  # busy, restarted, or being migrated
            log.exception("worker.database.refused")
            connections.close_all()
            snapshots.STOP.wait(DATABASE_PAUSE)


def run_one_task() -> bool:
    """Runs the first task that is due; False when there is none."""
    close_old_connections()
    if not DBTaskResult.objects.ready().exists():  # no lock on the database for an empty queue
        return False
    worker = Worker(
        queue_names=["*"],
        interval=0.0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=1,
        worker_id=token_hex(16),
        excluded_queue_names=[],
    )
    worker.run()
    return worker._run_tasks > 0


def run_periodic() -> None:
    """Runs each of the periodic functions; one that fails keeps the others from nothing."""
    for function in PERIODIC:
        try:
            function()
        except (DatabaseError, InterfaceError):
            raise
        except Exception:
            log.exception("worker.periodic.failed", extra={"function": function.__name__})


def _stop(_number: int, _frame: object) -> None:
    snapshots.STOP.set()
