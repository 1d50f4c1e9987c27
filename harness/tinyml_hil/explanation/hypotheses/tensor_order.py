"""Tensor order: the device takes one input, or gives one output, for another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

from numpy.typing import NDArray

from tinyml_hil.explanation.case import Case
from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.hypothesis import Candidate, Hypothesis
from tinyml_hil.model import TensorSpec, apart, joined
from tinyml_hil.words import shown

Order = tuple[int, ...]
"""For each place which of the tensors is there."""
_Predict = Callable[[Case], NDArray[Any]]


class TensorOrder(Hypothesis):
    """Two of them one for the other, or all in reverse, where they are of one type and shape."""

    name = "tensor-order"
    quick = True

    def candidates(self, evidence: Evidence) -> Iterator[Candidate]:
        """The inputs' orders, and the outputs'; none of a model of one each."""
        model = evidence.model
        for said, order in _orders(model.inputs):
            yield Candidate(f"the device takes the inputs {said}", _taking(evidence, order))
        for said, order in _orders(model.outputs):
            yield Candidate(f"the device gives the outputs {said}", _giving(evidence, order))


def _taking(evidence: Evidence, order: Order) -> _Predict:
    return lambda case: evidence.host.predict(_ordered(case.tensor, order))


def _giving(evidence: Evidence, order: Order) -> _Predict:
    return lambda case: _ordered(evidence.host.predict(case.tensor), order)


def _ordered(value: NDArray[Any], order: Order) -> NDArray[Any]:
    tensors = apart(value)
    return joined([tensors[i] for i in order])


def _orders(specs: Sequence[TensorSpec]) -> Iterator[tuple[str, Order]]:
    """How it is called, and each order of tensors that a device may confuse."""
    everywhere = range(len(specs))
    for one, other in combinations(everywhere, 2):
        swapped = {one: other, other: one}
        order = tuple(swapped.get(i, i) for i in everywhere)
        if _are_alike(specs, order):
            names = f"'{shown(specs[one].name)}' and '{shown(specs[other].name)}'"
            yield f"{names} one for the other", order
    reverse = tuple(reversed(everywhere))
    if len(specs) > 3 and _are_alike(specs, reverse):  # of three it is a swap
        yield "in reverse order", reverse


def _are_alike(specs: Sequence[TensorSpec], order: Order) -> bool:
    """Whether each place has a tensor of the type and shape that belong there."""
    types = [(spec.dtype, spec.shape) for spec in specs]
    return [types[i] for i in order] == types
