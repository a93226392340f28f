"""Faults of the hosts benchmark: what happens to the hosts while the agents work, one after the other."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from testing.desk_hosts import DeskHosts, make_release
from testing.processes import START_SECONDS
from testing.running_desk import manage
from testing.sandbox_server import Json, SandboxServer

REDIS_STOPPED, REDIS_HUNG, DATABASE_STOPPED, API_HANGS = 30.0, 25.0, 30.0, 40.0  # seconds
STYLE = "\n.changed-by-the-bench { color: inherit; }\n"
EXPORT = """
from django.contrib.auth.models import User
from contacts_ui.access import background_scope
from contacts_ui.contacts.filters import parse_filters
from contacts_ui.exports import service
person = User.objects.create_superuser('{name}')
query = parse_filters('/p/{profile}/contacts/', dict())
service.request_export(person, background_scope('{profile}'), query, file_format='csv', columns=[])
"""


@dataclass(frozen=True, slots=True)
class Span:
    """A fault and when it began and ended (monotonic seconds)."""

    name: str
    began: float
    ended: float


@dataclass(slots=True)
class Faults:
    """Runs the faults; `share` of their full length. API calls are kept, because a fault's end clears the log."""

    desk: DeskHosts
    api: SandboxServer
    profile: str
    share: float = 1.0
    spans: list[Span] = field(default_factory=list)
    calls: list[Json] = field(default_factory=list)
    exported: int = 0
    export_seconds: float = 0.0

    def all(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        """Every fault by name, in order."""
        return (
            ("kill -9 of a worker", self.kill_worker),
            ("reload of a host", self.reload_host),
            ("stop and start of a host", self.restart_host),
            ("Redis stopped", self.stop_redis),
            ("Redis hung", self.hang_redis),
            ("PostgreSQL stopped", self.stop_database),
            ("API hanging", self.hang_api),
            ("deploy with a changed stylesheet", self.deploy),
            ("kill -9 of the queue in mid-export", self.kill_queue),
        )

    def run(self, name: str, fault: Callable[[], None]) -> None:
        """Runs one of them and notes when."""
        began = time.monotonic()
        fault()
        self.spans.append(Span(name, began, time.monotonic()))

    def kill_worker(self) -> None:
        """kill -9 of one of a host's web workers, which its server replaces."""
        self.desk.hosts[0].kill_web_worker()
        time.sleep(2)

    def reload_host(self) -> None:
        """SIGHUP, as `systemctl reload` sends it; the workers are replaced one after the other."""
        web = self.desk.hosts[0].web
        before = set(self.desk.hosts[0].processes().values())
        web.signal(signal.SIGHUP)
        until = time.monotonic() + START_SECONDS
        while before & set(self.desk.hosts[0].processes().values()) - {self.desk.hosts[0].worker.pid}:
            if time.monotonic() > until:
                raise RuntimeError("the workers were not replaced")
            time.sleep(0.5)

    def restart_host(self) -> None:
        """`systemctl stop` and `start` of a whole host."""
        self.desk.hosts[1].stop()
        time.sleep(5 * self.share)
        self.desk.hosts[1].start()

    def stop_redis(self) -> None:
        """Redis ends, and comes back empty."""
        self.desk.cache.stop()
        time.sleep(REDIS_STOPPED * self.share)
        self.desk.cache.start()

    def hang_redis(self) -> None:
        """Redis takes connections and answers nothing."""
        self.desk.cache.signal(signal.SIGSTOP)
        time.sleep(REDIS_HUNG * self.share)
        self.desk.cache.signal(signal.SIGCONT)

    def stop_database(self) -> None:
        """PostgreSQL ends, and comes back."""
        self.desk.database.stop()
        time.sleep(DATABASE_STOPPED * self.share)
        self.desk.database.start()

    def hang_api(self) -> None:
        """The messaging API takes requests and answers none."""
        self.api.fault(kind="hang", seconds=API_HANGS * self.share + 60, times=1_000_000)
        time.sleep(API_HANGS * self.share)
        self.calls += self.api.requests()
        self.api.clear()

    def deploy(self) -> None:
        """Another version, with other stylesheets, on one host after the other."""
        release = make_release(Path(self.desk.folder) / "releases" / "2", stylesheet=STYLE)
        for host in self.desk.hosts:
            host.install(release)

    def kill_queue(self) -> None:
        """An export is asked for; each host's queue worker is killed once it reads, and started again by systemd."""
        name = f"bench-export-{uuid4().hex[:6]}"
        env = self.desk.hosts[0].env | {"LOG_LEVEL": "WARNING"}
        manage(env, code=EXPORT.format(name=name, profile=self.profile))
        began = time.monotonic()
        self._wait_for_export("state = 'reading' OR position > 0 OR state = 'ready'")
        for host in self.desk.hosts:
            host.worker.stop(signal.SIGKILL)
        time.sleep(2)  # RestartSec of the unit
        for host in self.desk.hosts:
            host.worker.start()
        self._wait_for_export("state IN ('ready', 'failed')")
        self.export_seconds = time.monotonic() - began
        rows = self.desk.sql("SELECT state, rows FROM contacts_ui_export ORDER BY created_at DESC LIMIT 1")[0]
        self.exported = int(str(rows[1])) if rows[0] == "ready" else -1

    def _wait_for_export(self, condition: str) -> None:
        until = time.monotonic() + START_SECONDS
        newest = "(SELECT id FROM contacts_ui_export ORDER BY created_at DESC LIMIT 1)"
        while not self.desk.sql(f"SELECT 1 FROM contacts_ui_export WHERE id = {newest} AND ({condition})"):  # noqa: S608
            if time.monotonic() > until:
                raise RuntimeError(f"the export did not come to: {condition}")
            time.sleep(0.5)
