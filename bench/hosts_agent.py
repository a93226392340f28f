"""Agents of the hosts benchmark: simulated agents that go on through outages and look for what must not be seen.

Beside them one browser loads a whole page and its stylesheets every second.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import requests

from testing.running_desk import Person

from .simulated_agent import Agent, SharedHistory
from .workload_plan import Case

LISTED = re.compile(r'<tr [^>]*data-contact-id="([^"]+)"')
STYLESHEET = re.compile(r'<link[^>]*rel="stylesheet"[^>]*href="([^"]+)"|<link[^>]*href="([^"]+)"[^>]*rel="stylesheet"')
PAGE_PAUSE = 1.0  # seconds between two whole pages
NO_ANSWER = 0
OWN_MARKS = ("Contact Desk", "data-error=")  # in the title of every page, the proxy's too; in a fragment


class Answer(NamedTuple):
    """An answer: when it was asked for and came (monotonic seconds), its status, and whether it is one of ours."""

    sent: float
    done: float
    status: int
    ours: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What all agents saw together. `ids` are the contacts of each profile; appending to a list is atomic."""

    history: SharedHistory
    ids: Mapping[str, frozenset[str]]
    answers: list[Answer]
    foreign: list[str]
    shown: list[str]  # session of whom a list was shown to, once a list
    without_style: list[str]
    pages: list[float]
    bare: list[str]  # what stood in answers of 500 and more that are not ours

    def note(self, sent: float, response: requests.Response) -> None:
        """Notes an answer, and what stands in one that is not ours."""
        ours = is_ours(response)
        self.answers.append(Answer(sent, time.monotonic(), response.status_code, ours))
        if not ours:
            self.bare.append(f"{response.status_code} {response.text[:200]!r}")

    def look(self, person: Person, profile: str, response: requests.Response) -> None:
        """Notes the rows of an answer."""
        ids = LISTED.findall(response.text) if response.status_code == 200 else []
        if ids:
            self.shown.append(person.session)
            self.foreign.extend(each for each in ids if each not in self.ids[profile])


class SteadyAgent(Agent):
    """Agent that takes an error for an answer: a person would look at it and go on."""

    def __init__(self, number: int, person: Person, seen: Seen, cases: Sequence[Case], rng: Random) -> None:
        super().__init__(number, person, seen.history, cases, rng)
        self._person, self._seen = person, seen

    def _get(self, url: str, partial: bool) -> requests.Response:
        profile, sent = url.split("/")[2], time.monotonic()
        try:
            response = super()._get(url, partial)
        except requests.RequestException:
            self._seen.answers.append(Answer(sent, time.monotonic(), NO_ANSWER, ours=False))
            return requests.Response()  # without text, so no step is possible
        self._seen.note(sent, response)
        self._seen.look(self._person, profile, response)
        return response


def is_ours(response: requests.Response) -> bool:
    """False for an error page that neither the desk nor its proxy's configuration wrote."""
    return response.status_code < 500 or any(mark in response.text for mark in OWN_MARKS)


class PageReader(threading.Thread):
    """Browser that loads a whole page and its stylesheets every second, each from whichever host the proxy picks."""

    def __init__(self, url: str, person: Person, seen: Seen) -> None:
        super().__init__(name="page reader", daemon=True)
        self._url, self._person, self._seen = url, person, seen
        self.stopped = threading.Event()

    def run(self) -> None:
        """Loads pages until `stopped`."""
        while not self.stopped.wait(PAGE_PAUSE):
            self._load(f"/p/{self._person.profiles[0]}/contacts/")

    def _load(self, path: str) -> None:
        sent = time.monotonic()
        with self._person.browser() as browser:
            try:
                page = browser.get(self._url + path, timeout=60, allow_redirects=False)
                self._seen.note(sent, page)
                self._seen.look(self._person, self._person.profiles[0], page)
                if page.status_code != 200:
                    return
                self._seen.pages.append(sent)
                for match in STYLESHEET.findall(page.text):
                    href = match[0] or match[1]
                    if browser.get(self._url + href, timeout=60).status_code != 200:
                        self._seen.without_style.append(href)
            except requests.RequestException:
                self._seen.answers.append(Answer(sent, time.monotonic(), NO_ANSWER, ours=False))
