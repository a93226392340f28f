"""What the made-up data are like: numbers that exist, rare cases that occur, and the same again tomorrow."""

from __future__ import annotations

import random
from collections import Counter
from uuid import UUID

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat

from sandbox.accounts import owners
from sandbox.number_blocks import BLOCKS, NumberBlock
from sandbox.options import MOST_CONTACTS, Options
from sandbox.seeded_ids import SeededHash
from sandbox.store import Store
from testing.sandbox_server import SandboxServer
from tests.sandbox.reading import every_contact, profile_id

SAMPLES = 300


def _suffixes(block: NumberBlock) -> list[str]:
    """Both ends, every beginning of two digits, and some in between."""
    chance = random.Random(block.prefix)
    rest = block.free - 2
    numbers = [begin * 10**rest + chance.choice((0, 10**rest - 1)) for begin in range(100)]
    numbers += [chance.randrange(10**block.free) for _ in range(SAMPLES)]
    return [f"{number:0{block.free}d}" for number in (0, 10**block.free - 1, *numbers)]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.region}-{block.prefix}")
def test_every_number_of_a_block_is_valid_and_written_alike(block: NumberBlock) -> None:
    for suffix in _suffixes(block):
        number = phonenumbers.parse(f"+{block.prefix}{suffix}")
        assert phonenumbers.is_valid_number(number), suffix
        assert phonenumbers.region_code_for_number(number) == block.region, suffix
        written = block.template.replace("#", "%s") % tuple(suffix)
        assert phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL) == written, suffix


def test_no_block_lies_within_another() -> None:
    pairs = [(one, other) for one in BLOCKS for other in BLOCKS if one is not other]
    assert not [one for one, other in pairs if other.prefix.startswith(one.prefix)]


def test_no_block_runs_out_at_a_million_contacts() -> None:
    everything = sum(block.weight for block in BLOCKS)
    assert max(block.weight / everything * MOST_CONTACTS / 10**block.free for block in BLOCKS) < 0.8


def test_numbers_come_from_many_regions(sandbox: SandboxServer) -> None:
    assert len({block.region for block in BLOCKS}) >= 35
    assert len({contact.get("region_code") for contact in every_contact(sandbox, profile_id(sandbox, 1))}) >= 30


def test_what_search_looks_through_is_what_phonenumbers_writes() -> None:
    store = Store(Options(contacts=4000, all_in_account=True))
    for ordinal in store.account_scope.ordinals(0, 4000):
        national = store.contact(ordinal, store.account_scope).get("format_national")
        start = ordinal * store.columns.width
        row = store.columns.nationals[start : start + store.columns.width]
        assert row.decode().rstrip("\n") == (national or "")


def test_all_formats_are_those_of_phonenumbers(sandbox: SandboxServer) -> None:
    for contact in every_contact(sandbox, profile_id(sandbox, 1))[:300]:
        if None in contact.values() or len(contact) < 15:
            continue
        number = phonenumbers.parse(contact["format_e164"])
        assert phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL) == contact["format_international"]
        assert phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL) == contact["format_national"]
        assert phonenumbers.format_number(number, PhoneNumberFormat.RFC3966) == contact["format_rfc"]
        assert str(number.country_code) == contact["country_code"]


def test_the_same_seed_gives_the_same_contacts(sandbox: SandboxServer) -> None:
    with SandboxServer(contacts=3000, profiles=12, seed=7) as again:
        profile = profile_id(sandbox, 3)
        assert every_contact(again, profile) == every_contact(sandbox, profile)


def test_another_seed_gives_other_contacts(sandbox: SandboxServer) -> None:
    with SandboxServer(contacts=3000, profiles=12, seed=8) as other:
        assert not set(other.contacts()) & set(sandbox.contacts())
        assert not set(other.contacts().values()) & set(sandbox.contacts().values()) - {None}


def test_profiles_stay_the_same_whatever_their_number() -> None:
    few, many = owners(SeededHash(7), 50, 3), owners(SeededHash(7), 90_000, 900)
    assert [(one.id, one.name) for one in few] == [(one.id, one.name) for one in many[:4]]


