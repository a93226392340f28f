"""What OIDC_ROLES and OIDC_ISSUER may say: a mistake stops the desk at its start, with a sentence."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings


def started(**environment: str) -> str:
    """What the settings say to this environment: the roles by group, or the error."""
    code = "from dashboard import settings; print(settings.OIDC_ROLES)"
    env = dict(os.environ) | {"OIDC_CLIENT_ID": "desk", "OIDC_CLIENT_SECRET": "x"} | environment
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=False
    )
    return (done.stdout + done.stderr).strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("", {}),
        ("staff=support", {"staff": "support"}),
        ("staff=support, bosses = admin", {"staff": "support", "bosses": "admin"}),
        ("a=b=auditor", {"a=b": "auditor"}),
    ],
)
def test_pairs_are_read(text: str, roles: dict[str, str]) -> None:
    assert started(OIDC_ROLES=text) == str(roles)


@pytest.mark.parametrize("text", ["staff=king", "staff", "=admin", "staff=", "admin", "staff=Admin"])
def test_what_is_no_role_is_refused(text: str) -> None:
    assert "ImproperlyConfigured: OIDC_ROLES must be pairs" in started(OIDC_ROLES=text)


@pytest.mark.parametrize("issuer", ["http://id.example.org", "id.example.org", "ftp://localhost"])
def test_an_issuer_that_cannot_be_trusted_is_refused(issuer: str) -> None:
    assert "ImproperlyConfigured: OIDC_ISSUER must be https" in started(OIDC_ISSUER=issuer)
