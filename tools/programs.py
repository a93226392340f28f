"""Makes sure that the tests have the programs they drive: Debian's, installed where possible."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# what the tests need -> (names the program goes by, Debian's package)
PROGRAMS = {
    "Chromium": (("chromium", "chromium-browser", "google-chrome"), "chromium"),
    "Redis": (("redis-server", "valkey-server"), "redis-server"),
    "PostgreSQL": (("postgres",), "postgresql"),
}
# Where Debian keeps what is not on the path: a version each.
ELSEWHERE = {"PostgreSQL": "/usr/lib/postgresql"}
SORRY = (
    "The tests need {name}, and it cannot be installed here by itself.\n"
    "Install it (on Debian or Ubuntu: sudo apt-get install {package}) or set {variable} to the program's path."
)


def find(name: str) -> str | None:
    """The path of one of PROGRAMS, or None. The environment (CHROMIUM, REDIS, POSTGRESQL) goes first."""
    names, _package = PROGRAMS[name]
    on_path = next((path for each in names if (path := shutil.which(each))), None)
    return os.environ.get(name.upper()) or on_path or _elsewhere(name)


def _elsewhere(name: str) -> str | None:
    if name not in ELSEWHERE:
        return None
    found = Path(ELSEWHERE[name]).glob(f"*/bin/{PROGRAMS[name][0][0]}")
    return max(map(str, found), default=None)


def main() -> int:
    """0 when there are all now."""
    missing = [name for name in PROGRAMS if not find(name)]
    if missing and shutil.which("apt-get"):
        _install([PROGRAMS[name][1] for name in missing])
    for name in PROGRAMS:
        if not find(name):
            print(SORRY.format(name=name, package=PROGRAMS[name][1], variable=name.upper()), file=sys.stderr)
            return 1
    return 0


def _install(packages: list[str]) -> None:
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    # A server of the system's own is not wanted: the tests start theirs, on a port of its own.
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        try:
            subprocess.run([*prefix, "apt-get", *arguments], check=True, env=environment, stdout=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):
            return


if __name__ == "__main__":
    sys.exit(main())
