"""Script bundle: one file of the scripts that every page loads, in their order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from contacts_ui.web.scripts import BUNDLE, SCRIPTS, BundlingStorage

STATIC = Path(django_settings.BASE_DIR) / "static"


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    """The folder after `collectstatic` of the scripts alone."""
    storage = BundlingStorage(location=str(tmp_path))
    for script in SCRIPTS:
        (tmp_path / script).parent.mkdir(exist_ok=True)
        (tmp_path / script).write_bytes((STATIC / script).read_bytes())
    assert not [
        error
        for *_, error in storage.post_process({script: (storage, script) for script in SCRIPTS})
        if isinstance(error, Exception)
    ]
    return tmp_path


def test_bundle_is_every_script_unchanged_and_in_order(collected: Path) -> None:
    texts = [(STATIC / script).read_text(encoding="utf-8") for script in SCRIPTS]
    assert (collected / BUNDLE).read_text(encoding="utf-8") == "\n".join(texts)


def test_bundle_has_a_hashed_name_and_smaller_copies(collected: Path) -> None:
    names = {re.sub(r"\.[0-9a-f]{12}\.", ".HASH.", path.name) for path in (collected / "js").glob("desk.*")}
    assert names >= {"desk.js", "desk.HASH.js", "desk.HASH.js.gz", "desk.HASH.js.br"}


@pytest.mark.parametrize("debug", [True, False])
def test_page_loads_the_files_themselves_only_in_debug(support_client: Client, settings: Settings, debug: bool) -> None:
    settings.DEBUG = debug
    page = support_client.get("/preferences/").content.decode()
    loaded = re.findall(r'<script src="/static/(js/[a-z-]+\.js)"', page)
    assert [name for name in loaded if name in {*SCRIPTS, BUNDLE}] == ([*SCRIPTS] if debug else [BUNDLE])
