"""Causes in the device are looked for in any model, whatever its ops and types."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fixtures import places
from tests.unit.plants.layered import LayeredSession
from tinyml_hil.dataset import ArrayDataset
from tinyml_hil.explanation import HYPOTHESES, Evidence, Explanation, examine
from tinyml_hil.model import HostLayers, load_model
from tinyml_hil.record import InputRecord
from tinyml_hil.session import Options

NAMES = (
    *("stale-input", "other-version", "per-tensor-scales", "output-order"),
    *("rounding", "flipped-bit", "arena-overlap"),
)
REFUSED = (
    *("act_elu_int8", "batch4_int8", "depth_to_space_int8", "two_inputs_int8"),
    *("two_signatures_float", "upsample_nearest_int8"),
)
"""No image classifiers of one input, or not for LiteRT's reference kernels."""
MODELS = sorted(path for path in places.CASES.glob("*.tflite") if path.stem not in REFUSED)
IMAGES = 4


def _damaged(layers: Sequence[Sequence[NDArray[Any]]]) -> list[bytes]:
    """Some of the bytes of every op are others."""
    told = []
    for outputs in layers:
        content = np.frombuffer(b"".join(output.tobytes() for output in outputs), np.uint8).copy()
        content[::3] ^= 5
        told.append(content.tobytes())
    return told


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_damage_in_any_model_is_looked_at_and_is_none_of_the_causes(path: Path) -> None:
    model = load_model(path)
    host = HostLayers("litert", model)
    session = LayeredSession(
        Options(model=path, dataset=places.DEFAULT_DATASET),
        lambda tensor: _damaged(host.run(tensor)),
    )
    random = np.random.default_rng(3)
    images = random.integers(0, 256, (IMAGES, *model.image_shape), np.uint8)
    classes = tuple(map(str, range(model.class_count)))
    session.dataset = ArrayDataset("images", classes, images, np.zeros(IMAGES, np.int64))
    records = []
    for index in range(IMAGES):
        layers = host.run(model.input_of(images[index]))
        right = layers[-1][0].reshape(-1)
        given = np.frombuffer(_damaged(layers)[-1], right.dtype)
        records.append(InputRecord(index, 0, right, given, 1))
    hypotheses = [each for each in HYPOTHESES if each.name in NAMES]
    with Evidence(session, "litert", records, Path("unused")) as evidence:
        found = examine(evidence, hypotheses, Explanation("", "litert", IMAGES, IMAGES))
    assert found.cause is None
    assert found.tried
