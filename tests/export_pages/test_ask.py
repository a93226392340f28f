"""Asking for an export: who is offered it, what the page says before anything starts, and what starts it."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import AuditEntry, Export, GroupPolicy
from testing.sandbox_server import SandboxServer
from tests.html import fragment, text
from tests.sign_in.asking import asks, confirm

from .conftest import signed_in

LIST = "/account/contacts/"
ASK = "/account/contacts/export/"
START = {"start": "1", "file_format": "xlsx"}
LINK = re.compile(r'id="export-link" href="([^"]+)"[^>]*>.*?<span>([^<]+)</span>')


def contact_calls(sandbox: SandboxServer) -> list[str]:
    """The queries of the calls for contacts."""
    return [call["query"] for call in sandbox.requests() if call["path"] == "/v3/contacts"]


def chips(page: str) -> list[str]:
    """The filters that the page names."""
    listed = page.partition('aria-label="Filters of this export">')[2].partition("</ul>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", chip).split()) for chip in listed.split("</li>")[:-1]]


def test_admin_is_offered_export_with_its_number(admin_client: Client, sandbox: SandboxServer) -> None:
    total = len(sandbox.contacts())
    assert LINK.findall(text(admin_client.get(LIST))) == [(ASK, f"Export {total:,} contacts")]


def test_link_carries_filters_and_no_page(admin_client: Client) -> None:
    page = text(admin_client.get(LIST, {"channel": "sms", "search": "20", "page": "2"}))
    assert LINK.findall(page)[0][0] == f"{ASK}?search=20&amp;channel=sms"


def test_support_agent_is_offered_nothing(support_client: Client, sandbox: SandboxServer) -> None:
    page = text(support_client.get(f"/p/{sandbox.profiles()[1]['id']}/contacts/"))
    assert "export" not in page.lower()


def test_fragment_says_total_and_no_role(admin_client: Client, support_client: Client, sandbox: SandboxServer) -> None:
    path, total = f"/p/{sandbox.profiles()[1]['id']}/contacts/", len(sandbox.contacts(sandbox.profiles()[1]["id"]))
    shown = [text(fragment(client, path)) for client in (admin_client, support_client)]
    assert all(f'data-total="{total}"' in page for page in shown)
    assert all("export" not in page.lower() for page in shown)


def test_page_names_filters_and_price(admin_client: Client, sandbox: SandboxServer) -> None:
    page = text(admin_client.get(ASK, {"channel": "sms", "search": "20"}))
    assert chips(page) == ["Clear Search 20", "Clear Channel SMS"]
    assert re.search(r"Up to a minute: about \d+ API calls?, at most [\d,]+ a minute\.", page)
    assert "Customers’ messages go first." in page
    assert re.search(r"Export \d+ contacts?</button>", page)


def test_list_that_a_search_has_read_costs_no_further_call(admin_client: Client, sandbox: SandboxServer) -> None:
    number = next(number for number in sandbox.contacts().values() if number)
    page = text(admin_client.get(ASK, {"phone": number}))
    assert "so the export makes no API calls of its own." in page
    assert "about" not in page.partition("export-form__price")[2].partition("</div>")[0]


def test_page_says_which_columns_are_always_in_the_file(admin_client: Client, sandbox: SandboxServer) -> None:
    always = "Always in the file: the phone number, also as a link (RFC 3966)"
    assert f"{always}, and the owner with its ID." in text(admin_client.get(ASK))
    assert f"{always}." in text(admin_client.get(f"/p/{sandbox.profiles()[1]['id']}/contacts/export/"))


def test_page_without_filters_says_all_contacts(admin_client: Client) -> None:
    assert chips(text(admin_client.get(ASK))) == ["All contacts"]


def test_page_costs_no_call_after_list(admin_client: Client, caching_api: SandboxServer) -> None:
    admin_client.get(f"{LIST}?channel=sms")
    caching_api.reset_requests()
    admin_client.get(f"{ASK}?channel=sms")
    assert contact_calls(caching_api) == []


def test_too_many_rows_are_said_before_start(admin_client: Client, settings: Settings) -> None:
    settings.EXPORT_MOST_ROWS = 10
    page = text(admin_client.get(ASK))
    assert "Too many contacts for one file" in page
    assert "One file holds up to 10." in page
    assert f'href="{ASK}?channel=sms"' in page
    assert 'name="start"' not in page


def test_too_many_rows_do_not_start(admin_client: Client, settings: Settings) -> None:
    settings.EXPORT_MOST_ROWS = 10
    answer = admin_client.post(ASK, START)
    assert answer.status_code == 422
    assert "One file holds up to 10." in text(answer)
    assert not Export.objects.exists()


def test_fourth_export_waits_for_the_others(admin_client: Client) -> None:
    for form in (START, START | {"file_format": "csv"}, START | {"channel": "sms"}):
        assert admin_client.post(ASK, form).status_code == 302
    answer = admin_client.post(ASK, START | {"channel": "whatsapp"})
    assert answer.status_code == 429
    assert "Finish your other exports first" in text(answer)
    assert f'href="{ASK}?channel=whatsapp"' in text(answer)


def test_day_of_exports_is_limited_and_says_until_when(admin_client: Client, settings: Settings) -> None:
    settings.EXPORT_ROWS_PER_DAY = 700
    assert admin_client.post(ASK, START).status_code == 302
    answer = admin_client.post(ASK, START | {"file_format": "csv"})
    assert answer.status_code == 429
    assert "The limit is 700 contacts. You can export again within 24 hours." in text(answer)


def test_empty_list_has_nothing_to_export(admin_client: Client, sandbox: SandboxServer) -> None:
    empty = f"/p/{sandbox.profiles()[-1]['id']}/contacts/export/"
    page = text(admin_client.get(empty))
    assert "Nothing to export" in page
    assert 'name="start"' not in page
    assert admin_client.post(empty, START).status_code == 409


def test_start_leads_to_page_of_export(admin_client: Client, admin_user: User) -> None:
    answer = admin_client.post(ASK, START | {"channel": "sms", "column": ["region", "opt_out"]})
    export = Export.objects.get()
    assert answer["Location"] == f"/exports/{export.pk}/"
    assert (export.person, export.state, export.format, export.profile_id) == (admin_user, "queued", "xlsx", None)
    page = text(admin_client.get(answer["Location"]))
    assert "Channel SMS" in page


@pytest.mark.parametrize("form", [{"file_format": "pdf"}, {"file_format": "csv", "column": "ssn"}, {}])
def test_unknown_choice_starts_nothing(admin_client: Client, form: dict[str, str]) -> None:
    answer = admin_client.post(ASK, {"start": "1"} | form)
    assert answer.status_code == 422
    assert "Choose" in text(answer)
    assert not Export.objects.exists()


def test_start_asks_for_proof_and_loses_nothing(admin_user: User, desk_api: SandboxServer) -> None:
    client = signed_in(admin_user, proven=False)
    assert client.get(ASK).status_code == 200
    asked = client.post(ASK, START | {"channel": "sms"})
    assert asks(asked)
    assert not Export.objects.exists()
    page = text(client.get(confirm(client, asked, password="x")["Location"]))
    assert "Export contacts" in page
    assert 'name="channel" value="sms"' in page


def test_search_of_page_is_recorded_by_hash(admin_client: Client) -> None:
    admin_client.get(ASK, {"search": "+44 20 7946 0958"})
    entry = AuditEntry.objects.get(action="contacts.searched")
    assert entry.marks
    assert entry.rows is None


def test_masked_agent_is_told_and_offered_no_digits(exporter: User, exporter_client: Client, ask_path: str) -> None:
    assert "National format" in text(exporter_client.get(ask_path))
    GroupPolicy.objects.create(group=exporter.groups.get(), mask_numbers=True)
    page = text(exporter_client.get(ask_path))
    assert "Phone numbers are masked in the file." in page
    assert "National format" not in page


def test_dead_api_shows_error_in_place_of_form(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=503, times=5)
    answer = admin_client.get(ASK)
    assert answer.status_code == 503
    assert "The messaging service returned an error" in text(answer)
    assert 'name="start"' not in text(answer)


# --- A list that was looked up ---------------------------------------------------------------------


@pytest.fixture
def pasted(sandbox: SandboxServer) -> str:
    """Two numbers of the account's, and one that nobody has."""
    have = [number for number in sandbox.contacts().values() if number][:2]
    return "\n".join([*have, "+12025550143"])


