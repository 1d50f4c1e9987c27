"""Firmware in TFLM's arithmetic: built, told from other firmware, and exact on a simulated core."""

from __future__ import annotations

from pathlib import Path

import pytest
from ai_edge_litert import schema_py_generated as schema

from fixtures import places
from tests.references import MODELS, PAGE, inputs_of, rows_of
from tests.unit.engine.graph import Graph, Tensor
from tinyml_hil.build import Firmware, OwnEngine, load_platform
from tinyml_hil.errors import UsageError
from tinyml_hil.model import load_model, load_reference
from tinyml_hil.record import engine_of
from tinyml_hil.session import Options, Session

MODEL = "cifar10"
WHY = "tflite-micro: the firmware's engine gives TFLM's bits"
pytest.importorskip("tflite_micro")


@pytest.fixture(scope="module")
def session(built: Firmware) -> Session:
    """The default model's, in TFLM's arithmetic. ``built``: there is a compiler."""
    return Session(Options(arithmetic="tflm"))


def test_firmware_is_held_against_tflite_micro(session: Session) -> None:
    assert str(session.reference_choice) == WHY
    brought = Session(Options(firmware=session.firmware.elf))
    assert str(brought.reference_choice) == WHY


def test_usual_firmware_does_not_say_that_it_gives_tflm_s_bits(built: Firmware) -> None:
    assert not built.gives_tflm_bits


def test_device_gives_tflm_s_bits_where_litert_gives_others(
    session: Session, tmp_path: Path
) -> None:
    model = load_model(MODELS[MODEL])
    by_tflm, by_litert = (load_reference(kind, model) for kind in ("tflite-micro", "litert"))
    rows = rows_of(PAGE.read_text())
    telling = next(r.first for r in rows if (r.model, r.kernels) == (MODEL, "tflite-micro"))
    with session.device(tmp_path / "uart.log") as device:
        for data in inputs_of(model)[list(telling)]:
            output = device.classify(data).output.tobytes()
            assert output == by_tflm.predict(data).tobytes()
            assert output != by_litert.predict(data).tobytes()


def test_model_of_uint8_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    graph = Graph()
    image = graph.input(Tensor((1, 4, 4, 3), "uint8", scale=1.0))
    answer = Tensor((1, 4, 4, 3), "uint8", scale=1.0)
    graph.outputs = [graph.op(schema.BuiltinOperator.RELU, [image], answer)]
    path = tmp_path / "old.tflite"
    path.write_bytes(graph.build())
    model = load_model(path)
    with pytest.raises(UsageError, match="has no kernels: build it with --arithmetic litert"):
        OwnEngine("tflm").arena(model, None, load_platform("mps2-an500"), places.BUILD)


def test_arithmetic_is_not_for_firmware_that_is_brought(tmp_path: Path) -> None:
    options = Options(arithmetic="tflm", firmware=tmp_path / "any.elf")
    with pytest.raises(UsageError, match="--arithmetic is for a build"):
        _ = Session(options).firmware


@pytest.mark.parametrize(
    ("options", "engine"),
    [
        ({}, "own"),
        ({"engine": "own", "arithmetic": "litert"}, "own"),
        ({"engine": "own", "arithmetic": "tflm"}, "own-tflm"),
        ({"engine": "tflm", "arithmetic": "litert"}, "tflm"),
        ({"engine": "tflm", "arithmetic": "tflm"}, "tflm"),
    ],
)
def test_baselines_tell_arithmetics_of_our_engine_apart(
    options: dict[str, str], engine: str
) -> None:
    assert engine_of(options) == engine
