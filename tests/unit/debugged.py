"""The firmware that the debugger's tests run, ``debugged.c``, and a board with a debug probe."""

from __future__ import annotations

import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from tests.unit.simulated_board import SimulatedBoard, platform
from tinyml_hil.build import COMPILER, Platform
from tinyml_hil.target import Link, TargetOptions, Transcript
from tinyml_hil.target.qemu import EXECUTABLE, QemuTarget
from tinyml_hil.target.qemu_debugger import ICOUNT

SOURCE = Path(__file__).with_suffix(".c")
UARTS = {"mps2-an386": 0x40004000, "mps2-an500": 0x40004000, "mps3-an547": 0x49303000}
"""Where QEMU's platforms have the UART that it connects first."""
STM32 = "stm32h747i-disco"
_STM32_UART, _STM32_FLASH = 0x40011000, 0x08000000
SIZE = 5000
"""Bytes of its input."""
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
    """Builds it for one of ``UARTS``, or for ``STM32``; it needs nothing but the compiler."""
    flash, uart = (_STM32_FLASH, _STM32_UART) if platform == STM32 else (0, UARTS[platform])
    sections = {".vectors": flash, ".text": flash + 0x100, ".far": flash + 0x4000}
    sections |= {".bss": 0x20000000}
    elf = folder / "debugged.elf"
    command = [COMPILER, "-mcpu=cortex-m4", "-mthumb", "-Os", "-g", "-nostdlib", "-Werror", "-Wall"]
    command += [f"-DUART_ADDRESS={uart:#x}u", *(["-DSTM32"] if platform == STM32 else [])]
    command += [f"-Wl,--section-start={name}={at:#x}" for name, at in sections.items()]
    command += ["-Wl,-ereset", f"-Wl,{_STACK}", str(SOURCE), "-o", str(elf)]
    subprocess.run(command, check=True)
    objcopy = COMPILER.replace("gcc", "objcopy")
    subprocess.run([objcopy, "-O", "binary", elf, elf.with_suffix(".bin")], check=True)
    return Debugged(elf)


def inferred(data: bytes) -> int:
    """What its ``infer`` returns."""
    return sum(byte * (i + 1) for i, byte in enumerate(data)) & 0xFFFFFFFF


class ServedQemu(QemuTarget):
    """QEMU with a GDB server on a port of loopback that the kernel chose, as a probe has one."""

    def __init__(self, platform: Platform, transcript: Transcript, options: TargetOptions) -> None:
        super().__init__(platform, transcript, options)
        # Ours over all its starts, so that nobody else can take the port between two.
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self, elf: Path) -> Link:
        server = f"socket,id=gdb,fd={self._listener.fileno()},server=on,wait=off,nodelay=on"
        further = [*ICOUNT, "-chardev", server, "-gdb", "chardev:gdb"]
        return self._start(elf, [EXECUTABLE], further, self._listener)

    def close(self) -> None:
        """Nothing listens any more."""
        self._listener.close()


class DebuggedBoard(SimulatedBoard):
    """A simulated board with a debug probe, and a GDB server for it at ``address``."""

    def __init__(self, folder: Path, elf: Path | None) -> None:
        super().__init__(folder, elf)
        served = ServedQemu(platform(), self._transcript, TargetOptions())
        self._served, self._simulator, self.address = served, served, served.address

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        self._served.close()
