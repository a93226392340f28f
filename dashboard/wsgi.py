"""WSGI application. Refuses to start without an API key, without which the desk cannot show anything."""

from __future__ import annotations

import logging
import os

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

if not settings.SENT_API_KEY:
    raise ImproperlyConfigured("SENT_API_KEY is not set. Put it in .env, or run `make run` for the demo.")

application = get_wsgi_application()
# One line a worker: which version answered until when.
logging.getLogger(__name__).info("desk.process.started", extra={"version": settings.DESK_VERSION, "pid": os.getpid()})
