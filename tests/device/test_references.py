"""The host's runtimes agree: LiteRT, TensorFlow and TensorFlow Lite for Microcontrollers."""

from __future__ import annotations

import pytest

from tinyml_hil.dataset import Dataset
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.model import REFERENCES, HostLayers, Model, load_reference

IMAGES = 20


@pytest.mark.parametrize("name", [n for n in REFERENCES if n != "litert"])
def test_reference_agrees_with_litert(name: str, model: Model, dataset: Dataset) -> None:
    try:
        other = load_reference(name, model)
    except (SetupError, UsageError) as error:
        pytest.skip(str(error))
    litert = load_reference("litert", model)
    for index in range(min(IMAGES, len(dataset))):
        tensor = model.input_of(dataset.image(index))
        assert other.predict(tensor).tolist() == litert.predict(tensor).tolist(), f"image {index}"


@pytest.mark.parametrize("name", REFERENCES)
def test_the_layers_of_a_reference_end_in_its_output(
    name: str, model: Model, dataset: Dataset
) -> None:
    tensor = model.input_of(dataset.image(0))
    try:
        load_reference(name, model)
    except (SetupError, UsageError) as error:
        pytest.skip(str(error))
    layers = HostLayers(name, model).run(tensor)
    assert [len(outputs) for outputs in layers] == [len(n.outputs) for n in model.graph.nodes]
    assert layers[-1][0].tobytes() == load_reference(name, model).predict(tensor).tobytes()
