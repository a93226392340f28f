"""Call path of a search: how deep it is from view to socket, and how many calls of our functions it makes.

Counted, not timed: a fragment of five rows that is in no cache, so that it makes one API call.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import CO_GENERATOR
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from django.test import Client

from contacts_ui.sent_api.total_timeout import DeadlineAdapter
from testing import ROOT
from testing.sandbox_server import SandboxServer

from .html import fragment, rows

MAX_FRAMES, MAX_CALLS = 14, 299
FIRST_RESUME = 6  # bytes of code before a generator can be resumed: a resumed one is no new call
TEXT = "(201"  # finds five of the contacts of the sandbox, of two owners
OURS = str(ROOT / "contacts_ui")


def _is_ours(code: CodeType) -> bool:
    return code.co_filename.startswith(OURS) and not code.co_name.startswith("<")


@contextmanager
def _counted(calls: Counter[str]) -> Iterator[None]:
    """Counts the calls of our functions on this thread; comprehensions and lambdas are not functions of their own."""

    def profile(frame: FrameType, event: str, _: Any) -> None:
        started = not frame.f_code.co_flags & CO_GENERATOR or frame.f_lasti < FIRST_RESUME
        if event == "call" and started and _is_ours(frame.f_code):
            calls[f"{Path(frame.f_code.co_filename).relative_to(OURS)}:{frame.f_code.co_qualname}"] += 1

    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(None)


def _our_frames() -> list[str]:
    """Our functions on the stack of this thread, outermost first, from the view on."""
    frame, names = sys._getframe(), list[str]()
    while frame := frame.f_back:  # type: ignore[assignment]  # None ends it
        if _is_ours(frame.f_code):
            names.append(f"{Path(frame.f_code.co_filename).relative_to(OURS)}:{frame.f_code.co_qualname}")
    names.reverse()
    return names[next(index for index, name in enumerate(names) if name.startswith("views/")) :]


@pytest.fixture
def search(admin_client: Client, caching_api: SandboxServer) -> Callable[[str], list[str]]:
    """A search as htmx asks for it, on a desk that knows its account and has templates compiled."""
    fragment(admin_client, "/account/contacts/?search=9")
    return lambda text: rows(fragment(admin_client, f"/account/contacts/?search={text}"))


def test_search_is_at_most_14_frames_from_view_to_socket(
    search: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks: list[list[str]] = []
    send = DeadlineAdapter.send

    def recorded(self: DeadlineAdapter, *args: Any, **options: Any) -> Any:
        stacks.append(_our_frames())
        return send(self, *args, **options)

    monkeypatch.setattr(DeadlineAdapter, "send", recorded)
    search(TEXT)
    assert stacks
    deepest = max(stacks, key=len)
    assert len(deepest) <= MAX_FRAMES, "\n".join(deepest)


def test_cold_search_fragment_makes_few_calls_of_our_functions(search: Callable[[str], list[str]]) -> None:
    calls: Counter[str] = Counter()
    with _counted(calls):
        shown = search(TEXT)
    assert len(shown) == 5
    listed = "\n".join(f"{count:4d} {name}" for name, count in calls.most_common())
    assert calls.total() <= MAX_CALLS, f"{calls.total()} calls:\n{listed}"
