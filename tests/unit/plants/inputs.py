"""Devices that take their input otherwise than the host; each computes it in its own way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fixtures import places
from tests.unit.plants.plant import Plant, World
from tinyml_hil.explanation import resizers
from tinyml_hil.model import Preprocessing
from tinyml_hil.session import inputs_together

CIFAR10 = places.MODELS / "cifar10.tflite"
"""Takes uint8; ic01 takes int8."""
RESIZES = Preprocessing(resize=True)
LARGE, WIDE = (50, 44), (48, 64)
IMAGENET_MEAN = np.array([123.675, 116.28, 103.53])
IMAGENET_STD = np.array([58.395, 57.12, 57.375])
Tensor = Callable[[NDArray[np.uint8]], NDArray[Any]]


def _taking(tensor_of: Tensor) -> Callable[[World, int], NDArray[Any]]:
    """A device that makes its input of an image in this way."""

    def give(world: World, index: int) -> NDArray[Any]:
        together = inputs_together(index, world.model.batch, len(world.dataset))
        tensors = [tensor_of(world.dataset.image(i)) for i in together]
        return world.host.predict(np.stack(tensors).reshape(world.model.inputs[0].shape))

    return give


def _less_128(image: NDArray[Any]) -> NDArray[np.int8]:
    return (image.astype(np.int16) - 128).astype(np.int8)


def _then(resize: Callable[..., NDArray[Any]], **how: Any) -> Tensor:
    """Resizes, and takes 128 off."""
    return lambda image: _less_128(resize(image, **how))


def _planted(hypothesis: str, title: str, said: str, tensor_of: Tensor, **where: Any) -> Plant:
    return Plant(hypothesis, title, said, _taking(tensor_of), **where)


def _pillow(image: NDArray[Any], method: Image.Resampling) -> NDArray[Any]:
    return np.asarray(Image.fromarray(image).resize((32, 32), method))


def _tensorflow(image: NDArray[Any], **how: Any) -> NDArray[Any]:
    import tensorflow

    resized = tensorflow.raw_ops.ResizeBilinear(images=image[None], size=(32, 32), **how)
    return np.asarray(resized.numpy()[0])


def _padded(image: NDArray[Any]) -> NDArray[Any]:
    """48 x 64 becomes 24 x 32, between two black bands."""
    inner = np.asarray(Image.fromarray(image).resize((32, 24), Image.Resampling.BILINEAR))
    return np.pad(inner, ((4, 4), (0, 0), (0, 0)))


def _quantized(image: NDArray[Any], mean: Any, scale: Any) -> NDArray[Any]:
    """As the default model has its input: in steps of 1/64 around 128."""
    real = ((image - np.asarray(mean)) * scale).astype(np.float32)
    return np.asarray(np.clip(np.round(real * 64) + 128, 0, 255)).astype(np.uint8)


def _rgb565(image: NDArray[Any]) -> NDArray[np.int8]:
    """Through the 16 bits of such a pixel."""
    red, green, blue = (image[..., channel].astype(np.uint16) for channel in range(3))
    pixel = red >> 3 << 11 | green >> 2 << 5 | blue >> 3
    colours = (pixel >> 11 << 3 & 0xFF, pixel >> 5 << 2 & 0xFF, pixel << 3 & 0xFF)
    return _less_128(np.stack(colours, axis=-1))


_COLOURS = [
    _planted(
        *("channel-order", "BGR", "the image as BGR, the host as RGB"),
        lambda image: _less_128(image[..., ::-1]),
    ),
    _planted(
        *("channel-order", "BGR in a batch", "the image as BGR, the host as RGB"),
        lambda image: _less_128(image[..., ::-1]),
        model=places.CASES / "batch4_int8.tflite",
    ),
    _planted(
        *("channel-order", "RGB for BGR", "the image as RGB, the host as BGR"),
        _less_128,
        preprocessing=Preprocessing(channels="bgr"),
    ),
    _planted(
        *("channel-order", "another order", "in the order GBR"),
        lambda image: _less_128(image[..., [1, 2, 0]]),
    ),
    _planted(
        *("channel-order", "grey", "in grey"),
        lambda image: _less_128(np.asarray(Image.fromarray(image).convert("L").convert("RGB"))),
    ),
    _planted(*("layout", "planes", "as NCHW"), lambda image: _less_128(np.moveaxis(image, 2, 0))),
    _planted(
        *("layout", "bytes of pixels as planes", "the bytes of an NHWC input"),
        lambda image: _less_128(np.moveaxis(image.reshape(3, 32, 32), 0, 2)),
    ),
]
_RANGES = [
    _planted(
        *("pixel-range", "no shift", "without the shift by 128"),
        lambda image: image.view(np.int8),
    ),
    _planted(
        *("pixel-range", "shift of uint8", "pixels less 128"),
        lambda image: _less_128(image).view(np.uint8),
        model=CIFAR10,
    ),
    _planted(
        *("pixel-range", "cut off", "cut off at 127"),
        lambda image: np.minimum(image, 127).astype(np.int8),
    ),
    _planted(
        *("pixel-range", "pixels for a mean", "pixels as they are, the host mean 128"),
        lambda image: image,
        model=CIFAR10,
        preprocessing=Preprocessing(mean=(128.0,), scale=(1 / 128,)),
    ),
    _planted("pixel-range", "inverted", "white for black", lambda image: _less_128(255 - image)),
    _planted("pixel-range", "RGB565", "RGB565 has them, and zeros", _rgb565),
]
_ORIENTATIONS = [
    _planted(
        *("orientation", "upside down", "upside down"),
        lambda image: _less_128(np.flipud(image)),
    ),
    _planted(*("orientation", "mirrored", "mirrored"), lambda image: _less_128(np.fliplr(image))),
    _planted(
        *("orientation", "transposed", "rows for columns"),
        lambda image: _less_128(np.asarray(image.transpose(1, 0, 2))),
    ),
    _planted(
        *("orientation", "turned", "against the clock"),
        lambda image: _less_128(np.asarray(Image.fromarray(image).rotate(90))),
    ),
]
_NORMALIZATIONS = [
    _planted(
        *("normalization", "to one on both sides", "127.5 - 1, the host pixels as they are"),
        lambda image: _quantized(image, 127.5, 1 / 127.5),
        model=CIFAR10,
    ),
    _planted(
        *("normalization", "ImageNet", "the device takes ImageNet's mean and standard deviation"),
        lambda image: _quantized(
            image, [123.675, 116.28, 103.53], [1 / 58.395, 1 / 57.12, 1 / 57.375]
        ),
        model=CIFAR10,
    ),
    _planted(
        *("normalization", "not quantized", "pixel / 127.5 - 1 cast to int8"),
        lambda image: (image / 127.5 - 1).astype(np.int8),
    ),
]
_SIZES = [
    _planted(
        *("cropping", "middle", "the middle of an image, not resized"),
        lambda image: _less_128(image[9:41, 6:38]),
        preprocessing=RESIZES,
        size=LARGE,
    ),
    _planted(
        *("cropping", "corner", "upper left corner"),
        lambda image: _less_128(image[:32, :32]),
        preprocessing=RESIZES,
        size=LARGE,
    ),
    _planted(
        *("cropping", "square", "the largest square"),
        lambda image: _less_128(_pillow(image[:, 8:56], Image.Resampling.BILINEAR)),
        preprocessing=RESIZES,
        size=WIDE,
    ),
    _planted(
        *("cropping", "borders", "in black borders"),
        lambda image: _less_128(_padded(image)),
        preprocessing=RESIZES,
        size=WIDE,
    ),
    *(
        _planted(
            *("resizing", f"Pillow {method.name}", f"Pillow, {method.name}"),
            _then(_pillow, method=method),
            preprocessing=RESIZES,
            size=LARGE,
        )
        for method in (Image.Resampling.BOX, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
    ),
    *(
        _planted(
            *("resizing", f"TensorFlow {said}", f"TensorFlow, bilinearly, {said},? "),
            _then(_tensorflow, **how),
            preprocessing=RESIZES,
            size=LARGE,
        )
        for said, how in (
            ("with half-pixel centres", {"half_pixel_centers": True}),
            ("without half-pixel centres", {}),
            ("with aligned corners", {"align_corners": True}),
        )
    ),
    *(
        _planted(
            *("resizing", f"OpenCV {name}", f"OpenCV, {name}"),
            _then(resize, size=(32, 32)),
            preprocessing=RESIZES,
            size=LARGE,
        )
        for name, resize in (
            ("INTER_LINEAR", resizers.opencv_linear),
            ("INTER_AREA", resizers.opencv_area),
            ("INTER_NEAREST", resizers.opencv_nearest),
        )
    ),
]
_BOTH = [
    _planted(
        *("two-input-changes", "BGR and no shift", "BGR.* and .*without the shift by 128"),
        lambda image: image[..., ::-1].view(np.int8),
    ),
    _planted(
        *("two-input-changes", "upside down and RGB565", "RGB565.* and .*upside down"),
        lambda image: _rgb565(image[::-1]),
    ),
]
PLANTS = [*_COLOURS, *_RANGES, *_ORIENTATIONS, *_NORMALIZATIONS, *_SIZES, *_BOTH]
