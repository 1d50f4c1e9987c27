"""Processes: what ends this one, and that nothing which it started outlives it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from typing import NoReturn

_EXIT_TIMEOUT = 5.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(by: str = "KILL") -> list[str]:
    """A prefix for a command that ends it when this process ends, however that happens.

    ``by``: the signal's name.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", by] if setpriv else []


def stop_with_parent() -> None:
    """Lets the kernel send this process SIGTERM when its parent ends; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def end_as_at_ctrl_c() -> Callable[[], None]:
    """SIGTERM, and SIGHUP where nobody ignores it, end this process as Ctrl-C does from now on.

    The first does: what comes while it ends, such as a parent's own after its group's, is too late.

    Returns:
        What undoes it.
    """
    taken = [s for s in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(s) is signal.SIG_DFL]

    def end(number: int, frame: object) -> NoReturn:
        for signum in taken:
            signal.signal(signum, signal.SIG_IGN)
        raise KeyboardInterrupt

    for signum in taken:
        signal.signal(signum, end)

    def undo() -> None:
        for signum in taken:
            signal.signal(signum, signal.SIG_DFL)

    return undo


@contextlib.contextmanager
def starting_a_child() -> Iterator[None]:
    """Nothing ends this process before a child of multiprocessing has all that it is to be given.

    The child, which would complain otherwise, hears of Ctrl-C and of hang-ups from us alone; and so
    does multiprocessing's own, which counts semaphores.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    told: list[int] = []
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    # Not blocked, which the child would inherit: it has to be ended by it.
    handler = signal.signal(signal.SIGTERM, lambda number, frame: told.append(number))
    try:
        resource_tracker.ensure_running()
        yield
    finally:
        signal.signal(signal.SIGTERM, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number in told:
            signal.raise_signal(number)


def serve_parent(parent: int) -> None:
    """Makes this a process that ends with its parent, by SIGTERM; all else is the parent's matter.

    Args:
        parent: process id of the parent, which may have ended already.
    """
    for signum in (signal.SIGINT, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    stop_with_parent()
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Ends a process that leads its own group, and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(_EXIT_TIMEOUT)
