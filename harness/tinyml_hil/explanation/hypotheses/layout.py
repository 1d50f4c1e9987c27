"""Layout: the device takes the dimensions of its input in another order."""

from __future__ import annotations

from collections.abc import Iterator

from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.input_change import Change, InputHypothesis

_TO_NHWC = (0, 2, 3, 1)
"""The dimensions of an NCHW tensor, as NHWC has them."""


class Layout(InputHypothesis):
    """NCHW for NHWC, as a CIFAR-10 file has its images and PyTorch its tensors; or the reverse."""

    name = "layout"

    def changes(self, evidence: Evidence) -> Iterator[Change]:
        """Nothing for images of one channel, which are the same in both."""
        height, width, channels = evidence.model.image_shape
        if channels == 1:
            return
        if evidence.model.preprocessing.layout == "nhwc":
            yield Change(
                "its input as NCHW (all of red, then green, then blue), the host as NHWC",
                tensor=lambda given: given.transpose(0, 3, 1, 2),
            )
            yield Change(
                "the bytes of an NHWC input as those of an NCHW one",
                tensor=lambda given: given.reshape(1, channels, height, width).transpose(_TO_NHWC),
            )
        else:
            yield Change(
                "its input as NHWC (pixel by pixel), the host as NCHW",
                tensor=lambda given: given.transpose(_TO_NHWC),
            )
