"""Ladder: the same inputs on one rung after the other, from this machine to boards."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tinyml_hil.build import CustomOps, host_program
from tinyml_hil.choices import OWN_ENGINE
from tinyml_hil.device import Classification, explain
from tinyml_hil.errors import HilError, UsageError
from tinyml_hil.model import REFERENCES, HostEngine, Reference, load_reference
from tinyml_hil.record import InputRecord
from tinyml_hil.session.checks import difference
from tinyml_hil.session.evaluation import record_of
from tinyml_hil.session.session import Session
from tinyml_hil.target import target_names

ENGINE = "engine on this machine"


@dataclass(frozen=True)
class Rung:
    """What one of them gave."""

    name: str
    exact: int = 0
    """Inputs whose bits were the reference's."""
    inputs: int = 0
    """That were run; 0 if it is not there, or ended with an error."""
    seconds: float = 0.0
    """All of it: what was built, started and run."""
    why: str = ""
    """Why it is not there or did not end; else what differs first, and where."""
    first: int | None = None
    """The first input that differs."""
    is_another_runtime: bool = False
    """Whether it may give other bits: it is not what the device is compared with."""

    @property
    def is_there(self) -> bool:
        """Whether it has run."""
        return self.inputs > 0

    @property
    def differs(self) -> bool:
        """Whether it gives other bits, and ought not to."""
        return self.is_there and self.exact < self.inputs and not self.is_another_runtime


class Ladder:
    """Rungs in the order of what they cost: runtimes, the engine, simulators, boards."""

    def __init__(self, session: Session, logs: Path) -> None:
        """``session``: whose options count, but for its target. ``logs``: for transcripts."""
        self._session = session
        self._logs = logs

    @property
    def names(self) -> list[str]:
        """Of all rungs, the reference that counts first."""
        first = self._session.reference_choice.name
        others = [name for name in REFERENCES if name != first]
        engine = [ENGINE] if self._session.options.engine == OWN_ENGINE else []
        return [first, *others, *engine, *target_names(self._session.project)]

    def rungs(self, highest: str | None) -> Iterator[Rung]:
        """Each as it has run; one that differs does not keep the next from it.

        Args:
            highest: the last one; None: all.

        Raises:
            UsageError: there is no such rung; or the reference or an input cannot be used.
            SetupError, LinkError: the reference is not installed, or the last rung not there.
        """
        names = self.names
        if highest is not None and highest not in names:
            raise UsageError(f"there is no rung {highest!r}; there are: {', '.join(names)}")
        if highest in target_names(self._session.project):
            self._session_on(highest).check()
        model, dataset = self._session.model, self._session.dataset
        begun = time.monotonic()
        self._tensors = [model.input_of(dataset.image(index)) for index in range(len(dataset))]
        self._expected = [self._session.reference.predict(tensor) for tensor in self._tensors]
        yield Rung(names[0], len(dataset), len(dataset), time.monotonic() - begun)
        for name in names[1 : names.index(highest) + 1 if highest else None]:
            yield self._timed(name)

    def _timed(self, name: str) -> Rung:
        begun = time.monotonic()
        try:
            rung = self._on_this_machine(name) or self._on_a_device(name)
        except HilError as error:
            rung = Rung(name, why=str(error))
        return replace(rung, seconds=time.monotonic() - begun)

    def _on_this_machine(self, name: str) -> Rung | None:
        if name not in (ENGINE, *REFERENCES):
            return None
        found = self._engine() if name == ENGINE else load_reference(name, self._session.model)
        outputs = map(found.predict, self._tensors)
        # The threshold is that of the raw output, as a device's is.
        model = self._session.model
        threshold = model.output.raw_of(model.threshold)
        results = (Classification(each, 0, 0.0, threshold, batch=model.batch) for each in outputs)
        return replace(self._judged(name, results), is_another_runtime=name != ENGINE)

    def _engine(self) -> Reference:
        options, cache = self._session.options, self._session.project.cache
        program = host_program(cache, options.arithmetic, CustomOps(options.op))
        return HostEngine(replace(self._session.model, host_engine=program))

    def _on_a_device(self, name: str) -> Rung:
        session = self._session_on(name)
        session.check()
        with session.device(self._logs / f"{name}.log") as device:
            rung = self._judged(name, device.classify_many(self._tensors))
            if rung.first is not None:
                tensor, reference = self._tensors[rung.first], self._session.reference_choice.name
                where = explain(device, session.model, reference, tensor)
                rung = replace(rung, why=f"{where}\n{rung.why}")
        return rung

    def _session_on(self, target: str) -> Session:
        return Session(replace(self._session.options, target=target), self._session.project)

    def _judged(self, name: str, results: Iterable[Classification]) -> Rung:
        records = list(self._records(results))
        wrong = [record for record in records if not record.exact]
        rung = Rung(name, len(records) - len(wrong), len(records))
        if not wrong:
            return rung
        why = difference(wrong[0], self._session.dataset, self._session.task)
        return replace(rung, why=why, first=wrong[0].index)

    def _records(self, results: Iterable[Classification]) -> Iterator[InputRecord]:
        model, dataset = self._session.model, self._session.dataset
        for index, (result, expected) in enumerate(zip(results, self._expected, strict=True)):
            row = index % model.batch
            yield record_of(index, dataset.label(index), result, expected, model, row)
