"""Replay: one fault of a recorded campaign once more, op by op, and how far it spreads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.campaign.campaign import require_same_firmware
from tinyml_hil.campaign.faults import BEFORE, Fault, Kind, Region
from tinyml_hil.campaign.injection import Golden, Injector
from tinyml_hil.campaign.outcomes import Outcome, Result
from tinyml_hil.campaign.plan import Choice, held_device, inputs_of
from tinyml_hil.campaign.space import space_of
from tinyml_hil.campaign.table import read_row
from tinyml_hil.campaign.watch import Budget, Ending
from tinyml_hil.device import DebuggerDevice, Difference, difference_of
from tinyml_hil.errors import DeviceError, UsageError
from tinyml_hil.model import Model, Node
from tinyml_hil.record import CampaignRecord
from tinyml_hil.session import Session

_TRANSCRIPT = "replay.log"


@dataclass(frozen=True)
class Step:
    """What one op gave with the fault."""

    node: Node
    output: str
    """Type and shape of its outputs."""
    is_reached: bool
    """Whether it has ended."""
    difference: Difference | None = None
    """From what it gives without the fault; None if that is the same, or it has not ended."""


@dataclass(frozen=True)
class Replay:
    """A fault that was run again."""

    fault: Fault
    kind: Kind
    golden: Golden
    before: bytes
    """What it has changed, in memory or in a register, little-endian; empty if it was absent."""
    after: bytes
    """What that became."""
    then: Result
    """What it came to in the campaign."""
    now: Result
    steps: list[Step]
    """Empty where the ops of what infers are not known."""

    @property
    def is_same(self) -> bool:
        """Whether it came to the same, bit for bit."""
        return _bits(self.then) == _bits(self.now)

    def to_plain(self) -> dict[str, Any]:
        """As plain types, for JSON."""
        region = self.fault.region
        return {
            "fault": self.fault.id,
            "where": region.where,
            "name": region.name,
            "layer": region.layer,
            "op": region.op,
            "address": self.fault.address,
            "bit": self.fault.bit % 8,
            "element_bit": self.fault.element_bit,
            "kind": self.kind.name,
            "moment": self.fault.after,
            "before": self.before.hex(),
            "after": self.after.hex(),
            "input": self.golden.index,
            "label": self.golden.label,
            "class_without": self.golden.top,
            "then": _plain(self.then),
            "now": _plain(self.now),
            "same": self.is_same,
            "layers": [
                {
                    "index": step.node.index,
                    "op": step.node.name,
                    "output": step.output,
                    "reached": step.is_reached,
                    "difference": asdict(step.difference) if step.difference else None,
                }
                for step in self.steps
            ],
        }


def run_again(session: Session, folder: Path, record: CampaignRecord, number: int) -> Replay:
    """Runs a fault of a campaign again.

    Args:
        session: of the campaign's own options, held by its debugger.
        folder: the campaign's.
        number: the fault's.

    Raises:
        UsageError: there is no such fault, or firmware or inputs are not the campaign's.
        DeviceError: without the fault the device gives another class than it did.
    """
    row = read_row(folder, number)
    require_same_firmware(record, session)
    index = row["input"]
    dataset, model = session.dataset, session.model
    if index >= len(dataset) or dataset.label(index) != row["label"]:
        raise UsageError(
            f"{dataset.name} holds other {dataset.what}s now than when {record.id} was made"
        )
    with session.device(folder / _TRANSCRIPT) as device:
        held = held_device(device)
        tracer = Tracer(held, model, inputs_of(session))
        golden = Golden(index, row["label"], *tracer.undisturbed(index))
        if golden.top != row["class_without"]:
            raise DeviceError(
                f"without a fault the device gives class {golden.top} for {dataset.title(index)}, "
                f"and gave {row['class_without']} when {record.id} was made"
            )
        fault, kind = _fault(held, model, record, row), Kind.parse(row["kind"])
        usual = tracer.outputs_without(index)
        now = tracer.run(fault, kind, golden)
        return Replay(
            *(fault, kind, golden, tracer.before, tracer.after),
            *(_then(row), now, list(_steps(model, usual, tracer.outputs))),
        )


class Tracer(Injector):
    """An injector that stops after each op, and keeps what that has given."""

    def __init__(
        self, device: DebuggerDevice, model: Model, input_of: Callable[[int], bytes]
    ) -> None:
        """As an injector. Of firmware whose ops are not known, nothing is kept."""
        super().__init__(device, model, input_of)
        self.before = self.after = b""
        """What the last fault has changed, and to what."""
        self.outputs: list[bytes] = []
        """What the ops gave in the last inference, up to where it ended."""
        self._places: list[list[tuple[int, int]]] = []
        """Where each op's outputs lie: found without a fault, which may change that, too."""
        self._ops: list[int | None] = self._entries if "layers" in device.commands else []
        self._back = 0

    def outputs_without(self, index: int) -> list[bytes]:
        """What each op gives without a fault."""
        self._held.begin(self._input_of(index))
        nodes, self._places, found = self._model.graph.nodes, [], []
        for node, function in zip(nodes, self._ops, strict=False):
            self._pass(function)
            self._places.append([self._device.tensor_place(number) for number in node.outputs])
            found.append(self._read(node.index))
        self._held.finish()
        return found

    def _go_to(self, fault: Fault) -> None:
        self.outputs = []
        at = _moment(fault)
        for index, function in enumerate(self._ops[: max(at, 0)]):
            self._pass(function)
            self.outputs.append(self._read(index))
        if at == BEFORE:
            return
        if fault.region.where == "registers":
            self._back = self._enter_next(self._ops[at])
        else:
            self._pass(self._ops[at])

    def _run_on(self, fault: Fault, usual: int) -> Ending | None:
        ending = self._run_by_op(fault, usual)
        if ending and ending.outcome == Outcome.HANG:
            # Where it is when it is looked at is no result of a campaign, but good to know.
            return replace(ending, detail=f"in {self._watch.place()}")
        return ending

    def _run_by_op(self, fault: Fault, usual: int) -> Ending | None:
        budget = self._watch.budget(usual)
        for index in range(len(self.outputs), len(self._ops)):
            elsewhere = self._end_op(fault, index, budget)
            if elsewhere is not None:
                return elsewhere if isinstance(elsewhere, Ending) else None
            self.outputs.append(self._read(index))
        found = self._watch.run_to((), budget)
        return found if isinstance(found, Ending) else None

    def _end_op(self, fault: Fault, index: int, budget: Budget) -> int | Ending | None:
        """Runs an op to its end, in which the fault may be; where it ended else, if it did."""
        function, is_its = self._ops[index], index == _moment(fault)
        if function is None or (is_its and fault.region.where != "registers"):
            return None
        if not is_its:
            found = self._watch.run_to([function], budget)
            if found != function & ~1:
                return found
            self._back = self._held.debugger.registers().lr
        found = self._watch.run_to([self._back], budget)
        return None if found == self._back & ~1 else found

    def _write(self, fault: Fault, kind: Kind) -> bytes:
        self.before = self.after = b""
        original = super()._write(fault, kind)
        bit = fault.bit % (32 if fault.region.where == "registers" else 8)
        self.before, self.after = original, kind.changed(original, bit)
        return original

    def _pass(self, function: int | None) -> None:
        """Runs an undisturbed op to its end."""
        if function is not None:
            self._held.run_to(self._enter_next(function))

    def _enter_next(self, function: int | None) -> int:
        """Runs to the next op; returns where that returns to."""
        assert function is not None
        self._held.run_to(function)
        return self._held.debugger.registers().lr

    def _read(self, index: int) -> bytes:
        return b"".join(self._held.debugger.read(*place) for place in self._places[index])


