"""Tensors: all that an inference takes, or gives, as one value.

One tensor is an array. Several are a NumPy structured value, packed, with a field for each in the
order of the graph: its bytes are theirs, one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.model.tensor_spec import TensorSpec


def joined(tensors: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """The value of tensors, of which there is one at least."""
    if len(tensors) == 1:
        return tensors[0]
    value = np.zeros((), [(str(i), each.dtype, each.shape) for i, each in enumerate(tensors)])
    for number, each in enumerate(tensors):
        value[str(number)] = each
    return value


def apart(value: NDArray[Any]) -> list[NDArray[Any]]:
    """The tensors of a value, in the order of the graph."""
    names = value.dtype.names
    # In a packed value one may lie where no array of its type could.
    return [value[name].copy() for name in names] if names else [value]


def rows_of(value: NDArray[Any], batch: int) -> list[tuple[NDArray[Any], ...]]:
    """What belongs to each input of a batch: its part of every tensor, flat.

    Args:
        value: whose tensors have each a part for every input, one after the other.
        batch: how many inputs there are.
    """
    parts = [each.reshape(batch, -1) for each in apart(value)]
    return [tuple(part[row] for part in parts) for row in range(batch)]


def type_of(specs: Sequence[TensorSpec]) -> np.dtype[Any]:
    """The type of the value of such tensors."""
    if len(specs) == 1:
        return specs[0].dtype
    return np.dtype([(str(i), spec.dtype, spec.shape) for i, spec in enumerate(specs)])


def value_in(content: bytes, specs: Sequence[TensorSpec]) -> NDArray[Any]:
    """The value of such tensors, little-endian in ``content``; flat, if it is one tensor."""
    wanted = type_of(specs).newbyteorder("<")
    found: NDArray[Any] = np.frombuffer(content, wanted)
    return found if len(specs) == 1 else found[0]


def batch_of(inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
    """How many inputs such a model takes at once: the first dimension, if all tensors have it."""
    first = {spec.shape[0] if len(spec.shape) > 1 else 1 for spec in (*inputs, *outputs)}
    return first.pop() if len(first) == 1 else 1
