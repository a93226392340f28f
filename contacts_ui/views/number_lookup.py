"""Number lookup views: which of a person's profiles have a number, and the lookup that asks many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.http import require_http_methods

from contacts_ui import audit
from contacts_ui.access import ScopesAcross, scope_for, scopes_across
from contacts_ui.contacts import lookup_pages, lookup_store, lookup_sweep
from contacts_ui.contacts.cross_profile import look_up, owner_index
from contacts_ui.contacts.kept_answers import opened_answers, sealed_answers, settled
from contacts_ui.contacts.list_parameters import MAX_PHONE
from contacts_ui.contacts.lookup_pages import LookupPage
from contacts_ui.contacts.number_reading import NumberReading, countries_of, read_number
from contacts_ui.contacts.scope_answers import Question, ScopeAnswer, number_of, question_about
from contacts_ui.gateway import get_gateway
from contacts_ui.models import NumberLookup
from contacts_ui.quota import remaining
from contacts_ui.web.htmx import current_address, history_headers, wants_fragment
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest, preferences_of

_METHODS = ["GET", "HEAD", "POST"]
_ACTION = audit.AuditAction.NUMBER_LOOKED_UP


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

    The number is in the body, never in an address. The answer gets an address that tells nothing (decision 32).
    """
    asked = Asked(request.POST.get("number", "").strip()[:MAX_PHONE], request.POST.get("contact", "")[:MAX_PHONE])
    desk = _page(request, asked)
    across = scopes_across(request.user)
    reading = _reading(request, asked, across) if request.method == "POST" else None
    if reading is None or not reading.numbers:
        return desk.response(across=across, reading=reading)
    if reading.question and request.POST.get("start"):
        audit.spend_lookup(request)
        return _start(request, reading.question, asked, across)
    paid = lookup_pages.paid_page(request.user, reading)
    if paid is None:
        audit.spend_lookup(request)
    elif not paid.is_same:
        lookup_pages.choose(request.user, paid.id)
    page_id, chosen = (paid.id, paid.chosen) if paid and paid.is_same else (uuid4(), False)
    result = look_up(reading.question, across, owner_index()) if reading.question else None
    page = LookupPage(page_id, reading, asked.contact, result, chosen=chosen)
    if not wants_fragment(request):  # the page at that address shows it, and records what it shows
        lookup_pages.keep(request.user, page)
        return redirect("number-lookup-progress", page.id)
    return _with_address(request, _recorded(request, desk, page, across), page.id)


@require_http_methods(_METHODS)
def number_lookup_progress(request: DeskRequest, lookup_id: UUID) -> HttpResponse:
    """The answers of a lookup: as far as the worker has made its calls, where POST stops it or goes on; of one without
    a worker as they were given. Cost: none; the worker makes the calls.
    """
    lookup = lookup_store.lookup_of(request.user, lookup_id)
    if request.method == "POST":
        act = {"stop": lookup_sweep.stop, "resume": lookup_sweep.resume}.get(request.POST.get("do", ""))
        if act is not None and lookup.state != "shown":
            act(lookup)
        return redirect("number-lookup-progress", lookup_id)
    if lookup.state == "shown":
        return _shown(request, lookup)
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
    empty = dict.fromkeys(("across", "reading", "question", "result", "price", "kept"))
    left = partial(_lookups_left, request.user.pk)  # called when it is written: after this one has been taken
    return DeskPage(request, page, fragment, None, asked=asked, lookups_left=left, **empty)


def _lookups_left(user_id: int) -> int:
    return remaining(user_id).left["lookups"]


def _shown(request: DeskRequest, lookup: NumberLookup) -> HttpResponse:
    """An answer as it was given, within the hour."""
    across = scopes_across(request.user)
    page = lookup_pages.page_of(lookup, across)
    if page is None:
        raise Http404
    desk = _page(request, Asked("" if page.contact else page.reading.text, page.contact))
    return desk.response(**_context(request, page, across)) if page.recorded else _recorded(request, desk, page, across)


