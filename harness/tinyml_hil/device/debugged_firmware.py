"""Debugged firmware: from reset to the call that infers, at which a debugger holds it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence

from tinyml_hil.build import Program, Symbol
from tinyml_hil.device.console import READY
from tinyml_hil.device.running import Launch, RunningFirmware
from tinyml_hil.device.runtimes.base import Call, Runtime
from tinyml_hil.errors import DeviceError, GoneError, LinkError, UsageError
from tinyml_hil.model import Model
from tinyml_hil.target import Debugger, HoldingLink, Registers

_A_MOMENT = 0.25
"""Seconds after which it is looked at what a firmware says that does not infer by itself."""
_INFER = "infer 1 0%"
"""What lets firmware infer that speaks the MLPerf Tiny protocol."""
_MOST_RETURNS = 1000
"""Times that the end of the call may be passed on another stack, by another task."""
_SHOWN_LINES = 8


class DebuggedFirmware(RunningFirmware):
    """Firmware of any kind, held where it begins to infer; from there it is run again and again."""

    def __init__(self, launch: Launch, runtime: Runtime, model: Model, send: str = "") -> None:
        """What runs, and how it infers.

        Args:
            launch: within its timeout it has to get to the call, and one call to end.
            runtime: which function infers.
            model: the one that it is to run.
            send: is sent to it if it does not infer by itself.
        """
        super().__init__(launch)
        self.runtime = runtime
        self._model = model
        self._send = send
        self._program = launch.firmware.program
        self._function = function_of(self._program, runtime)
        self._link: HoldingLink | None = None
        self._debugger: Debugger | None = None
        self._entry: Registers | None = None
        self._said = b""
        self._gone = ""
        self._lost = False
        self.counts = True
        """Whether the target has told all ticks that were asked for."""
        self._inputs: Sequence[int] = ()
        """Where they lie, in the order of the model's."""
        self._outputs: Sequence[int] = ()
        """Likewise."""

    @property
    def gone(self) -> str:
        return self._gone

    @property
    def lost(self) -> bool:
        return self._lost

    @property
    def idle(self) -> bool:
        return not self._lost

    @property
    def debugger(self) -> Debugger:
        """The debugger of the started target."""
        assert self._debugger
        return self._debugger

    def infer(self, content: bytes) -> tuple[bytes, int]:
        """Writes all inputs, one after the other, runs the call to its end, and reads its outputs.

        Returns:
            The outputs, likewise, and the ticks that the call took; 0 if the target counts none.

        Raises:
            DeviceError: the call says that it failed.
            LinkError: it does not return.
        """
        with self.noticing_loss():
            self.begin(content)
            ticks = self.ticks_of(self.finish)
            output = self.output()
        return output, ticks

    def output(self) -> bytes:
        """The outputs of the call that has ended, one after the other."""
        places = zip(self._outputs, self._model.outputs, strict=True)
        return b"".join(self.debugger.read(address, spec.bytes) for address, spec in places)

    @property
    def inputs(self) -> Sequence[int]:
        """Where the inputs lie, in the order of the model's."""
        return self._inputs

    def ticks_of(self, running: Callable[[], None]) -> int:
        """What the core takes for what it is let do; 0 if that is not known."""
        before = self.debugger.ticks()
        running()
        after = self.debugger.ticks()
        if before is None or after is None:
            self.counts = False
            return 0
        return after - before

    def begin(self, content: bytes) -> None:
        """Puts the core back to the start of the call, with this input."""
        self.debugger.set_registers(self.entry)
        for address, spec in zip(self._inputs, self._model.inputs, strict=True):
            self.debugger.write(address, content[: spec.bytes])
            content = content[spec.bytes :]

    def finish(self) -> None:
        """Runs the call to its end.

        Raises:
            DeviceError: it says that it failed.
            LinkError: it does not return.
        """
        self.run_to(self.entry.lr, self.entry.sp)
        returned = self.debugger.registers().general[0]
        if why := self.runtime.failure(returned):
            raise DeviceError(f"{self.runtime.function} returned {why}")

    @property
    def entry(self) -> Registers:
        """The registers at the start of the call."""
        assert self._entry
        return self._entry

    def rewound(self) -> Call:
        """The call, to the start of which the core is put back."""
        self.debugger.set_registers(self.entry)
        return self.call()

    def heard(self) -> str:
        """What the firmware has printed since it was asked before."""
        data = b""
        while more := self._uart.read(0):
            data += more
        return data.decode(errors="replace")

    def run(self, seconds: float) -> bool:
        """Lets the core run from where it is, as ``Debugger.run``."""
        return self.debugger.run(seconds, self._uart)

    def call(self) -> Call:
        """The call, as runtimes see it; the core has to stand at its start."""
        return Call(self._program, self._function, self.entry, self.debugger, self.run_to)

    def run_to(self, address: int, stack: int | None = None) -> None:
        """Runs the core to an address, and to a stack pointer where one is given.

        With an operating system another task may come there first.

        Raises:
            LinkError: it does not get there in time.
        """
        self.debugger.set_break(address)
        try:
            for _ in range(_MOST_RETURNS):
                if not self.debugger.run(self._timeout, self._uart):
                    raise self._overdue(f"{self.runtime.function} has not returned")
                registers = self.debugger.registers()
                if registers.pc & ~1 != address & ~1:
                    raise self._overdue(f"{self.runtime.function} was stopped by something else")
                if stack is None or registers.sp == stack:
                    return
        finally:
            with contextlib.suppress(LinkError):
                self.debugger.clear_break(address)
        raise self._overdue(f"{self.runtime.function} has not returned, but others of its name")

    @contextlib.contextmanager
    def noticing_loss(self) -> Iterator[None]:
        """Whatever the debugger complains of, the device is not to be trusted afterwards."""
        try:
            yield
        except LinkError as error:
            self._lost = True
            if isinstance(error, _OverdueError):
                raise
            self._gone = str(error)
            raise GoneError(str(error)) from error

    def _start(self) -> None:
        self._gone, self._lost = "", False
        self._link, self._debugger = self.target.debug(self.firmware.elf)
        self._await_call()

    def _reset_in_place(self) -> bool:
        self._lost = False
        try:
            self.debugger.reset()
            self._await_call()
        except LinkError:
            return False
        return True

    def _await_call(self) -> None:
        """Runs to the start of the call, and finds its tensors."""
        self.boot_lines, self._said = [], b""
        self.debugger.set_break(self._function.address)
        self._run_to_the_call()
        self.debugger.clear_break(self._function.address)
        self._listen()
        self._entry = self.debugger.registers()
        self.debugger.ticks()  # what the boot did with a counter is no matter
        call = self.call()
        self._inputs = self.runtime.inputs(call, self._model)
        self._outputs = self.runtime.outputs(call, self._model)

    def _run_to_the_call(self) -> None:
        deadline = time.monotonic() + self._timeout
        sent = False
        while not self.debugger.run(_A_MOMENT, self._uart):
            self._listen()
            if (text := self._send or self._command()) and not sent:
                self._uart.write(text.encode())
                sent = True
            if time.monotonic() > deadline:
                raise self._overdue(f"{self.runtime.function} was not called")

    def _command(self) -> str:
        """What to send to firmware that awaits commands of the MLPerf Tiny protocol."""
        return _INFER if READY in self.boot_lines else ""

    @property
    def _uart(self) -> HoldingLink:
        assert self._link
        return self._link

    def _listen(self) -> None:
        """Takes what the firmware has printed."""
        while data := self._uart.read(0):
            self._said += data
        *lines, self._said = self._said.split(b"\n")
        for raw in lines:
            line = raw.decode(errors="replace").rstrip("\r")
            self.boot_lines.append(line)
            self._on_boot_line(line)

    def _overdue(self, what: str) -> LinkError:
        self._lost = True
        with contextlib.suppress(LinkError):
            self._listen()
        place = ""
        with contextlib.suppress(LinkError):
            place = f": it is in {self.firmware.locate(self.debugger.registers().pc)}"
        return _OverdueError(
            f"{what} within {self._timeout:g} s{place}.\nWhat it printed last:\n"
            f"{self.transcript.last(_SHOWN_LINES)}\nAll of it: {self.transcript.path}"
        )


def function_of(program: Program, runtime: Runtime) -> Symbol:
    """The function of a runtime, which may be named by its address.

    Raises:
        UsageError: it is not in the ELF.
    """
    name = runtime.function
    if name.lower().startswith("0x"):
        try:
            return Symbol(name, int(name, 16) & ~1, 0, "function")
        except ValueError:
            raise UsageError(f"{name} is no address") from None
    try:
        return program.symbols.function(name)
    except UsageError as error:
        if program.symbols.has_function(name) or not program.is_inlined(name):
            raise
        raise UsageError(
            f"{program.elf} has no function {name}: the compiler has made it a part of what calls "
            "it. Put __attribute__((noinline)) before it"
        ) from error


class _OverdueError(LinkError):
    """The core does not get to where it should; its debugger is well."""
