"""Plan: what a campaign asks for, what it found to hit, and the work that its workers share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import cast

import msgspec
import numpy as np

from tinyml_hil.campaign.faults import Fault, Kind, Space
from tinyml_hil.campaign.injection import Golden, Injector
from tinyml_hil.campaign.outcomes import Result
from tinyml_hil.campaign.space import space_of
from tinyml_hil.campaign.statistics import sample_size
from tinyml_hil.device import DebuggerDevice, Device
from tinyml_hil.errors import DeviceError, UsageError
from tinyml_hil.record import ChoiceFacts, InputRecord
from tinyml_hil.session import Session

MOST_INPUTS = 100
"""Inputs that faults are drawn over, of those that the device gets right."""


@dataclass(frozen=True)
class Choice:
    """What the user asks for; the same one on the same firmware gives the same table."""

    where: tuple[str, ...]
    """Some of ``faults.WHERE``, in that order."""
    kind: str
    seed: int
    faults: int | None
    """How many; None for every bit once."""
    margin: float | None = None
    """Of the critical rate, instead of a number: 0.01 for a hundredth to either side."""
    layer: int | None = None
    first_address: int | None = None
    last_address: int | None = None

    @classmethod
    def from_plain(cls, facts: ChoiceFacts) -> Choice:
        """That of a campaign's record."""
        return msgspec.convert(facts, cls)

    def to_plain(self) -> ChoiceFacts:
        """As a campaign's record has it."""
        return cast(ChoiceFacts, asdict(self))

    def count(self, space: Space) -> int | None:
        """How many faults are drawn; None for every bit once."""
        return sample_size(space.bits, self.margin) if self.margin else self.faults

    @property
    def addresses(self) -> range | None:
        """Those that may be hit; None for all."""
        if self.first_address is None or self.last_address is None:
            return None
        return range(self.first_address, self.last_address + 1)


@dataclass(frozen=True)
class Plan:
    """All faults of a campaign, and what the device gives without them."""

    choice: Choice
    space: Space
    goldens: tuple[Golden, ...]

    @cached_property
    def faults(self) -> list[Fault]:
        inputs = [golden.index for golden in self.goldens]
        return self.space.draw(self.choice.count(self.space), inputs, self.choice.seed)

    @cached_property
    def golden(self) -> dict[int, Golden]:
        """By the input's index."""
        return {golden.index: golden for golden in self.goldens}


@dataclass(frozen=True)
class Injections:
    """The faults of a plan that are left to run: what workers share."""

    plan: Plan
    items: Sequence[int]
    together: int = 1

    @property
    def inputs(self) -> Iterable[int]:
        """Those that faults are drawn over."""
        return self.plan.golden

    def begin(
        self, session: Session, device: Device
    ) -> Callable[[Iterator[int]], Iterator[Result]]:
        """A result a fault.

        It raises:
            DeviceError: without a fault the device gives other bits than when the campaign began.
            LinkError: the device cannot be brought back.
        """
        injector = injector_of(session, device)
        kind = Kind.parse(self.plan.choice.kind)
        known: set[int] = set()

        def run(items: Iterator[int]) -> Iterator[Result]:
            seen = None
            for number in items:
                fault = self.plan.faults[number]
                seen = self.plan.golden[fault.input]
                if seen.index not in known:
                    _require_unchanged(injector, seen)
                    known.add(seen.index)
                yield injector.run(fault, kind, seen)
            if seen is not None:
                _require_unchanged(injector, seen)

        return run


def make_plan(session: Session, device: Device, choice: Choice) -> Plan:
    """Finds what there is to hit, and the inputs that the device gets right.

    Raises:
        UsageError: there is nothing, or the model's answers are no classes.
    """
    if session.task.class_count is None or session.task.truth_size is not None:
        raise UsageError(
            f"a critical fault gives another class, and {session.model.name} is a model for "
            f"{session.task.name}: a campaign takes models that classify"
        )
    injector = injector_of(session, device)
    space = space_of(
        held_device(device), session.model, choice.where, choice.layer, choice.addresses
    )
    return Plan(choice, space, tuple(_goldens(session, device, injector, choice.seed)))


def injector_of(session: Session, device: Device) -> Injector:
    """An injector on a device of the session's that was just started."""
    return Injector(held_device(device), session.model, inputs_of(session))


def inputs_of(session: Session) -> Callable[[int], bytes]:
    """What gives the bytes of an input of the session's dataset, by its index."""
    model, dataset = session.model, session.dataset
    return lambda index: model.input_of(dataset.image(index)).tobytes()


def held_device(device: Device) -> DebuggerDevice:
    """The device, held by its debugger.

    Raises:
        UsageError: it is not.
    """
    if not isinstance(device, DebuggerDevice):
        raise UsageError("faults are written by a debugger: --door=debugger on qemu, renode, board")
    return device


def _goldens(session: Session, device: Device, injector: Injector, seed: int) -> Iterator[Golden]:
    """Of ``MOST_INPUTS`` that the seed draws, those that the device gets right."""
    order = np.random.default_rng(seed).permutation(len(session.dataset))[:MOST_INPUTS]
    found = 0
    for record in session.evaluation(device).records(sorted(map(int, order))):
        if _is_right(session, record):
            found += 1
            output, top, ticks = injector.undisturbed(record.index)
            yield Golden(record.index, record.label, output, top, ticks)
    if not found:
        raise UsageError("the device gets none of the inputs right: there is nothing to disturb")


def _is_right(session: Session, record: InputRecord) -> bool:
    return bool(session.task.is_right(record, "device"))


def _require_unchanged(injector: Injector, golden: Golden) -> None:
    output, _, _ = injector.undisturbed(golden.index)
    if output != golden.output:
        raise DeviceError(
            f"without a fault the device gives other bits for input {golden.index} than when the "
            "campaign began: what it found since cannot be trusted"
        )
