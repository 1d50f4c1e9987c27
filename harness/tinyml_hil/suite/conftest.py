"""What the suite's tests share besides the plugin's fixtures."""

from __future__ import annotations

from typing import Any

import pytest
from numpy.typing import NDArray

from tinyml_hil.dataset import Dataset
from tinyml_hil.model import Model


@pytest.fixture
def tensor(model: Model, dataset: Dataset) -> NDArray[Any]:
    """The model's input for the dataset's first image."""
    return model.input_of(dataset.image(0))
