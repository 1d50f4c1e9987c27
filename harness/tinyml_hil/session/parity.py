"""Parity: the same images on two or more targets, whose outputs have to be equal, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Device
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model
from tinyml_hil.project import Project
from tinyml_hil.record import InputRecord, Task
from tinyml_hil.session.evaluation import labelled, record_of
from tinyml_hil.session.options import Options
from tinyml_hil.session.session import Session


@dataclass(frozen=True)
class Row:
    """One image on every target, the first target's first."""

    records: Mapping[str, InputRecord]
    """What each target gave, which is all that is expected of it here."""

    @property
    def outputs(self) -> dict[str, bytes]:
        """The bytes of all outputs."""
        return {
            name: b"".join(pair.output.tobytes() for pair in record.pairs)
            for name, record in self.records.items()
        }

    @property
    def different(self) -> dict[str, int]:
        """How many bytes each other target's output differs in from the first one's."""
        first, *others = (
            (name, np.frombuffer(output, np.uint8)) for name, output in self.outputs.items()
        )
        return {name: int(np.count_nonzero(output != first[1])) for name, output in others}

    @property
    def equal(self) -> bool:
        """Whether every byte is the same on every target."""
        return not any(self.different.values())


class Parity:
    """The same model and dataset on several targets, each with firmware for its own platform."""

    def __init__(
        self, options: Options, targets: list[str], project: Project | None = None
    ) -> None:
        """``options``: of every target alike; its target, platform and firmware do not count.

        ``targets``: each a target's name, or ``TARGET:PLATFORM``.
        ``project``: as ``Session``'s.

        Raises:
            UsageError: there are not two different targets.
        """
        if len(targets) < 2 or len(set(targets)) < len(targets):
            raise UsageError("parity compares different targets, such as: --targets qemu,renode")
        alike = replace(options, platform=None, firmware=None)
        self.sessions = {name: Session(_on(name, alike), project) for name in targets}

    @property
    def dataset(self) -> Dataset:
        """The images."""
        return next(iter(self.sessions.values())).dataset

    @property
    def task(self) -> Task:
        """What the outputs are answers to."""
        return next(iter(self.sessions.values())).task

    @property
    def model(self) -> Model:
        """The model."""
        return next(iter(self.sessions.values())).model

    def check(self) -> None:
        """Finds out before anything runs whether all that was chosen can be used; as Session's."""
        for session in self.sessions.values():
            session.check()

    @contextmanager
    def devices(self, logs: Path) -> Iterator[dict[str, Device]]:
        """All targets, running; their transcripts are in the folder ``logs``."""
        with ExitStack() as running:
            yield {
                name: running.enter_context(
                    session.device(logs / f"{name.replace(':', '-').replace('/', '_')}.log")
                )
                for name, session in self.sessions.items()
            }


def _on(name: str, options: Options) -> Options:
    target, _, platform = name.partition(":")
    return replace(options, target=target, platform=platform or None)


def parity_rows(
    devices: Mapping[str, Device], model: Model, dataset: Dataset, task: Task
) -> Iterator[Row]:
    """Runs every image of the dataset on all devices at once, giving each row as it comes."""
    results = [
        device.classify_many(model.input_of(dataset.image(i)) for i in range(len(dataset)))
        for device in devices.values()
    ]
    for index, answers in enumerate(zip(*results, strict=True)):
        label = dataset.label(index)
        records = [
            labelled(record_of(index, label, given, given.output, model), dataset, model, task)
            for given in answers
        ]
        yield Row(dict(zip(devices, records, strict=True)))


def describe_row(row: Row, task: Task) -> str:
    """One line: index, label, answer, and whether the outputs are equal."""
    names = {name: task.answer(record, "device") for name, record in row.records.items()}
    first, record = next(iter(row.records.items()))
    size = len(row.outputs[first])
    verdict = "; ".join(
        f"{name}: {count} of {size} bytes differ from {first}, class {names[name]}"
        for name, count in row.different.items()
        if count
    )
    return f"{record.index:>6}  {task.label(record):<12}{names[first]:<12}{verdict or 'equal'}"
