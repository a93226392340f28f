"""`systemctl` of the guide's test: starts the units of a folder as processes, with the lines that they have.

GUIDE_ROOT is the folder: `units/`, and `pids/` of what runs. Requires= of a oneshot unit runs it before each start, as
systemd does without RemainAfterExit.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(os.environ["GUIDE_ROOT"])
STOP_SECONDS = 40.0


def main() -> int:
    """Runs one command: daemon-reload, enable --now, start, stop, restart or reload."""
    verb, *names = [word for word in sys.argv[1:] if not word.startswith("--")]
    if verb == "daemon-reload":
        return 0
    if names == ["nginx"]:
        os.kill(int((ROOT / "nginx" / "nginx.pid").read_text()), signal.SIGHUP)
        time.sleep(1)
        return 0
    if verb == "reload":
        os.kill(_pid(names[0]), signal.SIGHUP)
        return 0
    for name in names:
        if verb in {"stop", "restart"}:
            _stop(name)
    if verb != "stop":
        for required in dict.fromkeys(each for name in names for each in _lines(name, "Requires")):
            _run_once(required.removesuffix(".service"))
        for name in names:
            _start(name)
    return 0


def _lines(name: str, key: str) -> list[str]:
    text = (ROOT / "units" / f"{name}.service").read_text()
    return [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{key}=")]


def _environment(name: str) -> dict[str, str]:
    pairs = [pair.partition("=") for line in _lines(name, "Environment") for pair in shlex.split(line)]
    return dict(os.environ) | {key: value for key, _, value in pairs}


def _run_once(name: str) -> None:
    for command in _lines(name, "ExecStart"):
        subprocess.run(
            shlex.split(command), cwd=_lines(name, "WorkingDirectory")[0], env=_environment(name), check=True
        )


def _start(name: str) -> None:
    (command,) = _lines(name, "ExecStart")
    with (ROOT / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            shlex.split(command), cwd=_lines(name, "WorkingDirectory")[0], env=_environment(name),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    (ROOT / "pids" / name).write_text(str(process.pid))


def _pid(name: str) -> int:
    return int((ROOT / "pids" / name).read_text())


def _stop(name: str) -> None:
    pid, until = _pid(name), time.monotonic() + STOP_SECONDS
    os.kill(pid, signal.SIGTERM)
    while Path(f"/proc/{pid}").exists() and "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text():
        if time.monotonic() > until:
            raise TimeoutError(f"{name} did not stop")
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
