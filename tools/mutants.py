"""Mutation testing: applies dangerous faults to a copy of the desk, one at a time, and names the test that kills each.

`python -m tools.mutants` tries all of `mutant_catalogue/`, `python -m tools.mutants masked` those whose name
contains a word, and `--check` only checks that every mutant applies to the code. Cost: about five seconds a mutant, and
15 to 45 for one of the scripts, whose tests drive a browser.
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
TEST_TIMEOUT = 300  # seconds for the tests of one mutant on a busy machine; longer is a hang
FAILED = re.compile(r"^FAILED (.+?)(?: - .*)?$", re.MULTILINE)
EXHAUSTIVE = "pytest.mark.exhaustive"  # left out of `make test`
PASSES, FAILS = 0, 1  # pytest's exit codes; any other means that the tests did not run


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of a mutant: `killer` is the failed test, `error` why no test ran; without either it survived."""

    killer: str | None = None
    error: str | None = None

    def __str__(self) -> str:
        return f"killed by {self.killer}" if self.killer else f"ERROR: {self.error}" if self.error else "SURVIVED"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 when every selected mutant applies and, without --check, was killed."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("words", nargs="*", help="only mutants whose name contains one of these")
    parser.add_argument("--check", action="store_true", help="only check that every mutant applies to the code")
    options = parser.parse_args(arguments)
    selected = [mutant for mutant in MUTANTS if not options.words or any(w in mutant.name for w in options.words)]
    if not selected:
        parser.error("no mutant name contains these words")
    problems = [f"{mutant.name}: {problem}" for mutant in selected for problem in problems_of(mutant)]
    print("\n".join(problems or [f"{len(selected)} mutants apply to the code"]))
    if problems or options.check:
        return bool(problems)
    return run_all(selected)


def problems_of(mutant: Mutant) -> Iterator[str]:
    """Reasons why a mutant cannot run: its text is not unique in the file, or a test is missing from `make test`."""
    file = ROOT / mutant.file
    matches = file.read_text().count(mutant.old) if file.is_file() else 0
    if matches != 1:
        yield f"its old text has {matches} matches in {mutant.file}"
    for test in mutant.tests:
        path, _, name = test.partition("[")[0].partition("::")
        if not (ROOT / path).is_file():
            yield f"there is no {path}"
        elif name and not _is_in_make_test((ROOT / path).read_text(), name):
            yield f"{path} has no test {name} that `make test` runs"


def _is_in_make_test(source: str, name: str) -> bool:
    """True when the module has this test and it is not marked exhaustive; some of its cases may be."""
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == name]
    return bool(functions) and all(ast.unparse(mark) != EXHAUSTIVE for mark in functions[0].decorator_list)


def run_all(mutants: Sequence[Mutant]) -> int:
    """Runs the mutants one after the other and prints the verdict of each."""
    killed, width = 0, max(len(mutant.name) for mutant in mutants)
    with TemporaryDirectory(prefix="desk-mutants-") as folder:
        copy_tree(Path(folder))
        for mutant in mutants:
            started = time.monotonic()
            verdict = run_mutant(mutant, Path(folder))
            killed += verdict.killer is not None
            print(f"{mutant.name:{width}}  {time.monotonic() - started:5.1f} s  {verdict}", flush=True)
    print(f"{killed} of {len(mutants)} killed")
    return int(killed < len(mutants))


def copy_tree(folder: Path) -> None:
    """Copies tracked files and new files that are not ignored; the work tree itself is never changed."""
    listed = subprocess.check_output(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, text=True)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():  # deleted files may not be committed yet
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def run_mutant(mutant: Mutant, folder: Path) -> Verdict:
    """Applies the mutant to the copy, runs its tests and restores the file."""
    file = folder / mutant.file
    original = file.read_text()
    file.write_text(original.replace(mutant.old, mutant.new))
    try:
        return _verdict(mutant, folder)
    finally:
        file.write_text(original)


def _verdict(mutant: Mutant, folder: Path) -> Verdict:
    # Without bytecode: it is keyed by mtime in seconds and size, so two mutants could share it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    command = [*PYTEST, *mutant.tests]
    try:
        run = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TEST_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        return Verdict(error=f"timeout after {TEST_TIMEOUT} s")
    failed = FAILED.search(run.stdout)
    if run.returncode == FAILS and failed:  # an error in a fixture does not kill a mutant
        return Verdict(killer=failed[1])
    if run.returncode == PASSES:
        return Verdict()
    return Verdict(error=f"pytest exited with {run.returncode}\n{(run.stdout + run.stderr)[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
