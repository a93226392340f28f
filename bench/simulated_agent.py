"""Simulated support agent: plays a workload plan with the requests that htmx would send."""

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

RESPONSE_TIMEOUT = 60  # seconds
_LINK = r'<a [^>]*href="([^"]+)"[^>]*rel="%s"'
_CONTACT = re.compile(r'<tr [^>]*data-contact-id="([^"]+)"')
_OPTION = re.compile(r'<a class="menu-item" href="([^"]+)"(?! aria-current)')


@dataclass(slots=True)
class Clock:
    """Simulated clock that runs `factor` times as fast. All other seconds in this module are simulated."""

    factor: float
    started: float = field(default_factory=time.monotonic)

    def now(self) -> float:
        """Simulated seconds since the start."""
        return (time.monotonic() - self.started) * self.factor

    def sleep(self, seconds: float) -> None:
        """Sleeps for simulated seconds."""
        if seconds > 0:
            time.sleep(seconds / self.factor)


@dataclass(frozen=True, slots=True)
class Workload:
    """Search terms of one profile, eight characters each: `narrow` match few numbers, `broad` at least three pages."""

    narrow: Sequence[str]
    broad: Sequence[str]


@dataclass(slots=True)
class SharedHistory:
    """State shared by all agents: clock, search terms, past searches and counters."""

    url: str
    clock: Clock
    workloads: dict[str, Workload]
    searches: list[tuple[float, int, str, str]] = field(default_factory=list)  # time, agent, profile, text
    actions: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    response_seconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count_action(self, action: str) -> None:
        """Counts an action."""
        with self.lock:
            self.actions[action] += 1

    def record_response(self, status: int, seconds: float) -> None:
        """Records a response of the desk; `seconds` are real time."""
        with self.lock:
            self.statuses[status] += 1
            self.response_seconds.append(seconds)

    def record_search(self, agent: int, profile: str, text: str) -> None:
        """Records a search, for other agents to repeat."""
        with self.lock:
            self.searches.append((self.clock.now(), agent, profile, text))

    def search_of_others(self, agent: int, profile: str, rng: Random) -> str | None:
        """Random search term that another agent used in the profile within SHARED_SECONDS, or None."""
        since = self.clock.now() - SHARED_SECONDS
        with self.lock:
            texts = [
                text
                for time_, other, searched_profile, text in self.searches
                if time_ >= since and other != agent and searched_profile == profile
            ]
        return rng.choice(texts) if texts else None


class Agent(threading.Thread):
    """Thread that plays the cases of one agent. A step that the page does not offer is counted as "not possible"."""

    def __init__(self, number: int, person: Person, history: SharedHistory, cases: Sequence[Case], rng: Random) -> None:
        super().__init__(name=f"agent {number}", daemon=True)
        self._number, self._history, self._cases, self._rng = number, history, cases, rng
        self._browser = person.browser()
        self._profile = person.profiles[0]
        self._text, self._channel, self._html = "", "", ""
        self._current_url = self._list = f"/p/{self._profile}/contacts/"
        self.failure: Exception | None = None

    def run(self) -> None:
        """Plays all cases at their times."""
        try:
            for number, case in enumerate(self._cases):
                self._history.clock.sleep(case.begins - self._history.clock.now())
                if not number:
                    self._whole_page(self._list)
                # Idle connections are closed between cases, so the next one may reach another worker.
                self._browser.close()
                self._work(case)
        except Exception as error:  # noqa: BLE001 - read by the thread that joins
            self.failure = error

    def _work(self, case: Case) -> None:
        if case.switch:
            self._switch()
        self._search(case)
        for pause, step in zip(case.pauses, case.steps, strict=False):
            self._history.clock.sleep(pause)
            getattr(self, f"_{step}")()
        self._channel = ""  # the next case starts with all channels; its text replaces this one

    def _search(self, case: Case) -> None:
        workload = self._history.workloads[self._profile]
        repeated = self._history.search_of_others(self._number, self._profile, self._rng) if case.shared else None
        if case.shared:
            self._history.count_action("repeated searches" if repeated else "searches without one to repeat")
        text = repeated or self._rng.choice(workload.broad if case.broad else workload.narrow)
        self._type(text, case.gaps)
        self._history.record_search(self._number, self._profile, text)
        self._history.count_action("search")

    def _type(self, text: str, gaps: Sequence[float]) -> None:
        """Types keystroke by keystroke. A superseded request is sent too; its response is ignored."""
        request_lengths = quiet_after(gaps)
        for typed, gap in enumerate(gaps, start=1):
            self._history.clock.sleep(gap)
            if typed in request_lengths:
                url = self._filtered(text[:typed])
                threading.Thread(target=self._get, args=(url, True), daemon=True).start()
        self._history.clock.sleep(DEBOUNCE_SECONDS)
        self._text = text
        self._fragment(self._filtered(text))

    def _filtered(self, text: str) -> str:
        """URL that the filter form requests, with all of its fields."""
        return f"{self._list}?{urlencode({'search': text, 'channel': self._channel, 'page_size': 50})}"

    def _narrow(self) -> None:
        self._channel = self._rng.choice(("sms", "whatsapp"))
        self._fragment(self._filtered(self._text))
        self._history.count_action("filter")

    def _widen(self) -> None:
        self._channel = ""
        self._fragment(self._filtered(self._text))
        self._history.count_action("filter")

    def _next(self) -> None:
        self._follow("next")

    def _previous(self) -> None:
        self._follow("prev")

    def _follow(self, rel: str) -> None:
        found = re.search(_LINK % rel, self._html)
        if found is None:
            self._history.count_action("not possible")
            return
        self._fragment(unescape(found[1]))
        self._history.count_action("page move")

    def _open(self) -> None:
        ids = _CONTACT.findall(self._html)
        if not ids:
            self._history.count_action("not possible")
            return
        self._get(f"{self._list}{self._rng.choice(ids)}/", partial=True)
        self._history.count_action("open")

    def _switch(self) -> None:
        """Opens the profile switcher and follows one of its links, which keep the filters."""
        options = self._get(f"/p/{self._profile}/profiles/", partial=True).text
        links = [unescape(link) for link in _OPTION.findall(options)]
        if not links:
            self._history.count_action("not possible")
            return
        link = self._rng.choice(links)
        self._profile = link.split("/")[2]
        self._list = f"/p/{self._profile}/contacts/"
        self._whole_page(link)
        self._history.count_action("profile switch")

    def _whole_page(self, url: str) -> None:
        self._html = self._get(url, partial=False).text
        self._current_url = url

    def _fragment(self, url: str) -> None:
        response = self._get(url, partial=True)
        self._html = response.text
        self._current_url = (
            response.headers.get("HX-Push-Url") or response.headers.get("HX-Replace-Url") or self._current_url
        )

    def _get(self, url: str, partial: bool) -> requests.Response:
        headers = {"Accept": "text/html"}
        if partial:
            headers |= {
                "HX-Request": "true",
                "HX-Request-Type": "partial",
                "HX-Current-URL": self._history.url + self._current_url,
            }
        started = time.monotonic()
        response = self._browser.get(
            self._history.url + url, headers=headers, timeout=RESPONSE_TIMEOUT, allow_redirects=False
        )
        self._history.record_response(response.status_code, time.monotonic() - started)
        return response
