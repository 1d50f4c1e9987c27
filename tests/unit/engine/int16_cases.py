"""Random graphs of int16 activations and int8 weights: models that are quantized as 16x8."""

from dataclasses import replace

import numpy as np

from . import cases
from .cases import BUILTIN, Case, Rng
from .graph import TYPES, Graph, Op, Tensor

WITH_WEIGHTS = (BUILTIN.CONV_2D, BUILTIN.DEPTHWISE_CONV_2D, BUILTIN.FULLY_CONNECTED)
OF_RATIOS = (BUILTIN.LOGISTIC, BUILTIN.TANH, BUILTIN.SOFTMAX)
"""Whose output is one of -1 to 1."""


def _activation(op: Op, tensor: Tensor, is_output: bool) -> Tensor:
    scale = 2**-15 if is_output and op.code in OF_RATIOS else tensor.scale
    return replace(tensor, dtype="int16", scale=scale, zero_point=0)


def _bias(rng: Rng, op: Op, tensor: Tensor) -> Tensor:
    """Mostly of int64; where the op has an option for it also of int32, in which sums wrap."""
    if op.code != BUILTIN.DEPTHWISE_CONV_2D and rng.random() < 0.3:
        op.options.quantizedBiasType = TYPES["int32"]
        return tensor
    return replace(tensor, dtype="int64", data=np.asarray(tensor.data) * 256)


def _as_int16(case: Case) -> Case:
    """The same with activations of int16."""

    def converted(rng: Rng) -> Graph:
        graph = case(rng)
        op = graph.ops[0]
        kept = op.inputs[1:2] if op.code in WITH_WEIGHTS else []
        biases = op.inputs[2:] if op.code in WITH_WEIGHTS else []
        for i, tensor in enumerate(graph.tensors):
            if i in biases:
                graph.tensors[i] = _bias(rng, op, tensor)
            elif i not in kept and tensor.dtype == "int8":
                graph.tensors[i] = _activation(op, tensor, i in op.outputs)
        if op.code in (BUILTIN.ADD, BUILTIN.SUB):
            op.options.potScaleInt16 = False
        return graph

    converted.__name__ = f"{case.__name__}_int16"
    return converted


INT16: list[Case] = [
    *map(
        _as_int16,
        [
            cases.add,
            cases.average_pool_2d,
            cases.concatenation,
            cases.conv_2d,
            cases.depthwise_conv_2d,
            cases.fully_connected,
            cases.leaky_relu,
            cases.logistic,
            cases.max_pool_2d,
            cases.mean,
            cases.mul,
            cases.relu,
            cases.relu6,
            cases.softmax,
            cases.sub,
            cases.tanh,
        ],
    )
]
