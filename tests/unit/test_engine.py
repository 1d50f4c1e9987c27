"""What the host's build of the engine says of a model before firmware is built."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from fixtures import places
from tests.unit.conftest import Run, said_by_us
from tests.unit.engine.graph import Graph, Tensor
from tests.unit.engine.shape_cases import dense
from tests.unit.test_model import damaged
from tinyml_hil import paths
from tinyml_hil.build import FLASH_TABLE, Firmware, arena_for, estimate_flash, judge
from tinyml_hil.errors import UsageError
from tinyml_hil.model import pack, read_graph
from tinyml_hil.run import versions_of
from tinyml_hil.session import Options, Session

CHECKS_FAILED, USAGE = 1, 2
STALE = 0.03
"""Of the default firmware's flash: more than the estimate may be off for want of measuring."""
BEYOND_THE_ENGINE = schema.BuiltinOperator.LSTM, schema.BuiltinOperator.RNN


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
        "op 1 is RNN, which is not in the engine",
    )


def test_a_type_that_the_engine_lacks_is_named_with_its_op(tmp_path: Path) -> None:
    path = _model_of(tmp_path / "m.tflite", (schema.BuiltinOperator.SOFTMAX,), "int32")
    (sentence,) = judge(*read_graph(path), places.BUILD).lacks
    assert sentence.startswith("op 0 SOFTMAX: ")


def _retyped(content: bytes, tensor: int, number: int) -> bytes:
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    model.subgraphs[0].tensors[tensor].type = number
    return pack(model)


BYTES = {"int4": 0.5, "float16": 2}
"""Of an element that has not one."""


def _dense(source: str, weights: str, output: str) -> bytes:
    """One FULLY_CONNECTED of an image, its tensors in this order."""
    graph = Graph()
    image = graph.input(Tensor((1, 4, 4, 3), "int8", 1.0))
    rows = graph.add(Tensor((2, 48), "int8", 1.0, data=np.ones((2, 48))))
    made = Tensor((1, 2), "int8", 1.0)
    options = schema.FullyConnectedOptionsT()
    graph.outputs = [graph.op(schema.BuiltinOperator.FULLY_CONNECTED, [image, rows], made, options)]
    content = graph.build()
    for tensor, name in enumerate((source, weights, output)):
        content = _retyped(content, tensor, getattr(schema.TensorType, name.upper()))
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    size = int(96 * BYTES.get(weights, 1))
    model.buffers[model.subgraphs[0].tensors[1].buffer].data = np.ones(size, np.uint8)
    return pack(model)


@pytest.mark.parametrize(
    ("types", "told"),
    [
        (("float32", "uint8", "float32"), "float32, uint8 to float32: dynamic-range, or hybrid, "),
        (("int16", "uint8", "int16"), "int16, uint8 to int16: int16 activations, 16x8"),
        (("uint8", "int4", "uint8"), "uint8, int4 to uint8: int4 weights"),
        (("float32", "float16", "float32"), "float32, float16 to float32: float16 weights"),
    ],
)
def test_types_that_the_engine_lacks_are_named_as_people_call_them(
    tmp_path: Path, types: tuple[str, str, str], told: str
) -> None:
    path = tmp_path / "m.tflite"
    path.write_bytes(_dense(*types))
    (sentence,) = judge(*read_graph(path), places.BUILD).lacks
    assert sentence.startswith("op 0 FULLY_CONNECTED: ")
    assert told in sentence
    assert "convert it to int8 throughout" in sentence


def test_a_custom_op_is_named_by_its_own_name(tmp_path: Path) -> None:
    content = _model_of(tmp_path / "m.tflite", (schema.BuiltinOperator.CUSTOM,)).read_bytes()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    model.operatorCodes[0].customCode = "My\x1bOp"
    (tmp_path / "m.tflite").write_bytes(pack(model))
    (sentence,) = judge(*read_graph(tmp_path / "m.tflite"), places.BUILD).lacks
    assert sentence == (
        "op 0 is the custom op My\ufffdOp, which is not in the engine: give its C file with --op, "
        "see docs/custom-ops.md"
    )


def test_a_build_refuses_a_model_in_the_words_of_the_look_at_it(
    run_cli: Run, tmp_path: Path
) -> None:
    path = tmp_path / "hybrid.tflite"
    path.write_bytes(_dense("float32", "uint8", "float32"))
    (sentence,) = judge(*read_graph(path), places.BUILD).lacks
    built = run_cli("build", "--model", path)
    assert built.returncode == USAGE
    assert said_by_us(built.stderr) == [f"error: the engine cannot run {path}: {sentence}"]
    assert sentence in run_cli("model", path).stdout


def test_arena_grows_with_the_model() -> None:
    model = Session(Options()).model
    assert arena_for(model, None, 64_512, places.BUILD) == 64_512
    assert arena_for(model, None, 1_000, places.BUILD) == 24_384


def test_arena_that_was_asked_for_is_taken_if_the_model_takes_no_more() -> None:
    model = Session(Options()).model
    assert arena_for(model, 24_384, 64_512, places.BUILD) == 24_384
    with pytest.raises(UsageError, match=r"--arena 24383: .* takes an arena of 24,384 bytes"):
        arena_for(model, 24_383, 64_512, places.BUILD)


def test_what_other_commands_refuse_is_told_by_the_look_at_a_model(
    run_cli: Run, tmp_path: Path
) -> None:
    graph = Graph()
    image = graph.input(Tensor((1, 8, 8, 3), "int32"))
    graph.outputs = [graph.op(schema.BuiltinOperator.RELU, [image], Tensor((1, 8, 8, 3), "int32"))]
    path = tmp_path / "whole.tflite"
    path.write_bytes(graph.build())
    refusal = run_cli("build", "--model", path).stderr.removeprefix("error: ")
    assert "takes int32 1x8x8x3 without a scale" in refusal
    assert refusal in run_cli("model", path).stdout


def test_a_look_at_a_damaged_model_is_never_more_than_a_usage_error(
    run_cli: Run, tmp_path: Path
) -> None:
    """One that can be read at all: what reads it has a test of its own."""
    random = np.random.default_rng(5)
    path = tmp_path / "m.tflite"
    content = dense(random).build()
    ran = 0
    for _ in range(60):
        path.write_bytes(damaged(random, content))
        try:
            verdict = judge(*read_graph(path), places.BUILD)
        except UsageError:
            continue
        assert verdict.lacks or verdict.arena
        ran += 1
    assert ran > 0
    assert "Traceback" not in run_cli("model", path).stderr


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
        "firmware/flash.json is stale; measure again: python -m bench.flash"
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
    assert [op["op"] for op in facts["ops"]] == ["LSTM", "RNN"]
    assert facts["arena"] is None
    assert len(facts["lacks"]) == len(BEYOND_THE_ENGINE)


@pytest.mark.parametrize("length", [20, 1000, 90_000])
def test_command_refuses_half_a_file(run_cli: Run, tmp_path: Path, length: int) -> None:
    path = tmp_path / "half.tflite"
    path.write_bytes(places.IC01.read_bytes()[:length])
    result = run_cli("model", path)
    assert result.returncode in (CHECKS_FAILED, USAGE)
    assert "Traceback" not in result.stderr
