"""Space: what of a firmware that is held at its inference can be hit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from elftools.elf.elffile import ELFFile

from tinyml_hil.build import Firmware, is_writable
from tinyml_hil.campaign.faults import BEFORE, Region, Space
from tinyml_hil.device import DebuggerDevice
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model, Node, constants_of

_BIAS = {"CONV_2D": 2, "DEPTHWISE_CONV_2D": 2, "FULLY_CONNECTED": 2, "TRANSPOSE_CONV": 3}
"""Which input of an op is its bias."""
_INTEGERS = ("int32", "int64")
_BITS = {"int4": 4, "int16": 16, "float16": 16, "int32": 32, "float32": 32, "int64": 64}
_REGISTERS = 16 * 4
_EXECUTABLE = 0x4  # SHF_EXECINSTR


def space_of(
    device: DebuggerDevice,
    model: Model,
    where: Sequence[str],
    layer: int | None = None,
    addresses: range | None = None,
) -> Space:
    """What can be hit.

    Args:
        device: held at the call that infers.
        where: some of ``faults.WHERE``.
        layer: only what belongs to this op.
        addresses: only what lies there.

    Raises:
        UsageError: nothing does, or it cannot be found in such firmware.
    """
    finders: dict[str, Callable[[], Iterator[Region]]] = {
        "weights": lambda: _constants(device.firmware, model, is_bias=False),
        "biases": lambda: _constants(device.firmware, model, is_bias=True),
        "activations": lambda: _activations(device, model),
        "input": lambda: _inputs(device, model),
        "code": lambda: _sections(device, executable=True, moments=(BEFORE,)),
        "ram": lambda: _sections(device, executable=False, moments=_moments(device)),
        "registers": lambda: _registers(device, model),
    }
    found = [region for name in where for region in finders[name]()]
    if layer is not None:
        found = [region for region in found if region.layer == layer]
    if addresses is not None:
        found = [cut for region in found if (cut := _within(region, addresses))]
    if not found:
        of = f" of layer {layer}" if layer is not None else ""
        raise UsageError(f"there is nothing to hit among {', '.join(where)}{of}")
    return Space(tuple(found))


def _constants(firmware: Firmware, model: Model, *, is_bias: bool) -> Iterator[Region]:
    embedded = firmware.embedded_model
    if embedded is None or embedded.differing:
        raise UsageError(
            f"weights are found by the .tflite in the firmware, and {firmware.elf} does not hold "
            f"{model.path}"
        )
    places = {constant.tensor: constant for constant in constants_of(model.content)}
    seen: set[int] = set()
    for node in model.graph.nodes:
        for number in _constants_of(node, model, is_bias):
            if number in places and number not in seen:
                seen.add(number)
                tensor, place = model.graph.tensors[number], places[number]
                yield Region(
                    "biases" if is_bias else "weights",
                    *(tensor.name, embedded.address + place.start, place.size),
                    width=_BITS.get(tensor.type, 8),
                    layer=node.index,
                    op=node.name,
                )


def _constants_of(node: Node, model: Model, is_bias: bool) -> Iterator[int]:
    """Shapes, axes and the like are neither weights nor biases."""
    for position, number in enumerate(node.inputs):
        if number < 0 or not model.graph.tensors[number].constant_bytes:
            continue
        if position == _BIAS.get(node.op):
            if is_bias:
                yield number
        elif not is_bias and model.graph.tensors[number].type not in _INTEGERS:
            yield number


def _activations(device: DebuggerDevice, model: Model) -> Iterator[Region]:
    entries = device.op_entries()
    for node, function in zip(model.graph.nodes, entries, strict=True):
        if function is None:
            continue
        for number in node.outputs:
            tensor = model.graph.tensors[number]
            address, size = device.tensor_place(number)
            yield Region(
                *("activations", tensor.name, address, size, _BITS.get(tensor.type, 8)),
                layer=node.index,
                op=node.name,
                moments=(node.index,),
            )


def _inputs(device: DebuggerDevice, model: Model) -> Iterator[Region]:
    for number, (address, spec) in enumerate(zip(device.held.inputs, model.inputs, strict=True)):
        name = model.graph.tensors[model.graph.inputs[number]].name
        yield Region("input", name, address, spec.bytes, 8 * spec.dtype.itemsize)


def _sections(
    device: DebuggerDevice, *, executable: bool, moments: tuple[int, ...]
) -> Iterator[Region]:
    with device.firmware.elf.open("rb") as file:
        for section in ELFFile(file).iter_sections():
            size, address = int(section["sh_size"]), int(section["sh_addr"])
            runs = bool(section["sh_flags"] & _EXECUTABLE)
            if size and (runs if executable else is_writable(section) and not runs):
                where = "code" if executable else "ram"
                yield Region(where, section.name, address, size, 32, moments=moments)


def _moments(device: DebuggerDevice) -> tuple[int, ...]:
    """After every op that runs; where ops are not known, before the inference."""
    if "layers" not in device.commands:
        return (BEFORE,)
    ran = [index for index, entry in enumerate(device.op_entries()) if entry is not None]
    return (BEFORE, *ran)


def _registers(device: DebuggerDevice, model: Model) -> Iterator[Region]:
    for node, function in zip(model.graph.nodes, device.op_entries(), strict=True):
        if function is not None:
            known = device.firmware.symbols.covering(function)
            name = known.name if known else f"{function:#x}"
            yield Region("registers", name, 0, _REGISTERS, 32, node.index, node.name)


def _within(region: Region, addresses: range) -> Region | None:
    """The part of a region that lies at some addresses; registers do nowhere."""
    start = max(region.address, addresses.start)
    end = min(region.address + region.size, addresses.stop)
    if region.where == "registers" or start >= end:
        return None
    return replace(region, address=start, size=end - start)
