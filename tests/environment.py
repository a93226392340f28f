"""A pytest plugin (`-p`), loaded before Django's settings: tests never read the developer's own `.env`."""

from __future__ import annotations

import os
import tempfile

os.environ |= {
    "SECRET_KEY": "tests-only-" + "x" * 50,
    "SITE_URL": "http://localhost:8000",
    "SENT_API_URL": "http://127.0.0.1:9",
    "SENT_API_KEY": "sandbox-organization",
    "DATABASE_URL": "sqlite://:memory:",
    "STATIC_ROOT": tempfile.mkdtemp(prefix="desk-static-"),
    "ENV_FILE": "/nonexistent",
    "DEBUG": "false",
    "TRUST_PROXY": "false",
    "LOG_LEVEL": "INFO",
}
