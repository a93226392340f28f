"""Delivery of messages: scores in counts where they can be, and never beside a number of messages they do not fit."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts_ui.contacts.delivery import Delivery, delivery_of
from contacts_ui.sent_api.types import ChannelScore, Contact, MessageSummary

Scores = list[tuple[str | None, float | None, float | None]]
SUBSCRIBED = Contact(id=UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), opt_out=False)
OPTED_OUT = Contact(id=SUBSCRIBED.id, opt_out=True)
FAILING: Scores = [("sms", 59.0, 41.0), ("whatsapp", 96.0, 4.0)]


def _delivery(scores: Scores, count: int | None = None, contact: Contact | None = SUBSCRIBED) -> Delivery:
    given = tuple(ChannelScore(channel=name, success_score=good, fail_score=bad) for name, good, bad in scores)
    return delivery_of(MessageSummary(message_count=count, channel_scores=given), contact)


# --- Counts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "count", "delivered", "failed"),
    [
        ((67, 33), 3, "2 of 3 delivered", "1 failed"),
        ((66.6, 33.3), 3, "2 of 3 delivered", "1 failed"),
        ((66, 33), 3, "2 of 3 delivered", "1 failed"),
        ((67, 0), 3, "2 of 3 delivered", "0 failed"),
        ((100, 0), 1, "1 of 1 delivered", "0 failed"),
        ((88, 12), 8, "7 of 8 delivered", "1 failed"),
        ((95, 5), 20, "95% delivered", "5% failed"),  # 18 of 19 give it as well
        ((50, 50), 4, "50% delivered", "50% failed"),  # or 1 of 2, and two on their way
        ((100, 0), 2, "100% delivered", "0% failed"),
        ((98, 2), 160, "98% delivered", "2% failed"),
        ((67, 33), None, "67% delivered", "33% failed"),
    ],
)
def test_score_is_a_count_where_only_one_count_gives_it(
    score: tuple[float, float], count: int | None, delivered: str, failed: str
) -> None:
    channels = _delivery([("sms", *score)], count).channels
    assert [(channel.delivered, channel.failed) for channel in channels] == [(delivered, failed)]


def test_score_of_one_of_two_channels_is_no_count() -> None:
    channels = _delivery([("sms", 67, 33), ("rcs", 67, 33)], 3).channels
    assert [channel.delivered for channel in channels] == ["67% delivered", "67% delivered"]


@given(sent=st.integers(1, 300), failed=st.integers(0, 300), pending=st.integers(0, 300), down=st.booleans())
def test_score_of_whole_messages_is_never_doubted(sent: int, failed: int, pending: int, down: bool) -> None:
    failed = min(failed, sent)
    delivered = max(0, sent - failed - pending)
    good, bad = (100 * n / sent for n in (delivered, failed))
    score = ("sms", float(int(good)), float(int(bad))) if down else ("sms", good, bad)
    delivery = _delivery([score], sent)
    assert not delivery.unproven
    shown = delivery.channels[0].delivered or ""
    assert "%" in shown or shown == f"{delivered} of {sent} delivered"


# --- Scores that cannot be of these messages --------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "count", "misfit"),
    [
        ((83, 17), 1, "doesn’t fit 1 message"),
        ((82, 17), 3, "doesn’t fit 3 messages"),
        ((83, 17), 0, "doesn’t fit 0 messages"),
        ((90, 30), None, "doesn’t add up"),
        ((90, 30), 160, "doesn’t add up"),
    ],
)
def test_score_that_no_whole_messages_give_is_unproven(
    score: tuple[float, float], count: int | None, misfit: str
) -> None:
    delivery = _delivery([("sms", *score)], count)
    assert (delivery.channels, len(delivery.unproven), delivery.misfit) == ((), 1, misfit)
    assert not delivery.fails
    assert delivery.verdict is None


def test_channel_without_scores_is_not_doubted() -> None:
    assert not _delivery([("sms", None, None)], 0).unproven


# --- Verdict ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        (FAILING, "SMS often fails (41%); WhatsApp delivers 96%"),
        (FAILING[::-1], "SMS often fails (41%); WhatsApp delivers 96%"),
        ([("sms", 80.0, 20.0)], "SMS often fails (20%)"),
        ([("sms", 81.0, 19.0)], "SMS delivers 81%"),
        ([("sms", 90.0, 41.0), ("whatsapp", 96.0, 4.0)], "WhatsApp delivers 96%"),
        ([("sms", None, None)], None),
        ([(None, 50.0, 50.0)], None),
        ([("sms", None, 100.0), ("rcs", 250.0, None)], "SMS often fails (100%); RCS delivers 100%"),
        ([], None),
    ],
)
def test_verdict_names_failing_channels_first(scores: Scores, words: str | None) -> None:
    assert _delivery(scores).verdict == words


@pytest.mark.parametrize(("count", "known"), [(9, False), (10, True), (None, True)])
def test_verdict_of_few_messages_is_absent(count: int | None, known: bool) -> None:
    assert (_delivery([("sms", 50.0, 50.0)], count).verdict is not None) == known


def test_verdict_of_unknown_scores_is_absent() -> None:
    assert delivery_of(MessageSummary(), SUBSCRIBED).verdict is None


@pytest.mark.parametrize("contact", [OPTED_OUT, None])
def test_verdict_praises_no_channel_of_who_may_have_opted_out(contact: Contact | None) -> None:
    assert _delivery(FAILING, contact=contact).verdict == "SMS often fails (41%)"
    assert _delivery([("sms", 98.0, 0.0)], 160, contact).verdict is None