def _recorded(request: DeskRequest, desk: DeskPage, page: LookupPage, across: ScopesAcross) -> HttpResponse:
    """An answer that is shown for the first time: with its events in the audit log, or not at all."""
    question, result = page.reading.question, page.result
    if question is None or result is None:
        known = _asked_known(page.reading.numbers, "no country code", page.reading.text)
        audit.record(request, _ACTION, **known)
    else:
        unsure = len(across.scopes) - len(settled(result.answers)) if result.askable else 0  # as the page says it
        about = audit.lookup_answered(len(result.here), len(across.scopes), unsure)
        audit.record(request, _ACTION, **_asked_known(page.reading.numbers, about))
        _audit_found(request, result.here, reveals=not page.contact and preferences_of(request).mask_forced)
    audit.when_recorded(request, lambda: lookup_pages.keep(request.user, replace(page, recorded=True)))
    return desk.response(**_context(request, page, across))


def _with_address(request: DeskRequest, response: HttpResponse, page_id: UUID) -> HttpResponse:
    """The fragment with the address of its page, where Back finds it again."""
    address = reverse("number-lookup-progress", args=[page_id])
    current = current_address(request)
    replaces = current is not None and current.path == address
    for name, value in history_headers(request, address, replaces=replaces).items():
        response[name] = value
    return response


def _context(request: DeskRequest, page: LookupPage, across: ScopesAcross) -> dict[str, Any]:
    """What the page shows of an answer, and what a sweep over the scopes in doubt would cost."""
    question, result = page.reading.question, page.result
    known: dict[str, Any] = {"across": across, "reading": page.reading, "question": question, "result": result}
    if question is None or result is None:
        return known
    seen = settled(result.answers)
    price = lookup_sweep.price_of(len(across.scopes) - len(seen), len(question.forms)) if result.askable else None
    kept = sealed_answers(request.user, question, seen) if price and seen else None
    return known | {"price": price, "kept": kept}


def _reading(request: DeskRequest, asked: Asked, across: ScopesAcross) -> NumberReading | None:
    """The number that is asked for, None for an empty form. Raises ScopeDenied, Http404 and any SentError for a
    contact.
    """
    if asked.is_typed:
        preferences = preferences_of(request)
        index = None if preferences.mask_numbers else owner_index()  # no second number is tried where they are hidden
        countries = countries_of(preferences, request.user, across)
        return read_number(asked.number, countries, across, index) if asked.number else None
    try:
        match = resolve(asked.contact)
    except Resolver404:
        raise Http404 from None
    if match.url_name != "contact-detail":
        raise Http404
    scope = scope_for(request.user, match.kwargs.get("profile_id"))
    number = number_of(get_gateway().contact(scope, match.kwargs["contact_id"]).value.contact)
    return NumberReading("", question_about(number) if number else None)


def _start(request: DeskRequest, question: Question, asked: Asked, across: ScopesAcross) -> HttpResponse:
    """Gives the lookup to the worker, and leads to its page."""
    kept = opened_answers(request.user, question, request.POST.get("kept", ""), across)
    # At once: a redirect shows nothing, so the events of its request say nothing of what was looked at.
    known = _asked_known(question.forms, audit.lookup_started(len(across.scopes) - len(kept)))
    audit.append_now(audit.AuditEvent(_ACTION, **known), request)
    if asked.is_typed and preferences_of(request).mask_forced:
        audit.count_reveals(request, 1)  # found or not, as in a search
    lookup = lookup_sweep.start(request.user, question, across.scopes, typed=asked.is_typed, kept=kept)
    return redirect("number-lookup-progress", lookup.pk)


def _asked_known(numbers: Sequence[str], about: str, text: str = "") -> dict[str, Any]:
    """What is known of the event of a question; its answers have one each."""
    return {"number_hashes": audit.hashes_of_numbers(numbers, text), "about": about}


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
        audit.record(request, _ACTION, rows=len(answer.contacts), **known)
        if reveals:
            audit.record(request, audit.AuditAction.NUMBER_REVEALED, rows=int(spends and not index), **known)
