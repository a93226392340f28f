"""WSGI application, and how the server calls it. Refuses to start without an API key: the desk could show nothing."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from .private_files import require_private_files
from .rsgi import RsgiBridge, WsgiApplication
from .start import explained, keep_files_private

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
keep_files_private()

with explained():
    if not settings.SENT_API_KEY:
        raise ImproperlyConfigured("SENT_API_KEY is not set. Put it in .env, or run `make run` for the demo")
    require_private_files()


# A boundary of a multipart form, as browsers write it (RFC 2046).
_BOUNDARY = re.compile(r""";\s*boundary="?([\w'()+,./:=?-]{1,70})"?\s*(?:;|\Z)""", re.ASCII | re.IGNORECASE)


def with_plain_content_type(application: WsgiApplication) -> WsgiApplication:
    """Corrects the content type that Django would believe before any middleware runs."""

    def corrected(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        kind, separator, parameters = environ.get("CONTENT_TYPE", "").partition(";")
        if separator:
            environ["CONTENT_TYPE"] = _content_type(kind.strip(), separator + parameters)
        return application(environ, start_response)

    return corrected


def _content_type(kind: str, parameters: str) -> str:
    """The type, with no parameter but the boundary: texts are UTF-8, and some charsets of Python raise errors."""
    boundary = _BOUNDARY.search(parameters)
    return f'{kind}; boundary="{boundary[1]}"' if boundary else kind


application = with_plain_content_type(get_wsgi_application())
# What granian runs. A byte more than the desk accepts is read, so that it is refused by its length.
server = RsgiBridge(application, settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
# One line a worker: which version answered until when.
logging.getLogger(__name__).info("desk.process.started", extra={"version": settings.DESK_VERSION, "pid": os.getpid()})
