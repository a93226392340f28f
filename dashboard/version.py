"""Version of the program: that of pyproject.toml, with the commit where the program runs from a git checkout."""

from __future__ import annotations

import tomllib
from pathlib import Path

# Digits of the commit. Seven in a row may all be decimal, and then the log takes them for a phone number.
COMMIT_DIGITS = 6


def program_version(folder: Path) -> str:
    """ "0.1.0+g68dddb", or "0.1.0" where nothing says which commit it is (PEP 440, local versions)."""
    with (folder / "pyproject.toml").open("rb") as file:
        version: str = tomllib.load(file)["project"]["version"]
    commit = _commit(folder / ".git")
    return f"{version}+g{commit[:COMMIT_DIGITS]}" if commit else version


def _commit(git: Path) -> str | None:
    """The commit that is checked out, None if unknown. Read from the files: a server may have no git program."""
    try:
        if git.is_file():  # of a worktree: names the real folder
            git = git.parent / git.read_text().removeprefix("gitdir:").strip()
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        shared = git / "commondir"
        return _ref(git / shared.read_text().strip() if shared.exists() else git, head.removeprefix("ref: "))
    except OSError:
        return None


def _ref(git: Path, name: str) -> str | None:
    loose = git / name
    if loose.exists():
        return loose.read_text().strip()
    lines = (line.partition(" ") for line in (git / "packed-refs").read_text().splitlines())
    return next((commit for commit, _, packed in lines if packed == name), None)
