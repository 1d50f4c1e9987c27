"""Normalization: the device takes pixels with another mean or another scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.input_change import (
    Change,
    InputHypothesis,
    as_pixels,
    said_of_host,
)

Numbers = tuple[float, ...]
_IMAGENET_MEAN = (123.675, 116.28, 103.53)
_IMAGENET_STD = (58.395, 57.12, 57.375)
_CIFAR10_MEAN = (125.3, 123.0, 113.9)
_CIFAR10_STD = (63.0, 62.1, 66.7)
_KINDS: dict[str, tuple[Numbers, Numbers]] = {
    "pixel / 255": ((0.0,), (1 / 255,)),
    "pixel / 127.5 - 1": ((127.5,), (1 / 127.5,)),
    "pixels of 0 to 255, not scaled": ((0.0,), (1.0,)),
    "pixel / 256": ((0.0,), (1 / 256,)),
    "pixel / 128 - 1": ((128.0,), (1 / 128,)),
    "pixel / 255 - 0.5": ((127.5,), (1 / 255,)),
    "pixel - 128": ((128.0,), (1.0,)),
    "pixel - 127.5": ((127.5,), (1.0,)),
    "ImageNet's mean and standard deviation": (
        _IMAGENET_MEAN,
        tuple(1 / deviation for deviation in _IMAGENET_STD),
    ),
    "ImageNet's mean, not scaled": (_IMAGENET_MEAN, (1.0,)),
    "CIFAR-10's mean and standard deviation": (
        _CIFAR10_MEAN,
        tuple(1 / deviation for deviation in _CIFAR10_STD),
    ),
}
"""What is customary: mean and scale, in the words of whoever wrote it."""
_CAST = (("pixel / 255", 0.0, 1 / 255), ("pixel / 127.5 - 1", 127.5, 1 / 127.5))


class Normalization(InputHypothesis):
    """Another mean or scale of those that are customary, or real values that are not quantized."""

    name = "normalization"

    def changes(self, evidence: Evidence) -> Iterator[Change]:
        """Nothing but a cast for 8-bit inputs without a scale."""
        spec, channels = evidence.model.input, evidence.model.image_shape[2]
        host = said_of_host(evidence.model)
        for said, (mean, scale) in _KINDS.items():
            if (spec.scale or spec.dtype == np.float32) and max(len(mean), len(scale)) <= channels:
                yield Change(
                    f"{said}, the host {host}",
                    preprocessing=lambda given, mean=mean, scale=scale: replace(  # type: ignore[misc]
                        given, mean=mean, scale=scale
                    ),
                )
        if spec.dtype.itemsize == 1:
            for said, middle, factor in _CAST:
                yield Change(
                    f"{said} cast to {spec.dtype}, the host {host}",
                    preprocessing=as_pixels,
                    tensor=lambda given, middle=middle, factor=factor: _cast(given, middle, factor),  # type: ignore[misc]
                )


def _cast(tensor: NDArray[Any], middle: float, factor: float) -> NDArray[Any]:
    pixels = tensor.astype(np.int16) - np.iinfo(tensor.dtype).min
    return ((pixels - middle) * factor).astype(np.int16).astype(tensor.dtype)
