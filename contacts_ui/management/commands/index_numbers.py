"""`manage.py index_numbers`: builds the number index now, and prints what is stored.

Cost: one API call for 100 contacts, at background priority.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from contacts_ui import snapshots
from contacts_ui.gateway import get_gateway
from contacts_ui.models import NumberIndex, Snapshot
from contacts_ui.number_index import maintenance, store
from contacts_ui.sent_api.errors import SentError
from contacts_ui.sent_api.types import Account

from .desk_worker import run_one_task

LOOK_AGAIN = 0.5  # seconds, while there is nothing to do


class Command(BaseCommand):
    """Starts the snapshots; with --wait takes them itself, beside any worker, and builds the index."""

    help = "Build the number index now, and print scopes, contacts, API calls and bytes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which scopes; --wait."""
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--all", action="store_true", help="the account and every profile")
        which.add_argument("--profile", type=UUID, metavar="UUID", help="one profile")
        which.add_argument("--account", action="store_true", help="the account's own list (default)")
        parser.add_argument("--wait", action="store_true", help="until it is built; without a worker this one works")

    def handle(self, *_args: Any, profile: UUID | None, wait: bool, **options: Any) -> None:
        """Builds, then prints one line a scope."""
        if not settings.SENT_API_KEY:
            raise CommandError("SENT_API_KEY is not set. Put it in .env, or run make run for the demo.")
        if not settings.NUMBER_INDEX_MOST_CONTACTS:
            raise CommandError("The number index is off: NUMBER_INDEX_MOST_CONTACTS is 0.")
        try:
            known = get_gateway().background_account()
        except SentError as error:
            raise CommandError(
                f"The messaging service did not say whose key this is ({type(error).__name__})."
            ) from None
        scopes = _scopes(known, profile, every=options["all"])
        started = [maintenance.start(scope) for scope in scopes]
        if wait:
            _finish(started, known)
        self._print(started)

    def _print(self, started: list[Snapshot]) -> None:
        for snapshot in started:
            snapshot.refresh_from_db()
            scope = store.scope_id(snapshot.profile_id)
            index = NumberIndex.objects.get(key_fingerprint=snapshot.key_fingerprint, scope=scope)
            if index.snapshot == snapshot.pk:
                complete = "complete" if index.whole else f"not complete ({snapshot.coverage})"
                figures = f"{index.contacts:,} contacts, {index.calls:,} calls, {index.bytes:,} bytes"
                self.stdout.write(f"{scope}: {figures}, {complete}")
            elif snapshot.is_unfinished:
                self.stdout.write(f"{scope}: started, the worker builds it")
            else:
                raise CommandError(f"{scope}: {snapshot.state}, {snapshot.error or 'not built'}")


def _scopes(account: Account, profile: UUID | None, *, every: bool) -> Iterable[str | None]:
    """The scopes asked for; the account's by default."""
    if profile is not None:
        found = account.profile(profile)
        if found is None:
            raise CommandError(f"The key has no profile {profile}.")
        return [found.id]
    if every and account.is_organization:
        return [None, *(each.id for each in account.profiles)]
    return [None]


def _finish(started: list[Snapshot], account: Account) -> None:
    """Works until the snapshots have ended, then builds."""
    while any(snapshot.is_unfinished for snapshot in started):
        if not run_one_task():
            snapshots.sweep()
            time.sleep(LOOK_AGAIN)
        for snapshot in started:
            snapshot.refresh_from_db()
    maintenance.build_finished(get_gateway().api_key_fingerprint, account)
