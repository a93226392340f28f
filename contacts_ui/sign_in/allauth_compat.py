"""Compatibility with django-allauth: what we use of its internal modules, in one place.

None of it is promised to stay: tests/sign_in/test_allauth_compat.py fails when a version moves or changes it.
"""

from __future__ import annotations

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.internal.flows.manage_email import assess_unique_email
from allauth.account.internal.stagekit import LOGIN_SESSION_KEY, clear_login
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from allauth.account.views import INTERNAL_RESET_SESSION_KEY
from allauth.core.internal import ratelimit
from allauth.core.internal.cryptokit import compare_user_code
from allauth.core.internal.sessionkit import get_session_user
from allauth.mfa.totp.internal.auth import (
    SECRET_SESSION_KEY,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)

__all__ = [
    "INTERNAL_RESET_SESSION_KEY",
    "LOGIN_SESSION_KEY",
    "SECRET_SESSION_KEY",
    "assess_unique_email",
    "clear_login",
    "compare_user_code",
    "filter_users_by_email",
    "format_hotp_value",
    "get_authentication_records",
    "get_session_user",
    "get_user_by_username",
    "hotp_value",
    "ratelimit",
    "record_authentication",
    "yield_hotp_counters_from_time",
]
