"""Test environment: pytest plugin (`-p`) loaded before Django's settings, so that tests read no developer's `.env`."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Generator

import pytest

STATIC_ROOT = tempfile.mkdtemp(prefix="desk-static-")
atexit.register(shutil.rmtree, STATIC_ROOT, ignore_errors=True)

os.environ |= {
    "SECRET_KEY": "tests-only-" + "x" * 50,
    "SITE_URL": "http://localhost:8000",
    "HOST": "127.0.0.1",
    "SENT_API_URL": "http://127.0.0.1:9",
    "SENT_API_KEY": "sandbox-organization",
    "DATABASE_URL": "sqlite://:memory:",
    "STATIC_ROOT": STATIC_ROOT,
    "ENV_FILE": "/nonexistent",
    "DEBUG": "false",
    "TRUST_PROXY": "false",
    "LOG_LEVEL": "INFO",
    # Playwright runs an event loop in the thread of the tests; Django would refuse queries there. No query runs in it.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
}

# A background job of a shell ignores SIGINT, and started programs inherit that, also those whose Ctrl-C is tested.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keeps the thousands of collected tests and loaded modules, which live to the end, out of garbage collections.

    Fewer collections besides: a request of a test leaves thousands of objects, most of them freed by their counts.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        gc.enable()
