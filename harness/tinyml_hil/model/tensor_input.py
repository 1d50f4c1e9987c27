"""Tensor input: how values that are no pixels become a model's input."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.errors import UsageError
from tinyml_hil.model.tensor_spec import TensorSpec, times


def tensor_of(values: NDArray[Any], spec: TensorSpec, name: str) -> NDArray[Any]:
    """The input for the values of one input.

    Values of the input's own type are raw, and stay as they are. Floating-point ones are real: a
    float32 input has them as float32, one of integers is quantized as ``TensorSpec.quantize`` does.
    An int32 input without a scale has numbers of something, such as of words: whole numbers of any
    type are those.

    Args:
        values: as many as the input has, in its shape, but for dimensions of one, or in a row.
        spec: of the input; int8, uint8, int16, int32 or float32.
        name: of the model, for messages.

    Raises:
        UsageError: they have another shape or type, or are not finite.
    """
    shape = _without_ones(values.shape)
    if shape not in (_without_ones(spec.shape), _without_ones((int(np.prod(spec.shape)),))):
        raise UsageError(
            f"an input is {_shown(values.shape)}, but {name} takes {times(spec.shape)}: give it "
            "that shape, with or without the dimensions of one, or as many values in a row"
        )
    return np.ascontiguousarray(_raw(values, spec, name).reshape(spec.shape))


def _raw(values: NDArray[Any], spec: TensorSpec, name: str) -> NDArray[Any]:
    if spec.dtype == np.int32 and not spec.scale:
        return _whole(values, name)
    if values.dtype.kind == "f":
        return _of_real(values, spec, name)
    if values.dtype != spec.dtype:
        real = "" if spec.dtype.kind == "f" else ", or real numbers (float32)"
        raise UsageError(
            f"an input is {values.dtype}, but {name} takes {spec.dtype}: give raw values of "
            f"that type{real}"
        )
    return values


def _whole(values: NDArray[Any], name: str) -> NDArray[np.int32]:
    with np.errstate(invalid="ignore"):  # of what no integer is
        whole = values.astype(np.int32)
    if not np.array_equal(whole, values):
        raise UsageError(
            f"an input has values that are no whole numbers of 32 bits, and {name} takes int32"
        )
    return whole


def _of_real(values: NDArray[Any], spec: TensorSpec, name: str) -> NDArray[Any]:
    with np.errstate(over="ignore"):  # what float32 cannot have is infinite
        real = values.astype(np.float32)
    if not np.isfinite(real).all():
        raise UsageError("an input has values that are not finite (NaN, infinity): leave it out")
    if spec.dtype.kind == "f":
        return real
    if not spec.scale:
        raise UsageError(
            f"an input is {values.dtype}, and {name} takes {spec} without a scale, by which real "
            f"numbers could be quantized: give raw values, {spec.dtype}"
        )
    return spec.quantize(real)


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


def _shown(shape: tuple[int, ...]) -> str:
    return times(shape) if shape else "a single value"
