"""The identity provider `oidc-provider-mock` as a program, behind a WSGI layer that records and forges responses.

Usage: python -m tests.sign_in.provider_program PORT. Besides the provider's own URLs there are, for tests:
`GET /_witness/tokens` (the forms posted to the token endpoint) and `PUT /_witness/lies` (claims to put into the next
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
LIED_AT = {
    "/oauth2/token": "id_token",
    "/userinfo": "userinfo",
    "/.well-known/openid-configuration": "configuration",
}


class Witness:
    """WSGI middleware that records token requests and forges claims."""

    def __init__(self, provider: Wsgi) -> None:
        self._provider = provider
        self._tokens: list[Json] = []
        self._lies: Json = {}

    def __call__(self, environ: Json, start: Start) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        path = environ["PATH_INFO"]
        if path == "/_witness/tokens":
            return _answer(start, self._tokens)
        if path == "/_witness/lies":
            self._lies = json.loads(body)
            return _answer(start, {})
        if path == "/oauth2/token":
            self._tokens.append(dict(parse_qsl(body.decode())))
        lies = self._lies.get(LIED_AT.get(path, ""))
        return self._lied(environ, start, lies) if lies else self._provider(environ, start)

    def _lied(self, environ: Json, start: Start, lies: Json) -> Iterable[bytes]:
        said: list[Any] = []
        body = b"".join(self._provider(environ, lambda *answer: said.extend(answer)))
        if not said[0].startswith("200"):
            start(*said)
            return [body]
        told = json.loads(body)
        if "id_token" in told:
            head, claims, signature = told["id_token"].split(".")
            told["id_token"] = ".".join([head, _packed(_unpacked(claims) | lies), signature])
        else:
            told |= lies
        return _answer(start, told)


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
    program.wsgi_app = Witness(program.wsgi_app)
    make_server("localhost", int(sys.argv[1]), program, threaded=True).serve_forever()
