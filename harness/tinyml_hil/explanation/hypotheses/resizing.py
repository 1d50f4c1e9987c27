"""Resizing: the device resizes images as another library does, or another of its methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Resampling

from tinyml_hil.explanation import resizers
from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.input_change import Change, InputHypothesis, resized_to
from tinyml_hil.explanation.resizers import Size

Resizer = Callable[[NDArray[Any], Size], NDArray[Any]]
_HALF, _ZERO, _ALIGNED = (
    resizers.half_pixels,
    resizers.corners_at_zero,
    resizers.corners_aligned,
)
_CENTRES = (
    ("with half-pixel centres", _HALF),
    ("without half-pixel centres", _ZERO),
    ("with aligned corners", _ALIGNED),
)


class Resizing(InputHypothesis):
    """OpenCV's, TensorFlow's or Pillow's methods; the host's is Pillow's bilinear."""

    name = "resizing"

    def changes(self, evidence: Evidence) -> Iterator[Change]:
        """Nothing if no image is resized."""
        size = resized_to(evidence)
        if size is None:
            return
        for said, resize in _resizers(may_give_real=len(evidence.channels) == 1):
            yield Change(
                f"images resized by {said}, the host by Pillow, bilinearly",
                partial(_resized, size=size, resize=resize),
            )


def _resized(image: NDArray[Any], size: Size, resize: Resizer) -> NDArray[Any]:
    return image if image.shape[:2] == size else resize(image, size)


def _resizers(may_give_real: bool) -> Iterator[tuple[str, Resizer]]:
    """``may_give_real``: whether pixels that are no whole numbers can become an input."""
    yield "OpenCV, INTER_LINEAR", resizers.opencv_linear
    yield "OpenCV, INTER_AREA", _area
    yield "OpenCV, INTER_NEAREST", resizers.opencv_nearest
    for centres, at in _CENTRES:
        bilinear = partial(resizers.tensorflow_bilinear, coordinates=at)
        if may_give_real:
            yield f"TensorFlow, bilinearly, {centres}", bilinear
        yield f"TensorFlow, bilinearly, {centres}, rounded", partial(_rounded, resize=bilinear)
    yield (
        "TensorFlow 2, to the nearest pixel",
        partial(resizers.tensorflow_nearest, half_pixel=True),
    )
    for method in Resampling:
        if method != Resampling.BILINEAR:
            yield f"Pillow, {method.name}", partial(resizers.pillow, method=method)


def _rounded(image: NDArray[Any], size: Size, resize: Resizer) -> NDArray[Any]:
    return np.rint(resize(image, size)).astype(np.uint8)


def _area(image: NDArray[Any], size: Size) -> NDArray[Any]:
    """OpenCV has another method of the same name for what becomes larger."""
    smaller = all(had >= wanted for had, wanted in zip(image.shape[:2], size, strict=True))
    return resizers.opencv_area(image, size) if smaller else resizers.opencv_linear(image, size)
