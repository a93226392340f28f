"""Background tasks in a test's own process: the worker's loop until the queue is empty."""

from __future__ import annotations

from contacts_ui.management.commands.desk_worker import run_one_task


def run_tasks(most: int = 1000) -> int:
    """Runs every task that is due, those that they enqueue included; how many. Raises AssertionError after `most`."""
    for done in range(most):
        if not run_one_task():
            return done
    raise AssertionError(f"the queue is not empty after {most} tasks")
