"""What every template is given: one token for the forms of a page, and globals that no other template changes."""

from __future__ import annotations

import re

import pytest
from django.template import engines
from django.test import Client
from jinja2 import UndefinedError

from .html import text

FORM_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@pytest.mark.usefixtures("desk_api")
def test_forms_of_a_page_carry_one_token_and_next_page_another(admin_client: Client) -> None:
    first, second = (FORM_TOKEN.findall(text(admin_client.get("/account/contacts/"))) for _ in range(2))
    assert len(first) > 1
    assert len(set(first)) == len(set(second)) == 1
    assert first[0] != second[0]


def test_globals_of_one_template_are_not_those_of_others() -> None:
    environment = engines["desk"].env  # type: ignore[attr-defined]
    assert environment.from_string("{{ only_here }}", globals={"only_here": 1}).render() == "1"
    with pytest.raises(UndefinedError):
        environment.from_string("{{ only_here }}").render()
