"""Role matrix: the status of every URL for each role, by GET and POST. A URL missing from the table fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from contacts_ui.contacts.lookup_sweep import start
from contacts_ui.contacts.scope_answers import question_about
from contacts_ui.models import Export, ProfileAccess, SavedView
from testing.accounts import give_role, prove, sign_in
from testing.sandbox_server import SandboxServer
from testing.totp import SECRET

from .html import text
from .old_phrases import old_phrases

PEOPLE = ("anonymous", "unassigned", "support", "exporter", "auditor", "admin")

# Status for each kind of user, in the order of PEOPLE.
EVERYONE = (302, 200, 200, 200, 200, 200)
ASSIGNED = (302, 404, 200, 200, 404, 200)  # a profile that is assigned to support and exporter
ACCOUNT = (302, 404, 404, 404, 404, 200)
ADMINS = (302, 403, 403, 403, 403, 200)
READERS = (302, 403, 403, 403, 200, 200)
STAFF = (302, 302, 302, 302, 302, 302)  # Django's admin is for superusers, and none of these is one
GATE = (200, 302, 302, 302, 302, 302)  # signed-in users are redirected
OPEN = (200, 200, 200, 200, 200, 200)
EXPORTERS = (302, 403, 403, 200, 403, 200)
REFUSED = (302, 405, 405, 405, 405, 405)
AGAIN = (302, 302, 302, 302, 302, 302)  # redirects to reauthentication, or to sign-in
ADMINS_MOVED = (302, 403, 403, 403, 403, 302)
NOT_THERE = (302, 404, 404, 404, 404, 404)
NOWHERE = (404, 404, 404, 404, 404, 404)  # no contact is set here
HOME = (302, 200, 302, 302, 302, 302)  # redirects to contacts, or to the audit log

GETS: dict[str, tuple[int, ...]] = {
    "": HOME,
    ".well-known/security.txt": NOWHERE,
    "account/contacts/": ACCOUNT,
    "account/contacts/export/": (302, 403, 403, 404, 403, 200),
    "account/contacts/<uuid:contact_id>/": ACCOUNT,
    "account/contacts/<uuid:contact_id>/messages/": ACCOUNT,
    "account/contacts/<uuid:contact_id>/reveal/": (302, 404, 404, 404, 404, 302),
    "account/profiles/": ACCOUNT,
    "account/profiles/pin/": REFUSED,
    "account/views/": ACCOUNT,
    "account/views/new/": ACCOUNT,
    "account/views/<int:view_id>/": NOT_THERE,  # somebody else's own
    "account/views/<int:view_id>/delete/": NOT_THERE,
    "account/views/<int:view_id>/default/": NOT_THERE,
    "account/go/": ACCOUNT,
    "p/<uuid:profile_id>/contacts/": ASSIGNED,
    "p/<uuid:profile_id>/contacts/export/": EXPORTERS,
    "p/<uuid:profile_id>/contacts/<uuid:contact_id>/": ASSIGNED,
    "p/<uuid:profile_id>/contacts/<uuid:contact_id>/messages/": ASSIGNED,
    "p/<uuid:profile_id>/contacts/<uuid:contact_id>/reveal/": (302, 404, 302, 302, 404, 302),
    "p/<uuid:profile_id>/profiles/": ASSIGNED,
    "p/<uuid:profile_id>/profiles/pin/": REFUSED,
    "p/<uuid:profile_id>/views/": ASSIGNED,
    "p/<uuid:profile_id>/views/new/": ASSIGNED,
    "p/<uuid:profile_id>/views/<int:view_id>/": NOT_THERE,
    "p/<uuid:profile_id>/views/<int:view_id>/delete/": NOT_THERE,
    "p/<uuid:profile_id>/views/<int:view_id>/default/": NOT_THERE,
    "p/<uuid:profile_id>/go/": ASSIGNED,
    "go/": (302, 200, 302, 302, 200, 302),  # redirects to that of the last profile
    "gateway/": ADMINS,
    "gateway/state/": ADMINS,
    "lookup/": ASSIGNED,
    "lookup/<uuid:lookup_id>/": NOT_THERE,  # somebody else's
    "exports/": EXPORTERS,
    "exports/<uuid:export_id>/": (302, 403, 403, 404, 403, 200),  # somebody else's: admins may see and cancel it
    "exports/<uuid:export_id>/mark/": (302, 403, 403, 404, 403, 200),
    "exports/<uuid:export_id>/file/": (302, 403, 403, 404, 403, 404),
    "people/": ADMINS,
    "people/new/": ADMINS,
    "people/profiles/": ADMINS,
    "people/profiles/<uuid:listed_id>/": ADMINS,
    "people/masking/": ADMINS,
    "people/<int:person_id>/": ADMINS,
    "people/<int:person_id>/do/": ADMINS_MOVED,  # POST only
    "people/<int:person_id>/link/": ADMINS_MOVED,
    "audit/": READERS,
    "audit/export/": READERS,
    "suggestions/": (302, 403, 403, 403, 404, 404),  # nothing is typed
    "preferences/": EVERYONE,
    "preferences/steps/": REFUSED,
    "preferences/theme/": REFUSED,
    "sign-in/": GATE,
    "sign-in/inactive/": OPEN,
    "sign-in/code/": AGAIN,  # nobody is between the two steps here
    "sign-in/again/": EVERYONE,
    "sign-in/again/code/": AGAIN,  # nobody has a second factor here
    "sign-in/again/sso/": AGAIN,  # nobody comes by single sign-on here
    "you/confirmed/": AGAIN,  # nothing waits
    "sign-in/password/": OPEN,
    "sign-in/password/sent/": OPEN,
    "sign-in/password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": OPEN,  # says that the link does not work
    "sign-in/password/chosen/": OPEN,
    "sign-out/": EVERYONE,
    "you/password/": EVERYONE,
    "you/password/set/": AGAIN,  # everyone has one here
    "you/second-factor/": EVERYONE,
    "you/second-factor/totp/picture/": NOT_THERE,
    "you/second-factor/totp/activate/": EVERYONE,
    "you/second-factor/totp/deactivate/": NOT_THERE,
    "you/second-factor/passkeys/": EVERYONE,
    "you/second-factor/passkeys/add/": EVERYONE,
    "you/second-factor/passkeys/reauthenticate/": AGAIN,
    "you/second-factor/passkeys/keys/<int:pk>/remove/": NOT_THERE,
    "you/second-factor/passkeys/keys/<int:pk>/edit/": NOT_THERE,
    "you/second-factor/passkeys/login/": AGAIN,
    "you/second-factor/recovery-codes/": NOT_THERE,
    "you/second-factor/recovery-codes/generate/": EVERYONE,
    "you/second-factor/recovery-codes/download/": NOT_THERE,
    "you/sessions/": EVERYONE,
}

POSTS: dict[str, tuple[int, ...]] = {
    ".well-known/security.txt": (405, 405, 405, 405, 405, 405),
    "people/": REFUSED,
    "people/new/": (302, 403, 403, 403, 403, 422),  # the form is empty
    "people/profiles/": REFUSED,
    "people/profiles/<uuid:listed_id>/": REFUSED,
    "people/masking/": ADMINS_MOVED,
    "people/<int:person_id>/": (302, 403, 403, 403, 403, 422),
    "people/<int:person_id>/do/": (302, 403, 403, 403, 403, 400),
    "people/<int:person_id>/link/": ADMINS,
    "audit/": (302, 403, 403, 403, 302, 302),  # redirects to the hash of the typed number
    "audit/export/": REFUSED,
    "gateway/": REFUSED,
    "gateway/state/": REFUSED,
    "preferences/steps/": AGAIN,
    "lookup/": ASSIGNED,
    "lookup/<uuid:lookup_id>/": NOT_THERE,
    "exports/": REFUSED,
    "exports/<uuid:export_id>/": (302, 403, 403, 404, 403, 302),
    "exports/<uuid:export_id>/mark/": REFUSED,
    "exports/<uuid:export_id>/file/": REFUSED,
    "account/contacts/export/": (302, 403, 403, 404, 403, 200),  # asks; what starts one: tests/export_pages
    "p/<uuid:profile_id>/contacts/export/": EXPORTERS,
    "preferences/theme/": (302, 400, 400, 400, 400, 400),
    "account/profiles/pin/": (302, 404, 404, 404, 404, 302),
    "account/views/new/": (302, 404, 404, 404, 404, 422),
    "account/views/<int:view_id>/": NOT_THERE,
    "account/views/<int:view_id>/delete/": NOT_THERE,
    "account/views/<int:view_id>/default/": NOT_THERE,
    "account/go/": REFUSED,
    "go/": REFUSED,
    "p/<uuid:profile_id>/profiles/pin/": (302, 404, 302, 302, 404, 302),
    "p/<uuid:profile_id>/views/new/": (302, 404, 422, 422, 404, 422),
    "p/<uuid:profile_id>/views/<int:view_id>/": NOT_THERE,
    "p/<uuid:profile_id>/views/<int:view_id>/delete/": NOT_THERE,
    "p/<uuid:profile_id>/views/<int:view_id>/default/": NOT_THERE,
    "account/contacts/<uuid:contact_id>/reveal/": ACCOUNT,
    "p/<uuid:profile_id>/contacts/<uuid:contact_id>/reveal/": ASSIGNED,
}


def _routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for entry in patterns:
        route = before + str(entry.pattern).lstrip("^")
        if isinstance(entry, URLResolver):
            yield from _routes(entry.url_patterns, route)
        else:
            yield route


ROUTES = tuple(dict.fromkeys(_routes(get_resolver().url_patterns)))
OURS = tuple(route for route in ROUTES if not route.startswith("admin/"))
ADMIN_PAGES = tuple(route for route in ROUTES if route.startswith("admin/"))

PASSWORD = make_password("x")


@pytest.fixture
def person(desk_api: SandboxServer, db: None) -> Callable[[str], Client]:
    """Makes a browser of a kind of user, who proved a moment ago who they are (tests/sign_in/test_step_up.py).

    Support and exporter have the sandbox's profiles 1 and 2.
    """

    def made(kind: str) -> Client:
        if kind == "anonymous":
            return Client()
        user = User.objects.create(username=kind, password=PASSWORD)
        if kind != "unassigned":
            give_role(user, kind)
        if kind in {"support", "exporter"}:
            for profile in desk_api.profiles()[1:3]:
                ProfileAccess.objects.create(user=user, profile_id=UUID(profile["id"]))
        return sign_in(Client(), user)

    return made


@pytest.fixture(scope="module")
def ids(running_sandbox: SandboxServer) -> dict[str, str]:
    """An assigned profile, and a contact of it and of the account, by the prefix of their URLs."""
    profile_id = running_sandbox.profiles()[1]["id"]
    firsts = {start: next(iter(running_sandbox.contacts(of))) for start, of in (("p/", profile_id), ("account/", None))}
    return {"profile": profile_id, **firsts}


@pytest.fixture
def address(ids: dict[str, str], db: None) -> Callable[[str], str]:
    """Fills a route with an assigned profile, an existing contact and an existing person."""
    someone, _ = User.objects.get_or_create(username="someone-else")
    view = SavedView.objects.create(owner=someone, name="Private", channel="sms")
    lookup = start(someone, question_about("+14155550100"), (), typed=True)
    now = datetime.now(UTC)
    export = Export.objects.create(
        person=someone, kind="list", format="xlsx", state="ready", created_at=now, expires_at=now + timedelta(hours=24)
    )

    def made(route: str) -> str:
        filled = {
            "<uuid:profile_id>": ids["profile"],
            "<uuid:listed_id>": ids["profile"],
            "<uuid:contact_id>": ids["p/" if route.startswith("p/") else "account/"],
            "<int:person_id>": str(someone.pk),
            "<uuid:lookup_id>": str(lookup.pk),
            "<uuid:export_id>": str(export.pk),
            "<int:pk>": "1",
            "<int:view_id>": str(view.pk),
            "(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "1-no-such-key/",
        }
        for name, value in filled.items():
            route = route.replace(name, value)
        return f"/{route}"

    return made


def test_every_url_is_in_table() -> None:
    assert set(OURS) == set(GETS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", PEOPLE)
def test_get_status_matches_table_for_each_role(
    person: Callable[[str], Client], address: Callable[[str], str], kind: str
) -> None:
    client, column = person(kind), PEOPLE.index(kind)
    responses = {route: client.get(address(route)) for route in OURS}
    got = {route: response.status_code for route, response in responses.items()}
    assert got == {route: answers[column] for route, answers in GETS.items()}
    # Here too, since this is every page as everyone sees it: asking for all of them again would cost ten seconds.
    pages = {route: text(response) for route, response in responses.items() if not response.streaming}
    assert {route: found for route, page in pages.items() if (found := old_phrases(page))} == {}


@pytest.mark.slow
@pytest.mark.parametrize("kind", PEOPLE)
def test_post_status_matches_table_for_each_role(
    person: Callable[[str], Client], address: Callable[[str], str], kind: str
) -> None:
    client, column = person(kind), PEOPLE.index(kind)
    got = {route: client.post(address(route)).status_code for route in POSTS}
    assert got == {route: answers[column] for route, answers in POSTS.items()}


@pytest.mark.slow
@pytest.mark.parametrize("kind", PEOPLE)
def test_django_admin_is_for_superusers_only(person: Callable[[str], Client], kind: str) -> None:
    client, led = person(kind), set()
    for route in ADMIN_PAGES:
        path = "/" + route.replace("<path:object_id>", "1").replace("<path:content_type_id>", "1")
        if "<" in path or "(?P" in path:
            continue
        response = client.get(path)
        assert response.status_code in {302, 403, 404, 405}, path
        if response.status_code == 302:
            led.add(response["Location"].partition("?")[0])
    # Nothing is shown at the redirect targets either.
    for place in led:
        response = client.get(place, follow=True)
        arrived = [place, *(step for step, _status in response.redirect_chain)][-1]
        assert response.status_code in {403, 404, 405} or arrived.startswith("/sign-in/"), place


def test_django_admin_login_redirects_to_our_sign_in(person: Callable[[str], Client]) -> None:
    assert person("anonymous").get("/admin/login/")["Location"].startswith("/sign-in/")


@pytest.fixture
def root(db: None) -> User:
    """A superuser with an authenticator app."""
    user = User.objects.create_superuser("root", password="x")
    TOTP.activate(user, SECRET)
    return user


def test_staff_status_does_not_open_django_admin(admin_client: Client, admin_user: User, root: User) -> None:
    User.objects.filter(pk=admin_user.pk).update(is_staff=True)
    new = {"password1": "a long new password", "password2": "a long new password", "usable_password": "true"}
    assert admin_client.post(f"/admin/auth/user/{root.pk}/password/", new, follow=True).status_code == 403
    root.refresh_from_db()
    assert root.check_password("x")


def test_django_login_form_signs_nobody_in(support_client: Client, support_user: User, root: User) -> None:
    User.objects.filter(pk=support_user.pk).update(is_staff=True)
    assert support_client.post("/admin/login/", {"username": "root", "password": "x"}).status_code == 403
    assert support_client.session["_auth_user_id"] == str(support_user.pk)


def test_superuser_reaches_django_admin_by_our_sign_in(client: Client, root: User, desk_api: SandboxServer) -> None:
    client.force_login(root)
    prove(client, root)
    assert client.get("/admin/login/")["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/password_change/")["Location"] == "/you/password/"
