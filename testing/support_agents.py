"""Support agents for load tests: creates users with sessions and unusable passwords in the desk's database.

Usage, with the environment of a desk: python -m testing.support_agents NUMBER EACH PROFILE... Prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
from uuid import UUID

import django


def main() -> int:
    """Creates the agents; prints a JSON list of `session` (the cookie's value) and `profiles`."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    django.setup()
    number, each, profiles = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    agents = []
    for index in range(number):
        assigned = [profiles[(index + step) % len(profiles)] for step in range(min(each, len(profiles)))]
        agents.append({"session": _session(f"agent-{index}", assigned), "profiles": assigned})
    sys.stdout.write(json.dumps(agents) + "\n")
    return 0


def _session(username: str, profiles: list[str]) -> str:
    from django.conf import settings  # noqa: PLC0415
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: PLC0415 - after setup
    from django.contrib.auth.models import Group, User  # noqa: PLC0415

    from contacts_ui.models import ProfileAccess  # noqa: PLC0415
    from contacts_ui.sign_in.hashed_sessions import SessionStore  # noqa: PLC0415

    user, _created = User.objects.get_or_create(username=username)
    user.groups.set([Group.objects.get(name="support")])
    ProfileAccess.objects.filter(user=user).delete()
    ProfileAccess.objects.bulk_create(ProfileAccess(user=user, profile_id=UUID(profile)) for profile in profiles)
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


if __name__ == "__main__":
    sys.exit(main())
