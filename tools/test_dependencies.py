"""Test dependencies: installs the programs that the tests drive (Chromium, Redis, PostgreSQL), where that is possible.

What cannot be installed is said, and is no failure: the tests that need none of it still run, and pytest's closing
lines say which did not. Where CI is set it is a failure, because a part that passes is not the whole.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from testing.programs import PROGRAMS, missing_programs

ABSENT = (
    "{name} is not here and cannot be installed: tests that need it will not run.\n"
    "  On Debian or Ubuntu: sudo apt-get install {package}; or set {variable} to the path of the program."
)


def main() -> int:
    """The exit status: 1 where CI is set and something is missing."""
    missing = missing_programs()
    if missing and shutil.which("apt-get"):
        packages = [PROGRAMS[name].package for name in missing]
        print(f"Installing for the tests: {', '.join(packages)}", flush=True)
        _install(packages)
    missing = missing_programs()
    for name in missing:
        print(ABSENT.format(name=name, package=PROGRAMS[name].package, variable=name.upper()), file=sys.stderr)
    return 1 if missing and os.environ.get("CI") else 0


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
