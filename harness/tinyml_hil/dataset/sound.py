"""Sound: the samples of a WAV file."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.errors import UsageError

_MIDDLE = 128
"""Of a sample of 8 bits, which alone has no sign."""


def decode_wav(content: bytes, name: str) -> NDArray[np.float32]:
    """The samples of a WAV file, whole numbers as -1 to 1: count, or count x channels.

    Args:
        name: for messages.

    Raises:
        UsageError: it is damaged, or of a kind that scipy does not read.
    """
    from scipy.io import wavfile  # here, since most datasets have no sound

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # of chunks about the sound
            _, samples = wavfile.read(io.BytesIO(content))
    except Exception as error:  # a damaged header may raise anything
        raise UsageError(f"{name} is no WAV file that can be read: {error}") from error
    return _real(samples)


def _real(samples: NDArray[Any]) -> NDArray[np.float32]:
    if samples.dtype == np.uint8:
        return ((samples - float(_MIDDLE)) / _MIDDLE).astype(np.float32)
    if samples.dtype.kind == "i":
        return (samples / -float(np.iinfo(samples.dtype).min)).astype(np.float32)
    return samples.astype(np.float32)
