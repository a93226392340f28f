"""Formatting: ages, dates, numbers, region names, flags and channel names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contacts_ui.contacts.labels import channel_name
from contacts_ui.web.formatting import countdown, format_datetime, format_int, time_ago
from contacts_ui.web.regions import flag, flag_class, region_name


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=12), "12 s ago"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=29), "29 d ago"),
        (timedelta(days=31), "1 mo ago"),
        (timedelta(days=200), "6 mo ago"),
        (timedelta(days=800), "2 y ago"),
    ],
)
def test_time_ago_uses_one_unit(age: timedelta, words: str) -> None:
    assert time_ago(datetime.now(UTC) - age - timedelta(milliseconds=200)) == words


@pytest.mark.parametrize(("seconds", "words"), [(65, "in 1:05"), (1, "in 0:01"), (0, "now"), (-3, "now")])
def test_countdown_names_no_time_below_one_second(seconds: int, words: str) -> None:
    assert countdown(seconds) == words


def test_datetime_is_formatted_in_utc() -> None:
    assert format_datetime(datetime.fromisoformat("2026-01-13T14:24:59+02:00")) == "13 Jan 2026, 12:24 UTC"


def test_region_has_english_name() -> None:
    assert region_name("GB") == "United Kingdom"
    assert region_name("ZZZ") == "ZZZ"
    assert region_name(None) is None


def test_flag_is_always_one_of_our_files() -> None:
    assert flag("de").endswith("/flags/de.svg")
    for odd in (None, "", "zz", "../../x", "D/", "ÄÖ"):
        assert flag(odd).endswith("/img/region.svg")
        assert flag_class(odd) == "flag"


def test_flag_class_names_sprite_column_and_row() -> None:
    assert flag_class("DE") == "flag flag-col-d flag-row-e"


def test_unknown_channel_keeps_its_name() -> None:
    assert [channel_name(channel) for channel in ("sms", "whatsapp", "rcs", "pigeon")] == [
        "SMS",
        "WhatsApp",
        "RCS",
        "pigeon",
    ]


def test_integer_has_thousands_separator() -> None:
    assert format_int(12486) == "12,486"
