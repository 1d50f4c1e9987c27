"""Known models get as many of the default images right as they ever did."""

from __future__ import annotations

import pytest

from fixtures import places
from tinyml_hil.dataset import Dataset
from tinyml_hil.model import Model
from tinyml_hil.session import Evaluation
from tinyml_hil.session.checks import mistakes

# Of the first twenty test images of CIFAR-10, by LiteRT on the host: the project's own models, and
# MLPerf Tiny's ic01.
CORRECT_OF_20 = {
    "aa571eb2d225b57925a44f0c0d96bc3973b226cadeb8da59d0f260ab991a67c8": 20,
    "2ce1d3e2e441d94a7fa3a5ba5db7d7ef8dd7e8bae3a2206da8b095e50fb6e31c": 20,
    "3c002613d1b2475eb51dd78dfb85a546c8ae658dee71cf6ade43b022fe205415": 18,
}


def test_known_model_gets_as_many_of_the_20_default_images_right_as_ever(
    evaluation: Evaluation, dataset: Dataset, model: Model
) -> None:
    if (
        model.sha256 not in CORRECT_OF_20
        or dataset.name != str(places.DEFAULT_DATASET / "test_batch.bin")
        or len(dataset) != 20
    ):
        pytest.skip("only for a known model and the whole default dataset")
    records = list(evaluation.records(range(len(dataset))))
    task = evaluation.task
    correct = sum(task.is_right(record, "device") is True for record in records)
    expected = CORRECT_OF_20[model.sha256]
    if correct != expected:
        pytest.fail(
            f"{correct} of 20 right, {expected} expected; wrong are:\n"
            f"{mistakes(records, dataset, task)}",
            pytrace=False,
        )
