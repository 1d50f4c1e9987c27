"""Worst: the faults of a campaign that did most, with their inputs, and scores before and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.campaign.faults import BEFORE, Fault
from tinyml_hil.campaign.injection import Golden
from tinyml_hil.campaign.outcomes import Outcome, Result
from tinyml_hil.campaign.plan import Plan
from tinyml_hil.model import rows_of, value_in
from tinyml_hil.record import InputRecord
from tinyml_hil.report import Bar, bars_of, drawings_of
from tinyml_hil.session import Session
from tinyml_hil.words import shortened

_MOST = 10
_NAME = 40
"""Characters of a tensor's name."""
_LARGEST = 1e30
"""What stands for an infinite difference, to be put in order."""


@dataclass(frozen=True)
class Shown:
    """A fault, as the page tells it."""

    id: int
    outcome: str
    input: str
    """What the input is called."""
    label: str
    pictures: list[str]
    """Data URIs, of each tensor of the input one."""
    place: str
    moment: str
    before: str
    """The class without the fault."""
    after: str
    scores: list[Bar]
    """Of the classes that lead with the fault or without it; the device's are those with it."""


def worst_of(session: Session, plan: Plan, results: Sequence[Result]) -> Iterator[Shown]:
    """Those that changed a class, then those that changed other bits; the outputs that moved most
    first.
    """
    found = [
        (
            result.outcome != Outcome.CRITICAL,
            -_distance(session, plan, result),
            result.fault,
            result,
        )
        for result in results
        if result.outcome in (Outcome.CRITICAL, Outcome.TOLERABLE)
    ]
    for *_, result in sorted(found, key=lambda one: one[:3])[:_MOST]:
        yield _shown(session, plan, result)


def _shown(session: Session, plan: Plan, result: Result) -> Shown:
    fault, task, dataset = plan.faults[result.fault], session.task, session.dataset
    golden = plan.golden[fault.input]
    with_fault, without = (_first(session, output) for output in (result.output, golden.output))
    record = InputRecord(golden.index, golden.label, expected=without, output=with_fault, ticks=0)
    return Shown(
        id=fault.id,
        outcome=result.outcome.value,
        input=dataset.title(golden.index),
        label=task.class_name(golden.label),
        pictures=drawings_of(np.asarray(dataset.image(golden.index))),
        place=_place(fault),
        moment=_moment(fault),
        before=task.class_name(golden.top),
        after=task.class_name(result.top),
        scores=bars_of(task.scores(record)),
    )


def _distance(session: Session, plan: Plan, result: Result) -> float:
    golden: Golden = plan.golden[plan.faults[result.fault].input]
    with_fault, without = (
        _first(session, output).astype(np.float64) for output in (result.output, golden.output)
    )
    moved = np.nan_to_num(with_fault - without, nan=_LARGEST, posinf=_LARGEST, neginf=-_LARGEST)
    return float(np.abs(moved).max())


def _first(session: Session, output: bytes) -> NDArray[np.generic]:
    """The first output of the first row of a batch."""
    model = session.model
    return rows_of(value_in(output, model.outputs), model.batch)[0][0]


def _place(fault: Fault) -> str:
    region = fault.region
    of = f"{region.layer} {region.op}, " if region.op else ""
    name = shortened(region.name, _NAME)
    if region.where == "registers":
        return f"{of}{region.where} of {name}, r{fault.bit // 32} bit {fault.bit % 32}"
    return f"{of}{region.where} {name}, 0x{fault.address:08x} bit {fault.bit % 8}"


def _moment(fault: Fault) -> str:
    if fault.region.where == "registers":
        return "at the op's entry"
    return "before the inference" if fault.after == BEFORE else f"after op {fault.after}"
