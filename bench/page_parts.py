"""Page parts benchmark: where the CPU of a list fragment goes. The same request with ever more of its view, in one
process without a server, by what Flask's page costs there: each part is what a line has more than the line above it.

Usage: python -m bench.page_parts [--rounds 25] [--requests 80]. Parts take turns, so that a loud machine is loud for
all; two figures a line, of the least and of the medians. No threshold: page_cost has those.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from bench import page_servers as servers
from testing.processes import free_port, running_program
from testing.running_desk import Desk

from .statistics import median_ratio, show_table

FLASK = "Flask's page, which calls the API"
Application = Callable[..., Any]  # WSGI
Environ = dict[str, Any]
Timed = Callable[[int], float]


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--requests", type=int, default=80, help="of each part in a round")
    options = parser.parse_args()
    servers.install_peers()
    with tempfile.TemporaryDirectory(prefix="bench-page-parts-") as name:
        folder, port = Path(name), free_port()
        recorded = servers.record_responses(folder)
        desk = servers.new_desk(folder, f"http://127.0.0.1:{port}", free_port())
        stub, health = [sys.executable, "-m", "bench.page_stub", str(port), name], f"http://127.0.0.1:{port}/v3/me"
        with (
            running_program(stub, health=health, log=folder / "stub.log", env=dict(os.environ)),
            (folder / "log").open("w") as log,
            redirect_stdout(log),  # both pages log at INFO
        ):
            taken = _measure(desk, recorded, options.rounds, options.requests)
    flask = taken[FLASK]
    rows = [
        (part, f"{min(ms):.2f}", f"{min(ms) / min(flask):.2f}", f"{median_ratio(ms, flask):.2f}")
        for part, ms in taken.items()
    ]
    show_table(("part", "CPU ms", "÷ Flask's, least", "÷ Flask's, median"), rows)
    return 0


def _measure(desk: Desk, recorded: servers.Recorded, rounds: int, requests: int) -> dict[str, list[float]]:
    """Thread CPU ms of a request of each part, one figure a round."""
    session = desk.people(1, [recorded.profile])[0].session
    os.environ.update(desk.settings, DJANGO_SETTINGS_MODULE="dashboard.settings")
    parts = _parts(_Requests(desk.url, recorded, f"session={session}; csrf={'c' * 32}"))
    for timed in parts.values():
        timed(40)  # warm
    taken: dict[str, list[float]] = {part: [] for part in parts}
    for _ in range(rounds):
        servers.forget_quota(desk)
        for part in random.sample(list(parts), len(parts)):
            taken[part].append(parts[part](requests))
    return taken


class _Requests:
    """The requests: environs of a search for 50 rows, by somebody who is signed in."""

    def __init__(self, url: str, recorded: servers.Recorded, cookie: str) -> None:
        self.path, self._texts, self._new = f"/p/{recorded.profile}/contacts/", recorded.short, count()
        htmx = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial", "HTTP_HX_CURRENT_URL": url + self.path}
        self._headers = htmx | {"HTTP_COOKIE": cookie}

    def cached(self) -> Environ:
        """The same each time."""
        return _environ(self.path, f"search={self._texts[0]}&channel=&page_size=50", self._headers)

    def called(self) -> Environ:
        """Another page each time, which no cache has."""
        return self.plain() | self._headers

    def plain(self) -> Environ:
        """Likewise, without the headers of the desk: Flask's."""
        number, text = divmod(next(self._new), len(self._texts))
        return _environ(self.path, f"search={self._texts[text]}&page={number * 2 + 1}&page_size=50", {})


