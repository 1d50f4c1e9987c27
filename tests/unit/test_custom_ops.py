"""Custom ops: the user's own C in the firmware and, where no reference has the op, on the host."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import flexbuffers
from numpy.typing import NDArray

from fixtures import places
from tests.unit.conftest import Run
from tests.unit.engine.custom_cases import Coded, Detection
from tests.unit.engine.graph import DECODE, Graph, Op, Reference, Tensor, Tflm
from tinyml_hil import paths
from tinyml_hil.build import COMPILER, CustomOps, TflmCustomOps, arena_for, host_program, judge
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model, load_model, load_reference, pack, read_graph, unpack
from tinyml_hil.session import Options, Session

EXAMPLE = places.ROOT / "docs" / "examples" / "thresholded_relu.c"
NAME = "ThresholdedRelu"
THETA, SCALE, ZERO = 0.75, 0.125, -5
COUNT = 3


def custom_model(
    path: Path, dtype: str, options: Mapping[str, Any] | bytes, name: str = NAME
) -> Model:
    """The custom op, and a SOFTMAX of what it gives."""
    quantized = dtype == "int8"
    small = Tensor((1, 6), dtype, SCALE if quantized else None, ZERO if quantized else 0)
    scores = Tensor((1, 6), dtype, 1 / 256 if quantized else None, -128 if quantized else 0)
    graph = Graph()
    through = graph.op(schema.BuiltinOperator.CUSTOM, [graph.input(small)], small)
    softmax = schema.SoftmaxOptionsT()
    softmax.beta = 1.0
    graph.outputs = [graph.op(schema.BuiltinOperator.SOFTMAX, [through], scores, softmax)]
    model = unpack(graph.build())
    model.operatorCodes[0].customCode = name
    encoded = options if isinstance(options, bytes) else bytes(flexbuffers.Dumps(dict(options)))
    model.subgraphs[0].operators[0].customOptions = np.frombuffer(encoded, np.uint8)
    path.write_bytes(pack(model))
    return load_model(path)


def _with_host(model: Model, *files: Path) -> Model:
    program = host_program(places.BUILD, custom=CustomOps(files))
    return replace(model, host_engine=program)


def _softmax(given: NDArray[Any]) -> NDArray[Any]:
    """What LiteRT alone makes of what the custom op gives."""
    quantized = given.dtype == np.int8
    small = Tensor((1, 6), str(given.dtype), SCALE if quantized else None, ZERO if quantized else 0)
    scores = Tensor(
        (1, 6), str(given.dtype), 1 / 256 if quantized else None, -128 if quantized else 0
    )
    graph, softmax = Graph(), schema.SoftmaxOptionsT()
    softmax.beta = 1.0
    graph.outputs = [
        graph.op(schema.BuiltinOperator.SOFTMAX, [graph.input(small)], scores, softmax)
    ]
    (output,) = Reference(graph.build()).run([given])
    return np.frombuffer(output, given.dtype)


def _inputs(dtype: str) -> NDArray[Any]:
    rng = np.random.default_rng(4)
    if dtype == "int8":
        return rng.integers(-128, 128, (COUNT, 6), np.int8)
    return rng.normal(0, 2, (COUNT, 6)).astype(np.float32)


def _thresholded(given: NDArray[Any], theta: float) -> NDArray[Any]:
    if given.dtype == np.int8:
        real = (given.astype(np.float32) - ZERO) * np.float32(SCALE)
        return np.where(real > theta, given, np.int8(ZERO)).astype(np.int8)
    return np.where(given > np.float32(theta), given, np.float32(0)).astype(np.float32)


@pytest.mark.parametrize("dtype", ["int8", "float32"])
def test_reference_takes_the_op_from_the_users_c_and_all_else_from_litert(
    tmp_path: Path, dtype: str
) -> None:
    model = _with_host(custom_model(tmp_path / "m.tflite", dtype, {"theta": THETA}), EXAMPLE)
    reference = load_reference("litert", model)
    for row in _inputs(dtype):
        expected = _softmax(_thresholded(row[None], THETA))
        assert reference.predict(row[None]).tobytes() == expected.tobytes()


def test_device_is_exact_and_what_it_is_held_against_is_said(run_cli: Run, tmp_path: Path) -> None:
    if not shutil.which(COMPILER):
        pytest.skip(f"{COMPILER} is not installed")
    # Of float32, as the detections below: both take the same build of the engine.
    model = custom_model(tmp_path / "m.tflite", "float32", {"theta": THETA}).path
    np.savez(tmp_path / "set.npz", inputs=_inputs("float32"), labels=np.arange(COUNT))
    options = ("--model", model, "--op", EXAMPLE, "--dataset", tmp_path / "set.npz")
    result = run_cli("layers", "--target=qemu", "--images=3", *options)
    assert result.returncode == 0, result.stdout + result.stderr
    (said,) = (line for line in result.stdout.splitlines() if line.startswith("compared with"))
    assert said == (
        "compared with litert: the firmware's engine gives its bits; its C file on this machine "
        f"for {NAME}, which it lacks"
    )


def test_detections_need_no_file_and_are_exact_on_the_device(run_cli: Run, tmp_path: Path) -> None:
    if not shutil.which(COMPILER):
        pytest.skip(f"{COMPILER} is not installed")
    rng = np.random.default_rng(2)
    # None is found of some: what LiteRT leaves unset counts as 0.
    case = Detection(most=4, options={"nms_score_threshold": 0.9})
    (tmp_path / "m.tflite").write_bytes(case.graph(rng).build())
    boxes, scores = zip(*(case.inputs(rng) for _ in range(COUNT)), strict=True)
    np.savez(
        tmp_path / "set.npz",
        input_0=np.concatenate(boxes),
        input_1=np.concatenate(scores),
        labels=np.arange(COUNT),
    )
    options = ("--model", tmp_path / "m.tflite", "--dataset", tmp_path / "set.npz")
    result = run_cli("evaluate", "--target=qemu", "--json", *options)
    assert result.returncode == 0, result.stdout + result.stderr
    numbers = json.loads(result.stdout)["numbers"]
    assert numbers["exact"] == numbers["images"] == COUNT


def test_decoding_needs_no_file_and_is_held_against_tflm(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    graph, coded = Graph(), Coded(Tensor((3, 8), "int8", 0.25), bits=4, stride=16)
    given = graph.input(Tensor((1, 8), "int8", 0.5, 3))
    weights, inputs = graph.add(coded.tensor), coded.add(rng, graph)
    graph.ops.append(Op(schema.BuiltinOperator.CUSTOM, inputs, [weights], custom=DECODE))
    graph.outputs = [_fully_connected(graph, given, weights)]
    path = tmp_path / "m.tflite"
    path.write_bytes(graph.build())
    session = Session(Options(model=path))
    assert str(session.reference_choice) == (
        f"litert: the firmware's engine gives its bits; tflite-micro for {DECODE}, which it lacks"
    )
    row = rng.integers(-128, 128, (1, 8)).astype(np.int8)
    decoded = replace(graph, ops=graph.ops[:1], inputs=[], outputs=[weights])
    plain = Graph()
    data = np.frombuffer(Tflm(decoded.build()).run([])[0], np.int8)
    given = plain.input(Tensor((1, 8), "int8", 0.5, 3))
    there = plain.add(replace(coded.tensor, data=data))
    plain.outputs = [_fully_connected(plain, given, there)]
    answer = load_reference("litert", session.model).predict(row)
    assert answer.tobytes() == Reference(plain.build()).run([row])[0]


def _fully_connected(graph: Graph, given: int, weights: int) -> int:
    code, options = schema.BuiltinOperator.FULLY_CONNECTED, schema.FullyConnectedOptionsT()
    return graph.op(code, [given, weights, -1], Tensor((1, 3), "int8", 25.0, 3), options)


def test_model_that_lacks_its_op_is_refused_with_what_there_is(tmp_path: Path) -> None:
    custom_model(tmp_path / "m.tflite", "int8", {}, "Other")
    content, graph = read_graph(tmp_path / "m.tflite")
    (sentence,) = judge(content, graph, places.BUILD, custom=CustomOps((EXAMPLE,))).lacks
    told = "op 0 is the custom op Other, which is not in the engine"
    has = f"TFLite_Detection_PostProcess, {DECODE}, {NAME}"
    assert sentence == f"{told}: with --op {EXAMPLE} that has {has}"


def test_what_the_op_refuses_is_told_in_its_own_words(tmp_path: Path) -> None:
    model = custom_model(tmp_path / "m.tflite", "uint8", {})
    with pytest.raises(UsageError, match=f"op 0 {NAME}: types are not supported"):
        arena_for(model, None, 64_512, places.BUILD, custom=CustomOps((EXAMPLE,)))


def test_options_that_are_no_flexbuffer_are_refused(tmp_path: Path) -> None:
    model = custom_model(tmp_path / "m.tflite", "int8", b"\x01\x02\x03\x04")
    with pytest.raises(UsageError, match=f"op 0 {NAME}: options are malformed"):
        arena_for(model, None, 64_512, places.BUILD, custom=CustomOps((EXAMPLE,)))


def _example(path: Path, old: str, new: str) -> Path:
    text = EXAMPLE.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path


def test_c_that_does_not_compile_is_shown(run_cli: Run, tmp_path: Path) -> None:
    file = _example(tmp_path / "thresholded_relu.c", "return sizeof(params);", "return lost;")
    model = custom_model(tmp_path / "m.tflite", "int8", {}).path
    result = run_cli("model", model, "--op", file)
    assert result.returncode == 2
    assert f"error: the engine does not build with --op {file}:\n" in result.stderr
    assert "error: 'lost' undeclared" in result.stderr
    assert "Traceback" not in result.stderr


def test_c_without_the_symbol_of_its_name_is_refused(tmp_path: Path) -> None:
    file = _example(tmp_path / "other.c", "return sizeof(params);", "return sizeof(params);")
    with pytest.raises(UsageError, match=r"other\.c: it defines no nn_op nn_custom_other: docs/"):
        host_program(places.BUILD, custom=CustomOps((file,)))


def test_c_that_crashes_here_is_one_sentence(tmp_path: Path) -> None:
    file = _example(tmp_path / "thresholded_relu.c", "nn_input_data(node, 0)", "(const void *)8")
    model = _with_host(custom_model(tmp_path / "m.tflite", "int8", {}), file)
    with pytest.raises(UsageError, match=rf"\(op 0, {NAME}\) crashes on this machine"):
        load_reference("litert", model)


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (("my-op.c",), "is no C file with a name that C can have"),
        (("op.py",), "is no C file with a name that C can have"),
        (
            ("op.cc",),
            r"is C\+\+, for --engine tflm; our own engine takes C, such as my_op\.c: docs/",
        ),
        (("lost.c",), "there is no such file"),
        (("op.c", "a/op.c"), "are called alike"),
    ],
)
def test_file_that_cannot_be_an_op_is_refused(
    tmp_path: Path, names: tuple[str, ...], complaint: str
) -> None:
    (tmp_path / "a").mkdir()
    for name in ("my-op.c", "op.py", "op.cc", "op.c", "a/op.c"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError, match=complaint):
        CustomOps(tuple(tmp_path / name for name in names))


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (
            ("op.c",),
            r"is C, for our own engine; --engine tflm takes C\+\+, such as my_op\.cc: docs/",
        ),
        (("my-op.cc",), r"is no C\+\+ file with a name that C can have"),
        (("op.cc", "op.cpp"), "are called alike"),
    ],
)
def test_file_that_cannot_be_an_op_of_tflm_is_refused(
    tmp_path: Path, names: tuple[str, ...], complaint: str
) -> None:
    for name in ("op.c", "my-op.cc", "op.cc", "op.cpp"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError, match=complaint):
        TflmCustomOps(tuple(tmp_path / name for name in names))


FLEX = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "flexbuffer.h"

/* In a block of exactly its size. */
static bool find(const uint8_t *data, uint32_t size, const char *key, nn_flex *value) {
    uint8_t *copy = malloc(size);
    memcpy(copy, data, size);
    bool is_map = nn_flex_find(copy, size, key, value);
    free(copy);
    return is_map;
}

int main(int count, char **arguments) {
    static uint8_t data[4096];
    uint32_t size = (uint32_t)fread(data, 1, sizeof data, stdin);
    nn_flex value;
    for (int i = 1; i < count; i++) {
        value.kind = NN_FLEX_NONE;
        bool is_map = find(data, size, arguments[i], &value);
        printf("%d %d %lld %.17g\n", is_map, value.kind, (long long)value.whole, value.real);
    }
    for (uint32_t at = 0; at < size; at++) {
        find(data, at, "b", &value);
        find(data + at, size - at, "b", &value);
        for (uint32_t byte = 0; byte < 256; byte += 5) {
            uint8_t was = data[at];
            data[at] = (uint8_t)byte;
            find(data, size, "b", &value);
            data[at] = was;
        }
    }
    return 0;
}
"""
NONE, WHOLE, REAL = 0, 1, 2


