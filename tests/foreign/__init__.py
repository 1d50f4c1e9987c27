"""Firmware that is not ours: no protocol, TFLM's object layout in miniature, and a model for it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tests.unit.engine.graph import Graph, Tensor

HERE = Path(__file__).parent
SIDE, CLASSES, IMAGES = 4, 3, 12
_COMPILERS = {
    ".c": ("arm-none-eabi-gcc", "-std=c11"),
    ".cc": (
        *("arm-none-eabi-g++", "-std=c++17"),
        *("-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"),
    ),
}
_FLAGS = (
    *("-mcpu=cortex-m7", "-mthumb", "-O2", "-ffreestanding", "-nostdlib"),
    *("-Wall", "-Wextra", "-Wconversion", "-Werror"),
)


@dataclass(frozen=True)
class Foreign:
    """What a user has: a folder with an ELF, its model and labelled images."""

    elf: Path
    model: Path
    dataset: Path

    def options(self) -> tuple[str, ...]:
        """How it is given to a command."""
        return (
            *("--firmware", str(self.elf), "--model", str(self.model)),
            *("--dataset", str(self.dataset)),
        )


def small_model() -> tuple[bytes, bytes]:
    """A model of two ops, RESHAPE and FULLY_CONNECTED, and its weights as they lie in it.

    Sums are its scores, and nothing is rounded: every runtime gives the same bits.
    """
    rng = np.random.default_rng(7)
    graph = Graph()
    image = graph.input(Tensor((1, SIDE, SIDE, 1), "int8", 1.0, -128))
    shape = graph.add(Tensor((2,), "int32", data=np.array([1, SIDE * SIDE], np.int32)))
    flat = Tensor((1, SIDE * SIDE), "int8", 1.0, -128)
    row = graph.op(schema.BuiltinOperator.RESHAPE, [image, shape], flat, schema.ReshapeOptionsT())
    values = rng.integers(-3, 4, (CLASSES, SIDE * SIDE)).astype(np.int8)
    weights = graph.add(Tensor(values.shape, "int8", 1.0, 0, data=values))
    bias = graph.add(Tensor((CLASSES,), "int32", 1.0, 0, data=np.array([5, -3, 2], np.int32)))
    options = schema.FullyConnectedOptionsT()
    scores = Tensor((1, CLASSES), "int8", 1.0, 0)
    fully_connected = schema.BuiltinOperator.FULLY_CONNECTED
    graph.outputs = [graph.op(fully_connected, [row, weights, bias], scores, options)]
    return graph.build(), values.tobytes()


def build_foreign(
    folder: Path, *macros: str, flags: tuple[str, ...] = ("-g",), source: str = "foreign.cc"
) -> Foreign:
    """Builds the firmware for QEMU's mps2-an500, and writes its model and images beside it.

    Args:
        folder: where.
        macros: what it does otherwise than without; its source says what there is.
        flags: of the compiler, besides those that it always has.
        source: of this folder.
    """
    content, weights = small_model()
    model = folder / "model.tflite"
    model.write_bytes(content)
    rng = np.random.default_rng(8)
    images = rng.integers(0, 16, (IMAGES, SIDE, SIDE, 1)).astype(np.uint8)
    dataset = folder / "images.npz"
    np.savez(dataset, images=images, labels=np.arange(IMAGES) % CLASSES)
    elf = folder / "foreign.elf"
    defines = [f"-DWEIGHTS_AT={content.index(weights)}", *(f"-D{macro}" for macro in macros)]
    subprocess.run(
        [
            *(*_COMPILERS[Path(source).suffix], *_FLAGS, *flags, *defines),
            *(f"-T{HERE / 'foreign.ld'}", str(HERE / source), "-o", str(elf)),
        ],
        cwd=folder,
        check=True,
    )
    return Foreign(elf, model, dataset)
