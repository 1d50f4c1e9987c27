"""Random models of one op, or of a few, on the device, whose SIMD instructions no host has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

import pytest

from harness.device import Device
from harness.session import Session
from tests.sweep import for_devices, on_device, problems, sample_of

MODELS = 40


@pytest.fixture
def any_model(hil: Session, log_folder: Path) -> Iterator[Device]:
    """A device of its own, whose firmware has every op."""
    if hil.options.firmware:
        pytest.skip("needs a build, and --firmware builds none")
    if hil.options.target == "board":
        pytest.skip("would program the board with another firmware")
    session = Session(replace(hil.options, ops="all"))
    with session.device(log_folder / "sweep.log") as device:
        yield device


def test_random_models_give_the_bits_of_litert(any_model: Device, tmp_path: Path) -> None:
    runners = {"device": on_device(any_model, tmp_path)}
    samples = islice(for_devices(map(sample_of, count())), MODELS)
    assert [problem for sample in samples for problem in problems(sample, runners)] == []
