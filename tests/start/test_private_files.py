"""Private files: what others on the host may open of secrets and database stops every command and the server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from testing import ROOT
from testing.desk_template import DeskTemplate
from testing.processes import free_port
from testing.running_desk import SECRET_KEY, desk_environment

GREETING = {"Starting Contact Desk.", "Preparing the database."}  # of the launcher, on stderr too
WSGI = "import dashboard.wsgi"


@pytest.fixture
def env(template: DeskTemplate, tmp_path: Path) -> dict[str, str]:
    """Environment of a desk whose files are all private: `.env`, database, a file of the database, and a secret."""
    settings = desk_environment(tmp_path, "http://127.0.0.1:9", free_port(), SITE_URL="http://localhost:8000")
    template.copy_database(tmp_path / "desk.sqlite3")
    del settings["SENT_API_KEY"]
    for name, text in {".env": f"SECRET_KEY={SECRET_KEY}\n", "desk.sqlite3-wal": "", "key": "sandbox"}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    return settings | {"SENT_API_KEY_FILE": str(tmp_path / "key"), "DJANGO_SETTINGS_MODULE": "dashboard.settings"}


def _said(env: dict[str, str], *arguments: str) -> str:
    """What a program says that does not start."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode != 0, "it started"
    return done.stderr


def _assert_starts(env: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=env, check=True, capture_output=True)


def test_desk_with_private_files_starts(env: dict[str, str]) -> None:
    _assert_starts(env, "-c", WSGI)
    _assert_starts(env, "manage.py", "check")


@pytest.mark.parametrize(
    "mode", [*(pytest.param(mode, marks=pytest.mark.exhaustive) for mode in (0o644, 0o604, 0o610)), 0o640, 0o620, 0o601]
)
def test_database_open_to_others_stops_the_server(env: dict[str, str], tmp_path: Path, mode: int) -> None:
    (tmp_path / "desk.sqlite3").chmod(mode)
    (line,) = _said(env, "-c", WSGI).splitlines()
    path = tmp_path / "desk.sqlite3"
    reason = f"Others on this host can open {path} (mode {mode:04o}); run: chmod 600 {path}"
    assert line == f"Contact Desk did not start: {reason}"


@pytest.mark.parametrize("name", [".env", "desk.sqlite3", "desk.sqlite3-wal", "key"])
def test_file_open_to_others_stops_every_command(env: dict[str, str], tmp_path: Path, name: str) -> None:
    (tmp_path / name).chmod(0o644)
    (line,) = _said(env, "manage.py", "clearsessions").splitlines()
    assert f"can open {tmp_path / name} (mode 0644)" in line


def test_file_open_to_others_is_an_error_of_the_system_check(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "key").chmod(0o640)
    assert f"(desk.E001) Others on this host can open {tmp_path / 'key'}" in _said(env, "manage.py", "check")


def test_link_to_open_file_counts_as_that_file(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "key").rename(tmp_path / "shared")
    (tmp_path / "shared").chmod(0o644)
    (tmp_path / "key").symlink_to(tmp_path / "shared")
    assert f"can open {tmp_path / 'key'}" in _said(env, "-c", WSGI)


@pytest.mark.parametrize("arguments", [("-c", WSGI), ("manage.py", "migrate"), ("manage.py", "runserver")])
def test_bad_setting_is_one_line_without_traceback(env: dict[str, str], arguments: tuple[str, ...]) -> None:
    (line,) = _said(env | {"SENT_IN_FLIGHT": "0"}, *arguments).splitlines()
    assert line == "Contact Desk did not start: SENT_IN_FLIGHT must be a whole number from 1 to 1000, not '0'"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"SENT_BUGET_PER_MINUTE": "120"}, "SENT_BUGET_PER_MINUTE is not a setting of the desk"),
        ({"HOST": "0.0.0.0"}, "HOST=0.0.0.0 lets other machines in while SITE_URL is http://"),  # noqa: S104
    ],
)
def test_launcher_says_why_it_does_not_start_once(env: dict[str, str], changes: dict[str, str], reason: str) -> None:
    said = [line for line in _said(env | changes, "-m", "tools.run").splitlines() if line not in GREETING]
    assert said[0].startswith(f"Contact Desk did not start: {reason}")
    assert len(said) == 1
