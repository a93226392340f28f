"""Database setup of the admin baseline: copies every contact of a sandbox and creates a signed-in superuser.

Usage, with the environment of the baseline: python -m bench.admin_stub.fill SANDBOX_URL. Prints the value of the
session cookie.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import django
import requests
from babel import Locale
from django.core.management import call_command

KEY = "sandbox-organization"
_TERRITORIES = Locale("en").territories


def main() -> int:
    """Fills the database; the last line printed is the session key."""
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    _copy(sys.argv[1])
    print(_session())
    return 0


def _copy(url: str) -> None:
    from .models import Contact  # noqa: PLC0415 - after setup

    rows = {contact["id"]: contact for contact in _contacts(url)}
    Contact.objects.bulk_create(
        [
            Contact(
                id=key,
                number=row.get("format_international") or "No number",
                national=row.get("format_national") or "",
                region=_TERRITORIES.get(row.get("region_code") or "", ""),
                channels=row.get("available_channels") or "",
                opt_out=row.get("opt_out"),
                created=row.get("created_at"),
                updated=row.get("updated_at"),
            )
            for key, row in rows.items()
        ],
        batch_size=1000,
    )


def _contacts(url: str) -> Iterator[dict[str, Any]]:
    """Yields the contacts of the organization and of each profile; a contact that two of them see is yielded twice."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["x-api-key"] = KEY
        profiles = session.get(f"{url}/_sandbox/profiles", timeout=30).json()["profiles"]
        for profile in (None, *(profile["id"] for profile in profiles)):
            headers = {"x-profile-id": profile} if profile else {}
            page, more = 1, True
            while more:
                response = session.get(
                    f"{url}/v3/contacts", params={"page": page, "page_size": 100}, headers=headers, timeout=30
                )
                data = response.json()["data"]
                yield from data["contacts"]
                page, more = page + 1, data["pagination"]["has_more"]


def _session() -> str:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: PLC0415 - after setup
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.contrib.sessions.backends.db import SessionStore  # noqa: PLC0415

    user = User.objects.create(username="bench", is_staff=True, is_superuser=True)
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


if __name__ == "__main__":
    sys.exit(main())
