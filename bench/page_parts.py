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
from itertools import count
from pathlib import Path
from typing import Any

from bench import page_servers as servers
from testing.processes import free_port, running_program
from testing.running_desk import Desk

from .statistics import median, show_table

FLASK = "Flask's page, which calls the API"
Application = Callable[..., Any]  # WSGI
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
        with running_program(stub, health=health, log=folder / "stub.log", env=dict(os.environ)):
            cookie = f"session={desk.people(1, [recorded.profile])[0].session}; csrf={'c' * 32}"
            os.environ.update(desk.settings, DJANGO_SETTINGS_MODULE="dashboard.settings")
            output, sys.stdout = sys.stdout, (folder / "log").open("w")  # both pages log at INFO
            parts = _parts(desk, recorded, cookie)
            for timed in parts.values():
                timed(40)  # warm
            taken: dict[str, list[float]] = {part: [] for part in parts}
            for _ in range(options.rounds):
                desk.sql("UPDATE contacts_ui_quotawindow SET contacts = 0")
                for part in random.sample(list(parts), len(parts)):
                    taken[part].append(parts[part](options.requests))
            sys.stdout = output
    flask = taken[FLASK]
    rows = [(p, f"{min(ms):.2f}", f"{min(ms) / min(flask):.2f}", f"{_ratio(ms, flask):.2f}") for p, ms in taken.items()]
    show_table(("part", "CPU ms", "÷ Flask's, least", "÷ Flask's, median"), rows)
    return 0


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def _parts(desk: Desk, recorded: servers.Recorded, cookie: str) -> dict[str, Timed]:
    """Name to a function that sends so many requests; it returns thread CPU ms of one."""
    sys.path.append(str(servers.PEERS))
    import django  # noqa: PLC0415  # after the environment

    django.setup()
    from django.core.handlers.wsgi import WSGIHandler  # noqa: PLC0415
    from django.test import override_settings  # noqa: PLC0415
    from django.urls import resolve  # noqa: PLC0415

    from bench import page_flask  # noqa: PLC0415
    from dashboard.workers import collect_rarely  # noqa: PLC0415

    path, new = f"/p/{recorded.profile}/contacts/", count()
    htmx = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial", "HTTP_HX_CURRENT_URL": desk.url + path}
    headers = htmx | {"HTTP_COOKIE": cookie}

    def cached() -> dict[str, Any]:
        return _environ(path, f"search={recorded.short[0]}&channel=&page_size=50", headers)

    def called(more: dict[str, str] = headers) -> dict[str, Any]:
        number, text = divmod(next(new), len(recorded.short))
        return _environ(path, f"search={recorded.short[text]}&page={number * 2 + 1}&page_size=50", more)

    desk_page = WSGIHandler()
    with override_settings(MIDDLEWARE=[]):
        bare = WSGIHandler()
    pattern = next(each for each in _patterns() if each.callback is resolve(path).func)
    body, own = _answer(desk_page, cached() | {"HTTP_ACCEPT_ENCODING": ""}), pattern.callback
    collect_rarely()

    def part(application: Application, environ: Callable[[], dict[str, Any]], view: Any = own) -> Timed:
        def timed(requests: int) -> float:
            environs, pattern.callback = [environ() for _ in range(requests)], view
            try:
                started = time.thread_time()
                for each in environs:
                    _answer(application, each)
                return (time.thread_time() - started) / requests * 1000
            finally:
                pattern.callback = own

        return timed

    bytes_alone, scope, query, search = _views(body)
    return {
        FLASK: part(page_flask.application, lambda: called({})),
        "Django without middleware, fixed bytes": part(bare, cached, bytes_alone),
        "and all middleware: session, audit row, quota, compression, log": part(desk_page, cached, bytes_alone),
        "and scope": part(desk_page, cached, scope),
        "and the query read, planned, hashed": part(desk_page, cached, query),
        "and the search, from the cache": part(desk_page, cached, search),
        "and rendered: the cached fragment": part(desk_page, cached),
        "the search called instead, fixed bytes": part(desk_page, called, search),
        "and rendered: the fragment": part(desk_page, called),
    }


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


def _environ(path: str, query: str, headers: dict[str, str]) -> dict[str, Any]:
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


def _answer(application: Application, environ: dict[str, Any]) -> bytes:
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
