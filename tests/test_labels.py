"""What a contact is called and what can be done with it, in words."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts_ui.contacts.labels import MASK, join_names, mask_number, reachability_label
from contacts_ui.sent_api.types import Contact

ONE = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
NONE_KNOWN = "No channel is known, so it may not be possible to message this contact"


def _contact(channels: str | list[str] | None = None, default: str | None = None, **fields: Any) -> Contact:
    return Contact(id=ONE, raw_channels=channels, default_channel=default, **({"opt_out": False} | fields))


# --- Whether and how a contact can be messaged -----------------------------------------------------


@pytest.mark.parametrize(
    ("channels", "default", "words"),
    [
        ("sms", "sms", "Can be messaged by SMS"),
        ("sms", None, "Can be messaged by SMS"),
        ("sms,whatsapp", "sms", "Can be messaged by SMS and WhatsApp; SMS first"),
        ("sms, whatsapp", "whatsapp", "Can be messaged by SMS and WhatsApp; WhatsApp first"),
        (["rcs", "sms", "whatsapp"], "rcs", "Can be messaged by RCS, SMS and WhatsApp; RCS first"),
        ("sms,whatsapp", None, "Can be messaged by SMS and WhatsApp"),
    ],
)
def test_the_channels_are_named_and_the_default_is_said_where_there_is_a_choice(
    channels: str | list[str], default: str | None, words: str
) -> None:
    assert reachability_label(_contact(channels, default)) == words


@pytest.mark.parametrize("channels", ["sms,whatsapp", None])
def test_whoever_opted_out_is_not_to_be_messaged_whatever_the_channels(channels: str | None) -> None:
    assert reachability_label(_contact(channels, "sms", opt_out=True)) == "Do not message: opted out"


@pytest.mark.parametrize("channels", [None, "", " , ", []])
def test_without_a_channel_no_promise_is_made(channels: str | list[str] | None) -> None:
    assert reachability_label(_contact(channels, "sms")) == NONE_KNOWN


def test_an_unknown_opt_out_is_said() -> None:
    words = "Can be messaged by SMS and WhatsApp; SMS first. Whether it opted out is not known"
    assert reachability_label(_contact("sms,whatsapp", "sms", opt_out=None)) == words


def test_a_default_that_is_not_among_the_channels_is_not_called_first() -> None:
    assert reachability_label(_contact("sms,whatsapp", "rcs")) == "Can be messaged by SMS and WhatsApp"


def test_a_channel_nobody_heard_of_keeps_its_name() -> None:
    assert reachability_label(_contact("pigeon,sms", "pigeon")) == "Can be messaged by pigeon and SMS; pigeon first"


def test_a_channel_named_twice_is_said_once() -> None:
    assert reachability_label(_contact("sms,SMS", "sms")) == "Can be messaged by SMS"


@given(
    st.one_of(st.none(), st.text(), st.lists(st.text())),
    st.one_of(st.none(), st.text()),
    st.sampled_from([True, False, None]),
)
def test_something_is_said_of_every_contact(
    channels: str | list[str] | None, default: str | None, opt_out: bool | None
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
def test_the_last_four_digits_can_be_read_if_they_are_not_all(number: str, words: str) -> None:
    assert mask_number(_contact(phone_number=number)) == words


def test_a_contact_without_a_number_is_masked_all_the_same() -> None:
    assert mask_number(_contact()) == MASK


def test_how_long_a_number_is_does_not_show() -> None:
    assert mask_number(_contact(phone_number="+123450142")) == mask_number(_contact(phone_number="+4420794609580142"))


_FORMATS = ("phone_number", "format_e164", "format_international", "format_national", "format_rfc")


@given(st.fixed_dictionaries({name: st.one_of(st.none(), st.text()) for name in _FORMATS}))
def test_of_anything_at_all_no_more_than_four_digits_are_shown(formats: dict[str, str | None]) -> None:
    words = mask_number(_contact(**formats))
    assert sum(character.isdecimal() for character in words) in {0, 4}
    assert set(words) <= {"•", " "} | set("".join(filter(None, formats.values())))


@given(st.integers(min_value=10**6, max_value=10**13), st.sampled_from(["US", "GB", "DE", "IT", "JP"]))
def test_of_a_number_in_any_format_its_own_last_four_are_shown(national: int, region: str) -> None:
    code = phonenumbers.country_code_for_region(region)
    number = phonenumbers.PhoneNumber(country_code=code, national_number=national)
    for style in (phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.E164):
        words = mask_number(_contact(format_international=phonenumbers.format_number(number, style)))
        assert re.fullmatch(rf"{MASK} {national % 10_000:04}", words)


# --- Lists in words --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ""),
        (["SMS"], "SMS"),
        (["SMS", "WhatsApp"], "SMS and WhatsApp"),
        (["SMS", "WhatsApp", "RCS"], "SMS, WhatsApp and RCS"),
    ],
)
def test_the_last_of_several_is_joined_by_and(names: list[str], words: str) -> None:
    assert join_names(names) == words
