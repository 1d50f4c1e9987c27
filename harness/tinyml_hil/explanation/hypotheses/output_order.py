"""Output order: the device gives the right values in other places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.explanation.case import Case
from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.hypothesis import Candidate, Hypothesis, until_one_fits
from tinyml_hil.words import shortened

_FEWEST = 3
"""Inputs that differ which an order has to have that nobody would think of: of one or two, many
orders make one output of the other."""
_LONGEST_LIST = 80
_Order = tuple[str, tuple[int, ...]]
"""How it is called, and for each place which of the host's outputs is there."""


class OutputOrder(Hypothesis):
    """Reversed, shifted, sorted by the classes' names; or whatever order the outputs show."""

    name = "output-order"
    quick = True

    def candidates(self, evidence: Evidence) -> Iterator[Candidate]:
        """The orders that people make, and one that the outputs themselves tell.

        None for a model of several outputs, or of a batch.
        """
        if len(evidence.model.outputs) * evidence.model.batch > 1:
            return
        orders = (*_usual(evidence), *_shown(evidence))
        yield from until_one_fits(
            (
                Candidate(
                    f"the device gives its outputs in another order: {said}",
                    partial(_in_order, evidence, np.array(order)),
                )
                for said, order in orders
            ),
            evidence.cases,
        )


def _in_order(evidence: Evidence, order: NDArray[np.intp], case: Case) -> NDArray[Any]:
    return evidence.host.predict(case.tensor)[order]


def _usual(evidence: Evidence) -> Iterator[_Order]:
    size = evidence.differing[0].output.size
    yield "reversed", tuple(reversed(range(size)))
    yield "each one place later", (size - 1, *range(size - 1))
    yield "each one place earlier", (*range(1, size), 0)
    classes = evidence.session.dataset.classes
    if len(classes) == size:
        by_name = sorted(range(size), key=lambda i: classes[i])
        yield "sorted by the names of the classes", tuple(by_name)
        places = sorted(range(size), key=lambda i: by_name[i])
        yield "as if they were sorted by the names of the classes", tuple(places)


def _shown(evidence: Evidence) -> Iterator[_Order]:
    """The order in which all values are where they are, if there is one."""
    cases = evidence.cases
    if len(evidence.differing) < _FEWEST or any(case.record.precision for case in cases):
        return
    host, device = (
        np.stack([getattr(case, name) for case in cases], axis=1) for name in ("expected", "output")
    )
    free: dict[bytes, list[int]] = defaultdict(list)
    moved = [i for i in range(len(host)) if host[i].tobytes() != device[i].tobytes()]
    for i in moved:
        free[host[i].tobytes()].append(i)
    order = list(range(len(host)))
    for i in moved:
        fitting = free[device[i].tobytes()]
        if not fitting:
            return
        order[i] = fitting.pop(0)
    said = ", ".join(f"{order[i]} is in place {i}" for i in moved)
    yield shortened(said, _LONGEST_LIST), tuple(order)
