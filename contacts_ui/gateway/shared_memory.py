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
BEGUN_CELL = 7  # when the numbers began, in seconds since 1970


class CountersUnreadable(Exception):
    """What the file holds is not this version's, or the file is no longer the one that other processes open."""


class SharedCounters:
    """`size` numbers at `path`, all 0.0 at first. Safe for threads and processes, and after a fork."""

    def __init__(self, path: Path, size: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._size = path, size
        self._lock = threading.Lock()
        self._file = _file_of_size(path, size * 8)
        weakref.finalize(self, os.close, self._file).atexit = False  # a process with many gateways: the tests'
        self._cells: Cells = memoryview(mmap.mmap(self._file, size * 8)).cast("d")

    def unlocked(self) -> Cells:
        """The numbers without the lock, to look whether one is 0.0: reading eight aligned bytes is atomic."""
        return self._cells

    def add(self, index: int, amount: float = 1.0) -> None:
        """Adds to one number; the same as with `locked`, at half the cost."""
        with self._lock:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                cells, now = self._cells, time.monotonic()
                if cells[VERSION_CELL] != VERSION or cells[STAMP_CELL] > now:
                    self._empty()
                cells[STAMP_CELL] = now
                cells[index] += amount
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def copy(self) -> list[float]:
        """The numbers at one moment, changed by nothing. Raises CountersUnreadable."""
        try:
            found = self._path.stat()
        except OSError:
            raise CountersUnreadable from None
        own = os.fstat(self._file)
        if (found.st_dev, found.st_ino, found.st_size) != (own.st_dev, own.st_ino, self._size * 8):
            raise CountersUnreadable
        with self._lock:
            fcntl.flock(self._file, fcntl.LOCK_SH)
            try:
                numbers = list(self._cells)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        if numbers[VERSION_CELL] != VERSION or numbers[STAMP_CELL] > time.monotonic():
            raise CountersUnreadable
        return numbers

    def _empty(self) -> None:
        for index in range(self._size):
            self._cells[index] = 0.0
        self._cells[VERSION_CELL], self._cells[BEGUN_CELL] = VERSION, time.time()

    @contextmanager
    def locked(self) -> Iterator[Cells]:
        """The numbers, for this thread of this process alone."""
        with self._lock:  # flock knows processes, not threads
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                cells, now = self._cells, time.monotonic()
                if cells[VERSION_CELL] != VERSION or cells[STAMP_CELL] > now:
                    self._empty()
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
