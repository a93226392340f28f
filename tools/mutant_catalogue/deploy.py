"""Faults of what an operator copies: the proxy's configuration and the compose file."""

from __future__ import annotations

from .mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "the proxy logs addresses of pages, which hold phone numbers",
        "deploy/nginx/desk.conf",
        "    error_log /var/log/nginx/desk.log crit;",
        "    error_log /var/log/nginx/desk.log warn;",
        ("tests/deploy/test_files.py::test_proxy_configuration_logs_no_address",),
    ),
    Mutant(
        "the database of the containers is reached from outside",
        "deploy/compose.yaml",
        '    command: ["postgres", "-c", "listen_addresses=127.0.0.1", "-c", "port=5432"]\n',
        '    command: ["postgres"]\n    ports: ["5432:5432"]\n',
        ("tests/deploy/test_files.py::test_compose_publishes_the_proxys_ports_alone",),
    ),
)
