"""Makes sure that the browser tests have a Chromium: Debian's, installed where that is possible."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
SORRY = (
    "The browser tests need Chromium, and it cannot be installed here by itself.\n"
    "Install it (on Debian or Ubuntu: sudo apt-get install chromium) or set CHROMIUM to the program's path."
)


def find() -> str | None:
    """The path of a Chromium, or None."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> int:
    """0 when there is one now."""
    if find():
        return 0
    if not shutil.which("apt-get"):
        print(SORRY, file=sys.stderr)
        return 1
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        try:
            subprocess.run([*prefix, "apt-get", *arguments], check=True, env=environment, stdout=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):
            print(SORRY, file=sys.stderr)
            return 1
    return 0 if find() else 1


if __name__ == "__main__":
    sys.exit(main())
