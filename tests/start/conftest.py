"""Start: what the desk refuses to start with, each with the sentence it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.settings_process import READ, Run, Value, reading_settings, value_with

Refusal = Callable[..., str]


@pytest.fixture(scope="package")
def run() -> Iterator[Run]:
    """Runs code in a process of its own that has not read the settings yet."""
    with reading_settings() as run:
        yield run


@pytest.fixture(scope="package")
def value(run: Run) -> Value:
    """Reads one setting."""
    return value_with(run)


@pytest.fixture(scope="package")
def refusal(run: Run) -> Refusal:
    """The sentence with which the settings refuse a changed environment."""

    def refusal(**changes: str | None) -> str:
        result = run(READ, **changes)
        assert result.returncode != 0, "accepted in silence"
        return result.stderr.splitlines()[-1].removeprefix("django.core.exceptions.ImproperlyConfigured: ")

    return refusal
