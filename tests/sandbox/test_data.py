"""Generated data: valid numbers, rare cases, and equal data for equal seeds."""

from __future__ import annotations

import random
from collections import Counter
from uuid import UUID

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat

from sandbox.accounts import create_owners
from sandbox.number_blocks import BLOCKS, NumberBlock
from sandbox.options import MAX_CONTACTS, Options
from sandbox.seeded_ids import SeededHash
from sandbox.store import Store
from testing.sandbox_server import SandboxServer
from tests.sandbox.responses import list_contacts, profile_id

SAMPLES = 300


def _suffixes(block: NumberBlock) -> list[str]:
    """Lowest and highest suffix, one with every first two digits, and random ones."""
    rng = random.Random(block.prefix)
    rest = block.free_digits - 2
    numbers = [start * 10**rest + rng.choice((0, 10**rest - 1)) for start in range(100)]
    numbers += [rng.randrange(10**block.free_digits) for _ in range(SAMPLES)]
    return [f"{number:0{block.free_digits}d}" for number in (0, 10**block.free_digits - 1, *numbers)]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.region}-{block.prefix}")
def test_block_numbers_are_valid_and_share_a_format(block: NumberBlock) -> None:
    for suffix in _suffixes(block):
        number = phonenumbers.parse(f"+{block.prefix}{suffix}")
        assert phonenumbers.is_valid_number(number), suffix
        assert phonenumbers.region_code_for_number(number) == block.region, suffix
        national = block.template.replace("#", "%s") % tuple(suffix)
        assert phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL) == national, suffix


def test_block_prefixes_do_not_overlap() -> None:
    pairs = [(one, other) for one in BLOCKS for other in BLOCKS if one is not other]
    assert not [one for one, other in pairs if other.prefix.startswith(one.prefix)]


def test_blocks_suffice_for_a_million_contacts() -> None:
    total_weight = sum(block.weight for block in BLOCKS)
    assert max(block.weight / total_weight * MAX_CONTACTS / 10**block.free_digits for block in BLOCKS) < 0.8


def test_numbers_come_from_many_regions(sandbox: SandboxServer) -> None:
    assert len({block.region for block in BLOCKS}) >= 35
    assert len({contact.get("region_code") for contact in list_contacts(sandbox, profile_id(sandbox, 1))}) >= 30


@pytest.mark.slow
def test_search_text_equals_the_national_format() -> None:
    store = Store(Options(contacts=4000, all_in_account=True))
    for ordinal in store.account_scope.ordinals(0, 4000):
        national = store.contact(ordinal).get("format_national")
        start = ordinal * store.columns.width
        row = store.columns.nationals[start : start + store.columns.width]
        assert row.decode().rstrip("\n") == (national or "")


def test_formats_equal_those_of_phonenumbers(sandbox: SandboxServer) -> None:
    for contact in list_contacts(sandbox, profile_id(sandbox, 1))[:300]:
        if None in contact.values() or len(contact) < 15:
            continue
        number = phonenumbers.parse(contact["format_e164"])
        assert phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL) == contact["format_international"]
        assert phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL) == contact["format_national"]
        assert phonenumbers.format_number(number, PhoneNumberFormat.RFC3966) == contact["format_rfc"]
        assert str(number.country_code) == contact["country_code"]


@pytest.mark.slow
def test_equal_seeds_give_equal_contacts(sandbox: SandboxServer) -> None:
    with SandboxServer(contacts=3000, profiles=12, seed=7) as other:
        profile = profile_id(sandbox, 3)
        assert list_contacts(other, profile) == list_contacts(sandbox, profile)


@pytest.mark.slow
def test_different_seeds_share_no_contact(sandbox: SandboxServer) -> None:
    with SandboxServer(contacts=3000, profiles=12, seed=8) as other:
        assert not set(other.contacts()) & set(sandbox.contacts())
        assert not set(other.contacts().values()) & set(sandbox.contacts().values()) - {None}


