"""Make, run in the folder that it builds in; what it builds from are links there.

Make cannot cope with a path that has a space in it, so it sees none but relative ones.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tinyml_hil.errors import SetupError

OBJECTS = "obj"
"""Where the makefiles keep their objects, in the folder that they build in."""
_DISK_FULL = "No space left on device"
"""What tools say in the locale C; ``os.strerror`` follows that of this process."""


def run_make(
    folder: Path, makefile: str, arguments: Sequence[str], links: Mapping[str, Path]
) -> subprocess.CompletedProcess[str]:
    """Runs ``make -f makefile`` in ``folder``; who calls this holds the folder's lock.

    Args:
        makefile: its path from ``folder`` on, through one of the links.
        links: what each link in ``folder`` stands for; one that stands for something else is
            replaced, and everything is built again.

    Returns:
        Its exit code, and all that it said, as ``stdout``.

    Raises:
        SetupError: there is no make, or the disk is full.
    """
    if not shutil.which("make"):
        raise SetupError("make is not installed: apt-get install make")
    for name, target in links.items():
        _link(folder / name, target.resolve())
    result = subprocess.run(
        ["make", "--no-print-directory", "-j2", "-f", makefile, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"LC_ALL": "C"},  # we read what the tools say, in English
        text=True,
        errors="replace",
    )
    if result.returncode and _DISK_FULL in result.stdout:
        raise SetupError(f"no room is left to build in {folder}, or in {tempfile.gettempdir()}")
    return result


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    # The sources there may be older than the objects, and others all the same.
    shutil.rmtree(link.with_name(OBJECTS), ignore_errors=True)
    temporary = link.with_name(f".{link.name}.{secrets.token_hex(4)}")
    temporary.symlink_to(target, target_is_directory=True)
    temporary.replace(link)
