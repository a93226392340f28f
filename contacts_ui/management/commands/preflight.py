"""`manage.py preflight`: what an operator should know before the desk serves. The launcher of `make run` calls it."""

from __future__ import annotations

import logging
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from contacts_ui.gateway import get_gateway
from contacts_ui.people.break_glass import find_admins
from contacts_ui.people.demo_accounts import demo_accounts
from contacts_ui.roles import ADMIN
from contacts_ui.sent_api.errors import InvalidApiKey, SentError
from contacts_ui.sent_api.types import Account
from contacts_ui.web.errors import error_page_for

MAX_SECONDS = 5.0  # for the one call: a slow API must not hold up the start for long
WIDTH = 11  # of the first column
DEFAULT_SITE_URL = "http://localhost:8000"
KEYS = {"organization": "organization key", "user": "single-account key", "profile": "key of one profile"}


class Command(BaseCommand):
    """Refuses active demo accounts, asks the API once whose the key is, and says what is missing."""

    help = "Check accounts and API key (one call of /v3/me), and print what is missing. Fails on active demo accounts."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """A key that is rejected, or an API that does not answer, is reported; the desk may start nevertheless."""
        _refuse_demo_accounts()
        if not settings.SENT_API_KEY:
            raise CommandError("SENT_API_KEY is not set. Put it in .env, or run make run for the demo.")
        with _quiet():
            lines = [*_account_lines(), *_admin_lines()]
        self.stdout.write("\n".join(lines))


def _refuse_demo_accounts() -> None:
    active = demo_accounts().filter(is_active=True).order_by("username").values_list("username", flat=True)
    if active:
        raise CommandError(
            f"The desk’s database has demo accounts that can sign in ({', '.join(active)}), and this is no demo. "
            f"Deactivate them: {_command('demo_accounts', '--deactivate')}"
        )


def _account_lines() -> Iterator[str]:
    try:
        account = get_gateway().verify_key(min(MAX_SECONDS, settings.SENT_DEADLINE))
    except InvalidApiKey:
        yield _line("API key", f"REJECTED by {settings.SENT_API_URL}. Contacts can’t be shown.")
        yield _line("", f"Replace the key: change {settings.SETTING_PLACES['SENT_API_KEY']}, then start again.")
    except SentError as error:
        page = error_page_for(error, "")
        yield _line("API", f"{page.title if page else type(error).__name__} ({settings.SENT_API_URL}).")
        yield _line("", "The desk starts nevertheless, and shows contacts as soon as the API answers.")
    else:
        yield _line("Account", account.display_name)
        yield _line("API key", _key_and_profiles(account))


def _key_and_profiles(account: Account) -> str:
    kind = KEYS.get(account.type or "", "key of an unknown kind")
    if not account.is_organization:
        return f"{kind}, so there are no profiles to switch between"
    number = len(account.profiles)
    return f"{kind}, {number:,} {'profile' if number == 1 else 'profiles'}"


def _admin_lines() -> Iterator[str]:
    admins = find_admins()
    if admins.ready:
        return
    if admins.waiting:
        yield _line(
            "Missing", f"{admins.waiting[0]} has not chosen a password yet. If the link is lost, make a new one:"
        )
    else:
        yield _line("Missing", "There is no admin yet. Choose a user name and make the first one:")
    yield _line("", _command("desk_admin", *(admins.waiting[:1] or ("NAME",))))
    if groups := [group for group, role in settings.OIDC_ROLES.items() if role == ADMIN]:
        yield _line("", f"Or sign in with {settings.OIDC_NAME} as a member of {' or '.join(groups)}.")


def _line(name: str, text: str) -> str:
    return f"  {name:<{WIDTH}}{text}"


def _command(*arguments: str) -> str:
    """The command as typed in the project's directory, with the variables that this process has and a shell lacks."""
    python = Path(sys.executable)
    # Not resolved: the interpreter of a virtual environment is a link.
    shown = python.relative_to(settings.BASE_DIR) if python.is_relative_to(settings.BASE_DIR) else python
    return " ".join([*_variables(), shlex.join([str(shown), "manage.py", *arguments])])


def _variables() -> Iterator[str]:
    if path := os.environ.get("ENV_FILE"):
        yield f"ENV_FILE={shlex.quote(path)}"
    for name in ("DATABASE_URL", "SITE_URL"):
        value, is_default = os.environ.get(name), settings.SITE_URL == DEFAULT_SITE_URL and name == "SITE_URL"
        # A PostgreSQL URL may hold a password, which does not belong on a screen.
        if value and not is_default and "@" not in value and settings.SETTING_PLACES[name].endswith("environment"):
            yield f"{name}={shlex.quote(value)}"


@contextmanager
def _quiet() -> Iterator[None]:
    """Without log lines: the report says what they would."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
