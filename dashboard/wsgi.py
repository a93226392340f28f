"""WSGI application. Refuses to start without an API key, without which the desk cannot show anything."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

if not settings.SENT_API_KEY:
    raise ImproperlyConfigured("SENT_API_KEY is not set. Put it in .env, or run `make run` for the demo.")

application = get_wsgi_application()
