"""Evidence: what a run left behind of its inputs, and the means to run some of them again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.device import Device, LayerComparison, LayerResult
from tinyml_hil.errors import HilError, UsageError
from tinyml_hil.explanation.case import Case
from tinyml_hil.explanation.replay import Replay
from tinyml_hil.model import Model, Reference, load_reference
from tinyml_hil.record import InputRecord
from tinyml_hil.session import Session, inputs_together

MOST_DIFFERING = 20
MOST = 25
"""Inputs that a cause has to reproduce, those that agree included; of more, some from all parts of
the run."""
_NO_LAYERS = "the device's layers were not asked"


class Evidence:
    """The inputs that a cause has to explain, and those that it has to leave as they are.

    Use as a context manager: a device that was started for it ends with it.
    """

    def __init__(
        self, session: Session, reference: str, records: Sequence[InputRecord], transcript: Path
    ) -> None:
        """Runs nothing yet.

        Args:
            session: of the run's own options.
            reference: which gave what the records expect.
            records: of all inputs that were run, in the order of their indices.
            transcript: where a device that is started is recorded.

        Raises:
            UsageError: an image cannot be read.
        """
        self.session = session
        self.reference = reference
        self.left_out: list[str] = []
        """What could not be tried, and why: a sentence each."""
        self._records = records
        self._transcript = transcript
        self._stack = ExitStack()
        self._case = cache(self._make_case)
        self._layers = cache(self._make_layers)
        # Of firmware that prints its class alone, nothing is known that a cause could be told by.
        known = [i for i, record in enumerate(records) if record.compared.any()]
        differing = [i for i in known if not records[i].exact]
        agreeing = [i for i in known if records[i].exact]
        cases = map(self._case, _spread(differing, MOST_DIFFERING))
        self.differing = sorted(cases, key=lambda case: -case.different)
        """Inputs whose output is not the host's; what refutes a wrong cause soonest is first."""
        self.agreeing = [self._case(i) for i in _spread(agreeing, MOST - len(self.differing))]
        """Inputs whose output is the host's: a cause has to leave them as they are."""

    def __enter__(self) -> Evidence:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def model(self) -> Model:
        """The run's model."""
        return self.session.model

    @property
    def cases(self) -> list[Case]:
        """All that a cause has to reproduce."""
        return [*self.differing, *self.agreeing]

    @property
    def channels(self) -> set[int]:
        """The numbers of channels that there are, in images and in the model's input."""
        return {self.model.image_shape[2], *(case.image.shape[2] for case in self.cases)}

    @property
    def has_images(self) -> bool:
        """Whether inputs are images, which the host preprocesses; tensors it takes as they are."""
        return all(self.model.is_image(case.image) for case in self.cases)

    def leave_out(self, what: str, error: HilError | None = None) -> None:
        """Notes what could not be tried; ``error``: why, if ``what`` does not say it."""
        why = f"{what}: {str(error).splitlines()[0]}" if error else what
        if why not in self.left_out:
            self.left_out.append(why)

    @cached_property
    def host(self) -> Reference:
        """The reference of the run, with its model."""
        return load_reference(self.reference, self.model)

    @cached_property
    def replay(self) -> Replay:
        """The run's model, op by op on the host, to do some ops otherwise."""
        return Replay(self.model, self.reference)

    @cached_property
    def device(self) -> Device | None:
        """The run's firmware on its target, started now; None if it cannot be."""
        try:
            return self._stack.enter_context(self.session.device(self._transcript))
        except HilError as error:
            self.leave_out("the device was not asked", error)
            return None

    def layers(self, case: Case) -> Sequence[LayerResult]:
        """Each op of a case on the device, beside the host's; empty if the device cannot tell."""
        return self._layers(case)

    def device_layer(self, case: Case, op: int) -> NDArray[Any] | None:
        """What op ``op`` gives on the device for a case, raw and flat; None if it cannot tell."""
        if not self.layers(case) or not self.device:
            return None
        tensor = self.model.graph.tensors[self.model.graph.nodes[op].outputs[0]]
        try:
            self.device.load(case.tensor.tobytes())
            return np.frombuffer(self.device.tensor(op), np.dtype(tensor.type))
        except HilError as error:
            self.leave_out(_NO_LAYERS, error)
            return None

    def _make_layers(self, case: Case) -> Sequence[LayerResult]:
        if not self.device:
            return ()
        try:
            compared = LayerComparison(self.device, self.model, self.reference)
            return tuple(compared.results(case.tensor))
        except HilError as error:
            self.leave_out(_NO_LAYERS, error)
            return ()

    def _make_case(self, row: int) -> Case:
        record, dataset = self._records[row], self.session.dataset
        if record.index >= len(dataset) or dataset.label(record.index) != record.label:
            raise UsageError(
                f"{dataset.name} holds other {dataset.what}s now than in the run: run it once more"
            )
        size = self.model.batch
        together = inputs_together(record.index, size, len(dataset))
        images = [dataset.image(index) for index in together]
        images += images[-1:] * (size - len(images))
        return Case(
            title=dataset.title(record.index),
            images=tuple(images),
            row=record.index % size,
            tensor=self.model.input_of(*images),
            record=record,
            spec=self.model.output,
            before=lambda: self._case(row - size) if row >= size else None,
        )


def _spread(rows: Sequence[int], most: int) -> list[int]:
    """So many of these at most, evenly from the first to the last."""
    if len(rows) <= most:
        return list(rows)
    return [rows[i] for i in np.linspace(0, len(rows) - 1, most).round().astype(int)]
