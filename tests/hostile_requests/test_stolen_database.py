"""A stolen database: whoever reads the files of a running desk finds no session in them, and few can read them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from testing.accounts import create_session
from testing.desk_template import PASSWORD, DeskTemplate
from testing.running_desk import COOKIE, Desk, manage, running_desk
from testing.sandbox_server import SandboxServer

PAGE = "/preferences/"
NOBODY = 65534
SESSION_TABLES = ("contacts_ui_session", "usersessions_usersession")
# What a program of another user does to read a file: exit status 1 is "Permission denied".
READ = "import sys\ntry:\n    open(sys.argv[1], 'rb').read(1)\nexcept PermissionError:\n    sys.exit(1)"


@pytest.fixture(scope="module")
def desk(
    running_sandbox: SandboxServer, template: DeskTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """A desk with an SQLite file, run by a user whose umask lets everyone read."""
    before = os.umask(0o022)
    try:
        with running_desk(tmp_path_factory.mktemp("stolen"), running_sandbox.url, template) as desk:
            yield desk
    finally:
        os.umask(before)


def _browser(cookie: str | None = None) -> requests.Session:
    browser = requests.Session()
    browser.trust_env = False
    if cookie is not None:
        browser.cookies.set(COOKIE, cookie)
    return browser


def _signed_in(desk: Desk, username: str) -> requests.Session:
    """Signs in by the form."""
    browser = _browser()
    browser.get(f"{desk.url}/sign-in/")
    sent = {"login": username, "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrf"]}
    answer = browser.post(f"{desk.url}/sign-in/", sent, headers={"Referer": desk.url}, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return browser


def _opens(browser: requests.Session, desk: Desk) -> bool:
    return browser.get(f"{desk.url}{PAGE}", allow_redirects=False).status_code == 200


def _database_files(database: Path) -> list[Path]:
    return [path for path in (database, *(Path(f"{database}{end}") for end in ("-wal", "-shm"))) if path.exists()]


def test_no_key_read_from_database_opens_a_session(desk: Desk) -> None:
    browsers = [_signed_in(desk, "support"), _browser(create_session(desk, "support"))]
    stolen = [key for table in SESSION_TABLES for (key,) in desk.sql(f"SELECT session_key FROM {table}")]  # noqa: S608
    assert len(stolen) >= 3
    for key in stolen:
        for cookie in (key, key[:32], key[:8]):
            assert not _opens(_browser(cookie), desk), cookie
    assert all(_opens(browser, desk) for browser in browsers)


def test_no_file_of_database_holds_key_of_cookie(desk: Desk) -> None:
    browser = _signed_in(desk, "support")
    assert _opens(browser, desk)
    files = _database_files(desk.database)
    assert len(files) == 3
    for path in files:
        assert browser.cookies[COOKIE].encode() not in path.read_bytes(), path


def test_stolen_hash_cannot_end_session_of_its_owner(desk: Desk) -> None:
    browser = _signed_in(desk, "support")
    for (key,) in desk.sql("SELECT session_key FROM contacts_ui_session"):
        thief = _browser(key)
        thief.get(f"{desk.url}/sign-in/")
        token = {"csrfmiddlewaretoken": thief.cookies["csrf"]}
        thief.post(f"{desk.url}/sign-out/", token, headers={"Referer": desk.url})
    assert _opens(browser, desk)


def test_command_makes_database_that_its_user_alone_can_open(desk: Desk, tmp_path: Path) -> None:
    made = tmp_path / "made.sqlite3"
    manage(desk.settings | {"DATABASE_URL": f"sqlite:///{made}"}, "showmigrations", "auth")
    assert made.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a program as another user")
def test_another_user_of_the_host_reads_neither_database_nor_secrets(desk: Desk) -> None:
    """The secrets lie in a file as the launcher makes it (tests/test_launcher.py has its mode)."""
    assert _browser().get(f"{desk.url}/readyz").status_code == 200  # opens the database
    secrets = desk.folder / ".env"
    secrets.touch(0o600)
    files = [secrets, *_database_files(desk.database)]
    assert len(files) == 4
    others = [desk.folder, *desk.folder.parents]
    modes = {folder: folder.stat().st_mode for folder in others}
    try:
        for folder in others:  # otherwise the folders of pytest would hold the attack off
            folder.chmod(stat.S_IMODE(modes[folder]) | 0o055)
        (desk.folder / "bait").write_text("readable")
        (desk.folder / "bait").chmod(0o644)
        assert _status_of_nobody(desk.folder / "bait") == 0
        for path in files:
            assert _status_of_nobody(path) == 1, path
    finally:
        for folder, mode in modes.items():
            folder.chmod(stat.S_IMODE(mode))


def _status_of_nobody(path: Path) -> int:
    program = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
    command = [program, "-I", "-S", "-c", READ, str(path)]
    return subprocess.run(command, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/", check=False).returncode
