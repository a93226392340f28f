"""Mail queue: a thread sends mail after the response, survives errors, and never loses a mail without a line."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from contacts_ui.sign_in import mail_queue
from contacts_ui.sign_in.mail_queue import MailQueue
from testing.waiting import wait_until


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the queue logged so far."""
    return [record.message for record in caplog.records if record.name == mail_queue.__name__]


@pytest.fixture(autouse=True)
def _all_levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", mail_queue.__name__)


@pytest.fixture
def stuck() -> threading.Event:
    """An event that a stuck mail waits for."""
    return threading.Event()


def failing(times: int) -> Callable[[], None]:
    """A mail server that fails this often."""
    left = [times]

    def send() -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise ConnectionRefusedError

    return send


def test_mail_is_sent_by_another_thread(caplog: pytest.LogCaptureFixture) -> None:
    senders: list[str] = []
    MailQueue(5, ()).put(lambda: senders.append(threading.current_thread().name))
    wait_until(lambda: "mail.sent" in events(caplog))
    assert senders == ["mail"]


def test_mail_is_tried_again_after_error(caplog: pytest.LogCaptureFixture) -> None:
    MailQueue(5, (0.0, 0.0)).put(failing(2))
    wait_until(lambda: "mail.sent" in events(caplog))
    assert events(caplog) == ["mail.queued", "mail.retry", "mail.retry", "mail.sent"]


def test_mail_after_failed_one_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    waiting = MailQueue(5, (0.0,))
    waiting.put(failing(9))
    waiting.put(lambda: None)
    wait_until(lambda: "mail.sent" in events(caplog))
    assert "mail.failed" in events(caplog)


def test_full_queue_drops_mail_and_says_so(caplog: pytest.LogCaptureFixture, stuck: threading.Event) -> None:
    waiting, begun = MailQueue(2, ()), threading.Event()

    def wait() -> None:
        begun.set()
        stuck.wait(60)

    waiting.put(wait)
    begun.wait(60)
    for _ in range(3):
        waiting.put(lambda: None)
    dropped = [record for record in caplog.records if record.message == "mail.dropped"]
    assert [record.levelname for record in dropped] == ["ERROR"]
    stuck.set()
    wait_until(lambda: events(caplog).count("mail.sent") == 3)


@pytest.mark.parametrize("email", ["mara@example.org", "olga@example.org", "nobody@example.org"])
def test_reset_form_looks_nobody_up(
    admin_user: User,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
    email: str,
) -> None:
    User.objects.filter(pk=admin_user.pk).update(email="mara@example.org")
    User.objects.create_user("olga", email="olga@example.org", is_active=False)
    settings.EMAIL_URL, jobs = "smtp://mail.example", list[object]()
    settings.ACCOUNT_RATE_LIMITS = False  # the counters know nobody either
    monkeypatch.setattr(mail_queue, "enqueue", jobs.append)
    with django_assert_num_queries(0):
        answer = Client().post("/sign-in/password/", {"email": email})
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/password/sent/")
    assert len(jobs) == 1, "one job for every address"
