"""TensorFlow's kernels: the device computes as another version of the reference kernels does."""

from __future__ import annotations

from collections.abc import Iterator

from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.hypotheses.other_kernels import as_kernels
from tinyml_hil.explanation.hypothesis import Candidate, Hypothesis


class TensorFlowKernels(Hypothesis):
    """TensorFlow's own copy of the reference kernels, which takes ten seconds to load."""

    name = "tensorflow-kernels"
    costly = True

    def candidates(self, evidence: Evidence) -> Iterator[Candidate]:
        """One, if TensorFlow is installed."""
        if evidence.reference != "tensorflow":
            sentence = (
                "the device computes as TensorFlow's reference kernels do, the host as "
                "{reference}; compare it with --reference tensorflow"
            )
            yield from as_kernels(evidence, "tensorflow", sentence)
