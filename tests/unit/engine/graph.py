"""Writes small .tflite models directly, and runs them on LiteRT's reference kernels."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from tinyml_hil.model import pack

Array = NDArray[Any]

TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "float16": schema.TensorType.FLOAT16,
    "int32": schema.TensorType.INT32,
    "uint8": schema.TensorType.UINT8,
    "int64": schema.TensorType.INT64,
    "bool": schema.TensorType.BOOL,
    "int16": schema.TensorType.INT16,
    "int8": schema.TensorType.INT8,
    "resource": schema.TensorType.RESOURCE,
    "int4": schema.TensorType.INT4,
}


DETECTION = "TFLite_Detection_PostProcess"
DECODE = "TFLM_DECODE"
"""Custom ops."""


@dataclass(frozen=True)
class Tensor:
    """A tensor of a graph; constant if it has data."""

    shape: tuple[int, ...]
    dtype: str = "int8"
    scale: float | Array | None = None
    zero_point: int = 0
    dimension: int = 0
    data: Array | None = None
    is_variable: bool = False
    signature: tuple[int, ...] | None = None
    """Its shape with -1 for dimensions that are open, if any is."""
    zero_points: tuple[int, ...] = ()
    """Of each channel, where they differ."""


@dataclass(frozen=True)
class Op:
    """An op: its builtin code, its tensors (-1: left out) and its options object, if any.

    Of a custom op these are bytes.
    """

    code: int
    inputs: list[int]
    outputs: list[int]
    options: Any = None
    version: int = 1
    intermediates: tuple[int, ...] = ()
    custom: str = ""
    """The own name of a custom op."""


@dataclass
class Graph:
    """A model of one graph, and of another that gives its variables what they hold at first."""

    tensors: list[Tensor] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    version: int = 3
    initial: Graph | None = None

    @property
    def is_tflm_s(self) -> bool:
        """Whether TFLM has its ops, and LiteRT has not."""
        return any(op.custom == DECODE for op in self.ops)

    def add(self, tensor: Tensor) -> int:
        """Add a tensor; return its index."""
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def input(self, tensor: Tensor) -> int:
        """Add a tensor that is an input of the graph."""
        self.inputs.append(self.add(tensor))
        return self.inputs[-1]

    def op(self, code: int, inputs: list[int], output: Tensor, options: Any = None) -> int:
        """Add an op and its output; return the output's index."""
        index = self.add(output)
        self.ops.append(Op(code, inputs, [index], options))
        return index

    def build(self) -> bytes:
        """Build the FlatBuffer."""
        model = schema.ModelT()
        model.version = self.version
        model.buffers = [schema.BufferT()]
        model.operatorCodes = []
        graphs = [self] if self.initial is None else [self, self.initial]
        model.subgraphs = [graph._subgraph(model) for graph in graphs]
        return pack(model)

    def _subgraph(self, model: Any) -> Any:
        graph = schema.SubGraphT()
        graph.tensors = [self._tensor(model, tensor) for tensor in self.tensors]
        graph.operators = [self._operator(model, op) for op in self.ops]
        graph.inputs = self.inputs
        graph.outputs = self.outputs
        return graph

    @staticmethod
    def _tensor(model: Any, tensor: Tensor) -> Any:
        packed = schema.TensorT()
        packed.shape = list(tensor.shape)
        packed.type = TYPES[tensor.dtype]
        packed.isVariable = tensor.is_variable
        packed.shapeSignature = tensor.signature and list(tensor.signature)
        packed.buffer = 0
        if tensor.data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(_bytes_of(tensor.data, tensor.dtype), np.uint8)
            model.buffers.append(buffer)
            packed.buffer = len(model.buffers) - 1
        if tensor.scale is not None:
            scales = np.atleast_1d(np.asarray(tensor.scale, np.float32))
            packed.quantization = schema.QuantizationParametersT()
            packed.quantization.scale = scales
            zeros = tensor.zero_points or (tensor.zero_point,) * len(scales)
            packed.quantization.zeroPoint = np.array(zeros, np.int64)
            packed.quantization.quantizedDimension = tensor.dimension
        return packed

    @staticmethod
    def _operator(model: Any, op: Op) -> Any:
        code = schema.OperatorCodeT()
        code.builtinCode = op.code
        code.deprecatedBuiltinCode = min(op.code, 127)
        code.version = op.version
        code.customCode = op.custom or None
        model.operatorCodes.append(code)
        packed = schema.OperatorT()
        packed.opcodeIndex = len(model.operatorCodes) - 1
        packed.inputs = op.inputs
        packed.outputs = op.outputs
        packed.intermediates = list(op.intermediates) or None
        if op.custom:
            packed.customOptions = np.frombuffer(op.options or b"", np.uint8)
        elif op.options is not None:
            name = type(op.options).__name__.removesuffix("T")
            packed.builtinOptionsType = getattr(schema.BuiltinOptions, name)
            packed.builtinOptions = op.options
        return packed


