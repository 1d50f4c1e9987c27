"""TensorFlow Lite for Microcontrollers: its tensors, from the interpreter that is invoked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tinyml_hil.build import Symbols
from tinyml_hil.device.runtimes.base import Call, Runtime
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model, TensorSpec

_INPUT = "tflite::MicroInterpreter::input(unsigned int)"
_OUTPUT = "tflite::MicroInterpreter::output(unsigned int)"
# TfLiteTensor as it is with TF_LITE_STATIC_MEMORY, which TFLM is built with: quantization, params,
# data, dims, bytes (tensorflow/lite/core/c/common.h).
_DATA, _BYTES = 16, 24
_ITS_CLASSES = re.compile(r"N6tflite\d+Micro")
"""Mangled: what is in the namespace ``tflite`` and begins with Micro, such as MicroInterpreter."""
_STATUS = {1: "kTfLiteError", 2: "kTfLiteDelegateError", 3: "kTfLiteApplicationError"}


def holds_tflm(symbols: Symbols) -> bool:
    """Whether there is something of TFLM in an ELF, be its functions still apart or not."""
    return any(_ITS_CLASSES.search(symbol.linkage) for symbol in symbols)


class TflmGraph(Runtime):
    """TFLM, with whatever kernels, by its graph: what that has allocated its kernels work on.

    It is there also where the compiler has made Invoke() a part of its caller, as it may with LTO.
    """

    name = "TensorFlow Lite for Microcontrollers"
    function = "tflite::MicroInterpreterGraph::InvokeSubgraph(int)"
    shows_layers = True
    _allocations = "this->subgraph_allocations_[0]"
    """What the graph has allocated, from where the function is called."""

    def failure(self, returned: int) -> str:
        """A TfLiteStatus: 0 is kTfLiteOk (tensorflow/lite/core/c/c_api_types.h)."""
        return _STATUS.get(returned, f"TfLiteStatus {returned}") if returned else ""

    def op(self, call: Call, model: Model, index: int) -> int | None:
        return call.address(
            f"{self._allocations}.node_and_registrations[{index}].registration->invoke"
        )

    def tensor(self, call: Call, model: Model, index: int) -> int:
        return call.address(f"{self._allocations}.tensors[{index}].data.data")


class Tflm(TflmGraph):
    """The same by its interpreter, which can be asked where the ELF does not tell."""

    function = "tflite::MicroInterpreter::Invoke()"
    _allocations = "this->graph_.subgraph_allocations_[0]"

    def inputs(self, call: Call, model: Model) -> list[int]:
        try:
            return super().inputs(call, model)
        except UsageError as error:
            return _of_function(call, _INPUT, model.inputs, error)

    def outputs(self, call: Call, model: Model) -> list[int]:
        try:
            return super().outputs(call, model)
        except UsageError as error:
            return _of_function(call, _OUTPUT, model.outputs, error)


def _of_function(
    call: Call, function: str, specs: Sequence[TensorSpec], untyped: UsageError
) -> list[int]:
    """Asks the interpreter itself, where the ELF does not tell how it is made.

    Raises:
        UsageError: that function is not in the ELF, or what it answers are no such tensors.
    """
    try:
        address = call.program.symbols.function(function).address
    except UsageError:
        raise UsageError(
            f"{untyped}. Nor is {function} in it, which could be asked: compile TFLM with -g, or "
            "name the places in firmware.toml"
        ) from untyped
    found = []
    for number, spec in enumerate(specs):
        tensor = call.returned(address, call.registers.general[0], number)
        if call.debugger.word(tensor + _BYTES) != spec.bytes:
            raise untyped
        found.append(call.debugger.word(tensor + _DATA))
    return found
