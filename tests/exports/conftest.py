"""Helpers of the export tests: a person who exports, an export to its end by the worker, and what is in a file."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import openpyxl
import pytest
from django.contrib.auth.models import Group, User
from pytest_django import Settings

from contacts_ui.access import scope_for
from contacts_ui.contacts.filters import parse_filters
from contacts_ui.exports import service
from contacts_ui.models import Export, GroupPolicy, ProfileAccess
from contacts_ui.preferences import preferences_for
from contacts_ui.roles import EXPORTER
from contacts_ui.scope import Scope
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer

ALL_COLUMNS = [name for name, _title in service.COLUMNS]


@dataclass
class Person:
    """Somebody who exports contacts of `profile_id`; None: of the account."""

    user: User
    profile_id: str | None

    @property
    def scope(self) -> Scope:
        """What they see, as a page of theirs has it."""
        user = User.objects.get(pk=self.user.pk)
        return scope_for(user, UUID(self.profile_id) if self.profile_id else None)

    def asks(self, file_format: service.Format = "xlsx", columns: list[str] | None = None, **parameters: str) -> Export:
        """Asks for an export of the list with these parameters."""
        scope, user = self.scope, User.objects.get(pk=self.user.pk)
        masked = preferences_for(user).mask_forced
        query = parse_filters(f"{scope.path}contacts/", parameters, regions=("GB", "US"), mask_forced=masked)
        chosen = ALL_COLUMNS if columns is None else columns
        return service.request_export(user, scope, query, file_format=file_format, columns=chosen)

    def exports(self, file_format: service.Format = "xlsx", columns: list[str] | None = None, **given: str) -> Export:
        """The same, to its end."""
        return finished(self.asks(file_format, columns, **given))

    def content(self, export: Export) -> bytes:
        """The file as it is downloaded."""
        return downloaded(self.user, export)


@pytest.fixture
def exporter(db: None, desk_api: SandboxServer, settings: Settings) -> Person:
    """User `elke` in the group `exporter`, assigned to the sandbox's profile 1."""
    user = User.objects.create_user("elke", password="x")
    user.groups.add(Group.objects.get(name=EXPORTER))
    profile_id = str(desk_api.profiles()[1]["id"])
    ProfileAccess.objects.create(user=user, profile_id=UUID(profile_id))
    return Person(user, profile_id)


@pytest.fixture
def account_exporter(admin_user: User, desk_api: SandboxServer) -> Person:
    """The admin, who exports the account's own list of 600 contacts."""
    return Person(admin_user, None)


def mask(person: Person) -> None:
    """Forces masked numbers for the person, by a group."""
    group = Group.objects.create(name=f"masked {uuid4()}")
    User.objects.get(pk=person.user.pk).groups.add(group)
    GroupPolicy.objects.create(group=group, mask_numbers=True)


def finished(export: Export) -> Export:
    """The export after every task that is due has run."""
    run_tasks()
    return again(export)


def again(export: Export) -> Export:
    """The row as it is now."""
    return Export.objects.select_related("snapshot").get(pk=export.pk)


def downloaded(user: User, export: Export, start: int = 0, end: int | None = None) -> bytes:
    """The bytes of a file, as `user` downloads them."""
    download = service.open_download(user, again(export), start, end)
    content = b"".join(download.chunks)
    service.finish_download(user, again(export), download, len(content))
    return content


def csv_rows(content: bytes) -> list[list[str]]:
    """The rows of a CSV file, its header first."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def _without_date(value: object) -> object:
    return value.isoformat(" ") if isinstance(value, datetime) else value


def sheets_of(content: bytes) -> dict[str, list[list[str]]]:
    """The rows of every sheet by its name, as openpyxl reads them: every cell a text, or a date, given as in CSV."""
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    found = {}
    for sheet in book.worksheets:
        rows = [[_without_date(cell.value) for cell in row] for row in sheet.iter_rows()]
        assert all(value is None or isinstance(value, str) for row in rows for value in row)
        found[sheet.title] = [["" if value is None else str(value) for value in row] for row in rows]
    return found
