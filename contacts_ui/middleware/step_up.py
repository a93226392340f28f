"""Step-up middleware: the table of the rights that cost more than a session, by view name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import ResolverMatch, reverse
from django.utils.deprecation import MiddlewareMixin

from contacts_ui.access import scope_for
from contacts_ui.people.actions import ACTIONS
from contacts_ui.roles import role_of
from contacts_ui.sent_api.errors import SentError
from contacts_ui.sign_in.redirects import safe_redirect_path
from contacts_ui.sign_in.step_up import (
    HeldRequest,
    back_url,
    has_recent_proof,
    hold,
    proof_methods,
    release,
    set_back_url,
)
from contacts_ui.views.export_file import resumes_download
from contacts_ui.views.exports import only_asks
from contacts_ui.views.people import is_preview
from contacts_ui.web.request import DeskRequest

View = Callable[..., HttpResponseBase]
ADMIN_SITE = "admin"  # the namespace of Django's admin


@dataclass(frozen=True, slots=True)
class Rule:
    """One right. `label` is its button after the proof, with {name} for the person's name and {scope} for that of
    the contacts; `back` is where "Cancel"
    leads, a view name.

    `methods` are those that need the proof, None for all: Django's admin answers OPTIONS like GET. `exempt`: requests
    that do not. `download`: no page follows, so a page with a button comes first.
    """

    label: str
    back: str
    methods: frozenset[str] | None = None
    exempt: Callable[[DeskRequest], bool] | None = None
    download: bool = False

    def applies(self, request: HttpRequest) -> bool:
        """True when this request needs the proof."""
        exempt = self.exempt is not None and self.exempt(cast("DeskRequest", request))
        return (self.methods is None or request.method in self.methods) and not exempt


_READ, _SENT = frozenset({"GET", "HEAD"}), frozenset({"POST"})
_SECURITY = Rule("Continue", "mfa_index")
RULES: dict[str, Rule] = {
    "person-new": Rule("Add this person", "people-list"),
    "person-edit": Rule("Save {name}", "person-edit", _SENT, exempt=is_preview),
    "person-do": Rule("Continue with {name}", "person-edit"),
    "person-link": Rule("Create a link for {name}", "person-edit", _SENT),
    "people-masking": Rule("Save masking", "people-masking", _SENT),
    "audit-export": Rule("Export the audit log", "audit-list", _READ, download=True),
    "export-new": Rule("Export contacts of {scope}", "contact-list", _SENT, exempt=only_asks),
    "export-file": Rule("Download the file", "export-detail", _READ, exempt=resumes_download, download=True),
    "account_set_password": _SECURITY,
    "mfa_activate_totp": _SECURITY,
    "mfa_add_webauthn": _SECURITY,
    "mfa_deactivate_totp": _SECURITY,
    "mfa_download_recovery_codes": Rule("Save the recovery codes", "mfa_view_recovery_codes", download=True),
    "mfa_edit_webauthn": _SECURITY,
    "mfa_generate_recovery_codes": _SECURITY,
    "mfa_remove_webauthn": _SECURITY,
    "mfa_view_recovery_codes": _SECURITY,
}
_BACK_WITH_ARGUMENTS = frozenset({"person-edit", "contact-list", "export-detail"})  # the same as those of the view
DJANGO_ADMIN = Rule("Continue", "home")  # every page of it, but for these
ADMIN_OPEN = frozenset({"admin:jsi18n", "admin:login", "admin:logout"})
# Never kept, not even sealed: the form is opened again instead.
_SECRETS = frozenset({"code", "credential"})


class StepUpMiddleware(MiddlewareMixin):
    """Asks for the proof before a view of the table, and where django-allauth asks for it itself.

    Who may not use the view is not asked: the view refuses them.
    """

    def process_view(self, request: HttpRequest, view: View, _args: Any, _kwargs: Any) -> HttpResponse | None:
        """The redirect to the page that asks, None where no proof is missing."""
        match = request.resolver_match
        if match is None or (match.view_name not in RULES and not match.namespaces):
            return None  # nearly every request
        rule = rule_for(match)
        if rule is None or not rule.applies(request) or not _may_use(request, view, match):
            return None
        if not has_recent_proof(request):
            return _ask(request, match, rule)
        release(request)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The same for django-allauth's own checks. Its middleware would keep a POST in clear, cookies included."""
        match = request.resolver_match
        if match is None or not isinstance(exception, ReauthenticationRequired):
            return None
        return _ask(request, match, _SECURITY)


def rule_for(match: ResolverMatch) -> Rule | None:
    """The rule of a view, None for one that a session is enough for."""
    if match.view_name in ADMIN_OPEN:
        return None
    return DJANGO_ADMIN if ADMIN_SITE in match.namespaces else RULES.get(match.view_name)


def _may_use(request: HttpRequest, view: View, match: ResolverMatch) -> bool:
    if not request.user.is_authenticated:
        return False
    if ADMIN_SITE in match.namespaces:
        return admin.site.has_permission(request)
    roles = getattr(view, "allowed_roles", None)
    return roles is None or role_of(request.user) in roles


def _ask(request: HttpRequest, match: ResolverMatch, rule: Rule) -> HttpResponse:
    """The redirect to the page that asks; whatever was sent waits in the session."""
    set_back_url(request, _back_url(match, rule))
    url = request.get_full_path()
    next_url = safe_redirect_path(url) or back_url(request)
    if rule.download or request.method == "POST" or not safe_redirect_path(url):
        next_url = _held_url(request, match, rule) or next_url
    methods = proof_methods(cast("User", request.user))
    page = methods[0]["url"] if methods else reverse("account_reauthenticate")
    address = f"{page}?{urlencode({'next': next_url})}"
    if not getattr(request, "htmx", False):
        return redirect(address)
    # fetch would follow a redirect unseen, and it would look like the end of the session (static/js/htmx-guard.js).
    return HttpResponse(status=204, headers={"X-Fragment": "1", "HX-Redirect": address})


def _held_url(request: HttpRequest, match: ResolverMatch, rule: Rule) -> str | None:
    """Keeps the request; the URL of the page that goes on with it. None for secrets, and for what is too long."""
    fields = tuple(
        (name, str(value)) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"
    )
    if any(name in _SECRETS or "password" in name for name, _ in fields):
        return None
    method = "POST" if request.method == "POST" else "GET"
    held = HeldRequest(method, request.get_full_path(), _label(request, match, rule), fields)
    return reverse("step-up-continue") if hold(request, held) else None


def _label(request: HttpRequest, match: ResolverMatch, rule: Rule) -> str:
    person = User.objects.filter(pk=match.kwargs.get("person_id", 0)).first()
    name = (person.get_full_name() or person.username) if person else "this person"
    action = ACTIONS.get(request.POST.get("do", "")) if match.view_name == "person-do" else None
    return f"{action.label} {name}" if action else rule.label.format(name=name, scope=_scope_title(request, match))


def _scope_title(request: HttpRequest, match: ResolverMatch) -> str:
    """Whose contacts these are, for a view of contacts. Cost: `/v3/me`, cached for five minutes."""
    if match.view_name != "export-new":
        return ""
    try:
        return scope_for(cast("User", request.user), match.kwargs.get("profile_id")).title
    except (Http404, SentError):
        return "this list"


def _back_url(match: ResolverMatch, rule: Rule) -> str:
    return reverse(rule.back, kwargs=match.kwargs if rule.back in _BACK_WITH_ARGUMENTS else None)
