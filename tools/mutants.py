"""Mutation testing: puts dangerous faults into a copy of the desk, one at a time, and names the test that notices.

`python -m tools.mutants` tries all of `mutant_catalogue.py`, `python -m tools.mutants masked` those whose name holds
the words, and `--check` only looks whether every fault still fits the code. Cost: about five seconds a fault.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.mutant_catalogue import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parent.parent
PYTEST = (sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not exhaustive")
LONGEST_SECONDS = 300  # for the tests of one mutant on a busy machine; longer is a hang
FAILED = re.compile(r"^FAILED (.+?)(?: - .*)?$", re.MULTILINE)
PASSES, FAILS = 0, 1  # pytest's exit codes; any other means that the tests did not run


@dataclass(frozen=True, slots=True)
class Verdict:
    """`killer` is the test that failed, `error` why the tests did not run; without either the mutant survived."""

    killer: str | None = None
    error: str | None = None

    def __str__(self) -> str:
        return f"killed by {self.killer}" if self.killer else f"ERROR: {self.error}" if self.error else "SURVIVED"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 when every chosen mutant fits and, without --check, was killed."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("words", nargs="*", help="only mutants whose name holds one of these")
    parser.add_argument("--check", action="store_true", help="only look whether every mutant still fits the code")
    options = parser.parse_args(arguments)
    chosen = [mutant for mutant in MUTANTS if not options.words or any(w in mutant.name for w in options.words)]
    if not chosen:
        parser.error("no mutant has such a name")
    misfits = [f"{mutant.name}: {why}" for mutant in chosen for why in misfits_of(mutant)]
    print("\n".join(misfits or [f"{len(chosen)} mutants fit the code"]))
    if misfits or options.check:
        return bool(misfits)
    return try_all(chosen)


def misfits_of(mutant: Mutant) -> Iterator[str]:
    """Why the mutant cannot be tried: its text is not there once, or a test is not there or not in `make test`."""
    file = ROOT / mutant.file
    times = file.read_text().count(mutant.old) if file.is_file() else 0
    if times != 1:
        yield f"its old text stands {times} times in {mutant.file}"
    for test in mutant.tests:
        path, _, name = test.partition("[")[0].partition("::")
        if not (ROOT / path).is_file():
            yield f"there is no {path}"
        elif name and not _is_in_make_test((ROOT / path).read_text(), name):
            yield f"{path} has no test {name} that `make test` runs"


def _is_in_make_test(source: str, name: str) -> bool:
    """Whether the module has this test, and does not leave it to `make test-all`."""
    found = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == name]
    return bool(found) and not any("exhaustive" in ast.unparse(mark) for mark in found[0].decorator_list)


def try_all(mutants: Sequence[Mutant]) -> int:
    """Tries them one after the other, and prints what became of each."""
    killed, width = 0, max(len(mutant.name) for mutant in mutants)
    with TemporaryDirectory(prefix="desk-mutants-") as folder:
        copy_tree(Path(folder))
        for mutant in mutants:
            started = time.monotonic()
            verdict = tried(mutant, Path(folder))
            killed += verdict.killer is not None
            print(f"{mutant.name:{width}}  {time.monotonic() - started:5.1f} s  {verdict}", flush=True)
    print(f"{killed} of {len(mutants)} killed")
    return int(killed < len(mutants))


def copy_tree(folder: Path) -> None:
    """Copies what git tracks, and what is new and not ignored: the work tree itself is never touched."""
    listed = subprocess.check_output(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, text=True)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():  # a file may be deleted and not committed yet
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def tried(mutant: Mutant, folder: Path) -> Verdict:
    """Runs the mutant's tests in the copy with the fault in it, and takes it out again."""
    file = folder / mutant.file
    whole = file.read_text()
    file.write_text(whole.replace(mutant.old, mutant.new))
    try:
        return _verdict(mutant, folder)
    finally:
        file.write_text(whole)


def _verdict(mutant: Mutant, folder: Path) -> Verdict:
    # Without bytecode: two mutants of one second and one size would share it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    command = [*PYTEST, *mutant.tests]
    try:
        run = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Verdict(error=f"no end after {LONGEST_SECONDS} s")
    failed = FAILED.search(run.stdout)
    if run.returncode == FAILS and failed:  # a fixture that breaks is no test that noticed
        return Verdict(killer=failed[1])
    if run.returncode == PASSES:
        return Verdict()
    return Verdict(error=f"pytest ended with {run.returncode}\n{(run.stdout + run.stderr)[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
