"""Worker process of rate_limit_load.py: threads that send uncached queries through the gateway.

Arguments: seconds, the number of threads, how many of them are bulk, pause between interactive calls in seconds
(0: none), a unique process name. Prints one line of JSON: calls granted and refused for each class.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from contacts_ui.scope import Scope

counts: Counter[str] = Counter()
lock = threading.Lock()


def main() -> int:
    """Runs the threads until the time is over and prints the counts."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    django.setup()
    from contacts_ui.scope import Scope  # noqa: PLC0415 - after setup

    seconds, threads, bulk, pause = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    scope = Scope(profile_id=None, title="bench", switchable=False)
    sys.stdin.readline()  # all processes start together
    until = time.monotonic() + seconds
    workers = [
        threading.Thread(target=_send_queries, args=(scope, f"{sys.argv[5]}-{number}", number < bulk, pause, until))
        for number in range(threads)
    ]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    print(json.dumps(counts))
    return 0


def _send_queries(scope: Scope, name: str, bulk: bool, pause: float, until: float) -> None:
    """Sends one query after the other, whether granted or refused."""
    from contacts_ui.gateway import FetchPolicy, get_gateway  # noqa: PLC0415 - after setup
    from contacts_ui.sent_api.errors import RateLimited, SentError  # noqa: PLC0415
    from contacts_ui.sent_api.queries import ContactQuery  # noqa: PLC0415

    kind = "bulk" if bulk else "interactive"
    thread_counts: Counter[str] = Counter()
    sent = 0
    while time.monotonic() < until:
        sent += 1
        try:
            # Of one length: a text within another would be answered from its answer, without a call.
            query = ContactQuery(page_size=20, search=f"{kind}-{name}-{sent:09}")
            get_gateway().contacts(scope, query, FetchPolicy(bulk=bulk))
            thread_counts[f"{kind} granted"] += 1
        except RateLimited:
            thread_counts[f"{kind} refused"] += 1
        except SentError as error:
            thread_counts[f"{kind} {type(error).__name__}"] += 1
        if pause and not bulk:
            time.sleep(pause)
    with lock:
        counts.update(thread_counts)


if __name__ == "__main__":
    sys.exit(main())
