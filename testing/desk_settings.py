"""Settings of a test desk: the desk's own, with a password hash that costs microseconds instead of half a second."""

from __future__ import annotations

from dashboard.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
