"""HTTP server: Django's threading server over HTTP/1.1, with access to the raw connection."""

from __future__ import annotations

import logging
import os
import signal
import socketserver
import sys
from collections.abc import Iterable
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

from django.core.handlers.wsgi import WSGIHandler
from django.core.servers import basehttp
from django.core.wsgi import get_wsgi_application

from .options import Options
from .raw_connection import RawConnection, RawResponse
from .state import SANDBOX, Sandbox

if TYPE_CHECKING:
    from socket import socket


class _ServerHandler(basehttp.ServerHandler):
    """Sends a response by WSGI, or a RawResponse on the raw connection."""

    request_handler: _RequestHandler
    result: Iterable[bytes]

    def finish_response(self) -> None:
        response = self.result
        if not isinstance(response, RawResponse):
            super().finish_response()
            self.request_handler.wfile.flush()  # Django does not flush the headers of a response to HEAD
            return
        try:
            self.request_handler.close_connection = True
            response.send(self.request_handler.raw_connection)
        finally:
            self.close()


class _RequestHandler(basehttp.WSGIRequestHandler):
    """One keep-alive connection."""

    server: _Server
    wbufsize = 65_536  # headers and body are sent in one packet
    disable_nagle_algorithm = True
    raw_connection: RawConnection

    def setup(self) -> None:
        super().setup()
        self.raw_connection = RawConnection(cast("socket", self.connection))

    def get_environ(self) -> dict[str, Any]:
        return super().get_environ() | {SANDBOX: self.server.sandbox}

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65_537)
        if len(self.raw_requestline) > 65_536:
            self.requestline = self.request_version = self.command = ""
            self.send_error(414)
        elif self.parse_request():
            handler = _ServerHandler(self.rfile, self.wfile, self.get_stderr(), self.get_environ())
            handler.request_handler = self
            handler.run(self.server.site)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """No output: /_sandbox/requests is the log."""


class _Server(basehttp.ThreadedWSGIServer):
    """One daemon thread per connection."""

    daemon_threads = True
    request_queue_size = 256
    sandbox: Sandbox
    site: WSGIHandler

    def server_bind(self) -> None:
        # Not HTTPServer's server_bind: that resolves our host name, which can take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Reports errors other than disconnected clients."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def serve(options: Options) -> int:
    """Serves until SIGTERM or SIGINT. The exit code: 0, or 1 when the port is in use."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    # Overrides the environment, which may name another project's settings.
    os.environ["DJANGO_SETTINGS_MODULE"] = "sandbox.settings"
    logging.basicConfig(format="sandbox: %(message)s")
    logging.getLogger("django").setLevel(logging.CRITICAL)
    server = _Server((options.host, options.port), _RequestHandler, bind_and_activate=False)
    try:
        try:
            server.server_bind()
        except OSError as error:
            sys.stderr.write(f"sandbox: cannot listen on {options.host}:{options.port}: {error.strerror}\n")
            return 1
        server.site = get_wsgi_application()
        server.sandbox = Sandbox.from_options(options)
        server.server_activate()
        sys.stdout.write(f"sandbox listening on http://{options.host}:{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever(poll_interval=0.1)
    finally:
        server.server_close()
    return 0


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
