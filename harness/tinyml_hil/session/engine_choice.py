"""Engine choice: what infers in firmware that is built now, from the options."""

from __future__ import annotations

from pathlib import Path

from tinyml_hil import choices
from tinyml_hil.build import (
    Engine,
    OwnEngine,
    Platform,
    TflmEngine,
    core_of,
    find_tflm,
    require_cxx,
)
from tinyml_hil.errors import UsageError
from tinyml_hil.session.options import Options


def choose_engine(options: Options, platform: Platform, cache: Path) -> Engine:
    """The engine; ``cache``: where a platform's compiler is tried.

    Raises:
        UsageError, SetupError: TFLM was chosen, and is not there or not for this platform.
    """
    if options.engine == choices.OWN_ENGINE:
        return OwnEngine(options.arithmetic)
    if options.tflm is None:
        raise UsageError(
            "--engine tflm takes your own TensorFlow Lite for Microcontrollers: give the folder of "
            "its checkout, where its library is built, with --tflm"
        )
    require_cxx()
    return TflmEngine(find_tflm(options.tflm, core_of(platform, cache)))
