"""Debugger device: firmware of any kind, whose inputs and outputs a debugger writes and reads."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from numpy.typing import NDArray

from tinyml_hil.device.answers import Classification, Layer
from tinyml_hil.device.base import Device
from tinyml_hil.device.debugged_firmware import DebuggedFirmware
from tinyml_hil.device.inputs import require_input
from tinyml_hil.device.runtimes.base import Call
from tinyml_hil.errors import DeviceError, MissingCommandError, UsageError
from tinyml_hil.model import Model, Tensor, value_in

_ELEMENT = {"int64": 8, "uint64": 8, "float64": 8, "int16": 2, "uint16": 2, "float16": 2}
_ELEMENT |= {"int8": 1, "uint8": 1, "bool": 1}
"""Bytes of an element that has not four."""


class DebuggerDevice(Device):
    """The bits of input, output and layers of any runtime, with nothing changed in the firmware."""

    def __init__(self, running: DebuggedFirmware, wanted_lane: str, model: Model) -> None:
        """``model``: the one that the firmware has."""
        super().__init__(running, wanted_lane)
        self._held = running
        self._model = model
        self._loaded = b""
        self._last: Classification | None = None
        self._outputs: list[bytes] = []

    @property
    def held(self) -> DebuggedFirmware:
        """The firmware, to do more with its core than to infer."""
        return self._held

    def op_entries(self) -> list[int | None]:
        """The function of each op of the graph; None of one that runs no more.

        Raises:
            MissingCommandError: they are not known of what infers.
        """
        self.require("layers")
        with self._held.noticing_loss():
            call = self._held.rewound()
            return [self._entry(call, node.index) for node in self._model.graph.nodes]

    def tensor_place(self, number: int) -> tuple[int, int]:
        """Address and bytes of a tensor of the graph, when its op has returned.

        Raises:
            MissingCommandError: it is not known where it lies.
        """
        tensor, call = self._model.graph.tensors[number], self._held.call()
        with _not_told():
            return self._held.runtime.tensor(call, self._model, number), _bytes_of(tensor)

    def _entry(self, call: Call, op: int) -> int | None:
        with _not_told():
            return self._held.runtime.op(call, self._model, op)

    @property
    def commands(self) -> frozenset[str]:
        layers = {"layers", "tensor"} if self._held.runtime.shows_layers else set()
        return frozenset({"db bin", "output"} | layers)

    def _lacking(self, command: str) -> MissingCommandError:
        return MissingCommandError(f"through the debugger there is no '{command}'")

    @property
    def lanes(self) -> tuple[str, ...]:
        return ("memory",)

    @property
    def ticks_unit(self) -> str:
        """Empty also if the firmware was seen to set what would count them."""
        return self._held.debugger.ticks_unit if self._held.counts else ""

    @property
    def ticks_repeat(self) -> bool:
        """No: interrupts come wherever the core happened to be held."""
        return False

    def _classify(self, tensor: NDArray[Any]) -> Classification:
        model = self._model
        self.load(require_input(tensor, model.inputs))
        content, ticks = self._held.infer(self._loaded)
        self._last = Classification(
            *(value_in(content, model.outputs), ticks),
            threshold=model.output.raw_of(model.threshold),
            batch=model.batch,
        )
        return self._last

    def load(self, content: bytes) -> None:
        self._loaded, self._outputs = content, []

    def last_output(self) -> Classification:
        if self._last is None:
            raise DeviceError("nothing was inferred yet")
        return self._last

    def layers(self) -> list[Layer]:
        self.require("layers")
        if not self._loaded:
            raise DeviceError("no input is loaded")
        ran = list(self._run_by_op())
        self._outputs = [content for content, _ in ran]
        return [
            Layer(node.index, node.name, zlib.crc32(content), ticks)
            for node, (content, ticks) in zip(self._model.graph.nodes, ran, strict=True)
        ]

    def tensor(self, index: int) -> bytes:
        self.require("tensor")
        if not self._outputs:
            self.layers()
        if not 0 <= index < len(self._outputs):
            raise DeviceError(f"there is no op {index}; there are {len(self._outputs)}")
        return self._outputs[index]

    def _run_by_op(self) -> Iterator[tuple[bytes, int]]:
        """What each op gives for the input that is loaded, and the ticks that it takes."""
        held = self._held
        with held.noticing_loss():
            held.begin(self._loaded)
            call = held.call()
            for node in self._model.graph.nodes:
                ticks = 0
                function = self._entry(call, node.index)
                if function is not None:
                    held.run_to(function)
                    back = held.debugger.registers().lr
                    ticks = held.ticks_of(partial(held.run_to, back))
                yield b"".join(self._read(i) for i in node.outputs), ticks
            held.finish()

    def _read(self, index: int) -> bytes:
        return self._held.debugger.read(*self.tensor_place(index))


@contextmanager
def _not_told() -> Iterator[None]:
    """Where an ELF without debug information does not tell of layers, there are none.

    Raises:
        MissingCommandError: it does not.
    """
    try:
        yield
    except UsageError as error:
        raise MissingCommandError(f"layers are not known of this firmware: {error}") from error


def _bytes_of(tensor: Tensor) -> int:
    return tensor.size * _ELEMENT.get(tensor.type, 4)
