"""Whole networks give LiteRT's bits, layer by layer, also when the memory of tensors is shared."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fixtures import places

from .conftest import BOTH_KERNELS
from .graph import Reference, random_data
from .runner import Engine
from .test_setup import residual_network

pytestmark = BOTH_KERNELS
DATA = places.BUILD / "data"
# The largest tensor is 16,384, and three of them are alive at once, but a convolution's output may
# overlap its input; columns, tables and parameters are the rest.
IC01_ARENA = 38_400


def test_random_networks_give_the_bits_of_litert(engine: Engine) -> None:
    for seed in range(100):
        rng = np.random.default_rng(seed)
        graph = residual_network(rng)
        model = graph.build()
        inputs = [random_data(rng, graph.tensors[i]) for i in graph.inputs]
        reference = Reference(model)
        outputs = reference.run(inputs)
        run = engine.run(model, [data.tobytes() for data in inputs]).runs[0]
        layers = [reference.tensor(op.outputs[0]) for op in graph.ops]
        assert run.layers == layers, f"seed {seed}"
        # LiteRT lists outputs as the graph does.
        assert run.outputs == outputs, f"seed {seed}"


def _ic01() -> bytes:
    paths = sorted((DATA / "models").glob("*.tflite"))
    if not paths:
        pytest.skip("the model ic01 is not there; `make setup` fetches it")
    return paths[0].read_bytes()


def _images() -> list[bytes]:
    paths = sorted(Path(DATA / "images").glob("*.png"))
    if not paths:
        pytest.skip("the CIFAR-10 images are not there; `make setup` fetches them")
    pixels = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    return [(image.astype(np.int16) - 128).astype(np.int8).tobytes() for image in pixels]


def test_ic01_gives_the_bits_of_litert_on_every_image_again_and_again(engine: Engine) -> None:
    model, images = _ic01(), _images()
    reference = Reference(model)
    expected = [
        reference.run([np.frombuffer(image, np.int8).reshape(1, 32, 32, 3)]) for image in images
    ]
    answer = engine.run(model, *[[image] for image in [*images, *images[::-1]]])
    assert [run.outputs for run in answer.runs] == expected + expected[::-1]


def test_ic01_takes_less_arena_than_its_three_largest_tensors(engine: Engine) -> None:
    assert engine.run(_ic01()).arena_used == IC01_ARENA
