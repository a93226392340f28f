"""Jinja2 environment of the desk's pages: strict undefined names, autoescaping, shared globals and filters."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from functools import lru_cache, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.backends.utils import csrf_input
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString
from jinja2 import Environment, StrictUndefined

from contacts_ui.contacts.labels import (
    channel_name,
    column_titles,
    consent_label,
    few_names,
    profile_status_label,
    reachability_label,
)
from contacts_ui.contacts.masking import mask_number, mask_text
from contacts_ui.phone_search import international, names_country

from .account_page import account_page
from .contact_rows import ContactRows, number_markup
from .errors import reason_of
from .export_errors import export_failure
from .formatting import (
    age_seconds,
    countdown,
    format_datetime,
    format_datetime_seconds,
    format_int,
    format_time,
    lower_first,
    percent,
    time_ago,
)
from .regions import country_of, flag, flag_class, region_name
from .scripts import script_urls


class DeskEnvironment(Environment):
    """Jinja2's environment, whose templates all share one dict of globals: they have none of their own.

    Each import of a macro looks at their names. Jinja2's ChainMap does that in Python: a twentieth of a fragment.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals of a template: those of the environment, unless it was given some."""
        return super().make_globals(d) if d else self.globals


def environment(**options: Any) -> Environment:
    """Called by Django's Jinja2 backend."""
    options |= {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    env = DeskEnvironment(**options)  # Django's backend passes autoescape=True
    badges = lru_cache(maxsize=256)(_macro(env, "channel_badges"))
    env.globals.update(
        static=lru_cache(maxsize=512)(static),
        script_urls=script_urls,
        url=lru_cache(maxsize=512)(reverse),
        flag=flag,
        flag_class=flag_class,
        region_name=region_name,
        country_of=country_of,
        names_country=names_country,
        channel_name=channel_name,
        column_titles=column_titles,
        data_for_script=json_script,
        icon=icon,
        account_page=account_page,
        desk_version=settings.DESK_VERSION,
        international=lru_cache(maxsize=256)(international),
        mask_number=mask_number,
        mask_text=mask_text,
        reason_of=reason_of,
        export_failure=export_failure,
        consent_label=consent_label,
        reachability_label=reachability_label,
        profile_status_label=profile_status_label,
        badges=badges,
        contact_rows=ContactRows(env, badges),
        number_texts=number_markup,
    )
    env.filters.update(
        time_ago=time_ago,
        age_seconds=age_seconds,
        countdown=countdown,
        channel_name=channel_name,
        few_names=few_names,
        format_time=format_time,
        format_datetime_seconds=format_datetime_seconds,
        lower_first=lower_first,
        format_datetime=format_datetime,
        format_int=format_int,
        percent=percent,
    )
    return env


def one_csrf_input(request: HttpRequest) -> dict[str, object]:
    """Context processor: the hidden field of forms, written once for all forms of a page.

    Django masks the token anew wherever it stands (0.03 ms): against BREACH once a response is as good.
    """
    return {"csrf_input": SimpleLazyObject(partial(csrf_input, request))}


@lru_cache(maxsize=256)
def icon(name: str, class_: str = "") -> SafeString:
    """One icon of the sprite. Cached: a page of fifty rows has two hundred."""
    class_attribute = format_html(' class="{}"', class_) if class_ else ""
    return format_html(
        '<svg aria-hidden="true"{}><use href="{}#{}"/></svg>', class_attribute, static("img/icons.svg"), name
    )


def _macro(env: Environment, name: str) -> Callable[..., str]:
    """A macro of `shared/ui.html` as a function, for caching its output: few combinations, many rows."""

    def call(*arguments: object) -> str:
        macro: Callable[..., str] = getattr(env.get_template("shared/ui.html").module, name)
        return macro(*arguments)

    return call