def _moment(fault: Fault) -> int:
    """The op at whose entry, or after which, the fault comes; BEFORE the first."""
    return fault.region.layer if fault.region.where == "registers" else fault.after


def _fault(
    device: DebuggerDevice, model: Model, record: CampaignRecord, row: dict[str, Any]
) -> Fault:
    """The fault of a row, in the region where it was drawn."""
    choice = Choice.from_plain(record.choice)
    space = space_of(device, model, (row["where"],), choice.layer, choice.addresses)
    for region in space.regions:
        offset = row["address"] - region.address
        if _names(region) == (row["name"], row["layer"]) and 0 <= offset < region.size:
            bit = 8 * offset + row["bit"]
            return Fault(row["fault"], region, bit, row["after"], row["input"])
    raise UsageError(f"{row['name']} is not where it was when {record.id} was made")


def _names(region: Region) -> tuple[str, int]:
    return region.name, region.layer


def _then(row: dict[str, Any]) -> Result:
    return Result(row["fault"], Outcome(row["outcome"]), row["output"], row["class"], row["detail"])


def _steps(model: Model, usual: list[bytes], found: list[bytes]) -> Iterator[Step]:
    """``found`` has fewer where the call has ended before."""
    graph = model.graph
    for node, expected in zip(graph.nodes, usual, strict=False):
        output = ", ".join(str(graph.tensors[number]) for number in node.outputs)
        if node.index >= len(found):
            yield Step(node, output, is_reached=False)
            continue
        given = found[node.index]
        difference = difference_of(given, _arrays(model, node, expected))
        yield Step(node, output, True, None if given == expected else difference)


def _arrays(model: Model, node: Node, content: bytes) -> list[NDArray[Any]]:
    """The outputs of an op, as they are in its bytes."""
    arrays = []
    for tensor in (model.graph.tensors[number] for number in node.outputs):
        dtype = np.dtype(tensor.type)
        arrays.append(np.frombuffer(content, dtype, tensor.size))
        content = content[arrays[-1].nbytes :]
    return arrays


def _bits(result: Result) -> Result:
    """The result, without what is for people."""
    return replace(result, detail="")


def _plain(result: Result) -> dict[str, Any]:
    return {
        "outcome": result.outcome.value,
        "class": result.top,
        "output": result.output.hex(),
        "detail": result.detail,
    }
