"""API queries as frozen objects. Source: sent-api-v3, list contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Channel = Literal["sms", "whatsapp"]

PAGE_SIZES = (20, 50, 100)  # 100 is the largest the vendor's own clients use
DEFAULT_PAGE_SIZE = 50
MAX_PAGE = 2**31 - 1  # the API's page is an int32


@dataclass(frozen=True, slots=True)
class ContactQuery:
    """The parameters of `GET /v3/contacts`.

    `page` counts from 1. `search` is compared with the national format, punctuation included. `phone` is one number in
    E.164 and is sent without `search` and `channel`: the API calls it an alternative to the list, and does not document
    how it combines with them.
    """

    page: int = 1
    page_size: int = DEFAULT_PAGE_SIZE
    search: str | None = None
    channel: Channel | None = None
    phone: str | None = None

    def params(self) -> list[tuple[str, str]]:
        """The query string as pairs, in a fixed order, without absent filters."""
        if self.phone is not None:
            return [("page", "1"), ("page_size", str(self.page_size)), ("phone", self.phone)]
        pairs = [("page", str(self.page)), ("page_size", str(self.page_size))]
        if self.search is not None:
            pairs.append(("search", self.search))
        if self.channel is not None:
            pairs.append(("channel", self.channel))
        return pairs
