"""Input changes: one step on the way from an image to the model's input, done otherwise."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.hypothesis import Candidate, Hypothesis
from tinyml_hil.explanation.resizers import Size
from tinyml_hil.model import Model, Preprocessing

_PIXELS = 256


def _same(anything: Any) -> Any:
    return anything


@dataclass(frozen=True)
class Change:
    """What the device does otherwise, before, while or after the host preprocesses an image."""

    what: str
    """What the device takes for what, such as: the image as BGR, the host as RGB."""
    image: Callable[[NDArray[Any]], NDArray[Any]] = _same
    """Of the decoded image, height x width x channels."""
    preprocessing: Callable[[Preprocessing], Preprocessing] = _same
    tensor: Callable[[NDArray[Any]], NDArray[Any]] = _same
    """Of the raw input."""


class InputHypothesis(Hypothesis):
    """The device takes its input otherwise than the host, and computes as the host does."""

    quick = True

    @abstractmethod
    def changes(self, evidence: Evidence) -> Iterator[Change]:
        """What to try, the likeliest first; only what changes an input of this model."""

    def candidates(self, evidence: Evidence) -> Iterator[Candidate]:
        """One for each change; none where inputs are no images."""
        if evidence.has_images:
            for change in self.changes(evidence):
                yield candidate_of(evidence, [change])


def candidate_of(evidence: Evidence, changes: Sequence[Change]) -> Candidate:
    """The candidate that a device makes all these changes."""
    model = evidence.model

    def tensor_of(image: NDArray[Any]) -> NDArray[Any]:
        return changed_input(model, image, changes)

    return Candidate(
        f"the device takes {' and '.join(change.what for change in changes)}",
        predict=lambda case: evidence.host.predict(
            np.concatenate(list(map(tensor_of, case.images)))
        ),
        seen=lambda case: _picture(model, tensor_of(case.image)),
    )


def changed_input(
    model: Model, image: NDArray[np.uint8], changes: Sequence[Change]
) -> NDArray[Any]:
    """The raw input that a device with these changes makes of an image."""
    preprocessing, pixels = model.preprocessing, image
    for change in changes:
        pixels = change.image(pixels)
        preprocessing = change.preprocessing(preprocessing)
    tensor = preprocessing.tensor_of(pixels, model.input, model.name)
    for change in changes:
        tensor = change.tensor(tensor)
    return np.ascontiguousarray(tensor.reshape(model.input.shape), model.input.dtype)


def as_pixels(given: Preprocessing) -> Preprocessing:
    """Without mean and scale: 8-bit inputs are pixels then, less 128 or as they are."""
    return replace(given, mean=(), scale=())


def said_of_host(model: Model) -> str:
    """What the host makes of a pixel."""
    given = model.preprocessing
    if given.mean or given.scale:
        mean, scale = (
            ", ".join(f"{number:g}" for number in numbers) for numbers in (given.mean, given.scale)
        )
        return f"mean {mean or 0}, scale {scale or (1 if given.mean else '1/255')}"
    names = {"int8": "pixels less 128", "uint8": "pixels as they are"}
    return names.get(model.input.dtype.name, "pixel / 255")


def resized_to(evidence: Evidence) -> Size | None:
    """The size to which images are resized; None if all have it already."""
    height, width, _ = evidence.model.image_shape
    size = height, width
    return None if all(case.image.shape[:2] == size for case in evidence.cases) else size


def _picture(model: Model, tensor: NDArray[Any]) -> NDArray[np.uint8]:
    """A raw input as an image: its values from the lowest, black, to the highest."""
    height, width, channels = model.image_shape
    nchw = model.preprocessing.layout == "nchw" and tensor.ndim == 4
    image = tensor[0].transpose(1, 2, 0) if nchw else tensor.reshape(height, width, channels)
    if tensor.dtype.itemsize > 1:
        low, high = float(image.min()), float(image.max())
        image = (image - low) * ((_PIXELS - 1) / max(high - low, 1e-9))
    else:
        image = image.astype(np.int16) - np.iinfo(tensor.dtype).min
    pixels = np.clip(image, 0, _PIXELS - 1).astype(np.uint8)
    return pixels[..., ::-1] if model.preprocessing.channels == "bgr" else pixels
