"""Snapshots of machines in Renode that have booted, for later starts of the same firmware."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

from tinyml_hil.files import write_atomically

KEPT = 8
"""How many are kept, of 2 MB each: the ones used last."""
_MACHINE, _PRINTED = "machine", "printed"


class Snapshot:
    """What one start came to: the machine as Renode saves it, and what its firmware had printed.

    One file holds both. It is named after all that the machine was made from, so that it is never
    taken for another; and it has checksums (a ZIP archive), so that a damaged one is not used.
    """

    def __init__(self, folder: Path, made_from: Iterable[bytes]) -> None:
        """There may be none yet.

        Args:
            folder: where snapshots are kept.
            made_from: everything that decides what the machine does.
        """
        parts = b"".join(hashlib.sha256(part).digest() for part in made_from)
        self._folder = folder
        self._file = folder / f"{hashlib.sha256(parts).hexdigest()}.zip"

    def unpack(self, machine: Path) -> bytes | None:
        """Writes the saved machine to ``machine``, and returns what was printed.

        Returns:
            None if there is no snapshot.

        Raises:
            OSError, zipfile.BadZipFile, KeyError: it cannot be read, or is damaged.
        """
        if not self._file.exists():
            return None
        with zipfile.ZipFile(self._file) as archive:
            machine.write_bytes(archive.read(_MACHINE))
            printed = archive.read(_PRINTED)
        self._file.touch()
        return printed

    def keep(self, machine: Path, printed: bytes) -> None:
        """Keeps a saved machine for later, and forgets the ones that were not used for longest.

        Raises:
            OSError: the disk is full, or cannot be written.
        """
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.write(machine, _MACHINE)
            archive.writestr(_PRINTED, printed)
        self._folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self._file, content.getvalue())
        for old in sorted(self._folder.glob("*.zip"), key=_last_used)[:-KEPT]:
            old.unlink(missing_ok=True)

    def discard(self) -> None:
        """Removes it; it may be gone already."""
        self._file.unlink(missing_ok=True)


def _last_used(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:  # another process has just removed it
        return 0.0
