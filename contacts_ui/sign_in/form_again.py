"""Form again: a form that could not be taken is offered once more as a button, with what was entered in hidden fields.

For forms of our own pages alone: else another site could fill in the form that the click sends (docs/decisions, 37).
Secrets are on no page again. Nothing is stored: nobody may be signed in, and strangers could fill the sessions' table.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from .redirects import own_path

NOT_TAKEN = 409  # Conflict: nothing was denied, and the audit log must not say so
_SECRETS = frozenset({"code", "credential"})  # passwords neither


def has_secrets(request: HttpRequest) -> bool:
    """True for a form with a password or a code in it."""
    return any(name in _SECRETS or "password" in name for name in request.POST)


def offer_again(request: HttpRequest, label: str, *, signed_out: bool) -> HttpResponse:
    """The page with the button `label`. `signed_out`: nobody is signed in, and this form needs somebody."""
    fields = [
        (name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"
    ]
    context = {
        "action": request.get_full_path(),
        "fields": fields,
        "label": label,
        "back_url": own_path(request.headers.get("Referer", "")) or reverse("home"),
        "signed_out": signed_out,
    }
    return render(request, "account/stale_form.html", context, status=NOT_TAKEN)
