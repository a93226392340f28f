"""One process of the flood: 16 threads that ask the gateway for ever new queries. Usage: see flood.py, which starts it.

Arguments: seconds, the number of threads, how many of them are bulk, pause between interactive questions in seconds
(0: none), a name no other process has. Prints one line of JSON: questions granted and refused for each class.
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
    """Asks until the time is over."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    django.setup()
    from contacts_ui.scope import Scope  # noqa: PLC0415 - after setup

    seconds, threads, bulk, pause = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    scope = Scope(profile_id=None, title="bench", switchable=False)
    sys.stdin.readline()  # all processes begin at once
    until = time.monotonic() + seconds
    asking = [
        threading.Thread(target=_ask, args=(scope, f"{sys.argv[5]}-{number}", number < bulk, pause, until))
        for number in range(threads)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    print(json.dumps(counts))
    return 0


def _ask(scope: Scope, name: str, bulk: bool, pause: float, until: float) -> None:
    """One thread: a question, and at once the next, granted or not."""
    from contacts_ui.gateway import FetchPolicy, get_gateway  # noqa: PLC0415 - after setup
    from contacts_ui.sent_api.errors import RateLimited, SentError  # noqa: PLC0415
    from contacts_ui.sent_api.queries import ContactQuery  # noqa: PLC0415

    kind = "bulk" if bulk else "interactive"
    mine: Counter[str] = Counter()
    asked = 0
    while time.monotonic() < until:
        asked += 1
        try:
            query = ContactQuery(page_size=20, search=f"{kind}-{name}-{asked}")
            get_gateway().contacts(scope, query, FetchPolicy(bulk=bulk))
            mine[f"{kind} granted"] += 1
        except RateLimited:
            mine[f"{kind} refused"] += 1
        except SentError as error:
            mine[f"{kind} {type(error).__name__}"] += 1
        if pause and not bulk:
            time.sleep(pause)
    with lock:
        counts.update(mine)


if __name__ == "__main__":
    sys.exit(main())