def _bytes_of(data: Array, dtype: str) -> bytes:
    """Return numbers as a buffer has them; those of 4 bits two in a byte, the first one lower."""
    if dtype != "int4":
        return data.astype(dtype).tobytes()
    halves = np.pad(data.ravel(), (0, data.size % 2)).astype(np.uint8) & 0xF
    return bytes(halves[::2] | halves[1::2] << 4)


def _interpreter(model: bytes, kernels: OpResolverType) -> Interpreter:
    return Interpreter(
        model_content=model,
        num_threads=1,
        experimental_op_resolver_type=kernels,
        experimental_preserve_all_tensors=True,
    )


class Reference:
    """A model in LiteRT, on the reference kernels; on the others if it has an op without one."""

    def __init__(self, model: bytes, unset: Sequence[int] = ()) -> None:
        """``unset``: tensors that ops may leave as they were, which is 0."""
        self._unset = unset
        try:
            self._interpreter = _interpreter(model, OpResolverType.BUILTIN_REF)
        except ValueError as error:
            if "Didn't find op" not in str(error):
                raise
            kernels = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
            self._interpreter = _interpreter(model, kernels)
        self._interpreter.allocate_tensors()

    def shape(self, tensor: int) -> tuple[int, ...]:
        """Return the shape that LiteRT gave a tensor."""
        return tuple(int(d) for d in self._interpreter.get_tensor(tensor).shape)

    def run(self, inputs: list[Array]) -> list[bytes]:
        """Return the bytes of all outputs."""
        for detail, data in zip(self._interpreter.get_input_details(), inputs, strict=True):
            self._interpreter.set_tensor(detail["index"], data)
        for index in self._unset:
            self._interpreter.tensor(index)()[...] = 0
        self._interpreter.invoke()
        details = self._interpreter.get_output_details()
        return [self._interpreter.get_tensor(d["index"]).tobytes() for d in details]

    def tensor(self, index: int) -> bytes:
        """Return the bytes of any tensor after a run."""
        return bytes(self._interpreter.get_tensor(index).tobytes())


class Tflm:
    """A model in TFLM, on the reference kernels of its wheel."""

    def __init__(self, model: bytes) -> None:
        runtime = importlib.import_module("tflite_micro.python.tflite_micro.runtime")
        self._interpreter = runtime.Interpreter.from_bytes(model, arena_size=4 << 20)
        self._outputs = len(schema.Model.GetRootAs(model).Subgraphs(0).OutputsAsNumpy())

    def run(self, inputs: list[Array]) -> list[bytes]:
        """Return the bytes of all outputs."""
        for index, data in enumerate(inputs):
            self._interpreter.set_input(data, index)
        self._interpreter.invoke()
        outputs = (self._interpreter.get_output(index) for index in range(self._outputs))
        return [np.array(output).tobytes() for output in outputs]


def reference_of(graph: Graph) -> Reference | Tflm:
    """Return what a graph is held against: LiteRT, or TFLM if that alone has its ops."""
    if graph.is_tflm_s:
        return Tflm(graph.build())
    return Reference(graph.build(), [i for op in graph.ops if op.custom for i in op.outputs])


def with_inferred_shapes(graph: Graph) -> Graph:
    """Give each op's output the shape that LiteRT infers for it, unless it is open.

    Of what is read from a variable it infers nothing before it runs, nor of what it does not have.
    """
    if graph.initial is not None or graph.is_tflm_s:
        return graph
    reference = Reference(graph.build())
    tensors = list(graph.tensors)
    for op in graph.ops:
        for index in op.outputs:
            if tensors[index].signature is None:  # else it is inferred by a run only
                tensors[index] = replace(tensors[index], shape=reference.shape(index))
    return replace(graph, tensors=tensors)


def random_data(rng: np.random.Generator, tensor: Tensor) -> Array:
    """Return data for an input: every value of an integer type, or floats around its range."""
    if tensor.dtype == "float32":
        return rng.normal(0, 2, tensor.shape).astype(np.float32)
    if tensor.dtype == "bool":
        return rng.random(tensor.shape) < 0.5
    info = np.iinfo(tensor.dtype)
    return rng.integers(info.min, info.max + 1, tensor.shape).astype(tensor.dtype)
