"""The layers of every reference: LiteRT, TensorFlow, TensorFlow Lite for Microcontrollers."""

from __future__ import annotations

import pytest

from tinyml_hil.dataset import Dataset
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.model import REFERENCES, HostLayers, Model, load_reference


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
