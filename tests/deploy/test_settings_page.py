"""docs/settings.md and the README: every setting is on the page, and every topic's link leads there."""

from __future__ import annotations

import re

from testing import ROOT

SETTINGS = (ROOT / "dashboard" / "settings.py").read_text()
PAGE = (ROOT / "docs" / "settings.md").read_text()
README = (ROOT / "README.md").read_text()


def _anchor(title: str) -> str:
    """GitHub's anchor of a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def test_every_setting_is_on_the_settings_page() -> None:
    read = set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', SETTINGS))
    shown = set(re.findall(r"`([A-Z][A-Z_]+)`", PAGE))
    assert len(read) > 40
    assert read - shown == set()


def test_topics_of_readme_lead_to_parts_of_the_settings_page() -> None:
    parts = {_anchor(title) for title in re.findall(r"^## (.+)$", PAGE, re.MULTILINE)}
    linked = re.findall(r"docs/settings\.md#([\w-]+)", README)
    assert len(linked) == len(parts) - 1  # that of `make run` is no topic
    assert set(linked) <= parts