@pytest.fixture(scope="module")
def flex(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that reads a FlexBuffer, under sanitizers."""
    folder = tmp_path_factory.mktemp("flex")
    (folder / "main.c").write_text(FLEX)
    nn = paths.FIRMWARE / "nn"
    flags = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", f"-I{nn}")
    command = ["gcc", *flags, "main.c", str(nn / "flexbuffer.c"), "-o", "flex"]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "flex"


@pytest.mark.parametrize(
    "values",
    [
        {"a": 1, "b": -2, "c": True},
        {"a": 300, "b": -70_000, "c": 1 << 40},
        {"b": 0.5, "a": 1.1, "text": "yes", "c": 7},
        {"a": [1, 2, 3], "b": {"a": 5}, "c": 3.0},
        {"a": False},
        {},
    ],
)
def test_options_are_read_as_flatbuffers_wrote_them_and_damaged_ones_within_bounds(
    flex: Path, values: dict[str, Any]
) -> None:
    keys = ("a", "b", "c", "absent")
    encoded = bytes(flexbuffers.Dumps(values))
    done = subprocess.run([flex, *keys], input=encoded, capture_output=True, check=True)
    for key, line in zip(keys, done.stdout.decode().splitlines(), strict=True):
        is_map, kind, whole, real = line.split()
        value = values.get(key)
        assert is_map == "1"
        if isinstance(value, int):
            assert (int(kind), int(whole)) == (WHOLE, value)
        elif isinstance(value, float):
            assert int(kind) == REAL
            assert float(real) == pytest.approx(value)
        else:
            assert int(kind) == NONE
