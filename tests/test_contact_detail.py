"""Contact page: fields, copy buttons, opt-out, fragment, and refusal of foreign or wrong contacts."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from contacts_ui.models import Preferences
from testing.sandbox_server import SandboxServer

from .html import RESTORE, fragment, rows, scopes, text


def _first(client: Client, path: str) -> str:
    return path + rows(client.get(path))[0] + "/"


def test_page_shows_every_field_with_copy_buttons(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contact", kind="patch", set={f"data.{name}": f"<{name}>" for name in _FORMATS})
    page = text(admin_client.get(_first(admin_client, "/account/contacts/")))
    for name in _FORMATS:
        assert f'data-copy="&lt;{name}&gt;"' in page
    for label in ("Region code", "Country code", "Channels", "Default channel", "Consent", "Contact ID"):
        assert f"<dt>{label}</dt>" in page
    for label in ("Owner", "Owner ID", "Created", "Updated"):
        assert f"<dt>{label}</dt>" in page


_FORMATS = ("phone_number", "format_e164", "format_international", "format_national", "format_rfc")


def test_switching_profile_from_contact_offers_same_number(admin_client: Client, sandbox: SandboxServer) -> None:
    path = _first(admin_client, "/account/contacts/")
    page = text(admin_client.get(path))
    (number,) = re.findall(r'data-copy="\+(\d+)" data-copy-number', page)
    assert f'href="/account/profiles/?search=%2B{number}"' in page
    assert f"/contacts/?search=%2B{number}" in text(admin_client.get(f"/account/profiles/?search=%2B{number}"))


def test_switching_profile_from_masked_contact_tells_no_number(
    admin_client: Client, admin_user: User, sandbox: SandboxServer
) -> None:
    Preferences.objects.create(user=admin_user, mask_numbers=True)
    assert "search=" not in text(admin_client.get(_first(admin_client, "/account/contacts/")))


def test_fragment_equals_body_of_page(admin_client: Client, caching_api: SandboxServer) -> None:
    path = _first(admin_client, "/account/contacts/")
    part = fragment(admin_client, path)
    assert part["X-Fragment"] == "1"
    assert text(part).strip() in text(admin_client.get(path))


def test_history_restore_gets_whole_page(admin_client: Client) -> None:
    response = admin_client.get(_first(admin_client, "/account/contacts/"), headers=RESTORE)
    assert text(response).startswith("<!doctype html>")


def test_contact_page_carries_its_profile_id(admin_client: Client, sandbox: SandboxServer) -> None:
    profile_id = sandbox.profiles()[1]["id"]
    response = admin_client.get(_first(admin_client, f"/p/{profile_id}/contacts/"))
    assert scopes(response) == {profile_id}


def test_contact_owned_by_other_profile_is_refused(admin_client: Client, sandbox: SandboxServer) -> None:
    mine, theirs = (profile["id"] for profile in sandbox.profiles()[1:3])
    path = _first(admin_client, f"/p/{mine}/contacts/")
    sandbox.fault(route="contact", kind="patch", set={"data.customer_id": theirs.upper()})
    response = admin_client.get(path)
    assert response.status_code == 502
    assert "An answer for another profile was refused" in text(response)
    assert "data-contact-id" not in text(response)


def test_malformed_contact_id_is_404(admin_client: Client) -> None:
    assert admin_client.get("/account/contacts/not-an-id/").status_code == 404


def test_failed_contact_call_shows_error_page(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contact", kind="status", status=500)
    response = admin_client.get(f"/account/contacts/{uuid4()}/")
    assert response.status_code == 503
    assert "The messaging service returned an error" in text(response)


def test_null_fields_are_shown_as_unknown(admin_client: Client, sandbox: SandboxServer) -> None:
    path = _first(admin_client, "/account/contacts/")
    sandbox.fault(route="contact", kind="patch", set={"data.region_code": None, "data.opt_out": None})
    page = text(admin_client.get(path))
    assert "Region unknown" in page
    assert page.count("—") >= 2


_OPTED_OUT = {
    True: ("Opted out", ["Opted out"], "Do not message: opted out"),
    False: ("Subscribed", ["Subscribed"], "Can be messaged by SMS"),
    None: ("—", [], "Can be messaged by SMS. Whether it opted out is not known"),
}


@pytest.mark.parametrize("opt_out", _OPTED_OUT, ids=["yes", "no", "unknown"])
def test_field_badge_and_reachability_agree_on_opt_out(
    admin_client: Client, sandbox: SandboxServer, opt_out: bool | None
) -> None:
    path = _first(admin_client, "/account/contacts/")
    channels = {"data.available_channels": "sms", "data.default_channel": "sms"}
    sandbox.fault(route="contact", kind="patch", set={"data.opt_out": opt_out} | channels)
    page = text(fragment(admin_client, path))
    fact, badges, reach = _OPTED_OUT[opt_out]
    assert re.findall(r"<dt>Consent</dt><dd><span[^>]*>([^<]*)<", page) == [fact]
    assert re.findall(r'<span class="badge badge--\w+">(Opted out|Subscribed)</span>', page) == badges
    assert re.findall(r'<p class="reachability(?: reachability--no)?">.*?</svg>([^<]*)</p>', page) == [reach]
    assert ("reachability--no" in page) == (opt_out is True)


@pytest.mark.parametrize("revealed", [False, True], ids=["opened", "revealed"])
def test_answer_about_other_contact_is_refused(admin_client: Client, sandbox: SandboxServer, revealed: bool) -> None:
    path = _first(admin_client, "/account/contacts/")
    sandbox.fault(route="contact", kind="patch", set={"data.id": str(uuid4()), "data.phone_number": "of-another"})
    response = admin_client.post(f"{path}reveal/") if revealed else admin_client.get(path)
    assert response.status_code == 502
    assert "The messaging service gave an answer we cannot read" in text(response)
    assert "of-another" not in text(response)
