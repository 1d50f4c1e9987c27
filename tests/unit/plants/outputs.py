"""Devices that give the outputs of other inputs, or in another order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixtures import places
from tests.unit.plants.plant import Plant, PlantedSession, World
from tinyml_hil.dataset import ArrayDataset
from tinyml_hil.model import apart, joined
from tinyml_hil.session import Session

Give = Callable[[World, int], NDArray[Any]]
_SHUFFLED = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7]
_CLASSES = ("truck", "bird", "ship", "cat", "frog", "dog", "deer", "horse", "plane", "car")


def _ordered(order: list[int]) -> Give:
    return lambda world, i: world.expected[i][np.array(order)]


def _before(world: World, index: int) -> NDArray[Any]:
    return world.expected[max(index - 1, 0)]


def _kept(world: World, index: int) -> NDArray[Any]:
    """Some in a row are answered as the one before them."""
    return world.expected[30 if 30 < index < 36 else index]


def _none(world: World, index: int) -> NDArray[Any]:
    return world.host.predict(np.zeros_like(world.tensor(index)))


def _with_unsorted_classes(world: World, folder: Path) -> Session:
    session = PlantedSession(world.session.options)
    images = np.stack([world.dataset.image(i) for i in range(len(world.dataset))])
    labels = np.array([world.dataset.label(i) for i in range(len(world.dataset))])
    session.dataset = ArrayDataset("images", _CLASSES, images, labels)
    return session


def _sorted(world: World, index: int) -> NDArray[Any]:
    by_class = dict(zip(_CLASSES, world.expected[index], strict=True))
    return np.array([by_class[name] for name in sorted(by_class)])


def _taken_for_sorted(world: World, index: int) -> NDArray[Any]:
    by_class = dict(zip(sorted(_CLASSES), world.expected[index], strict=True))
    return np.array([by_class[name] for name in _CLASSES])


def _swapped(world: World, index: int) -> NDArray[Any]:
    one, other = apart(world.tensor(index))
    return world.host.predict(joined([other, one]))


PLANTS = [
    Plant(
        *("tensor-order", "inputs", "takes the inputs 'keras_tensor_88' and 'keras_tensor_87' one"),
        *(_swapped, places.CASES / "two_inputs_int8.tflite"),
    ),
    Plant("stale-input", "always one behind", "the output of the input before", _before),
    Plant("stale-input", "kept at times", "the last input that it answered right", _kept),
    Plant("stale-input", "never written", "one of zeros", _none),
    Plant("output-order", "reversed", "another order: reversed", _ordered([*range(9, -1, -1)])),
    Plant("output-order", "later", "one place later", _ordered([9, *range(9)])),
    Plant("output-order", "earlier", "one place earlier", _ordered([*range(1, 10), 0])),
    Plant(
        *("output-order", "sorted", "another order: sorted by the names", _sorted),
        session=_with_unsorted_classes,
    ),
    Plant(
        *("output-order", "taken for sorted", "as if they were sorted", _taken_for_sorted),
        session=_with_unsorted_classes,
    ),
    Plant("output-order", "whatever", "another order: 3 is in place 0", _ordered(_SHUFFLED)),
]
