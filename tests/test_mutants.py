"""Mutation testing: every mutant of the catalogue applies to the code and names existing tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
def test_every_mutant_applies_and_names_existing_tests() -> None:
    check = [sys.executable, "-m", "tools.mutants", "--check"]
    run = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
