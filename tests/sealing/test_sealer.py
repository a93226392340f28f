"""Sealed texts: opened only unchanged, with their associated data, for their purpose, under a key we have."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from contacts_ui.sealing.sealer import Sealer, SealError, sealer_for

TEXT, PLACE = b"+12025550188", b"a key"


def test_sealed_text_opens_and_does_not_contain_the_text() -> None:
    sealer = Sealer(["secret"], "cache")
    sealed = sealer.seal(TEXT, PLACE)
    assert TEXT not in sealed
    assert sealer.open(sealed, PLACE) == TEXT


def test_equal_texts_are_sealed_differently() -> None:
    sealer = Sealer(["secret"], "cache")
    assert len({sealer.seal(TEXT, PLACE) for _ in range(100)}) == 100


def test_every_changed_byte_and_every_cut_is_refused() -> None:
    sealer = Sealer(["secret"], "cache")
    sealed = sealer.seal(TEXT, PLACE)
    changed = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    for forged in [*changed, *(sealed[:size] for size in range(len(sealed))), sealed + b"\0"]:
        with pytest.raises(SealError):
            sealer.open(forged, PLACE)


@pytest.mark.parametrize(
    ("sealer", "place"),
    [
        (Sealer(["secret"], "cache"), b"another key"),
        (Sealer(["secret"], "snapshot"), PLACE),
        (Sealer(["another secret"], "cache"), PLACE),
    ],
    ids=["another place", "another purpose", "another secret"],
)
def test_text_sealed_elsewhere_is_refused(sealer: Sealer, place: bytes) -> None:
    sealed = Sealer(["secret"], "cache").seal(TEXT, PLACE)
    with pytest.raises(SealError):
        sealer.open(sealed, place)


def test_former_data_key_still_opens_and_new_one_seals(settings: Settings) -> None:
    settings.DATA_KEY, settings.DATA_KEY_FALLBACKS = "old", []
    sealed = sealer_for("cache").seal(TEXT, PLACE)
    settings.DATA_KEY, settings.DATA_KEY_FALLBACKS = "new", ["old"]
    assert sealer_for("cache").open(sealed, PLACE) == TEXT
    again = sealer_for("cache").seal(TEXT, PLACE)
    settings.DATA_KEY_FALLBACKS = []
    assert sealer_for("cache").open(again, PLACE) == TEXT
    with pytest.raises(SealError):
        sealer_for("cache").open(sealed, PLACE)
