"""SECURITY.md: every test, module and decision that it names exists."""

from __future__ import annotations

import re

import pytest

from testing import ROOT

TEXT = (ROOT / "SECURITY.md").read_text()
TESTS = sorted(set(re.findall(r"tests/[a-z_/]+(?:\.py)?", TEXT)))
MODULES = sorted(set(re.findall(r"`((?:[a-z_]+/)*[a-z_]+\.py)`", TEXT)) - set(TESTS))
DECISIONS = sorted(set(re.findall(r"decision (\d+)", TEXT)))


@pytest.mark.parametrize("path", TESTS)
def test_named_test_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("path", MODULES)
def test_named_module_exists(path: str) -> None:
    assert any((ROOT / folder / path).exists() for folder in ("", "contacts_ui", "dashboard"))


@pytest.mark.parametrize("number", DECISIONS)
def test_named_decision_exists(number: str) -> None:
    assert list((ROOT / "docs" / "decisions").glob(f"{int(number):04}-*.md"))
