"""A model that keeps a state: each input meets it as it is at first, on the host and on devices."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from tests.unit.conftest import Run
from tests.unit.engine import cases
from tests.unit.engine.graph import Graph, Reference, Tensor, random_data, with_inferred_shapes
from tests.unit.engine.state_cases import unidirectional_sequence_lstm
from tests.unit.engine.variable_cases import stream
from tinyml_hil.model import OpByOp, load_model, load_reference
from tinyml_hil.target.qemu import EXECUTABLE

INPUTS = 5


def write_lstm(folder: Path) -> Path:
    """Write a classifier of sequences: an LSTM, and its last step's outputs flat."""
    graph = with_inferred_shapes(unidirectional_sequence_lstm(np.random.default_rng(48)))
    path = folder / "sequences.tflite"
    path.write_bytes(flat(graph).build())
    return path


def flat(graph: Graph) -> Graph:
    """Return a graph with its output in one row."""
    output = graph.tensors[graph.outputs[0]]
    size = int(np.prod(output.shape))
    options = schema.ReshapeOptionsT()
    options.newShape = [1, size]
    row = replace(output, shape=(1, size))
    return cases.finish(graph, graph.op(cases.BUILTIN.RESHAPE, graph.outputs, row, options))


def write_stream(folder: Path) -> Path:
    """Write a classifier of what came last, kept in variables with names."""
    path = folder / "stream.tflite"
    path.write_bytes(flat(stream(np.random.default_rng(5))).build())
    return path


WRITERS = pytest.mark.parametrize(
    "write", [write_lstm, pytest.param(write_stream, marks=pytest.mark.nightly)]
)


@WRITERS
@pytest.mark.parametrize("name", ["litert", "tensorflow", "tflite-micro"])
def test_no_prediction_depends_on_those_before_it(
    name: str, write: Callable[[Path], Path], tmp_path: Path
) -> None:
    if name != "litert":
        pytest.importorskip(name.replace("-", "_"))
    model = load_model(write(tmp_path))
    reference = load_reference(name, model)
    rng = np.random.default_rng(0)
    first, second = (random_data(rng, Tensor(model.input.shape)) for _ in range(2))
    right = reference.predict(first).tolist()
    assert reference.predict(second).tolist() != right
    assert reference.predict(first).tolist() == right


@WRITERS
def test_model_says_whether_it_keeps_a_state(write: Callable[[Path], Path], tmp_path: Path) -> None:
    assert load_model(write(tmp_path)).keeps_state


def test_op_that_keeps_a_state_runs_alone_from_its_beginning(tmp_path: Path) -> None:
    model = load_model(write_lstm(tmp_path))
    data = random_data(np.random.default_rng(0), Tensor(model.input.shape))
    (source,) = model.graph.inputs
    alone = OpByOp("litert", model)
    assert alone.reads(0) == [source]
    for _ in range(2):
        (output,) = alone.run(0, {source: data}).values()
        assert [output.tobytes()] == Reference(model.content).run([data])


@WRITERS
def test_device_meets_each_input_with_the_state_that_it_has_at_first(
    run_cli: Run, write: Callable[[Path], Path], tmp_path: Path
) -> None:
    if not shutil.which(EXECUTABLE):
        pytest.skip(f"apt-get install {EXECUTABLE}")
    path = write(tmp_path)
    model, rng = load_model(path), np.random.default_rng(0)
    inputs = np.stack([random_data(rng, Tensor(model.input.shape[1:])) for _ in range(INPUTS)])
    np.savez(tmp_path / "set.npz", images=inputs, labels=np.arange(INPUTS) % 2)
    options = ("--model", path, "--dataset", tmp_path / "set.npz", "--target=qemu", "--json")
    result = run_cli("evaluate", *options)
    assert result.returncode == 0, result.stderr
    numbers = json.loads(result.stdout)["numbers"]
    assert (numbers["exact"], numbers["images"]) == (INPUTS, INPUTS)
