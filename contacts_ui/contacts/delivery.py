"""Delivery: what the scores of a message summary can say of the messages to one contact. Pure.

The API gives a score of 0 to 100 a channel beside a count of messages, and does not say what the scores count. So a
score is shown as this contact's only where whole numbers of messages can give it, and as a count where only one can.
"""

from __future__ import annotations

from dataclasses import dataclass

from contacts_ui.sent_api.types import ChannelScore, Contact, MessageSummary

from .labels import channel_name

OFTEN_FAILS = 20.0  # per cent of a channel's messages that failed
FEW_MESSAGES = 10  # of fewer nothing can be said to happen often
NEAREST = 1.0  # per cent that a score may be off, rounded either way
ANY_SCORE_FITS = 100  # messages: from here on every score to the per cent is some whole number of them


@dataclass(frozen=True, slots=True)
class ChannelDelivery:
    """How messages by one channel went. `delivered` and `failed` in words: "2 of 3 delivered", "96% delivered"; None
    where the API says nothing. `share` of the delivered is 0 to 100.
    """

    channel: str
    delivered: str | None
    failed: str | None
    share: float | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How messages to a contact went. `unproven` channels have scores that this many messages cannot give, and `misfit`
    says so. `fails`: some failed for certain. `verdict` is one line: "SMS often fails (41%); WhatsApp delivers 96%".
    `opted_out` and `may_advise` are as far as the contact is known: nothing speaks for a channel of somebody who opted
    out.
    """

    channels: tuple[ChannelDelivery, ...]
    unproven: tuple[ChannelDelivery, ...]
    misfit: str
    fails: bool
    verdict: str | None
    opted_out: bool
    may_advise: bool


def delivery_of(summary: MessageSummary, contact: Contact | None) -> Delivery:
    """The delivery of messages to `contact`, None where it is not at hand."""
    most, scores = summary.message_count, summary.channel_scores or ()
    counted = most if len(scores) == 1 and len(summary.channels_used or ()) <= 1 else None
    proven = [score for score in scores if _possible_counts(score, most)]
    may_advise = contact is not None and not contact.opt_out
    return Delivery(
        channels=tuple(_in_counts(score, counted) or _in_per_cent(score) for score in proven),
        unproven=tuple(_in_per_cent(score) for score in scores if score not in proven),
        misfit=_misfit(most),
        fails=any(_whole(score.fail_score or 0.0) for score in proven),
        verdict=_verdict(proven, most, praises=may_advise),
        opted_out=contact is not None and contact.opt_out is True,
        may_advise=may_advise,
    )


def _misfit(count: int | None) -> str:
    if count is None or count >= ANY_SCORE_FITS:
        return "doesn’t add up"
    return f"doesn’t fit {count:,} message{'' if count == 1 else 's'}"


def _possible_counts(score: ChannelScore, most: int | None) -> list[tuple[int, int, int]]:
    """Messages, delivered and failed that would give this score, in up to `most` messages (None: any number)."""
    good, bad = score.success_score, score.fail_score
    if good is None and bad is None:
        return [(0, 0, 0)]  # nothing is claimed
    found = []
    for sent in range(1, min(ANY_SCORE_FITS if most is None else most, ANY_SCORE_FITS) + 1):
        delivered, failed = _nearest(good, sent), _nearest(bad, sent)
        if delivered is not None and failed is not None and delivered + failed <= sent:
            found.append((sent, delivered, failed))
    return found


def _nearest(score: float | None, sent: int) -> int | None:
    """How many of `sent` messages give this score; the lower of two; None where no whole number does."""
    if score is None:
        return 0
    score = _clamped(score)
    lower = int(score * sent / 100)
    return next((n for n in (lower, lower + 1) if abs(100 * n / sent - score) < NEAREST), None)


def _in_counts(score: ChannelScore, sent: int | None) -> ChannelDelivery | None:
    """A score in messages: only where all went by this channel, and no other number of them gives it."""
    if sent is None or sent >= ANY_SCORE_FITS // 2 or score.success_score is None or score.fail_score is None:
        return None  # from 50 messages on, two numbers of them may give one score
    possible = _possible_counts(score, sent)
    if [count[0] for count in possible] != [sent]:
        return None
    _, delivered, failed = possible[0]
    share = 100 * delivered / sent
    return ChannelDelivery(_name(score), f"{delivered} of {sent} delivered", f"{failed} failed", share)


def _in_per_cent(score: ChannelScore) -> ChannelDelivery:
    good, bad = score.success_score, score.fail_score
    return ChannelDelivery(
        channel=_name(score),
        delivered=None if good is None else f"{_whole(good)}% delivered",
        failed=None if bad is None else f"{_whole(bad)}% failed",
        share=None if good is None else _clamped(good),
    )


def _name(score: ChannelScore) -> str:
    return channel_name(score.channel) if score.channel else "Unnamed channel"


def _clamped(score: float) -> float:
    return max(0.0, min(100.0, score))


def _whole(score: float) -> int:
    """A score to the per cent."""
    return round(_clamped(score))


def _verdict(scores: list[ChannelScore], count: int | None, *, praises: bool) -> str | None:
    """How messages went, worst channel first; None where unknown, and where there were few. `praises`: with the
    channels that deliver.
    """
    if count is not None and count < FEW_MESSAGES:
        return None
    said = []
    for score in sorted(scores, key=lambda score: -(score.fail_score or 0.0)):
        if score.channel and score.fail_score is not None and score.fail_score >= OFTEN_FAILS:
            said.append(f"{_name(score)} often fails ({_whole(score.fail_score)}%)")
        elif score.channel and score.success_score is not None and praises:
            said.append(f"{_name(score)} delivers {_whole(score.success_score)}%")
    return "; ".join(said) or None
