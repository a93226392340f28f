"""Fragments of people whose rights and preferences change between them: each is what one written from nothing is.

From nothing: the row's template for each row, over the same answer, with nothing kept of it. Two people and two tabs
share the answers; what one of them sees must never be what was made for the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.template import engines
from django.test import Client
from django.utils.timezone import get_current_timezone
from markupsafe import Markup
from pytest_django import Settings

from contacts_ui.columns import default_columns
from contacts_ui.models import GroupPolicy, Preferences, ProfileAccess
from contacts_ui.roles import set_role
from contacts_ui.sent_api.types import ContactPage
from contacts_ui.web import contact_rows
from testing.sandbox_server import SandboxServer

from .html import fragment, text

STEPS = 60
PARAMETERS: tuple[dict[str, str], ...] = (
    {},
    {"page": "2", "page_size": "20"},
    {"page": "5", "page_size": "20"},
    {"page_size": "50"},
    {"page_size": "100"},
    {"columns": "region created"},
    {"columns": "owner"},
    {"channel": "whatsapp"},
    {"search": "55"},
    {"search": "555"},
    {"search": "555", "columns": "owner channels"},
    {"search": "5550"},
)
_VARYING = re.compile(r'just now|\d+ s ago|data-age="\d+"|desk_[0-9a-f]{16}')


@contextmanager
def _nothing_kept() -> Iterator[None]:
    """Rows by their template, one by one, and pages that keep nothing."""

    def write(
        writer: Any, page: ContactPage, columns: Any, *, readable: bool, path: str, spellings: Any, owners: Any
    ) -> Markup:
        zone, named = get_current_timezone(), frozenset((owners or {}).items())
        look = contact_rows.RowLook(tuple(columns), readable, zone, path, tuple(spellings), named)
        each = ((contact, next(iter(writer.texts([contact], look)))) for contact in page.contacts)
        rows = "".join(writer.render(row, look.columns, contact.opt_out) for contact, row in each)
        return Markup(rows)  # noqa: S704  # of the template and escaped texts

    empty = property(lambda _page: {})
    with patch.object(contact_rows.ContactRows, "__call__", write), patch.object(ContactPage, "memo", empty):
        yield


def _shown(client: Client, path: str, parameters: dict[str, str]) -> tuple[int, str]:
    response = fragment(client, path, **parameters)
    return response.status_code, _VARYING.sub("now", text(response))


def _changes(people: list[User], sandbox: SandboxServer) -> list[Callable[[Random], object]]:
    """What may happen between two fragments."""
    profiles = [UUID(profile["id"]) for profile in sandbox.profiles()[:3]]

    def prefer(random: Random) -> None:
        wanted = {
            "columns": random.sample(default_columns(), random.randint(0, 6)),
            "page_size": random.choice([20, 50, 100]),
            "density": random.choice(["comfortable", "compact"]),
            "mask_numbers": random.random() < 0.4,
            "time_zone": random.choice(["UTC", "Asia/Tokyo", "America/St_Johns", "no/zone"]),
            "region": random.choice([None, "GB", "US"]),
        }
        Preferences.objects.update_or_create(user=random.choice(people), defaults=wanted)

    def mask(random: Random) -> None:
        group = Group.objects.get(name=random.choice(["support", "admin", "exporter"]))
        GroupPolicy.objects.update_or_create(group=group, defaults={"mask_numbers": random.random() < 0.5})

    def assign(random: Random) -> None:
        person, profile_id = random.choice(people), random.choice(profiles)
        if not ProfileAccess.objects.filter(user=person, profile_id=profile_id).delete()[0]:
            ProfileAccess.objects.create(user=person, profile_id=profile_id)

    def change_role(random: Random) -> None:
        set_role(User.objects.get(pk=random.choice(people).pk), random.choice(["support", "admin", "exporter", None]))

    def forget(_random: Random) -> None:
        writer: Any = engines["desk"].env.globals["contact_rows"]  # type: ignore[attr-defined]  # of Jinja2's backend
        writer._kept = contact_rows.KeptRows()

    return [prefer, prefer, prefer, mask, assign, change_role, forget]


@pytest.mark.slow
@patch.object(contact_rows, "MAX_KEPT", 12)
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.exhaustive) for seed in range(2, 12))])
def test_every_fragment_is_that_of_nothing_kept(
    caching_api: SandboxServer, settings: Settings, admin_user: User, support_user: User, seed: int
) -> None:
    settings.DESK_CONTACTS_PER_HOUR = 10**6
    random, people = Random(seed), [admin_user, support_user]
    browsers = [Client() for _ in people]
    for browser, person in zip(browsers, people, strict=True):
        browser.force_login(person)
    changes = _changes(people, caching_api)
    paths = ["/account/contacts/", *(f"/p/{profile['id']}/contacts/" for profile in caching_api.profiles()[:3])]
    refused = 0
    for _ in range(STEPS):
        if random.random() < 0.5:
            random.choice(changes)(random)
        browser, path, parameters = random.choice(browsers), random.choice(paths), random.choice(PARAMETERS)
        status, shown = _shown(browser, path, parameters)
        with _nothing_kept():
            assert (status, shown) == _shown(browser, path, parameters)
        assert (status, shown) == _shown(browser, path, parameters)
        refused += status == 404
    assert 0 < refused < STEPS
