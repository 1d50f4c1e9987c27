"""Engines side by side: the same model and images, in firmware with one engine and the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from statistics import mean
from typing import Any

from numpy.typing import NDArray

from tinyml_hil import choices
from tinyml_hil.build import CustomOps
from tinyml_hil.device import Layer
from tinyml_hil.errors import HilError
from tinyml_hil.model import REFERENCES, load_reference
from tinyml_hil.session.options import Options
from tinyml_hil.session.session import Session


@dataclass(frozen=True)
class EngineFacts:
    """What one engine makes of a model."""

    name: str
    """One of ``choices.ENGINES``."""
    exact: Mapping[str, int]
    """By reference: how many images' outputs are the reference's, bit for bit."""
    images: int
    unit: str
    """Of all durations."""
    ticks: float
    """An inference, mean of all images."""
    flash: int
    """Bytes of code and constants, without the model and the self-test's images."""
    arena: int
    """Bytes that the model takes of it."""
    stack: int
    """The most bytes that an inference takes, below its caller."""
    layers: tuple[Layer, ...]
    """Of the first image."""


def _with_engine(options: Options, name: str) -> Options:
    """Each engine takes ops of the user's own in its language."""
    is_own = name == choices.OWN_ENGINE
    op = tuple(file for file in options.op if (file.suffix in CustomOps.suffixes) == is_own)
    return replace(options, engine=name, op=op)


class Engines:
    """One session for each engine, alike but for that."""

    def __init__(self, session: Session) -> None:
        """``session``: whose options count, but for its engine."""
        self._sessions = {
            name: Session(_with_engine(session.options, name), session.project)
            for name in choices.ENGINES
        }
        first = self._sessions[choices.OWN_ENGINE]
        self.model, self.dataset = first.model, first.dataset

    def check(self) -> None:
        """Builds both, and finds out before anything runs whether all can be used; as Session's."""
        for session in self._sessions.values():
            session.check()

    @cached_property
    def _tensors(self) -> list[NDArray[Any]]:
        """The raw input of every image."""
        return [self.model.input_of(self.dataset.image(i)) for i in range(len(self.dataset))]

    def references(self) -> Mapping[str, list[bytes]]:
        """What each reference that is installed and takes the model gives for every image."""
        found = {}
        for name in REFERENCES:
            try:
                reference = load_reference(name, self.model)
            except HilError:
                continue
            found[name] = [reference.predict(tensor).tobytes() for tensor in self._tensors]
        return found

    def measure(self, references: Mapping[str, list[bytes]], logs: Path) -> Iterator[EngineFacts]:
        """Runs all images on each engine; ``logs``: the folder of the transcripts.

        Raises:
            HilError: as ``Session.device`` and ``Device.classify_many``.
        """
        for name, session in self._sessions.items():
            yield self._measure(name, session, references, logs / f"{name}.log")

    def _measure(
        self, name: str, session: Session, references: Mapping[str, list[bytes]], log: Path
    ) -> EngineFacts:
        with session.device(log) as device:
            results = list(device.classify_many(self._tensors))
            device.load(self._tensors[0].tobytes())
            layers, memory = tuple(device.layers()), device.memory()
            unit = device.ticks_unit
        outputs = [result.output.tobytes() for result in results]
        return EngineFacts(
            name=name,
            exact={
                reference: sum(mine == its for mine, its in zip(outputs, wanted, strict=True))
                for reference, wanted in references.items()
            },
            images=len(outputs),
            unit=unit,
            ticks=mean(result.ticks for result in results),
            flash=session.firmware.sizes.flash,
            arena=memory.arena_used,
            stack=memory.stack_inference,
            layers=layers,
        )
