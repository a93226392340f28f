"""Settings read in processes of their own, each under a changed environment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import CompletedProcess
from typing import Protocol

from tests.forking import ForkingPython

READ = "from django.conf import settings; settings.DEBUG"


class Run(Protocol):
    """Result of code under a changed environment; None removes a variable."""

    def __call__(self, code: str, **changes: str | None) -> CompletedProcess[str]: ...


class Value(Protocol):
    """Value of one setting under a changed environment."""

    def __call__(self, name: str, **changes: str | None) -> str: ...


@contextmanager
def reading_settings() -> Iterator[Run]:
    """Until the block ends, runs code in processes that have not read the settings yet."""
    with ForkingPython() as python:

        def run(code: str, **changes: str | None) -> CompletedProcess[str]:
            fixed: dict[str, str | None] = {"DJANGO_SETTINGS_MODULE": "dashboard.settings", "ENV_FILE": "/nonexistent"}
            env = {name: value for name, value in (os.environ | fixed | changes).items() if value is not None}
            return python.run(code, env)

        yield run


def value_with(run: Run) -> Value:
    """Reads one setting, or an expression that begins with its name."""

    def value(name: str, **changes: str | None) -> str:
        return run(f"from django.conf import settings; print(settings.{name})", **changes).stdout.strip()

    return value
