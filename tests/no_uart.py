"""Platforms without a UART: some of the product's, with the mailbox in place of its driver."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tinyml_hil import paths

QEMU_S, RENODE_S = "mps2-an500", "stm32h747i-disco"
_SHARED = {
    QEMU_S: ("wait.c mps/mps2.c mps/uart.c", "mailbox.c mailbox_wait.c mps/mps2.c mps/stop.c"),
    RENODE_S: ("wait.c stm32/start.c stm32/usart.c", "mailbox.c mailbox_wait.c stm32/start.c"),
}
"""What bsp.mk takes of the UART, and what instead."""
_VECTORS = re.compile(
    r"^__attribute__\(\(section\(\"\.vectors\.irq\".*?^};\n", re.DOTALL | re.MULTILINE
)


def platform_without_uart(folder: Path, like: str = QEMU_S) -> Path:
    """Return the folder of a platform that is ``like`` one of the product's, made in ``folder``."""
    platform = folder / f"{like}-no-uart"  # by its name it is built
    shutil.copytree(paths.PLATFORMS / like, platform)
    _replace(platform / "bsp" / "bsp.mk", _SHARED[like])
    if like == QEMU_S:
        _replace(platform / "platform.toml", ('targets = ["qemu"]', 'targets = ["qemu", "board"]'))
    if like == RENODE_S:
        for console in platform.glob("bsp/console.*"):
            console.unlink()
        code = platform / "bsp" / "bsp.c"
        code.write_text(_VECTORS.sub("", code.read_text()))
        _replace(code, ('#include "console.h"\n', ""))
        _replace(code, ("console_start(CLOCK_APB2_RESET_HZ)", "uart_start()"))
        _replace(code, ("console_start(CLOCK_APB2_HZ)", "uart_start()"))
    return platform


def _replace(file: Path, by: tuple[str, str]) -> None:
    content = file.read_text()
    assert by[0] in content, by[0]
    file.write_text(content.replace(*by))