def test_one_profile_is_empty_and_one_has_a_third(sandbox: SandboxServer) -> None:
    sizes = [profile["contacts"] for profile in sandbox.profiles()]
    assert min(sizes) == 0
    assert max(sizes) == 1000
    assert len(set(sizes)) == 12


def test_an_owner_has_no_number_twice(sandbox: SandboxServer) -> None:
    for profile in (None, *(profile["id"] for profile in sandbox.profiles())):
        numbers = [number for number in sandbox.contacts(profile).values() if number]
        assert len(set(numbers)) == len(numbers)


def test_some_numbers_are_held_by_several_profiles(sandbox: SandboxServer) -> None:
    holders = Counter(
        number
        for profile in sandbox.profiles()
        for number in set(sandbox.contacts(profile["id"]).values())
        if number and not profile["inherited"]
    )
    assert max(holders.values()) >= 5


def test_ids_are_version_four_in_lower_case(sandbox: SandboxServer) -> None:
    ids = list(sandbox.contacts(profile_id(sandbox, 1)))
    assert {UUID(contact_id).version for contact_id in ids} == {4}
    assert all(contact_id == contact_id.lower() for contact_id in ids)


def test_no_id_occurs_twice(sandbox: SandboxServer) -> None:
    own = [set(sandbox.contacts(profile["id"])) for profile in sandbox.profiles() if not profile["inherited"]]
    assert sum(map(len, own)) == len(set().union(*own))


def test_an_id_leads_back_to_its_contact() -> None:
    chance = SeededHash(7)
    for ordinal in (0, 1, 4999, 999_999):
        assert chance.ordinal(chance.contact_id(ordinal)) == ordinal


def test_about_three_in_a_hundred_opted_out(sandbox: SandboxServer) -> None:
    contacts = every_contact(sandbox, profile_id(sandbox, 1))
    assert 15 <= sum(contact.get("opt_out") is True for contact in contacts) <= 50


def test_channels_are_mixed_and_rcs_is_rare(sandbox: SandboxServer) -> None:
    mixes = Counter(contact.get("available_channels") for contact in every_contact(sandbox, profile_id(sandbox, 1)))
    assert {"sms", "sms,whatsapp", "whatsapp"} <= set(mixes)
    assert 0 < sum(count for mix, count in mixes.items() if "rcs" in (mix or "")) < 60


def test_the_default_channel_is_an_available_one(sandbox: SandboxServer) -> None:
    for contact in every_contact(sandbox, profile_id(sandbox, 1)):
        if contact.get("default_channel") and contact.get("available_channels"):
            assert contact["default_channel"] in contact["available_channels"].split(",")


def test_some_contacts_were_never_changed(sandbox: SandboxServer) -> None:
    changed = [contact["updated_at"] for contact in every_contact(sandbox)]
    assert 0.2 < changed.count(None) / len(changed) < 0.7


def test_no_contact_was_changed_before_it_was_made(sandbox: SandboxServer) -> None:
    for contact in every_contact(sandbox):
        if contact.get("created_at") and contact["updated_at"]:
            assert contact["created_at"] <= contact["updated_at"] <= "2026-11-01T00:00:00.0000000+00:00"


def test_a_few_contacts_lack_fields(sandbox: SandboxServer) -> None:
    contacts = [one for profile in sandbox.profiles() for one in every_contact(sandbox, profile["id"])]
    ragged = [one for one in contacts if None in {**one, "updated_at": 0}.values() or len(one) < 15]
    assert 3 <= len(ragged) <= 40
    assert any(len(one) < 15 for one in ragged)
    assert all(one["id"] for one in contacts)


def test_numbers_are_mostly_provided_as_e164_but_not_always(sandbox: SandboxServer) -> None:
    contacts = every_contact(sandbox, profile_id(sandbox, 1))
    alike = sum(one.get("phone_number") == one.get("format_e164") for one in contacts)
    assert 0.6 < alike / len(contacts) < 0.9
