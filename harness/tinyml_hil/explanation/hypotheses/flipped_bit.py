"""Flipped bit: one bit of one weight is another on the device, found by its layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.errors import HilError
from tinyml_hil.explanation.another_model import running
from tinyml_hil.explanation.case import Case
from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.first_layer import first_layer
from tinyml_hil.explanation.hypothesis import Candidate, Hypothesis
from tinyml_hil.explanation.integer_ops import Sums
from tinyml_hil.explanation.roundings import Integers, Rounding
from tinyml_hil.explanation.weights import flipped
from tinyml_hil.model import constants_of

_WEIGHTS, _BIAS = 1, 2
"""Which input of an op they are."""
Flip = tuple[int, int, int]
"""Which input of the op, which byte of it, and which bit of that."""


class FlippedBit(Hypothesis):
    """The one channel that differs in the first layer that does tells whose weights to try."""

    name = "flipped-bit"
    costly = True

    def candidates(self, evidence: Evidence) -> Iterator[Candidate]:
        """The flips that give the layer's values on the device for every case."""
        first = first_layer(evidence)
        op = first and evidence.replay.integer_ops.get(first.node.index)
        if not first or not isinstance(op, Sums):
            return
        differing = (first.output != first.right).reshape(-1, op.channels).any(axis=0)
        rounding = evidence.replay.rounding(op, evidence.cases)
        if differing.sum() != 1 or not rounding:
            return
        search = _Search(evidence, op, rounding, int(differing.argmax()))
        flips = search.flips(evidence.cases)
        for flip in flips[:1]:
            yield _candidate(evidence, op, flip, len(flips) - 1)


def _candidate(evidence: Evidence, op: Sums, flip: Flip, others: int) -> Candidate:
    which, byte, bit = flip
    model, tensor = evidence.model, op.node.inputs[which]
    place = byte + next(c.start for c in constants_of(model.content) if c.tensor == tensor)
    content = bytearray(model.content)
    content[place] ^= 1 << bit
    said = flipped(model, place, bit, _address(evidence, place))
    if others:
        said += f"; or one of {others} others, which is the same for these inputs"
    return running(evidence, bytes(content), said)


def _address(evidence: Evidence, place: int) -> int | None:
    """Of a byte of the model in the firmware, if that has the model as it is."""
    try:
        found = evidence.session.firmware.embedded_model
    except HilError:
        return None
    return found.address + place if found and not found.differing else None


class _Search:
    """Tries every bit of one channel's weights, and of its bias."""

    def __init__(self, evidence: Evidence, op: Sums, rounding: Rounding, channel: int) -> None:
        self._evidence = evidence
        self._op = op
        self._rounding = rounding
        self._channel = channel

    def flips(self, cases: list[Case]) -> list[Flip]:
        """Those which give what the device does in this layer, in every case that it tells."""
        left: list[Flip] | None = None
        for case in cases:
            output = self._evidence.device_layer(case, self._op.node.index)
            if output is None:
                continue
            left = self._fitting(case, output.reshape(-1, self._op.channels), left)
            if len(left) < 2:
                break
        return left or []

    def _fitting(self, case: Case, output: NDArray[Any], left: list[Flip] | None) -> list[Flip]:
        op, channel = self._op, self._channel
        given = self._evidence.replay.host(case)[op.node.inputs[0]]
        sums, wanted = op.sums(given)[:, channel], output[:, channel]
        patches = op.patches(given)[channel // op.outputs_of_a_group]
        fitting = []
        for flip, place, delta in self._changes():
            if left is None or flip in left:
                added = delta if place is None else delta * patches[:, place]
                if self._gives(sums, added, wanted):
                    fitting.append(flip)
        return fitting

    def _changes(self) -> Iterator[tuple[Flip, int | None, int]]:
        """Each flip, the product that it changes (None: every sum), and by how much."""
        op, channel = self._op, self._channel
        for product, (element, raw) in enumerate(op.weights_of(channel)):
            for bit, delta in enumerate(_deltas(raw)):
                yield (_WEIGHTS, element, bit), product, delta
        if op.has_bias:
            bias = op.bias.astype(np.int32)[channel]
            for bit, delta in enumerate(_deltas(bias)):
                yield (_BIAS, bias.itemsize * channel + bit // 8, bit % 8), None, delta

    def _gives(self, sums: Integers, added: Integers | int, wanted: NDArray[Any]) -> bool:
        return np.array_equal(
            self._op.channel_of(sums + added, self._channel, self._rounding), wanted
        )


def _deltas(raw: np.integer[Any]) -> Iterator[int]:
    """By how much each bit of an integer changes it, the lowest first."""
    for bit in range(8 * raw.itemsize):
        changed = (int(raw) ^ 1 << bit) & (1 << 8 * raw.itemsize) - 1
        yield int(np.array(changed, f"u{raw.itemsize}").view(raw.dtype)) - int(raw)
