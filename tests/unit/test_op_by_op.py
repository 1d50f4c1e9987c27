"""Ops run alone give what they give within their model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fixtures import places
from tinyml_hil.model import HostLayers, OpByOp, constants_of, load_model

MODELS = [places.IC01, *sorted(places.MODELS.glob("*.tflite"))]


@pytest.mark.parametrize("reference", ["litert", "tflite-micro"])
@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_op_alone_gives_what_it_gives_in_its_model(path: Path, reference: str) -> None:
    model = load_model(path)
    info = np.iinfo(model.input.dtype)
    shape = model.input.shape
    tensor = np.random.default_rng(5).integers(info.min, info.max + 1, shape, model.input.dtype)
    known = {model.graph.inputs[0]: tensor}
    ops = OpByOp(reference, model)
    for node, wanted in zip(
        model.graph.nodes, HostLayers(reference, model).run(tensor), strict=True
    ):
        given = ops.run(node.index, known)
        for number, output in zip(node.outputs, wanted, strict=True):
            assert np.array_equal(given[number].reshape(-1), output.reshape(-1)), node
        known |= given


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_constants_lie_where_they_are_said_to(path: Path) -> None:
    model = load_model(path)
    constants = list(constants_of(model.content))
    assert {c.tensor: c.size for c in constants} == {
        number: tensor.constant_bytes
        for number, tensor in enumerate(model.graph.tensors)
        if tensor.constant_bytes
    }


def test_changed_byte_of_a_constant_is_read_from_there() -> None:
    model = load_model(places.IC01)
    node = next(n for n in model.graph.nodes if n.op == "FULLY_CONNECTED")
    weights = next(c for c in constants_of(model.content) if c.tensor == node.inputs[1])
    content = bytearray(model.content)
    content[weights.start : weights.end] = bytes(weights.size)
    zeros = {node.inputs[0]: np.full(model.graph.tensors[node.inputs[0]].shape, 7, np.int8)}
    (output,) = OpByOp("litert", model.holding(bytes(content))).run(node.index, zeros).values()
    (right,) = OpByOp("litert", model).run(node.index, zeros).values()
    other = zeros[node.inputs[0]] + 1
    (same,) = (
        OpByOp("litert", model.holding(bytes(content)))
        .run(node.index, {node.inputs[0]: other})
        .values()
    )
    assert np.array_equal(output, same)
    assert not np.array_equal(output, right)
