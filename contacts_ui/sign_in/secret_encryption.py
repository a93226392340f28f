"""Encryption of second-factor secrets at rest: Fernet, with a key derived from SECRET_KEY."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

_PURPOSE = "contact desk|second factors|"  # key separation: other uses of SECRET_KEY derive other keys


class DecryptionError(ValueError):
    """The encrypted text was changed, or its SECRET_KEY is neither the current one nor in SECRET_KEY_FALLBACKS."""


def encrypt(text: str) -> str:
    """Encrypts `text` for storage."""
    return _keys().encrypt(text.encode()).decode()


def decrypt(encrypted: str) -> str:
    """Decrypts a stored text. Raises DecryptionError."""
    try:
        return _keys().decrypt(encrypted.encode()).decode()
    except InvalidToken as error:
        raise DecryptionError from error


def _keys() -> MultiFernet:
    return MultiFernet([_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"{_PURPOSE}{secret}".encode()).digest()))
