"""Program lookup: where Chromium, Redis and PostgreSQL are on this machine, and Debian's packages for them."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Program:
    """A program of others: the names it goes by, likeliest first, and the Debian package that has it.

    `folder` is where Debian keeps it when it is not on the path, a version each.
    """

    names: tuple[str, ...]
    package: str
    folder: str | None = None


# The headless shell needs a quarter of full Chromium's time for an empty context (0.18 s instead of 0.80).
PROGRAMS = {
    "Chromium": Program(
        ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"), "chromium-headless-shell"
    ),
    "Redis": Program(("redis-server", "valkey-server"), "redis-server"),
    "PostgreSQL": Program(("postgres",), "postgresql", folder="/usr/lib/postgresql"),
}


def find_program(name: str) -> str | None:
    """The path of one of PROGRAMS, or None. The environment (CHROMIUM, REDIS, POSTGRESQL) goes first.

    Where the environment names one that does not exist, there is none.
    """
    named = os.environ.get(name.upper())
    if named:
        return shutil.which(named)
    program = PROGRAMS[name]
    on_path = next((path for each in program.names if (path := shutil.which(each))), None)
    return on_path or _in_folder(program)


def require_program(name: str) -> str:
    """The same. Raises RuntimeError where there is none."""
    found = find_program(name)
    if found is None:
        raise RuntimeError(f"{name} is not installed: python -m tools.test_dependencies installs it")
    return found


def missing_programs() -> list[str]:
    """Which of PROGRAMS this machine lacks."""
    return [name for name in PROGRAMS if find_program(name) is None]


def _in_folder(program: Program) -> str | None:
    if program.folder is None:
        return None
    found = Path(program.folder).glob(f"*/bin/{program.names[0]}")
    return max(map(str, found), default=None)
