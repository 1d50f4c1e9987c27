"""The small abstract class of a debugger: memory, registers and breakpoints of one Arm core."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

from tinyml_hil.errors import LinkError
from tinyml_hil.target.link import HoldingLink

GENERAL = 16
"""Registers r0 to r15."""
_NAMES = {f"r{number}": number for number in range(GENERAL)} | {"sp": 13, "lr": 14, "pc": 15}

AIRCR = 0xE000ED0C
SYSRESETREQ = 0x05FA0004
"""What is written to AIRCR to reset the system (Armv7-M ARM, B3.2.6)."""
DEMCR = 0xE000EDFC
VC_CORERESET = 1
"""Bit of DEMCR: the core halts at its reset (C1.6.5)."""
VTOR = 0xE000ED08


@dataclass(frozen=True)
class Registers:
    """The registers of a core, as a debugger gives and takes them."""

    general: tuple[int, ...]
    """r0 to r15: 13 is sp, 14 lr, 15 pc."""
    rest: bytes = b""
    """What else the debugger gives, in its own words; it is put back as it came."""

    @property
    def pc(self) -> int:
        return self.general[15]

    @property
    def sp(self) -> int:
        return self.general[13]

    @property
    def lr(self) -> int:
        return self.general[14]

    def replaced(self, **by_name: int) -> Registers:
        """The same with some of r0 to r15, sp, lr or pc replaced."""
        general = list(self.general)
        for name, value in by_name.items():
            general[_NAMES[name]] = value & 0xFFFFFFFF
        return replace(self, general=tuple(general))


class Debugger(ABC):
    """Memory, registers and breakpoints of one core, whatever firmware it runs.

    The core is stopped whenever a method is called, and when it returns. Every method but ``close``
    raises LinkError if the debugger refuses, fails or goes away.
    """

    name: str
    """For messages: ``QEMU's GDB server``."""
    ticks_unit: str = ""
    """What ``ticks`` counts: ``instructions`` or ``cycles``; empty if it counts nothing."""

    def __init__(self) -> None:
        """No breakpoint is set yet."""
        self._breaks: set[int] = set()

    @abstractmethod
    def read(self, address: int, size: int) -> bytes:
        """``size`` bytes of memory; fewer are an error."""

    @abstractmethod
    def write(self, address: int, data: bytes) -> None:
        """Writes to memory. QEMU takes nothing for peripherals, and does not say so."""

    @abstractmethod
    def registers(self) -> Registers:
        """What the registers hold."""

    @abstractmethod
    def set_registers(self, registers: Registers) -> None:
        """Puts registers back, or changed ones in: get them with ``registers``."""

    def set_break(self, address: int) -> None:
        """``run`` stops before this instruction. Bit 0, as addresses of functions have it, is
        ignored; a breakpoint may be set already.
        """
        address &= ~1
        if address not in self._breaks:
            self._set_break(address)
            self._breaks.add(address)

    def clear_break(self, address: int) -> None:
        """``run`` passes there again; there may be no breakpoint."""
        address &= ~1
        if address in self._breaks:
            self._clear_break(address)
            self._breaks.remove(address)

    def at_break(self) -> bool:
        """Whether the core stands at a breakpoint."""
        return self.registers().pc in self._breaks

    def step(self) -> None:
        """Executes one instruction, whether or not there is a breakpoint at it."""
        here = self.registers().pc
        passed = here in self._breaks
        if passed:
            self.clear_break(here)
        self._step()
        if passed:
            self.set_break(here)

    def run(self, timeout: float, link: HoldingLink | None = None) -> bool:
        """Runs until a breakpoint; from one, it passes that first.

        What comes over ``link`` meanwhile is taken in, for its next ``read``: a full UART must not
        stop the device.

        Returns:
            Whether it stopped by itself within ``timeout`` seconds: at a breakpoint, or at a BKPT
            instruction of the firmware's own. It is stopped in any case.
        """
        if self.at_break():
            self.step()
            if self.at_break():
                return True
        return self._run(timeout, link)

    @abstractmethod
    def _set_break(self, address: int) -> None:
        """Sets a breakpoint where there is none; bit 0 is clear."""

    @abstractmethod
    def _clear_break(self, address: int) -> None:
        """Takes a breakpoint away."""

    @abstractmethod
    def _step(self) -> None:
        """Executes one instruction; there is no breakpoint at it."""

    @abstractmethod
    def _run(self, timeout: float, link: HoldingLink | None) -> bool:
        """As ``run``, from where there is no breakpoint."""

    @abstractmethod
    def reset(self) -> None:
        """Resets the core and its peripherals; it stands at its reset handler's first instruction.

        Breakpoints stay, memory does too where the chip keeps it.
        """

    @abstractmethod
    def ticks(self) -> int | None:
        """``ticks_unit`` since some moment, which a reset changes.

        None if nothing counts them, or what does was set by the firmware since they were last
        asked for.
        """

    def nothing_at(self, address: int) -> range:
        """The addresses around one at which there is no memory, and a core that gets there executes
        zeros up to the end; empty if there is some, or it does not so, or that is not known.
        """
        _ = address
        return range(0)

    def close(self) -> None:
        """Lets go of the core, without breakpoints; it may be called again."""
        with contextlib.suppress(LinkError):
            for address in list(self._breaks):
                self.clear_break(address)

    def word(self, address: int) -> int:
        """The 32-bit word at ``address``."""
        return int.from_bytes(self.read(address, 4), "little")

    def set_word(self, address: int, value: int) -> None:
        """Writes a 32-bit word."""
        self.write(address, value.to_bytes(4, "little"))
