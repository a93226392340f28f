"""The identity provider `oidc-provider-mock` as a program, behind a WSGI layer that records and forges responses.

Usage: python -m tests.sign_in.provider_program PORT. Besides the provider's own URLs there are, for tests:
`GET /_witness/tokens` (the forms posted to the token endpoint) and `PUT /_witness/forged` (claims to put into the next
ID tokens, into what userinfo says, and into what the provider says of itself:
`{"id_token": {...}, "userinfo": {...}, "configuration": {...}}`).
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from oidc_provider_mock import app  # type: ignore[import-untyped]
from werkzeug.serving import make_server

Json = dict[str, Any]
Start = Callable[..., Any]
Wsgi = Callable[[Json, Start], Iterable[bytes]]
FORGED_AT = {
    "/oauth2/token": "id_token",
    "/userinfo": "userinfo",
    "/.well-known/openid-configuration": "configuration",
}


class RecordingProvider:
    """WSGI middleware that records token requests and forges claims."""

    def __init__(self, provider: Wsgi) -> None:
        self._provider = provider
        self._tokens: list[Json] = []
        self._forged: Json = {}

    def __call__(self, environ: Json, start: Start) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        path = environ["PATH_INFO"]
        if path == "/_witness/tokens":
            return _answer(start, self._tokens)
        if path == "/_witness/forged":
            self._forged = json.loads(body)
            return _answer(start, {})
        if path == "/oauth2/token":
            self._tokens.append(dict(parse_qsl(body.decode())))
        forged = self._forged.get(FORGED_AT.get(path, ""))
        return self._forge(environ, start, forged) if forged else self._provider(environ, start)

    def _forge(self, environ: Json, start: Start, forged: Json) -> Iterable[bytes]:
        start_args: list[Any] = []
        body = b"".join(self._provider(environ, lambda *answer: start_args.extend(answer)))
        if not start_args[0].startswith("200"):
            start(*start_args)
            return [body]
        payload = json.loads(body)
        if "id_token" in payload:
            head, claims, signature = payload["id_token"].split(".")
            payload["id_token"] = ".".join([head, _packed(_unpacked(claims) | forged), signature])
        else:
            payload |= forged
        return _answer(start, payload)


def _answer(start: Start, what: Any) -> list[bytes]:
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(what).encode()]


def _unpacked(part: str) -> Json:
    claims: Json = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def _packed(claims: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


if __name__ == "__main__":
    program = app()
    program.wsgi_app = RecordingProvider(program.wsgi_app)
    make_server("localhost", int(sys.argv[1]), program, threaded=True).serve_forever()
