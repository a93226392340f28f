"""Short runs of bench/hosts.py and bench/soak.py, and how they count."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from bench import hosts, soak
from bench.hosts_agent import Answer, is_ours
from bench.hosts_faults import Span
from bench.hosts_outcome import longest, recovery

FIRST, SECOND = Span("first", 10, 20), Span("second", 40, 50)
QUICK = ("kill -9 of a worker", "stop and start of a host")


def test_recovery_ends_with_last_error_before_the_next_fault() -> None:
    answers = [
        Answer(15, 16, 503, ours=True),  # during the fault
        Answer(22, 23, 503, ours=True),
        Answer(25, 26, 200, ours=True),
        Answer(45, 46, 0, ours=False),
    ]
    assert recovery(answers, [FIRST, SECOND]) == {"first": 3, "second": 0}
    assert longest(answers) == 1


def test_refused_call_of_budget_is_no_outage() -> None:
    assert recovery([Answer(21, 22, 429, ours=True)], [FIRST]) == {"first": 0}


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("<title>Not available · Contact Desk</title>", True),
        ('<div class="state state--red" data-error="503">', True),
        ("<center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center>", False),
        ("Internal server error", False),
    ],
)
def test_error_is_the_desks_own_by_its_marks(text: str, ours: bool) -> None:
    response = requests.Response()
    response.status_code, response._content = 503, text.encode()
    assert is_ours(response) is ours


def test_slope_leaves_the_warm_up_out() -> None:
    seconds = [float(number) for number in range(90)]
    warm = [100.0] * 30 + [200.0] * 60
    assert soak.slope(seconds, warm, factor=4) == pytest.approx(0)
    assert soak.slope(seconds, [number / 3600 for number in seconds], factor=4) == pytest.approx(0.25)
    assert soak.more([5.0] * 30 + [7.0] * 60) == 0


@pytest.mark.exhaustive
@pytest.mark.needs("Redis", "PostgreSQL", "nginx")
def test_two_hosts_show_no_foreign_row_and_lose_no_audit_row(tmp_path: Path) -> None:
    """A minute of three agents, through a killed worker and a host that stops and starts."""
    outcome = hosts.run(tmp_path / "hosts", minutes=1, agents=3, factor=3, hosts=2, seed=3, only=QUICK)
    assert outcome.shown > 20
    assert outcome.foreign == 0
    assert outcome.audited >= outcome.shown
    assert outcome.refused == 0
    assert outcome.without_style == 0
    assert outcome.pages > 20
