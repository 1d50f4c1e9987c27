"""Cropping: the device takes a part of an image, or pads it, where the host resizes all of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Resampling

from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.input_change import Change, InputHypothesis, resized_to
from tinyml_hil.explanation.resizers import Size, pillow


class Cropping(InputHypothesis):
    """A part of the image's own pixels, or all of its shorter side, or all of it with a border."""

    name = "cropping"

    def changes(self, evidence: Evidence) -> Iterator[Change]:
        """Nothing if no image is resized."""
        size = resized_to(evidence)
        if size is None:
            return
        for said, change in (
            ("the middle of an image, not resized", partial(_middle, size=size)),
            ("the upper left corner of an image, not resized", partial(_corner, size=size)),
            ("the largest square in the middle of an image, resized", _square),
            ("all of an image, in black borders", partial(_padded, size=size)),
        ):
            yield Change(f"{said}, the host all of it, resized", change)


def _middle(image: NDArray[Any], size: Size) -> NDArray[Any]:
    top, left = (
        max(0, had - wanted) // 2 for had, wanted in zip(image.shape[:2], size, strict=True)
    )
    return image[top : top + size[0], left : left + size[1]]


def _corner(image: NDArray[Any], size: Size) -> NDArray[Any]:
    return image[: size[0], : size[1]]


def _square(image: NDArray[Any]) -> NDArray[Any]:
    side = min(image.shape[:2])
    return _middle(image, (side, side))


def _padded(image: NDArray[Any], size: Size) -> NDArray[Any]:
    share = min(wanted / had for had, wanted in zip(image.shape[:2], size, strict=True))
    inner = tuple(max(1, round(had * share)) for had in image.shape[:2])
    resized = pillow(image, (inner[0], inner[1]), Resampling.BILINEAR)
    padded = np.zeros((*size, image.shape[2]), np.uint8)
    top, left = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    padded[top : top + inner[0], left : left + inner[1]] = resized
    return padded
