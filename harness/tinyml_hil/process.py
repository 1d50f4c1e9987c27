"""Emulator processes: ended as a group, and by the kernel when the harness is killed outright."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys

_EXIT_TIMEOUT = 5.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent() -> list[str]:
    """A prefix for a command that ends it when this process ends, however that happens."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def stop_with_parent() -> None:
    """Lets the kernel send this process SIGTERM when its parent ends; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def serve_parent(parent: int) -> None:
    """Makes this a process that ends with its parent, by SIGTERM; Ctrl-C is the parent's matter.

    Args:
        parent: process id of the parent, which may have ended already.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop_with_parent()
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Ends a process that leads its own group, and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(_EXIT_TIMEOUT)
