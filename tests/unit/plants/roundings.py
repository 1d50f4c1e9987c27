"""Devices that round otherwise than the host, op by op."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from numpy.typing import NDArray

from tests.unit.plants.plant import Plant, World
from tinyml_hil.explanation.integer_ops import IntegerOp, integer_op
from tinyml_hil.explanation.roundings import (
    DOUBLE_PRECISION,
    DOWNWARDS,
    SINGLE_ROUNDING,
    TRUNCATION,
    Rounding,
)
from tinyml_hil.model import Node, OpByOp, unpack

Which = Callable[[Node], bool]


def _rounding(rounding: Rounding, which: Which) -> Callable[[World, int], NDArray[Any]]:
    @cache
    def parts(world: World) -> tuple[OpByOp, dict[int, IntegerOp]]:
        model, whole = world.model, unpack(world.model.content)
        made = [integer_op(model, whole, node) for node in model.graph.nodes if which(node)]
        return OpByOp(world.reference, model), {op.node.index: op for op in made if op}

    def give(world: World, index: int) -> NDArray[Any]:
        by_op, ops = parts(world)
        model = world.model
        tensors = {model.graph.inputs[0]: world.tensor(index)}
        for node in model.graph.nodes:
            if op := ops.get(node.index):
                given = [tensors[i] for i in by_op.reads(node.index)]
                tensors[node.outputs[0]] = op.run(given, rounding)
            else:
                tensors.update(by_op.run(node.index, tensors))
        return tensors[model.graph.outputs[0]].reshape(-1)

    return give


PLANTS = [
    Plant(
        *("rounding", "once", "with one rounding, unlike the host, in every op"),
        _rounding(SINGLE_ROUNDING, lambda node: True),
    ),
    Plant(
        *("rounding", "double precision", "in every op; or .* in double precision"),
        _rounding(DOUBLE_PRECISION, lambda node: node.op == "CONV_2D"),
    ),
    Plant(
        *("rounding", "down", "rounds down .* in every ADD"),
        _rounding(DOWNWARDS, lambda node: node.op == "ADD"),
    ),
    Plant(
        *("rounding", "cut off", "cuts decimals off .* in op 5, CONV_2D"),
        _rounding(TRUNCATION, lambda node: node.index == 5),
    ),
]
