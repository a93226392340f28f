"""Secrets of second factors as they lie in the database: sealed with a key that is made of SECRET_KEY."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

_PURPOSE = "contact desk|second factors|"  # so that the same SECRET_KEY signs other things with another key


class DecryptionError(ValueError):
    """What was sealed was changed, or SECRET_KEY is another and the old one is not in SECRET_KEY_FALLBACKS."""


def encrypt(text: str) -> str:
    """`text` as it may be stored."""
    return _keys().encrypt(text.encode()).decode()


def decrypt(sealed: str) -> str:
    """The text again. Raises Unreadable."""
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise DecryptionError from error


def _keys() -> MultiFernet:
    return MultiFernet([_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"{_PURPOSE}{secret}".encode()).digest()))
