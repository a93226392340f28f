"""Desk template: a migrated database with users and collected static files, built once and copied for each desk.

Run as a program with the environment of a desk it builds them: `python -m testing.desk_template`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock

from testing import ROOT
from testing.totp import SECRET

PASSWORD = "a long demo password"  # of every user on every test desk

# Users of a test desk: user name -> role, and further fields of the user.
PEOPLE: dict[str, tuple[str | None, dict[str, Any]]] = {
    "admin": ("admin", {"is_staff": True, "is_superuser": True}),
    "support": ("support", {}),
    "mara": ("admin", {"first_name": "Mara", "last_name": "Ellis", "is_staff": True}),
    "masha": ("admin", {"first_name": "Masha", "last_name": "Lind"}),
    "pat": ("admin", {"first_name": "Pat", "last_name": "Moreno"}),
    "nia": (None, {"first_name": "Nia", "last_name": "Okafor"}),
    "theo": (None, {"first_name": "Theo", "last_name": "Brandt"}),
    "kim": (None, {"first_name": "Kim", "last_name": "Adeyemi"}),
}
PASSKEYS = ("Work laptop", "Phone")  # Theo's
UNCOMPRESSED = ("css", "js", "json", "md", "svg", "txt")  # to compress the static files takes 5 CPU s


@dataclass(frozen=True, slots=True)
class DeskTemplate:
    """Files of the template: an SQLite database to copy, and static files to serve in place."""

    database: Path
    static: Path

    def copy_database(self, target: Path) -> None:
        """Copies the database to the file of a desk."""
        _copy_private(self.database, target)


def desk_template(folder: Path, settings: Mapping[str, str], migrated: Path | None = None) -> DeskTemplate:
    """Returns the template in `folder`, built once under a file lock; `settings` is the environment of a desk.

    `migrated` is a database to begin with; without one the template is migrated from nothing.
    """
    template = DeskTemplate(folder / "desk.sqlite3", folder / "static")
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        if not (folder / "made").exists():
            if migrated is not None:
                _copy_private(migrated, template.database)
            env = dict(settings) | {
                "DATABASE_URL": f"sqlite:///{template.database}",
                "STATIC_ROOT": str(template.static),
            }
            subprocess.run([sys.executable, "-m", "testing.desk_template"], cwd=ROOT, env=env, check=True)
            (folder / "made").touch()
    return template


def _copy_private(database: Path, target: Path) -> None:
    shutil.copyfile(database, target)
    target.chmod(0o600)  # or the desk does not start


def _main() -> None:
    import django  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "testing.desk_settings")
    django.setup()
    from django.conf import settings  # noqa: PLC0415 - after setup
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    settings.WHITENOISE_SKIP_COMPRESS_EXTENSIONS = UNCOMPRESSED
    call_command("collectstatic", interactive=False, verbosity=0)
    _make_people()
    with connection.cursor() as cursor:  # flush the write-ahead log: one file is copied
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _make_people() -> None:
    from allauth.mfa.models import Authenticator  # noqa: PLC0415 - after setup
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes  # noqa: PLC0415
    from allauth.mfa.totp.internal.auth import TOTP  # noqa: PLC0415
    from django.contrib.auth.models import Group, User  # noqa: PLC0415

    from contacts_ui.models import Preferences  # noqa: PLC0415

    users = {}
    for username, (role, fields) in PEOPLE.items():
        users[username] = User.objects.create_user(username, password=PASSWORD, **fields)
        users[username].date_joined -= timedelta(days=2)  # so that "Never signed in" is a warning
        users[username].save(update_fields=["date_joined"])
        users[username].groups.set(Group.objects.filter(name=role))
    Preferences.objects.create(user=users["masha"], mask_numbers=True)
    # Theo has TOTP, recovery codes and passkeys; Kim has TOTP and recovery codes.
    for user in (users["theo"], users["kim"]):
        TOTP.activate(user, SECRET)
        RecoveryCodes.activate(user)
    for name in PASSKEYS:
        passkey = {"name": name, "credential": {}}
        Authenticator.objects.create(user=users["theo"], type=Authenticator.Type.WEBAUTHN, data=passkey)


if __name__ == "__main__":
    _main()
