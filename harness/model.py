"""Model: what a .tflite file holds, and how images become its input."""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from harness.errors import UsageError

DTYPES: dict[int, np.dtype[Any]] = {
    schema.TensorType.FLOAT32: np.dtype(np.float32),
    schema.TensorType.INT32: np.dtype(np.int32),
    schema.TensorType.UINT8: np.dtype(np.uint8),
    schema.TensorType.INT64: np.dtype(np.int64),
    schema.TensorType.INT16: np.dtype(np.int16),
    schema.TensorType.INT8: np.dtype(np.int8),
}
_OP_NAMES: dict[int, str] = {
    value: name for name, value in vars(schema.BuiltinOperator).items() if not name.startswith("_")
}


def op_name(number: int) -> str:
    """Name of a BuiltinOperator of the .tflite schema, such as ``TANH`` for 28."""
    return _OP_NAMES.get(number, f"op {number}")


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
    ops: tuple[str, ...]
    """Names of the ops, in the order in which they run."""
    input: TensorSpec
    output: TensorSpec
    has_uint8: bool
    """Whether any tensor is uint8, as in the models that TOCO wrote."""
    macs: int
    """Multiply-accumulates of one inference, in convolutions and fully connected ops."""

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
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the model {path}: {error.strerror}") from error
    if content[4:8] != b"TFL3":
        raise UsageError(f"{path} is not a .tflite model (no TFL3 identifier)")
    try:
        graph = schema.ModelT.InitFromPackedBuf(content, 0)
        model = _read(path, content, graph)
    except (struct.error, IndexError, TypeError, AttributeError, ValueError, KeyError) as error:
        raise UsageError(f"{path} is corrupt: its FlatBuffer cannot be read ({error})") from error
    _require_classifier(model)
    return model


def _read(path: Path, content: bytes, graph: Any) -> Model:
    if graph.version != 3:
        raise UsageError(f"{path} has schema version {graph.version}, not 3")
    subgraph = graph.subgraphs[0]
    if len(subgraph.inputs) != 1 or len(subgraph.outputs) != 1:
        raise UsageError(
            f"{path} has {len(subgraph.inputs)} inputs and {len(subgraph.outputs)} outputs; "
            "a classifier has one of each"
        )
    codes = [max(c.builtinCode, c.deprecatedBuiltinCode) for c in graph.operatorCodes]
    ops = [(op_name(codes[op.opcodeIndex]), op) for op in subgraph.operators]
    return Model(
        path=path,
        content=content,
        ops=tuple(name for name, _ in ops),
        input=_spec(subgraph.tensors[subgraph.inputs[0]]),
        output=_spec(subgraph.tensors[subgraph.outputs[0]]),
        has_uint8=any(t.type == schema.TensorType.UINT8 for t in subgraph.tensors),
        macs=sum(_macs(name, op, subgraph.tensors) for name, op in ops),
    )


def _spec(tensor: Any) -> TensorSpec:
    quantization = tensor.quantization
    quantized = quantization is not None and quantization.scale is not None
    if tensor.type not in DTYPES:
        raise UsageError(f"its input or output has the element type {tensor.type}, not supported")
    return TensorSpec(
        shape=tuple(int(d) for d in tensor.shape),
        dtype=DTYPES[tensor.type],
        scale=float(quantization.scale[0]) if quantized else 0.0,
        zero_point=int(quantization.zeroPoint[0]) if quantized else 0,
    )


def _macs(name: str, op: Any, tensors: list[Any]) -> int:
    if name not in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
        return 0
    weights = tensors[op.inputs[1]].shape
    output = tensors[op.outputs[0]].shape
    per_output = {
        "CONV_2D": weights[1:],  # height, width, input channels
        "DEPTHWISE_CONV_2D": weights[1:3],  # height, width
        "FULLY_CONNECTED": weights[1:],  # input channels
    }[name]
    return int(np.prod(output)) * int(np.prod(per_output))


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
