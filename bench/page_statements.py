"""SQL statements of one request, in one process with Django's test client through every middleware.

Usage, in the environment of a desk: python -m bench.page_statements PAGE..., each `NAME=PATH`, a fragment if its name
begins so. Prints one line of JSON: name to statements, of the second request of each page, which is warm and cached.
"""

from __future__ import annotations

import json
import os
import sys
from urllib.parse import urlsplit

import django


def main() -> int:
    """Prints the statements of each page."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    os.environ["LOG_LEVEL"] = "error"  # the log goes to stdout as well
    django.setup()
    print(
        json.dumps({name: _statements(name, path) for name, _, path in (page.partition("=") for page in sys.argv[1:])})
    )
    return 0


def _statements(name: str, path: str) -> list[str]:
    from django.conf import settings  # noqa: PLC0415  # after setup
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    htmx = {"HX-Request": "true", "HX-Request-Type": "partial"} if name.startswith("fragment") else None
    client = Client(HTTP_HOST=urlsplit(settings.SITE_URL).netloc)
    client.force_login(User.objects.get(username="agent-0"))
    client.get(path, headers=htmx)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path, headers=htmx)
    if response.status_code != 200:
        raise RuntimeError(f"status {response.status_code}")
    return [query["sql"] for query in queries]


if __name__ == "__main__":
    sys.exit(main())
