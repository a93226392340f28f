"""Display names of the account and its profiles: blanks are no name, and no two are called alike."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts_ui.sent_api.decoding import account
from contacts_ui.sent_api.types import Account

ID, OTHER_ID, THIRD_ID = (str(UUID(int=number << 96 | number)) for number in (0xAAAA0001, 0xBBBB0002, 0xCCCC0003))
Name = str | None


def _account(*profiles: tuple[str, Name, Name], name: Name = "Meridian", short_name: Name = None) -> Account:
    """The account of an answer with these profiles: id, name and short name."""
    fields = ({"id": id_, "name": own, "short_name": short} for id_, own, short in profiles)
    data = {"id": "a", "type": "organization", "name": name, "short_name": short_name, "profiles": list(fields)}
    return account(msgspec.json.encode({"success": True, "data": data}))


def _labels(*profiles: tuple[str, Name, Name]) -> list[str]:
    return [profile.display_name for profile in _account(*profiles).profiles]


BLANKS = [None, "", "  ", "\t\n", "\u00a0\u2003", "\u200b\ufeff", "\x00\x1b", "\u202e\u2066", "\u3164", "\u0301"]


@pytest.mark.parametrize("blank", BLANKS)
def test_blank_name_of_profile_is_no_name(blank: Name) -> None:
    assert _labels((ID, blank, "EAST")) == ["EAST"]


@pytest.mark.parametrize("blank", BLANKS)
def test_profile_without_any_name_is_called_by_start_of_id(blank: Name) -> None:
    assert _labels((ID, blank, blank)) == [f"Profile {ID[:8]}"]


@pytest.mark.parametrize("blank", BLANKS)
def test_blank_name_of_account_is_no_name(blank: Name) -> None:
    assert _account(name=blank, short_name=blank).display_name == "This account"
    assert _account(name=blank, short_name="MERI").display_name == "MERI"


def test_name_that_nobody_else_has_is_shown_alone() -> None:
    assert _labels((ID, "  Support \u00a0 East ", "EAST"), (OTHER_ID, "Sales", "EAST")) == ["Support East", "Sales"]


@pytest.mark.parametrize("alike", ["Support", "support", " Support ", "Sup\u200bport", "Ｓupport", "Support\ufe0f"])
def test_names_that_look_alike_are_told_apart_by_short_name(alike: str) -> None:
    first, second = _labels((ID, "Support", "EAST"), (OTHER_ID, alike, "WEST"))
    assert first == "Support (EAST)"
    assert second.endswith("(WEST)")


@pytest.mark.parametrize("short", [None, " ", "SUP", "support"])
def test_equal_names_without_use_of_short_names_are_told_apart_by_id(short: Name) -> None:
    labels = _labels((ID, "Support", short), (OTHER_ID, "Support", short))
    assert labels == [f"Support ({ID[:8]})", f"Support ({OTHER_ID[:8]})"]


def test_profile_called_as_the_account_is_told_apart_from_it() -> None:
    assert _labels((ID, "Meridian", "EAST")) == ["Meridian (EAST)"]


def test_name_that_another_label_already_is_gets_its_id() -> None:
    labels = _labels((ID, "Support", "EAST"), (OTHER_ID, "Support", "WEST"), (THIRD_ID, "Support (EAST)", None))
    assert labels == [f"Support ({ID[:8]})", "Support (WEST)", f"Support (EAST) ({THIRD_ID[:8]})"]


def test_ids_that_begin_alike_are_written_whole() -> None:
    near = f"{ID[:-1]}f"
    assert _labels((ID, "Support", None), (near, "Support", None)) == [f"Support ({ID})", f"Support ({near})"]


def test_label_survives_the_cache() -> None:
    stored = _account((ID, "Support", "EAST"), (OTHER_ID, "Support", "WEST"))
    read = msgspec.msgpack.decode(msgspec.msgpack.encode(stored), type=Account)
    assert msgspec.to_builtins(read) == msgspec.to_builtins(stored)


def test_label_of_an_answer_is_not_believed() -> None:
    profile = {"id": ID, "name": "Support", "desk_label": "Sales", "label": "Sales"}
    body = {"success": True, "data": {"id": "a", "type": "organization", "desk_label": "Sales", "profiles": [profile]}}
    named = account(msgspec.json.encode(body))
    assert (named.display_name, named.profiles[0].display_name) == ("This account", "Support")


_NAMES = st.none() | st.sampled_from(["Support", "support", "Support (A)", "A", " ", "Profile 00000001"]) | st.text()


@pytest.mark.slow
@given(st.lists(st.tuples(_NAMES, _NAMES), max_size=8))
def test_no_two_labels_are_equal_or_blank(names: list[tuple[Name, Name]]) -> None:
    labels = _labels(*((str(UUID(int=number)), *pair) for number, pair in enumerate(names)))
    assert len({label.casefold() for label in labels}) == len(names)
    assert all(label.strip() for label in labels)
