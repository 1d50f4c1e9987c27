"""The hypotheses, one a file.

Where several reproduce a run, the first in ``HYPOTHESES`` is told as the cause: one that has fewer
candidates is less likely to fit by chance, and says more.
"""

from __future__ import annotations

from tinyml_hil.explanation.hypotheses.arena_overlap import ArenaOverlap
from tinyml_hil.explanation.hypotheses.channel_order import ChannelOrder
from tinyml_hil.explanation.hypotheses.cropping import Cropping
from tinyml_hil.explanation.hypotheses.flipped_bit import FlippedBit
from tinyml_hil.explanation.hypotheses.layout import Layout
from tinyml_hil.explanation.hypotheses.model_in_firmware import ModelInFirmware
from tinyml_hil.explanation.hypotheses.normalization import Normalization
from tinyml_hil.explanation.hypotheses.orientation import Orientation
from tinyml_hil.explanation.hypotheses.other_kernels import OtherKernels
from tinyml_hil.explanation.hypotheses.other_version import OtherVersion
from tinyml_hil.explanation.hypotheses.output_order import OutputOrder
from tinyml_hil.explanation.hypotheses.per_tensor_scales import PerTensorScales
from tinyml_hil.explanation.hypotheses.pixel_range import PixelRange
from tinyml_hil.explanation.hypotheses.resizing import Resizing
from tinyml_hil.explanation.hypotheses.rounding import OtherRounding
from tinyml_hil.explanation.hypotheses.stale_input import StaleInput
from tinyml_hil.explanation.hypotheses.tensor_order import TensorOrder
from tinyml_hil.explanation.hypotheses.tensorflow_kernels import TensorFlowKernels
from tinyml_hil.explanation.hypotheses.two_input_changes import TwoInputChanges
from tinyml_hil.explanation.hypothesis import Hypothesis
from tinyml_hil.explanation.input_change import InputHypothesis

_INPUTS: tuple[InputHypothesis, ...] = (
    *(ChannelOrder(), Layout(), PixelRange(), Orientation()),
    *(Normalization(), Cropping(), Resizing()),
)
HYPOTHESES: tuple[Hypothesis, ...] = (
    ModelInFirmware(),
    OtherKernels(),
    StaleInput(),
    TensorOrder(),
    *_INPUTS,
    OtherVersion(),
    PerTensorScales(),
    OutputOrder(),
    TensorFlowKernels(),
    OtherRounding(),
    FlippedBit(),
    ArenaOverlap(),
    TwoInputChanges(*_INPUTS),
)
