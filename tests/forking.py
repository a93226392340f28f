"""Forking Python: runs code in other environments, each in a process of its own, with what settings import at hand.

A program too (`python -m tests.forking`): lines of JSON in (`env`, `code`) and out (`returncode`, `stdout`, `stderr`).
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
    """`run()` is `python -W ignore -c code` without the start of a Python."""

    def __init__(self) -> None:
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.forking"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, code: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """What became of `code` in a new process with this environment and no other."""
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
        self._program.communicate()  # the end of its input is its own end


def _main() -> None:
    import django.conf  # noqa: F401 - knows no settings until it is asked for one
    from csp import constants  # noqa: F401
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
        exec(code, {"__name__": "__main__"})  # noqa: S102 - what the tests wrote
    except BaseException:  # noqa: BLE001 - it ends as a Python of its own would
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    _main()
