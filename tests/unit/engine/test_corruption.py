"""A damaged model is refused or runs; it never makes the engine touch memory that is not its own,
overflow, or hang. The engine's sanitizers and the runner's time-out are the judges.

`make fuzz` corrupts ten times as many bytes.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from .cases import Rng
from .custom_cases import HuffmanCoded, decode
from .every_case import EXACT
from .graph import Tensor, with_inferred_shapes
from .runner import Engine, EngineError
from .test_networks import _ic01

ARENA = 1 << 17
CORRUPTED = 1_000
"""Bytes that are corrupted, one at a time, in ic01 and in a model of each op, uint8 ones too."""


def survive(engine: Engine, model: bytes) -> bool:
    """Run a model if it lets itself be set up; return whether it did."""
    try:
        answer = engine.run(model, arena=ARENA)
    except EngineError:
        return False
    engine.run(model, [bytes(tensor.size) for tensor in answer.inputs], arena=ARENA)
    return True


def small_models() -> list[bytes]:
    """Return one model an op, and one whose codes lead through tables."""
    rng = np.random.default_rng(0)
    graphs = [with_inferred_shapes(case(rng)) for case in EXACT]
    graphs.append(decode(rng, HuffmanCoded(Tensor((4, 5), "int8"), entry=2)))
    return [graph.build() for graph in graphs]


def damaged(rng: Rng, model: bytes, count: int, within: int) -> Iterator[bytes]:
    """Yield copies with a few bytes changed among the first `within`."""
    for _ in range(count):
        data = bytearray(model)
        for _ in range(int(rng.integers(1, 5))):
            place = int(rng.integers(min(within, len(data))))
            value = rng.choice([0, 1, 0x7F, 0x80, 0xFF, int(rng.integers(256))])
            data[place] = int(value)
        yield bytes(data)


def test_truncated_models(engine: Engine) -> None:
    for model in small_models():
        for size in range(0, len(model), 16):
            survive(engine, model[:size])


def test_truncated_ic01(engine: Engine) -> None:
    model = _ic01()
    for size in np.linspace(0, len(model) - 1, 100).astype(int):
        survive(engine, model[:size])


def test_models_with_random_bytes_changed(engine: Engine) -> None:
    rng = np.random.default_rng(0)
    survived = 0
    for model in small_models():
        for data in damaged(rng, model, 250, len(model)):
            survived += survive(engine, data)
    assert survived > 100, "no damage was light enough to be run; the test tests less than it says"


@pytest.mark.parametrize("value", [0, 1, 0x7F, 0x80, 0xFF])
def test_models_with_each_byte_changed(engine: Engine, value: int) -> None:
    for model in small_models()[:: 6 if value else 3]:
        for place in range(len(model)):
            data = bytearray(model)
            data[place] = value
            survive(engine, bytes(data))


def test_ic01_with_random_bytes_changed(engine: Engine) -> None:
    """The weights in the middle of the file are not worth a hit: damage is done at both ends."""
    model = _ic01()
    rng = np.random.default_rng(0)
    for data in damaged(rng, model, 60, 4000):
        survive(engine, data)
    tail = len(model) - 12000
    for end in damaged(rng, model[tail:], 60, 12000):
        survive(engine, model[:tail] + end)


def corrupt_bytes(program: Path, folder: Path, total: int) -> tuple[int, int]:
    """Corrupt ic01 and a small model an op, one byte at a time; stop at whatever stops the engine.

    Args:
        program: `corrupt` of firmware/test.
        folder: for the models.
        total: bytes to corrupt, a tenth of them in ic01, whose runs take longer.

    Returns:
        How many of the models were refused, and how many ran.
    """
    small = small_models()
    counts = [total // 10, *(-(-total * 9 // 10 // len(small)) for _ in small)]
    refused = ran = 0
    for i, (model, count) in enumerate(zip([_ic01(), *small], counts, strict=True)):
        path = folder / f"{i}.tflite"
        path.write_bytes(model)
        command = [str(program), str(path), str(i), str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"model {i}:\n{done.stderr}"
        answer = done.stdout.split()
        refused += int(answer[0])
        ran += int(answer[2])
    return refused, ran


def test_one_byte_corrupted_is_an_error_or_a_run(host_build: Path, tmp_path: Path) -> None:
    refused, ran = corrupt_bytes(host_build / "corrupt", tmp_path, CORRUPTED)
    assert refused + ran >= CORRUPTED
    assert min(refused, ran) > CORRUPTED / 10, "damage was all heavy, or all light"
