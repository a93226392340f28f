"""docs/alerts.yml: its rules speak of metrics that exist, and fire on what they are for."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.test import Client

from contacts_ui.gateway import get_gateway
from contacts_ui.observability.worker_seen import worker_lives
from testing import ROOT

from .conftest import Scrape

RULES = ROOT / "docs" / "alerts.yml"
EXAMPLES = Path(__file__).with_name("alerts_test.yml")


def test_rules_are_seven_about_metrics_that_exist(scrape: Scrape, admin_client: Client) -> None:
    get_gateway()._config.stats.lifetime.record_organization(150, 200)
    worker_lives()
    expressions = re.findall(r"^\s+expr: (.+)$", RULES.read_text(), re.MULTILINE)
    named = set(re.findall(r"\bdesk_\w+", "\n".join(expressions)))
    assert len(expressions) == 7
    assert named <= {sample.partition("{")[0] for sample in scrape()}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian: prometheus)")
def test_rules_fire_on_what_they_are_for(tmp_path: Path) -> None:
    examples = tmp_path / "alerts_test.yml"
    examples.write_text(EXAMPLES.read_text().replace("RULES", str(RULES)))
    done = subprocess.run(["promtool", "test", "rules", str(examples)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
