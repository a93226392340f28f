"""Copy value of a row: the number in E.164, given only where it differs from the number shown."""

from __future__ import annotations

from uuid import uuid4

import pytest

from contacts_ui.contacts.labels import copy_value
from contacts_ui.sent_api.types import Contact


@pytest.mark.parametrize(
    ("contact", "copied"),
    [
        (Contact(id=uuid4(), format_international="+44 20 7946 0958", format_e164="+442079460958"), ""),
        (Contact(id=uuid4(), format_e164="+442079460958"), ""),
        (Contact(id=uuid4(), format_international="+44 20 7946 0958", format_e164="+442079460959"), "+442079460959"),
        (Contact(id=uuid4(), phone_number="020 7946 0958"), "020 7946 0958"),
        (Contact(id=uuid4(), format_national="(201) 555-0142", format_e164="+12015550142"), ""),
        (
            Contact(id=uuid4(), format_international="+1 201-555-0142 ext. 5", format_e164="+12015550142"),
            "+12015550142",
        ),
        (Contact(id=uuid4()), ""),
    ],
)
def test_copy_value_is_given_only_where_it_differs_from_shown(contact: Contact, copied: str) -> None:
    assert copy_value(contact, contact.number) == copied
