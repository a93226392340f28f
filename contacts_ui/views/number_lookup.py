"""Number lookup views: which of a person's profiles have a number, and the lookup that asks many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_http_methods

from contacts_ui import audit
from contacts_ui.access import ScopesAcross, scope_for, scopes_across
from contacts_ui.contacts import lookup_store, lookup_sweep
from contacts_ui.contacts.cross_profile import held_reading, look_up, owner_index, regions_across
from contacts_ui.contacts.kept_answers import opened_answers, sealed_answers, settled
from contacts_ui.contacts.list_parameters import MAX_PHONE
from contacts_ui.contacts.scope_answers import Question, ScopeAnswer, number_of, question_about, question_of
from contacts_ui.gateway import get_gateway
from contacts_ui.quota import remaining
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest, preferences_of

_METHODS = ["GET", "HEAD", "POST"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form asked for: a text that was typed, or the contact at this path. Both are "" for an empty form."""

    number: str = ""
    contact: str = ""

    @property
    def is_typed(self) -> bool:
        """True when the person has the number already."""
        return not self.contact


@require_http_methods(_METHODS)
def number_lookup(request: DeskRequest) -> HttpResponse:
    """Which of the person's profiles have a number. Cost: that of `look_up`; none for the form, or to start a sweep.

    The number is in the body, never in an address: the response to the POST is the page itself (decision 32).
    """
    asked = Asked(request.POST.get("number", "").strip()[:MAX_PHONE], request.POST.get("contact", "")[:MAX_PHONE])
    desk = _page(request, asked)
    across = scopes_across(request.user)
    if request.method != "POST":
        return desk.response(across=across)
    question = _question(request, asked, across)
    if question is None:
        return desk.response(across=across)
    audit.spend_lookup(request)
    if request.POST.get("start"):
        return _start(request, question, asked, across)
    event = _audit_question(request, question, f"asked about {len(across.scopes)}")
    result = look_up(question, across, owner_index())
    _audit_found(request, result.here, reveals=asked.is_typed and preferences_of(request).mask_forced)
    seen = settled(result.answers)
    price = lookup_sweep.price_of(len(across.scopes) - len(seen), len(question.forms)) if result.askable else None
    not_asked = price.profiles if price else 0  # as the page says it
    event.complete(about=f"{len(result.here)} of {len(across.scopes)} have it, {not_asked} not asked just now")
    kept = sealed_answers(request.user, question, seen) if price and seen else None
    return desk.response(across=across, question=question, result=result, price=price, kept=kept)


@require_http_methods(_METHODS)
def number_lookup_progress(request: DeskRequest, lookup_id: UUID) -> HttpResponse:
    """The answers of a lookup that the worker makes, as far as they are there; POST stops it or goes on.
    Cost: none; the worker makes the calls.
    """
    lookup = lookup_store.lookup_of(request.user, lookup_id)
    if request.method == "POST":
        act = {"stop": lookup_sweep.stop, "resume": lookup_sweep.resume}.get(request.POST.get("do", ""))
        if act is not None:
            act(lookup)
        return redirect("number-lookup-progress", lookup_id)
    desk = DeskPage(
        request, "number_lookup/progress.html", "number_lookup/_progress.html", None, progress=None, price=None
    )
    progress = lookup_store.progress_of(lookup, scopes_across(request.user))
    if progress.new:
        _audit_found(
            request, progress.new, reveals=progress.typed and preferences_of(request).mask_forced, spends=False
        )
        audit.when_recorded(request, lambda: lookup_store.mark_recorded(lookup, progress.new))
    price = lookup_sweep.price_of(progress.left + progress.unanswered, len(progress.question.forms))
    return desk.response(progress=progress, price=price)


def _page(request: DeskRequest, asked: Asked) -> DeskPage:
    page, fragment = "number_lookup/page.html", "number_lookup/_result.html"
    empty = dict.fromkeys(("across", "question", "result", "price", "kept"))
    left = partial(_lookups_left, request.user.pk)  # called when it is written: after this one has been taken
    return DeskPage(request, page, fragment, None, asked=asked, lookups_left=left, **empty)


def _lookups_left(user_id: int) -> int:
    return remaining(user_id).left["lookups"]


def _question(request: DeskRequest, asked: Asked, across: ScopesAcross) -> Question | None:
    """The number that is asked for. Raises ScopeDenied, Http404 and any SentError for a contact."""
    if asked.is_typed:
        preferences = preferences_of(request)
        question = question_of(asked.number, regions_across(preferences, request.user, across))
        index = None if preferences.mask_numbers else owner_index()  # no second number is tried where they are hidden
        return held_reading(question, across, index) if question else None
    try:
        match = resolve(asked.contact)
    except Resolver404:
        raise Http404 from None
    if match.url_name != "contact-detail":
        raise Http404
    scope = scope_for(request.user, match.kwargs.get("profile_id"))
    number = number_of(get_gateway().contact(scope, match.kwargs["contact_id"]).value.contact)
    return question_about(number) if number else None


def _start(request: DeskRequest, question: Question, asked: Asked, across: ScopesAcross) -> HttpResponse:
    """Gives the lookup to the worker, and leads to its page."""
    kept = opened_answers(request.user, question, request.POST.get("kept", ""), across)
    _audit_question(request, question, f"started for {len(across.scopes) - len(kept)}")
    if asked.is_typed and preferences_of(request).mask_forced:
        audit.count_reveals(request, 1)  # found or not, as in a search
    lookup = lookup_sweep.start(request.user, question, across.scopes, typed=asked.is_typed, kept=kept)
    return redirect("number-lookup-progress", lookup.pk)


def _audit_question(request: DeskRequest, question: Question, about: str) -> audit.PendingEvent:
    """One event for the question; its answers have one each."""
    action, hashes = audit.AuditAction.NUMBER_LOOKED_UP, audit.hashes_of_numbers(question.forms)
    return audit.record(request, action, number_hashes=hashes, about=about)


def _audit_found(request: DeskRequest, here: Sequence[ScopeAnswer], *, reveals: bool, spends: bool = True) -> None:
    """One event for each profile in whose contacts the person has seen the number, so that the log of a profile names
    them. `reveals`: whoever typed a masked number knows it now, or one try of the hour's if nobody has it; `spends`
    says that nothing has been taken from the hour for it.
    """
    if reveals and spends and not here:
        audit.count_reveals(request, 1)
    for index, answer in enumerate(here):
        known = {
            "scope": (answer.scope.profile_id or "account").lower(),
            "about": " ".join(str(contact.id) for contact in answer.contacts),
            "number_hashes": audit.hashes_of_contacts(answer.contacts),
            "request_id": answer.request_id,
        }
        audit.record(request, audit.AuditAction.NUMBER_LOOKED_UP, rows=len(answer.contacts), **known)
        if reveals:
            audit.record(request, audit.AuditAction.NUMBER_REVEALED, rows=int(spends and not index), **known)
