"""Shared memory: counters of all processes of this host, in a memory-mapped file changed under a file lock.

Measured at 3 µs a change, and right across processes (bench-facts, rate limiters). The clock is the system's
monotonic one, the same for every process; a file from before a reboot is recognized and emptied.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

Cells: TypeAlias = "memoryview[float]"

VERSION = 4.0  # of the layout; another one empties the file
VERSION_CELL, STAMP_CELL = 0, 1


class SharedCounters:
    """`size` numbers at `path`, all 0.0 at first. Safe for threads and processes, and after a fork."""

    def __init__(self, path: Path, size: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._size = size
        self._lock = threading.Lock()
        self._file = _file_of_size(path, size * 8)
        weakref.finalize(self, os.close, self._file).atexit = False  # a process with many gateways: the tests'
        self._cells: Cells = memoryview(mmap.mmap(self._file, size * 8)).cast("d")

    def unlocked(self) -> Cells:
        """The numbers without the lock, to look whether one is 0.0: reading eight aligned bytes is atomic."""
        return self._cells

    @contextmanager
    def locked(self) -> Iterator[Cells]:
        """The numbers, for this thread of this process alone."""
        with self._lock:  # flock knows processes, not threads
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                cells, now = self._cells, time.monotonic()
                if cells[VERSION_CELL] != VERSION or cells[STAMP_CELL] > now:
                    for index in range(self._size):
                        cells[index] = 0.0
                    cells[VERSION_CELL] = VERSION
                cells[STAMP_CELL] = now
                yield cells
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)


def _file_of_size(path: Path, size: int) -> int:
    """The descriptor of the file, which is replaced when it has another size.

    Never cut: a process with other settings or of another version that has it mapped would die of SIGBUS.
    """
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            found = os.fstat(file)
            if found.st_size == 0:  # made just now: nobody has mapped it
                os.ftruncate(file, size)
                return file
            if found.st_size == size:
                return file
            with suppress(FileNotFoundError):
                if path.stat().st_ino == found.st_ino:  # else another process has replaced it
                    path.unlink()
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
        os.close(file)
