"""Devices that tell their layers, which are computed on the host."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from fixtures import places
from tests.unit.plants.elf import write_elf
from tests.unit.plants.models import ADDRESS, Change, with_flips
from tests.unit.plants.plant import Plant, PlantedSession, World
from tinyml_hil.device import Device
from tinyml_hil.device.answers import Layer
from tinyml_hil.model import HostLayers, Model, OpByOp, value_in
from tinyml_hil.session import Options, Session

Layers = list[bytes]
Run = Callable[[NDArray[Any]], Layers]
"""What each op of a model gives for an input."""
_ALIGNMENT = 16


class LayeredDevice:
    """As much of a device as layers take."""

    def __init__(self, model: Model, run: Run) -> None:
        self._model = model
        self._run = run
        self._shape = model.inputs[0].shape
        self._layers: Layers = []

    def load(self, content: bytes) -> None:
        """Takes an input."""
        given = value_in(content, self._model.inputs)
        self._layers = self._run(given if given.dtype.names else given.reshape(self._shape))

    def layers(self) -> list[Layer]:
        """All of them."""
        told = zip(self._model.graph.nodes, self._layers, strict=True)
        return [Layer(node.index, node.op, zlib.crc32(output), 1) for node, output in told]

    def tensor(self, index: int) -> bytes:
        """The output of one."""
        return self._layers[index]


class LayeredSession(PlantedSession):
    """A session with such a device."""

    def __init__(self, options: Options, run: Run) -> None:
        super().__init__(options)
        self._run = run

    @contextmanager
    def device(
        self, transcript: Path, on_boot_line: Callable[[str], None] = lambda line: None
    ) -> Iterator[Device]:
        yield cast(Device, LayeredDevice(self.model, self._run))


def _session(run_of: Callable[[World], Run]) -> Callable[[World, Path], Session]:
    def session(world: World, folder: Path) -> Session:
        elf = write_elf(folder / "app.elf", ADDRESS, world.model.content)
        made = LayeredSession(replace(world.session.options, firmware=elf), run_of(world))
        made.dataset = world.dataset
        return made

    return session


def _planted(
    hypothesis: str,
    title: str,
    said: str,
    run_of: Callable[[World], Run],
    model: Path = places.IC01,
) -> Plant:
    def give(world: World, index: int) -> NDArray[Any]:
        return np.frombuffer(run_of(world)(world.tensor(index))[-1], world.model.output.dtype)

    return Plant(hypothesis, title, said, give, model, session=_session(run_of))


def _with(change: Change) -> Callable[[World], Run]:
    """Layers of a model that was changed."""

    @cache
    def run_of(world: World) -> Run:
        layers = HostLayers(world.reference, world.model.holding(change(world.model)))
        return lambda tensor: [b"".join(o.tobytes() for o in each) for each in layers.run(tensor)]

    return run_of


def _in_arena(overlaps: Sequence[tuple[int, int, int]]) -> Callable[[World], Run]:
    """Layers of a model whose tensors lie in an arena: each in room of its own, but for these.

    Args:
        overlaps: a tensor, the one in whose room it begins, and how many bytes behind that one.
    """

    @cache
    def run_of(world: World) -> Run:
        graph, ops = world.model.graph, OpByOp(world.reference, world.model)
        starts: dict[int, int] = {}
        end = 2**16  # room before the first
        for number in (*graph.inputs, *(i for node in graph.nodes for i in node.outputs)):
            starts[number] = end
            end += -(-graph.tensors[number].size // _ALIGNMENT) * _ALIGNMENT
        for number, other, behind in overlaps:
            starts[number] = starts[other] + behind

        def run(tensor: NDArray[Any]) -> Layers:
            arena = np.zeros(end, np.uint8)

            def held(number: int) -> NDArray[Any]:
                shape = graph.tensors[number].shape
                content = arena[starts[number] :][: graph.tensors[number].size]
                return content.view(graph.tensors[number].type).reshape(shape)

            held(graph.inputs[0])[...] = tensor
            layers = []
            for node in graph.nodes:
                given = {number: held(number).copy() for number in ops.reads(node.index)}
                for number, output in ops.run(node.index, given).items():
                    held(number)[...] = output
                    layers.append(output.tobytes())
            return layers

        return run

    return run_of


def _overlapping(over: int, under: int, behind: int) -> Callable[[World], Run]:
    """The output of one op lies in that of another; by the positions of the ops."""

    @cache
    def run_of(world: World) -> Run:
        nodes = world.model.graph.nodes
        return _in_arena([(nodes[over].outputs[0], nodes[under].outputs[0], behind)])(world)

    return run_of


PLANTS = [
    _planted(
        *("flipped-bit", "in a convolution"),
        r"bit 6 of element \[1, 0, 0, 3\] .*\(op 8, CONV_2D\).* at address 0x",
        _with(with_flips(8, 291)),
    ),
    _planted(
        *("flipped-bit", "in the last layer"),
        r"bit 6 of element \[2, 5\] .*\(op 14, FULLY_CONNECTED\)",
        _with(with_flips(14, 133)),
    ),
    _planted(
        *("flipped-bit", "in a model of two inputs"),
        r"bit 6 of element \[1, 1, 2, 3\] .*\(op 1, CONV_2D\).* at address 0x",
        *(_with(with_flips(1, 87)), places.CASES / "two_inputs_int8.tflite"),
    ),
    _planted(
        *("flipped-bit", "in a model of a batch"),
        r"bit 6 of element \[1, 100\] .*\(op 3, FULLY_CONNECTED\)",
        *(_with(with_flips(3, 612)), places.CASES / "batch4_int8.tflite"),
    ),
    _planted(
        *("arena-overlap", "behind"),
        "op 2, CONV_2D, writes over bytes 4,096 to 16,383 of the output of op 0, CONV_2D, which "
        "op 3, ADD, reads",
        _overlapping(2, 0, 4096),
    ),
    _planted(
        *("arena-overlap", "before"),
        "op 5, CONV_2D, writes over bytes 0 to 7,167 of the output of op 3, ADD, which op 6, "
        "CONV_2D, reads",
        _overlapping(5, 3, -1024),
    ),
]
