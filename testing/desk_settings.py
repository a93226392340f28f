"""Settings of a test desk: the desk's own, with MD5 password hashes (microseconds instead of half a second)."""

from __future__ import annotations

import os

from dashboard.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Longer Redis timeouts: after the production timeout of half a second a busy test machine looks like a hanging Redis.
if REDIS_URL:  # noqa: F405
    CACHES["contacts"]["OPTIONS"] |= {"socket_timeout": 30.0, "socket_connect_timeout": 30.0}  # noqa: F405

if "NUMBER_INDEX_MOST_CONTACTS" not in os.environ:
    NUMBER_INDEX_MOST_CONTACTS = 0  # off: tests count calls and queries; those of the index switch it on
