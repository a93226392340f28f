"""Several processes with one Redis: what one fetched the others have, and what they ask together is one call."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from testing.sandbox_server import SandboxServer

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = """
import sys, time
import django
django.setup()
from concurrent.futures import ThreadPoolExecutor
from contacts_ui.gateway import gateway
from contacts_ui.scope import Scope
from contacts_ui.sent.queries import ContactQuery
scope, query = Scope(None, "account", switchable=False), ContactQuery(search=sys.argv[2])
gateway()
time.sleep(max(0, float(sys.argv[1]) - time.time()))
with ThreadPoolExecutor(8) as pool:
    pages = list(pool.map(lambda _: gateway().contacts(scope, query), range(8)))
print(*sorted({len(shown.value.contacts) for shown in pages}))
"""


def _processes(count: int, sandbox: SandboxServer, cache_url: str, folder: Path, search: str) -> list[str]:
    """What each process says: the sizes of the pages its eight threads got."""
    settings = os.environ | {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "SENT_API_URL": sandbox.url,
        "SENT_API_KEY": "sandbox-organization",
        "CACHE_URL": cache_url,
        "SENT_BUDGET_FILE": str(folder / "budget"),
        "LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-c", SCRIPT, str(time.time() + 2.5), search]
    running = [
        subprocess.Popen(command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True) for _ in range(count)
    ]
    return [process.communicate(timeout=60)[0].strip() for process in running]


def test_three_processes_asking_the_same_at_once_are_one_call(
    sandbox: SandboxServer, redis_url: str, tmp_path: Path
) -> None:
    sandbox.fault(route="contacts", kind="slow", seconds=1.5)
    said = _processes(3, sandbox, redis_url, tmp_path, "2")
    assert len(set(said)) == 1
    assert said[0].isdecimal()
    assert len(sandbox.requests()) == 1


def test_what_one_process_fetched_the_next_has(sandbox: SandboxServer, redis_url: str, tmp_path: Path) -> None:
    for _ in range(2):
        _processes(1, sandbox, redis_url, tmp_path, "7")
    assert len(sandbox.requests()) == 1


def test_without_redis_each_process_asks_once(sandbox: SandboxServer, tmp_path: Path) -> None:
    _processes(2, sandbox, "locmemcache://contacts", tmp_path, "2")
    assert len(sandbox.requests()) == 2


def test_a_redis_that_went_away_costs_calls_but_no_page(sandbox: SandboxServer, tmp_path: Path) -> None:
    (said,) = _processes(1, sandbox, "redis://127.0.0.1:9/0", tmp_path, "3")
    assert said.isdecimal()
    assert sandbox.requests()


@pytest.mark.parametrize("url", ["dbcache://table", "filecache:///tmp/x", "memcache://h"])
def test_contacts_are_never_kept_on_disk(url: str) -> None:
    code = "from django.conf import settings; settings.DEBUG"
    settings = os.environ | {"CACHE_URL": url, "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=settings, capture_output=True, text=True, check=False
    )
    assert "contacts are not stored on disk" in result.stderr
