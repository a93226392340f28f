"""Settings of a test desk: the desk's own, with a password hash that costs microseconds instead of half a second."""

from __future__ import annotations

from dashboard.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A machine that is busy is no Redis that hangs: after half a second production goes on without it, and asks once more.
if REDIS_URL:  # noqa: F405
    CACHES["contacts"]["OPTIONS"] |= {"socket_timeout": 30.0, "socket_connect_timeout": 30.0}  # noqa: F405
