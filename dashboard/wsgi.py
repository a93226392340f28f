"""WSGI application. Refuses to start without an API key, without which the desk cannot show anything."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

if not settings.SENT_API_KEY:
    raise ImproperlyConfigured("SENT_API_KEY is not set. Put it in .env, or run `make run` for the demo.")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


# A boundary of a multipart form, as browsers write it (RFC 2046).
_BOUNDARY = re.compile(r""";\s*boundary="?([\w'()+,./:=?-]{1,70})"?\s*(?:;|\Z)""", re.ASCII | re.IGNORECASE)


def hardened(application: Application) -> Application:
    """Corrects what Django would take from a request on trust before any middleware runs."""

    def harden(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        kind, separator, parameters = environ.get("CONTENT_TYPE", "").partition(";")
        if separator:
            environ["CONTENT_TYPE"] = _content_type(kind.strip(), separator + parameters)
        if environ["REQUEST_METHOD"] == "POST" and "CONTENT_LENGTH" not in environ:
            _measure_body(environ)
        return application(environ, start_response)

    return harden


def _content_type(kind: str, parameters: str) -> str:
    """The type, with no parameter but the boundary: texts are UTF-8, and some charsets of Python raise errors."""
    boundary = _BOUNDARY.search(parameters)
    return f'{kind}; boundary="{boundary[1]}"' if boundary else kind


def _measure_body(environ: dict[str, Any]) -> None:
    """Gives a body without Content-Length (chunked) the length that it has: without one Django reads nothing.

    Reads at most a byte more than is allowed; middleware/size_limits.py then refuses it by its length.
    """
    if not environ.get("wsgi.input_terminated"):  # then the server does not end the input where the body ends
        return
    body, most = bytearray(), settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
    while len(body) < most and (chunk := environ["wsgi.input"].read(most - len(body))):
        body += chunk
    environ |= {"wsgi.input": BytesIO(bytes(body)), "CONTENT_LENGTH": str(len(body))}


application = hardened(get_wsgi_application())
# One line a worker: which version answered until when.
logging.getLogger(__name__).info("desk.process.started", extra={"version": settings.DESK_VERSION, "pid": os.getpid()})
