"""Emulator processes: ended as a group, and by the kernel when the harness is killed outright."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess

_EXIT_TIMEOUT = 5.0


def die_with_parent() -> list[str]:
    """A prefix for a command that ends it when this process ends, however that happens."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Ends a process that leads its own group, and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(_EXIT_TIMEOUT)
