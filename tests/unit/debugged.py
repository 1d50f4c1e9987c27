"""Builds ``debugged.c``, the firmware that the debugger's tests run, and knows its names."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from tinyml_hil.build import COMPILER

SOURCE = Path(__file__).with_suffix(".c")
UARTS = {"mps2-an386": 0x40004000, "mps2-an500": 0x40004000, "mps3-an547": 0x49303000}
"""Where platforms have the UART that QEMU connects first."""
SIZE = 5000
"""Bytes of its input."""
_LAYOUT = (
    "-Ttext=0x100",
    "--section-start=.vectors=0",
    "--section-start=.far=0x4000",
    "-Tbss=0x20000000",
    "-ereset",
)
_STACK = "--defsym=stack_top=0x20010000"


@dataclass(frozen=True)
class Debugged:
    """The firmware, built."""

    elf: Path

    def __getitem__(self, name: str) -> int:
        """The address of a function, its first instruction's, or of a variable."""
        with self.elf.open("rb") as file:
            symbols = ELFFile(file).get_section_by_name(".symtab").get_symbol_by_name(name)
        return int(symbols[0]["st_value"]) & ~1


def build_debugged(folder: Path, platform: str) -> Debugged:
    """Builds it for one of ``UARTS``; it needs nothing but the compiler."""
    elf = folder / "debugged.elf"
    command = [COMPILER, "-mcpu=cortex-m4", "-mthumb", "-Os", "-g", "-nostdlib", "-Werror", "-Wall"]
    command += [f"-DUART_ADDRESS={UARTS[platform]:#x}u", str(SOURCE), "-o", str(elf)]
    command += [f"-Wl,{flag}" for flag in (*_LAYOUT, _STACK)]
    subprocess.run(command, check=True)
    return Debugged(elf)


def inferred(data: bytes) -> int:
    """What its ``infer`` returns."""
    return sum(byte * (i + 1) for i, byte in enumerate(data)) & 0xFFFFFFFF
