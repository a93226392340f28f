"""`manage.py desk_admin NAME`: break-glass. Makes the first admin or lets one in again, with a one-time link."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacts_ui.audit import AuditWriteError
from contacts_ui.people.break_glass import LetIn, let_in_admin
from contacts_ui.people.permissions import NotAllowed


class Command(BaseCommand):
    """Prints a link by which the admin NAME chooses a password. It works once, for a day."""

    help = (
        "Make an admin, or let one in again: activate the account and print a link to choose a password. "
        "It works once, for a day. All of it is in the audit log."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The name, and what else was lost."""
        parser.add_argument("name", help="user name of the admin")
        parser.add_argument(
            "--remove-factors", action="store_true", help="also remove their second factors, for a device that is lost"
        )

    def handle(self, *_args: Any, name: str, remove_factors: bool, **_options: Any) -> None:
        """The old password works until another is chosen."""
        try:
            let_in = let_in_admin(name, remove_factors=remove_factors)
        except NotAllowed as error:
            raise CommandError(f"Nothing was changed. {error}") from None
        except AuditWriteError as error:
            raise CommandError("Nothing was changed: it could not be recorded.") from error
        self.stdout.write("\n".join(_lines(let_in)))


def _lines(let_in: LetIn) -> list[str]:
    link = let_in.link
    lines = [f"{link.person.user.username}: {done}" for done in let_in.done]
    lines += ["", f"Open this link to choose a password. It works once, for {link.hours} hours:", link.url or "", ""]
    if let_in.has_second_factor:
        lines.append("They have a second factor. If it is lost as well, add --remove-factors.")
    return lines
