"""Roundings: the ways in which a sum of products becomes a number of eight bits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Factors = NDArray[np.float64]
_BITS = 31
"""Of a multiplier in fixed point, without its sign."""
_SMALLEST_SHIFT = -31
"""Of a factor that is not taken for zero."""


@dataclass(frozen=True)
class Rounding:
    """One way to multiply integers by a real factor and to come to integers again."""

    said: str
    """What a device does that has it, such as: rounds twice."""
    scale: Callable[[Integers, Factors], Integers]


def _fixed_point(factors: Factors) -> tuple[Integers, Integers]:
    """Multiplier and shift, so that a factor is ``multiplier * 2^(shift - 31)``.

    Source: QuantizeMultiplier in tensorflow/lite/kernels/internal/quantization_util.cc.
    """
    mantissa, shift = np.frexp(factors)
    multiplier = np.floor(mantissa * 2.0**_BITS + 0.5).astype(np.int64)
    is_one = multiplier == 1 << _BITS
    multiplier = np.where(is_one, multiplier // 2, multiplier)
    shift = shift.astype(np.int64) + is_one
    nothing = shift < _SMALLEST_SHIFT
    return np.where(nothing, 0, multiplier), np.where(nothing, 0, shift)


def _doubly(values: Integers, factors: Factors) -> Integers:
    """Source: MultiplyByQuantizedMultiplier, without TFLITE_SINGLE_ROUNDING."""
    multiplier, shift = _fixed_point(factors)
    product = (values << np.maximum(shift, 0)) * multiplier
    nudge = np.where(product >= 0, 1 << (_BITS - 1), 1 - (1 << (_BITS - 1)))
    high = _towards_zero(product + nudge, np.int64(_BITS))
    right = np.maximum(-shift, 0)
    mask = (np.int64(1) << right) - 1
    return (high >> right) + ((high & mask) > (mask >> 1) + (high < 0))


def _once(values: Integers, factors: Factors) -> Integers:
    """Source: MultiplyByQuantizedMultiplier, with TFLITE_SINGLE_ROUNDING."""
    multiplier, shift = _fixed_point(factors)
    total = _BITS - shift
    return (values * multiplier + (np.int64(1) << (total - 1))) >> total


def _in_double_precision(values: Integers, factors: Factors) -> Integers:
    product = values * factors
    return np.trunc(product + np.copysign(0.5, product)).astype(np.int64)


def _in_single_precision(values: Integers, factors: Factors) -> Integers:
    product = values.astype(np.float32) * factors.astype(np.float32)
    return np.rint(product).astype(np.int64)


def _down(values: Integers, factors: Factors) -> Integers:
    multiplier, shift = _fixed_point(factors)
    return (values * multiplier) >> (_BITS - shift)


def _cut_off(values: Integers, factors: Factors) -> Integers:
    multiplier, shift = _fixed_point(factors)
    return _towards_zero(values * multiplier, _BITS - shift)


def _towards_zero(values: Integers, bits: Any) -> Integers:
    shifted: Integers = np.sign(values) * (np.abs(values) >> bits)
    return shifted


DOUBLE_ROUNDING = Rounding("scales in fixed point with two roundings", _doubly)
SINGLE_ROUNDING = Rounding("scales in fixed point with one rounding", _once)
DOUBLE_PRECISION = Rounding("scales in double precision", _in_double_precision)
SINGLE_PRECISION = Rounding("scales in single precision", _in_single_precision)
DOWNWARDS = Rounding("rounds down where it scales, instead of to the nearest", _down)
TRUNCATION = Rounding("cuts decimals off where it scales, instead of rounding", _cut_off)
ROUNDINGS = (
    *(DOUBLE_ROUNDING, SINGLE_ROUNDING, DOUBLE_PRECISION, SINGLE_PRECISION),
    *(DOWNWARDS, TRUNCATION),
)
"""All of them, the likeliest first."""
