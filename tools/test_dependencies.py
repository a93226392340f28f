"""Test dependencies: installs the programs that the tests drive (Chromium, Redis, PostgreSQL), where that is possible.

A program that cannot be installed is reported and is no failure: the tests without it still run, and pytest's summary
names those that did not. With CI set it is a failure, because skipped tests must not pass there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from testing.programs import PROGRAMS, missing_programs

NOT_INSTALLED = (
    "{name} is not here and cannot be installed: tests that need it will not run.\n"
    "  On Debian or Ubuntu: sudo apt-get install {package}; or set {variable} to the path of the program."
)


def main() -> int:
    """Installs missing programs; exit status 1 when CI is set and one is still missing."""
    missing = missing_programs()
    if missing and shutil.which("apt-get"):
        packages = [PROGRAMS[name].package for name in missing]
        print(f"Installing for the tests: {', '.join(packages)}", flush=True)
        _install(packages)
    missing = missing_programs()
    for name in missing:
        print(NOT_INSTALLED.format(name=name, package=PROGRAMS[name].package, variable=name.upper()), file=sys.stderr)
    return 1 if missing and os.environ.get("CI") else 0


def _install(packages: list[str]) -> None:
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    # RUNLEVEL=1 keeps packages from starting a system server: the tests start their own, on free ports.
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        try:
            subprocess.run([*prefix, "apt-get", *arguments], check=True, env=environment, stdout=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):
            return


if __name__ == "__main__":
    sys.exit(main())
