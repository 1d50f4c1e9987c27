"""Journal: what is found one after the other, durable as it comes, whatever ends the process."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from tinyml_hil.errors import UsageError
from tinyml_hil.files import writing
from tinyml_hil.record.reading import damage_named

T = TypeVar("T")


class LineJournal(Generic[T]):
    """What a run has found that is not over yet: one line of JSON each.

    What ``append`` was given is on the disk when it returns. A run that was killed while it wrote
    leaves a line that has no end; it is dropped when the journal is opened again.
    """

    def __init__(
        self, path: Path, from_plain: Callable[[Any], T], to_plain: Callable[[T], Any]
    ) -> None:
        """Opens the journal at ``path``, which may be there already.

        Args:
            path: of the file.
            from_plain: makes an entry of what its line has.
            to_plain: the other way round.

        Raises:
            UsageError: it is damaged, elsewhere than at its end, or another process has it open.
            OSError: it cannot be written.
        """
        self.path = path
        self._to_plain = to_plain
        self._file = path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"the run is still under way: {path} is being written") from None
        self._file.seek(0)
        whole, newline, _ = self._file.read().rpartition(b"\n")
        with damage_named(path):
            self.records = [from_plain(msgspec.json.decode(line)) for line in whole.splitlines()]
        """What was there when it was opened."""
        self._file.truncate(len(whole) + len(newline))

    def append(self, entries: Iterable[T]) -> None:
        """Adds entries, durably.

        Raises:
            OSError: they could not be written, all or some of them.
        """
        lines = "".join(json.dumps(self._to_plain(entry)) + "\n" for entry in entries)
        with writing(self.path):
            self._file.write(lines.encode())
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Closes the file."""
        with contextlib.suppress(OSError):  # what a full disk refused has been said already
            self._file.close()
