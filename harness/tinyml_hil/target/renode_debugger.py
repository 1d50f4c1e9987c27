"""Renode's debugger, by its monitor's Python: its GDB server listens on all interfaces."""

from __future__ import annotations

import re
import time
from pathlib import Path

from tinyml_hil.errors import LinkError
from tinyml_hil.target.debugger import GENERAL, Debugger, Registers
from tinyml_hil.target.link import HoldingLink
from tinyml_hil.target.renode_driver import RenodeDriver

FUNCTIONS = Path(__file__).with_name("renode_debugger.resc")
"""What has to be included before the machine is started: the core does not run then."""
_SAID = re.compile(r"^hil: (.*)$", re.MULTILINE)
_WAIT = 100
"""Milliseconds in which a breakpoint is awaited before the UART is looked at."""
_PIECE = 4096
"""Bytes that are read or written by one command."""


class RenodeDebugger(Debugger):
    """The first core of Renode's machine."""

    name = "Renode"
    ticks_unit = "instructions"

    def __init__(self, monitor: RenodeDriver) -> None:
        """``monitor``: has ``FUNCTIONS``."""
        super().__init__()
        self._monitor = monitor
        self._registers: Registers | None = None

    def read(self, address: int, size: int) -> bytes:
        data = b""
        while len(data) < size:
            at, wanted = address + len(data), min(_PIECE, size - len(data))
            said = self._ask(f"hil_read({at}, {wanted})")
            data += bytes.fromhex(said)
        return data

    def write(self, address: int, data: bytes) -> None:
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            self._do(f"hil_write({address + start}, '{piece.hex()}')")

    def registers(self) -> Registers:
        if self._registers is None:
            words = [int(word, 16) for word in self._ask("hil_registers()").split()]
            self._registers = Registers(tuple(words[:GENERAL]), b"%x" % words[GENERAL])
        return self._registers

    def set_registers(self, registers: Registers) -> None:
        values = [*registers.general, int(registers.rest, 16)]
        self._do(f"hil_set_registers({', '.join(map(str, values))})")
        self._registers = registers

    def _set_break(self, address: int) -> None:
        self._do(f"hil_set_break({address})")

    def _clear_break(self, address: int) -> None:
        self._do(f"hil_clear_break({address})")

    def _step(self) -> None:
        self._registers = None
        self._do("hil_step()")

    def _run(self, timeout: float, link: HoldingLink | None) -> bool:
        self._registers = None
        self._do("hil_run()")
        deadline = time.monotonic() + timeout
        while self._ask(f"hil_wait({_WAIT})") != "halted":
            if link:
                link.take_in()
            if trouble := self._monitor.trouble():
                raise LinkError(trouble)
            if time.monotonic() > deadline:
                self._do("hil_interrupt()")
                return self.at_break()
        if link:
            link.take_in()
        return True

    def reset(self) -> None:
        self._registers = None
        self._do("hil_reset()")

    def ticks(self) -> int | None:
        return int(self._ask("hil_instructions()"))

    def _do(self, call: str) -> str:
        return self._monitor.execute(f'python "{call}"')

    def _ask(self, call: str) -> str:
        said = self._do(call)
        found = _SAID.search(said)
        if not found:
            raise LinkError(f"Renode did not answer '{call}': {said.strip()}")
        return found[1].strip()
