"""Baseline page for page_cost: the same 50 rows with Flask, requests and Jinja2; no sign-in, profile check or cache."""

from __future__ import annotations

import os

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

application = flask.Flask(__name__)
rows = application.jinja_env.from_string(ROWS)  # compiled once, as a template file is
session = requests.Session()
session.headers["x-api-key"] = KEY
session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=64))


def contacts(profile: str) -> str:
    """Renders the contact list fragment."""
    page = int(flask.request.args.get("page", 1))
    query: dict[str, str | int] = {"page": page, "page_size": 50, "search": flask.request.args.get("search", "")}
    response = session.get(f"{API}/v3/contacts", params=query, headers={"x-profile-id": profile}, timeout=10)
    response.raise_for_status()
    data = response.json()["data"]
    html: str = flask.render_template(rows, page=page, profile=profile, **data)
    return html


application.add_url_rule("/p/<profile>/contacts/", view_func=contacts)
application.add_url_rule("/healthz", "healthz", lambda: "ok")
