"""The project's own models, beside the one that the suite runs with: the host's bits, too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fixtures import places
from tinyml_hil.session import Session, differences

IMAGES = 4


@pytest.mark.parametrize("name", ["cifar10.tflite", "cifar10_int8.tflite"])
def test_trained_model_gives_the_host_s_bits(hil: Session, name: str, tmp_path: Path) -> None:
    if hil.options.target == "board":
        pytest.skip("would program the board with another model")
    own = replace(hil.options, model=places.MODELS / name, firmware=None, images=IMAGES, arena=None)
    session = Session(replace(own, dataset=places.DEFAULT_DATASET))
    with session.device(tmp_path / "uart.log") as device:
        records = list(session.evaluation(device).records(range(IMAGES)))
    if problem := differences(records, session.dataset, session.task):
        pytest.fail(problem, pytrace=False)
    assert len(records) == IMAGES
