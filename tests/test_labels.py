"""Labels of a contact: reachability, masked number, lists of names, profile status."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts_ui.contacts.labels import join_names, profile_status_label, reachability_label
from contacts_ui.contacts.masking import MASK, mask_number
from contacts_ui.sent_api.types import Contact

ONE = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
NONE_KNOWN = "The record names no channel, so messages may not reach this contact"


def _contact(channels: str | tuple[str, ...] | None = None, default: str | None = None, **fields: Any) -> Contact:
    return Contact(id=ONE, raw_channels=channels, default_channel=default, **({"opt_out": False} | fields))


# --- Reachability ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channels", "default", "words"),
    [
        ("sms", "sms", "Can be messaged by SMS"),
        ("sms", None, "Can be messaged by SMS"),
        ("sms,whatsapp", "sms", "Can be messaged by SMS and WhatsApp. SMS is the default"),
        ("sms, whatsapp", "whatsapp", "Can be messaged by SMS and WhatsApp. WhatsApp is the default"),
        (("rcs", "sms", "whatsapp"), "rcs", "Can be messaged by RCS, SMS and WhatsApp. RCS is the default"),
        ("sms,whatsapp", None, "Can be messaged by SMS and WhatsApp"),
    ],
)
def test_reachability_names_channels_and_default(
    channels: str | tuple[str, ...], default: str | None, words: str
) -> None:
    assert reachability_label(_contact(channels, default)) == words


@pytest.mark.parametrize("channels", ["sms,whatsapp", None])
def test_opted_out_contact_is_not_to_be_messaged(channels: str | None) -> None:
    assert reachability_label(_contact(channels, "sms", opt_out=True)) == "Do not message: opted out"


@pytest.mark.parametrize("channels", [None, "", " , ", ()])
def test_reachability_without_channel_promises_nothing(channels: str | tuple[str, ...] | None) -> None:
    assert reachability_label(_contact(channels, "sms")) == NONE_KNOWN


def test_unknown_opt_out_is_mentioned() -> None:
    words = "Can be messaged by SMS and WhatsApp. SMS is the default. Whether it opted out is not known"
    assert reachability_label(_contact("sms,whatsapp", "sms", opt_out=None)) == words


def test_default_outside_channels_is_not_called_first() -> None:
    assert reachability_label(_contact("sms,whatsapp", "rcs")) == "Can be messaged by SMS and WhatsApp"


def test_unknown_channel_keeps_its_name() -> None:
    assert (
        reachability_label(_contact("pigeon,sms", "pigeon"))
        == "Can be messaged by pigeon and SMS. pigeon is the default"
    )


def test_repeated_channel_is_named_once() -> None:
    assert reachability_label(_contact("sms,SMS", "sms")) == "Can be messaged by SMS"


@given(
    st.one_of(st.none(), st.text(), st.lists(st.text()).map(tuple)),
    st.one_of(st.none(), st.text()),
    st.sampled_from([True, False, None]),
)
def test_every_contact_has_reachability_label(
    channels: str | tuple[str, ...] | None, default: str | None, opt_out: bool | None
) -> None:
    words = reachability_label(_contact(channels, default, opt_out=opt_out))
    assert words
    assert words.startswith("Do not message") == (opt_out is True)


# --- Masked numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("+44 20 7946 0958", f"{MASK} 0958"),
        ("(201) 555-0142", f"{MASK} 0142"),
        ("+1 201-555-01 42", f"{MASK} 0142"),
        ("12345", f"{MASK} 2345"),
        ("1234", MASK),
        ("+1", MASK),
        ("", MASK),
        ("unknown", MASK),
    ],
)
def test_mask_shows_last_four_digits_unless_they_are_all(number: str, words: str) -> None:
    assert mask_number(_contact(phone_number=number)) == words


def test_contact_without_number_is_masked() -> None:
    assert mask_number(_contact()) == MASK


def test_mask_hides_length_of_number() -> None:
    assert mask_number(_contact(phone_number="+123450142")) == mask_number(_contact(phone_number="+4420794609580142"))


_FORMATS = ("phone_number", "format_e164", "format_international", "format_national", "format_rfc")


@given(st.fixed_dictionaries({name: st.one_of(st.none(), st.text()) for name in _FORMATS}))
def test_mask_of_any_text_shows_at_most_four_digits(formats: dict[str, str | None]) -> None:
    words = mask_number(_contact(**formats))
    assert sum(character.isdecimal() for character in words) in {0, 4}
    assert set(words) <= {"•", " "} | set("".join(filter(None, formats.values())))


@given(st.integers(min_value=10**6, max_value=10**13), st.sampled_from(["US", "GB", "DE", "IT", "JP"]))
def test_mask_of_any_format_shows_last_four_digits(national: int, region: str) -> None:
    code = phonenumbers.country_code_for_region(region)
    number = phonenumbers.PhoneNumber(country_code=code, national_number=national)
    for style in (phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.E164):
        words = mask_number(_contact(format_international=phonenumbers.format_number(number, style)))
        assert re.fullmatch(rf"{MASK} {national % 10_000:04}", words)


# --- Lists of names --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ""),
        (["SMS"], "SMS"),
        (["SMS", "WhatsApp"], "SMS and WhatsApp"),
        (["SMS", "WhatsApp", "RCS"], "SMS, WhatsApp and RCS"),
    ],
)
def test_last_name_is_joined_by_and(names: list[str], words: str) -> None:
    assert join_names(names) == words


# --- Profile status ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["approved", None, "", "a status of next year"])
def test_profile_that_is_approved_or_unknown_has_no_label(status: str | None) -> None:
    assert profile_status_label(status) is None


@pytest.mark.parametrize("status", ["incomplete", "pending_review", "rejected"])
def test_profile_that_is_not_approved_is_labelled_with_its_meaning(status: str) -> None:
    label, meaning = profile_status_label(status) or ("", "")
    assert label
    assert meaning.endswith(".")
