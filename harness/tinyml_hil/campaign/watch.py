"""Watch: lets a core run on that may have been disturbed, and tells how it ends if not as usual.

No verdict depends on the host's time where the target counts what the core executes.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass

from tinyml_hil.campaign.outcomes import Outcome
from tinyml_hil.device import DebuggerDevice
from tinyml_hil.errors import LinkError
from tinyml_hil.target import VTOR, Debugger

MOST = 2
"""Times the instructions of an undisturbed inference after which one hangs."""
_SLICE = 0.5
"""Seconds of wall time after which the instructions are looked at; no verdict depends on them."""
_PATIENCE = 60.0
"""Seconds for an inference on a target that counts nothing."""
_REPORT = 2_000_000
"""Instructions, or cycles, in which a fault handler has to say something, if it does."""
_NOTHING_BYTES = 2
"""Bytes of an instruction where there is no memory: zeros, which are MOVS r0, r0."""
_FAULT_VECTORS = range(3, 7)
"""HardFault, MemManage, BusFault, UsageFault (Armv7-M ARM, B1.5.2)."""


class OutOfTimeError(Exception):
    """The host's time ran out, on a target that counts nothing."""


@dataclass(frozen=True)
class Ending:
    """How a call ended that did not return."""

    outcome: Outcome
    detail: str = ""
    """What the firmware said, or where the core was."""


class Budget:
    """How much a core may execute from now on."""

    def __init__(self, debugger: Debugger, most: int) -> None:
        """``most``: ticks; 0 if nothing counts them."""
        self._debugger = debugger
        self._most = most
        self._before = self._last = debugger.ticks()
        self._since = time.monotonic()

    def left(self) -> int | None:
        """Ticks that are left, below 0 if it has executed more; None if nothing counts them.

        Raises:
            OutOfTimeError: nothing does, or the core stands still, and the host's time is over.
        """
        now = self._debugger.ticks()
        known = now is not None and self._before is not None and self._most > 0
        if known and now != self._last:
            self._last, self._since = now, time.monotonic()
        elif time.monotonic() - self._since > _PATIENCE:
            what = "executed anything" if known else "ended"
            raise OutOfTimeError(f"it has not {what} within {_PATIENCE:g} s")
        if now is None or self._before is None or not known:
            return None
        return self._most - (now - self._before)


class Watch:
    """A device's core, which stops at its fault handlers."""

    def __init__(self, device: DebuggerDevice) -> None:
        """Takes a device that has just been started, or reset."""
        self._device = device
        self._held = device.held
        debugger = self._held.debugger
        vectors = debugger.word(VTOR)
        words = (debugger.word(vectors + 4 * number) for number in _FAULT_VECTORS)
        self._handlers = {word & ~1 for word in words if word & 1}
        for handler in self._handlers:
            debugger.set_break(handler)

    def budget(self, usual: int) -> Budget:
        """What an inference may take that is disturbed now. ``usual``: the ticks it takes else."""
        return Budget(self._held.debugger, MOST * usual)

    def run_to(self, places: Iterable[int], budget: Budget) -> int | Ending:
        """Lets the core run to one of these addresses, or to the end of the call.

        Returns:
            The address, bit 0 clear, of which that of the end is ``end``; or how it ended else.

        Raises:
            OutOfTimeError: as ``Budget.left``.
        """
        debugger, stops = self._held.debugger, {self.end} | {place & ~1 for place in places}
        for place in stops:
            debugger.set_break(place)
        try:
            while True:
                if self._held.run(_SLICE):
                    registers = debugger.registers()
                    pc = registers.pc & ~1
                    if pc in self._handlers:
                        return self._reported()
                    if pc not in stops:
                        return Ending(Outcome.CRASH, f"stopped in {self.place()}")
                    if pc != self.end or registers.sp == self._held.entry.sp:
                        return pc
                if (ending := self._over(budget.left())) is not None:
                    return ending
        finally:
            for place in stops:
                with contextlib.suppress(LinkError):
                    debugger.clear_break(place)

    @property
    def end(self) -> int:
        """Where the call returns to."""
        return self._held.entry.lr & ~1

    def _over(self, left: int | None) -> Ending | None:
        """How it ends, if it cannot return any more. ``left``: ticks.

        Nothing is told that depends on when it was looked at.
        """
        if left is None:
            return None
        pc = self._held.debugger.registers().pc
        nothing = self._held.debugger.nothing_at(pc)
        # It cannot get out before its time is over: that is known now, and takes minutes else.
        if pc in nothing and (nothing.stop - pc) // _NOTHING_BYTES > left:
            where = f"0x{nothing.start:08x} to 0x{nothing.stop - 1:08x}"
            return Ending(Outcome.CRASH, f"there is no memory where it runs, at {where}")
        return Ending(Outcome.HANG) if left < 0 else None

    def _reported(self) -> Ending:
        """At a fault handler: whether the firmware says so, and its first line."""
        debugger, place = self._held.debugger, self.place()
        for handler in self._handlers:
            debugger.clear_break(handler)
        budget, said = Budget(debugger, _REPORT), ""
        while not (lines := [line for line in said.split("\n")[:-1] if line.strip()]):
            left = budget.left()
            if left is not None and left < 0:
                return Ending(Outcome.CRASH, f"in {place}, which says nothing")
            self._held.run(_SLICE / 10)
            said += self._held.heard()
        return Ending(Outcome.DETECTED, lines[0])

    def place(self) -> str:
        """Where the core is, in the firmware's functions and lines."""
        return self._device.firmware.locate(self._held.debugger.registers().pc)
