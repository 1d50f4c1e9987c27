"""Models by the names of MLPerf Tiny's: what its runner sends them, and what it gets back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.conftest import Run
from tests.unit.engine.graph import Tensor
from tests.zoo import ZOO, Network
from tinyml_hil.device import Device
from tinyml_hil.errors import DeviceError, UsageError
from tinyml_hil.session import Options, Session

PER_LINE = 31
"""Bytes that the runner sends in a line."""
VALUES = 640
SCALE, ZERO_POINT = 0.3, 5


@contextmanager
def _device(folder: Path, content: bytes, name: str | None) -> Iterator[tuple[Device, Session]]:
    (folder / "net.tflite").write_bytes(content)
    options = Options(target="qemu", model=folder / "net.tflite", model_name=name, lane="uart")
    session = Session(options)
    with session.device(folder / "uart.log") as device:
        yield device, session


def _autoencoder(dtype: str) -> bytes:
    """As many values out as in, on the same scale."""
    quantized = (SCALE, ZERO_POINT) if dtype == "int8" else ()
    network = Network(Tensor((1, VALUES), dtype, *quantized)).dense(8)
    return network.dense(VALUES, (SCALE, ZERO_POINT) if quantized else None).build()


@pytest.fixture(scope="module", params=["int8", "float32"])
def ad01(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Device, Session]]:
    """The benchmark's anomaly detection, as its published model is, and in float32."""
    content = _autoencoder(request.param)
    with _device(tmp_path_factory.mktemp("ad01"), content, "ad01") as running:
        yield running


def _load(device: Device, content: bytes) -> None:
    device.console.answer(f"db load {len(content)}")
    lines: list[str] = []
    for start in range(0, len(content), PER_LINE):
        lines = device.console.answer(f"db {content[start : start + PER_LINE].hex()}")
    assert lines == ["m-load-done"]


def _reals() -> NDArray[np.float32]:
    """Values within the input's range, halves between two steps, and values far out of it."""
    values = np.random.default_rng(3).normal(0, 12, VALUES).astype(np.float32)
    values[:4] = np.float32(SCALE) * np.array([0.5, -0.5, 1.5, -2.5], np.float32)
    values[4:6] = [400, -400]
    return values


def _expected_input(session: Session, real: NDArray[np.float32]) -> NDArray[Any]:
    """As the benchmark's own firmware quantizes: halves away from zero."""
    spec = session.model.input
    if spec.dtype == np.float32:
        return real.reshape(spec.shape)
    steps = real / np.float32(spec.scale)
    rounded = np.sign(steps) * np.floor(np.abs(steps.astype(np.float64)) + 0.5)
    quantized: NDArray[np.int8] = np.clip(rounded + spec.zero_point, -128, 127).astype(np.int8)
    return quantized.reshape(spec.shape)


def test_ad01_takes_real_numbers_and_gives_its_mean_squared_error(
    ad01: tuple[Device, Session],
) -> None:
    device, session = ad01
    real = _reals()
    _load(device, real.astype("<f4").tobytes())
    results = [line for line in device.console.answer("infer 1 0") if "results" in line]
    given = session.reference.predict(_expected_input(session, real))
    output = session.model.output.dequantize(given).reshape(-1)
    error = float(np.mean((output - real) ** 2, dtype=np.float64))
    assert float(results[0][len("m-results-[") : -1]) == pytest.approx(error, rel=1e-5, abs=6e-4)
    assert device.console.answer("results") == results


def test_ad01_takes_its_raw_input_all_the_same(ad01: tuple[Device, Session]) -> None:
    device, session = ad01
    tensor = _expected_input(session, _reals() * np.float32(0.5))
    expected = session.reference.predict(tensor)
    assert np.array_equal(device.classify(tensor).output, expected.reshape(-1))
    answer = device.console.answer("infer 1 0")
    assert answer[-1].count(",") == VALUES - 1


def test_real_numbers_that_did_not_all_come_are_no_input(ad01: tuple[Device, Session]) -> None:
    device, _ = ad01
    _load(device, _reals().astype("<f4").tobytes())
    device.console.answer(f"db load {4 * VALUES}")
    device.console.answer("db 00112233")
    with pytest.raises(DeviceError, match="No input is loaded"):
        device.console.answer("infer 1 0")


def test_model_of_another_name_takes_no_real_numbers(tmp_path: Path) -> None:
    with _device(tmp_path, _autoencoder("int8"), None) as (device, _):
        assert device.console.answer("profile")[1] == "m-model-[net]"
        with pytest.raises(DeviceError, match=r"Expected 640 bytes"):
            device.console.answer(f"db load {4 * VALUES}")


def test_model_is_called_as_the_option_says(run_cli: Run, tmp_path: Path) -> None:
    path, _ = ZOO["spectrogram"].write(tmp_path)
    result = run_cli("run", "--target=qemu", "--model", path, "--model-name=kws01")
    assert result.returncode == 0, result.stderr
    assert "model kws01" in result.stdout.splitlines()[0] + result.stdout.splitlines()[1]


def test_name_that_no_line_of_the_protocol_can_carry_is_refused() -> None:
    for name in ("", "a b", "a]", "ä"):
        with pytest.raises(UsageError, match=r"--model-name is .*; it has letters, digits"):
            Options(model_name=name)
