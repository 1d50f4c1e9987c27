"""The hypotheses, one a file.

Where several reproduce a run, the first in ``HYPOTHESES`` is told as the cause: one that has fewer
candidates is less likely to fit by chance, and says more.
"""

from __future__ import annotations

from tinyml_hil.explanation.hypotheses.model_in_firmware import ModelInFirmware
from tinyml_hil.explanation.hypotheses.other_kernels import OtherKernels
from tinyml_hil.explanation.hypotheses.other_version import OtherVersion
from tinyml_hil.explanation.hypotheses.output_order import OutputOrder
from tinyml_hil.explanation.hypotheses.per_tensor_scales import PerTensorScales
from tinyml_hil.explanation.hypotheses.stale_input import StaleInput
from tinyml_hil.explanation.hypotheses.tensorflow_kernels import TensorFlowKernels
from tinyml_hil.explanation.hypothesis import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (
    ModelInFirmware(),
    OtherKernels(),
    StaleInput(),
    OtherVersion(),
    PerTensorScales(),
    OutputOrder(),
    TensorFlowKernels(),
)
