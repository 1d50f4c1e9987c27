"""Models of several inputs, outputs or functions, and of a batch: run, compared, told apart."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from fixtures import places
from tests.unit.conftest import Run
from tests.unit.engine.graph import Graph, Tensor
from tinyml_hil.dataset import load_dataset
from tinyml_hil.device import Classification, Device
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model, load_model, load_reference, pack, rows_of, unpack
from tinyml_hil.record import (
    RESULTS,
    InputRecord,
    OutputPair,
    load_results,
    record_from_plain,
    record_to_plain,
    save_results,
)
from tinyml_hil.report import PAGE
from tinyml_hil.session import Options, Session

TWO_INPUTS = places.CASES / "two_inputs_int8.tflite"
BATCH = places.CASES / "batch4_int8.tflite"
SIGNATURES = places.CASES / "two_signatures_float.tflite"
OP = schema.BuiltinOperator
COUNT = 6
"""Inputs of a dataset: a batch of four, and half of another."""


def _pixels(count: int, seed: int = 1) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, 16, 16, 3), np.uint8)


def _two_inputs(folder: Path) -> Path:
    np.savez(
        folder / "two.npz",
        keras_tensor_87=_pixels(COUNT),
        keras_tensor_88=_pixels(COUNT, 2),
        labels=np.arange(COUNT) % 3,
    )
    return folder / "two.npz"


def _ends(folder: Path) -> Path:
    """A model of two inputs and three outputs, no two of a type and size."""
    graph = Graph()
    small = Tensor((1, 7), "int8", 0.5, -3)
    real = Tensor((1, 5), "float32")
    given, other = graph.input(small), graph.input(real)
    graph.outputs = [
        graph.op(OP.RELU, [given], small),
        graph.op(OP.RELU, [other], real),
        graph.op(OP.RELU6, [other], real),
    ]
    path = folder / "ends.tflite"
    path.write_bytes(graph.build())
    return path


def _of_ends(folder: Path) -> Path:
    rng = np.random.default_rng(3)
    np.savez(
        folder / "ends.npz",
        input_0=rng.integers(-128, 128, (COUNT, 7), np.int8),
        input_1=rng.normal(0, 4, (COUNT, 5)).astype(np.float32),
        labels=np.arange(COUNT),
    )
    return folder / "ends.npz"


def _words(folder: Path) -> Path:
    """A model that takes the numbers of two words of nine, and gives three values of each."""
    graph, options = Graph(), schema.GatherOptionsT()
    options.axis = 0
    table = np.random.default_rng(5).integers(-128, 128, (9, 3))
    numbers = [
        graph.add(Tensor((9, 3), "int8", 0.5, data=table)),
        graph.input(Tensor((2,), "int32")),
    ]
    graph.outputs = [graph.op(OP.GATHER, numbers, Tensor((2, 3), "int8", 0.5), options)]
    path = folder / "words.tflite"
    path.write_bytes(graph.build())
    return path


def _evaluated(run_cli: Run, *options: Any) -> tuple[list[InputRecord], Path]:
    """The records of a run that has to be exact, and its folder."""
    result = run_cli("evaluate", "--target=qemu", "--json", *options)
    assert result.returncode == 0, result.stderr
    run = json.loads(result.stdout)
    assert run["numbers"]["exact"] == run["numbers"]["images"] == COUNT
    return load_results(Path(run["folder"]) / RESULTS), Path(run["folder"])


def test_two_inputs_are_exact_on_the_device_and_both_drawn(run_cli: Run, tmp_path: Path) -> None:
    data = _two_inputs(tmp_path)
    records, folder = _evaluated(run_cli, "--model", TWO_INPUTS, "--dataset", data)
    model, dataset = load_model(TWO_INPUTS), load_dataset(data)
    reference = load_reference("litert", model)
    for index, record in enumerate(records):
        right = reference.predict(model.input_of(dataset.image(index)))
        assert record.output.tobytes() == right.tobytes()
    page = (folder / PAGE).read_text()
    assert 'alt="input 0, 0"' in page
    assert 'alt="input 0, tensor 2"' in page


@pytest.mark.nightly
def test_numbers_of_words_are_exact_on_the_device(run_cli: Run, tmp_path: Path) -> None:
    model = _words(tmp_path)
    inputs = np.arange(2 * COUNT).reshape(COUNT, 2) % 9
    np.savez(tmp_path / "words.npz", x=inputs, y=np.arange(COUNT) % 3)
    _evaluated(run_cli, "--model", model, "--dataset", tmp_path / "words.npz")


def test_word_that_there_is_none_of_is_said(tmp_path: Path) -> None:
    model = load_model(_words(tmp_path))
    with pytest.raises(UsageError, match="litert cannot run an input: gather index out of bounds"):
        load_reference("litert", model).predict(np.array([1, 9], np.int32))


def test_each_of_a_batch_gets_its_own_answer(run_cli: Run, tmp_path: Path) -> None:
    images = _pixels(COUNT)
    np.savez(tmp_path / "set.npz", images=images, labels=np.arange(COUNT))
    options = ("--model", BATCH, "--dataset", tmp_path / "set.npz")
    records, _ = _evaluated(run_cli, *options)
    model = load_model(BATCH)
    reference = load_reference("litert", model)
    right = [
        row[0]
        for batch in (images[:4], images[4:])
        for row in rows_of(reference.predict(model.input_of(*batch)), 4)[: len(batch)]
    ]
    assert [r.output.tobytes() for r in records] == [flat.tobytes() for flat in right]
    assert len({flat.tobytes() for flat in right}) == COUNT


def test_every_output_is_compared_and_recorded(run_cli: Run, tmp_path: Path) -> None:
    options = ("--model", _ends(tmp_path), "--dataset", _of_ends(tmp_path))
    records, _ = _evaluated(run_cli, *options)
    with np.load(tmp_path / "ends.npz") as given:
        for index, record in enumerate(records):
            small, real = given["input_0"][index], given["input_1"][index]
            assert record.output.tolist() == np.maximum(small, -3).tolist()
            first, second = record.rest
            assert first.output.tolist() == np.maximum(real, 0).tolist()
            assert second.output.tolist() == np.clip(real, 0, 6).tolist()


@pytest.mark.parametrize("chosen", ["classify", pytest.param("logits", marks=pytest.mark.nightly)])
def test_function_that_a_signature_names_is_run(run_cli: Run, tmp_path: Path, chosen: str) -> None:
    images = _pixels(COUNT)
    np.savez(tmp_path / "set.npz", images=images, labels=np.arange(COUNT) % 5)
    options = ("--model", SIGNATURES, "--dataset", tmp_path / "set.npz", "--signature", chosen)
    records, _ = _evaluated(run_cli, *options)
    # BUILTIN_REF of the whole file, which takes the signature by its name.
    whole = Interpreter(
        model_path=str(SIGNATURES), experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
    runner = whole.get_signature_runner(chosen)
    for image, record in zip(images, records, strict=True):
        (right,) = runner(x=image[None].astype(np.float32) * np.float32(1 / 255)).values()
        assert np.allclose(record.output, right.reshape(-1), rtol=1e-5, atol=1e-6)


def test_function_of_another_graph_is_a_model_without_the_other_s_constants() -> None:
    whole = SIGNATURES.read_bytes()
    assert load_model(SIGNATURES, "classify").content == whole
    cut = load_model(SIGNATURES, "logits")
    assert [end.name for end in (*cut.inputs, *cut.outputs)] == ["x", "z"]
    assert len(cut.content) < len(whole)
    assert load_model(SIGNATURES, "logits").content == cut.content


def test_graphs_that_a_function_calls_come_with_it(tmp_path: Path) -> None:
    model = unpack(SIGNATURES.read_bytes())
    # An unused graph before the others, and one that is called behind them.
    first, second = model.subgraphs
    unused, called = (schema.SubGraphT() for _ in range(2))
    for graph in (unused, called):
        graph.tensors, graph.operators, graph.inputs, graph.outputs = [], [], [], []
    model.subgraphs = [unused, first, second, called]
    for number, signature in enumerate(model.signatureDefs, start=1):
        signature.subgraphIndex = number
    code, call = schema.OperatorCodeT(), schema.OperatorT()
    code.builtinCode = OP.CALL_ONCE
    code.deprecatedBuiltinCode = 127
    model.operatorCodes.append(code)
    call.opcodeIndex, call.inputs, call.outputs = len(model.operatorCodes) - 1, [], []
    call.builtinOptionsType = schema.BuiltinOptions.CallOnceOptions
    call.builtinOptions = schema.CallOnceOptionsT()
    call.builtinOptions.initSubgraphIndex = 3
    second.operators.insert(0, call)
    (tmp_path / "m.tflite").write_bytes(pack(model))
    cut = unpack(load_model(tmp_path / "m.tflite", "logits").content)
    assert len(cut.subgraphs) == 2
    assert cut.subgraphs[0].operators[0].builtinOptions.initSubgraphIndex == 1


@pytest.mark.parametrize(
    ("path", "wanted", "complaint"),
    [
        (SIGNATURES, None, "by the signatures 'classify', 'logits': choose one with --signature"),
        (SIGNATURES, "y", "--signature y: .* has the signatures 'classify', 'logits'"),
        (places.IC01, "y", "--signature y: .* has no signatures"),
    ],
)
def test_signature_that_is_not_there_or_not_chosen_is_named(
    path: Path, wanted: str | None, complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        load_model(path, wanted)


def test_input_of_several_tensors_has_the_bytes_of_each_in_the_graph_s_order() -> None:
    model = load_model(TWO_INPUTS)
    assert [spec.name for spec in model.inputs] == ["keras_tensor_88", "keras_tensor_87"]
    given = np.zeros((), [(spec.name, np.uint8, (16, 16, 3)) for spec in model.inputs[::-1]])
    given["keras_tensor_88"] = 3
    given["keras_tensor_87"] = 4
    content = model.input_of(given).tobytes()
    half = model.input_bytes // 2
    assert content == bytes([3 ^ 128]) * half + bytes([4 ^ 128]) * half


def test_tensor_that_an_input_lacks_is_named(tmp_path: Path) -> None:
    model = load_model(TWO_INPUTS)
    with pytest.raises(UsageError, match="takes the tensors keras_tensor_88, keras_tensor_87, and"):
        model.input_of(_pixels(1)[0])
    np.savez(tmp_path / "set.npz", a=_pixels(2), keras_tensor_88=_pixels(2), labels=[0, 1])
    with pytest.raises(UsageError, match="has a, keras_tensor_88: keras_tensor_87 is missing"):
        model.input_of(load_dataset(tmp_path / "set.npz").image(0))


def test_folders_may_hold_an_npz_for_each_input(tmp_path: Path) -> None:
    for name in ("no", "yes"):
        (tmp_path / name).mkdir()
        np.savez(tmp_path / name / "a.npz", left=np.ones(2), right=np.array([[3]]))
    dataset = load_dataset(tmp_path)
    assert dataset.classes == ("no", "yes")
    assert dataset.title(1) == "input 1, yes/a.npz"
    assert dataset.image(1)["left"].tolist() == [1, 1]
    assert dataset.image(1)["right"].tolist() == [[3]]


def test_arrays_of_other_lengths_than_the_labels_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", a=np.zeros((3, 2)), b=np.zeros((2, 2)), labels=[0, 1, 2])
    with pytest.raises(UsageError, match="they have to be 2 whole numbers or names"):
        load_dataset(tmp_path / "set.npz")


class _Counting:
    """A device that gives the host's answers, and counts them."""

    def __init__(self, model: Model) -> None:
        self._reference = load_reference("litert", model)
        self._batch = model.batch
        self.inferences = 0

    def classify_many(self, tensors: Iterable[NDArray[Any]]) -> Iterator[Classification]:
        for tensor in tensors:
            self.inferences += 1
            yield Classification(self._reference.predict(tensor), 1, batch=self._batch)


