"""Random models of one op, or of a few, on the device, whose SIMD instructions no host has."""

from __future__ import annotations

from itertools import count, islice
from pathlib import Path

from tests.sweep import for_devices, on_device, problems, sample_of
from tinyml_hil.device import Device

MODELS = 40


def test_random_models_give_the_bits_of_litert(any_model: Device, tmp_path: Path) -> None:
    runners = {"device": on_device(any_model, tmp_path)}
    samples = islice(for_devices(map(sample_of, count())), MODELS)
    assert [problem for sample in samples for problem in problems(sample, runners)] == []
