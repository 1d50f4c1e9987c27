"""The small base class of a runtime, and the call at which a core has stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from tinyml_hil.build import Place, Program, Symbol, Symbols
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model
from tinyml_hil.target import Debugger, Registers

_SCRATCH = 256
"""Bytes below the stack pointer that stay untouched, whatever the firmware has there."""


@dataclass(frozen=True)
class Call:
    """A core that stands at the first instruction of the call that infers."""

    program: Program
    """The names and types of its ELF."""
    function: Symbol
    """The function that is called."""
    registers: Registers
    debugger: Debugger
    run_to: Callable[[int], None]
    """Lets the core run to an address, on the stack that it has."""

    def address(self, place: str | Place, size: int = 0) -> int:
        """Where the data lies, of ``size`` bytes at least.

        Raises:
            UsageError: there is no such place, or the ELF does not tell.
        """
        where = Place.parse(place) if isinstance(place, str) else place
        return where.address(
            self.program, self.function, self.registers.general, self.debugger.read, size
        )

    @cached_property
    def scratch(self) -> int:
        """An address below the stack where a function that is called may put its answer."""
        return (self.registers.sp - _SCRATCH) & ~7

    def returned(self, function: int, *arguments: int) -> int:
        """What a function of the firmware returns; the core stands where it stood afterwards.

        It is called by the Procedure Call Standard for the Arm Architecture (AAPCS32, 6.1): the
        arguments, four at most, in r0 to r3. What it returns to is the call itself.
        """
        chosen = {f"r{number}": value for number, value in enumerate(arguments)}
        back = self.registers.pc
        self.debugger.set_registers(
            self.registers.replaced(pc=function, lr=back | 1, sp=self.scratch - 8, **chosen)
        )
        self.run_to(back)
        value = self.debugger.registers().general[0]
        self.debugger.set_registers(self.registers)
        return value


class Runtime:
    """What infers on a device: which function, and where its tensors lie when it is called.

    One has ``tensor``, and ``op`` with it, or else ``inputs`` and ``outputs``.
    """

    name: str
    """For people."""
    function: str
    """Of which one call is one inference; in C++ with its parameters."""
    shows_layers = False
    """Whether the functions of the ops, and what they give, can be found."""

    @classmethod
    def found_in(cls, symbols: Symbols) -> Self | None:
        """The runtime if its function is in an ELF.

        Raises:
            UsageError: there are several such functions.
        """
        return cls() if symbols.has_function(cls.function) else None

    def inputs(self, call: Call, model: Model) -> list[int]:
        """Where the inputs lie, in the order of the model's.

        Raises:
            UsageError: that cannot be told of this ELF; the message says what to add.
        """
        return [self.tensor(call, model, index) for index in model.graph.inputs]

    def outputs(self, call: Call, model: Model) -> list[int]:
        """Where the outputs lie after the call; raises as ``inputs``."""
        return [self.tensor(call, model, index) for index in model.graph.outputs]

    def failure(self, returned: int) -> str:
        """What a returned value says went wrong; empty if nothing did, or it says nothing."""
        _ = returned
        return ""

    def op(self, call: Call, model: Model, index: int) -> int | None:
        """The function of the op at ``index``; None of one that runs no more, since it is constant.

        Raises:
            UsageError: as ``input``.
        """
        raise NotImplementedError

    def tensor(self, call: Call, model: Model, index: int) -> int:
        """Where the tensor at ``index`` of the model's graph lies when its op has returned."""
        raise NotImplementedError


class OfOneTensor(Runtime):
    """A runtime of which one input and one output are found, and no more."""

    def inputs(self, call: Call, model: Model) -> list[int]:
        _require_one(self, "input", len(model.inputs))
        return [self.input(call, model)]

    def outputs(self, call: Call, model: Model) -> list[int]:
        _require_one(self, "output", len(model.outputs))
        return [self.output(call, model)]

    def input(self, call: Call, model: Model) -> int:
        """Where the input lies; raises as ``inputs``."""
        raise NotImplementedError

    def output(self, call: Call, model: Model) -> int:
        """Where the output lies after the call; raises as ``inputs``."""
        raise NotImplementedError


def _require_one(runtime: Runtime, what: str, count: int) -> None:
    if count > 1:
        raise UsageError(
            f"the model has {count} {what}s, and by {runtime.name} one is found: test them all "
            "with firmware of the project's own engine, or of TensorFlow Lite for Microcontrollers"
        )
