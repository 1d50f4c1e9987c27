"""Files that are whole or not there at all, whatever happens while they are written."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """An error that stops a file from being written names it: of a full disk the system does not.

    Raises:
        OSError: of the same kind, with the name.
    """
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def write_if_changed(path: Path, content: bytes) -> None:
    """Keeps the time stamp of a file that is already right, so that make rebuilds nothing."""
    if not path.is_file() or path.read_bytes() != content:
        path.write_bytes(content)


def write_atomically(path: Path, content: bytes) -> None:
    """Replaces ``path`` by a file of this content, on the disk when this returns.

    Raises:
        OSError: it could not be written; what was there before is there still.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with writing(path):
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def write_json_atomically(path: Path, content: Any) -> None:
    """The same of content for JSON, as people read it.

    What is no UTF-8, as in a file's name of a failure's message, is a question mark.

    Raises:
        OSError: as ``write_atomically``.
    """
    text = json.dumps(content, indent=1, ensure_ascii=False)
    write_atomically(path, text.encode(errors="replace"))


def _sync_folder(folder: Path) -> None:
    """Makes the new name durable, too (POSIX fsync of the directory)."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
