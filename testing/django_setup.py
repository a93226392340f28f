"""Django set up for programs that are no tests: importing it lets them write rows of a test desk (accounts.py)."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "testing.desk_settings")
for name, value in {"SECRET_KEY": "unused-" + "x" * 50, "ENV_FILE": "/nonexistent"}.items():
    os.environ.setdefault(name, value)
django.setup()
