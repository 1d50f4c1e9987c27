"""A program that becomes QEMU and has the kernel wake QEMU's main loop from then on.

    qemu_awake.py QEMU ARGUMENT...

The main loop looks at the UART's input only if the UART can receive, which it asks when it goes to
sleep. A firmware that switches its receiver on later does not wake it (``A_CTRL`` in QEMU's
hw/char/cmsdk-apb-uart.c, 6.2 to 10.0), nor does anything else while the core is busy: firmware that
waits in a loop, not for an interrupt, is never given a byte. Bytes that are sent after that do not
help, and nobody outside sees when the receiver is switched on.

SIGALRM is one of the signals that the main loop waits for (``qemu_signal_init`` in
util/main-loop.c) and does nothing about. A timer of the process outlives exec, so that QEMU needs
no help from then on: whatever the main loop has missed, it finds at the next wake. Time in the
machine is counted in instructions, of which a wake takes none.
"""

from __future__ import annotations

import os
import signal
import sys

_INTERVAL = 0.01
"""Seconds: the longest that a firmware waits for its first byte; a wake takes some microseconds."""


def main() -> None:
    """Becomes the command given as arguments, its first a path."""
    # What is ignored is ignored after exec, too, and QEMU would call that as if it were a function.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    # A blocked signal waits until QEMU awaits it; an unblocked one would end it before.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    signal.setitimer(signal.ITIMER_REAL, _INTERVAL, _INTERVAL)
    os.execv(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
