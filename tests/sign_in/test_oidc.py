"""Single sign-on (OpenID Connect) end to end: PKCE, state, nonce, forged claims, roles from groups, redirects."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from testing.accounts import create_account
from testing.desk_template import PASSWORD, DeskTemplate
from testing.running_desk import Desk, running_desk
from testing.sandbox_server import SandboxServer
from tests.sign_in.conftest import OIDC
from tests.sign_in.provider import Provider, query_of, running_provider
from tests.sign_in.running_desk import Visitor


def start_sso(visitor: Visitor, **fields: str) -> str:
    """Starts single sign-on; returns the URL at the provider."""
    answer = visitor.submit("/sign-in/sso/", **fields)
    assert answer.status_code == 302
    return answer.headers["Location"]


def sign_in(desk: Desk, provider: Provider, subject: str, **claims: Any) -> Visitor:
    """A new browser after single sign-on as this subject."""
    provider.knows(subject, **claims)
    visitor = Visitor(desk.url)
    visitor.see(provider.authorize(start_sso(visitor), subject))
    return visitor


def user_of(desk: Desk, subject: str) -> tuple[Any, ...]:
    """Id, user name and e-mail of the user of the newest identity with this subject."""
    query = (
        "SELECT u.id, u.username, u.email FROM auth_user u JOIN socialaccount_socialaccount s ON s.user_id = u.id "
        "WHERE s.uid = ? ORDER BY s.id DESC"
    )
    return desk.sql(query, subject)[0]


def role_of(desk: Desk, subject: str) -> set[str]:
    """The groups of that user."""
    query = "SELECT g.name FROM auth_group g JOIN auth_user_groups m ON m.group_id = g.id WHERE m.user_id = ?"
    return {name for (name,) in desk.sql(query, user_of(desk, subject)[0])}


def denials(desk: Desk) -> int:
    """Number of denied sign-ins in the audit log."""
    return int(
        desk.sql("SELECT count(*) FROM contacts_ui_auditentry WHERE action = 'sign_in' AND outcome = 'denied'")[0][0]
    )


def test_provider_user_is_signed_in(sso_desk: Desk, provider: Provider) -> None:
    visitor = sign_in(sso_desk, provider, "s-in", preferred_username="Ines", email="ines@example.org")
    assert visitor.signed_in()
    assert user_of(sso_desk, "s-in")[1:] == ("ines", "ines@example.org")


def test_second_sign_in_is_same_user(sso_desk: Desk, provider: Provider) -> None:
    sign_in(sso_desk, provider, "s-twice", preferred_username="twice")
    sign_in(sso_desk, provider, "s-twice", preferred_username="renamed", email="new@example.org")
    assert len(sso_desk.sql("SELECT 1 FROM socialaccount_socialaccount WHERE uid = 's-twice'")) == 1
    assert user_of(sso_desk, "s-twice")[1] == "twice"


def test_session_key_changes_at_sign_in(sso_desk: Desk, provider: Provider) -> None:
    visitor = Visitor(sso_desk.url)
    back = provider.authorize(start_sso(visitor), "s-key")
    before = visitor.cookies["session"]
    visitor.see(back)
    assert visitor.signed_in()
    assert visitor.cookies["session"] != before


def test_authorization_code_is_bound_by_pkce(sso_desk: Desk, provider: Provider) -> None:
    visitor = Visitor(sso_desk.url)
    address = start_sso(visitor)
    visitor.see(provider.authorize(address, "s-pkce"))
    asked, verifier = query_of(address), provider.token_requests()[-1]["code_verifier"]
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    assert (asked["code_challenge"], asked["code_challenge_method"]) == (challenge, "S256")


def test_provider_sends_back_to_site_url_when_host_lacks_port(sso_desk: Desk, provider: Provider) -> None:
    visitor = Visitor(sso_desk.url)
    visitor.see("/sign-in/")
    visitor.headers["Host"] = "127.0.0.1"
    address = start_sso(visitor)
    assert query_of(address)["redirect_uri"] == f"{sso_desk.url}/sign-in/sso/callback/"
    visitor.see(provider.authorize(address, "s-port"))
    assert provider.token_requests()[-1]["redirect_uri"] == f"{sso_desk.url}/sign-in/sso/callback/"
    assert visitor.signed_in()


def test_query_parameters_do_not_reach_provider(sso_desk: Desk) -> None:
    visitor = Visitor(sso_desk.url)
    query_string = "?process=connect&scope=phone&auth_params=redirect_uri%3Dhttps%3A%2F%2Fevil.example%26state%3Dmine"
    visitor.see("/sign-in/")
    answer = visitor.submit(f"/sign-in/sso/{query_string}")
    asked = query_of(answer.headers["Location"])
    assert asked["redirect_uri"] == f"{sso_desk.url}/sign-in/sso/callback/"
    assert asked["state"] != "mine"
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}


def test_get_request_does_not_start_sso(sso_desk: Desk) -> None:
    answer = Visitor(sso_desk.url).see("/sign-in/sso/?next=/account/contacts/")
    assert answer.headers["Location"] == "/sign-in/?next=%2Faccount%2Fcontacts%2F"


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["desk-staff"], {"support"}),
        (["desk-admins"], {"admin"}),
        (["others", "desk-staff", "desk-admins"], {"admin"}),
        (["desk-staff", "desk-admins", "desk-audit"], {"auditor"}),
        ("desk-staff", {"support"}),
        (["others"], set()),
        ([{"name": "desk-admins"}, None, 7], set()),
        (None, set()),
    ],
)
def test_provider_groups_set_role(sso_desk: Desk, provider: Provider, groups: object, role: set[str]) -> None:
    visitor = sign_in(sso_desk, provider, "s-groups", groups=groups)
    assert visitor.signed_in()
    assert role_of(sso_desk, "s-groups") == role


def test_role_is_removed_with_its_group(sso_desk: Desk, provider: Provider) -> None:
    sign_in(sso_desk, provider, "s-leaver", groups=["desk-admins"])
    assert role_of(sso_desk, "s-leaver") == {"admin"}
    sign_in(sso_desk, provider, "s-leaver", groups=[])
    assert role_of(sso_desk, "s-leaver") == set()


def test_unchanged_role_is_not_recorded_again(sso_desk: Desk, provider: Provider) -> None:
    changes = "SELECT count(*) FROM contacts_ui_auditentry WHERE action = 'role.changed' AND about LIKE 'steady%'"
    sign_in(sso_desk, provider, "s-steady", preferred_username="steady", groups=["desk-staff"])
    before = sso_desk.sql(changes)
    sign_in(sso_desk, provider, "s-steady", preferred_username="steady", groups=["desk-staff"])
    assert sso_desk.sql(changes) == before


@pytest.mark.parametrize("state", ["", "another"])
def test_wrong_state_is_refused(sso_desk: Desk, provider: Provider, state: str) -> None:
    visitor = Visitor(sso_desk.url)
    back = provider.authorize(start_sso(visitor), "s-state")
    answer = visitor.see(back.replace(query_of(back)["state"], state))
    assert answer.status_code == 401
    assert not visitor.signed_in()


def test_callback_works_once(sso_desk: Desk, provider: Provider) -> None:
    visitor = Visitor(sso_desk.url)
    back = provider.authorize(start_sso(visitor), "s-once")
    assert visitor.see(back).status_code == 302
    visitor.submit("/sign-out/")
    assert visitor.see(back).status_code == 401
    assert not visitor.signed_in()


def test_authorization_code_works_once(sso_desk: Desk, provider: Provider) -> None:
    first = Visitor(sso_desk.url)
    back = provider.authorize(start_sso(first), "s-replay")
    first.see(back)
    second = Visitor(sso_desk.url)
    state = query_of(start_sso(second))["state"]
    answer = second.see(back.replace(query_of(back)["state"], state))
    assert answer.status_code == 401
    assert not second.signed_in()


def test_code_issued_to_other_browser_is_refused(sso_desk: Desk, provider: Provider) -> None:
    # Code and state are valid for the thief's browser; only the nonce of the ID token is not.
    stolen = provider.authorize(start_sso(Visitor(sso_desk.url)), "s-stolen")
    thief = Visitor(sso_desk.url)
    state = query_of(start_sso(thief))["state"]
    assert thief.see(stolen.replace(query_of(stolen)["state"], state)).status_code == 401
    assert not thief.signed_in()


def test_callback_in_other_browser_is_refused(sso_desk: Desk, provider: Provider) -> None:
    back = provider.authorize(start_sso(Visitor(sso_desk.url)), "s-other")
    other = Visitor(sso_desk.url)
    assert other.see(back).status_code == 401
    assert not other.signed_in()


@pytest.mark.parametrize(
    "forged",
    [
        {"id_token": {"aud": ["another client"]}},
        {"id_token": {"iss": "https://evil.example"}},
        {"id_token": {"exp": 1}},
        {"id_token": {"nonce": "another"}},
        {"id_token": {"iat": 1}},
        {"id_token": {"iat": None}},
        {"id_token": {"nbf": 4_000_000_000}},
        {"id_token": {"azp": "another client"}},
        {"id_token": {"aud": ["desk", "another client"]}},
        {"id_token": {"at_hash": "of another access token"}},
        {"id_token": {"sub": "somebody else"}},
        {"id_token": {"sub": ""}},
        {"id_token": {"sub": "x" * 300}},
        {"userinfo": {"sub": "somebody else"}},
        {"configuration": {"issuer": "https://evil.example"}, "id_token": {"iss": "https://evil.example"}},
    ],
    ids=str,
)
def test_forged_claims_are_refused_and_recorded(sso_desk: Desk, provider: Provider, forged: dict[str, Any]) -> None:
    provider.knows("s-lies")
    provider.forge(**forged)
    visitor = Visitor(sso_desk.url)
    before = denials(sso_desk)
    assert visitor.see(provider.authorize(start_sso(visitor), "s-lies")).status_code == 401
    assert not visitor.signed_in()
    assert denials(sso_desk) == before + 1


def test_cancelled_sso_is_reported_and_not_recorded(sso_desk: Desk, provider: Provider) -> None:
    visitor, before = Visitor(sso_desk.url), denials(sso_desk)
    address = start_sso(visitor)
    back = f"{provider.deny(address)}"
    back += "" if "state=" in back else f"&state={query_of(address)['state']}"
    answer = visitor.see(back)
    assert answer.headers["Location"] == "/sign-in/sso/cancelled/"
    assert visitor.see("/sign-in/sso/cancelled/").status_code == 200
    assert denials(sso_desk) == before


@pytest.fixture(scope="module")
def local_people(sso_desk: Desk) -> None:
    """Two local users."""
    create_account(sso_desk, "Lena", "admin", email="Lena@example.org")
    create_account(sso_desk, "leif", "admin", email="leif@example.org")


@pytest.mark.parametrize("email", ["lena@example.org", "LENA@example.org"])
def test_matching_email_does_not_take_over_local_user(
    sso_desk: Desk, provider: Provider, local_people: None, email: str
) -> None:
    visitor = sign_in(sso_desk, provider, f"s-{email}", email=email, email_verified=True, groups=["desk-staff"])
    user, name, kept = user_of(sso_desk, f"s-{email}")
    assert visitor.signed_in()
    assert (name, kept) != ("Lena", email)
    assert kept == ""
    assert sso_desk.sql("SELECT id FROM auth_user WHERE email = 'Lena@example.org'") != [(user,)]


def test_email_that_is_somebodys_user_name_does_not_lock_them_out(sso_desk: Desk, provider: Provider) -> None:
    """The attack: have the provider name an address that is the user name of somebody with a password."""
    create_account(sso_desk, "nora@example.org", "admin")
    sign_in(sso_desk, provider, "s-nora", preferred_username="n", email="Nora@example.org", email_verified=True)
    assert user_of(sso_desk, "s-nora")[2] == ""
    visitor = Visitor(sso_desk.url)
    visitor.submit("/sign-in/", login="nora@example.org", password=PASSWORD)
    assert visitor.signed_in()


@pytest.mark.parametrize("name", ["leif", "LEIF", "l\u00e9if", "\uff4c\uff45\uff49\uff46"])
def test_taken_user_name_gets_suffix(sso_desk: Desk, provider: Provider, local_people: None, name: str) -> None:
    sign_in(sso_desk, provider, f"s-{name.encode().hex()}", preferred_username=name)
    kept = user_of(sso_desk, f"s-{name.encode().hex()}")[1]
    assert kept.startswith("leif")
    assert kept.isascii()
    assert kept != "leif"


def test_local_password_still_works_after_sso_of_same_name(
    sso_desk: Desk, provider: Provider, local_people: None
) -> None:
    sign_in(sso_desk, provider, "s-leif", preferred_username="leif", email="leif@example.org")
    visitor = Visitor(sso_desk.url)
    visitor.submit("/sign-in/", login="leif", password=PASSWORD)
    assert visitor.signed_in()


def test_deactivated_user_is_refused(sso_desk: Desk, provider: Provider) -> None:
    sign_in(sso_desk, provider, "s-off", preferred_username="switched", groups=["desk-staff"])
    sso_desk.sql("UPDATE auth_user SET is_active = 0 WHERE id = ?", user_of(sso_desk, "s-off")[0])
    before = denials(sso_desk)
    visitor = sign_in(sso_desk, provider, "s-off", groups=["desk-admins"])
    assert not visitor.signed_in()
    assert role_of(sso_desk, "s-off") == {"support"}
    assert denials(sso_desk) == before + 1


def test_only_subject_is_stored_from_provider_claims(sso_desk: Desk, provider: Provider) -> None:
    sign_in(sso_desk, provider, "s-kept", phone="+15550100", groups=["desk-staff"], birthdate="1990-01-01")
    kept = str(sso_desk.sql("SELECT extra_data FROM socialaccount_socialaccount WHERE uid = 's-kept'"))
    assert "s-kept" in kept
    assert not any(word in kept for word in ("5550100", "1990", "desk-staff"))


def test_csp_form_action_names_provider(sso_desk: Desk, provider: Provider) -> None:
    policy = Visitor(sso_desk.url).see("/sign-in/").headers["Content-Security-Policy"]
    form_action = next(part for part in policy.split(";") if part.strip().startswith("form-action"))
    assert form_action.split()[1:] == ["'self'", provider.url]


@pytest.mark.parametrize(
    ("target", "redirect"),
    [
        ("/account/contacts/?channel=sms", "/account/contacts/?channel=sms"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_next_redirects_only_to_local_paths(sso_desk: Desk, provider: Provider, target: str, redirect: str) -> None:
    visitor = Visitor(sso_desk.url)
    back = provider.authorize(start_sso(visitor, next=target), "s-next")
    assert visitor.see(back).headers["Location"] == redirect


@contextmanager
def desk_with_issuer(desk: Desk, sandbox: SandboxServer, issuer: str, template: DeskTemplate) -> Iterator[Desk]:
    """The same desk (its database, its keys) with another issuer."""
    kept = {name: desk.settings[name] for name in ("DATABASE_URL", "SECRET_KEY")}
    with running_desk(
        desk.folder / "desk_with_issuer", sandbox.url, template, OIDC_ISSUER=issuer, **kept, **OIDC
    ) as running:
        yield running


def test_other_issuer_is_other_user_and_its_outage_gets_503(
    sso_desk: Desk, provider: Provider, running_sandbox: SandboxServer, template: DeskTemplate, tmp_path: Path
) -> None:
    sign_in(sso_desk, provider, "s-same", preferred_username="here", groups=["desk-admins"])
    first = user_of(sso_desk, "s-same")
    with (
        running_provider(tmp_path) as another,
        desk_with_issuer(sso_desk, running_sandbox, another.url, template) as desk,
    ):
        visitor = sign_in(desk, another, "s-same", preferred_username="there", groups=["desk-admins"])
        assert visitor.signed_in()
        assert user_of(sso_desk, "s-same")[0] != first[0]
        # Without OIDC_ROLES, groups give no role.
        assert role_of(sso_desk, "s-same") == set()
        another.stop()
        assert Visitor(desk.url).submit("/sign-in/sso/").status_code == 503
