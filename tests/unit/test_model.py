"""What is read from a .tflite, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from fixtures import places
from tests.foreign import small_model
from tinyml_hil import paths
from tinyml_hil.errors import UsageError
from tinyml_hil.model import HostLayers, Model, load_model, load_reference, pack, read_graph

from .engine.cases import Case
from .engine.graph import Graph, Tensor
from .engine.shape_cases import dense, flatten
from .engine.test_setup import with_buffers_behind


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


def _classifier() -> Graph:
    """An image of 4 x 4 to two numbers."""
    graph = Graph()
    image = graph.input(Tensor((1, 4, 4, 3), "int8", 1.0))
    rows = graph.add(Tensor((2, 48), "int8", 1.0, data=np.ones((2, 48))))
    options = schema.FullyConnectedOptionsT()
    made = Tensor((1, 2), "int8", 1.0)
    graph.outputs = [graph.op(schema.BuiltinOperator.FULLY_CONNECTED, [image, rows], made, options)]
    return graph


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _changed(path: Path, change: Callable[[Any], None]) -> Path:
    """The classifier, after a change of its objects."""
    model = schema.ModelT.InitFromPackedBuf(_classifier().build(), 0)
    change(model)
    return _written(path, pack(model))


def test_empty_lists_of_scales_are_no_quantization(tmp_path: Path) -> None:
    def empty(model: Any) -> None:
        quantization = model.subgraphs[0].tensors[0].quantization
        quantization.scale, quantization.zeroPoint = [], []

    model = load_model(_changed(tmp_path / "m.tflite", empty))
    assert (model.input.scale, model.input.zero_point) == (0.0, 0)


def test_scale_without_zero_points_has_zero_point_0(tmp_path: Path) -> None:
    def empty(model: Any) -> None:
        model.subgraphs[0].tensors[0].quantization.zeroPoint = None

    model = load_model(_changed(tmp_path / "m.tflite", empty))
    assert (model.input.scale, model.input.zero_point) == (1.0, 0)


def test_constants_behind_the_flatbuffer_have_their_sizes(tmp_path: Path) -> None:
    path = _written(tmp_path / "m.tflite", with_buffers_behind(_classifier().build()))
    assert sum(tensor.constant_bytes for tensor in load_model(path).graph.tensors) == 96


def test_model_cut_within_the_constants_behind_it_is_refused(tmp_path: Path) -> None:
    content = with_buffers_behind(_classifier().build())
    with pytest.raises(UsageError, match="a constant lies behind its end"):
        load_model(_written(tmp_path / "m.tflite", content[:-16]))


def _with_signatures(*graphs: int) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        model.subgraphs.append(model.subgraphs[0])
        model.signatureDefs = []
        for number, graph in enumerate(graphs):
            signature = schema.SignatureDefT()
            signature.signatureKey, signature.subgraphIndex = f"does{number}", graph
            model.signatureDefs.append(signature)

    return change


def test_model_of_two_functions_is_refused_by_their_names(tmp_path: Path) -> None:
    path = _changed(tmp_path / "m.tflite", _with_signatures(0, 1))
    with pytest.raises(
        UsageError, match="by the signatures 'does0', 'does1': choose one with --signature"
    ):
        load_model(path)


def test_two_names_of_one_function_are_no_choice(tmp_path: Path) -> None:
    path = _changed(tmp_path / "m.tflite", _with_signatures(0, 0))
    assert load_model(path).ops == ("FULLY_CONNECTED",)


def test_tensor_that_is_not_there_is_refused(tmp_path: Path) -> None:
    def change(model: Any) -> None:
        model.subgraphs[0].outputs = [3]

    with pytest.raises(UsageError, match="names a tensor that it does not have"):
        load_model(_changed(tmp_path / "m.tflite", change))


@pytest.mark.parametrize("shape", [(1, 0, 4, 3), (0, 4, 4, 3)])
def test_input_without_a_value_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    def change(model: Any) -> None:
        model.subgraphs[0].tensors[0].shape = list(shape)

    with pytest.raises(UsageError, match="which has no size"):
        load_model(_changed(tmp_path / "m.tflite", change))


def _of_another_version(model: Any) -> None:
    """LiteRT looks at the version of an op, TensorFlow Lite for Microcontrollers does not."""
    model.operatorCodes[0].version = 99


def test_reference_that_refuses_a_model_names_one_that_takes_it(tmp_path: Path) -> None:
    pytest.importorskip("tflite_micro")
    model = load_model(_changed(tmp_path / "m.tflite", _of_another_version))
    with pytest.raises(UsageError, match=r"litert refuses .*; tflite-micro takes it: --reference"):
        load_reference("litert", model)


def test_the_smallest_model_has_layers_in_tflite_micro(tmp_path: Path) -> None:
    pytest.importorskip("tflite_micro")
    model = load_model(_written(tmp_path / "m.tflite", small_model()[0]))
    tensor = np.zeros(model.input.shape, np.int8)
    reshape, scores = HostLayers("tflite-micro", model).run(tensor)
    assert (reshape[0].size, scores[0].size) == (16, 3)


def test_model_that_no_reference_takes_is_refused_once(ic01: Model, tmp_path: Path) -> None:
    path = _written(tmp_path / "short.tflite", ic01.content[:90_000])
    with pytest.raises(UsageError) as caught:
        load_reference("litert", load_model(path))
    assert "--reference" not in str(caught.value)


def test_model_of_fixed_shapes_computes_none(ic01: Model) -> None:
    assert not ic01.computes_shapes


@pytest.mark.parametrize("case", [flatten, dense], ids=lambda case: case.__name__)
def test_model_with_an_open_batch_computes_shapes(tmp_path: Path, case: Case) -> None:
    path = _written(tmp_path / "m.tflite", case(np.random.default_rng(0)).build())
    assert read_graph(path)[1].computes_shapes


def damaged(random: np.random.Generator, content: bytes) -> bytes:
    """Some words of a model replaced: by the edges of ranges, or by others of its own."""
    words = np.frombuffer(content[: len(content) // 4 * 4], np.uint32).copy()
    for place in random.integers(2, len(words), int(random.integers(1, 5))):
        edges = (0, 1, 2, 0x7F, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, random.choice(words))
        words[place] = random.choice(np.array(edges, np.uint32))
    return words.tobytes()


@pytest.mark.parametrize("form", ["plain", "behind", "signatures"])
def test_model_with_damaged_words_is_never_more_than_a_usage_error(
    tmp_path: Path, form: str
) -> None:
    content = _classifier().build()
    if form == "behind":
        content = with_buffers_behind(content)
    if form == "signatures":
        content = _changed(tmp_path / "m.tflite", _with_signatures(0, 0)).read_bytes()
    random = np.random.default_rng(7)
    loaded = 0
    for _ in range(400):
        try:
            load_model(_written(tmp_path / "m.tflite", damaged(random, content)))
            loaded += 1
        except UsageError:
            continue
    assert 0 < loaded < 400
