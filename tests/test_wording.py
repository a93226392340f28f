"""Wording: no old phrase is left, in a template, in a string of the program, in a script or on a rendered page.

The pages that only a browser reaches are checked in each of their states (tests/browser/test_page_states.py).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from testing import ROOT

from .html import text
from .old_phrases import OLD_PHRASES, old_phrases

TEMPLATES = tuple(path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt"})
SCRIPTS = tuple((ROOT / "static" / "js").glob("*.js"))
MODULES = tuple(path for path in (ROOT / "contacts_ui").rglob("*.py") if "migrations" not in path.parts)
PAGES = ("/people/", "/people/new/", "/people/profiles/", "/people/masking/", "/audit/", "/gateway/", "/preferences/")
OWN_PAGES = ("/you/second-factor/", "/you/sessions/", "/you/password/", "/sign-in/again/", "/nowhere/")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _shown(template: str) -> str:
    """A template as it is read: without comments and tags."""
    return re.sub(r"\{#.*?#\}|<!--.*?-->", "", template, flags=re.DOTALL)


def _strings(source: str) -> Iterator[str]:
    """The strings of a module that are no docstring; f-strings piece by piece."""
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


@pytest.mark.parametrize("path", [*TEMPLATES, *SCRIPTS], ids=_name)
def test_template_or_script_has_no_old_phrase(path: Path) -> None:
    source = path.read_text()
    if path.suffix == ".js":
        source = re.sub(r"^\s*//.*$", "", source, flags=re.MULTILINE)
    assert old_phrases(_shown(source)) == []


@pytest.mark.slow
def test_program_says_no_old_phrase() -> None:
    found = {
        f"{_name(path)}: {string}" for path in MODULES for string in _strings(path.read_text()) if old_phrases(string)
    }
    assert found == set()


@pytest.mark.parametrize("path", [*PAGES, *OWN_PAGES])
def test_page_says_no_old_phrase(admin_client: Client, support_user: User, path: str) -> None:
    assert old_phrases(text(admin_client.get(path))) == []


def test_page_of_person_says_no_old_phrase(admin_client: Client, support_user: User) -> None:
    for path in ("", "do/?do=switch-off", "do/?do=remove-factors", "do/?do=sign-out"):
        assert old_phrases(text(admin_client.get(f"/people/{support_user.pk}/{path}"))) == []


def test_list_of_old_phrases_has_each_once() -> None:
    assert len(OLD_PHRASES) == len(set(OLD_PHRASES))
