"""Contact rows: the format strings and the template write the same bytes, and what is kept is written of the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any
from uuid import UUID
from weakref import ref
from zoneinfo import ZoneInfo

import msgspec
import pytest
from django.contrib.auth.models import User
from django.template import engines
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from contacts_ui.columns import default_columns
from contacts_ui.contacts.owners import Owner
from contacts_ui.models import Preferences
from contacts_ui.sent_api.types import Contact, ContactPage, Pagination
from contacts_ui.web.contact_rows import ContactRows, KeptRows, RowLook
from testing.sandbox_server import SandboxServer

from .html import fragment, rows, text
from .visible_numbers import first_page, readable

ALL = tuple(default_columns())
OWNERS = frozenset({("acme", Owner("Acme & Sons <b>", "/p/acme/")), ("own", Owner("The account", None))})
LOOK = RowLook(ALL, True, ZoneInfo("UTC"), "/account/contacts/", (), OWNERS)
FOUND = Contact(
    id=UUID(int=7),
    format_e164="+12015550143",
    format_international="+1 201-555-0143",
    format_national="(201) 555-0143",
    region_code="US",
    raw_channels="sms,whatsapp",
    default_channel="sms",
    opt_out=False,
    customer_id="acme",
    created_at=datetime(2026, 1, 31, 23, 30, tzinfo=UTC),
)
HOSTILE = [
    "",
    "<script>alert(1)</script>",
    "\"'><img>",
    "%s %(id)s %",
    "{0}{id}",
    "\x00",
    "\x001\x00",
    "&amp;",
    "مرحبا",
    "+1",
]
TEXTS = st.none() | st.sampled_from([*HOSTILE, "sms", "US", "acme", "own", "+1 201-555-0143"]) | st.text(max_size=12)
TIMES = (
    st.none()
    | st.datetimes(timezones=st.just(UTC))
    | st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
)
CONTACTS = st.builds(
    Contact,
    id=st.uuids(),
    opt_out=st.none() | st.booleans(),
    created_at=TIMES,
    updated_at=TIMES,
    **dict.fromkeys(
        ("phone_number", "format_e164", "format_international", "format_national", "region_code", "raw_channels"), TEXTS
    ),
    default_channel=TEXTS,
    customer_id=TEXTS,
)
LOOKS = st.builds(
    RowLook,
    columns=st.sets(st.sampled_from(ALL)).map(lambda names: tuple(name for name in ALL if name in names)),
    readable=st.booleans(),
    zone=st.sampled_from(["UTC", "America/Sao_Paulo", "Pacific/Chatham"]).map(ZoneInfo),
    path=st.sampled_from(["/account/contacts/", "/p/5b1c/contacts/"]),
    spellings=st.lists(st.sampled_from(["5", "201", ") 555", "", "%"]), max_size=2).map(tuple),
    owners=st.sampled_from([OWNERS, frozenset()]),
)


def _writer() -> ContactRows:
    """The function of our templates that writes rows."""
    writer = engines["desk"].env.globals["contact_rows"]  # type: ignore[attr-defined]  # of Jinja2's backend
    assert isinstance(writer, ContactRows)
    return writer


def _page(*contacts: Contact) -> ContactPage:
    return ContactPage(contacts=contacts, pagination=Pagination(), fetched_at=datetime.now(UTC))


def _written(page: ContactPage, look: RowLook) -> str:
    fields = look._asdict() | {"owners": dict(look.owners)}
    with timezone.override(fields.pop("zone")):
        return str(_writer()(page, fields.pop("columns"), **fields))


def _by_template(page: ContactPage, look: RowLook) -> str:
    texts = zip(page.contacts, _writer().texts(page.contacts, look), strict=True)
    return "".join(_writer().render(each, look.columns, contact.opt_out) for contact, each in texts)


@pytest.mark.slow
@given(st.lists(CONTACTS, max_size=4), LOOKS)
def test_rows_are_those_of_the_template(contacts: list[Contact], look: RowLook) -> None:
    page = _page(*contacts)
    written = _written(page, look)
    assert written == _by_template(page, look)
    assert written.count("<tr ") == len(contacts)
    assert not any(tag in written for tag in ("<script", "<img", "<b>"))


def _every_kind() -> Iterator[Contact]:
    """Contacts with every combination of what a row may have or lack."""
    both = (True, False)
    for number, region, channels, created, updated in product(both, repeat=5):
        for opt_out, owner in product((True, False, None), ("acme", "own", "somebody", None)):
            lacks: dict[str, Any] = {"opt_out": opt_out, "customer_id": owner}
            lacks |= {"updated_at": FOUND.created_at if updated else None}
            lacks |= {} if number else dict.fromkeys(("format_e164", "format_international", "format_national"))
            lacks |= {} if region else {"region_code": None}
            lacks |= {} if channels else {"raw_channels": None}
            lacks |= {} if created else {"created_at": None}
            yield msgspec.structs.replace(FOUND, **lacks)


@pytest.mark.parametrize("readable", [True, False], ids=["readable", "masked"])
def test_every_kind_of_row_is_that_of_the_template(readable: bool) -> None:
    page, look = _page(*_every_kind()), LOOK._replace(readable=readable, spellings=("555",))
    assert _written(page, look) == _by_template(page, look)


def test_row_has_number_owner_region_channels_and_times() -> None:
    assert _written(_page(FOUND), LOOK._replace(zone=ZoneInfo("Asia/Tokyo"), spellings=("555",))) == (
        f'<tr role="row" data-contact-id="{FOUND.id}"><td role="cell" class="c-phone flag flag-col-u flag-row-s">'
        f'<a class="phone__link" href="/account/contacts/{FOUND.id}/">+1 201-<mark>555</mark>-0143</a>'
        '<button class="icon copy" type="button" data-copy aria-label="Copy +1 201-555-0143"></button>'
        '</td><td role="cell" class="c-owner"><a class="owner" href="/p/acme/contacts/">Acme &amp; Sons &lt;b&gt;</a>'
        '</td><td role="cell" class="c-region">United States</td><td role="cell" class="c-channels">'
        '<span class="badge badge--sms is-default">SMS<span class="badge__default"> (default)</span></span>'
        '<span class="badge badge--whatsapp">WhatsApp</span></td><td role="cell" class="c-opt_out"></td>'
        '<td role="cell" class="c-created" title="1 Feb 2026, 08:30 JST" aria-label="1 Feb 2026, 08:30 JST">Feb 2026'
        '</td><td role="cell" class="c-updated">Never</td></tr>'
    )


@pytest.mark.parametrize(
    ("number", "e164", "copied"),
    [
        ("+1 201-555-0143", "+12015550143", ""),
        ("+49 30 901820", "+4930901820", ""),
        ("+1 201-555-0143", "+12015550144", '="+12015550144"'),
        ("+1 (201) 555-0143", "+12015550143", '="+12015550143"'),
        ("+1 201-555-0143 ext. 5", "+12015550143", '="+12015550143"'),
        ("+\u0661\u0662", "+\u0661\u0662", '="+\u0661\u0662"'),
        ("12015550143", None, '="12015550143"'),
        ("+12015550143", None, ""),
    ],
)
def test_copied_number_is_written_where_label_does_not_give_it(number: str, e164: str | None, copied: str) -> None:
    contact = msgspec.structs.replace(FOUND, format_international=number, format_e164=e164)
    assert f'data-copy{copied} aria-label="Copy {contact.number}"' in _written(_page(contact), LOOK)


def test_masked_row_has_no_digit_beyond_the_last_four() -> None:
    masked = _written(_page(FOUND), LOOK._replace(readable=False, spellings=("201",)))
    assert "•••• 0143" in masked
    assert not any(digits in masked for digits in ("201", "555", "<mark>", "data-copy"))


def test_two_rows_with_one_id_show_each_its_own_number() -> None:
    other = msgspec.structs.replace(FOUND, format_international="+1 201-555-0199", format_national="(201) 555-0199")
    shown = _written(_page(FOUND, other), LOOK._replace(spellings=("555",)))
    assert [shown.count(f"<mark>555</mark>-{ending}") for ending in ("0143", "0199")] == [1, 1]


@pytest.mark.slow
@given(st.lists(LOOKS, min_size=2, max_size=6))
def test_kept_rows_are_those_that_would_be_written(looks: list[RowLook]) -> None:
    page, others = _page(FOUND, *list(_every_kind())[::37]), [*looks, *looks]
    assert [_written(page, look) for look in others] == [_written(_page(*page.contacts), look) for look in others]


CHANGED: dict[str, Any] = {
    "columns": ("created",),
    "readable": False,
    "zone": ZoneInfo("Asia/Tokyo"),
    "path": "/p/5b1c/contacts/",
    "spellings": ("555",),
    "owners": frozenset({("acme", Owner("Renamed", "/p/acme/"))}),
}


@pytest.mark.parametrize("name", RowLook._fields)
def test_kept_rows_are_not_those_of_another_look(name: str) -> None:
    page, other = _page(FOUND), LOOK._replace(**{name: CHANGED[name]})
    first = _written(page, LOOK)
    assert _written(page, other) == _by_template(page, other) != first
    assert _written(page, LOOK) == first


def test_rows_are_written_once_as_long_as_page_is_cached() -> None:
    page = _page(FOUND)
    _written(page, LOOK)
    assert list(page.memo) == [LOOK]
    assert msgspec.structs.replace(page, contacts=(FOUND, FOUND)).memo == {}
    page.memo[LOOK] = "as kept"
    assert _written(page, LOOK) == "as kept"


@pytest.mark.parametrize(("limit", "value"), [("MAX_KEPT", 2), ("MAX_KEPT_BYTES", 250)])
def test_oldest_kept_rows_are_forgotten_first(monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    monkeypatch.setattr(f"contacts_ui.web.contact_rows.{limit}", value)
    kept, pages = KeptRows(), [_page() for _ in range(4)]
    for page in pages:
        kept.put(page, LOOK, "r" * 60)  # 109 bytes each
    assert [LOOK in page.memo for page in pages] == [False, False, True, True]


def test_kept_rows_end_with_their_page() -> None:
    kept, page = KeptRows(), _page()
    kept.put(page, LOOK, "a row")
    is_held = ref(page)
    del page
    assert is_held() is None


def test_mask_chosen_after_list_was_shown_masks_cached_rows(
    admin_client: Client, admin_user: User, caching_api: SandboxServer
) -> None:
    contacts, shown = first_page(caching_api), fragment(admin_client, "/account/contacts/")
    Preferences.objects.create(user=admin_user, mask_numbers=True)
    masked = fragment(admin_client, "/account/contacts/")
    assert rows(masked) == rows(shown)
    assert readable(text(shown), contacts)
    assert not readable(text(masked), contacts)
    assert [call["path"] for call in caching_api.requests()].count("/v3/contacts") == 2  # first_page's and the list's
