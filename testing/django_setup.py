"""Django setup on import, for programs outside pytest that use testing.accounts."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "testing.desk_settings")
for name, value in {"SECRET_KEY": "unused-" + "x" * 50, "ENV_FILE": "/nonexistent"}.items():
    os.environ.setdefault(name, value)
django.setup()
