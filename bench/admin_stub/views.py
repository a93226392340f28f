"""Plain Django baseline of page_cost: a list page with a form, requests and Django templates, for who is signed in."""

from __future__ import annotations

import logging
import os

import requests
from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.views.decorators.gzip import gzip_page

log = logging.getLogger(__name__)
session = requests.Session()
session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=64))


class Filters(forms.Form):
    """The filters of the list."""

    search = forms.CharField(required=False)
    page = forms.IntegerField(required=False, min_value=1)
    page_size = forms.TypedChoiceField(choices=[(20, 20), (50, 50), (100, 100)], coerce=int, required=False)


@gzip_page
@login_required(login_url="/admin/login/")
def contacts(request: HttpRequest, profile: str) -> HttpResponse:
    """Renders the contact list and logs one line."""
    form = Filters(request.GET)
    if not form.is_valid():
        return render(request, "contacts.html", {"form": form}, status=400)
    query = {name: value for name, value in form.cleaned_data.items() if value}
    headers = {"x-api-key": os.environ["SENT_API_KEY"], "x-profile-id": profile}
    response = session.get(f"{os.environ['SENT_API_URL']}/v3/contacts", params=query, headers=headers, timeout=10)
    response.raise_for_status()
    data = response.json()["data"]
    for contact in data["contacts"]:
        contact["channels"] = (contact.get("available_channels") or "").split(",")
        contact["created"] = parse_datetime(contact.get("created_at") or "")
        contact["updated"] = parse_datetime(contact.get("updated_at") or "")
    log.info("%s %s", request.method, request.path)
    return render(request, "contacts.html", {"form": form, "page": query.get("page", 1), "profile": profile, **data})
