"""TensorSpec: shape, element type and quantization of a model's input or output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TensorSpec:
    """A graph input or output: shape, element type and quantization."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float
    """0.0 if the tensor is not quantized."""
    zero_point: int
    name: str = ""
    """As the signature calls it, else as the file does."""

    @property
    def bytes(self) -> int:
        """Size of one tensor in bytes."""
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def dequantize(self, raw: NDArray[Any]) -> NDArray[np.float32]:
        """Real values of ``raw``: ``scale * (q - zero_point)``.

        Source: TensorFlow Lite 8-bit quantization specification, "Specification summary".
        """
        if not self.scale:
            return raw.astype(np.float32)
        return np.float32(self.scale) * (raw.astype(np.float32) - np.float32(self.zero_point))

    def raw_of(self, real: float) -> float:
        """Where a real value lies on the scale of raw ones, not rounded."""
        return self.zero_point + real / self.scale if self.scale else real

    def quantize(self, real: NDArray[np.float32]) -> NDArray[Any]:
        """The nearest raw values: ``round(real / scale) + zero_point``, kept within the type.

        Source: as ``dequantize``; halves are rounded to even, as numpy does.
        """
        limits = np.iinfo(self.dtype)
        raw = np.round(real / np.float32(self.scale)) + self.zero_point
        quantized: NDArray[Any] = np.clip(raw, limits.min, limits.max).astype(self.dtype)
        return quantized

    def __str__(self) -> str:
        shape = "x".join(map(str, self.shape))
        quantization = f", scale {self.scale:g}, zero point {self.zero_point}" if self.scale else ""
        return f"{self.dtype} {shape}{quantization}"


def times(shape: tuple[int, ...]) -> str:
    """A shape, for messages."""
    return " x ".join(map(str, shape))
