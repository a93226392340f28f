"""Tests under every Python that the desk is for: an environment each in .cache/pythons, then those without programs.

An interpreter is found on PATH, in pyenv or by uv; nothing is downloaded but packages. One that is not here is named
in the closing lines. Exit status 1 when tests fail under one of them, or when none was found.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = ("3.11", "3.12", "3.13")
ENVIRONMENTS = ROOT / ".cache" / "pythons"
SELECTION = ("-n", "logical", "-m", "not outside and not exhaustive")


def main() -> int:
    """Runs the tests under each interpreter; arguments are pytest's."""
    results = {version: _try(version, sys.argv[1:]) for version in VERSIONS}
    for version, result in results.items():
        print(f"Python {version}: {result}")
    tried = [result for result in results.values() if not result.startswith("not here")]
    return 0 if tried and all(result == "passed" for result in tried) else 1


def _try(version: str, arguments: list[str]) -> str:
    interpreter = find_interpreter(version)
    if interpreter is None:
        return "not here: install it, or with pyenv or uv, and run this again"
    python = _environment(version, interpreter)
    print(f"Python {version}: running the tests without a browser, a running desk or a program of others.", flush=True)
    selection = arguments or [*SELECTION]
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *selection]
    done = subprocess.run(command, cwd=ROOT, check=False)
    return "passed" if done.returncode == 0 else f"FAILED (pytest's exit status is {done.returncode})"


def _environment(version: str, interpreter: str) -> Path:
    """The Python of an environment with the locked packages, which is made when these have changed."""
    folder = ENVIRONMENTS / version
    python, mark = folder / "bin" / "python", folder / ".tests"
    locks = [ROOT / "requirements.txt", ROOT / "requirements-dev.txt"]
    if mark.exists() and mark.stat().st_mtime > max(lock.stat().st_mtime for lock in locks):
        return python
    print(f"Python {version}: installing the locked packages into {folder.relative_to(ROOT)}.", flush=True)
    subprocess.run([interpreter, "-m", "venv", "--clear", str(folder)], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    for lock in locks:
        subprocess.run([*pip, "-r", str(lock)], check=True)
    mark.touch()
    return python


def find_interpreter(version: str) -> str | None:
    """Path of a Python of this version, or None: of pyenv, on PATH, or known to uv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    in_pyenv = sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True)
    candidates = [*map(str, in_pyenv), shutil.which(f"python{version}")]
    if uv := shutil.which("uv"):
        found = subprocess.run([uv, "python", "find", version], capture_output=True, text=True, check=False)
        candidates.append(found.stdout.strip())
    return next((path for path in candidates if path and _is(path, version)), None)


def _is(path: str, version: str) -> bool:
    """True when it runs and is of this version: a shim of pyenv may be of none."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.stdout.strip() == version


if __name__ == "__main__":
    sys.exit(main())
