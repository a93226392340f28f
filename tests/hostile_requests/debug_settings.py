"""Settings of a desk that logs everything at DEBUG and has a page that raises. For test_running.py alone."""

from __future__ import annotations

from dashboard.settings import LOGGING as _QUIET
from testing.desk_settings import *  # noqa: F403

ROOT_URLCONF = "tests.hostile_requests.debug_urls"
LOGGING = _QUIET | {
    "root": _QUIET["root"] | {"level": "DEBUG"},
    "loggers": _QUIET["loggers"] | {"urllib3": {"level": "DEBUG"}, "django": {"handlers": [], "level": "DEBUG"}},
}
