"""Encryption of secrets in the database (Fernet), with fallback keys."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from contacts_ui.sign_in.secret_encryption import DecryptionError, decrypt, encrypt


def test_decryption_restores_secret() -> None:
    assert decrypt(encrypt("a secret")) == "a secret"


def test_same_secret_encrypts_differently_each_time() -> None:
    assert encrypt("a secret") != encrypt("a secret")


def test_fallback_key_still_decrypts(settings: Settings) -> None:
    sealed = encrypt("a secret")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new " * 15, [settings.SECRET_KEY]
    assert decrypt(sealed) == "a secret"


@pytest.mark.parametrize("change", [lambda sealed: sealed[:-2] + "AA", lambda _: "a secret", lambda _: ""])
def test_tampered_secret_is_not_decrypted(change: object) -> None:
    assert callable(change)
    with pytest.raises(DecryptionError):
        decrypt(change(encrypt("a secret")))


def test_other_key_does_not_decrypt(settings: Settings) -> None:
    sealed = encrypt("a secret")
    settings.SECRET_KEY = "new " * 15
    with pytest.raises(DecryptionError):
        decrypt(sealed)
