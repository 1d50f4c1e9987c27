"""Reference choice: whose answers on the host a firmware is held against, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tinyml_hil import choices
from tinyml_hil.build import Firmware
from tinyml_hil.device import holds_tflm
from tinyml_hil.model import HostEngine, Model, may_run_by_ops, refusal_of, stand_ins
from tinyml_hil.session.options import Options

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


def choose_reference(options: Options, model: Model, brought: Firmware | None) -> ReferenceChoice:
    """The reference that computes as the firmware does.

    Args:
        options: which one is wanted, and what infers in firmware that is built here.
        model: what it has to run.
        brought: the firmware, if it was not built here.

    Raises:
        UsageError: the firmware cannot be read.
    """
    choice = _choose(options, model, brought)
    if not may_run_by_ops(model):
        return choice
    others = [
        f"; {_stand_in(options, name)} for {', '.join(ops)}, which it lacks"
        for name, ops in stand_ins(choice.name, model).items()
    ]
    return replace(choice, why="".join([choice.why, *others]))


def _stand_in(options: Options, name: str) -> str:
    """What runs ops that the reference lacks, for people."""
    if name != HostEngine.name:
        return name
    language = "C++" if options.engine == choices.TFLM_ENGINE else "C"
    return f"its {language} file on this machine"


def _choose(options: Options, model: Model, brought: Firmware | None) -> ReferenceChoice:
    if options.reference != "auto":
        return ReferenceChoice(options.reference, "as was chosen")
    why = _why_tflm(options, brought)
    if not why:
        return ReferenceChoice(_LITERT, _why_not_tflm(brought))
    if refusal := refusal_of(_TFLM, model):
        return ReferenceChoice(_LITERT, f"{why}, but {refusal}")
    return ReferenceChoice(_TFLM, why)


def _why_tflm(options: Options, brought: Firmware | None) -> str:
    """Why it computes as TFLM does; empty if it does not."""
    if brought is None:
        holds = options.engine == choices.TFLM_ENGINE
        gives = options.arithmetic == choices.TFLM_ARITHMETIC
    else:
        holds, gives = holds_tflm(brought.symbols), brought.gives_tflm_bits
    if holds:
        return "TensorFlow Lite for Microcontrollers is in the firmware"
    return "the firmware's engine gives TFLM's bits" if gives else ""


def _why_not_tflm(brought: Firmware | None) -> str:
    if brought is None or brought.is_ours:
        return "the firmware's engine gives its bits"
    if not len(brought.symbols):
        why = "the firmware has no symbols, which would tell what infers in it"
        return f"{why}; if that is TFLM: --reference {_TFLM}"
    return "no TensorFlow Lite for Microcontrollers in the firmware"
