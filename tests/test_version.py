"""Program version: that of pyproject.toml, the commit of a checkout, and a log line of each process."""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts_ui.observability.redaction import redact_text
from dashboard.version import COMMIT_DIGITS, program_version
from testing import ROOT
from testing.desk_template import DeskTemplate
from testing.running_desk import running_desk


def _git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@desk.example", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A git checkout with one commit of version 1.2.3."""
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    _git(folder, "init", "--initial-branch=main")
    _git(folder, "add", ".")
    _git(folder, "commit", "--message=first")
    return folder


def _expected(folder: Path) -> str:
    return f"1.2.3+g{_git(folder, 'rev-parse', 'HEAD')[:COMMIT_DIGITS]}"


def test_version_of_checkout_names_commit(checkout: Path) -> None:
    assert program_version(checkout) == _expected(checkout)


def test_version_is_read_from_packed_refs(checkout: Path) -> None:
    _git(checkout, "pack-refs", "--all")
    assert program_version(checkout) == _expected(checkout)


def test_version_of_detached_head_names_commit(checkout: Path) -> None:
    _git(checkout, "checkout", "--detach")
    assert program_version(checkout) == _expected(checkout)


def test_version_of_worktree_names_its_own_commit(checkout: Path, tmp_path: Path) -> None:
    worktree = tmp_path / "worktree"
    _git(checkout, "worktree", "add", "-b", "other", str(worktree))
    _git(worktree, "commit", "--allow-empty", "--message=second")
    assert program_version(worktree) == _expected(worktree) != program_version(checkout)


@pytest.mark.parametrize("name", [None, "HEAD", "refs"])
def test_version_without_readable_commit_is_that_of_project(checkout: Path, name: str | None) -> None:
    git = checkout / ".git"
    (git / name if name else git).rename(checkout / "away")
    assert program_version(checkout) == "1.2.3"


def test_empty_repository_has_version_without_commit(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    _git(tmp_path, "init")
    assert program_version(tmp_path) == "1.2.3"


@given(st.text("0123456789abcdef", min_size=40, max_size=40))
def test_version_is_not_redacted_from_log(commit: str) -> None:
    version = f"0.1.0+g{commit[:COMMIT_DIGITS]}"
    assert redact_text(version) == version


def test_each_process_logs_version_when_it_starts(template: DeskTemplate, tmp_path: Path) -> None:
    with running_desk(tmp_path / "desk", "http://127.0.0.1:9", template, LOG_LEVEL="INFO"):
        written = (tmp_path / "desk" / "log").read_text().splitlines()
    lines = [json.loads(line) for line in written if line.startswith("{")]
    (started,) = [line for line in lines if line["event"] == "desk.process.started"]
    assert started["version"].startswith(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])
