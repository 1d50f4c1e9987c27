"""Other models in place of the built-in one, without a rebuild; bad ones leave that one running."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from tests.unit.engine.graph import Graph, Tensor
from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Device
from tinyml_hil.errors import DeviceError, FaultError, LinkError, UsageError
from tinyml_hil.model import Model, load_model, load_reference, pack
from tinyml_hil.session import Session

BEYOND_THE_ENGINE = schema.BuiltinOperator.RNN
CORRUPTED = 200


def _require_room(hil: Session, model: Model) -> None:
    """A model is loaded into the memory lane, of which a small chip has little."""
    if (room := hil.platform.lane_size) < len(model.content):
        pytest.skip(f"{model.name} has {len(model.content)} bytes, this platform's lane {room}")


@pytest.fixture
def other(hil: Session, model: Model, tmp_path: Path) -> Model:
    """A model with other weights: the elements of the largest constant, the other way round."""
    _require_room(hil, model)
    graph = schema.ModelT.InitFromPackedBuf(model.content, 0)
    constants = [(t, graph.buffers[t.buffer].data) for t in graph.subgraphs[0].tensors]
    largest, data = max(((t, d) for t, d in constants if d is not None), key=lambda c: len(c[1]))
    weights = bytes(data)
    element = np.dtype("V4" if largest.type == schema.TensorType.FLOAT32 else "V1")
    start = model.content.index(weights)
    content = bytearray(model.content)
    content[start : start + len(weights)] = np.frombuffer(weights, element)[::-1].tobytes()
    path = tmp_path / "other.tflite"
    path.write_bytes(content)
    return load_model(path)


@pytest.fixture
def small(model: Model, tmp_path: Path) -> Model:
    """A model of one op, with other outputs: the mean of each channel."""
    graph = Graph()
    quantization = (model.input.dtype.name, model.input.scale, model.input.zero_point)
    image = graph.input(Tensor(model.input.shape, *quantization))
    options = schema.Pool2DOptionsT()
    options.padding, options.strideH, options.strideW = schema.Padding.VALID, 1, 1
    options.filterHeight, options.filterWidth, channels = model.image_shape
    means = Tensor((1, 1, 1, channels), *quantization)
    code = schema.BuiltinOperator.AVERAGE_POOL_2D
    graph.outputs = [graph.op(code, [image], means, options)]
    path = tmp_path / "small.tflite"
    path.write_bytes(graph.build())
    return load_model(path)


def _packed(model: Model, change: Callable[[Any], None]) -> bytes:
    graph = schema.ModelT.InitFromPackedBuf(model.content, 0)
    change(graph)
    return pack(graph)


def _with_unknown_op(model: Model) -> bytes:
    def change(graph: Any) -> None:
        code = graph.operatorCodes[graph.subgraphs[0].operators[0].opcodeIndex]
        code.builtinCode = code.deprecatedBuiltinCode = BEYOND_THE_ENGINE

    return _packed(model, change)


def _with_huge_tensor(model: Model) -> bytes:
    def change(graph: Any) -> None:
        first = graph.subgraphs[0].operators[0]
        graph.subgraphs[0].tensors[first.outputs[0]].shape = [1, 1024, 1024, 64]

    return _packed(model, change)


def _require_same_bits(device: Device, model: Model, dataset: Dataset) -> None:
    tensor = model.input_of(dataset.image(0))
    expected = load_reference("litert", model).predict(tensor)
    assert device.classify(tensor).output.tolist() == expected.tolist()


@pytest.mark.parametrize("lane", ["memory", "uart"])
def test_small_model_gives_the_host_s_bits(
    any_model: Device, small: Model, dataset: Dataset, lane: str
) -> None:
    if lane not in any_model.lanes:
        pytest.skip(f"this target has no lane {lane}")
    any_model.builtin_model()
    any_model.load_model(small.path, lane)
    assert any_model.info.output.bytes == small.output.bytes
    _require_same_bits(any_model, small, dataset)


def test_loaded_model_gives_the_host_s_bits(
    any_model: Device, other: Model, dataset: Dataset
) -> None:
    any_model.load_model(other.path)
    assert any_model.info.model_sha256 == other.sha256
    _require_same_bits(any_model, other, dataset)


def test_built_in_model_comes_back_by_command_and_by_reset(
    any_model: Device, model: Model, other: Model, dataset: Dataset
) -> None:
    for back in (any_model.builtin_model, any_model.reset):
        any_model.load_model(other.path)
        back()
        assert any_model.info.model_sha256 == model.sha256
        _require_same_bits(any_model, model, dataset)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda model: model.content[: len(model.content) // 2], r"e-\[model: "),
        (lambda model: np.random.default_rng(1).bytes(5000), r"e-\[model: not a \.tflite model"),
        (_with_unknown_op, rf"e-\[model: op 0: op {BEYOND_THE_ENGINE} is not in the engine"),
        (_with_huge_tensor, r"e-\[model: arena too small: \d+ bytes, \d+ needed"),
    ],
    ids=["half a file", "junk", "unknown op", "too large for the arena"],
)
def test_bad_model_leaves_the_built_in_one_running(
    any_model: Device,
    model: Model,
    other: Model,
    dataset: Dataset,
    tmp_path: Path,
    spoil: Callable[[Model], bytes],
    complaint: str,
) -> None:
    path = tmp_path / "bad.tflite"
    path.write_bytes(spoil(model))
    any_model.load_model(other.path)
    with pytest.raises(DeviceError, match=complaint):
        any_model.load_model(path)
    assert any_model.info.model_sha256 == model.sha256
    _require_same_bits(any_model, model, dataset)


def test_model_damaged_on_the_way_leaves_the_built_in_one_running(
    any_model: Device, model: Model, dataset: Dataset, tmp_path: Path, monkeypatch: Any
) -> None:
    any_model.builtin_model()
    path = tmp_path / "damaged.tflite"
    path.write_bytes(model.content[:1000])
    right = zlib.crc32(model.content[:1000])
    wrong, send = f"{right ^ 1:08x}", any_model.console.send
    with monkeypatch.context() as announcing:
        announcing.setattr(
            any_model.console, "send", lambda command: send(command.replace(f"{right:08x}", wrong))
        )
        with pytest.raises(
            LinkError, match=rf"CRC mismatch: expected {wrong}, got (.|\n)*never came"
        ):
            any_model.load_model(path, "uart")
    _require_same_bits(any_model, model, dataset)


def test_model_that_stalls_on_the_way_is_sent_once_more(
    any_model: Device, other: Model, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that is too busy: the rest comes when the device takes it for commands."""
    console = any_model.console
    whole = console.write
    stalled: list[bytes] = []

    def write(data: bytes) -> None:
        if len(data) < len(other.content) or stalled:
            whole(data)
            return
        stalled.append(data)
        whole(data[:100])
        while b"Time-out" not in console._buffer:
            console.listen()
        whole(b"rest%" + data[100:200])

    monkeypatch.setattr(console, "write", write)
    any_model.load_model(other.path, "uart")
    assert any_model.info.model_sha256 == other.sha256
    _require_same_bits(any_model, other, dataset)
    assert stalled


