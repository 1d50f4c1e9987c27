"""A platform without a UART: the MPS2-AN500 with the mailbox in place of its driver."""

from __future__ import annotations

import shutil
from pathlib import Path

from tinyml_hil import paths

NAME = "no-uart"


def platform_without_uart(folder: Path) -> Path:
    """Return the platform's folder, made in ``folder``."""
    platform = folder / NAME
    shutil.copytree(paths.PLATFORMS / "mps2-an500", platform)
    makefile = platform / "bsp" / "bsp.mk"
    with_uart = makefile.read_text()
    without = with_uart.replace(
        "wait.c mps/mps2.c mps/uart.c", "mailbox.c mailbox_wait.c mps/mps2.c mps/stop.c"
    )
    assert without != with_uart
    makefile.write_text(without)
    return platform
