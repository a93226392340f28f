"""Deploys: one migration at a time, files of both releases, log lines with their zone, and the greeting beside them."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from contacts_ui.middleware.static_files import StaticFilesMiddleware
from contacts_ui.observability.json_logs import JsonFormatter
from testing import ROOT
from testing.postgres_server import new_database
from testing.running_desk import SECRET_KEY, desk_environment

NEW = "css/app.0123456789ab.css"


def _together(env: dict[str, str], number: int) -> list[tuple[int, str]]:
    """Runs so many migrations at the same time; their exit codes and errors."""
    command = [sys.executable, "manage.py", "migrate", "--verbosity=1"]
    programs = [
        subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(number)
    ]
    return [(program.wait(), error) for program in programs for error in [program.communicate()[1]]]


@pytest.mark.outside
def test_two_migrations_of_postgres_do_not_race(postgres: str) -> None:
    """Without the lock the second one fails on the first table that both create."""
    results = _together(os.environ | {"DATABASE_URL": new_database(postgres, "raced")}, 2)
    assert [code for code, _ in results] == [0, 0]
    assert any("Another process is migrating this database" in error for _, error in results)


@pytest.mark.exhaustive
@pytest.mark.outside
def test_two_migrations_of_sqlite_do_not_race(tmp_path: Path) -> None:
    env = desk_environment(tmp_path, "http://127.0.0.1:9", 0, SECRET_KEY=SECRET_KEY)
    results = _together(env, 2)
    assert [code for code, _ in results] == [0, 0]
    assert any("Another process is migrating this database" in error for _, error in results)


def _passed_on(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=404)


@pytest.fixture
def serve(tmp_path: Path, settings: Settings) -> Callable[[str], int]:
    """The status with which a process that started with an empty folder of static files answers."""
    settings.STATIC_ROOT = str(tmp_path / "static")
    (tmp_path / "static" / "css").mkdir(parents=True)
    middleware = StaticFilesMiddleware(_passed_on)
    middleware.autorefresh = False
    return lambda name: middleware(RequestFactory().get(f"/static/{name}")).status_code


def test_file_of_newer_release_is_served_by_older_process(serve: Callable[[str], int], tmp_path: Path) -> None:
    assert serve(NEW) == 404
    (tmp_path / "static" / NEW).write_text("main {}")
    assert serve(NEW) == 200


@pytest.mark.parametrize(
    "name",
    [
        "staticfiles.json",
        "css/../../secret.0123456789ab.txt",
        "../secret.0123456789ab.txt",
        "css/link.0123456789ab.css",
        "css/plain.css",
    ],
)
def test_nothing_but_hashed_files_of_the_folder_is_looked_for(
    serve: Callable[[str], int], tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret.0123456789ab.txt").write_text("secret")
    (tmp_path / "static" / "staticfiles.json").write_text("{}")
    (tmp_path / "static" / "css" / "plain.css").write_text("main {}")
    (tmp_path / "static" / "css" / "link.0123456789ab.css").symlink_to(tmp_path / "secret.0123456789ab.txt")
    assert serve(name) == 404


def test_process_of_newer_release_serves_files_of_both(settings: Settings, tmp_path: Path) -> None:
    """`collectstatic` adds to the folder: whoever still has an older page gets its stylesheet."""
    settings.STATIC_ROOT, source = str(tmp_path / "static"), tmp_path / "source"
    for path in (tmp_path / "static" / NEW, source / "css" / "app.css"):
        path.parent.mkdir(parents=True)
        path.write_text("main {}")
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    bundling = {"BACKEND": "contacts_ui.web.scripts.BundlingStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": bundling}
    call_command("collectstatic", interactive=False, verbosity=0)
    middleware = StaticFilesMiddleware(_passed_on)
    both = {NEW, staticfiles_storage.url("css/app.css").removeprefix("/static/")}
    assert both != {NEW, "css/app.css"}
    assert {middleware(RequestFactory().get(f"/static/{name}")).status_code for name in both} == {200}


def test_log_line_says_its_zone() -> None:
    """RFC 3339, whatever the zone of the machine is."""
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "x", (), None)
    time = json.loads(JsonFormatter().format(record))["time"]
    assert "T" in time
    assert datetime.fromisoformat(time).utcoffset() == timedelta(0)
    assert abs(datetime.fromisoformat(time).timestamp() - record.created) < 0.002


@pytest.mark.outside
def test_launcher_writes_its_greeting_to_stderr(tmp_path: Path) -> None:
    """It ends at the first thing that cannot be right; what it has said until then is not on stdout."""
    env = desk_environment(tmp_path, "http://127.0.0.1:9", 0, SECRET_KEY=SECRET_KEY, PORT="none")
    done = subprocess.run(
        [sys.executable, "-m", "tools.run"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("", 1)
    assert "Starting Contact Desk." in done.stderr
