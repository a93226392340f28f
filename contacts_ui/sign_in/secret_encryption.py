"""Encryption at rest, of second-factor secrets and held requests: Fernet, with keys derived from SECRET_KEY."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

SECOND_FACTORS = "second factors"  # key separation: each purpose derives a key of its own


class DecryptionError(ValueError):
    """The encrypted text was changed, or its SECRET_KEY is neither the current one nor in SECRET_KEY_FALLBACKS."""


def encrypt(text: str, purpose: str = SECOND_FACTORS) -> str:
    """Encrypts `text` for storage."""
    return _keys(purpose).encrypt(text.encode()).decode()


def decrypt(encrypted: str, purpose: str = SECOND_FACTORS) -> str:
    """Decrypts a stored text. Raises DecryptionError."""
    try:
        return _keys(purpose).decrypt(encrypted.encode()).decode()
    except InvalidToken as error:
        raise DecryptionError from error


def _keys(purpose: str) -> MultiFernet:
    return MultiFernet([_key(secret, purpose) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"contact desk|{purpose}|{secret}".encode()).digest()))
