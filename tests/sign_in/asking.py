"""The pages that ask for a proof: whether a response leads there, and how to give the proof."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from django.test import Client

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer


def asks(answer: Answer, page: str = "/sign-in/again/") -> bool:
    """Whether the response leads to this page, which asks for the proof."""
    return answer.status_code == 302 and urlsplit(answer["Location"]).path == page


def next_of(answer: Answer) -> str:
    """Where it goes on after the proof."""
    return parse_qs(urlsplit(answer["Location"]).query)["next"][0]


def confirm(client: Client, asked: Answer, **proof: str) -> Answer:
    """Gives the proof on the page that asks for it."""
    path = urlsplit(asked["Location"]).path
    return client.post(path, proof | {"next": next_of(asked)})
