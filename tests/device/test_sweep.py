"""Random models of one op, or of a few, on the device, whose SIMD instructions no host has."""

from __future__ import annotations

from itertools import count, islice
from pathlib import Path

import numpy as np

from tests.sweep import for_devices, on_device, problems, sample_by, sample_of
from tests.unit.engine.custom_cases import CUSTOM
from tinyml_hil.device import Device

MODELS = 40
CUSTOM_MODELS = 3


def test_random_models_give_the_bits_of_litert(any_model: Device, tmp_path: Path) -> None:
    runners = {"device": on_device(any_model, tmp_path)}
    samples = islice(for_devices(map(sample_of, count())), MODELS)
    assert [problem for sample in samples for problem in problems(sample, runners)] == []


def test_custom_ops_give_the_bits_of_who_has_them(any_model: Device, tmp_path: Path) -> None:
    runners = {"device": on_device(any_model, tmp_path)}
    for case in CUSTOM:
        samples = (sample_by(case, np.random.default_rng(seed), seed) for seed in count())
        chosen = islice(for_devices(samples), CUSTOM_MODELS)
        assert [problem for sample in chosen for problem in problems(sample, runners)] == []
