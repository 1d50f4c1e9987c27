"""Preprocessing: how the pixels of an image become a model's input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tinyml_hil.errors import UsageError
from tinyml_hil.model.tensor_spec import TensorSpec, times

_FLOAT_SCALE = 1 / 255
LARGEST = 1e30
"""What float32 surely has; TOML has numbers of any size."""
_WITHOUT_CHANNELS = 3
"""Dimensions of an input of grey images whose channel is left out: 1 x height x width."""
_WITH_CHANNELS = 4
_CHOICES = {"channels": ("rgb", "bgr"), "layout": ("nhwc", "nchw")}


@dataclass(frozen=True)
class Preprocessing:
    """The keys of the TOML file beside a model; what it leaves out is as here."""

    resize: bool = False
    """Whether images of another size are resized, bilinearly."""
    channels: str = "rgb"
    """The order of the colours: ``rgb`` or ``bgr``."""
    layout: str = "nhwc"
    """The order of the input's dimensions: ``nhwc`` or ``nchw``."""
    mean: tuple[float, ...] = ()
    """What is subtracted from each pixel, 0 to 255; one for each channel, or for all."""
    scale: tuple[float, ...] = ()
    """What the pixel less ``mean`` is multiplied with then; likewise."""

    def is_for(self, spec: TensorSpec) -> bool:
        """Whether images become such an input: 1 x H x W x 3 or 1, or without a channel."""
        rank = len(spec.shape)
        if rank not in (_WITHOUT_CHANNELS, _WITH_CHANNELS) or spec.shape[0] != 1:
            return False
        return self.image_shape(spec)[2] in (1, 3)

    def image_shape(self, spec: TensorSpec) -> tuple[int, int, int]:
        """Height, width and channels of the images that become such an input."""
        if len(spec.shape) == _WITHOUT_CHANNELS:
            _, height, width = spec.shape
            return height, width, 1
        _, a, b, c = spec.shape
        return (a, b, c) if self.layout == "nhwc" else (b, c, a)

    def tensor_of(self, image: NDArray[np.uint8], spec: TensorSpec, name: str) -> NDArray[Any]:
        """The input for one image.

        With ``mean`` or ``scale`` an input is (pixel - mean) * scale, quantized as ``spec`` says:
        round(real / scale) + zero point, to the nearest value there is. With neither, an 8-bit
        input has the range of a pixel laid onto its whole range (uint8 takes pixels as they are,
        int8 takes them less 128), a float32 input takes pixel / 255, and an int16 one has that
        quantized.

        Args:
            image: uint8, height x width x channels.
            spec: of the input; int8, uint8, int16, int32 or float32.
            name: of the model, for messages.

        Raises:
            UsageError: the image has another size, and is not to be resized.
        """
        wanted = self.image_shape(spec)
        image = _with_channels(image, wanted[2])
        if self.resize and image.shape != wanted:
            image = _resized(image, wanted)
        if image.shape != wanted:
            raise UsageError(
                f"an image is {times(image.shape)}, but {name} takes {times(wanted)} "
                "(height x width x channels)"
            )
        if self.channels == "bgr":
            image = image[..., ::-1]
        values = self._values(image, spec)[None]
        ordered = values if self.layout == "nhwc" else values.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(ordered.reshape(spec.shape))

    def _values(self, image: NDArray[np.uint8], spec: TensorSpec) -> NDArray[Any]:
        floating = spec.dtype == np.float32
        if not (self.mean or self.scale) and spec.dtype.itemsize == 1:
            return (image.astype(np.int16) + np.iinfo(spec.dtype).min).astype(spec.dtype)
        mean = np.array(self.mean or 0.0)
        factor = np.array(self.scale or (1.0 if self.mean else _FLOAT_SCALE))
        real = ((image - mean) * factor).astype(np.float32)
        return real if floating else spec.quantize(real)


def preprocessing_of(path: Path, content: dict[str, Any]) -> Preprocessing:
    """The preprocessing that these keys of the file ``path`` say.

    Raises:
        UsageError: a value means nothing.
    """
    content = dict(content)
    if not isinstance(content.get("resize", False), bool):
        raise UsageError(f"{path}: resize is true or false")
    for name, choices in _CHOICES.items():
        if content.get(name, choices[0]) not in choices:
            raise UsageError(f"{path}: {name} is one of: {', '.join(choices)}")
    for name in {"mean", "scale"} & content.keys():
        content[name] = _numbers(path, name, content[name])
    return Preprocessing(**content)


def _numbers(path: Path, name: str, given: Any) -> tuple[float, ...]:
    values = given if isinstance(given, list) else [given]
    if len(values) not in (1, 3) or not all(map(_is_number, values)):
        raise UsageError(f"{path}: {name} is a number, or a list of three, one a channel")
    return tuple(float(value) for value in values)


def _is_number(value: Any) -> bool:
    """Whether float32 can have it: TOML has nan and inf, too."""
    return type(value) in (int, float) and abs(value) < LARGEST


def _with_channels(image: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """Grey becomes three equal channels; colours become grey as ITU-R 601-2 weighs them."""
    if image.shape[2] == channels:
        return image
    if channels == 1:
        return np.asarray(Image.fromarray(image).convert("L"))[..., None]
    return np.repeat(image, channels, axis=2)


def _resized(image: NDArray[np.uint8], shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    height, width, channels = shape
    plain = image[..., 0] if channels == 1 else image
    resized = Image.fromarray(plain).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized).reshape(shape)
