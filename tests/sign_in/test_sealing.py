"""Secrets as they lie in the database."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from contacts_ui.sign_in.secret_encryption import DecryptionError, decrypt, encrypt


def test_what_was_sealed_is_read_again() -> None:
    assert decrypt(encrypt("a secret")) == "a secret"


def test_the_same_secret_is_sealed_in_another_way_each_time() -> None:
    assert encrypt("a secret") != encrypt("a secret")


def test_an_old_key_still_reads(settings: Settings) -> None:
    sealed = encrypt("a secret")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new " * 15, [settings.SECRET_KEY]
    assert decrypt(sealed) == "a secret"


@pytest.mark.parametrize("change", [lambda sealed: sealed[:-2] + "AA", lambda _: "a secret", lambda _: ""])
def test_what_was_changed_is_not_read(change: object) -> None:
    assert callable(change)
    with pytest.raises(DecryptionError):
        decrypt(change(encrypt("a secret")))


def test_another_key_does_not_read(settings: Settings) -> None:
    sealed = encrypt("a secret")
    settings.SECRET_KEY = "new " * 15
    with pytest.raises(DecryptionError):
        decrypt(sealed)
