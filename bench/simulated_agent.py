"""One agent at a browser: types, looks, opens, pages, switches and talks, in requests that look like htmx's."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape
from random import Random
from urllib.parse import urlencode

import requests

from testing.running_desk import Person

from .workload_plan import DEBOUNCE_SECONDS, SHARED_SECONDS, Case, quiet_after

ANSWER_SECONDS = 60
_LINK = r'<a [^>]*href="([^"]+)"[^>]*rel="%s"'
_CONTACT = re.compile(r'<tr [^>]*data-contact-id="([^"]+)"')
_OPTION = re.compile(r'<a class="menu-item" href="([^"]+)"(?! aria-current)')


@dataclass(slots=True)
class Clock:
    """Time that runs `factor` times as fast. Seconds everywhere else are the script's."""

    factor: float
    started: float = field(default_factory=time.monotonic)

    def now(self) -> float:
        """Seconds since the hour began."""
        return (time.monotonic() - self.started) * self.factor

    def sleep(self, seconds: float) -> None:
        """Waits so many of them."""
        if seconds > 0:
            time.sleep(seconds / self.factor)


@dataclass(frozen=True, slots=True)
class Terms:
    """What there is to type in one profile: eight characters each, that few or many numbers hold."""

    narrow: Sequence[str]
    broad: Sequence[str]


@dataclass(slots=True)
class SharedHistory:
    """What all agents share: the clock, what can be typed, what was searched, what was counted."""

    url: str
    clock: Clock
    terms: dict[str, Terms]
    searched: list[tuple[float, int, str, str]] = field(default_factory=list)  # when, agent, profile, text
    actions: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def did(self, action: str) -> None:
        """Counts one."""
        with self.lock:
            self.actions[action] += 1

    def answered(self, status: int, seconds: float) -> None:
        """Counts an answer of the desk; `seconds` are real ones."""
        with self.lock:
            self.statuses[status] += 1
            self.waits.append(seconds)

    def note(self, agent: int, profile: str, text: str) -> None:
        """That someone searched, for others to search again."""
        with self.lock:
            self.searched.append((self.clock.now(), agent, profile, text))

    def heard(self, agent: int, profile: str, chance: Random) -> str | None:
        """Something another agent searched here within five minutes, any of it alike."""
        since = self.clock.now() - SHARED_SECONDS
        with self.lock:
            texts = [
                text for at, who, where, text in self.searched if at >= since and who != agent and where == profile
            ]
        return chance.choice(texts) if texts else None


class Agent(threading.Thread):
    """Plays its cases and ends. A step that the page does not offer is counted as "not possible"."""

    def __init__(self, number: int, person: Person, town: SharedHistory, cases: Sequence[Case], chance: Random) -> None:
        super().__init__(name=f"agent {number}", daemon=True)
        self._number, self._town, self._cases, self._chance = number, town, cases, chance
        self._browser = person.browser()
        self._profile = person.profiles[0]
        self._text, self._channel, self._html = "", "", ""
        self._address = self._list = f"/p/{self._profile}/contacts/"
        self.failure: Exception | None = None

    def run(self) -> None:
        """The hour."""
        try:
            for number, case in enumerate(self._cases):
                self._town.clock.sleep(case.begins - self._town.clock.now())
                if not number:
                    self._whole_page(self._list)
                # Long quiet on the telephone: the browser's connections are gone, the next worker may be another.
                self._browser.close()
                self._work(case)
        except Exception as error:  # noqa: BLE001 - told to whoever joins
            self.failure = error

    def _work(self, case: Case) -> None:
        if case.switch:
            self._switch()
        self._search(case)
        for look, step in zip(case.looks, case.steps, strict=False):
            self._town.clock.sleep(look)
            getattr(self, f"_{step}")()
        self._channel = ""  # the next customer's search begins with all channels, and its box is overwritten

    def _search(self, case: Case) -> None:
        terms = self._town.terms[self._profile]
        heard = self._town.heard(self._number, self._profile, self._chance) if case.shared else None
        if case.shared:
            self._town.did("searches heard of" if heard else "searches nobody else had")
        text = heard or self._chance.choice(terms.broad if case.broad else terms.narrow)
        self._type(text, case.gaps)
        self._town.note(self._number, self._profile, text)
        self._town.did("search")

    def _type(self, text: str, gaps: Sequence[float]) -> None:
        """Keystroke by keystroke. A request that was overtaken goes out all the same; nobody reads its answer."""
        asked = quiet_after(gaps)
        for typed, gap in enumerate(gaps, start=1):
            self._town.clock.sleep(gap)
            if typed in asked:
                address = self._filtered(text[:typed])
                threading.Thread(target=self._get, args=(address, True), daemon=True).start()
        self._town.clock.sleep(DEBOUNCE_SECONDS)
        self._text = text
        self._fragment(self._filtered(text))

    def _filtered(self, text: str) -> str:
        """The address the form of filters asks, every field of it included."""
        return f"{self._list}?{urlencode({'search': text, 'channel': self._channel, 'page_size': 50})}"

    def _narrow(self) -> None:
        self._channel = self._chance.choice(("sms", "whatsapp"))
        self._fragment(self._filtered(self._text))
        self._town.did("filter")

    def _widen(self) -> None:
        self._channel = ""
        self._fragment(self._filtered(self._text))
        self._town.did("filter")

    def _next(self) -> None:
        self._follow("next")

    def _previous(self) -> None:
        self._follow("prev")

    def _follow(self, rel: str) -> None:
        found = re.search(_LINK % rel, self._html)
        if found is None:
            self._town.did("not possible")
            return
        self._fragment(unescape(found[1]))
        self._town.did("page move")

    def _open(self) -> None:
        ids = _CONTACT.findall(self._html)
        if not ids:
            self._town.did("not possible")
            return
        self._get(f"{self._list}{self._chance.choice(ids)}/", partial=True)
        self._town.did("open")

    def _switch(self) -> None:
        """Opens the switcher and follows one of its links, which carry the filters along."""
        options = self._get(f"/p/{self._profile}/profiles/", partial=True).text
        links = [unescape(link) for link in _OPTION.findall(options)]
        if not links:
            self._town.did("not possible")
            return
        link = self._chance.choice(links)
        self._profile = link.split("/")[2]
        self._list = f"/p/{self._profile}/contacts/"
        self._whole_page(link)
        self._town.did("profile switch")

    def _whole_page(self, address: str) -> None:
        self._html = self._get(address, partial=False).text
        self._address = address

    def _fragment(self, address: str) -> None:
        answer = self._get(address, partial=True)
        self._html = answer.text
        self._address = answer.headers.get("HX-Push-Url") or answer.headers.get("HX-Replace-Url") or self._address

    def _get(self, address: str, partial: bool) -> requests.Response:
        headers = {"Accept": "text/html"}
        if partial:
            headers |= {
                "HX-Request": "true",
                "HX-Request-Type": "partial",
                "HX-Current-URL": self._town.url + self._address,
            }
        began = time.monotonic()
        answer = self._browser.get(
            self._town.url + address, headers=headers, timeout=ANSWER_SECONDS, allow_redirects=False
        )
        self._town.answered(answer.status_code, time.monotonic() - began)
        return answer
