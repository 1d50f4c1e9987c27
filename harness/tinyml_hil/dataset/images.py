"""Images: the pixels of an image file, in whatever format Pillow opens."""

from __future__ import annotations

import ctypes
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError, _imaging

from tinyml_hil.errors import UsageError

LARGEST_FILE = 1 << 26
"""Bytes of an image file that is read."""
SMALL_SIDE = 96
"""Pixels of the longer side of a picture on a page."""
_NO_PIXELS = frozenset({"BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF"})
"""Formats that Pillow recognises, but cannot decode by itself."""
_OVER_8_BITS = ("I", "I;16", "I;16B", "I;16L", "I;16N")
_TOO_LARGE = (Image.DecompressionBombWarning, Image.DecompressionBombError)


def small_png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG of an image, height x width x 3 or 1, whose longer side is ``SMALL_SIDE`` at most."""
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    image.thumbnail((SMALL_SIDE, SMALL_SIDE))
    content = io.BytesIO()
    image.save(content, "PNG", optimize=True)
    return content.getvalue()


@cache
def image_suffixes() -> frozenset[str]:
    """The endings of image files, small, with their dots."""
    known = Image.registered_extensions()
    return frozenset(s for s, kind in known.items() if kind in Image.OPEN.keys() - _NO_PIXELS)


def decode_image(content: bytes, name: str) -> NDArray[np.uint8]:
    """The pixels of an image file: uint8, height x width x 3, red first.

    Of 16 bits a channel the upper 8 count. Transparency is left out, and how a camera was held is
    not heeded, as in Keras and torchvision. Of several frames it is the first.

    Args:
        name: for messages.

    Raises:
        UsageError: it is not an image that Pillow can decode, or one of too many pixels.
    """
    try:
        with warnings.catch_warnings(), _silent_libtiff():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _pixels(Image.open(io.BytesIO(content)), name)
    except UnidentifiedImageError as error:
        raise UsageError(f"{name} is not an image of a known format") from error
    except _TOO_LARGE as error:
        most = Image.MAX_IMAGE_PIXELS or 0
        raise UsageError(f"{name} has more than {most:,} pixels: make it smaller") from error
    except (OSError, ValueError, SyntaxError, MemoryError, EOFError, NotImplementedError) as error:
        raise UsageError(f"{name} is a damaged image: {error}") from error


@contextmanager
def _silent_libtiff() -> Iterator[None]:
    """Keeps the library that Pillow reads TIFF with from writing to standard error by itself."""
    try:
        set_handler = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
    except (OSError, AttributeError):  # Pillow was built without it, or around it
        yield
        return
    set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
    usual = set_handler(None)
    try:
        yield
    finally:
        set_handler(usual)


def _pixels(image: Image.Image, name: str) -> NDArray[np.uint8]:
    if image.mode in _OVER_8_BITS:
        values = np.asarray(image)
        if values.min() < 0 or values.max() >= 1 << 16:
            raise UsageError(f"{name} has pixels of more than 16 bits: convert it to 8 bits")
        return np.repeat((values >> 8).astype(np.uint8)[..., None], 3, axis=2)
    if image.mode == "F":
        raise UsageError(f"{name} has pixels that are no whole numbers: convert it to 8 bits")
    return np.asarray(image.convert("RGB"))
