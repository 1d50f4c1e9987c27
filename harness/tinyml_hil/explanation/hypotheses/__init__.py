"""The hypotheses, one a file.

Where several reproduce a run, the first in ``HYPOTHESES`` is told as the cause: one that has fewer
candidates is less likely to fit by chance, and says more.
"""

from __future__ import annotations

from tinyml_hil.explanation.hypotheses.other_kernels import OtherKernels
from tinyml_hil.explanation.hypotheses.tensorflow_kernels import TensorFlowKernels
from tinyml_hil.explanation.hypothesis import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (
    OtherKernels(),
    TensorFlowKernels(),
)