def _parts(requests: _Requests) -> dict[str, Timed]:
    """Name to a function that sends so many requests; it returns thread CPU ms of one."""
    sys.path.append(str(servers.PEERS))
    import django  # noqa: PLC0415  # after the environment

    django.setup()
    from django.core.handlers.wsgi import WSGIHandler  # noqa: PLC0415
    from django.test import override_settings  # noqa: PLC0415
    from django.urls import resolve  # noqa: PLC0415

    from bench import page_flask  # noqa: PLC0415
    from dashboard.workers import collect_rarely  # noqa: PLC0415

    desk, cached, called = WSGIHandler(), requests.cached, requests.called
    with override_settings(MIDDLEWARE=[]):
        bare = WSGIHandler()
    view = resolve(requests.path).func
    pattern = next(each for each in _patterns() if each.callback is view)
    bytes_alone, scope, query, search = _views(_answer(desk, cached() | {"HTTP_ACCEPT_ENCODING": ""}))
    collect_rarely()
    part = partial(_timed, pattern)
    return {
        FLASK: part(page_flask.application, requests.plain),
        "Django without middleware, fixed bytes": part(bare, cached, bytes_alone),
        "and all middleware: session, audit row, quota, compression, log": part(desk, cached, bytes_alone),
        "and scope": part(desk, cached, scope),
        "and the query read, planned, hashed": part(desk, cached, query),
        "and the search, from the cache": part(desk, cached, search),
        "and rendered: the cached fragment": part(desk, cached),
        "the search called instead, fixed bytes": part(desk, called, search),
        "and rendered: the fragment": part(desk, called),
    }


def _timed(pattern: Any, application: Application, environ: Callable[[], Environ], view: Any = None) -> Timed:
    """Times an application in which `view` stands at the list's URL pattern; without one the list's own."""
    own = pattern.callback

    def timed(requests: int) -> float:
        environs, pattern.callback = [environ() for _ in range(requests)], view or own
        try:
            started = time.thread_time()
            for each in environs:
                _answer(application, each)
            return (time.thread_time() - started) / requests * 1000
        finally:
            pattern.callback = own

    return timed


def _views(body: bytes) -> tuple[Any, Any, Any, Any]:
    """The list's view up to a point, from where it answers `body`."""
    from django.http import HttpRequest, HttpResponse  # noqa: PLC0415

    from contacts_ui.access import scope_for  # noqa: PLC0415
    from contacts_ui.contacts.search import search as find  # noqa: PLC0415
    from contacts_ui.gateway import FetchPolicy  # noqa: PLC0415
    from contacts_ui.views.contact_list import audit_list_request, parse_list_query  # noqa: PLC0415

    def bytes_alone(_request: HttpRequest, **_: object) -> HttpResponse:
        return HttpResponse(body)

    def scope(request: Any, profile_id: Any = None) -> HttpResponse:
        scope_for(request.user, profile_id)
        return HttpResponse(body)

    def query(request: Any, profile_id: Any = None) -> HttpResponse:
        audit_list_request(request, parse_list_query(request, scope_for(request.user, profile_id)))
        return HttpResponse(body)

    def search(request: Any, profile_id: Any = None) -> HttpResponse:
        within = scope_for(request.user, profile_id)
        parsed = parse_list_query(request, within)
        event, found = audit_list_request(request, parsed), find(within, parsed, FetchPolicy(), request.user.pk)
        if found is not None:
            page = found.result.value
            event.complete(rows=len(page.contacts), request_id=page.request_id)
        return HttpResponse(body)

    return bytes_alone, scope, query, search


def _patterns() -> Iterator[Any]:
    from django.urls import get_resolver  # noqa: PLC0415

    waiting: list[Any] = list(get_resolver().url_patterns)
    while waiting:
        each = waiting.pop()
        if hasattr(each, "url_patterns"):
            waiting += each.url_patterns
        else:
            yield each


def _environ(path: str, query: str, headers: dict[str, str]) -> Environ:
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_ACCEPT": "text/html",
        "HTTP_ACCEPT_ENCODING": "gzip, deflate, br, zstd",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        **headers,
    }


def _answer(application: Application, environ: Environ) -> bytes:
    """The body; raises RuntimeError for another status than 200."""
    statuses: list[str] = []
    result = application(environ, lambda status, *_: statuses.append(status))
    body = b"".join(result)
    if hasattr(result, "close"):
        result.close()
    if not statuses[0].startswith("200"):
        raise RuntimeError(f"{statuses[0]}: {body[:200]!r}")
    return body


if __name__ == "__main__":
    sys.exit(main())
