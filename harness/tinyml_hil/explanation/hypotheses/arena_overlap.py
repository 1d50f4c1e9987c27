"""Arena overlap: a tensor is overwritten by another one before it is read, found by the layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.explanation.case import Case
from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.first_layer import FirstLayer, first_layer
from tinyml_hil.explanation.hypothesis import Candidate, Hypothesis, until_one_fits
from tinyml_hil.explanation.integer_ops import Sums
from tinyml_hil.explanation.replay import Tensors

_ALIGNMENT = 16
"""Bytes; planners of arenas place tensors so."""
_SAMPLES = 8
"""Positions of a layer that are computed to refute a place: so many wrong ones, and right ones."""


@dataclass(frozen=True)
class Overlap:
    """A tensor lies where another one is that is needed still."""

    victim: int
    """In ``Graph.tensors``."""
    writer: int
    """The op whose output is written over it."""
    shift: int
    """Where that output begins, in bytes from where the victim does."""


class ArenaOverlap(Hypothesis):
    """What the first wrong layer reads was written over since: by which op, and where, is tried."""

    name = "arena-overlap"
    costly = True

    def candidates(self, evidence: Evidence) -> Iterator[Candidate]:
        """The overlaps that give that layer's output on the device."""
        first = first_layer(evidence)
        if not first:
            return
        trial = _Trial(evidence, first)
        yield from until_one_fits(
            (
                _candidate(evidence, first, overlap)
                for overlap in _possible(evidence, first)
                if trial.fits(overlap)
            ),
            evidence.cases,
        )


def _possible(evidence: Evidence, first: FirstLayer) -> Iterator[Overlap]:
    """What may have been written over, last writers first, and wherever it may lie."""
    tensors = evidence.replay.host(first.case)
    nodes = evidence.model.graph.nodes
    for victim in evidence.replay.ops.reads(first.node.index):
        made = next((node.index for node in nodes if victim in node.outputs), -1)
        for writer in range(first.node.index - 1, made, -1):
            if not nodes[writer].outputs:
                continue
            begin = _ALIGNMENT - tensors[nodes[writer].outputs[0]].nbytes
            begin -= begin % _ALIGNMENT  # below zero, to a multiple of it
            for shift in range(begin, tensors[victim].nbytes, _ALIGNMENT):
                yield Overlap(victim, writer, shift)


class _Trial:
    """The first wrong layer, computed with a tensor that was written over."""

    def __init__(self, evidence: Evidence, first: FirstLayer) -> None:
        self._replay = evidence.replay
        self._first = first
        self._tensors = evidence.replay.host(first.case)
        nodes = evidence.model.graph.nodes
        self._written = {node.index: node.outputs[0] for node in nodes if node.outputs}
        self._sample = _sample(evidence, first)

    def fits(self, overlap: Overlap) -> bool:
        """Whether the layer gives what it does on the device."""
        right = self._tensors[overlap.victim]
        damaged = damaged_by(overlap, right, self._tensors[self._written[overlap.writer]])
        if np.array_equal(damaged, right) or not self._sample(damaged):
            return False
        tensors = {**self._tensors, overlap.victim: damaged}
        (output,) = self._replay.ops.run(self._first.node.index, tensors).values()
        return np.array_equal(output, self._first.output)


def _sample(evidence: Evidence, first: FirstLayer) -> Callable[[NDArray[Any]], bool]:
    """Refutes an input of the layer by a few positions of it, where those can be had alone."""
    op = evidence.replay.integer_ops.get(first.node.index)
    rounding = evidence.replay.rounding(op, evidence.cases) if op else None
    if not isinstance(op, Sums) or not rounding:
        return lambda damaged: True
    wanted = first.output.reshape(-1, op.channels)
    wrong = (wanted != first.right.reshape(wanted.shape)).any(axis=1)
    positions = np.concatenate([_spread(wrong), _spread(~wrong)])

    def fits(damaged: NDArray[Any]) -> bool:
        given = op.scaled(op.sums(damaged, positions), rounding)
        return np.array_equal(given, wanted[positions])

    return fits


def _spread(chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Some of the positions that are chosen, evenly."""
    positions = chosen.nonzero()[0]
    return positions[:: max(len(positions) // _SAMPLES, 1)]


def damaged_by(overlap: Overlap, victim: NDArray[Any], written: NDArray[Any]) -> NDArray[Any]:
    """A tensor, where another one is written over some of it."""
    content = bytearray(victim.tobytes())
    start, end = _extent(overlap, victim.nbytes, written.nbytes)
    content[start:end] = written.tobytes()[start - overlap.shift : end - overlap.shift]
    return np.frombuffer(content, victim.dtype).reshape(victim.shape)


def _extent(overlap: Overlap, victim: int, written: int) -> tuple[int, int]:
    """The bytes of the victim that are written over, by the sizes of both."""
    return max(overlap.shift, 0), min(overlap.shift + written, victim)


def _candidate(evidence: Evidence, first: FirstLayer, overlap: Overlap) -> Candidate:
    graph = evidence.model.graph
    writer = graph.nodes[overlap.writer]
    tensors = evidence.replay.host(first.case)
    victim, written = tensors[overlap.victim], tensors[writer.outputs[0]]
    start, end = _extent(overlap, victim.nbytes, written.nbytes)
    maker = next((node for node in graph.nodes if overlap.victim in node.outputs), None)
    whose = f"the output of op {maker.index}, {maker.name}" if maker else "the input"

    def change(tensors: Tensors) -> Tensors:
        output = evidence.replay.ops.run(writer.index, tensors)
        (written,) = output.values()
        return {**output, overlap.victim: damaged_by(overlap, tensors[overlap.victim], written)}

    def predict(case: Case) -> NDArray[Any]:
        return evidence.replay.output(case, {writer.index: change})

    return Candidate(
        f"two tensors overlap in the arena: op {writer.index}, {writer.name}, writes over bytes "
        f"{start:,} to {end - 1:,} of {whose}, which op {first.node.index}, {first.node.name}, "
        "reads after that",
        predict,
    )
