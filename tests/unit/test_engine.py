"""What the host's build of the engine says of a model before firmware is built."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from fixtures import places
from tests.unit.conftest import Run
from tests.unit.engine.graph import Graph, Tensor
from tinyml_hil import paths
from tinyml_hil.build import FLASH_TABLE, Firmware, estimate_flash, judge
from tinyml_hil.model import read_graph
from tinyml_hil.run import versions_of
from tinyml_hil.session import Options, Session

CHECKS_FAILED, USAGE = 1, 2
STALE = 0.03
"""Of the default firmware's flash: more than the estimate may be off for want of measuring."""
BEYOND_THE_ENGINE = schema.BuiltinOperator.LSTM, schema.BuiltinOperator.SVDF


def _model_of(path: Path, ops: tuple[int, ...], dtype: str = "int8") -> Path:
    """Each op in turn, from one tensor of 4 values to the next."""
    graph = Graph()
    tensor = graph.input(Tensor((1, 4), dtype, scale=1.0))
    for op in ops:
        tensor = graph.op(op, [tensor], Tensor((1, 4), dtype, scale=1.0))
    graph.outputs = [tensor]
    path.write_bytes(graph.build())
    return path


def test_a_model_that_can_run_lacks_nothing() -> None:
    verdict = judge(*read_graph(places.IC01), places.BUILD)
    assert verdict.lacks == ()
    assert verdict.arena is not None
    # The two largest tensors that are alive together, and less than the guide's arena.
    assert 32 * 32 * 16 * 2 < verdict.arena < 63 * 1024


def test_every_op_that_the_engine_lacks_is_named(tmp_path: Path) -> None:
    path = _model_of(tmp_path / "m.tflite", BEYOND_THE_ENGINE)
    assert judge(*read_graph(path), places.BUILD).lacks == (
        "op 0 is LSTM, which is not in the engine",
        "op 1 is SVDF, which is not in the engine",
    )


def test_a_type_that_the_engine_lacks_is_named_with_its_op(tmp_path: Path) -> None:
    path = _model_of(tmp_path / "m.tflite", (schema.BuiltinOperator.SOFTMAX,), "int32")
    (sentence,) = judge(*read_graph(path), places.BUILD).lacks
    assert sentence.startswith("op 0 SOFTMAX: ")


def test_flash_is_estimated_within_a_tenth_before_a_build(built: Firmware) -> None:
    estimate = estimate_flash(read_graph(paths.DEFAULT_MODEL)[1])
    assert estimate is not None
    assert abs(estimate - built.sizes.flash) < built.sizes.flash / 10


def test_flash_table_is_not_stale(built: Firmware) -> None:
    default = json.loads(FLASH_TABLE.read_text())["default"]
    compiler = versions_of(Session(Options()))["compiler"]
    if compiler != default["compiler"]:
        pytest.skip(f"it was measured with {default['compiler']}, this is {compiler}")
    assert built.sizes.flash == pytest.approx(default["flash"], rel=STALE), (
        "firmware/flash.json is stale; measure again: python bench/flash.py"
    )


def test_flash_of_ops_that_were_not_measured_is_unknown(tmp_path: Path) -> None:
    path = _model_of(tmp_path / "m.tflite", BEYOND_THE_ENGINE)
    assert estimate_flash(read_graph(path)[1]) is None


def test_weight_bytes_and_macs_are_told_by_op() -> None:
    _, graph = read_graph(places.IC01)
    first = graph.nodes[0]
    assert graph.weight_bytes(first) == 16 * 3 * 3 * 3 + 16 * 4
    assert first.macs == 32 * 32 * 16 * 3 * 3 * 3


def test_a_transposed_convolution_has_macs_by_input(tmp_path: Path) -> None:
    graph = Graph()
    image = graph.input(Tensor((1, 4, 4, 8), scale=1.0))
    shape = graph.add(Tensor((4,), "int32", data=np.array([1, 8, 8, 16], np.int32)))
    weights = np.ones((16, 3, 3, 8), np.int8)
    kernel = graph.add(Tensor(weights.shape, scale=1.0, data=weights))
    output = Tensor((1, 8, 8, 16), scale=1.0)
    op = schema.BuiltinOperator.TRANSPOSE_CONV
    graph.outputs = [graph.op(op, [shape, kernel, image], output)]
    path = tmp_path / "m.tflite"
    path.write_bytes(graph.build())
    assert read_graph(path)[1].macs == 4 * 4 * 8 * 16 * 3 * 3


def test_command_prints_ops_totals_and_arena(run_cli: Run) -> None:
    result = run_cli("model", places.IC01)
    assert result.returncode == 0
    assert "CONV_2D          int8 1x32x32x3" in result.stdout
    assert "12,501,632" in result.stdout
    assert f"{judge(*read_graph(places.IC01), places.BUILD).arena:,}" in result.stdout


def test_command_ends_with_1_if_the_engine_lacks_an_op(run_cli: Run, tmp_path: Path) -> None:
    path = _model_of(tmp_path / "m.tflite", BEYOND_THE_ENGINE)
    result = run_cli("model", "--json", path)
    assert result.returncode == CHECKS_FAILED
    facts = json.loads(result.stdout)
    assert [op["op"] for op in facts["ops"]] == ["LSTM", "SVDF"]
    assert facts["arena"] is None
    assert len(facts["lacks"]) == len(BEYOND_THE_ENGINE)


@pytest.mark.parametrize("length", [20, 1000, 90_000])
def test_command_refuses_half_a_file(run_cli: Run, tmp_path: Path, length: int) -> None:
    path = tmp_path / "half.tflite"
    path.write_bytes(places.IC01.read_bytes()[:length])
    result = run_cli("model", path)
    assert result.returncode in (CHECKS_FAILED, USAGE)
    assert "Traceback" not in result.stderr
