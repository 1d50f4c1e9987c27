"""Other kernels: the device computes as another runtime does than the reference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray

from tinyml_hil.errors import HilError
from tinyml_hil.explanation.case import Case
from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.hypothesis import Candidate, Hypothesis
from tinyml_hil.model import load_kernels

_SENTENCES = {
    "tflite-micro": "the device computes as TensorFlow Lite for Microcontrollers does, the host as "
    "{reference}; compare it with --reference tflite-micro",
    "litert": "the device computes as LiteRT's reference kernels do, the host as {reference}; "
    "compare it with --reference litert",
    "litert-optimized": "the device computes as LiteRT's optimized kernels do, without "
    "XNNPACK, and not as {reference}",
    "litert-xnnpack": "the device computes as LiteRT does by default, with XNNPACK, and not as "
    "{reference}",
}


class OtherKernels(Hypothesis):
    """TFLM, LiteRT's reference kernels, or its default ones."""

    name = "other-kernels"
    quick = True

    def candidates(self, evidence: Evidence) -> Iterator[Candidate]:
        """One for each that is installed and takes the model."""
        for name, sentence in _SENTENCES.items():
            if name != evidence.reference:
                yield from as_kernels(evidence, name, sentence)


def as_kernels(evidence: Evidence, name: str, sentence: str) -> Iterator[Candidate]:
    """The candidate that a device computes as these ``KERNELS`` do; none, if they cannot run."""
    try:
        kernels = load_kernels(name, evidence.model)
    except HilError as error:
        evidence.leave_out(name, error)
        return

    def predict(case: Case) -> NDArray[Any]:
        return kernels.predict(case.tensor)

    yield Candidate(sentence.format(reference=evidence.reference), predict)
