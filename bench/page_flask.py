"""Baseline page for page_cost: the same rows with Flask, requests and Jinja2, compressed and logged as the desk's are.

No sign-in, profile check, audit or cache.
"""

from __future__ import annotations

import gzip
import logging
import os
import sys
import time

import flask
import requests

API, KEY = os.environ["SENT_API_URL"], os.environ["SENT_API_KEY"]
ROWS = """<div class="results"><p>{{ pagination.total_count }} contacts</p>
<table class="table"><thead><tr><th>Phone number</th><th>Region</th><th>Channels</th><th>Opt-out</th><th>Created</th>
<th>Updated</th></tr></thead><tbody>
{% for contact in contacts %}<tr data-contact-id="{{ contact.id }}"><td><span class="phone">
<img src="/static/flags/{{ contact.region_code|lower }}.svg" alt="" width="18" height="18">
<a href="/p/{{ profile }}/contacts/{{ contact.id }}/">{{ contact.format_international or contact.phone_number }}</a>
<button type="button" data-copy="{{ contact.format_e164 }}">Copy</button></span></td><td>{{ contact.region_code }}</td>
<td>{% for channel in (contact.available_channels or "").split(",") %}<span class="badge">{{ channel }}
{% if channel == contact.default_channel %}★{% endif %}</span>{% endfor %}</td>
<td>{% if contact.opt_out %}<span class="badge">Opted out</span>{% else %}No{% endif %}</td>
<td><time datetime="{{ contact.created_at }}">{{ contact.created_at }}</time></td>
<td>{% if contact.updated_at %}<time datetime="{{ contact.updated_at }}">{{ contact.updated_at }}</time>
{% else %}Never{% endif %}</td></tr>{% endfor %}
</tbody></table><nav>{% if page > 1 %}<a href="?page={{ page - 1 }}">Previous</a>{% endif %}
{% if pagination.has_more %}<a href="?page={{ page + 1 }}">Next</a>{% endif %}</nav></div>"""

logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
log = logging.getLogger(__name__)
application = flask.Flask(__name__)
rows = application.jinja_env.from_string(ROWS)  # compiled once, as a template file is
session = requests.Session()
session.headers["x-api-key"] = KEY
session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=64))


def contacts(profile: str) -> str:
    """Renders the contact list fragment."""
    page, page_size = int(flask.request.args.get("page", 1)), int(flask.request.args.get("page_size", 50))
    query: dict[str, str | int] = {"page": page, "page_size": page_size}
    query["search"] = flask.request.args.get("search", "")
    response = session.get(f"{API}/v3/contacts", params=query, headers={"x-profile-id": profile}, timeout=10)
    response.raise_for_status()
    data = response.json()["data"]
    html: str = flask.render_template(rows, page=page, profile=profile, **data)
    return html


def started() -> None:
    """Remembers when the request came."""
    flask.g.started = time.perf_counter()


def finished(response: flask.Response) -> flask.Response:
    """Compresses the page where the browser takes it, at Django's level, and logs one line."""
    if "gzip" in flask.request.headers.get("Accept-Encoding", ""):
        response.set_data(gzip.compress(response.get_data(), 6))
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    ms = (time.perf_counter() - flask.g.started) * 1000
    log.info("%s %s %d %.1f ms", flask.request.method, flask.request.path, response.status_code, ms)
    return response


application.before_request(started)
application.after_request(finished)
application.add_url_rule("/p/<profile>/contacts/", view_func=contacts)
application.add_url_rule("/healthz", "healthz", lambda: "ok")