def test_inputs_of_a_batch_that_are_asked_for_one_by_one_are_inferred_once(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", images=_pixels(COUNT), labels=np.arange(COUNT))
    session = Session(Options(model=BATCH, dataset=tmp_path / "set.npz"))
    device = _Counting(session.model)
    evaluation = session.evaluation(cast(Device, device))
    assert all(evaluation.record(index).exact for index in range(COUNT))
    assert device.inferences == 2
    session.close()


def test_batch_that_is_not_full_is_filled_by_its_last_input() -> None:
    model = load_model(BATCH)
    images = _pixels(3)
    whole = model.input_of(*images, images[2])
    assert model.input_of(*images).tobytes() == whole.tobytes()
    assert (model.batch, model.class_count, model.image_shape) == (4, 10, (16, 16, 3))


def _record() -> InputRecord:
    first, second = np.arange(7, dtype=np.int8), np.array([0.5, -0.0, 3], np.float32)
    return InputRecord(0, 0, first, first.copy(), 1, rest=(OutputPair(second, second.copy()),))


def test_one_bit_of_a_further_output_is_a_difference() -> None:
    record = _record()
    assert record.exact
    (pair,) = record.rest
    pair.output[1] = 0.0  # equal as a number
    assert not record.exact


def test_further_outputs_come_back_from_the_disk(tmp_path: Path) -> None:
    record = _record()
    record.rest[0].output[2] = 4
    save_results(tmp_path / RESULTS, [record, replace(record, index=1)])
    journal = record_from_plain(json.loads(json.dumps(record_to_plain(record))))
    for read in (*load_results(tmp_path / RESULTS), journal):
        (pair,) = read.rest
        assert pair.output.tobytes() == record.rest[0].output.tobytes()
        assert pair.expected.tobytes() == record.rest[0].expected.tobytes()
