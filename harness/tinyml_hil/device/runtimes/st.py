"""ST Edge AI: its two C interfaces; what is called `network` here, the user may call otherwise."""

from __future__ import annotations

from typing import Self

from tinyml_hil.build import Symbols
from tinyml_hil.device.runtimes.base import Call, OfOneTensor
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model

_AI_BUFFER_DATA = 4
"""Where the data is in an ai_buffer since X-CUBE-AI 7.1, behind its format (ai_platform.h)."""
_STAI_ERROR = 0x20000
"""STAI_ERROR_GENERIC, the lowest of the errors (stai.h)."""
_RUNNING = (0x10, 0x11)
"""STAI_RUNNING_NO_WFE and STAI_RUNNING_WFE (stai.h)."""
_MOST_ADDRESSES = 64
"""Bytes."""


class _Network(OfOneTensor):
    """The one network of a firmware, which has a name of the user's."""

    _functions: str
    """Pattern of the functions that run one."""
    _others: str
    """Pattern of functions that are named alike, and are none."""

    def __init__(self, function: str) -> None:
        """``function``: the name that it has."""
        self.function = function

    @classmethod
    def found_in(cls, symbols: Symbols) -> Self | None:
        others = symbols.functions(cls._others)
        found = [s.plain_name for s in symbols.functions(cls._functions) if s not in others]
        if len(found) > 1:
            raise UsageError(
                f"{symbols.elf} has several networks: {', '.join(found)}; name one of them, and "
                "where its input and output lie, in firmware.toml"
            )
        return cls(found[0]) if found else None


class AiNetwork(_Network):
    """``ai_i32 ai_network_run(ai_handle network, const ai_buffer *input, ai_buffer *output)``.

    Source: ST Edge AI Core, "Embedded inference client API", section "ai_<name>_run()".
    """

    name = "ST Edge AI, ai_network"

    _functions, _others = "ai_*_run", "ai_platform_*"

    def input(self, call: Call, model: Model) -> int:
        return self._data(call, 1)

    def output(self, call: Call, model: Model) -> int:
        return self._data(call, 2)

    def _data(self, call: Call, argument: int) -> int:
        """By its name, since versions differ in where it is; else as the newer ones have it."""
        try:
            return call.address(f"arg{argument}->data")
        except UsageError:
            return call.debugger.word(call.registers.general[argument] + _AI_BUFFER_DATA)

    def failure(self, returned: int) -> str:
        """It returns the number of batches that were processed; below 1 is an error."""
        count = returned - (1 << 32) if returned >> 31 else returned
        return "" if count >= 1 else f"{count}"


class StaiNetwork(_Network):
    """``stai_return_code stai_network_run(stai_network *network, const stai_run_mode mode)``.

    The network itself is asked where its inputs and outputs are. Source: ST Edge AI Core, "ST Edge
    AI Embedded C-API", sections "stai_<name>_run()" and "stai_<name>_get_inputs()".
    """

    name = "ST Edge AI, stai_network"

    _functions, _others = "stai_*_run", "stai_runtime_*"

    def input(self, call: Call, model: Model) -> int:
        return self._asked(call, "inputs")

    def output(self, call: Call, model: Model) -> int:
        return self._asked(call, "outputs")

    def _asked(self, call: Call, which: str) -> int:
        """The first of the addresses that ``get_...(network, addresses, count)`` gives."""
        name = f"{self.function.removesuffix('run')}get_{which}"
        try:
            function = call.program.symbols.function(name)
        except UsageError as error:
            raise UsageError(
                f"{error}, which tells where the data lies: call it in the firmware, or name the "
                "places in firmware.toml"
            ) from None
        addresses, count = call.scratch, call.scratch + _MOST_ADDRESSES
        returned = call.returned(function.address, call.registers.general[0], addresses, count)
        if returned >= _STAI_ERROR or not (address := call.debugger.word(addresses)):
            raise UsageError(f"{name} gives no address when {self.function} is called")
        return address

    def failure(self, returned: int) -> str:
        """A stai_return_code."""
        if returned in _RUNNING:
            return "before it was done: STAI_MODE_SYNC is supported, STAI_MODE_ASYNC is not"
        return f"{returned:#x}" if returned >= _STAI_ERROR else ""
