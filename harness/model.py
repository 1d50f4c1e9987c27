"""Model: what a .tflite file holds, and how images become its input."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import UsageError
from harness.graph import Graph, Tensor, read_graph


@dataclass(frozen=True)
class TensorSpec:
    """A graph input or output: shape, element type and quantization."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float
    """0.0 if the tensor is not quantized."""
    zero_point: int

    @property
    def bytes(self) -> int:
        """Size of one tensor in bytes."""
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def dequantize(self, raw: NDArray[Any]) -> NDArray[np.float32]:
        """Real values of ``raw``: ``scale * (q - zero_point)``.

        Source: TensorFlow Lite 8-bit quantization specification, "Specification summary".
        """
        if not self.scale:
            return raw.astype(np.float32)
        return np.float32(self.scale) * (raw.astype(np.float32) - np.float32(self.zero_point))

    def __str__(self) -> str:
        shape = "x".join(map(str, self.shape))
        quantization = f", scale {self.scale:g}, zero point {self.zero_point}" if self.scale else ""
        return f"{self.dtype} {shape}{quantization}"


@dataclass(frozen=True)
class Model:
    """One .tflite model with one input and one output."""

    path: Path
    content: bytes = field(repr=False)
    """The file, as it is linked into the firmware."""
    graph: Graph = field(repr=False)
    input: TensorSpec
    output: TensorSpec

    @cached_property
    def ops(self) -> tuple[str, ...]:
        """Names of the ops, in the order in which they run."""
        return tuple(node.op for node in self.graph.nodes)

    @property
    def has_uint8(self) -> bool:
        """Whether any tensor is uint8, as in the models that TOCO wrote."""
        return self.graph.has_uint8

    @property
    def has_float(self) -> bool:
        """Whether any op computes with float32; QUANTIZE, which only reads it, does not count."""
        return self.graph.has_float

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference, in convolutions and fully connected ops."""
        return self.graph.macs

    @property
    def name(self) -> str:
        """Name of the file without its ending, as far as firmware and protocol can carry it."""
        return re.sub(r"[^A-Za-z0-9_.+-]", "_", self.path.stem)

    @property
    def sha256(self) -> str:
        """SHA-256 of the file, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the images that the model takes."""
        height, width, channels = self.input.shape[1:]
        return height, width, channels

    def input_of(self, image: NDArray[np.uint8]) -> NDArray[Any]:
        """The model's input for one image.

        The range of a pixel, 0 to 255, is laid onto the whole range of the 8-bit input type, which
        is what the models of the guide and of MLPerf Tiny expect: uint8 takes pixels as they are,
        int8 takes them less 128.

        Args:
            image: uint8, of shape ``image_shape``.

        Returns:
            An array of the input's dtype and shape, batch dimension included.

        Raises:
            UsageError: the image has another shape.
        """
        if image.shape != self.image_shape:
            raise UsageError(
                f"an image is {_times(image.shape)}, but {self.name} takes "
                f"{_times(self.image_shape)} (height x width x channels)"
            )
        lowest = np.iinfo(self.input.dtype).min
        return (image.astype(np.int16) + lowest).astype(self.input.dtype)[None]


def load_model(path: Path) -> Model:
    """Reads a .tflite file.

    Raises:
        UsageError: the file cannot be read, is not a .tflite, or is not an image classifier
            with one 8-bit NHWC input and one output.
    """
    content, graph = read_graph(path)
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise UsageError(
            f"{path} has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; "
            "a classifier has one of each"
        )
    model = Model(
        path=path,
        content=content,
        graph=graph,
        input=_spec(graph.tensors[graph.inputs[0]]),
        output=_spec(graph.tensors[graph.outputs[0]]),
    )
    _require_classifier(model)
    return model


def _spec(tensor: Tensor) -> TensorSpec:
    try:
        dtype = np.dtype(tensor.type)
    except TypeError as error:
        raise UsageError(f"its input or output is {tensor.type}, which is not supported") from error
    return TensorSpec(tensor.shape, dtype, tensor.scale, tensor.zero_point)


def _require_classifier(model: Model) -> None:
    shape = model.input.shape
    if len(shape) != 4 or shape[0] != 1 or shape[3] != 3:
        raise UsageError(f"{model.path} takes {model.input}; an image input is 1 x H x W x 3")
    if model.input.dtype not in (np.dtype(np.int8), np.dtype(np.uint8)):
        raise UsageError(
            f"{model.path} takes {model.input.dtype}; only int8 and uint8 inputs are supported. "
            "Convert it with inference_input_type = tf.int8"
        )


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
