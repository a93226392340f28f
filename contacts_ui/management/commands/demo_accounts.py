"""`manage.py demo_accounts`: the two people of the demo. Only for the sandbox; make run calls it."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from contacts_ui.gateway import get_gateway
from contacts_ui.people import demo_accounts
from contacts_ui.people.permissions import NotAllowed


class Command(BaseCommand):
    """Creates `support` (three profiles) and `admin` (everything), with the password in DEMO_PASSWORD."""

    help = (
        "Make or refresh the demo accounts `support` and `admin`, in a database that has no others. "
        "The password is read from DEMO_PASSWORD."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do instead of making them."""
        instead = parser.add_mutually_exclusive_group()
        instead.add_argument("--check", action="store_true", help="only fail if this database is a real desk’s")
        instead.add_argument("--deactivate", action="store_true", help="deactivate them, and sign them out")

    def handle(self, *_args: Any, check: bool, deactivate: bool, **_options: Any) -> None:
        """Idempotent: passwords are set anew, existing assignments stay."""
        if check:
            return _check()
        if deactivate:
            names = demo_accounts.deactivate()
            self.stdout.write(f"Deactivated: {', '.join(names)}." if names else "There are no demo accounts here.")
            return None
        password = os.environ.get("DEMO_PASSWORD")
        if not password:
            raise CommandError("Set DEMO_PASSWORD to the password the demo accounts are to have.")
        try:
            demo_accounts.refresh(password, get_gateway().account().value.profiles)
        except NotAllowed as error:
            raise CommandError(str(error)) from None
        self.stdout.write("Demo accounts are ready.")
        return None


def _check() -> None:
    try:
        real = demo_accounts.is_real_desk()
    except DatabaseError as error:
        raise CommandError(f"The desk’s database cannot be read ({type(error).__name__}).") from None
    if real:
        raise CommandError(
            "SENT_API_KEY is not set, and the desk’s database has accounts. Set the key in .env. "
            "To see the demo nevertheless, give another database: DATABASE_URL=sqlite:///another.sqlite3 make run"
        )
