"""ID token claims: times, authorized party, access token hash, and how a provider tells of a second factor."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from pytest_django import Settings

from contacts_ui.sign_in.id_token import asked_params, check_access_token, check_claims, confirms_factor

NOW = 1_800_000_000.0
GOOD = {"aud": "desk", "iat": NOW - 1}
TOKEN = "an access token"
FACTOR = {"amr": ["pwd", "mfa"], "auth_time": NOW - 60}


def header(alg: str) -> str:
    """An ID token of which only the header matters."""
    return base64.urlsafe_b64encode(json.dumps({"alg": alg}).encode()).decode().rstrip("=") + ".x.y"


def half_hash(alg: str) -> str:
    """The hash of TOKEN that an ID token signed with `alg` names."""
    whole = hashlib.new(f"sha{alg[-3:]}", TOKEN.encode()).digest()
    return base64.urlsafe_b64encode(whole[: len(whole) // 2]).decode().rstrip("=")


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"iat": NOW + 59, "nbf": NOW + 59},
        {"iat": NOW - 599},
        {"azp": "desk"},
        {"aud": ["desk"]},
        {"aud": ["desk", "api"], "azp": "desk"},
    ],
    ids=str,
)
def test_token_made_just_now_for_us_is_accepted(claims: dict[str, Any]) -> None:
    check_claims(GOOD | claims, "desk", NOW)


@pytest.mark.parametrize(
    "claims",
    [
        {"iat": None},
        {"iat": "now"},
        {"iat": True},
        {"iat": NOW + 61},
        {"iat": NOW - 601},
        {"nbf": NOW + 61},
        {"nbf": "later"},
        {"azp": "another"},
        {"azp": ""},
        {"aud": ["desk", "api"]},
        {"aud": ["desk", "api"], "azp": "api"},
    ],
    ids=str,
)
def test_token_of_another_time_or_client_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(OAuth2Error):
        check_claims(GOOD | claims, "desk", NOW)


@pytest.mark.parametrize("alg", ["RS256", "ES384", "PS512"])
def test_hash_of_own_access_token_is_accepted(alg: str) -> None:
    check_access_token(header(alg), {"at_hash": half_hash(alg)}, TOKEN)


@pytest.mark.parametrize(("alg", "at_hash"), [("RS256", "x"), ("RS384", half_hash("RS256")), ("none", "x")])
def test_hash_of_another_access_token_is_refused(alg: str, at_hash: str) -> None:
    with pytest.raises(OAuth2Error):
        check_access_token(header(alg), {"at_hash": at_hash}, TOKEN)


@pytest.mark.parametrize(
    ("claims", "confirmed"),
    [
        (FACTOR, True),
        (FACTOR | {"amr": ["pwd"]}, False),
        (FACTOR | {"amr": "mfa"}, False),
        (FACTOR | {"amr": [["mfa"]]}, False),
        (FACTOR | {"amr": None}, False),
        (FACTOR | {"auth_time": None}, False),
        (FACTOR | {"auth_time": NOW - 13 * 3600}, False),
        (FACTOR | {"auth_time": NOW + 3600}, False),
        ({"acr": "phr", "auth_time": NOW}, True),
        ({"acr": ["phr"], "auth_time": NOW}, False),
        ({"acr": "0", "auth_time": NOW}, False),
    ],
    ids=str,
)
def test_factor_is_confirmed_by_acr_or_amr_lately(settings: Settings, claims: dict[str, Any], confirmed: bool) -> None:
    settings.REQUIRE_MFA, settings.OIDC_MFA_ACR = "admins", ["phr"]
    assert confirms_factor(claims, NOW) is confirmed


@pytest.mark.parametrize(("required", "amr"), [("none", ["mfa"]), ("admins", [])])
def test_provider_need_not_confirm_factor_nobody_asks_for(settings: Settings, required: str, amr: list[str]) -> None:
    settings.REQUIRE_MFA, settings.OIDC_MFA_AMR = required, amr
    assert confirms_factor({}, NOW)
    assert asked_params() == {}


def test_provider_is_asked_for_factor_and_time(settings: Settings) -> None:
    settings.REQUIRE_MFA, settings.OIDC_MFA_ACR = "admins", ["phr", "phrh"]
    assert asked_params() == {"acr_values": "phr phrh", "max_age": "43200"}
