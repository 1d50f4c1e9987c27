"""Built-in inputs: those of a dataset that firmware which prints its results may have in it."""

from __future__ import annotations

from tinyml_hil.dataset import Dataset
from tinyml_hil.device import KnownInputs
from tinyml_hil.model import Model


def inputs_of(dataset: Dataset, model: Model) -> KnownInputs:
    """The model's inputs for a dataset, each made when it is asked for."""
    return KnownInputs(
        dataset.classes,
        dataset.name,
        len(dataset),
        lambda index: model.input_of(dataset.image(index)),
    )
