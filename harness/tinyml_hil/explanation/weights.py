"""Weights: which one a byte of a model's file belongs to, and what a change of it comes to."""

from __future__ import annotations

import numpy as np

from tinyml_hil.model import Constant, Model, bits_of, constants_of, numbers_of
from tinyml_hil.words import shortened

_LONGEST_NAME = 60
_MOST_TENSORS = 3
_OF_SHAPES = ("int32", "int64")
"""Types of shapes and axes, and of biases."""
_FEW = 64
"""Bytes: damage, or a patch; more is another version of the model."""


def changed_places(model: Model, content: bytes) -> list[int]:
    """The bytes of a few weights in which another content differs from a model's.

    Empty if it differs in its structure or a shape, too, or so much that it is another version.
    """
    if len(content) != len(model.content):
        return []
    one, other = (np.frombuffer(each, np.uint8) for each in (content, model.content))
    places = [int(i) for i in (one != other).nonzero()[0]]
    if len(places) > _FEW:
        return []
    weights = [range(c.start, c.end) for c in constants_of(model.content) if _is_data(model, c)]
    return places if all(any(i in held for held in weights) for i in places) else []


def flipped(model: Model, place: int, bit: int, address: int | None) -> str:
    """That one bit of one weight is flipped.

    Args:
        model: without it.
        place: the byte in the model's file.
        bit: 0 to 7, of that byte.
        address: of that byte on the device; None if it is not known.
    """
    constant = _constant_at(model, place)
    tensor = model.graph.tensors[constant.tensor]
    right = bytearray(model.content[constant.start : constant.end])
    wrong = bytearray(right)
    wrong[place - constant.start] ^= 1 << bit
    element, place_of_bit = divmod(8 * (place - constant.start) + bit, bits_of(tensor.type))
    was, now = (numbers_of(bytes(held), tensor.type)[element] for held in (right, wrong))
    index = [int(i) for i in np.unravel_index(element, tensor.shape)]
    where = f"byte {place:,} of the model's file"
    return (
        f"one bit of one weight is flipped on the device: bit {place_of_bit} of element {index} "
        f"of {_named(model, constant)}, so that it is {now} instead of {was}; {where}"
        + ("" if address is None else f", at address {address:#x}")
    )


def changed(model: Model, places: list[int], address: int) -> str:
    """That the model in the firmware has other weights.

    Args:
        model: with the right ones.
        places: the bytes of its file that differ; all in constants.
        address: of the model in the firmware.
    """
    constants = dict.fromkeys(_constant_at(model, place) for place in places)
    told = ", ".join(_named(model, constant) for constant in list(constants)[:_MOST_TENSORS])
    more = len(constants) - _MOST_TENSORS
    return (
        f"{len(places):,} bytes of the weights in the firmware are not the model's, of {told}"
        + (f" and {more} more" if more > 0 else "")
        + f"; the first at address {address + places[0]:#x}"
    )


def _is_data(model: Model, constant: Constant) -> bool:
    """Whether it is weights or a bias: another shape or axis could end whatever runs the model."""
    if model.graph.tensors[constant.tensor].type not in _OF_SHAPES:
        return True
    readers = [node for node in model.graph.nodes if constant.tensor in node.inputs]
    return all(node.macs and node.inputs[0] != constant.tensor for node in readers)


def _constant_at(model: Model, place: int) -> Constant:
    return next(c for c in constants_of(model.content) if c.start <= place < c.end)


def _named(model: Model, constant: Constant) -> str:
    name = shortened(constant.name, _LONGEST_NAME)
    for node in model.graph.nodes:
        if constant.tensor in node.inputs:
            return f"'{name}' (op {node.index}, {node.name})"
    return f"'{name}'"
