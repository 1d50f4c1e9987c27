"""What is read from a .tflite, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from fixtures import places
from tinyml_hil import paths
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model, load_model, load_reference

from .engine.graph import Graph, Tensor


@pytest.fixture(scope="module")
def ic01() -> Model:
    return load_model(places.IC01)


def test_input_and_output_are_those_of_ic01(ic01: Model) -> None:
    assert str(ic01.input) == "int8 1x32x32x3, scale 1, zero point -128"
    assert str(ic01.output) == "int8 1x10, scale 0.00390625, zero point -128"


def test_macs_are_those_that_mlperf_tiny_has(ic01: Model) -> None:
    assert ic01.macs == 12_501_632


def test_ops_are_in_graph_order(ic01: Model) -> None:
    assert ic01.ops[:4] == ("CONV_2D", "CONV_2D", "CONV_2D", "ADD")
    assert ic01.ops[-1] == "SOFTMAX"


def test_pixels_cover_the_whole_range_of_the_input(ic01: Model) -> None:
    image = np.zeros((32, 32, 3), np.uint8)
    image[0, 0] = (0, 128, 255)
    assert ic01.input_of(image)[0, 0, 0].tolist() == [-128, 0, 127]


def test_image_of_another_size_is_refused_with_both_sizes(ic01: Model) -> None:
    with pytest.raises(UsageError, match=r"an image is 28 x 28 x 3, but ic01 takes 32 x 32 x 3"):
        ic01.input_of(np.zeros((28, 28, 3), np.uint8))


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read the model .*none\.tflite: No such file"):
        load_model(tmp_path / "none.tflite")


def test_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tflite"
    path.write_text("hello, this is no model")
    with pytest.raises(UsageError, match=r"is not a \.tflite model"):
        load_model(path)


@pytest.mark.parametrize("length", [8, 20, 100, 1000, 20_000, 90_000])
def test_truncated_model_is_refused_by_the_harness_or_the_reference(
    ic01: Model, tmp_path: Path, length: int
) -> None:
    path = tmp_path / "short.tflite"
    path.write_bytes(ic01.content[:length])
    with pytest.raises(UsageError):
        load_reference("litert", load_model(path))


def test_damaged_model_is_never_more_than_a_usage_error(ic01: Model, tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    path = tmp_path / "damaged.tflite"
    refused = 0
    for _ in range(200):
        content = bytearray(ic01.content)
        for position in random.integers(8, 4000, 20):
            content[position] = random.integers(256)
        path.write_bytes(bytes(content))
        try:
            load_model(path)
        except UsageError:
            refused += 1
    assert refused > 0


def test_model_with_uint8_at_its_ends_alone_computes_in_int8() -> None:
    assert load_model(paths.DEFAULT_MODEL).input.dtype == np.uint8
    assert not load_model(paths.DEFAULT_MODEL).computes_in_uint8


def test_model_that_is_uint8_throughout_computes_in_uint8(tmp_path: Path) -> None:
    graph = Graph()
    image = graph.input(Tensor((1, 4, 4, 3), "uint8", scale=1.0))
    answer = Tensor((1, 4, 4, 3), "uint8", scale=1.0)
    graph.outputs = [graph.op(schema.BuiltinOperator.RELU, [image], answer)]
    (tmp_path / "old.tflite").write_bytes(graph.build())
    assert load_model(tmp_path / "old.tflite").computes_in_uint8
