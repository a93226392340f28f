"""TOTP codes of an authenticator app, computed from RFC 6238 independently of the desk's library."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time

PERIOD = 30  # seconds
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""The secret of every authenticator app in tests, in base 32."""


def code_at(secret: str, moment: float, periods: int = 0) -> str:
    """Code at a Unix time, on a clock that is `periods` ahead."""
    counter = struct.pack(">Q", int(moment) // PERIOD + periods)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def code_now(secret: str, periods: int = 0) -> str:
    """Current code. Waits for the next period when less than 8 s of this one remain."""
    if PERIOD - time.time() % PERIOD < 8:
        time.sleep(PERIOD - time.time() % PERIOD + 0.1)
    return code_at(secret, time.time(), periods)
