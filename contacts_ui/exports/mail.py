"""Mail about exports: who asked for one is told when its file is ready, and when there will be none.

Without EMAIL_URL there is none. It names no contact, number or filter. A mail that fails stops nothing: it is logged.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.dispatch import receiver
from django.urls import reverse

from contacts_ui.models import Export, ExportState
from contacts_ui.sign_in import mail_queue

from .signals import ended

log = logging.getLogger(__name__)

_SUBJECT = "Contact Desk: {what}"
_TEXT = """Hello {name},

{sentence}

{url}

Your user name is {username}.
"""
_SENTENCES = {
    ExportState.READY: (
        "your export is ready",
        "your export of {scope} is ready: {rows:,} rows. You can download it for 24 hours and up to 3 times.",
    ),
    ExportState.FAILED: ("your export failed", "your export of {scope} failed. There is no file. Its page says why."),
}


@receiver(ended)
def _tell(export: Export, **_: Any) -> None:
    person, words = export.person, _SENTENCES.get(ExportState(export.state))
    if words is None or person is None or not (settings.EMAIL_URL and person.email and person.is_active):
        return
    what, sentence = words
    text = _TEXT.format(
        name=person.get_full_name() or person.username,
        sentence=sentence.format(scope=export.scope_title, rows=export.rows),
        url=f"{settings.SITE_URL}{reverse('export-detail', args=(export.pk,))}",
        username=person.username,
    )
    mail_queue.enqueue(partial(_send, _SUBJECT.format(what=what), text, person.email))


def _send(subject: str, text: str, address: str) -> None:
    try:
        send_mail(subject, text, None, [address])
    except OSError as error:  # its text may contain the address
        log.warning("desk.exports.mail_failed", extra={"error": type(error).__name__})