def test_model_larger_than_the_lane_is_refused_before_it_is_sent(
    any_model: Device, model: Model, dataset: Dataset, tmp_path: Path
) -> None:
    if "memory" not in any_model.lanes:
        pytest.skip("this target has no memory lane")
    any_model.builtin_model()
    path = tmp_path / "large.tflite"
    path.write_bytes(bytes((16 << 20) + 1))
    with pytest.raises(UsageError, match="larger than the memory lane"):
        any_model.load_model(path, "memory")
    _require_same_bits(any_model, model, dataset)


def test_self_test_is_not_run_on_another_model(any_model: Device, other: Model) -> None:
    any_model.load_model(other.path)
    with pytest.raises(DeviceError, match="The self-test is the built-in model's"):
        any_model.selftest()


def test_firmware_for_one_model_says_how_to_build_one_for_any(
    hil: Session, device: Device, model: Model
) -> None:
    if hil.options.ops == "all":
        pytest.skip("this firmware is for any model")
    with pytest.raises(UsageError, match="--ops=all"):
        device.load_model(model.path, "uart")


def test_one_byte_corrupted_is_an_error_or_a_run(
    hil: Session, any_model: Device, model: Model, dataset: Dataset, tmp_path: Path
) -> None:
    """Errors are of the model, not of the processor; and the built-in one is as exact as before."""
    if "memory" not in any_model.lanes or any_model.info.ticks != "instructions":
        pytest.skip("takes minutes but in a simulator with a memory lane")
    _require_room(hil, model)
    rng = np.random.default_rng(0)
    path = tmp_path / "corrupted.tflite"
    ran = 0
    for _ in range(CORRUPTED):
        content = bytearray(model.content)
        content[rng.integers(len(content))] ^= rng.integers(1, 256, dtype=np.uint8)
        path.write_bytes(content)
        try:
            any_model.load_model(path)
            any_model.console.request(f"batch 0x{any_model.info.lane_address:x} 1")
            ran += 1
        except FaultError:
            raise
        except DeviceError:
            assert any_model.info.model_sha256 == model.sha256
    any_model.builtin_model()
    _require_same_bits(any_model, model, dataset)
    assert 0 < ran < CORRUPTED
