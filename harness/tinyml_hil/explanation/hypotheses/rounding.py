"""Rounding: the device rounds otherwise where it scales sums to eight bits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import compress
from typing import Any

from numpy.typing import NDArray

from tinyml_hil.explanation.case import Case
from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.hypothesis import Candidate, Hypothesis
from tinyml_hil.explanation.integer_ops import IntegerOp
from tinyml_hil.explanation.replay import Tensors
from tinyml_hil.explanation.roundings import ROUNDINGS, Rounding

_Scope = tuple[str, Sequence[IntegerOp]]


class OtherRounding(Hypothesis):
    """Every rounding that is known, in all ops, in those of one kind, and in single ones."""

    name = "rounding"
    costly = True

    def candidates(self, evidence: Evidence) -> Iterator[Candidate]:
        """Those that give the same where one is right are one cause, which names them all."""
        for where, ops in _scopes(list(evidence.replay.integer_ops.values())):
            tried = [_candidate(evidence, where, ops, rounding) for rounding in ROUNDINGS]
            fitting = [candidate.fits(evidence.cases) for candidate in tried]
            if any(fitting):
                right = tried[fitting.index(True)]
                others = list(compress(ROUNDINGS, fitting))[1:]
                yield replace(right, sentence=right.sentence + _also(others))
                return
            yield from tried


def _also(others: Sequence[Rounding]) -> str:
    said = "".join(f"; or it {rounding.said}" for rounding in others)
    return f"{said}, which is the same for these inputs" if others else ""


def _scopes(ops: list[IntegerOp]) -> Iterator[_Scope]:
    if ops:
        yield "every op", ops
    kinds = dict.fromkeys(op.node.op for op in ops)
    for kind in kinds if len(kinds) > 1 else ():
        yield f"every {kind}", [op for op in ops if op.node.op == kind]
    for op in ops:
        yield f"op {op.node.index}, {op.node.op}", [op]


def _candidate(
    evidence: Evidence, where: str, ops: Sequence[IntegerOp], rounding: Rounding
) -> Candidate:
    changes = {op.node.index: partial(_written, evidence, op, rounding) for op in ops}

    @cache
    def predict(case: Case) -> NDArray[Any]:
        return evidence.replay.output(case, changes)

    return Candidate(f"the device {rounding.said}, unlike the host, in {where}", predict)


def _written(
    evidence: Evidence, op: IntegerOp, rounding: Rounding, tensors: Tensors
) -> Mapping[int, NDArray[Any]]:
    given = [tensors[i] for i in evidence.replay.ops.reads(op.node.index)]
    return {op.node.outputs[0]: op.run(given, rounding)}
