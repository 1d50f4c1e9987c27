"""Temporary folders: one for each device; the next run sweeps those of a run that was killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

_PREFIX = "tinyml-hil-"
_LOCK = "lock"
_YOUNG = 60.0
"""Seconds in which a folder may not be locked yet by the process that made it."""
_TRIES = 5


class TemporaryFolder:
    """A folder that nobody else can read; its process holds a lock in it as long as it lives."""

    def __init__(self) -> None:
        """Makes it, and removes those whose processes have ended.

        Raises:
            OSError: it cannot be made.
        """
        _sweep()
        self.name = tempfile.mkdtemp(prefix=_PREFIX)
        self._lock = os.open(Path(self.name, _LOCK), os.O_CREAT | os.O_RDWR)  # not inherited
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def cleanup(self) -> None:
        """Removes it with all that is in it; a killed simulator may write a moment more."""
        for _ in range(_TRIES):
            shutil.rmtree(self.name, ignore_errors=True)
            if not Path(self.name).exists():
                break
        os.close(self._lock)


def _sweep() -> None:
    with contextlib.suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            with contextlib.suppress(OSError):  # somebody else's, in use, or just swept by another
                _remove_if_left(folder)


def _remove_if_left(folder: Path) -> None:
    """Removes a folder whose process has ended.

    Raises:
        OSError: it has not, or the folder is none of ours.
    """
    if folder.is_symlink() or time.time() - folder.stat().st_mtime < _YOUNG:
        return
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(lock)
