"""Sandbox server for tests: runs the sandbox as a process and controls its faults and request log over HTTP."""

from __future__ import annotations

import select
import subprocess
import sys
import time
from functools import cached_property
from types import TracebackType
from typing import Any, Self, cast

from requests import Response, Session
from urllib3 import PoolManager

from testing.processes import START_SECONDS, STOP_SECONDS, ProgramEnded, start_program, stop_program

READY = b"sandbox listening on "
CALL_SECONDS = 60

Json = dict[str, Any]


class SandboxServer:
    """`python -m sandbox` on a free port, from construction until `stop()`.

    The arguments are the program's flags (sandbox/README.md); the rate limit is off by default.
    """

    def __init__(
        self,
        *,
        contacts: int = 600,
        profiles: int = 12,
        seed: int = 7,
        rate: int = 0,
        burst: int = 50,
        latency_ms: int | str = 0,
        empty_auth_bodies: bool = False,
        account_lists: str = "all",
        phone_rows: str = "one",
    ) -> None:
        command = [sys.executable, "-m", "sandbox", "--port", "0", "--contacts", str(contacts)]
        command += ["--profiles", str(profiles), "--seed", str(seed), "--rate", str(rate), "--burst", str(burst)]
        command += ["--latency-ms", str(latency_ms), "--account-lists", account_lists, "--phone-rows", phone_rows]
        command += ["--empty-auth-bodies"] if empty_auth_bodies else []
        self.spoilt = False  # a fault was queued since the last `clear`
        self._session, self._pool = Session(), PoolManager(num_pools=1, maxsize=8)
        self._session.trust_env = False
        self.process = start_program(command, stdout=subprocess.PIPE)
        try:
            self.url = self._ready_line().removeprefix(READY).decode().strip()
        except BaseException:
            self.stop()
            raise

    def requests(self) -> list[Json]:
        """Requests received, oldest first: method, path, query, profile, key, status, time, ms, fault."""
        return cast("list[Json]", self._control("GET", "requests")["requests"])

    def reset_requests(self) -> None:
        """Clears the request log."""
        self._control("DELETE", "requests")

    def fault(self, **fault: Any) -> None:
        """Queues one fault: `fault(route="contacts", kind="status", status=500)`."""
        self.spoilt = True
        self._control("POST", "faults", json=fault)

    def faults(self) -> Json:
        """Faults that are still `queued`, and those that `fired` on a request."""
        return self._control("GET", "faults")

    def fired(self) -> list[str]:
        """Kinds of the faults that fired, oldest first."""
        return [fault["kind"] for fault in self.faults()["fired"]]

    def churn(self, profile_id: str | None = None, **plan: Any) -> None:
        """Lets the list of a profile (None: the organization) change: `churn(additions=0.5, order="-changed")`."""
        self.spoilt = True
        self._control("POST", "churn", json={"profile": profile_id, **plan})

    def churned(self) -> Json:
        """Per changing list its `total`, and how many additions, deletions and changes there were."""
        return self._control("GET", "churn")

    def release(self) -> None:
        """Sends every response that a `slow` or `hang` fault holds back now."""
        self._control("DELETE", "held")

    def clear(self) -> None:
        """Clears faults, request log and rate limit counts; held responses are sent at once."""
        self._control("DELETE", "memory")
        self.spoilt = False

    def contacts(self, profile_id: str | None = None) -> dict[str, str | None]:
        """Contacts visible to a profile (None: the organization): E.164 number, or None, by id."""
        contacts = self._control("GET", "contacts", fields={"profile": profile_id or ""})["contacts"]
        return {contact["id"]: contact["format_e164"] for contact in contacts}

    def profiles(self) -> list[Json]:
        """Profiles in the order of /v3/me: id, name, short_name, status, contacts."""
        return cast("list[Json]", self._control("GET", "profiles")["profiles"])

    @cached_property
    def profile_ids(self) -> list[str]:
        """Ids of the profiles, which stay; asked for once."""
        return [profile["id"] for profile in self.profiles()]

    def get(
        self,
        path: str,
        *,
        key: str | None = "sandbox-organization",
        profile: str | None = None,
        **params: Any,
    ) -> Response:
        """Calls the API without following redirects: `get("/v3/contacts", page=1, page_size=20)`."""
        headers = {} if key is None else {"x-api-key": key}
        headers |= {} if profile is None else {"x-profile-id": profile}
        return self._session.get(
            self.url + path, headers=headers, params=params, timeout=CALL_SECONDS, allow_redirects=False
        )

    def stop(self) -> int:
        """Stops the process; returns its exit code."""
        self._session.close()
        self._pool.clear()
        return stop_program(self.process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _ready_line(self) -> bytes:
        assert self.process.stdout is not None
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            # readline alone would block for ever on a program that neither prints nor exits.
            if select.select([self.process.stdout], [], [], 0.1)[0]:
                line = self.process.stdout.readline()
                if line.startswith(READY):
                    return line
                if not line:  # it closed its output: it ends, or has ended
                    code = self.process.wait(STOP_SECONDS)
                    raise ProgramEnded(f"the sandbox ended with {code} before it listened; its output is above")
        raise TimeoutError(f"the sandbox did not start within {START_SECONDS} s; its output is above")

    def _control(self, method: str, resource: str, **options: Any) -> Json:
        """One control call. By connections alone, at a third of the cost of a session: each test makes some."""
        url = f"{self.url}/_sandbox/{resource}"
        response = self._pool.request(method, url, timeout=CALL_SECONDS, retries=False, **options)
        answer = response.json()
        if response.status >= 400:
            raise ValueError(answer["error"])
        return cast("Json", answer)