def test_profile_ids_and_names_do_not_depend_on_their_number() -> None:
    few, many = create_owners(SeededHash(7), 50, 3), create_owners(SeededHash(7), 90_000, 900)
    assert [(one.id, one.name) for one in few] == [(one.id, one.name) for one in many[:4]]


def test_one_profile_is_empty_and_one_has_a_third(sandbox: SandboxServer) -> None:
    sizes = [profile["contacts"] for profile in sandbox.profiles()]
    assert min(sizes) == 0
    assert max(sizes) == 1000
    assert len(set(sizes)) == 12


def test_numbers_are_unique_per_owner(sandbox: SandboxServer) -> None:
    for profile in sandbox.profiles():
        numbers = [number for number in sandbox.contacts(profile["id"]).values() if number]
        assert len(set(numbers)) == len(numbers)


def test_some_numbers_are_shared_by_profiles(sandbox: SandboxServer) -> None:
    holders = Counter(
        number for profile in sandbox.profiles() for number in set(sandbox.contacts(profile["id"]).values()) if number
    )
    assert max(holders.values()) >= 5


def test_contact_ids_are_lower_case_uuid4(sandbox: SandboxServer) -> None:
    ids = list(sandbox.contacts(profile_id(sandbox, 1)))
    assert {UUID(contact_id).version for contact_id in ids} == {4}
    assert all(contact_id == contact_id.lower() for contact_id in ids)


def test_contact_ids_are_unique(sandbox: SandboxServer) -> None:
    own = [set(sandbox.contacts(profile["id"])) for profile in sandbox.profiles()]
    assert sum(map(len, own)) == len(set().union(*own))


def test_contact_id_decodes_to_its_ordinal() -> None:
    seeded = SeededHash(7)
    for ordinal in (0, 1, 4999, 999_999):
        assert seeded.ordinal(seeded.contact_id(ordinal)) == ordinal


def test_about_three_percent_opted_out(sandbox: SandboxServer) -> None:
    contacts = list_contacts(sandbox, profile_id(sandbox, 1))
    assert 15 <= sum(contact.get("opt_out") is True for contact in contacts) <= 50


def test_channels_are_mixed_and_rcs_is_rare(sandbox: SandboxServer) -> None:
    counts = Counter(contact.get("available_channels") for contact in list_contacts(sandbox, profile_id(sandbox, 1)))
    assert {"sms", "sms,whatsapp", "whatsapp"} <= set(counts)
    assert 0 < sum(count for channels, count in counts.items() if "rcs" in (channels or "")) < 60


def test_default_channel_is_available(sandbox: SandboxServer) -> None:
    for contact in list_contacts(sandbox, profile_id(sandbox, 1)):
        if contact.get("default_channel") and contact.get("available_channels"):
            assert contact["default_channel"] in contact["available_channels"].split(",")


def test_some_contacts_were_never_updated(sandbox: SandboxServer) -> None:
    updated = [contact["updated_at"] for contact in list_contacts(sandbox)]
    assert 0.2 < updated.count(None) / len(updated) < 0.7


def test_updated_at_is_not_before_created_at(sandbox: SandboxServer) -> None:
    for contact in list_contacts(sandbox):
        if contact.get("created_at") and contact["updated_at"]:
            assert contact["created_at"] <= contact["updated_at"] <= "2026-11-01T00:00:00.0000000+00:00"


def test_few_contacts_are_incomplete(sandbox: SandboxServer) -> None:
    contacts = [one for profile in sandbox.profiles() for one in list_contacts(sandbox, profile["id"])]
    incomplete = [one for one in contacts if None in {**one, "updated_at": 0}.values() or len(one) < 15]
    assert 3 <= len(incomplete) <= 40
    assert any(len(one) < 15 for one in incomplete)
    assert all(one["id"] for one in contacts)


def test_most_phone_numbers_are_provided_as_e164(sandbox: SandboxServer) -> None:
    contacts = list_contacts(sandbox, profile_id(sandbox, 1))
    as_e164 = sum(one.get("phone_number") == one.get("format_e164") for one in contacts)
    assert 0.6 < as_e164 / len(contacts) < 0.9
