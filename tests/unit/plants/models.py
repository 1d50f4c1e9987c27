"""Devices that run another model, or other weights of it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixtures import places
from tests.unit.plants.elf import write_elf
from tests.unit.plants.plant import Plant, PlantedSession, World
from tinyml_hil.model import Model, Reference, constants_of, load_reference, pack, unpack
from tinyml_hil.session import Session

ADDRESS = 0x8000
BIT = 6
Change = Callable[[Model], bytes]


def place_of(model: Model, op: int, byte: int) -> int:
    """Where a byte of an op's weights is in the model's file."""
    weights = model.graph.nodes[op].inputs[1]
    return next(c.start for c in constants_of(model.content) if c.tensor == weights) + byte


def with_flips(op: int, *where: int) -> Change:
    """The same bit of some bytes of an op's weights is another."""

    def change(model: Model) -> bytes:
        content = bytearray(model.content)
        for byte in where:
            content[place_of(model, op, byte)] ^= 1 << BIT
        return bytes(content)

    return change


def retrained(model: Model) -> bytes:
    """Another version: every weight of the last dense op is another."""
    op = next(n for n in model.graph.nodes if n.op == "FULLY_CONNECTED")
    content = np.frombuffer(model.content, np.uint8).copy()
    constant = next(c for c in constants_of(model.content) if c.tensor == op.inputs[1])
    content[constant.start : constant.end] = content[constant.start : constant.end][::-1]
    return content.tobytes()


def scaled_as_one(*kinds: str) -> Change:
    """The first scale of an op's weights is that of all its channels."""

    def change(model: Model) -> bytes:
        whole = unpack(model.content)
        for node in model.graph.nodes:
            if node.op in kinds:
                quantization = whole.subgraphs[0].tensors[node.inputs[1]].quantization
                quantization.scale = [quantization.scale[0]] * len(quantization.scale)
        return pack(whole)

    return change


def given_by(change: Change) -> Callable[[World, int], NDArray[Any]]:
    """What a device gives whose model was changed so."""

    @cache
    def kernels(world: World) -> Reference:
        return load_reference(world.reference, world.model.holding(change(world.model)))

    return lambda world, i: kernels(world).predict(world.tensor(i))


def _in_elf(change: Change) -> Callable[[World, Path], Session]:
    """The firmware was given, and has the changed model in it."""

    def session(world: World, folder: Path) -> Session:
        padding = bytes(64)
        elf = write_elf(folder / "app.elf", ADDRESS, padding + change(world.model) + padding)
        options = replace(world.session.options, firmware=elf)
        return _with_images(world, PlantedSession(options))

    return session


def _with_images(world: World, session: Session) -> Session:
    session.dataset = world.dataset
    return session


def _beside(world: World, folder: Path) -> Session:
    """The changed model lies beside the run's."""
    mine = folder / "mine.tflite"
    mine.write_bytes(world.model.content)
    (folder / "yours.tflite").write_bytes(retrained(world.model))
    return _with_images(world, PlantedSession(replace(world.session.options, model=mine)))


def _committed(world: World, folder: Path) -> Session:
    """The changed model is the one before in a git repository."""
    mine = folder / "mine.tflite"
    git = ["git", "-C", str(folder), "-c", "user.name=me", "-c", "user.email=me@example.com"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    for content in (retrained(world.model), world.model.content):
        mine.write_bytes(content)
        subprocess.run([*git, "add", "mine.tflite"], check=True)
        subprocess.run([*git, "commit", "--quiet", "--message", "model"], check=True)
    return _with_images(world, PlantedSession(replace(world.session.options, model=mine)))


def _flips_in_elf(title: str, said: str, *where: int) -> Plant:
    change = with_flips(8, *where)
    return Plant(
        *("model-in-firmware", title, said, given_by(change)),
        session=_in_elf(change),
    )


_RETRAINED = given_by(retrained)
PLANTS = [
    _flips_in_elf(
        "one bit", r"bit 6 of element \[1, 0, 0, 3\] .*op 8, CONV_2D.* at address 0x", 291
    ),
    _flips_in_elf("some bytes", r"^3 bytes of the weights .*op 8, CONV_2D", 1, 291, 700),
    Plant(
        *("other-version", "in the ELF", "holds another model than ic01.tflite", _RETRAINED),
        session=_in_elf(retrained),
    ),
    Plant(
        *("other-version", "beside it", "yours.tflite, which lies beside it", _RETRAINED),
        session=_beside,
    ),
    Plant(
        *("other-version", "in git", r"mine.tflite of the commit \w+ of 20", _RETRAINED),
        session=_committed,
    ),
    Plant(
        *("per-tensor-scales", "CONV_2D", "every channel of CONV_2D by the first channel's"),
        given_by(scaled_as_one("CONV_2D")),
        model=places.MODELS / "cifar10.tflite",
    ),
]