def kept_of(page: str) -> list[str]:
    """The rows that a page carries for an export."""
    return re.findall(r'name="kept" form="export-form" value="([^"]+)"', page)


def test_looked_up_list_carries_its_rows_for_exporters_alone(
    admin_client: Client, support_client: Client, sandbox: SandboxServer, pasted: str
) -> None:
    assert len(kept_of(text(admin_client.get(LIST, {"search": pasted})))) == 1
    theirs = text(support_client.get(f"/p/{sandbox.profiles()[1]['id']}/contacts/", {"search": pasted}))
    assert kept_of(theirs) == []
    assert "export" not in theirs.lower()


def test_looked_up_list_is_asked_about_without_proof_or_call(
    admin_user: User, desk_api: SandboxServer, pasted: str
) -> None:
    client = signed_in(admin_user, proven=False)
    kept = kept_of(text(client.get(LIST, {"search": pasted})))
    desk_api.reset_requests()
    page = text(client.post(ASK, {"search": pasted, "kept": kept}))
    assert chips(page) == ["List 3 numbers"]
    assert "No further calls." in page
    assert contact_calls(desk_api) == []
    assert f'name="kept" value="{kept[0]}"' in page


def test_numbers_that_were_not_looked_up_are_counted(admin_client: Client, pasted: str) -> None:
    kept = kept_of(text(admin_client.get(LIST, {"search": pasted})))
    longer = f"{pasted}\n+12025550144"
    assert "3 of 4 numbers were looked up." in text(admin_client.post(ASK, {"search": longer, "kept": kept}))
    assert "None of these numbers was looked up yet" in text(admin_client.get(ASK, {"search": longer}))


def test_looked_up_list_starts_without_call(admin_client: Client, sandbox: SandboxServer, pasted: str) -> None:
    kept = kept_of(text(admin_client.get(LIST, {"search": pasted})))
    sandbox.reset_requests()
    admin_client.post(ASK, START | {"search": pasted, "kept": kept})
    assert Export.objects.get().kind == "lookup"
    assert contact_calls(sandbox) == []
