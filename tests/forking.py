"""Forking Python: runs code with other environment variables in forked processes that have imported Django already.

The server side is `python -m tests.forking`: reads JSON lines (`env`, `code`) from stdin and writes JSON lines
(`returncode`, `stdout`, `stderr`) to stdout.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import traceback
import warnings
from types import TracebackType
from typing import Any, Self

from testing import ROOT


class ForkingPython:
    """`run()` equals `python -W ignore -c code` without the cost of starting Python."""

    def __init__(self) -> None:
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.forking"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, code: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Runs `code` in a new process whose whole environment is `env`."""
        assert self._program.stdin
        assert self._program.stdout
        self._program.stdin.write(json.dumps({"env": env, "code": code}) + "\n")
        self._program.stdin.flush()
        return subprocess.CompletedProcess[str](code, **json.loads(self._program.stdout.readline()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.communicate()  # the program ends at the end of its input


def _main() -> None:
    import django.conf  # noqa: F401 - imports no settings before first use
    from environ import FileAwareEnv  # noqa: F401

    warnings.simplefilter("ignore")
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_run(**json.loads(line))) + "\n")
        sys.stdout.flush()


def _run(env: dict[str, str], code: str) -> dict[str, Any]:
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = os.fork()
        if child == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            os.environ.clear()
            os.environ.update(env)
            os._exit(_exit_code(code))
        _, status = os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        return {"returncode": os.waitstatus_to_exitcode(status), "stdout": out.read(), "stderr": err.read()}


def _exit_code(code: str) -> int:
    try:
        exec(code, {"__name__": "__main__"})  # noqa: S102 - code of the tests
    except BaseException:  # noqa: BLE001 - reported as by a separate Python
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    _main()
