"""A link's bytes at a pseudo terminal, for programs that expect a serial port."""

from __future__ import annotations

import os
import pty
import select
import tty
from collections.abc import Callable

from tinyml_hil.target.link import Link

_CHUNK = 4096


def serve_at_pseudo_terminal(link: Link, announce: Callable[[str], None]) -> None:
    """Passes bytes on between a link and a pseudo terminal, until it is interrupted.

    What the device sends while the terminal is full, because nobody reads there, is lost.

    Args:
        link: to a device that awaits something.
        announce: is told the terminal's path when it can be opened.

    Raises:
        KeyboardInterrupt: somebody ended it.
        LinkError: the device is gone.
    """
    ours, theirs = pty.openpty()
    try:
        tty.setraw(theirs)  # kept open, or the terminal would hang up as each program leaves it
        os.set_blocking(ours, False)
        announce(os.ttyname(theirs))
        while True:
            readable, _, _ = select.select([link.fileno(), ours], [], [])
            if link.fileno() in readable:
                _offer(ours, link.read(0.0))
            if ours in readable:
                link.write(os.read(ours, _CHUNK))
                _offer(ours, link.read(0.0))  # what came meanwhile
    finally:
        os.close(ours)
        os.close(theirs)


def _offer(terminal: int, data: bytes) -> None:
    while data:
        try:
            data = data[os.write(terminal, data) :]
        except BlockingIOError:
            return
