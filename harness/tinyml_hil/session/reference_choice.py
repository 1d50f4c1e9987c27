"""Reference choice: whose answers on the host a firmware is held against, and why."""

from __future__ import annotations

from dataclasses import dataclass

from tinyml_hil import choices
from tinyml_hil.build import Firmware
from tinyml_hil.device import holds_tflm
from tinyml_hil.model import Model, refusal_of

_LITERT, _TFLM = "litert", "tflite-micro"


@dataclass(frozen=True)
class ReferenceChoice:
    """A reference."""

    name: str
    """One of ``tinyml_hil.model.REFERENCES``."""
    why: str
    """Why it is that one, for people."""

    def __str__(self) -> str:
        return f"{self.name}: {self.why}"


def choose_reference(
    wanted: str, model: Model, engine: str, brought: Firmware | None
) -> ReferenceChoice:
    """The reference that computes as the firmware does.

    Args:
        wanted: one of ``choices.REFERENCES``.
        model: what it has to run.
        engine: one of ``choices.ENGINES``: what infers in firmware that is built here.
        brought: the firmware, if it was not built here.

    Raises:
        UsageError: the firmware cannot be read.
    """
    if wanted != "auto":
        return ReferenceChoice(wanted, "as was chosen")
    holds = engine == choices.TFLM_ENGINE if brought is None else holds_tflm(brought.symbols)
    if not holds:
        return ReferenceChoice(_LITERT, _why_not_tflm(brought))
    why = "TensorFlow Lite for Microcontrollers is in the firmware"
    if refusal := refusal_of(_TFLM, model):
        return ReferenceChoice(_LITERT, f"{why}, but {refusal}")
    return ReferenceChoice(_TFLM, why)


def _why_not_tflm(brought: Firmware | None) -> str:
    if brought is None or brought.is_ours:
        return "the firmware's engine gives its bits"
    if not len(brought.symbols):
        why = "the firmware has no symbols, which would tell what infers in it"
        return f"{why}; if that is TFLM: --reference {_TFLM}"
    return "no TensorFlow Lite for Microcontrollers in the firmware"
