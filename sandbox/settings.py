"""Django's settings of the sandbox: no database, no apps, nothing of the desk.

What the flags say is not here but in `state.State`, which the server hands to every request.
"""

from __future__ import annotations

SECRET_KEY = "the-sandbox-signs-nothing"  # noqa: S105 - Django wants one; no cookie, session or token is made with it
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "sandbox.urls"
MIDDLEWARE = ["sandbox.middleware.FaultMiddleware"]
INSTALLED_APPS: list[str] = []
DATABASES: dict[str, dict[str, str]] = {}
USE_TZ = True
USE_I18N = False
APPEND_SLASH = False
LOGGING_CONFIG = None  # set up in server.py: a 4xx or 5xx asked for is not news
