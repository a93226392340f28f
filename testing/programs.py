"""Program lookup: paths of Chromium, Redis, PostgreSQL and nginx on this machine, and their Debian packages."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Program:
    """Third-party program: its executable names in order of preference, and its Debian package.

    `folder` holds a folder for each version, where Debian does not install it on PATH.
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
    "nginx": Program(("nginx",), "nginx-light"),
}


def find_program(name: str) -> str | None:
    """Path of one of PROGRAMS, or None. The environment (CHROMIUM, REDIS, POSTGRESQL, NGINX) takes precedence.

    None when the environment names a program that does not exist.
    """
    override = os.environ.get(name.upper())
    if override:
        return shutil.which(override)
    program = PROGRAMS[name]
    on_path = next((path for each in program.names if (path := shutil.which(each))), None)
    return on_path or _in_folder(program)


def require_program(name: str) -> str:
    """Path of one of PROGRAMS. Raises RuntimeError when it is not installed."""
    path = find_program(name)
    if path is None:
        raise RuntimeError(f"{name} is not installed: python -m tools.test_dependencies installs it")
    return path


def missing_programs() -> list[str]:
    """Names of the PROGRAMS that are not installed."""
    return [name for name in PROGRAMS if find_program(name) is None]


def _in_folder(program: Program) -> str | None:
    if program.folder is None:
        return None
    paths = Path(program.folder).glob(f"*/bin/{program.names[0]}")
    return max(map(str, paths), default=None)
