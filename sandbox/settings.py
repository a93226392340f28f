"""Django settings of the sandbox: no database, no apps, nothing of the desk.

The command-line flags are in `state.Sandbox`, which the server puts into the WSGI environment.
"""

from __future__ import annotations

SECRET_KEY = "the-sandbox-signs-nothing"  # noqa: S105 - required by Django; signs no cookie, session or token
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "sandbox.urls"
MIDDLEWARE = ["sandbox.middleware.FaultMiddleware"]
INSTALLED_APPS: list[str] = []
DATABASES: dict[str, dict[str, str]] = {}
USE_TZ = True
USE_I18N = False
APPEND_SLASH = False
LOGGING_CONFIG = None  # configured in server.py: 4xx and 5xx queued as faults are not logged
