"""A plant: a device with a cause of differences in it, and the run that such a device leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fixtures import places
from tinyml_hil.dataset import (
    CIFAR10_CLASSES,
    ArrayDataset,
    Dataset,
    load_dataset,
)
from tinyml_hil.dataset.dataset import NamedArraysDataset
from tinyml_hil.device import Classification, Device
from tinyml_hil.errors import SetupError
from tinyml_hil.model import Model, Preprocessing, Reference, load_kernels
from tinyml_hil.record import InputRecord
from tinyml_hil.session import Options, Session, inputs_together, record_of

NOISE = 60
"""Images of noise beside those of the default dataset: there, kernels differ more often."""


class PlantedSession(Session):
    """A session whose device cannot be started."""

    @contextmanager
    def device(
        self, transcript: Path, on_boot_line: Callable[[str], None] = lambda line: None
    ) -> Iterator[Device]:
        raise SetupError("there is no device here")
        yield


class World:
    """A model with its images, and what the host says of them."""

    def __init__(
        self,
        model: Path,
        reference: str = "litert",
        preprocessing: Preprocessing | None = None,
        size: tuple[int, int] | None = None,
    ) -> None:
        """The images are the default ones, and some of noise; several tensors are of noise.

        ``preprocessing``: in place of the model's own. ``size``: of the images, if not the model's.
        """
        self.reference = reference
        self.session = PlantedSession(Options(model=model, dataset=places.DEFAULT_DATASET))
        if preprocessing:
            self.session.model = replace(self.session.model, preprocessing=preprocessing)
        self.model = self.session.model
        if len(self.model.inputs) > 1:
            self.dataset: Dataset = _tensors(self.model)
        else:
            self.dataset = _images(*(size or self.model.image_shape[:2]))
        self.session.dataset = self.dataset

    @cached_property
    def host(self) -> Reference:
        """The host's answers."""
        return load_kernels(self.reference, self.model)

    @cached_property
    def expected(self) -> list[NDArray[Any]]:
        """What the host says of each image, or of all that are in a batch with it."""
        return [self.host.predict(self.tensor(i)) for i in range(len(self.dataset))]

    def tensor(self, index: int) -> NDArray[Any]:
        """The right input of an inference that an image is in."""
        together = inputs_together(index, self.model.batch, len(self.dataset))
        return self.model.input_of(*map(self.dataset.image, together))

    def records(self, outputs: list[NDArray[Any]]) -> list[InputRecord]:
        """The records of a device that gave these outputs."""
        return [
            record_of(
                *(i, self.dataset.label(i), Classification(output, 1, batch=self.model.batch)),
                *(self.expected[i], self.model, i % self.model.batch),
            )
            for i, output in enumerate(outputs)
        ]


def _images(height: int, width: int) -> Dataset:
    real = load_dataset(places.DEFAULT_DATASET)
    noise = np.random.default_rng(1).integers(0, 256, (NOISE, height, width, 3), np.uint8)
    shown = [Image.fromarray(real.image(i)).resize((width, height)) for i in range(len(real))]
    images = np.concatenate([np.stack([np.asarray(image) for image in shown]), noise])
    labels = np.array([*(real.label(i) for i in range(len(real))), *([0] * NOISE)])
    return ArrayDataset("images", CIFAR10_CLASSES, images, labels)


def _tensors(model: Model) -> Dataset:
    """Noise for each of a model's inputs."""
    random = np.random.default_rng(1)
    noise = {
        spec.name: random.integers(0, 256, (NOISE, *spec.shape[1:])).astype(spec.dtype)
        for spec in model.inputs
    }
    labels = np.zeros(NOISE, np.int64)
    return NamedArraysDataset("tensors", CIFAR10_CLASSES, noise, labels)


@cache
def world_of(
    model: Path,
    reference: str = "litert",
    preprocessing: Preprocessing | None = None,
    size: tuple[int, int] | None = None,
) -> World:
    """The world of these, made once; see ``World``."""
    return World(model, reference, preprocessing, size)


@dataclass(frozen=True)
class Plant:
    """A device on the host, with one cause in it."""

    hypothesis: str
    """The name of the one that has to find it."""
    title: str
    """What is planted; of a hypothesis each has another."""
    said: str
    """A regular expression that is found in the sentence."""
    give: Callable[[World, int], NDArray[Any]]
    """The device's raw output for an image."""
    model: Path = places.IC01
    reference: str = "litert"
    session: Callable[[World, Path], Session] = lambda world, folder: world.session
    """What the run was made with, for which there is a folder; if it is not the world's."""
    preprocessing: Preprocessing | None = None
    size: tuple[int, int] | None = None

    @property
    def world(self) -> World:
        """Where it is planted."""
        return world_of(self.model, self.reference, self.preprocessing, self.size)

    def __str__(self) -> str:
        return f"{self.hypothesis}: {self.title}".replace(" ", "-")
